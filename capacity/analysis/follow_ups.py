"""Did the answer hold when it was checked?

Three checks: a longer hold at the answer (verification), planned starts at 90 % of its rate
(confirmation), and light load after the heavy one (recovery).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

from capacity.analysis.outcomes import LevelOutcome, broken_limits, limit_of
from capacity.analysis.throughput import observe
from capacity.model.findings import FollowUp, FollowUpState
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose, SearchPlan
from capacity.model.snapshot import LatencySummary
from capacity.units import format_duration

# A rate was achieved when at most so much of it is wanting.
ACHIEVED_SHORTFALL_RATIO = 0.02
# Light load is itself again when throughput and latency are so near to what they were.
RECOVERED_RATIO = 0.25
_MOST_TOLERANCE = 0.9

_WHY_UNKNOWN = {
    Believed.INVALID: "cannot be believed",
    Believed.CUT_SHORT: "was cut short",
    Believed.NOT_STEADY: "was still drifting at its end",
    Believed.NOT_JUDGED: "could not be judged by every rule",
}


@dataclass(frozen=True, slots=True)
class FollowUps:
    """What became of each check."""

    verification: FollowUp
    confirmation: FollowUp
    recovery: FollowUp


def follow_ups(
    steps: Sequence[Measured],
    levels: Sequence[LevelOutcome],
    point: LevelOutcome,
    search: SearchPlan,
) -> FollowUps:
    """The checks of the answer `point`; what was planned and never ran is NOT_RUN."""
    verification = _verification(levels, point)
    confirmed = _last(steps, Purpose.CONFIRM)
    recovered = _last(steps, Purpose.RECOVERY)
    return FollowUps(
        verification or _not_run(is_planned=search.verify),
        _not_run(is_planned=search.confirm) if confirmed is None else _confirmation(confirmed),
        _not_run(is_planned=search.recovery)
        if recovered is None
        else _recovery(recovered, _first_at(recovered, steps)),
    )


def _not_run(*, is_planned: bool) -> FollowUp:
    return FollowUp(FollowUpState.NOT_RUN if is_planned else FollowUpState.NOT_PLANNED)


def _last(steps: Sequence[Measured], purpose: Purpose) -> Measured | None:
    found = [step for step in steps if step.purpose is purpose]
    return max(found, key=lambda step: step.index, default=None)


def _verification(levels: Sequence[LevelOutcome], point: LevelOutcome) -> FollowUp | None:
    """HELD at the answer, or BROKEN at a load that was the answer before; None: there was none.

    By other limits than those of the run the answer may be a load that nobody meant to verify.
    """
    if point.is_verified and point.best is not None:
        return FollowUp(FollowUpState.HELD, point.best.index, _held(point, point.best))
    if point.verifications:
        return _unknown(point.verifications[-1])
    elsewhere = [step for level in levels for step in level.verifications]
    if not elsewhere:
        return None
    broken = [
        step
        for step in elsewhere
        if step.load.level > point.load.level and limit_of(step) is not None
    ]
    last = max(broken or elsewhere, key=lambda step: step.index)
    if not broken:
        detail = f"the longer hold was at {last.load.text}"
        return FollowUp(FollowUpState.UNKNOWN, last.index, detail)
    return FollowUp(
        FollowUpState.BROKEN,
        last.index,
        f"{_facts_of(last)} at {last.load.text}; {point.load.text} was not verified",
    )


def _held(point: LevelOutcome, step: Measured) -> str:
    before = [s for s in point.steps if s.index < step.index and s not in point.verifications]
    seen = [s.qps for s in before if s.is_usable and s.qps is not None]
    held = f"{_qps(step)} for {format_duration(step.hold_s or 0.0)} at {step.load.text}"
    return f"{held}, {seen[-1]:.4g}/s before" if seen else held


def _qps(step: Measured) -> str:
    return "an unknown throughput" if step.qps is None else f"{step.qps:.4g}/s"


def _facts_of(step: Measured) -> str:
    """What was broken in a step, with its numbers."""
    facts = []
    for judgement in broken_limits(step):
        unit = judgement.rule.unit
        seen = "" if judgement.observed is None else f" ({unit.show(judgement.observed)})"
        facts.append(f"{judgement.rule.text} was broken{seen}")
    return "; ".join(facts) or "no request succeeded"


def _unknown(step: Measured) -> FollowUp:
    why = _WHY_UNKNOWN.get(step.believed, "had no answer")
    doubts = f": {'; '.join(step.doubts)}" if step.doubts else ""
    return FollowUp(FollowUpState.UNKNOWN, step.index, f"{step.load.text} {why}{doubts}")


def _confirmation(step: Measured) -> FollowUp:
    """HELD when limits held, the rate was achieved and no planned start found all slots busy."""
    rate_qps = step.load.level
    if limit_of(step) is not None:
        return FollowUp(FollowUpState.BROKEN, step.index, _facts_of(step), rate_qps)
    if step.believed is not Believed.YES or step.qps is None:
        unknown = _unknown(step)
        return FollowUp(unknown.state, unknown.step_index, unknown.detail, rate_qps)
    planned_qps = _planned_qps(step)
    dropped = 0 if step.schedule is None else step.schedule.dropped_no_slot
    p99_s = None if step.latency is None else step.latency.p99_s
    facts = [f"{step.qps:.4g}/s of {planned_qps:.4g}/s planned were answered well"]
    if dropped:
        facts.append(f"{dropped} planned starts found every slot waiting for an answer")
    if p99_s is not None:
        facts.append(f"P99 {format_duration(p99_s)} from the planned start")
    has_achieved = planned_qps - step.qps <= _allowed_shortfall_qps(step, planned_qps)
    state = FollowUpState.HELD if has_achieved and not dropped else FollowUpState.BROKEN
    return FollowUp(state, step.index, "; ".join(facts), rate_qps)


def _planned_qps(step: Measured) -> float:
    """What was really planned: arrivals of independent users are not spread evenly."""
    if step.schedule is None or not step.hold_s:
        return step.load.level
    return step.schedule.planned / step.hold_s


def _allowed_shortfall_qps(step: Measured, planned_qps: float) -> float:
    """2 %, and what may just be in flight at one end of the hold and not at the other."""
    in_flight = planned_qps * (step.mean_s or 0.0)
    chance = planned_qps if step.schedule is None else 0.0
    by_chance_qps = 0.0
    if step.hold_s:
        by_chance_qps = 3 * sqrt(chance * step.hold_s + in_flight + 1) / step.hold_s
    return ACHIEVED_SHORTFALL_RATIO * planned_qps + by_chance_qps


def _first_at(step: Measured, steps: Sequence[Measured]) -> Measured | None:
    """The first believable step at the same light load."""
    same = [
        other
        for other in steps
        if other.purpose not in (Purpose.RECOVERY, Purpose.PROFILE)
        and other.load == step.load
        and other.is_usable
        and limit_of(other) is None
    ]
    return min(same, key=lambda other: other.index, default=None)


def _recovery(step: Measured, first: Measured | None) -> FollowUp:
    """HELD when throughput, P50 and P99 are back; at once is queueing, not at once is a leak."""
    if limit_of(step) is not None:
        return FollowUp(FollowUpState.BROKEN, step.index, _facts_of(step))
    if step.believed not in (Believed.YES, Believed.NOT_STEADY):
        return _unknown(step)
    if first is None:
        detail = f"no step at {step.load.text} before can be believed"
        return FollowUp(FollowUpState.UNKNOWN, step.index, detail)
    pairs = _compared(step, first)
    off = [text for text, is_back in pairs if not is_back]
    if not pairs:
        detail = "neither throughput nor latency is known"
        return FollowUp(FollowUpState.UNKNOWN, step.index, detail)
    if not off:
        return FollowUp(FollowUpState.HELD, step.index, "; ".join(text for text, _ in pairs))
    detail = f"{'; '.join(off)}: a leak, a stuck pool or a backlog stays behind"
    return FollowUp(FollowUpState.BROKEN, step.index, detail)


def _compared(step: Measured, first: Measured) -> list[tuple[str, bool]]:
    """Each number that both have, in words, and whether it is back."""
    pairs: list[tuple[str, bool]] = []
    if step.qps is not None and first.qps is not None:
        is_back = step.qps >= (1 - _tolerance(step, first)) * first.qps
        pairs.append((f"{step.qps:.4g}/s after the load, {first.qps:.4g}/s before", is_back))
    now, then = step.latency, first.latency
    if now is None or then is None:
        return pairs
    middles = (now.p50_s - _median_error_s(now), then.p50_s + _median_error_s(then))
    pairs.append(_latency_pair("P50", now.p50_s, then.p50_s, middles))
    if now.p99_s is not None and then.p99_s is not None:
        # Few requests say little of a P99: the ends of its two intervals are held together.
        ends = (now.p99_low_s or now.p99_s, then.p99_high_s or then.p99_s)
        pairs.append(_latency_pair("P99", now.p99_s, then.p99_s, ends))
    return pairs


def _median_error_s(latency: LatencySummary) -> float:
    """Two standard errors of a median, where latency thins out as it does for random service.

    The spread from the median to the P90, 40 % of all, stands for how dense it is at the median;
    times grow towards the tail, so that is twice of what it is there.
    """
    if latency.p90_s is None:
        return 0.0
    return (latency.p90_s - latency.p50_s) / 0.4 * 0.5 / sqrt(latency.count)


def _latency_pair(
    name: str, now_s: float, then_s: float, held: tuple[float, float]
) -> tuple[str, bool]:
    text = f"{name} {format_duration(now_s)}, {format_duration(then_s)} before"
    return text, held[0] <= (1 + RECOVERED_RATIO) * held[1]


def _tolerance(step: Measured, first: Measured) -> float:
    """25 %, or what the noise of two short holds explains."""
    seen = (observe(step), observe(first))
    errors = (0.0 if one is None else one.error_ratio or 0.0 for one in seen)
    return min(max(RECOVERED_RATIO, 3 * hypot(*errors)), _MOST_TOLERANCE)
