"""Tests of capacity.search.refinement: where a step tells most."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import pytest

from capacity.model.findings import CurvePoint, Knee, NoKnee, NoKneeReason
from capacity.model.load import Arrivals, OpenLoop
from capacity.model.plan import Purpose, RunPlan, SearchPlan
from capacity.model.rules import Judgement, Rule, RuleState
from capacity.model.run import Step, Trust
from capacity.model.snapshot import FailureKind
from capacity.search import refinement
from capacity.search.refinement import MOST_REFINED, refine_step
from capacity.search.situation import Situation
from tests.unit.builders import ERROR_RULE, P99_RULE, a_judgement, a_knee, a_step
from tests.unit.rate_builders import a_rate_plan, a_rate_step
from tests.unit.resource_builders import a_resource_rule
from tests.unit.search.climbs import ERRORS, FULL, a_full_plan, in_order, ladder, taken

LADDER, RECHECK, REFINE = Purpose.LADDER, Purpose.RECHECK, Purpose.REFINE
DISASTER = replace(ERRORS, observed=0.7)
SEARCH = SearchPlan(recheck=True, refine=4)
CPU = a_resource_rule()


def p99(observed: float, *, limit: float = 0.2) -> Judgement:
    """The rule on latency; broken above its limit."""
    state = RuleState.BREACH if observed > limit else RuleState.OK
    return a_judgement(P99_RULE, state, observed=observed, limit=limit)


def unknown(rule: Rule) -> Judgement:
    """A rule that lacked its data."""
    return a_judgement(rule, RuleState.NO_DATA)


def cpu(observed: float) -> Judgement:
    """The rule on CPU; broken above 85 %."""
    state = RuleState.BREACH if observed > 0.85 else RuleState.OK
    return a_judgement(CPU, state, observed=observed, limit=0.85)


def next_load(
    *steps: Step, plan: RunPlan | None = None, left_s: float = inf, search: SearchPlan = SEARCH
) -> float | None:
    """The load of the next step that refines."""
    plan = a_full_plan(search=search) if plan is None else plan
    step = refine_step(Situation.after(plan, in_order(*steps), left_s))
    return None if step is None else step.load.level


def test_a_step_that_refines_is_as_long_as_any() -> None:
    """Its purpose is told, and its hold is that of the plan."""
    step = refine_step(Situation.after(a_full_plan(), in_order(*ladder(1, 16)), inf))
    assert step is not None
    assert (step.index, step.purpose, step.hold_s) == (2, REFINE, 10.0)


def test_refused_requests_lead_to_the_knee() -> None:
    """Most of the load at 64 was refused, and throughput was full at 20: there it began.

    A load above that is tried next, for less may not be known to be all.
    """
    steps = tuple(taken(LADDER, n, qps=40.0 * n) for n in (1, 4, 16))
    refused = taken(LADDER, 64, DISASTER, qps=800.0)
    first = next_load(*steps, refused)
    assert first is not None
    assert 18 <= first <= 28
    passed = taken(REFINE, 20, qps=800.0)
    assert next_load(*steps, refused, passed) == 23
    broken = taken(REFINE, 23, DISASTER, qps=800.0)
    assert next_load(*steps, refused, passed, broken) is None


@pytest.mark.parametrize(
    ("at_16", "at_64", "level"),
    [
        (p99(0.1), p99(0.3), 39),
        (p99(0.1), p99(10.0), 19),
        (p99(0.19), p99(10.0), 18),
        (p99(0.01), p99(0.201), 56),
        (p99(0.0), p99(0.3), 32),
        (unknown(P99_RULE), p99(0.3), 32),
        (p99(0.3, limit=0.5), p99(0.3), 32),
        (cpu(0.5), cpu(0.95), 51),
        (a_judgement(ERROR_RULE), p99(0.3), 32),
    ],
    ids=[
        "where the power law meets the limit",
        "steep",
        "near the lower load",
        "near the upper load",
        "zero has no logarithm",
        "unknown below",
        "the limit was not between",
        "a share of CPU",
        "no such judgement",
    ],
)
def test_a_latency_leads_to_where_it_meets_its_limit(
    at_16: Judgement, at_64: Judgement, level: int | None
) -> None:
    """Between 16 and 64, but a tenth and a half away from either; else in the middle."""
    steps = (*ladder(1, 4), taken(LADDER, 16, at_16))
    found = next_load(*steps, taken(LADDER, 64, at_64), taken(RECHECK, 64, at_64))
    assert found == level


def test_a_gap_that_is_narrow_enough_is_left_alone() -> None:
    """11 passed and 12 did not; 100 passed and 114 did not."""
    curve = (taken(REFINE, 7), taken(REFINE, 9))
    assert next_load(*ladder(1, 4, 8, 11), taken(LADDER, 12, DISASTER), *curve) is None
    assert next_load(*ladder(1, 4, 8, 100), taken(LADDER, 114, DISASTER), *curve) is None
    narrow = replace(SEARCH, precision_ratio=0.1)
    steps = (*ladder(1, 4, 8, 100), taken(LADDER, 114, DISASTER), *curve)
    assert next_load(*steps, search=narrow) == 107


def test_a_knee_that_may_lie_in_the_gap_is_looked_for_there() -> None:
    """Throughput grew up to 16; what is above is told by a step in the gap."""
    steps = [taken(LADDER, n, qps=10.0 * n) for n in (1, 4, 16)]
    assert next_load(*steps, taken(LADDER, 64, p99(0.3), p99(0.3), qps=300.0)) == 32


def next_of_a_curve(
    monkeypatch: pytest.MonkeyPatch, knee: Knee | NoKnee, *steps: Step
) -> tuple[float | None, list[Sequence[float]]]:
    """The next load when the curve is known to be so, and the loads it could choose from."""
    asked: list[Sequence[float]] = []

    def choose(_: object, levels: Sequence[float]) -> float:
        asked.append(levels)
        return 3.0

    monkeypatch.setattr(refinement, "find_knee", lambda _: knee)
    monkeypatch.setattr(refinement, "most_telling_level", choose)
    return next_load(*steps), asked


def test_the_curve_is_measured_up_to_the_likely_limit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a latency that meets its limit at 32; without a failure up to the last load."""
    knee = a_knee(8.0, spread=1.05)
    good = (*ladder(1, 4), taken(LADDER, 16, p99(0.1)))
    broken = (taken(LADDER, 64, p99(0.4)), taken(RECHECK, 64, p99(0.4)))
    _, (levels,) = next_of_a_curve(monkeypatch, knee, *good, *broken)
    assert (levels[0], levels[-1]) == (1, 32)
    _, (levels,) = next_of_a_curve(monkeypatch, knee, *ladder(1, 4, 16, 64))
    assert levels[:3] == [1, 2, 3]
    assert levels[-1] == 64


@pytest.mark.parametrize(
    ("p_not_reached", "level"), [(0.02, None), (0.3, 3.0)], ids=["in the range", "perhaps above"]
)
def test_a_knee_that_may_be_above_the_range_is_not_narrow(
    monkeypatch: pytest.MonkeyPatch, p_not_reached: float, level: float | None
) -> None:
    """However close together the curves that have it have it."""
    fit = replace(a_knee(8.0, spread=1.02).fit, p_not_reached=p_not_reached)
    knee = replace(a_knee(), fit=fit)
    assert next_of_a_curve(monkeypatch, knee, *ladder(1, 4, 8, 9, 64))[0] == level


@pytest.mark.parametrize(
    ("reason", "p_not_reached", "p_below_range", "level"),
    [
        (NoKneeReason.UNCLEAR, 0.5, 0.1, 3.0),
        (NoKneeReason.NOT_REACHED, 0.94, 0.0, 3.0),
        (NoKneeReason.NOT_REACHED, 0.96, 0.0, None),
        (NoKneeReason.BELOW_RANGE, 0.0, 0.94, 3.0),
        (NoKneeReason.BELOW_RANGE, 0.0, 0.96, None),
    ],
)
def test_a_knee_is_looked_for_until_it_is_surely_outside(
    monkeypatch: pytest.MonkeyPatch,
    reason: NoKneeReason,
    p_not_reached: float,
    p_below_range: float,
    level: float | None,
) -> None:
    """What is not clear may become so, and one disturbed step at an end is not the last word."""
    fit = a_knee(8.0, spread=1.5).fit
    fit = replace(fit, p_not_reached=p_not_reached, p_below_range=p_below_range)
    knee = NoKnee(reason, "", fit)
    assert next_of_a_curve(monkeypatch, knee, *ladder(1, 4, 8, 9, 64))[0] == level


@pytest.mark.parametrize(
    ("qps_at_32", "level"), [(1000.0, 8.0), (900.0, 11.0)], ids=["less load", "more throughput"]
)
def test_how_much_of_the_throughput_is_wanted(
    monkeypatch: pytest.MonkeyPatch, qps_at_32: float, level: float
) -> None:
    """Nearly all where a step lacks it, a little less where only the load is to become less."""
    points = ((1.0, 100.0), (8.0, 986.0), (9.0, 991.0), (10.5, 996.0), (12.0, 1000.0))
    curve = tuple(CurvePoint(n, qps, qps, qps) for n, qps in points)
    knee = replace(a_knee(), fit=replace(a_knee(8.0, spread=1.02).fit, curve=curve))
    steps = (*ladder(1, 4), taken(LADDER, 32, qps=qps_at_32))
    assert next_of_a_curve(monkeypatch, knee, *steps)[0] == level


def test_no_lesser_load_is_sought_where_scatter_hides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The curve is full at 8; a load from there on that showed less than the answer ends it."""
    points = ((1.0, 100.0), (8.0, 990.0), (9.0, 1000.0), (64.0, 1000.0))
    curve = tuple(CurvePoint(n, qps, qps, qps) for n, qps in points)
    knee = replace(a_knee(), fit=replace(a_knee(8.0, spread=1.02).fit, curve=curve))
    steps = (*ladder(1, 4), taken(LADDER, 64, qps=1000.0))
    assert next_of_a_curve(monkeypatch, knee, *steps)[0] == 8.0
    between = (*ladder(1, 4), taken(LADDER, 16, qps=940.0), taken(LADDER, 64, qps=1000.0))
    assert next_of_a_curve(monkeypatch, knee, *between)[0] is None


def test_all_of_the_throughput_may_have_been_measured_already() -> None:
    """800/s at 8 and at 10, and 780/s at 7: the curve has no better load."""
    steps = (*ladder(1, 4, 8, 10, 16, 64), taken(REFINE, 7, qps=700.0), taken(REFINE, 9))
    assert next_load(*steps) is None


def test_too_few_loads_for_a_curve_halve_the_widest_gap() -> None:
    """Two loads say nothing of a knee; neither do next-door ones, nor a single one."""
    assert next_load(*ladder(1, 16)) == 4
    assert next_load(*ladder(1, 2)) is None
    assert next_load(*ladder(4)) is None


def test_where_throughput_still_grows_there_is_nothing_to_refine() -> None:
    """The knee is above the range, and no limit was met."""
    assert next_load(*(taken(LADDER, n, qps=100.0 * n) for n in (1, 4, 16, 64))) is None


def test_the_least_load_with_all_of_the_throughput_is_looked_for() -> None:
    """800/s are there with 16 in flight, and the curve has them from 8 on."""
    level = next_load(*ladder(1, 4, 16, 64))
    assert level is not None
    assert 8 <= level <= 13


def test_a_step_that_could_not_be_believed_is_tried_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The load with all of the throughput was measured while this machine was busy."""
    points = ((1.0, 100.0), (8.0, 800.0), (64.0, 800.0))
    curve = tuple(CurvePoint(n, qps, qps, qps) for n, qps in points)
    knee = replace(a_knee(), fit=replace(a_knee(8.0, spread=1.02).fit, curve=curve))
    busy = taken(REFINE, 8, trust=Trust.INVALID)
    assert next_of_a_curve(monkeypatch, knee, *ladder(1, 4, 16, 64), busy)[0] == 8
    assert next_of_a_curve(monkeypatch, knee, *ladder(1, 4, 16, 64), busy, busy)[0] is None


def test_more_throughput_between_two_loads_is_looked_for() -> None:
    """A curve that falls has its top between 16 and 64, which no step has seen."""

    def at(n: int) -> Step:
        return taken(LADDER, n, qps=100.0 * n / (1 + 0.02 * (n - 1) + 0.0008 * n * (n - 1)))

    levels = [1, 4, 16, 64, 256]
    found = []
    for _ in range(4):
        level = next_load(*map(at, levels))
        if level is None:
            break
        found.append(int(level))
        levels.append(int(level))
    assert any(25 <= level <= 50 for level in found)


def test_steps_that_scatter_are_measured_on() -> None:
    """No state of the curve is likely; that is not narrow enough."""
    qps = (100.0, 700.0, 90.0, 900.0, 60.0)
    steps = [taken(LADDER, n, qps=x) for n, x in zip((1, 4, 16, 64, 256), qps, strict=True)]
    assert next_load(*steps, plan=a_full_plan((1, 4, 16, 64, 256), SEARCH)) is not None


def test_only_so_many_steps_refine() -> None:
    """The plan's number, but with a budget there is no other bound than time."""
    steps = (*ladder(1, 16), *(taken(REFINE, 16) for _ in range(4)))
    assert next_load(*steps) is None
    assert next_load(*steps, search=replace(SEARCH, budget_s=600.0)) == 4
    many = (*ladder(1, 16), *(taken(REFINE, 16) for _ in range(MOST_REFINED)))
    assert next_load(*many, search=replace(SEARCH, budget_s=600.0)) is None


def test_a_budget_is_spent_even_when_all_is_narrow_enough() -> None:
    """But not when a precision was asked for, which has been reached."""
    levels = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 64)
    steps = ladder(*levels, *levels)
    assert next_load(*steps) is None
    spending = replace(SEARCH, budget_s=600.0)
    assert next_load(*steps, search=spending) is not None
    assert next_load(*steps, search=replace(spending, precision_ratio=0.15)) is None


@pytest.mark.parametrize(
    "later", [Purpose.VERIFY, Purpose.CONFIRM, Purpose.RECOVERY], ids=lambda p: p.value
)
def test_once_the_answer_is_checked_nothing_is_refined(later: Purpose) -> None:
    """A checked answer stays the answer."""
    assert next_load(*ladder(1, 16), taken(later, 1)) is None


def test_time_for_the_checks_is_kept() -> None:
    """12.5 s for the step, 42.5 s for the checks that follow."""
    assert next_load(*ladder(1, 16), left_s=55.0, search=FULL) == 4
    assert next_load(*ladder(1, 16), left_s=54.9, search=FULL) is None


def test_a_service_that_broke_down_says_nothing_of_its_limit() -> None:
    """Throughput at 64 is less than at 16: where that began is anybody's guess."""
    steps = (*ladder(1, 4, 7, 8, 9, 16), taken(LADDER, 64, DISASTER, qps=300.0))
    assert next_load(*steps) == 32


def test_where_nothing_passed_nothing_is_refined() -> None:
    """The first load failed, or could not be believed."""
    assert next_load(taken(LADDER, 1, DISASTER)) is None
    assert next_load(taken(LADDER, 1, trust=Trust.INVALID)) is None


def test_where_nothing_succeeded_any_more_the_middle_is_tried() -> None:
    """No rule was there to say what broke."""
    counts = a_step(64, 0.0, failures={FailureKind.CONN_REFUSED: 9}).counts
    dead = replace(taken(LADDER, 64), counts=counts, ended_ok=0)
    steps = (*(taken(LADDER, n, qps=10.0 * n) for n in (1, 4, 16)), dead)
    assert next_load(*steps, replace(dead, plan=taken(RECHECK, 64).plan)) == 32


def rate_steps(*rates: float, broken: float) -> Sequence[Step]:
    """Steps of planned starts, the last one broken."""
    good = [a_rate_step(rate) for rate in rates]
    return [*good, a_rate_step(broken, judgements=[DISASTER])]


def test_rates_are_refined_between_the_last_good_and_the_first_bad() -> None:
    """In the middle, to four digits, as the ladder plans its starts; 1 % apart is the same.

    All starts were served, so what the service can keep up with is not known.
    """
    plan = replace(a_rate_plan((100.0, 200.0, 400.0)), search=SEARCH)
    step = refine_step(
        Situation.after(plan, in_order(*rate_steps(100.0, 200.0, broken=400.0)), inf)
    )
    assert step is not None
    assert step.load == OpenLoop(282.8, Arrivals.POISSON, 1024)
    assert next_load(a_rate_step(100.0), a_rate_step(200.0), plan=plan) is None
    spending = replace(plan, search=replace(SEARCH, budget_s=600.0))
    assert next_load(*rate_steps(100.0, broken=101.0), plan=spending) is None
    assert next_load(*rate_steps(100.0, broken=102.0), plan=spending) == 101.0


@pytest.mark.parametrize(
    ("served_qps", "rate_qps"),
    [(250.5, 250.5), (210.0, 230.0), (390.0, 347.8), (150.0, 282.8)],
    ids=["between", "near the lower", "near the upper", "broke down"],
)
def test_a_rate_that_was_too_high_tells_what_the_service_keeps_up_with(
    served_qps: float, rate_qps: float
) -> None:
    """400/s were planned, and so many were served."""
    plan = replace(a_rate_plan((100.0, 200.0, 400.0)), search=SEARCH)
    good = [a_rate_step(rate) for rate in (100.0, 200.0)]
    late = round(30.0 * (400.0 - served_qps))
    broken = a_rate_step(400.0, judgements=[DISASTER], late=late)
    assert next_load(*good, broken, plan=plan) == pytest.approx(rate_qps)
