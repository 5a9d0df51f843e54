"""Does the verdict say plainly what was found, and put broken trust first?"""

from dataclasses import replace
from pathlib import Path

import pytest

from capacity.analysis.findings import analyze
from capacity.model.findings import (
    Capacity,
    Findings,
    NoCapacity,
    NoCapacityReason,
    NoKnee,
    NoKneeReason,
    Peak,
)
from capacity.model.load import ClosedLoop
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, Run, RunEnd, Trust, Validity
from capacity.model.snapshot import FailureKind, WarningKind
from capacity.report.texts import Language
from capacity.report.verdict import findings_lines, is_valid, verdict_lines
from capacity.report.verdict_stop import stop_sentence
from tests.unit.builders import (
    ERROR_RULE,
    NO_KNEE,
    P99_RULE,
    a_curve,
    a_judgement,
    a_latency,
    a_run,
    a_step,
    some_findings,
)
from tests.unit.report.answer_builders import SATURATED, a_whole_run

LADDER = RunEnd(EndReason.LADDER, "every step of the ladder was climbed", None)


def lines(run: Run, findings: Findings | None = None) -> dict[str, str]:
    """The verdict in English as label -> sentence, with the default findings unless given."""
    made = some_findings() if findings is None else findings
    rows = verdict_lines(run, made, Language.EN, report_place="output/demo/x")
    return {row[:12].strip(): row[12:] for row in rows}


@pytest.mark.parametrize("language", list(Language))
def test_the_whole_verdict_is_the_approved_text(language: Language) -> None:
    """Nine lines in the order of need, every number with its unit, rules as they are written."""
    findings = some_findings(capacity=SATURATED)
    rows = verdict_lines(a_whole_run(), findings, language, report_place="output/demo/x")

    assert rows == tuple(Path(f"tests/golden/verdict.{language}.txt").read_text().splitlines())


@pytest.mark.parametrize("language", list(Language))
def test_findings_alone_tell_the_same_and_what_their_source_lacks(language: Language) -> None:
    """With the steps of the run, the lines of the findings are those of the whole verdict."""
    findings = replace(some_findings(capacity=SATURATED), missing=("no P99", "no second"))
    run = a_whole_run()
    whole = verdict_lines(run, findings, language, report_place="x")
    alone = findings_lines(findings, language, run.steps)

    assert alone[:6] == whole[:6]
    assert alone[6:] == whole[-2:-1]
    assert alone[6].endswith(
        "no P99; no second" if language is Language.EN else "no P99；no second"
    )
    assert len(findings_lines(some_findings(), language)) == 6


def test_a_generator_at_its_limit_is_told_first() -> None:
    """What could not be carried is never published as the service's limit."""
    broken = a_step(64, 700.0, trust=Trust.INVALID, reasons=["a load thread used 97% of a core"])
    end = RunEnd(EndReason.GENERATOR, "the generator was the limit at 64 concurrent", None)
    run = a_run([*a_curve((1, 2, 4)), broken], end=end)

    rows = verdict_lines(run, some_findings(), Language.EN, report_place="x")

    assert rows[0] == (
        "Not valid   a load thread used 97% of a core (at 64 concurrent); "
        "the service may do better than this"
    )
    assert rows[7] == ("Stopped     the generator, not the service, was the limit at 64 concurrent")
    assert len(rows) == 9


def test_no_limit_met_is_a_lower_bound() -> None:
    """A capacity that nothing limited says that it is one."""
    capacity = Capacity(ClosedLoop(64), 6400.0, 0.020, 1.0, None)

    said = lines(a_run(end=LADDER), some_findings(capacity=capacity, knee=NO_KNEE))

    assert said["Capacity"] == (
        "at least 6,400 qps at 64 concurrent: no limit was broken, so this is a lower bound"
    )
    assert said["Measured"] == "p99 160ms [152ms-176ms], success 100.00%"
    assert said["Knee"] == (
        "not reached: throughput was still growing at 64 concurrent; 800 qps is a lower bound"
    )
    assert said["Stopped"] == "after 64 concurrent: every step was climbed, no rule ended it"


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (NoKneeReason.TOO_FEW_STEPS, "not named: too few believable steps"),
        (
            NoKneeReason.NOT_REACHED,
            "not reached: throughput was still growing at 64 concurrent; 800 qps is a lower bound",
        ),
        (
            NoKneeReason.BELOW_RANGE,
            "below 1 concurrent: throughput was flat from the first step on",
        ),
        (
            NoKneeReason.UNCLEAR,
            "not named: the steps scatter too much to tell a bend from noise",
        ),
    ],
)
def test_a_missing_knee_says_why(reason: NoKneeReason, sentence: str) -> None:
    """No knee is a finding with a reason."""
    assert lines(a_run(), some_findings(knee=NoKnee(reason, "")))["Knee"] == sentence


def test_nothing_found_says_so() -> None:
    """No capacity and no peak are words, not zeros."""
    cut = NoCapacity(NoCapacityReason.CUT_SHORT, ClosedLoop(1))
    nothing = some_findings(capacity=cut, peak=None)

    said = lines(a_run(), nothing)

    assert said["Capacity"] == "none: the first step, 1 concurrent, was cut short"
    assert said["Peak"] == "none: no good answer in a step that can be believed"


@pytest.mark.parametrize("reason", list(NoCapacityReason))
def test_no_capacity_is_said_alike_on_screen_and_in_files(reason: NoCapacityReason) -> None:
    """The English sentence is that of run.json; the Chinese one has the same facts."""
    none = NoCapacity(reason, ClosedLoop(1), "p99 > 5ms")
    rows = {
        language: verdict_lines(a_run(), some_findings(capacity=none), language, report_place="x")[
            0
        ]
        for language in Language
    }

    assert rows[Language.EN] == f"Capacity    none: {none.detail}"
    assert ("并发 1" in rows[Language.ZH]) == ("1 concurrent" in none.detail)
    assert ("p99 > 5ms" in rows[Language.ZH]) == ("p99 > 5ms" in none.detail)


@pytest.mark.parametrize(
    ("count", "evidence"),
    [
        (20_000, "p99 20ms [19ms-22ms]"),
        (999, "p99 needs 1,000 samples, has 999"),
        (0, "p99 needs 1,000 samples, has 0"),
    ],
)
def test_p99_says_how_sure_it_is(count: int, evidence: str) -> None:
    """Its 95 % interval stands beside it; below 1,000 samples there is none, with the reason."""
    latency = a_latency(0.010, count=count) if count else None
    step = replace(a_step(8, 800.0), latency=latency)

    assert lines(a_run([step]))["Measured"] == f"{evidence}, success 100.00%"


def test_a_success_rate_that_is_not_known_is_left_out() -> None:
    """A ratio of nothing is not shown."""
    capacity = Capacity(ClosedLoop(8), 800.0, None, None, "x")

    assert lines(a_run(), some_findings(capacity=capacity))["Measured"] == "p99 20ms [19ms-22ms]"


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        (RunEnd(EndReason.FUSE, "the ceiling of 9 requests was reached", None), "after 64 "
         "concurrent: the ceiling of 9 requests was reached"),
        (RunEnd(EndReason.TARGET_DOWN, "no request succeeded at 64 concurrent", None), "after 64 "
         "concurrent: no request succeeded at 64 concurrent"),
        (RunEnd(EndReason.INTERRUPTED, "x", None), "after 64 concurrent by Ctrl-C; "
         "finished steps are kept"),
        (RunEnd(EndReason.TERMINATED, "x", None), "after 64 concurrent by SIGTERM; "
         "finished steps are kept"),
        (RunEnd(EndReason.NOT_FINISHED, "x", None), "after 64 concurrent: the run was killed; "
         "finished steps are kept"),
        (RunEnd(EndReason.RULE, "x", P99_RULE.text), "after 64 concurrent by the rule "
         "p99 > 10x first over 10s"),
    ],
)  # fmt: skip
def test_every_end_has_its_sentence(end: RunEnd, sentence: str) -> None:
    """Why the climb ended is said for each reason there is."""
    assert stop_sentence(a_run(end=end), Language.EN) == sentence


@pytest.mark.parametrize("reason", list(EndReason))
def test_every_end_has_its_sentence_in_chinese(reason: EndReason) -> None:
    """No reason is left without words in the other language."""
    assert "并发 64" in stop_sentence(a_run(end=RunEnd(reason, "x", None)), Language.ZH)


def test_a_run_without_a_step_says_so() -> None:
    """Killed before the first step had ended, a run is not valid and has no numbers."""
    run = a_run([], end=RunEnd(EndReason.INTERRUPTED, "interrupted by a signal", None))

    rows = verdict_lines(run, analyze(run), Language.EN, report_place="x")

    assert rows[0] == "Not valid   no step was finished"
    assert rows[2] == "Knee        not named: too few believable steps"
    assert rows[4] == "Bottleneck  not known: no step can be believed"
    assert rows[5] == "Stopped     before the first step was finished: interrupted by a signal"


def test_a_window_that_was_shortened_is_told_by_the_plan_alone() -> None:
    """A verdict has its rules as they were written."""
    rule = f"{P99_RULE.text} (10s shortened to half of the hold)"
    end = RunEnd(EndReason.RULE, "x", rule)

    assert lines(a_run(end=end))["Stopped"] == f"after 64 concurrent by the rule {P99_RULE.text}"


def test_doubtful_steps_are_remarks() -> None:
    """A run with some doubtful steps is valid with remarks, which name steps and reason."""
    doubtful = a_step(16, 800.0, trust=Trust.SUSPECT, reasons=["the loop was 9ms late", "b"])
    failed = a_step(32, 0.0, failures={FailureKind.CONN_REFUSED: 5}, trust=Trust.INVALID)

    said = lines(a_run([*a_curve((1, 2, 4, 8)), doubtful, failed]))

    assert said["Remarks"] == (
        "2 of 6 loads are doubtful (at 16, 32 concurrent); at 16 concurrent: the loop was 9ms late"
    )


def test_steps_that_bear_no_figure_are_remarked_apart() -> None:
    """What was measured again is believed; the first look at it is told and not counted as a load.

    Light load afterwards used to give its reason to all of them.
    """
    run = a_whole_run()
    bad = Validity(Trust.INVALID, ("the loop was 9ms late",))
    steps = [replace(step, validity=bad) if step.plan.index in (3, 11) else step
             for step in run.steps]  # fmt: skip
    doubted = replace(run.steps[6], validity=Validity(Trust.SUSPECT, ("busy",)))

    assert lines(replace(run, steps=tuple(steps)))["Remarks"] == (
        "each load can be believed; of 12 steps 2 cannot (at 8, 1 concurrent) and bear no figure"
    )
    steps[6] = doubted
    assert lines(replace(run, steps=tuple(steps)))["Remarks"] == (
        "1 of 9 loads is doubtful, 64 concurrent: busy"
    )


def test_the_reason_of_a_remark_is_that_of_the_step_it_names() -> None:
    """It used to be the first step's, said of all of them."""
    few = a_step(4, 30.0, trust=Trust.SUSPECT, reasons=["too few samples"])
    late = a_step(16, 800.0, trust=Trust.SUSPECT, reasons=["late", "busy"])

    assert lines(a_run([few, late]))["Remarks"] == (
        "2 of 2 loads are doubtful (at 4, 16 concurrent); at 16 concurrent: late"
    )


def test_odd_answers_have_a_line_of_their_own() -> None:
    """Races, rejects and what was understood all the same, summed over the steps."""
    step = a_step(8, 800.0, failures={FailureKind.CONN_STALE: 1200, FailureKind.HTTP_STATUS: 30})
    odd = {WarningKind.PROTO_EXTRA_DATA: 2, WarningKind.CONN_REOPENED: 5000}
    counts = replace(step.counts, warnings=odd, statuses={200: 24000, 429: 10, 503: 20})

    assert lines(a_run([replace(step, counts=counts)]))["Warnings"] == (
        "1,200 requests lost to a connection that was just being closed; "
        "30 rejects (429 or 503); conn.reopened 5,000x, proto.extra_data 2x"
    )


def test_a_run_of_broken_steps_is_not_valid() -> None:
    """Where no step can be believed, no reason for the end makes the run valid."""
    broken = a_step(1, 9.0, trust=Trust.INVALID, reasons=["the books do not balance"])
    run = a_run([broken], end=LADDER)

    assert not is_valid(run)
    assert lines(run)["Not valid"].startswith("the books do not balance (at 1 concurrent)")


def test_a_broken_step_without_a_reason_tells_how_the_run_ended() -> None:
    """A file that was written by hand is read all the same."""
    run = a_run([a_step(1, 90.0, trust=Trust.INVALID)])

    text = "\n".join(verdict_lines(run, some_findings(), Language.EN, report_place="x"))

    assert "gain was 0.3% at 64 concurrent (at 1 concurrent)" in text


def test_a_generator_end_without_a_broken_step_tells_its_detail() -> None:
    """The sentence of the end stands in where no step carries a reason."""
    run = a_run(end=RunEnd(EndReason.GENERATOR, "a worker was lost", None))

    assert lines(run)["Not valid"].startswith("a worker was lost (at 64 concurrent)")


def test_codes_from_a_file_do_not_reach_the_terminal() -> None:
    """A run that was read from a hostile file cannot clear the screen."""
    end = RunEnd(EndReason.FUSE, "\x1b[2J\x9b\u202e\nfake line", None)
    breach = a_judgement(ERROR_RULE, RuleState.BREACH)

    rows = verdict_lines(
        a_run([a_step(judgements=[breach])], end=end),
        some_findings(),
        Language.EN,
        report_place="x",
    )

    assert rows[6] == "Stopped     after 64 concurrent: [2J fake line"


def test_growth_is_said_up_to_the_peak_not_to_a_step_that_collapsed() -> None:
    """53/s at 16 concurrent after 691/s at 8 is no growth at 16."""
    steps = [*a_curve((1, 2, 4, 8)), a_step(16, 53.0, index=4)]
    findings = some_findings(peak=Peak(ClosedLoop(8), 691.0), knee=NO_KNEE)

    assert lines(a_run(steps), findings)["Knee"] == (
        "not reached: throughput was still growing at 8 concurrent; 691 qps is a lower bound"
    )


@pytest.mark.parametrize(
    ("statuses", "failures", "said"),
    [
        pytest.param(
            {},
            {
                FailureKind.CONN_REFUSED: 31,
                FailureKind.CONN_STALE: 2,
                FailureKind.RESP_RESET_BEFORE_STATUS: 1,
            },
            "conn.refused 31x, conn.stale 2x",
            id="a target that died",
        ),
        pytest.param(
            {200: 9, 404: 1, 503: 2000},
            {FailureKind.HTTP_STATUS: 2001},
            "status 503 2,000x, status 404 1x",
            id="bad answers by status",
        ),
        pytest.param({}, {FailureKind.LOCAL_PORTS: 3}, "", id="our own are not the target's"),
    ],
)
def test_a_rule_on_errors_says_which_errors(
    statuses: dict[int, int], failures: dict[FailureKind, int], said: str
) -> None:
    """A target that died in mid-run used to read like one that had reached its limit."""
    broken = a_judgement(ERROR_RULE, RuleState.BREACH, observed=0.129, limit=0.01)
    step = a_step(64, failures=failures, judgements=[broken])
    step = replace(step, counts=replace(step.counts, statuses=statuses))
    end = RunEnd(EndReason.RULE, "error_rate was 12.9% at 64 concurrent", ERROR_RULE.text)

    sentence = stop_sentence(a_run([step], end=end), Language.EN)

    expected = f"12.9%: {said}" if said else "12.9%"
    assert sentence == f"at 64 concurrent by the rule {ERROR_RULE.text} (it was {expected})"
