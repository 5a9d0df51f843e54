"""What should be known of a Prometheus before the load, in words?"""

from collections.abc import Iterator, Sequence
from statistics import median

from capacity.model.resources import MonitorFacts
from capacity.monitors.answers import Fault
from capacity.monitors.first_look import FirstLook, QuantityLook
from capacity.monitors.members import name_some
from capacity.monitors.window import needed_hold_s
from capacity.units import format_duration

# Samples are told apart by their times: from here on windows miss what belongs to them.
_ODD_OFFSET_S = 1.0


def monitor_facts(
    look: FirstLook, source: str, ruled: Sequence[str], hold_s: float
) -> MonitorFacts:
    """The facts of a first look; notes are about the quantities that rules name."""
    chosen = [one for one in look.quantities if one.quantity.name in ruled]
    spacings = [one.spacing_s for one in chosen or look.quantities if one.spacing_s is not None]
    lags = [one.lag_s for one in chosen or look.quantities if one.lag_s is not None]
    subjects = {subject for one in chosen for subject in one.subjects if subject}
    return MonitorFacts(
        source=source,
        version=look.version,
        clock_offset_s=look.offset_s,
        spacing_s=median(spacings) if spacings else None,
        lag_s=median(lags) if lags else None,
        subjects=tuple(sorted(subjects)),
        notes=tuple(_notes(look, chosen, hold_s)),
    )


def _notes(look: FirstLook, chosen: Sequence[QuantityLook], hold_s: float) -> Iterator[str]:
    if isinstance(look.clock_offset, Fault):
        yield look.clock_offset.detail
        return
    if abs(look.clock_offset.offset_s) > _ODD_OFFSET_S:
        yield (
            f"its clock differs from this machine's by "
            f"{format_duration(look.clock_offset.offset_s)}; windows are moved by that"
        )
    for one in chosen:
        for note in _notes_of(one, hold_s):
            yield f"{one.quantity.name}: {note}"


def _notes_of(one: QuantityLook, hold_s: float) -> Iterator[str]:
    if one.fault is not None:
        yield one.fault.detail
        return
    if one.has_no_limit:
        yield f"no limit is set for {name_some(one.unlimited)}, so rules on it are not judged"
        return
    if one.series_count == 0:
        yield "no series now"
    if one.unlimited:
        yield f"no limit for {name_some(one.unlimited)}, so no share of it"
    if one.spacing_s is not None:
        needed_s = needed_hold_s(one.spacing_s, one.lag_s or 0.0)
        if hold_s < needed_s:
            yield (
                f"a hold of {format_duration(hold_s)} is too short for samples "
                f"{format_duration(one.spacing_s)} apart; hold >= {needed_s:.0f} s"
            )
    if one.fixed_range_s > hold_s:
        yield (
            f"the query looks back {format_duration(one.fixed_range_s)} and so mixes in what was "
            "before the step; write $window for the range"
        )
    if one.is_restamped:
        yield (
            "samples carry the time of the scrape and not of the look at the container, so a short "
            "hold is off by some seconds of it"
        )
