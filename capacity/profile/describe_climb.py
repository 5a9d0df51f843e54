"""What does a climb consist of, in words: its loads, what follows them, and how long that takes?

Each part is named with its number of steps and its time, likely and at most, before it begins.
"""

from collections.abc import Callable, Mapping
from typing import assert_never

from capacity.model.load import Arrivals, ConcurrencyLadder, RateLadder
from capacity.model.plan import Purpose, RunPlan
from capacity.profile.build_search import why_unconfirmed
from capacity.profile.ladder_text import ladder_to_text
from capacity.search.follow_ups import CONFIRM_RATIO
from capacity.search.situation import planned_hold_s
from capacity.search.timetable import PhaseTime, likely_duration_s, time_limit_s, timetable
from capacity.units import format_duration, format_ratio

_ARRIVALS = {
    Arrivals.CONSTANT: "evenly spaced",
    Arrivals.POISSON: "spread like independent users (Poisson)",
}


def climb_rows(plan: RunPlan) -> list[tuple[str, str]]:
    """The ladder, one step of it, what follows it, and the time of all."""
    ladder, *later = timetable(plan)
    rows = [
        ("steps", f"{_loads(plan)} ({_count(ladder.most_steps)}, {_times(plan, ladder)})"),
        *_open_loop_rows(plan),
        ("each step", _each_step(plan)),
    ]
    for part in later:
        label = "" if part.purpose is Purpose.RECHECK else "then"
        rows.append((label, f"{_PARTS[part.purpose](plan, part)} ({_times(plan, part)})"))
    why_not = why_unconfirmed(plan.ladder, plan.engine)
    if plan.search.verify and why_not is not None:
        rows.append(("", f"no planned starts confirm the answer: {why_not}"))
    return [*rows, ("duration", _duration(plan))]


def _loads(plan: RunPlan) -> str:
    levels = [load.level for load in plan.ladder.loads]
    match plan.ladder:
        case ConcurrencyLadder():
            return f"{ladder_to_text(levels)} requests in flight"
        case RateLadder(arrivals=arrivals):
            return f"{ladder_to_text(levels)} planned starts a second, {_ARRIVALS[arrivals]}"
        case _:
            assert_never(plan.ladder)


def _open_loop_rows(plan: RunPlan) -> list[tuple[str, str]]:
    if not isinstance(plan.ladder, RateLadder):
        return []
    planned = plan.ladder.planned_starts(plan.settle_s + plan.hold_s)
    return [
        ("requests", f"about {planned:,} planned by these steps, if no rule ends them"),
        (
            "in flight",
            f"at most {plan.ladder.max_in_flight:,}; a start that finds no free one is dropped, "
            "and latency counts from the planned start",
        ),
    ]


def _each_step(plan: RunPlan) -> str:
    settle, hold = format_duration(plan.settle_s), format_duration(plan.hold_s)
    words = f"{settle} settle, then {hold} measured"
    longest_s = plan.search.hold_max_s
    if longest_s is None or longest_s <= plan.hold_s:
        return words
    few = plan.search.min_requests
    until = f"fewer than {few:,} answers are good or it is" if few else "it is"
    return f"{words}; a hold goes on up to {format_duration(longest_s)} while {until} not steady"


def _recheck(_plan: RunPlan, part: PhaseTime) -> str:
    return (
        f"a limit must be broken twice at a load: up to {_count(part.most_steps)} to measure again"
    )


def _refine(plan: RunPlan, part: PhaseTime) -> str:
    search = plan.search
    how_many = "up to" if search.budget_s is None else "about"
    words = f"{how_many} {_count(part.most_steps)} where they teach most"
    if search.budget_s is not None:
        words += ", as many as the budget has time for"
    if search.precision_ratio is not None:
        what = "the limit is" if isinstance(plan.ladder, RateLadder) else "knee and limit are"
        words += f", until {what} known to {format_ratio(search.precision_ratio)}"
    return words


def _verify(plan: RunPlan, _part: PhaseTime) -> str:
    return f"a verification of {_hold(plan, Purpose.VERIFY)} at the answer"


def _profile(plan: RunPlan, _part: PhaseTime) -> str:
    return f"the answer once more for {_hold(plan, Purpose.PROFILE)}, while its code is watched"


def _confirm(plan: RunPlan, _part: PhaseTime) -> str:
    hold = _hold(plan, Purpose.CONFIRM)
    return f"planned starts at {format_ratio(CONFIRM_RATIO)} of its rate for {hold}"


def _recovery(plan: RunPlan, _part: PhaseTime) -> str:
    first = plan.ladder.loads[0].text
    return f"a recovery step of {_hold(plan, Purpose.RECOVERY)} at {first}: is all well again?"


_PARTS: Mapping[Purpose, Callable[[RunPlan, PhaseTime], str]] = {
    Purpose.RECHECK: _recheck,
    Purpose.REFINE: _refine,
    Purpose.VERIFY: _verify,
    Purpose.PROFILE: _profile,
    Purpose.CONFIRM: _confirm,
    Purpose.RECOVERY: _recovery,
}


def _hold(plan: RunPlan, purpose: Purpose) -> str:
    return format_duration(planned_hold_s(plan, purpose))


def _count(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps} steps"


def _times(plan: RunPlan, part: PhaseTime) -> str:
    at_most = f"at most {format_duration(min(part.at_most_s, time_limit_s(plan)))}"
    return f"likely {format_duration(part.likely_s)}, {at_most}" if part.likely_steps else at_most


def _duration(plan: RunPlan) -> str:
    limit_s, budget_s = time_limit_s(plan), plan.search.budget_s
    whose = "the budget" if budget_s == limit_s else "the fuse"
    likely, limit = format_duration(likely_duration_s(plan)), format_duration(limit_s)
    return f"likely {likely} if no rule ends it, never more than {limit} ({whose})"
