"""How sure may a rule be? The four marks of a resource, and what they allow.

Used up, waited for, at the right time, with an effect on throughput. Three of the four with the
waiting among them, or an error that allows one reading only, is high; two are medium; less is low.
"""

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.series import Series
from capacity.analysis.bottleneck.thresholds import RISES_SPEARMAN
from capacity.model.bottleneck import Marks
from capacity.model.confidence import Confidence

# From a threshold of 80 % a resource can carry a quarter more, and measurements scatter.
_ROOM_FACTOR = 1.3
_ORDER = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


def score(marks: Marks) -> Confidence:
    """The most that the marks allow."""
    given = (marks.is_used_up, marks.is_waited_for, marks.is_timed, marks.has_stopped_growth)
    count = sum(mark is True for mark in given)
    if marks.is_unambiguous or (count >= 3 and marks.is_waited_for):
        return Confidence.HIGH
    return Confidence.MEDIUM if count >= 2 else Confidence.LOW


def at_most(confidence: Confidence, ceiling: Confidence) -> Confidence:
    """The lesser of the two."""
    return min(confidence, ceiling, key=_ORDER.index)


def is_background(series: Series, threshold: float) -> bool:
    """Whether it was beyond the threshold at every level that was read, the first one included."""
    first = series.points[0] if series.points else None
    if first is None or len(series.read) < 2:
        return False
    return all(series.is_beyond(point, threshold) for point in series.read)


def is_there_anyway(case: Case, series: Series, threshold: float) -> bool:
    """Whether what only this service uses was beyond it at every level and still held nothing back.

    It could not be the limit if throughput grew meanwhile by more than what was left of it; if it
    did not, one user alone may have filled it.
    """
    if not is_background(series, threshold):
        return False
    first_qps = case.levels[0].qps
    most_qps = max(step.qps for step in case.levels)
    return most_qps >= _ROOM_FACTOR * first_qps


def is_timed(case: Case, series: Series, threshold: float) -> bool | None:
    """Whether it crossed the threshold when throughput met its limit, and rose until then.

    None where the levels that it takes were not read, or throughput never met a limit.
    """
    limit = case.limit_place
    if limit is None or series.points[0] is None or series.at(limit) is None:
        return None
    if series.is_beyond(series.points[0], threshold):
        return False
    crossed = series.lasting_beyond(threshold)
    rises = spearman([point.value for point in series.read[: limit + 2]])
    return crossed in (limit - 1, limit) and (rises is None or rises >= RISES_SPEARMAN)


def spearman(values: list[float]) -> float | None:
    """The rank correlation of values with their order; None for fewer than three."""
    count = len(values)
    if count < 3:
        return None
    ranks = _ranks(values)
    mean = (count - 1) / 2.0
    up = sum((rank - mean) * (place - mean) for place, rank in enumerate(ranks))
    of_ranks = sum((rank - mean) ** 2 for rank in ranks)
    of_places = sum((place - mean) ** 2 for place in range(count))
    return up / (of_ranks * of_places) ** 0.5 if of_ranks > 0 else 0.0


def _ranks(values: list[float]) -> list[float]:
    """Equal values share the mean of their ranks."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) - 1) / 2.0 for value in values]
