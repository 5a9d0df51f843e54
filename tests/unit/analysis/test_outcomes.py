"""Tests of capacity.analysis.outcomes."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from capacity.analysis.outcomes import (
    NOTHING_SUCCEEDED,
    Limit,
    Outcome,
    broken_limit,
    first_failure,
    has_kept_up,
    is_emergency,
    limit_of,
    operating_point,
    outcomes,
    passed_prefix,
)
from capacity.model.findings import LimitKind
from capacity.model.load import Arrivals, OpenLoop
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose
from capacity.model.rules import Action, Comparison, Judgement, Rule
from capacity.model.run import Trust
from tests.unit.builders import GAIN_RULE, a_rule
from tests.unit.measured_builders import ERROR_LIMIT, P99_LIMIT, a_measured, a_slow, broken
from tests.unit.resource_builders import a_resource_rule

LADDER, RECHECK, REFINE, VERIFY = (
    Purpose.LADDER,
    Purpose.RECHECK,
    Purpose.REFINE,
    Purpose.VERIFY,
)


def said(*steps: Measured, recheck: bool = False) -> Outcome:
    """What the steps at one load say together."""
    (level,) = outcomes(steps, recheck=recheck)
    return level.outcome


def good(index: int = 0, purpose: Purpose = LADDER) -> Measured:
    """A step at 16 concurrent that broke nothing."""
    return a_measured(16, 800.0, index=index, purpose=purpose)


def bad(index: int = 0, purpose: Purpose = LADDER) -> Measured:
    """A step at 16 concurrent that broke the limit on P99."""
    return a_slow(16, index=index, purpose=purpose)


EMERGENCY = a_measured(16, 800.0, judgements=[broken(P99_LIMIT, 0.5)])


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        pytest.param([good()], Outcome.PASSED, id="passes"),
        pytest.param([bad()], Outcome.SUSPECTED, id="one breach is a suspicion"),
        pytest.param([bad(), good(1, RECHECK)], Outcome.PASSED, id="cleared by the recheck"),
        pytest.param([bad(), bad(1, RECHECK)], Outcome.FAILED, id="two breaches are a fact"),
        pytest.param([good(), bad(1, VERIFY)], Outcome.SUSPECTED, id="verification breaks"),
        pytest.param(
            [good(), bad(1, VERIFY), good(2, RECHECK)],
            Outcome.PASSED,
            id="verification measured again",
        ),
        pytest.param(
            [bad(), good(1, RECHECK), bad(2, VERIFY)], Outcome.FAILED, id="broken twice in three"
        ),
        pytest.param([bad(0, REFINE)], Outcome.FAILED, id="a refine step has one try"),
        pytest.param([good(), bad(1, REFINE)], Outcome.FAILED, id="refine at a load that passed"),
        pytest.param([EMERGENCY], Outcome.FAILED, id="an emergency is a fact at once"),
        pytest.param(
            [EMERGENCY, good(1, RECHECK)], Outcome.FAILED, id="an emergency is never cleared"
        ),
        pytest.param(
            [a_measured(16, trust=Trust.INVALID)], Outcome.UNKNOWN, id="an invalid step is nothing"
        ),
        pytest.param([a_measured(16, is_drifting=True)], Outcome.UNKNOWN, id="drifting"),
        pytest.param([a_measured(16, ended_early=True)], Outcome.UNKNOWN, id="cut short"),
        pytest.param(
            [a_measured(16, is_drifting=True, judgements=[broken()])],
            Outcome.SUSPECTED,
            id="drifting beyond a limit",
        ),
        pytest.param(
            [a_measured(16, trust=Trust.INVALID), good(1, RECHECK)],
            Outcome.PASSED,
            id="invalid, then fine",
        ),
        pytest.param(
            [bad(), a_measured(16, index=1, purpose=RECHECK, trust=Trust.INVALID)],
            Outcome.SUSPECTED,
            id="an invalid recheck clears nothing",
        ),
        pytest.param([a_measured(16, 0.0)], Outcome.UNKNOWN, id="no answer at all in the hold"),
        pytest.param([a_measured(16, 0.0, failures=40)], Outcome.SUSPECTED, id="nothing succeeded"),
    ],
)
def test_what_the_steps_at_one_load_say(steps: list[Measured], outcome: Outcome) -> None:
    """While a suspicion can be measured again, one breach is no failure; afterwards it is."""
    assert said(*steps, recheck=True) is outcome
    finished = Outcome.FAILED if outcome is Outcome.SUSPECTED else outcome
    assert said(*steps, recheck=False) is finished


def test_steps_of_other_purposes_say_nothing_of_a_load() -> None:
    """A confirmation has a rate and a recovery comes after the harm: neither makes a level."""
    steps = [
        good(),
        a_measured(16, 1.0, index=1, purpose=Purpose.RECOVERY, judgements=[broken()]),
        a_measured(99, 1.0, index=2, purpose=Purpose.CONFIRM, judgements=[broken()]),
    ]
    (level,) = outcomes(steps, recheck=False)
    assert (level.outcome, level.steps) == (Outcome.PASSED, (steps[0],))


def test_levels_ascend_and_steps_keep_the_order_of_the_run() -> None:
    """Neither the order of the ladder nor that of a file matters."""
    steps = [good(2, RECHECK), a_measured(4, 400.0, index=1), bad(0)]
    levels = outcomes(steps, recheck=True)
    assert [(level.load.level, level.outcome) for level in levels] == [
        (4, Outcome.PASSED),
        (16, Outcome.PASSED),
    ]
    assert [step.index for step in levels[1].steps] == [0, 2]


def test_a_passed_load_is_reported_by_its_verification() -> None:
    """Also when a shorter hold follows it; a verification measured once more is one, too."""
    verified, again = good(1, VERIFY), good(3, RECHECK)
    (level,) = outcomes([good(0), verified, good(2, REFINE)], recheck=False)
    assert (level.best, level.is_verified, level.verifications) == (verified, True, (verified,))
    broken_once = bad(1, VERIFY)
    (level,) = outcomes([good(0), broken_once, again], recheck=False)
    assert (level.best, level.is_verified) == (again, True)
    assert level.verifications == (broken_once, again)


def test_a_recheck_of_a_rung_is_no_verification() -> None:
    """Only what follows a verification at that load measures it again."""
    (level,) = outcomes([bad(0), good(1, RECHECK)], recheck=False)
    assert (level.is_verified, level.verifications) == (False, ())
    assert level.best == good(1, RECHECK)


def test_the_last_breach_names_the_limit() -> None:
    """Errors after a slow first look: the load is known by its errors."""
    errors = a_measured(16, index=1, purpose=RECHECK, judgements=[broken(ERROR_LIMIT, 0.2)])
    (level,) = outcomes([bad(0), errors], recheck=False)
    assert level.limit == Limit(ERROR_LIMIT.text, LimitKind.SERVICE)


def test_what_lies_above_the_first_failure_is_no_answer() -> None:
    """A load that passed above one that failed raises nothing; an unknown one bounds nothing."""
    steps = [
        a_measured(4, 400.0, index=0),
        a_measured(6, 600.0, index=1, trust=Trust.INVALID),
        a_measured(8, 700.0, index=2),
        a_slow(16, index=3),
        a_measured(64, 900.0, index=4),
    ]
    levels = outcomes(steps, recheck=False)
    assert [level.load.level for level in passed_prefix(levels)] == [4, 8]
    failure, point = first_failure(levels), operating_point(levels)
    assert failure is not None
    assert failure.load.level == 16
    assert point is not None
    assert point.load.level == 8
    assert first_failure(levels[:3]) is None


def point_of(*steps: Measured) -> float | None:
    """The level of the answer."""
    point = operating_point(outcomes(steps, recheck=False))
    return None if point is None else point.load.level


@pytest.mark.parametrize(
    ("qps_of_four", "level"), [(793.0, 4), (791.0, 16)], ids=["within 1 %", "more than 1 % below"]
)
def test_the_answer_is_the_least_load_with_all_of_the_throughput(
    qps_of_four: float, level: float
) -> None:
    """Heavier loads buy waiting only."""
    steps = (a_measured(4, qps_of_four), a_measured(16, 800.0, index=1))
    assert point_of(*steps, a_measured(64, 799.0, index=2)) == level


def test_of_throughputs_that_scatter_two_percent_less_is_all_of_it() -> None:
    """The best of several noisy holds is too high by chance; never more than 2 % is forgiven."""
    noisy = (700, 860, 790, 900, 710, 830, 760, 850)
    for qps, level in ((786.0, 4), (783.0, 16)):
        four = a_measured(4, qps, seconds=noisy)
        assert point_of(four, a_measured(16, 800.0, index=1, seconds=noisy)) == level
    quiet = (800,) * 8
    four = a_measured(4, 786.0, seconds=quiet)
    assert point_of(four, a_measured(16, 800.0, index=1, seconds=quiet)) == 16


def test_a_short_hold_never_outdoes_a_verification() -> None:
    """The longer hold found 5 % less; what was not verified counts by 5 % less, too."""
    steps = [
        a_measured(8, 800.0, index=0),
        a_measured(16, 802.0, index=1),
        a_measured(8, 760.0, index=2, purpose=VERIFY),
    ]
    assert point_of(*steps) == 8
    assert point_of(steps[0], steps[1], a_measured(64, 900.0, index=3), steps[2]) == 64
    assert point_of(steps[1], steps[2]) == 16


def test_a_verified_load_stays_the_answer_while_it_has_all_of_the_throughput() -> None:
    """A longer hold that came out a little lower makes no lighter load the answer."""
    steps = [a_measured(4, 791.5), a_measured(16, 800.5, index=1)]
    assert point_of(*steps) == 16
    verified = a_measured(16, 799.0, index=2, purpose=VERIFY)
    assert point_of(steps[0], verified) == 16
    assert point_of(steps[0], replace(verified, purpose=REFINE)) == 4


def test_no_load_within_the_limits_has_no_answer() -> None:
    """Neither without steps nor with a first one that failed."""
    assert point_of() is None
    assert point_of(a_slow(1), a_measured(4, index=10)) is None


def a_rate(rate_qps: float, qps: float, *, index: int = 0) -> Measured:
    """A step of planned starts."""
    step = a_measured(8, qps, index=index, mean_s=0.01)
    return replace(step, load=OpenLoop(rate_qps, Arrivals.POISSON, 64))


def test_of_planned_rates_the_largest_that_was_kept_up_with_is_the_answer() -> None:
    """Even where chance gave the one below it a little more; beyond, nothing more is answered."""
    steps = [a_rate(400.0, 402.0), a_rate(405.0, 401.0, index=1), a_rate(800.0, 403.0, index=2)]
    assert point_of(*steps) == 405
    assert [has_kept_up(step) for step in steps] == [True, True, False]
    assert point_of(steps[2], a_rate(1600.0, 402.0, index=3)) == 800


@pytest.mark.parametrize(
    ("qps", "hold_s", "has"),
    [(94.0, 30.0, True), (90.0, 30.0, False), (87.0, 5.0, True), (94.9, None, False)],
)
def test_few_arrivals_may_miss_a_rate_by_chance(
    qps: float, hold_s: float | None, has: object
) -> None:
    """5 % and two standard deviations of Poisson arrivals are forgiven."""
    assert has_kept_up(replace(a_rate(100.0, qps), hold_s=hold_s)) is has


def test_neither_a_concurrency_nor_an_unknown_throughput_keeps_up_with_a_rate() -> None:
    """A closed loop plans no rate."""
    assert not has_kept_up(a_measured(8, 800.0))
    assert not has_kept_up(replace(a_rate(100.0, 100.0), qps=None))


GUARD = a_resource_rule()


@pytest.mark.parametrize(
    ("step", "limit"),
    [
        pytest.param(a_measured(), None, id="nothing broken"),
        pytest.param(a_slow(), Limit(P99_LIMIT.text, LimitKind.SERVICE), id="latency"),
        pytest.param(
            a_measured(judgements=[broken(GUARD, 0.9)]),
            Limit(GUARD.text, LimitKind.RESOURCE),
            id="guard",
        ),
        pytest.param(
            a_measured(judgements=[broken(GUARD, 0.9), broken(), broken(ERROR_LIMIT, 0.1)]),
            Limit(ERROR_LIMIT.text, LimitKind.SERVICE),
            id="errors come first",
        ),
        pytest.param(a_measured(judgements=[broken(GAIN_RULE, 0.0)]), None, id="growth"),
        pytest.param(
            a_measured(judgements=[broken(replace(P99_LIMIT, action=Action.MARK))]),
            None,
            id="only marked",
        ),
        pytest.param(
            a_measured(trust=Trust.INVALID, judgements=[broken()]), None, id="busy generator"
        ),
        pytest.param(
            a_measured(trust=Trust.INVALID, judgements=[broken(ERROR_LIMIT, 0.1)]),
            Limit(ERROR_LIMIT.text, LimitKind.SERVICE),
            id="refused to a busy generator",
        ),
        pytest.param(a_measured(16, 0.0, failures=9), NOTHING_SUCCEEDED, id="dead"),
        pytest.param(
            a_measured(16, 0.0, failures=9, trust=Trust.INVALID), None, id="dead, not believed"
        ),
        pytest.param(a_measured(16, 0.0), None, id="nothing ended"),
    ],
)
def test_which_limit_a_step_broke(step: Measured, limit: Limit | None) -> None:
    """Errors before what else callers felt, that before resources; timing needs a fit generator."""
    assert limit_of(step) == limit
    rule = broken_limit(step)
    named = None if limit is None or limit == NOTHING_SUCCEEDED else limit.text
    assert (None if rule is None else rule.text) == named


REFUSED = a_rule("refused_rate", text="refused_rate > 1%")
LEAST_QPS = a_rule("p99", comparison=Comparison.BELOW, text="p99 < 1ms")
QPS_ABOVE = a_rule("qps", text="qps > 10")


@pytest.mark.parametrize(
    ("judgement", "is_so"),
    [
        (broken(ERROR_LIMIT, 0.5), True),
        (broken(ERROR_LIMIT, 0.49), False),
        (broken(P99_LIMIT, 0.5), True),
        (broken(P99_LIMIT, 0.49), False),
        (broken(REFUSED, 0.9), False),
        (broken(GUARD, 5.0), False),
        (broken(LEAST_QPS, 0.9, limit=0.1), False),
        (broken(QPS_ABOVE, 1000.0, limit=10.0), False),
        (replace(broken(), observed=None), False),
    ],
)
def test_an_emergency_is_half_of_all_failing_or_five_times_a_latency(
    judgement: Judgement, is_so: object
) -> None:
    """Nobody should measure that again; a limiter that refuses and a full CPU do no such harm."""
    assert is_emergency(a_measured(judgements=[judgement])) is is_so


def test_an_emergency_that_the_generator_made_is_none() -> None:
    """A P99 of a busy generator proves nothing."""
    step = a_measured(trust=Trust.INVALID, judgements=[broken(P99_LIMIT, 9.0)])
    assert not is_emergency(step)


RULES: tuple[Rule, ...] = (P99_LIMIT, ERROR_LIMIT, GUARD)


@st.composite
def climbs(draw: st.DrawFn) -> list[Measured]:
    """Steps of any purpose at a few levels, each fine, broken or not to be believed."""
    steps = []
    for index in range(draw(st.integers(1, 9))):
        fate = draw(st.sampled_from(("fine", "fine", "broken", "invalid", "drifting")))
        step = a_measured(
            draw(st.sampled_from((1, 4, 16, 64))),
            float(draw(st.integers(1, 1000))),
            index=index,
            purpose=draw(st.sampled_from((LADDER, RECHECK, REFINE))),
            trust=Trust.INVALID if fate == "invalid" else Trust.VALID,
            is_drifting=fate == "drifting",
        )
        steps.append(made_worse(step) if fate == "broken" else step)
    return steps


def made_worse(step: Measured) -> Measured:
    """The same step with a broken limit."""
    return replace(step, judgements=(broken(ERROR_LIMIT, 0.2),), success_ratio=0.8)


def answer(steps: list[Measured]) -> tuple[float, set[float]]:
    """Throughput of the answer, and the loads that passed."""
    levels = outcomes(steps, recheck=False)
    point = operating_point(levels)
    qps = 0.0 if point is None or point.best is None else point.best.qps or 0.0
    return qps, {level.load.level for level in passed_prefix(levels)}


@settings(max_examples=150, deadline=None)
@given(climbs(), st.data())
def test_more_failures_never_raise_the_capacity(steps: list[Measured], data: st.DataObject) -> None:
    """Whichever step fails too, no more loads pass, and none with more throughput is the answer."""
    index = data.draw(st.integers(0, len(steps) - 1))
    worse = [made_worse(step) if step.index == index else step for step in steps]
    before, after = answer(steps), answer(worse)
    assert after[0] <= before[0]
    assert after[1] <= before[1]


@settings(max_examples=150, deadline=None)
@given(climbs(), st.sampled_from((1, 2, 4, 16, 64, 256)), st.sampled_from(Believed))
def test_what_cannot_be_believed_never_raises_the_capacity(
    steps: list[Measured], concurrency: int, believed: Believed
) -> None:
    """A step that drifts, was cut short or that the generator could not carry changes nothing."""
    assume(believed is not Believed.YES)
    doubtful = replace(
        a_measured(concurrency, 1e6, index=99, purpose=VERIFY), believed=believed, is_usable=False
    )
    assert answer([*steps, doubtful]) == answer(steps)
