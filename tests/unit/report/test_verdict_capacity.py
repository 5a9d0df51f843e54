"""Does the answer say what stands above it, how it was measured, and how it was checked?"""

from dataclasses import replace

import pytest

from capacity.model.findings import (
    Capacity,
    CapacityKind,
    Estimate,
    FollowUp,
    FollowUpState,
    LimitKind,
)
from capacity.model.load import Arrivals, ClosedLoop, OpenLoop
from capacity.model.plan import Purpose
from capacity.model.run import Trust, Validity
from capacity.report.texts import Language
from capacity.report.verdict_capacity import (
    capacity_sentence,
    checked_sentence,
    measured_sentence,
)
from tests.unit.builders import a_latency, a_step
from tests.unit.report.answer_builders import (
    LIMITED,
    SATURATED,
    a_confirmation,
    a_whole_run,
    as_purpose,
)

RULE = LIMITED.limited_by
STEPS = a_whole_run().steps


def said(capacity: Capacity) -> str:
    """The answer in English, without a step at hand."""
    return capacity_sentence(capacity, (), Language.EN)


def rates(level: float) -> OpenLoop:
    """A planned rate."""
    return OpenLoop(level, Arrivals.POISSON, 64)


@pytest.mark.parametrize(
    ("capacity", "sentence"),
    [
        pytest.param(
            LIMITED,
            "800 qps (90%: 797-803) at 8 concurrent; every limit holds up to 10.4 concurrent "
            f"(10-11); at 11: {RULE}",
            id="limited",
        ),
        pytest.param(
            replace(LIMITED, limit_kind=LimitKind.RESOURCE, limited_by="cpu > 85% over 20s"),
            "800 qps (90%: 797-803) at 8 concurrent; every limit holds up to 10.4 concurrent "
            "(10-11); at 11: the guard cpu > 85% over 20s",
            id="a guard",
        ),
        pytest.param(
            replace(LIMITED, is_cliff=True),
            "800 qps (90%: 797-803) at 8 concurrent; every limit holds up to 10.4 concurrent "
            f"(10-11); at 11: {RULE} (a cliff: nothing at 10 told of it)",
            id="a cliff",
        ),
        pytest.param(
            replace(LIMITED, passed_above=(ClosedLoop(32), ClosedLoop(64))),
            "800 qps (90%: 797-803) at 8 concurrent; every limit holds up to 10.4 concurrent "
            f"(10-11); at 11: {RULE}; yet 32, 64 concurrent met every limit: "
            "there is no clear line",
            id="a limit that is no line",
        ),
        pytest.param(
            replace(LIMITED, largest=None, qps_range=None),
            f"800 qps at 8 concurrent; at 11 concurrent: {RULE}",
            id="without intervals",
        ),
        pytest.param(
            replace(LIMITED, failed=None, largest=None),
            f"800 qps (90%: 797-803) at 8 concurrent; beyond it: {RULE}",
            id="a limit without a step",
        ),
        pytest.param(
            replace(LIMITED, largest=Estimate(10.0, 10.0, 10.0)),
            "800 qps (90%: 797-803) at 8 concurrent; every limit holds up to 10 concurrent; "
            f"at 11: {RULE}",
            id="an interval that is its value",
        ),
        pytest.param(
            replace(LIMITED, qps_range=None),
            "800 qps at 8 concurrent; every limit holds up to 10.4 concurrent (90%: 10-11); "
            f"at 11: {RULE}",
            id="the first interval is named",
        ),
        pytest.param(
            SATURATED,
            "800 qps (90%: 797-803) at 8 concurrent: throughput grows no more; no limit was "
            "broken up to 64 concurrent",
            id="saturated",
        ),
        pytest.param(
            replace(SATURATED, kind=CapacityKind.NO_FAILURE_IN_RANGE),
            "at least 800 qps (90%: 797-803) at 8 concurrent: no limit was broken, so this is a "
            "lower bound",
            id="a lower bound",
        ),
        pytest.param(
            replace(
                LIMITED,
                load=rates(200.0),
                largest=Estimate(310.44, 250.0, 399.9),
                passed=rates(200.0),
                failed=rates(400.0),
            ),
            "800 qps (90%: 797-803) at 200/s planned; every limit holds up to 310.4/s planned "
            f"(250-399.9); at 400: {RULE}",
            id="rates",
        ),
        pytest.param(
            replace(SATURATED, not_judged=("cpu > 85%", "mem > 90%")),
            "800 qps (90%: 797-803) at 8 concurrent: throughput grows no more; no limit was "
            "broken up to 64 concurrent; not held against cpu > 85%, mem > 90%",
            id="rules without data",
        ),
    ],
)
def test_the_answer_says_what_stands_above_it(capacity: Capacity, sentence: str) -> None:
    """A limit, no more growth, or nothing: then it is a lower bound."""
    assert said(capacity) == sentence


def test_the_answer_in_chinese_has_the_same_figures() -> None:
    """The interval says once of what kind it is."""
    assert capacity_sentence(LIMITED, (), Language.ZH) == (
        f"并发 8 时 800 qps（90%：797-803）；满足全部限制直到并发 10.4（10-11）；11 时：{RULE}"
    )


def test_the_figures_are_those_of_the_step_that_is_named() -> None:
    """The verification, not the climb that came by the same load before."""
    later = as_purpose(a_step(8, 800.0, index=12, p99_s=0.044), Purpose.REFINE)
    steps = [*STEPS, later]
    steps[9] = replace(steps[9], latency=a_latency(0.010, p99_s=0.033))

    assert measured_sentence(SATURATED, steps, Language.EN) == (
        "p99 33ms [31.4ms-36.3ms], success 100.00%"
    )


def test_without_a_step_the_p99_of_the_findings_is_told() -> None:
    """Or that it is not known."""
    assert measured_sentence(SATURATED, (), Language.EN) == "p99 20ms, success 100.00%"
    nothing = replace(SATURATED, p99_s=None, success_ratio=None)
    assert measured_sentence(nothing, (), Language.EN) == "p99 not known"


def test_what_became_of_the_checks_is_told_with_their_numbers() -> None:
    """How long it held, the rate of planned starts with its P99, and what came afterwards."""
    assert checked_sentence(SATURATED, STEPS, Language.EN) == (
        "verified: every limit held for 60s at 8 concurrent; planned starts at 720/s held: "
        "p99 14ms from the planned start; recovered afterwards"
    )
    assert checked_sentence(SATURATED, (), Language.EN) == (
        "verified; planned starts at 720/s held: 719/s of 720/s, P99 14ms; recovered afterwards"
    )


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            FollowUpState.BROKEN,
            "not verified: x; planned starts at 720/s did not hold: x; not recovered afterwards: x",
        ),
        (
            FollowUpState.UNKNOWN,
            "not verified: x; planned starts at 720/s proved nothing: x; "
            "whether it recovered is not known: x",
        ),
        (FollowUpState.NOT_RUN, "not verified: the run ended before any check"),
        (FollowUpState.NOT_PLANNED, "not verified by a longer hold"),
    ],
)
def test_a_check_that_did_not_hold_says_so(state: FollowUpState, sentence: str) -> None:
    """An answer that was not verified is never left to look like one that was."""
    check = FollowUp(state, None, "x")
    capacity = replace(
        SATURATED,
        verification=check,
        confirmation=replace(check, rate_qps=720.0),
        recovery=check,
    )

    assert checked_sentence(capacity, STEPS, Language.EN) == sentence


def test_a_check_that_cannot_be_believed_tells_its_first_doubt() -> None:
    """One line has no room for all of them."""
    doubts = Validity(Trust.INVALID, ("woke up late (P99; limit 1ms)", "waited for a core"))
    steps = tuple(replace(step, validity=doubts) for step in STEPS)
    check = FollowUp(FollowUpState.UNKNOWN, 10, "a; b")
    capacity = replace(SATURATED, confirmation=replace(check, rate_qps=720.0), recovery=check)

    assert checked_sentence(capacity, steps, Language.EN) == (
        "verified: every limit held for 60s at 8 concurrent; planned starts at 720/s proved "
        "nothing: woke up late (P99; limit 1ms); whether it recovered is not known: "
        "woke up late (P99; limit 1ms)"
    )


def test_what_was_left_out_at_the_end_is_named() -> None:
    """Where a part of the checks was made, each says what became of it."""
    rest = FollowUp(FollowUpState.NOT_RUN)
    capacity = replace(SATURATED, confirmation=rest, recovery=rest)

    assert checked_sentence(capacity, (), Language.EN) == (
        "verified; not confirmed by planned starts: the run ended before; "
        "whether it recovers was not tried: the run ended before"
    )


def test_a_confirmation_with_too_few_samples_tells_its_detail() -> None:
    """A P99 that is withheld in the step is not told in its place."""
    steps = (*STEPS[:10], replace(a_confirmation(), latency=a_latency(0.01, count=900)))

    assert "held: 719/s of 720/s, P99 14ms" in checked_sentence(SATURATED, steps, Language.EN)


def test_a_check_whose_rate_is_not_known_shows_a_dash() -> None:
    """A number that is not there is not made up."""
    capacity = replace(SATURATED, confirmation=FollowUp(FollowUpState.BROKEN, None, "x"))

    assert "planned starts at -/s did not hold: x" in checked_sentence(capacity, (), Language.EN)


def test_a_step_at_another_load_has_no_figures_of_the_answer() -> None:
    """Rather no P99 than that of another load."""
    assert measured_sentence(SATURATED, [a_step(64)], Language.EN) == "p99 20ms, success 100.00%"
