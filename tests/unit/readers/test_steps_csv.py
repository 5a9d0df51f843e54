"""Does a steps.csv come back as what the run measured, and is anything else refused?"""

from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest

from capacity.analysis.findings import analyze
from capacity.analysis.measure import measure
from capacity.analysis.missing import NO_SECONDS, missing_of
from capacity.analysis.throughput import observe
from capacity.errors import StorageError
from capacity.model.load import Arrivals, OpenLoop
from capacity.model.measured import Believed, Interval, Measured, Steadiness, SteadyState
from capacity.model.plan import Purpose
from capacity.model.rules import OnMissing, Rule, RuleState
from capacity.model.run import Step, Trust
from capacity.model.snapshot import FailureKind, Schedule
from capacity.profile.rule_text import parse_rule
from capacity.readers.steps_csv import MAX_BYTES, ONLY_STATES, read_steps_csv
from capacity.readers.steps_file import MAX_STEPS
from capacity.report.steps_csv import steps_csv
from capacity.report.steps_csv_bottleneck import NUMBERS_HEADER
from tests.unit.builders import ERROR_RULE, P99_RULE, a_judgement, a_run, a_step
from tests.unit.rate_builders import a_rate_run, a_rate_step
from tests.unit.report.reading_builders import a_resource_judgement
from tests.unit.resource_builders import a_resource_rule

CPU_RULE = a_resource_rule(text="cpu > 85% on_missing fail", on_missing=OnMissing.FAIL)
INTERVALS = tuple(Interval(1.0, ended, 0.02) for ended in (1, 880, 905, 910, 890, 915))


def known_rule(text: str) -> Rule:
    """Rules as a profile writes them, one on a resource among them."""
    return CPU_RULE if text == CPU_RULE.text else parse_rule(text)


def read(tmp_path: Path, content: str | bytes) -> tuple[Measured, ...]:
    """The steps of a file with this content."""
    path = tmp_path / "steps.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_steps_csv(path, known_rule).steps


def of_step(tmp_path: Path, step: Step) -> Measured:
    """What is read of the row that a step becomes."""
    (found,) = read(tmp_path, steps_csv(a_run([step])))
    return found


def test_a_row_is_what_the_run_measured(tmp_path: Path) -> None:
    """But for the seconds of the hold, which stand for themselves as throughput and its error."""
    step = replace(
        a_step(64, 850.0, failures={FailureKind.HTTP_STATUS: 20, FailureKind.CONN_TIMEOUT: 7}),
        intervals=INTERVALS,
        steadiness=Steadiness(SteadyState.STEADY, 1.0, 0.01, 0.0, extended_s=5.0),
    )
    step = replace(step, plan=replace(step.plan, purpose=Purpose.VERIFY))
    wanted = measure(step)

    found = of_step(tmp_path, step)

    seen, expected = observe(found), observe(wanted)
    assert seen is not None
    assert expected is not None
    assert seen.level == 64.0
    assert seen.qps == pytest.approx(900.0, abs=1e-3)
    assert seen.error_ratio == pytest.approx(expected.error_ratio, abs=1e-6)
    assert found.steadiness == Steadiness(SteadyState.STEADY, 1.0, None, None, extended_s=5.0)
    assert found.success_ratio == pytest.approx(25500 / 25527, abs=1e-6)
    assert (found.judged, found.purpose, found.load) == (25527, Purpose.VERIFY, wanted.load)
    assert (found.hold_s, found.qps, found.is_usable) == (30.0, 850.0, True)
    assert (found.believed, found.doubts, found.judgements) == (Believed.YES, (), ())


def test_latency_comes_back_but_for_the_least(tmp_path: Path) -> None:
    """To the microsecond of the file; the least latency is not in it, and so no number."""
    step = a_step(64, 900.0)
    wanted, found = measure(step), of_step(tmp_path, step)

    assert wanted.latency is not None
    assert found.latency is not None
    assert isnan(found.latency.min_s)
    for name in ("mean_s", "max_s", "p50_s", "p90_s", "p95_s", "p99_s", "p999_s", "p99_low_s"):
        expected = pytest.approx(getattr(wanted.latency, name), abs=1e-6)
        assert getattr(found.latency, name) == expected, name
    assert found.latency.count == 27000
    assert found.mean_s == pytest.approx(64 / 900, abs=1e-6)


def test_what_is_not_known_stays_so(tmp_path: Path) -> None:
    """Without a good answer there is no latency, and without intervals no error."""
    found = of_step(tmp_path, a_step(4, 0.0))

    assert (found.latency, found.mean_s, found.steadiness) == (None, None, None)
    assert (found.qps, found.steady_qps, found.qps_error_ratio) == (0.0, None, None)


def test_broken_limits_are_told_by_their_rules(tmp_path: Path) -> None:
    """The values that broke them are not in the file, and are not made up."""
    step = a_step(
        64,
        judgements=[
            a_judgement(ERROR_RULE, RuleState.BREACH),
            a_judgement(P99_RULE, RuleState.BREACH),
        ],
        ended_early=True,
    )

    found = of_step(tmp_path, step)

    assert [judgement.rule.text for judgement in found.breaches] == [
        "error_rate > 1% over 10s",
        "p99 > 10x first over 10s",
    ]
    assert [(j.observed, j.limit) for j in found.breaches] == [(None, 0.01), (None, None)]
    assert (found.believed, found.is_usable) == (Believed.CUT_SHORT, True)


@pytest.mark.parametrize(
    ("step", "believed", "is_usable"),
    [
        (a_step(trust=Trust.INVALID, reasons=["late"]), Believed.INVALID, False),
        (a_step(trust=Trust.SUSPECT, reasons=["late"]), Believed.YES, True),
        (a_step(ended_early=True), Believed.CUT_SHORT, False),
        (
            replace(a_step(), steadiness=Steadiness(SteadyState.DRIFTING, 0.0, None, None)),
            Believed.NOT_STEADY,
            True,
        ),
        (
            a_step(judgements=[a_resource_judgement(CPU_RULE, RuleState.NO_DATA)]),
            Believed.NOT_JUDGED,
            True,
        ),
    ],
    ids=["invalid", "suspect", "cut short", "drifting", "not judged"],
)
def test_what_may_be_believed_is_what_the_run_believed(
    tmp_path: Path, step: Step, believed: Believed, *, is_usable: bool
) -> None:
    """The same words decide as for the run itself."""
    found = of_step(tmp_path, step)

    assert (found.believed, found.is_usable) == (believed, is_usable)
    assert (measure(step).believed, measure(step).is_usable) == (believed, is_usable)
    assert found.doubts == step.validity.reasons


def test_planned_starts_have_their_rate(tmp_path: Path) -> None:
    """Rate, spread and room come back, and what became of the starts."""
    step = a_rate_step(200.0, dropped=600, late=3)

    (found,) = read(tmp_path, steps_csv(a_rate_run([step])))

    assert found.load == OpenLoop(200.0, Arrivals.POISSON, 1024)
    assert found.schedule == step.schedule == Schedule(6000, 600, 3, 0)
    assert of_step(tmp_path, a_step()).schedule is None


def test_a_file_with_two_columns_is_enough(tmp_path: Path) -> None:
    """Everything else is not known; blank lines, a mark at the begin and CRLF are harmless."""
    text = "\ufeffqps,concurrency,colour\r\n100.5,1,red\r\n\r\n199,2,blue\r\n"

    one, two = read(tmp_path, text)

    assert [(step.index, step.load.level, step.qps) for step in (one, two)] == [
        (0, 1.0, 100.5),
        (1, 2.0, 199.0),
    ]
    assert (one.success_ratio, one.judged, one.hold_s, one.latency) == (None, None, None, None)
    assert (one.believed, one.is_usable, one.purpose) == (Believed.YES, True, Purpose.LADDER)


def test_it_says_what_no_steps_csv_has(tmp_path: Path) -> None:
    """How near the other limits were is not in the file."""
    path = tmp_path / "steps.csv"
    path.write_text(steps_csv(a_run()))

    assert read_steps_csv(path, known_rule).missing == (ONLY_STATES,)


def test_a_table_with_the_numbers_of_a_diagnosis_reads_as_one_without(tmp_path: Path) -> None:
    """They follow from the steps, and files of before have no columns for them."""
    run = a_run()
    # As text, where a number that is not known is equal to itself.
    plain = repr(read(tmp_path, steps_csv(run)))
    older = [line.rsplit(",", len(NUMBERS_HEADER))[0] for line in steps_csv(run).splitlines()]

    assert repr(read(tmp_path, steps_csv(run, analyze(run).diagnosis))) == plain
    assert repr(read(tmp_path, "\n".join(older))) == plain
    assert older[0].endswith(",not_judged")


def test_the_error_of_a_throughput_stands_for_its_seconds(tmp_path: Path) -> None:
    """With it nothing is said to be missing there; a file without it lacks the seconds."""
    with_error = of_step(tmp_path, replace(a_step(64, 900.0), intervals=INTERVALS))
    without = of_step(tmp_path, a_step(64, 900.0))

    assert NO_SECONDS not in missing_of([with_error], [ERROR_RULE])
    assert NO_SECONDS in missing_of([without], [ERROR_RULE])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: there is no column concurrency and no qps"),
        ("a,b\n1,2\n", ":1: there is no column concurrency and no qps"),
        ("concurrency,b\n1,2\n", ":1: there is no column qps"),
        ("concurrency;qps\n1;2\n", ":1: its columns are separated by semicolons"),
        ("concurrency,qps\n", ":1: there is no step in the file"),
        ("concurrency,qps\n1,100\n2\n", ":3: 1 cells under 2 columns"),
        ("concurrency,qps\n1,nan\n", ":2: qps must be a number of 0 or more, not 'nan'"),
        ("concurrency,qps\n1,-5\n", ":2: qps must be a number of 0 or more, not '-5'"),
        ("concurrency,qps\n1,1e-99\n", ":2: qps must be a number of 0 or more, not '1e-99'"),
        ("concurrency,qps\n1,1e99\n", ":2: qps must be a number of 0 or more, not '1e99'"),
        (
            f"concurrency,qps\n1,{'x' * 50}\n",
            f":2: qps must be a number of 0 or more, not '{'x' * 40}...'",
        ),
        ("concurrency,qps\n0,5\n", ":2: concurrency must be a whole number from 1, not '0'"),
        ("concurrency,qps\n,5\n", ":2: concurrency must be a whole number from 1, not ''"),
        ("concurrency,qps\n2.5,5\n", ":2: concurrency must be a whole number, not '2.5'"),
        ("concurrency,qps,rate_qps\n,5,100\n", ":2: rate_qps must be a rate above 0 with its"),
        ("concurrency,qps,trust\n1,5,good\n", ":2: trust must be one of valid, suspect, invalid"),
        ("concurrency,qps,ended_early\n1,5,maybe\n", ":2: ended_early must be yes or no, not"),
        ("concurrency,qps,success_percent\n1,5,101\n", ":2: success_percent must be at most 100"),
        ("concurrency,qps,breaches\n1,5,slow > 3\n", ":2: breaches must be rules that can be read"),
        ('concurrency,qps\n"1,5\n', ":2: is no table: unexpected end of data"),
        ("concurrency,qps\n1,\x00\n", ": is no text"),
        (f"concurrency,qps\n1,{'9' * 200_000}\n", ":2: is no table: field larger than field limit"),
        ("concurrency,qps\n" + "1,5\n" * (MAX_STEPS + 1), f": has more than {MAX_STEPS} steps"),
    ],
    ids=lambda value: value[:30] if value.startswith(":") else "",
)
def test_what_is_no_steps_csv_is_refused_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    """Line and column are named, and nothing of the file reaches a fit."""
    with pytest.raises(StorageError) as caught:
        read(tmp_path, text)

    assert caught.value.message.startswith(f"{tmp_path / 'steps.csv'}{message}")


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    """It costs no more than the bound."""
    path = tmp_path / "steps.csv"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)

    with pytest.raises(StorageError, match="it is larger than 16 MiB"):
        read_steps_csv(path, known_rule)
