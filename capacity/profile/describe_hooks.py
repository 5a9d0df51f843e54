"""What is going to be asked of the service's code and logs at the limit, in words for people?"""

import shlex

from capacity.model.hooks import PprofSource
from capacity.model.plan import RunPlan
from capacity.units import format_duration


def hook_rows(plan: RunPlan) -> list[tuple[str, str]]:
    """Label and text of each line; none where nothing is asked."""
    rows = []
    profiling = plan.profiling
    if profiling is not None:
        length, source = format_duration(profiling.lasts_s), profiling.source
        if isinstance(source, PprofSource):
            rows.append(("profile", f"{length} of CPU from {source.url}"))
        else:
            rows.append(("profile", f"{length} by the command {shlex.join(source.argv)}"))
    rows += [
        ("logs" if place == 0 else "", f"{log.name}, at the end of the climb: {command}")
        for place, log in enumerate(plan.logs)
        for command in (shlex.join(log.argv),)
    ]
    return rows
