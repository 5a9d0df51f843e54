"""Tests of capacity.analysis.follow_ups."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from capacity.analysis.follow_ups import FollowUps, follow_ups
from capacity.analysis.outcomes import operating_point, outcomes
from capacity.model.findings import FollowUp, FollowUpState
from capacity.model.load import ClosedLoop
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose, SearchPlan
from capacity.model.run import Trust
from tests.unit.measured_builders import (
    ERROR_LIMIT,
    a_confirmation,
    a_measured,
    a_slow,
    broken,
)

ALL = SearchPlan(verify=True, confirm=True, recovery=True)
FIRST = a_measured(1, 100.0, index=0, p99_s=0.012)
ANSWER = a_measured(8, 800.0, index=1)
VERIFIED = a_measured(8, 799.0, index=5, purpose=Purpose.VERIFY, hold_s=60.0)


def checked(*steps: Measured, search: SearchPlan = ALL) -> FollowUps:
    """What became of the checks of a climb whose answer is 8 concurrent."""
    climb = (FIRST, ANSWER, *steps)
    levels = outcomes(climb, recheck=False)
    point = operating_point(levels)
    assert point is not None
    return follow_ups(climb, levels, point, search)


def test_what_was_planned_and_never_ran_is_told_from_what_nobody_wanted() -> None:
    """The run ended before, or the check was switched off."""
    not_run, not_planned = FollowUp(FollowUpState.NOT_RUN), FollowUp(FollowUpState.NOT_PLANNED)
    assert checked() == FollowUps(not_run, not_run, not_run)
    assert checked(search=SearchPlan()) == FollowUps(not_planned, not_planned, not_planned)
    assert checked(search=SearchPlan(confirm=True)).confirmation == not_run


def test_a_verification_that_passed_has_held() -> None:
    """Its throughput and that of the shorter hold before stand side by side."""
    assert checked(VERIFIED).verification == FollowUp(
        FollowUpState.HELD, 5, "799/s for 60s at 8 concurrent, 800/s before"
    )


def test_a_verification_of_a_load_that_nobody_measured_before_says_its_own() -> None:
    """There is nothing to be held beside it."""
    verified = replace(VERIFIED, load=ClosedLoop(9), qps=810.0)
    verification = checked(a_measured(8, 700.0, index=2), verified).verification
    assert verification.detail == "810/s for 60s at 9 concurrent"


def test_a_verification_that_cannot_be_believed_leaves_the_answer_unknown() -> None:
    """The short hold stays the answer, and says that nothing confirmed it."""
    doubtful = a_measured(
        8,
        799.0,
        index=5,
        purpose=Purpose.VERIFY,
        trust=Trust.INVALID,
        reasons=["a load thread used 99% of a core"],
    )
    assert checked(doubtful).verification == FollowUp(
        FollowUpState.UNKNOWN,
        5,
        "8 concurrent cannot be believed: a load thread used 99% of a core",
    )


@pytest.mark.parametrize(
    ("believed", "why"),
    [
        (Believed.CUT_SHORT, "was cut short"),
        (Believed.NOT_STEADY, "was still drifting at its end"),
        (Believed.NOT_JUDGED, "could not be judged by every rule"),
        (Believed.YES, "had no answer"),
    ],
)
def test_why_a_verification_is_unknown(believed: Believed, why: str) -> None:
    """Each reason has its words."""
    step = replace(VERIFIED, believed=believed, qps=0.0 if believed is Believed.YES else 799.0)
    assert checked(step).verification.detail == f"8 concurrent {why}"


def test_a_verification_that_broke_a_limit_leaves_a_lower_answer_that_was_not_verified() -> None:
    """The sentence has what was broken, where, and what that means for the answer."""
    above = (
        a_measured(16, 900.0, index=2),
        a_slow(16, 900.0, index=5, purpose=Purpose.VERIFY),
        a_slow(16, 900.0, index=6, purpose=Purpose.RECHECK),
    )
    assert checked(*above).verification == FollowUp(
        FollowUpState.BROKEN,
        6,
        "p99 > 100ms was broken (200ms) at 16 concurrent; 8 concurrent was not verified",
    )
    assert checked(*above, replace(VERIFIED, index=7)).verification.state is FollowUpState.HELD


def test_by_other_limits_the_answer_may_be_a_load_that_was_not_held_longer() -> None:
    """The verification of another load says nothing of it."""
    elsewhere = a_measured(4, 400.0, index=5, purpose=Purpose.VERIFY)
    assert checked(elsewhere).verification == FollowUp(
        FollowUpState.UNKNOWN, 5, "the longer hold was at 4 concurrent"
    )


def test_a_verification_in_which_nothing_succeeded_says_so() -> None:
    """No rule is needed for that."""
    dead = a_measured(16, 0.0, index=5, purpose=Purpose.VERIFY, failures=40)
    detail = checked(a_measured(16, 900.0, index=2), dead).verification.detail
    assert detail == "no request succeeded at 16 concurrent; 8 concurrent was not verified"


def confirmed(step: Measured) -> FollowUp:
    """What became of a confirmation."""
    return checked(step).confirmation


def test_a_confirmation_holds_where_the_rate_was_achieved_and_nothing_dropped() -> None:
    """Its P99 counts from the planned start, so waiting is in it."""
    assert confirmed(a_confirmation()) == FollowUp(
        FollowUpState.HELD,
        20,
        "720/s of 720/s planned were answered well; P99 20ms from the planned start",
        720.0,
    )


@pytest.mark.parametrize(
    ("step", "state", "detail"),
    [
        pytest.param(
            a_confirmation(answered_ratio=0.95),
            FollowUpState.BROKEN,
            "684/s of 720/s planned were answered well; P99 20ms from the planned start",
            id="rate not achieved",
        ),
        pytest.param(
            a_confirmation(answered_ratio=0.985),
            FollowUpState.HELD,
            "709.2/s of 720/s planned were answered well; P99 20ms from the planned start",
            id="within 2 %",
        ),
        pytest.param(
            a_confirmation(dropped=7),
            FollowUpState.BROKEN,
            "720/s of 720/s planned were answered well; "
            "7 planned starts found every slot waiting for an answer; "
            "P99 20ms from the planned start",
            id="dropped",
        ),
        pytest.param(
            a_confirmation(judgements=[broken(observed=0.25)]),
            FollowUpState.BROKEN,
            "p99 > 100ms was broken (250ms)",
            id="limit",
        ),
        pytest.param(
            replace(
                a_confirmation(judgements=[broken(ERROR_LIMIT, 0.1), broken(observed=0.25)]),
                judgements=(replace(broken(ERROR_LIMIT), observed=None), broken(observed=0.25)),
            ),
            FollowUpState.BROKEN,
            "error_rate > 1% was broken; p99 > 100ms was broken (250ms)",
            id="two limits",
        ),
        pytest.param(
            a_confirmation(trust=Trust.INVALID),
            FollowUpState.UNKNOWN,
            "720/s planned cannot be believed",
            id="not believed",
        ),
        pytest.param(
            replace(a_confirmation(), qps=None, latency=None),
            FollowUpState.UNKNOWN,
            "720/s planned had no answer",
            id="nothing known",
        ),
        pytest.param(
            replace(a_confirmation(), latency=None),
            FollowUpState.HELD,
            "720/s of 720/s planned were answered well",
            id="no percentiles",
        ),
    ],
)
def test_what_a_confirmation_says(step: Measured, state: FollowUpState, detail: str) -> None:
    """The rate is told whatever became of it."""
    assert confirmed(step) == FollowUp(state, 20, detail, 720.0)


@pytest.mark.parametrize(
    ("answered_ratio", "hold_s", "state"),
    [
        pytest.param(0.93, 5.0, FollowUpState.HELD, id="Poisson arrivals of five seconds"),
        pytest.param(0.93, 500.0, FollowUpState.BROKEN, id="of many"),
        pytest.param(0.99, None, FollowUpState.HELD, id="length not known, within 2 %"),
        pytest.param(0.97, None, FollowUpState.BROKEN, id="length not known"),
    ],
)
def test_without_its_schedule_a_confirmation_is_held_against_the_rate(
    answered_ratio: float, hold_s: float | None, state: FollowUpState
) -> None:
    """Then chance made the planned starts more or less, and that is forgiven."""
    step = a_confirmation(100.0, answered_ratio=answered_ratio)
    assert confirmed(replace(step, schedule=None, hold_s=hold_s, latency=None)).state is state


def recovered(**changes: object) -> Measured:
    """Light load after the heavy one, by default as before."""
    step = a_measured(1, 99.0, index=30, purpose=Purpose.RECOVERY, p99_s=0.012, hold_s=30.0)
    return replace(step, **changes)  # type: ignore[arg-type]  # keywords of a test


def test_a_service_that_is_itself_again_has_recovered() -> None:
    """Each number beside what it was."""
    assert checked(recovered()).recovery == FollowUp(
        FollowUpState.HELD,
        30,
        "99/s after the load, 100/s before; P50 9.6ms, 9.5ms before; P99 12ms, 12ms before",
    )


def latency_of(mean_s: float, p99_s: float) -> object:
    """The latency of a step at light load."""
    return a_measured(1, 100.0, mean_s=mean_s, p99_s=p99_s).latency


@pytest.mark.parametrize(
    ("step", "state", "detail"),
    [
        pytest.param(
            recovered(qps=70.0),
            FollowUpState.BROKEN,
            "70/s after the load, 100/s before: a leak, a stuck pool or a backlog stays behind",
            id="throughput",
        ),
        pytest.param(
            recovered(latency=latency_of(0.02, 0.012)),
            FollowUpState.BROKEN,
            "P50 19ms, 9.5ms before: a leak, a stuck pool or a backlog stays behind",
            id="median",
        ),
        pytest.param(
            recovered(latency=latency_of(0.01, 0.03)),
            FollowUpState.BROKEN,
            "P99 30ms, 12ms before: a leak, a stuck pool or a backlog stays behind",
            id="tail",
        ),
        pytest.param(
            recovered(judgements=(broken(ERROR_LIMIT, 0.3),)),
            FollowUpState.BROKEN,
            "error_rate > 1% was broken (30%)",
            id="limit",
        ),
        pytest.param(
            recovered(believed=Believed.INVALID, doubts=("busy",)),
            FollowUpState.UNKNOWN,
            "1 concurrent cannot be believed: busy",
            id="not believed",
        ),
        pytest.param(
            recovered(believed=Believed.NOT_STEADY, latency=None),
            FollowUpState.HELD,
            "99/s after the load, 100/s before",
            id="on its way back",
        ),
        pytest.param(
            recovered(load=ClosedLoop(2)),
            FollowUpState.UNKNOWN,
            "no step at 2 concurrent before can be believed",
            id="nothing to compare with",
        ),
        pytest.param(
            recovered(qps=None, latency=None),
            FollowUpState.UNKNOWN,
            "neither throughput nor latency is known",
            id="nothing known",
        ),
    ],
)
def test_what_a_recovery_says(step: Measured, state: FollowUpState, detail: str) -> None:
    """25 % are forgiven, and of a P99 what its few requests leave open."""
    assert checked(step).recovery == FollowUp(state, 30, detail)


@pytest.mark.parametrize(
    ("count", "p90_s", "state"),
    [
        pytest.param(250, 0.0229, FollowUpState.HELD, id="random service, few requests"),
        pytest.param(100_000, 0.0229, FollowUpState.BROKEN, id="random service, many"),
        pytest.param(250, 0.0090, FollowUpState.BROKEN, id="steady service, few"),
        pytest.param(250, None, FollowUpState.BROKEN, id="spread not known"),
    ],
)
def test_a_median_of_few_requests_is_not_held_as_if_it_were_exact(
    count: int, p90_s: float | None, state: FollowUpState
) -> None:
    """A median of 8.8 ms after one of 6.9 ms: that is chance where service times scatter."""

    def seen(step: Measured, p50_s: float, count: int) -> Measured:
        assert step.latency is not None
        latency = replace(step.latency, count=count, p50_s=p50_s, p90_s=p90_s, p99_s=None)
        return replace(step, latency=latency)

    climb = (seen(FIRST, 0.0069, 2 * count), ANSWER, seen(recovered(), 0.0088, count))
    levels = outcomes(climb, recheck=False)
    point = operating_point(levels)
    assert point is not None
    assert follow_ups(climb, levels, point, ALL).recovery.state is state


def test_a_withheld_p99_is_not_held_against_anything() -> None:
    """Short holds at light load have none."""
    few = a_measured(1, 20.0, hold_s=30.0, mean_s=0.01).latency
    detail = checked(recovered(latency=few)).recovery.detail
    assert detail == "99/s after the load, 100/s before; P50 9.5ms, 9.5ms before"


def test_a_p99_without_its_interval_is_held_as_it_is() -> None:
    """As from a file that has no such columns."""
    for p99_s, state in ((0.0149, FollowUpState.HELD), (0.0151, FollowUpState.BROKEN)):
        bare = replace_interval(a_measured(1, 100.0, p99_s=p99_s))
        first = replace_interval(FIRST)
        climb = (first, ANSWER, recovered(latency=bare.latency))
        levels = outcomes(climb, recheck=False)
        point = operating_point(levels)
        assert point is not None
        assert follow_ups(climb, levels, point, ALL).recovery.state is state


def replace_interval(step: Measured) -> Measured:
    """The same step, its P99 without bounds."""
    assert step.latency is not None
    return replace(step, latency=replace(step.latency, p99_low_s=None, p99_high_s=None))


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        pytest.param((40, 200, 60, 90, 160, 30), FollowUpState.HELD, id="noisy"),
        pytest.param((70, 70, 71, 70, 70, 69), FollowUpState.BROKEN, id="quiet"),
    ],
)
def test_noise_of_short_holds_is_forgiven(seconds: Sequence[int], state: FollowUpState) -> None:
    """What two holds scatter is no leak."""
    step = a_measured(
        1, 70.0, index=30, purpose=Purpose.RECOVERY, seconds=seconds, mean_s=0.01, p99_s=0.012
    )
    assert checked(step).recovery.state is state
