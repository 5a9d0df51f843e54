"""Is the answer of kept steps that of the run, whatever they are read from?"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from capacity.analysis.findings import analyze
from capacity.commands.analyze import command
from capacity.errors import StorageError, UsageError
from capacity.model.findings import Capacity, Knee
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, RunEnd, Trust, Validity
from capacity.report.steps_csv import steps_csv
from capacity.storage.encoding import json_text, run_json
from tests.unit.builders import ERROR_RULE, a_judgement, a_run, a_step
from tests.unit.commands.stored import a_kept_run, kept
from tests.unit.rate_builders import a_rate_run, a_rate_step
from tests.unit.storage.schema_faults import FINDINGS_SCHEMA, faults

Json = dict[str, object]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The folder of one run, its steps.csv and its .dat."""
    return kept(a_kept_run(), tmp_path_factory.mktemp("kept"))


def ended(path: Path, *options: str) -> Result:
    """The end of `capacity analyze` with these words."""
    return CliRunner().invoke(command, [str(path), *options], standalone_mode=False)


def found(path: Path, *options: str) -> Json:
    """What --json prints; the published schema allows it."""
    result = ended(path, "--json", *options)
    assert result.exception is None, result.output
    content: Json = json.loads(result.stdout)
    schema = json.loads(FINDINGS_SCHEMA.read_text())
    assert faults(content, schema, schema) == []
    assert content["exit"] == {"code": result.return_value}
    return content


def part(content: Json, *keys: str) -> object:
    """What is at a path of keys."""
    place: object = content
    for key in keys:
        assert isinstance(place, dict)
        place = place[key]
    return place


def numbers(content: Json, *keys: str) -> float:
    """The number at a path of keys."""
    value = part(content, *keys)
    assert isinstance(value, int | float)
    return float(value)


def test_a_run_says_what_it_said(files: tuple[Path, Path, Path]) -> None:
    """With its own limits the answer is that of the run, figure by figure."""
    content = found(files[0])
    stored = json.loads((files[0] / "run.json").read_text())

    answer = ("capacity", "knee", "peak", "missing", "bottleneck")
    assert {key: content[key] for key in answer} == {key: stored[key] for key in answer}
    assert part(content, "bottleneck", "turn_level") == 11
    assert content["source"] == {"kind": "run", "file": str(files[0]), "steps": 10}
    assert content["stops"] == {
        "from": "source",
        "rules": ["error_rate > 1% over 10s", "p99 > 10x first over 10s", "gain < 3% for 2 steps"],
    }
    assert found(files[0] / "run.json")["knee"] == content["knee"]


def test_a_table_says_nearly_the_same(files: tuple[Path, Path, Path]) -> None:
    """Knee, interval, capacity and throughput within 1 %, the same limit at the same load."""
    of_run, of_table = found(files[0]), found(files[1])

    for keys in (
        ("knee", "concurrency"),
        ("knee", "low"),
        ("knee", "high"),
        ("knee", "saturation_qps"),
        ("capacity", "qps"),
        ("capacity", "qps_range", "low"),
        ("capacity", "p99_s"),
        ("capacity", "largest", "value"),
    ):
        assert numbers(of_table, *keys) == pytest.approx(numbers(of_run, *keys), rel=0.01), keys
    for key in ("concurrency", "limited_by", "passed", "failed", "is_cliff", "kind"):
        assert part(of_table, "capacity", key) == part(of_run, "capacity", key), key
    assert part(of_table, "source", "kind") == "steps_csv"
    assert part(of_run, "capacity", "verification", "state") == "held"
    assert part(of_table, "capacity", "verification") == part(of_run, "capacity", "verification")


def test_four_columns_find_the_same_knee(files: tuple[Path, Path, Path]) -> None:
    """Each knee lies in the interval of the other, and the true one, 8, in both."""
    of_run, of_dat = found(files[0]), found(files[2])

    for one, other in ((of_run, of_dat), (of_dat, of_run)):
        low, high = numbers(other, "knee", "low"), numbers(other, "knee", "high")
        assert low <= numbers(one, "knee", "concurrency") <= high
        assert low <= 8.0 <= high
    assert part(of_dat, "capacity", "p99_s") is None
    assert part(of_dat, "source", "kind") == "dat"
    assert part(of_dat, "stops") == {
        "from": "defaults",
        "rules": ["error_rate > 1% over 10s", "gain < 3% for 2 steps"],
    }
    missing = part(of_dat, "missing")
    assert isinstance(missing, list)
    assert [words.partition(":")[0] for words in missing] == [
        "whether failed answers are in the QPS",
        "the windows of the limits",
        "the seconds of each hold",
        "percentiles of the latency",
    ]


@pytest.mark.parametrize("place", [0, 1], ids=["run", "table"])
def test_other_limits_take_the_place_of_all(files: tuple[Path, Path, Path], place: int) -> None:
    """A limit of 60 ms lies between 16 and 32 concurrent, and says that it is not the run's."""
    content = found(files[place], "--stop", "p99 > 60ms")

    assert content["stops"] == {"from": "command_line", "rules": ["p99 > 60ms over 10s"]}
    assert part(content, "capacity", "limited_by") == "p99 > 60ms over 10s"
    assert part(content, "capacity", "passed") == {"concurrency": 16}
    assert part(content, "capacity", "failed") == {"concurrency": 32}
    assert 21 < numbers(content, "capacity", "largest", "value") < 27
    assert content["missing"] == ["the windows of the limits: they are judged over whole holds"]


def test_limits_may_be_several(files: tuple[Path, Path, Path]) -> None:
    """The one that is broken first is named."""
    content = found(files[0], "--stop", "error_rate > 5%", "--stop", "p99 > 100ms")

    assert part(content, "capacity", "limited_by") == "p99 > 100ms over 10s"
    assert part(content, "stops", "rules") == ["error_rate > 5% over 10s", "p99 > 100ms over 10s"]


def test_people_read_who_judged_and_then_the_verdict(files: tuple[Path, Path, Path]) -> None:
    """What was analysed and by whose limits comes first; the rest is the verdict of a run."""
    lines = ended(files[0]).stdout.splitlines()
    table = ended(files[1], "--lang", "zh").stdout.splitlines()

    assert lines[:2] == [
        f"Analysed    10 steps of the run {files[0]}",
        "Limits      its own: error_rate > 1% over 10s; p99 > 10x first over 10s; "
        "gain < 3% for 2 steps",
    ]
    assert lines[2].startswith("Capacity    769 qps ")
    assert lines[-1] == f"Report      {files[0]}/"
    assert table[0] == f"对象    表格 {files[1]} 的 10 步"
    assert table[1].startswith("限值    其自身的规则")
    assert table[1].endswith("error_rate > 1% over 10s" + "\uff1b" + "p99 > 10x first over 10s")


def test_the_bottleneck_is_told_of_a_run_alone(files: tuple[Path, Path, Path]) -> None:
    """Also under other limits; a table or four columns tell too little for a word on it."""
    of_run = ended(files[0], "--stop", "p99 > 60ms").stdout.splitlines()

    assert [line.split()[0] for line in of_run].count("Bottleneck") == 1
    for file in files[1:]:
        assert found(file)["bottleneck"] is None
        assert "Bottleneck" not in ended(file).stdout


def test_nothing_is_written_unless_asked(files: tuple[Path, Path, Path]) -> None:
    """The folder has after an analysis what it had before."""
    before = {path: path.read_bytes() for path in files[0].iterdir()}

    for path in files:
        ended(path)

    assert {path: path.read_bytes() for path in files[0].iterdir()} == before


def test_a_folder_gets_graphs_and_findings(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """Of a run all that can be drawn again, and the same findings as are printed; never twice."""
    out = tmp_path / "new"

    printed = ended(files[0], "--json", "-o", str(out)).stdout

    assert sorted(path.name for path in out.iterdir()) == [
        "demo.dat",
        "demo_bottleneck.md",
        "demo_qps_ttlb.png",
        "demo_successrate.png",
        "findings.json",
        "steps.csv",
    ]
    assert (out / "findings.json").read_text() == printed
    assert (out / "steps.csv").read_text() == files[1].read_text()
    again = ended(files[0], "-o", str(out))
    assert isinstance(again.exception, StorageError)
    assert again.exception.message == f"{out}/findings.json: cannot be written: File exists"


def test_of_a_table_only_the_findings_are_written(
    files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    """Graphs need a run, and a note says so."""
    result = ended(files[2], "-o", str(tmp_path / "new"))

    assert [path.name for path in (tmp_path / "new").iterdir()] == ["findings.json"]
    assert result.stderr == (
        f"note: graphs are drawn of runs only: {tmp_path / 'new'}/ has the findings alone\n"
    )


def test_a_file_is_no_folder_for_results(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """The message names it, and it stays as it was."""
    (tmp_path / "file").write_text("mine")

    result = ended(files[0], "-o", str(tmp_path / "file"))

    assert isinstance(result.exception, UsageError)
    assert result.exception.message == f"{tmp_path / 'file'} is not a folder"
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("stop", "message"),
    [
        ("p99 > 60 elephants", "--stop 'p99 > 60 elephants': '60 elephants' has the unknown unit"),
        ("cpu > 60%", "--stop 'cpu > 60%': 'cpu' is not a metric"),
    ],
)
def test_a_limit_that_cannot_be_read_is_wrong_use(
    files: tuple[Path, Path, Path], stop: str, message: str
) -> None:
    """The flag and its text are named, and the exit code is 2."""
    result = ended(files[0], "--stop", stop)

    assert isinstance(result.exception, UsageError)
    assert result.exception.message.startswith(message)
    assert result.exception.exit_code == 2


def test_the_exit_code_is_that_of_the_answer(tmp_path: Path) -> None:
    """4 without a capacity, 5 when the generator was the limit, 0 for one that was interrupted."""
    ends = {
        EndReason.INTERRUPTED: (a_kept_run().steps[:6], 0),
        EndReason.GENERATOR: ((a_step(1, 90.0, trust=Trust.INVALID, reasons=["late"]),), 5),
        EndReason.LADDER: ((), 4),
    }
    for reason, (steps, code) in ends.items():
        run = a_run(steps, end=RunEnd(reason, "it ended", None))
        (tmp_path / "run.json").write_text(json_text(run_json(run, None)))

        assert ended(tmp_path).return_value == code, reason
        assert part(found(tmp_path), "exit", "code") == code


def test_a_table_tells_that_the_generator_was_the_limit(tmp_path: Path) -> None:
    """As its run: exit code 5, and that comes before any figure; a broken limit is another end."""
    late = replace(a_step(4, 380.0, index=2), validity=Validity(Trust.INVALID, ("late", "slow")))
    run = a_run([a_step(1, 99.0), a_step(2, 198.0, index=1), late])
    _, table, _ = kept(run, tmp_path)
    broken = replace(late, judgements=(a_judgement(ERROR_RULE, RuleState.BREACH),))

    result = ended(table)

    assert (result.return_value, found(table)["exit"]) == (5, {"code": 5})
    assert result.stdout.splitlines()[2] == (
        "Not valid   late; slow (at 4 concurrent); the service may do better than this"
    )
    table.write_text(steps_csv(a_run([*run.steps[:2], broken])))
    assert ended(table).return_value == 0


def test_planned_starts_have_a_capacity_and_no_knee(tmp_path: Path) -> None:
    """A climb by rate is analysed from its folder and from its table alike."""
    run = a_rate_run([a_rate_step(100.0), a_rate_step(200.0, index=1)])
    folder, table, _ = kept(run, tmp_path)

    for path in (folder, table):
        content = found(path)
        assert part(content, "knee", "reason") == "open_loop"
        assert part(content, "capacity", "rate_qps") == 200.0


def test_a_breach_whose_value_is_not_known_is_no_cliff(tmp_path: Path) -> None:
    """A table tells that a limit was broken; that nothing told of it before is not known."""
    table = tmp_path / "steps.csv"
    rows = ["1,100,", "2,200,", "4,390,", "8,600,p99 > 1s over 10s"]
    table.write_text("\n".join(["concurrency,qps,breaches", *rows]))

    content = found(table)

    assert part(content, "capacity", "is_cliff") is False
    assert part(content, "capacity", "largest") == {"value": 4.0, "low": 4.0, "high": 8.0}
    assert part(content, "capacity", "limited_by") == "p99 > 1s over 10s"


def test_a_run_of_an_older_release_is_read(tmp_path: Path) -> None:
    """Without intervals its throughput is known all the same, and what lacks is said."""
    shutil.copy("tests/golden/run.v1.json", tmp_path / "run.json")

    content = found(tmp_path)

    assert part(content, "capacity", "qps") == 200.0
    missing = part(content, "missing")
    assert isinstance(missing, list)
    assert missing[0].startswith("the seconds of each hold")


def test_a_failed_request_more_never_helps(tmp_path: Path) -> None:
    """Four columns with errors have their capacity below the load at which these were too many."""
    lines = ["1 100 10 100", "2 199 10 100", "4 390 10.2 99.9", "8 500 16 97", "16 480 33 90"]
    (tmp_path / "a.dat").write_text("\n".join(lines))

    content = found(tmp_path / "a.dat")

    assert part(content, "capacity", "limited_by") == "error_rate > 1% over 10s"
    assert part(content, "capacity", "concurrency") == 4
    assert part(content, "capacity", "failed") == {"concurrency": 8}


@pytest.mark.parametrize(
    "text",
    [
        "1 10 0 0\n2 1e-12 0 0\n3 1 0 0\n",
        "1 0 0 -9e8\n207 0.004 0 -1\n208 1 1e-12 -1\n",
        "5 9e15 9e15 100\n6 1e-12 1 100\n999999999 1 1 100\n",
        "7 100 10 100\n7 100 10 100\n7 100 10 100\n",
        "64 100 10 100\n8 790 10 100\n2 10000000 10 100\n1 95 10 100\n",
    ],
    ids=["next to nothing", "all failed", "beyond all measure", "one level", "100 times too much"],
)
def test_numbers_that_no_service_has_are_no_fault_of_ours(tmp_path: Path, text: str) -> None:
    """The answer is a clear state, in both languages, never an exception and never confident."""
    (tmp_path / "a.dat").write_text(text)

    content = found(tmp_path / "a.dat")
    chinese = ended(tmp_path / "a.dat", "--lang", "zh")

    knee = content["knee"]
    assert isinstance(knee, dict)
    assert knee["found"] is False or knee["confidence"] == "low"
    assert chinese.return_value in (0, 4)


def test_a_file_of_nothing_known_is_refused(tmp_path: Path) -> None:
    """Each says its file, and none is an internal fault."""
    contents: Sequence[tuple[str, str]] = [
        ("1 2\n", ":1: 2 columns instead of 4"),
        ("{", ": is not valid JSON: Expecting property name enclosed in double quotes: line 1"),
        ("a,b\n1,2", ":1: there is no column concurrency and no qps"),
        ("", ":1: there is no step in the file"),
    ]
    path = tmp_path / "x"
    for content, message in contents:
        path.write_text(content)
        result = ended(path)
        assert isinstance(result.exception, StorageError)
        assert result.exception.message.startswith(f"{path}{message}")
    missing = ended(tmp_path / "none")
    assert isinstance(missing.exception, StorageError)
    assert (
        missing.exception.message == f"{tmp_path}/none: cannot be read: No such file or directory"
    )


def test_the_kept_run_is_what_these_tests_take_it_for() -> None:
    """Saturated at 800/s, its knee at 8, a capacity below the limit on P99."""
    findings = analyze(a_kept_run())

    assert isinstance(findings.knee, Knee)
    assert isinstance(findings.capacity, Capacity)
    assert findings.knee.fit.knee.value == pytest.approx(8.0, rel=0.02)
    assert findings.capacity.failed is not None
    assert findings.capacity.failed.level == 64.0
    assert findings.exit_code == 0
