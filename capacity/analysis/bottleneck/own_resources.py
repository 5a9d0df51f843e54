"""Which resources has the profile named itself, and how did each go over the loads?"""

import re
from dataclasses import dataclass

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.series import Series
from capacity.analysis.bottleneck.trend import leaves_load
from capacity.model.resources import OwnResource, ResourceRole

# A queue is one from the first request in it on.
_QUEUED_LEAST = 1.0


@dataclass(frozen=True, slots=True)
class OwnSeries:
    """A resource of the profile, and its quantity over the levels, of its own pods only.

    `full_from` is the place of the first level at which it is full or has grown, None if it never
    does. Whether it was so at every level is for `marks` to say.
    """

    resource: OwnResource
    series: Series
    full_from: int | None


def own_resources(case: Case, *roles: ResourceRole) -> tuple[OwnSeries, ...]:
    """Those of some roles, or all of them, in the profile's order."""
    monitor = case.run.plan.monitor
    wanted = () if monitor is None else monitor.bottlenecks
    return tuple(_own(case, one) for one in wanted if not roles or one.role in roles)


def _own(case: Case, resource: OwnResource) -> OwnSeries:
    series = case.series(resource.quantity)
    if resource.pod_pattern is not None:
        wanted = re.compile(resource.pod_pattern)
        series = series.of_members(
            lambda reading: [one for one in reading.members if _is_pod(one.subject, wanted)]
        )
    return OwnSeries(resource, series, _full_from(resource, series, case))


def _full_from(resource: OwnResource, series: Series, case: Case) -> int | None:
    if resource.full_at is not None:
        return series.first_beyond(resource.full_at)
    levels = [step.plan.load.level for step in case.levels]
    values = [None if point is None else point.value for point in series.points]
    return leaves_load(levels, values, _QUEUED_LEAST)


def _is_pod(subject: str, wanted: re.Pattern[str]) -> bool:
    """A subject is namespace/pod/container."""
    return any(wanted.search(part) for part in subject.split("/"))
