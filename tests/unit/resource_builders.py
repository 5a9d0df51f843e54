"""How does a test get a rule on a resource, or a reading of one, in one line?"""

from collections.abc import Sequence

from capacity.model.resources import (
    Aspect,
    Direction,
    Member,
    Reading,
    ReadingState,
    ResourceScope,
)
from capacity.model.rules import Absolute, Action, Comparison, OnMissing, Rule, TimesFirst
from capacity.units import Unit

POD = "shop/api-7f9/app"
# The built hold of 30 s, in a monitor's clock.
HOLD_START_UNIX_S = 1_795_234_332.0
HOLD_END_UNIX_S = HOLD_START_UNIX_S + 30.0


def a_resource_rule(
    metric: str = "cpu",
    *,
    comparison: Comparison = Comparison.ABOVE,
    limit: Absolute | TimesFirst | None = None,
    over_s: float | None = None,
    for_steps: int = 1,
    action: Action = Action.STOP,
    on_missing: OnMissing = OnMissing.MARK,
    unit: Unit = Unit.RATIO,
    text: str | None = None,
) -> Rule:
    """A rule on a quantity of a monitor, by default `cpu > 85%` over the whole hold."""
    return Rule(
        metric,
        comparison,
        Absolute(0.85) if limit is None else limit,
        over_s,
        for_steps,
        min_samples=0,
        action=action,
        text=f"{metric} {comparison.value} 85%" if text is None else text,
        resource_unit=unit,
        on_missing=on_missing,
    )


def a_member(value: float = 0.5, subject: str = POD, *, sample_count: int | None = 6) -> Member:
    """A pod whose samples cover the window well."""
    return Member(subject, value, sample_count, age_s=1.5, coverage_ratio=0.9)


def a_reading(
    value: float | None = 0.5,
    *,
    name: str = "cpu",
    unit: Unit = Unit.RATIO,
    direction: Direction = Direction.HIGH_IS_BAD,
    members: Sequence[Member] | None = None,
    state: ReadingState | None = None,
    reason: str = "",
    over_s: float | None = None,
    may_stop: bool | None = None,
    seen_late: bool = False,
) -> Reading:
    """A believable reading of one pod over the whole hold; without a value it is NO_DATA."""
    if members is None:
        members = () if value is None else (a_member(value),)
    if state is None:
        state = ReadingState.READ if members else ReadingState.NO_DATA
    has_value = state is ReadingState.READ
    return Reading(
        name=name,
        unit=unit,
        scope=ResourceScope.SERVICE,
        aspect=Aspect.UTILISATION,
        direction=direction,
        state=state,
        reason=reason if has_value or reason else "the series is empty",
        query=f"query_of_{name}",
        over_s=over_s,
        window_start_unix_s=HOLD_START_UNIX_S if over_s is None else HOLD_END_UNIX_S - over_s,
        window_end_unix_s=HOLD_END_UNIX_S,
        members=tuple(members),
        may_stop=has_value if may_stop is None else may_stop,
        seen_late=seen_late,
    )
