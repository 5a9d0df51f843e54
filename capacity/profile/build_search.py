"""What does a run do beside the steps of its ladder: hold longer, refine, verify, confirm?

What is not said has a default that gives a good answer; what is said and cannot be is refused.
"""

from math import ceil

from capacity.model.load import Ladder, RateLadder
from capacity.model.plan import EngineName, SearchPlan
from capacity.profile.build_steps import FUSE_DURATION, HOLD, SETTLE, Climb
from capacity.profile.build_target import positive_duration_s
from capacity.profile.problems import InputError, KeyPath, Problems, read_unit
from capacity.profile.schema import StepsPart
from capacity.units import format_duration, parse_count, parse_ratio

DEFAULT_HOLD_MAX_TIMES = 3.0
DEFAULT_MIN_REQUESTS = 200
DEFAULT_REFINE = 4
MAX_REFINE = 50

_HOLD_MAX: KeyPath = ("steps", "hold_max")
_BUDGET: KeyPath = ("steps", "budget")
_CONFIRM: KeyPath = ("steps", "confirm")


def build_search(
    part: StepsPart, climb: Climb, engine: EngineName, problems: Problems
) -> SearchPlan:
    """Read what is beside the ladder, and check it against the steps and the duration fuse."""
    return SearchPlan(
        hold_max_s=_hold_max_s(part, climb, problems),
        min_requests=problems.read(
            ("steps", "min_requests"), _count, part.min_requests, DEFAULT_MIN_REQUESTS
        ),
        recheck=part.recheck is not False,
        refine=problems.read(("steps", "refine"), _refine, part.refine, DEFAULT_REFINE),
        precision_ratio=problems.read(("steps", "precision"), _precision, part.precision, None),
        budget_s=_budget_s(part, climb, problems),
        verify=part.verify is not False,
        confirm=_confirm(part, climb, engine, problems),
        recovery=part.recovery is not False,
    )


def _count(text: str) -> int:
    return read_unit(parse_count, text)


def _refine(count: int) -> int:
    if not 0 <= count <= MAX_REFINE:
        raise InputError(f"{count} steps cannot refine", f"write a number from 0 to {MAX_REFINE}")
    return count


def _precision(text: str) -> float | None:
    ratio = read_unit(parse_ratio, text)
    if not 0 < ratio <= 1:
        raise InputError(
            f"a precision of {text} is out of range", "write it like 10%, above 0% up to 100%"
        )
    return ratio


def _hold_max_s(part: StepsPart, climb: Climb, problems: Problems) -> float:
    """As given; the default follows the hold."""
    default_s = DEFAULT_HOLD_MAX_TIMES * climb.hold_s
    hold_max_s = problems.read(_HOLD_MAX, positive_duration_s, part.hold_max, default_s)
    if hold_max_s < climb.hold_s and not problems.has(HOLD):
        most, hold = format_duration(hold_max_s), format_duration(climb.hold_s)
        problems.add(
            _HOLD_MAX,
            InputError(
                f"steps.hold_max must not be shorter than steps.hold ({most} < {hold})",
                f"set hold_max to {hold} or more, or lower hold",
            ),
        )
    return hold_max_s


def _budget_s(part: StepsPart, climb: Climb, problems: Problems) -> float | None:
    """The budget as given: a step fits in, and the duration fuse would not end the climb before."""
    if part.budget is None:
        return None
    budget_s = problems.read(_BUDGET, positive_duration_s, part.budget, None)
    times = (_BUDGET, HOLD, SETTLE, FUSE_DURATION)
    if budget_s is None or any(problems.has(path) for path in times):
        return None
    step_s, fuse_s = climb.settle_s + climb.hold_s, climb.fuses.max_duration_s
    budget, step, fuse = map(format_duration, (budget_s, step_s, fuse_s))
    if budget_s < step_s:
        fault = InputError(
            f"in a budget of {budget} no step ends: settle and hold take {step}",
            f"set it to {ceil(step_s)}s or more, or lower hold",
        )
        problems.add(_BUDGET, fault)
    elif budget_s > fuse_s:
        fault = InputError(
            f"the budget of {budget} is longer than the duration fuse of {fuse}",
            f"lower it, or raise the fuse: --max-duration {ceil(budget_s)}s "
            f"or safety.fuses.duration: {ceil(budget_s)}s",
        )
        problems.add(_BUDGET, fault)
    return budget_s


def _confirm(part: StepsPart, climb: Climb, engine: EngineName, problems: Problems) -> bool:
    """Whether planned starts follow; where there can be none only an explicit wish is refused."""
    why_not = why_unconfirmed(climb.ladder, engine)
    if part.confirm and why_not is not None:
        problems.add(
            _CONFIRM, InputError(f"nothing can be confirmed: {why_not}", "leave confirm out")
        )
    return part.confirm is not False and why_not is None


def why_unconfirmed(ladder: Ladder, engine: EngineName) -> str | None:
    """Why planned starts cannot confirm what these steps find; None when they can."""
    if isinstance(ladder, RateLadder):
        return "these steps are planned starts already"
    if engine is EngineName.AIOHTTP:
        return "the aiohttp engine runs user loops and plans no starts"
    return None
