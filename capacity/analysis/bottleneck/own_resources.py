"""Which resources has the profile named itself, and how did they go over the loads?"""

import re

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.series import Point, Series
from capacity.model.resources import Direction, OwnResource, ResourceRole


def own_series(case: Case, *roles: ResourceRole) -> tuple[tuple[OwnResource, Series], ...]:
    """The resources of these roles, each with its quantity over the levels, of its pods only."""
    monitor = case.run.plan.monitor
    named = () if monitor is None else monitor.bottlenecks
    return tuple(
        (own, _of_pods(case.series(own.quantity), own)) for own in named if own.role in roles
    )


def has_grown(series: Series) -> bool:
    """Whether it left what it was at the first load: one more at least, and half as much again."""
    read = series.read
    if len(read) < 2:
        return False
    first = read[0].value
    return max(point.value for point in read[1:]) >= first + max(1.0, 0.5 * abs(first))


def _of_pods(series: Series, own: OwnResource) -> Series:
    if own.pod_pattern is None:
        return series
    pattern = re.compile(own.pod_pattern)
    choose = max if series.direction is Direction.HIGH_IS_BAD else min

    def of_pods(point: Point) -> Point | None:
        members = (one for one in point.reading.members if pattern.search(_pod(one.subject)))
        worst = choose(members, key=lambda member: member.value, default=None)
        return None if worst is None else Point(point.level, worst, point.reading)

    points = tuple(None if point is None else of_pods(point) for point in series.points)
    return Series(series.name, series.unit, series.scope, series.aspect, series.direction, points)


def _pod(subject: str) -> str:
    """The pod of namespace/pod/container; any other name is its own."""
    parts = subject.split("/")
    return parts[1] if len(parts) > 1 else subject
