"""Does `capacity compare-paths` answer for every kind of file, with its exit code?"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from capacity.commands.compare_paths import command
from capacity.errors import StorageError, UsageError
from capacity.model.run import EndReason, Run, RunEnd, Step, Trust, Validity
from tests.unit.commands.stored import a_kept_run, kept
from tests.unit.rate_builders import a_rate_run
from tests.unit.storage.schema_faults import FINDINGS_SCHEMA, PATHS_SCHEMA, faults

Folders = dict[str, Path]


def scaled(step: Step, ratio: float) -> Step:
    """The step with so much of its throughput, and as much longer latencies."""
    intervals = tuple(replace(one, ended_ok=round(one.ended_ok * ratio)) for one in step.intervals)
    latency = step.latency
    assert latency is not None
    slower = replace(latency, mean_s=latency.mean_s / ratio, p50_s=latency.p50_s / ratio)
    ended = sum(one.ended_ok for one in intervals)
    return replace(step, ended_ok=ended, intervals=intervals, latency=slower)


def at_port(run: Run, port: int) -> Run:
    """The run against another port of its host."""
    return replace(run, plan=replace(run.plan, target=replace(run.plan.target, port=port)))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Past the edge, through one that halves all, and one whose generator gave up."""
    base = tmp_path_factory.mktemp("runs")
    inside = a_kept_run()
    halved = replace(inside, steps=tuple(scaled(step, 0.5) for step in inside.steps))
    given_up = replace(
        inside,
        steps=tuple(
            replace(step, validity=Validity(Trust.INVALID, ("no core was free",)))
            for step in inside.steps
        ),
        end=RunEnd(EndReason.GENERATOR, "no core was free", None, 0),
    )
    made = {
        "inside": inside,
        "edge": at_port(halved, 443),
        "open": at_port(inside, 443),
        "given_up": at_port(given_up, 443),
        "given_up_inside": given_up,
        "rates": a_rate_run(),
    }
    for name, run in made.items():
        (base / name).mkdir()
        if name == "rates":
            continue
        kept(run, base / name)
    return {name: base / name for name in made}


def ended(*words: object) -> Result:
    """The end of the command."""
    return CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)


def found(*words: object) -> dict[str, object]:
    """What --json prints, which its schema allows."""
    result = ended(*words, "--json")
    assert result.exception is None, result.output
    content: dict[str, object] = json.loads(result.stdout)
    schema = json.loads(PATHS_SCHEMA.read_text())
    assert faults(content, schema, schema) == []
    assert content["exit"] == {"code": result.return_value}
    return content


def test_the_answer_of_two_runs(runs: Folders) -> None:
    """Half of the throughput through the edge: it is the limit, and that is an answer."""
    result = ended(runs["edge"], runs["inside"], "--lang", "en")

    assert result.return_value == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Limit       the edge is the limit: 385 qps")
    assert "which is 2 times as much (confidence high)" in lines[0]
    assert lines[-1].startswith("~ lies between tested levels")


def test_json_has_all_of_it(runs: Folders) -> None:
    """Verdict, class, both sides, and a level for each that both have."""
    content = found(runs["edge"], runs["inside"])

    assert content["verdict"] == "only_outside"
    assert (content["class"], content["confidence"]) == ("ingress", "high")
    assert (content["role"], content["loop"]) == ("inside", "closed")
    scale = content["scale_ratio"]
    assert isinstance(scale, dict)
    assert scale["value"] == pytest.approx(2.0, rel=0.01)
    levels = content["levels"]
    assert isinstance(levels, list)
    assert [level["level"] for level in levels] == [1, 2, 4, 6, 8, 11, 16, 32, 64]
    assert levels[0]["added"]["p50_s"] == pytest.approx(0.0095, rel=0.01)
    assert content["not_observed"] == ["dns"]


@pytest.mark.parametrize("name", ["run.json", "steps.csv", "demo.dat"])
def test_every_kind_of_file_gives_the_verdict(name: str, runs: Folders) -> None:
    """A table has less to tell, and its verdict is the same."""
    content = found(runs["edge"] / name, runs["inside"] / name)

    assert (content["verdict"], content["class"]) == ("only_outside", "ingress")


def test_both_alike_cost_nothing(runs: Folders) -> None:
    """The same run at another port: the limit is shared and no class is named."""
    content = found(runs["open"], runs["inside"])

    assert (content["verdict"], content["class"]) == ("shared", None)
    assert content["overhead"] == {
        "is_much": False,
        "added_ratio": 0.0,
        "setup_ratio": pytest.approx(5e-5, rel=0.02),
    }


def test_the_second_run_may_be_called_a_baseline(runs: Folders) -> None:
    """A baseline has other words, and no class of bottleneck."""
    content = found(runs["edge"], runs["inside"], "--second", "baseline")

    assert (content["role"], content["class"]) == ("baseline", None)


def test_a_way_that_costs_much_is_of_the_class_of_its_overhead(runs: Folders) -> None:
    """The reverse order: nothing is limited outside, so only the time can be told."""
    content = found(runs["inside"], runs["edge"])

    assert (content["verdict"], content["class"]) == ("inside_less", None)


def test_a_generator_that_was_the_limit_is_exit_code_5(runs: Folders) -> None:
    """No step can be believed, so nothing is decided and nothing is drawn."""
    content = found(runs["given_up"], runs["inside"])

    assert (content["verdict"], content["exit"]) == ("generator", {"code": 5})


def test_nothing_is_drawn_of_nothing(runs: Folders, tmp_path: Path) -> None:
    """The comparison is written all the same, with a note."""
    result = ended(runs["given_up"], runs["given_up_inside"], "-o", tmp_path, "--lang", "en")

    assert result.return_value == 5
    assert result.stderr == "note: no step can be believed, so there is nothing to draw\n"
    assert [path.name for path in tmp_path.iterdir()] == ["paths.json"]


def test_a_run_is_not_compared_with_itself(runs: Folders, tmp_path: Path) -> None:
    """Under whatever name, and as a table too: it would say that the edge takes nothing away."""
    (tmp_path / "again").symlink_to(runs["inside"])
    table = tmp_path / "one.dat"
    table.write_text("1 90 10 100\n")

    for first, second in (
        (runs["inside"], tmp_path / "again"),
        (runs["inside"], runs["inside"] / "run.json"),
        (table, table),
    ):
        error = ended(first, second).exception
        assert isinstance(error, UsageError)
        assert "are the same run" in str(error)


def test_without_an_answer_the_exit_code_is_4(runs: Folders, tmp_path: Path) -> None:
    """Two lines tell a throughput, but no interval of it."""
    short = tmp_path / "short.dat"
    short.write_text("1 90 10 100\n2 180 10 100\n")
    content = found(short, runs["inside"])

    assert (content["verdict"], content["exit"]) == ("inconclusive", {"code": 4})


def test_files_are_written_only_where_asked(runs: Folders, tmp_path: Path) -> None:
    """paths.json is what --json prints; a second time is an error and changes nothing."""
    out = tmp_path / "new" / "er"
    result = ended(runs["edge"], runs["inside"], "-o", out, "--json")

    assert {path.name for path in out.iterdir()} == {"paths.json", "paths_qps_p50.png"}
    assert (out / "paths.json").read_text() == result.stdout
    again = ended(runs["edge"], runs["inside"], "-o", out)
    assert isinstance(again.exception, StorageError)
    assert again.exception.message == f"{out / 'paths.json'}: cannot be written: File exists"


def test_a_file_is_no_folder(runs: Folders, tmp_path: Path) -> None:
    """The hint names the option."""
    (tmp_path / "file").touch()
    result = ended(runs["edge"], runs["inside"], "-o", tmp_path / "file")

    assert isinstance(result.exception, UsageError)
    assert result.exception.hint == "name a folder with --out"


def test_a_rate_and_a_concurrency_are_refused(runs: Folders, tmp_path: Path) -> None:
    """Wrong use: they have no level in common."""
    folder, _, _ = kept(a_rate_run(), tmp_path)
    result = ended(folder, runs["inside"])

    assert isinstance(result.exception, UsageError)
    assert "one sets a concurrency, one a rate" in result.exception.message


def test_a_missing_font_is_noted(
    runs: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph is in English then, and standard error says what to install."""
    monkeypatch.setattr("capacity.report.fonts._candidates", lambda: iter(()))
    result = ended(runs["edge"], runs["inside"], "-o", tmp_path / "out", "--lang", "zh")

    assert "fonts-noto-cjk" in result.stderr


def test_the_schema_has_the_parts_of_the_findings() -> None:
    """Capacity and knee are the same in both, word for word."""
    parts = json.loads(PATHS_SCHEMA.read_text())["$defs"]
    findings = json.loads(FINDINGS_SCHEMA.read_text())["$defs"]

    shared = parts.keys() & findings.keys()
    assert {"capacity", "knee", "estimate"} <= shared
    assert {name: parts[name] for name in shared} == {name: findings[name] for name in shared}
