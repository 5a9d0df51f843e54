"""Was a resource at its threshold, when, and how sure does that make its class?

A resource that crosses its threshold well after throughput had stopped to grow follows the cause.
One that is beyond it at every level is background, unless it rose with the load to twice as much,
or nobody but the service uses it and throughput hardly grew: then one user alone has filled it.
One that was beyond it for a while only, and is at ease where throughput met its limit, such as a
CPU that compiles at the first load, is not what limits. One that was never seen below it may have
been so always.
"""

from dataclasses import dataclass, replace

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.marks import (
    at_most,
    is_background,
    is_there_anyway,
    score,
    spearman,
)
from capacity.analysis.bottleneck.series import Point, Series
from capacity.analysis.bottleneck.thresholds import (
    BACKGROUND_GROWTH_RATIO,
    QUEUEING_RATIO,
    REFUSED_SPEED_RATIO,
    RISES_SPEARMAN,
)
from capacity.model.bottleneck import Candidate, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.snapshot import Side


@dataclass(frozen=True, slots=True)
class Sight:
    """From where on a resource was at its threshold, and the worst point from there on.

    `is_late` is true when that was two levels or more after throughput had stopped to grow.
    `was_low` is false when nothing was read of the lower levels.
    """

    place: int
    worst: Point
    is_timed: bool | None
    is_late: bool
    was_low: bool = True

    @property
    def is_thin(self) -> bool:
        """Whether its samples are too few, or cover too little, for a claim of high confidence."""
        return self.worst.has_few_samples or not self.worst.reading.may_stop


@dataclass(frozen=True, slots=True)
class Naming:
    """What the candidates of one class have in common."""

    kind: str
    title: Sentence
    advice: Sentence


def see(case: Case, series: Series, threshold: float) -> Sight | None:
    """A resource that others may use as well; None when it was not there, or is background."""
    if is_background(series, threshold) and not _answers(series):
        return None
    return _sight(case, series, threshold)


def see_own(case: Case, series: Series, threshold: float) -> Sight | None:
    """A resource that only this part of the path uses."""
    if is_there_anyway(case, series, threshold) and not _answers(series):
        return None
    return _sight(case, series, threshold)


def _answers(series: Series) -> bool:
    """Whether it rose with the load to twice as much, wherever it began."""
    values = [point.value for point in series.read]
    correlation = spearman(values)
    rises = correlation is not None and correlation >= RISES_SPEARMAN
    return rises and values[-1] >= BACKGROUND_GROWTH_RATIO * values[0]


def sight_from(case: Case, series: Series, place: int | None) -> Sight | None:
    """What left its trend at a level, where no value says when it is full."""
    worst = None if place is None else series.worst_from(place)
    if place is None or worst is None:
        return None
    return Sight(
        place=place,
        worst=worst,
        is_timed=_timed(case, series, place),
        is_late=case.turn is not None and place > case.turn + 1,
        was_low=place == 0 or any(point is not None for point in series.points[:place]),
    )


def _sight(case: Case, series: Series, threshold: float) -> Sight | None:
    if is_over(case, series, threshold):
        return None
    found = sight_from(case, series, series.lasting_beyond(threshold))
    if found is None or not is_background(series, threshold):
        return found
    # What is full at the first level already has no time.
    return replace(found, is_timed=None)


def is_over(case: Case, series: Series, threshold: float) -> bool:
    """Whether it was seen at ease where throughput met its limit, or the climb its end, and beyond.

    What was at its threshold before that limits nothing there. Beyond is also what came later in
    time: memory that leaks goes by that.
    """
    limit = max(len(case.levels) - 1, 0) if case.limit_place is None else case.limit_place
    there = [
        point
        for place, point in enumerate(series.points)
        if point is not None
        and (place >= limit or case.levels[place].plan.index > case.levels[limit].plan.index)
    ]
    near = series.near(threshold)
    return bool(there) and not any(series.is_beyond(point, near) for point in there)


def _timed(case: Case, series: Series, place: int) -> bool | None:
    """Where the climb ended before throughput met a limit, its end takes that place.

    There a rule was broken, or the range was at its end; nothing is known of what came after.
    """
    last = len(case.levels) - 1
    limit = case.limit_place
    if series.points[0] is None or last == 0 or (limit is None and place == 0):
        return None
    end = last if limit is None else limit
    if series.at(end) is None:
        return None
    rises = spearman([point.value for point in series.points[: end + 2] if point is not None])
    is_then = place > 0 and place in (end - 1, end)
    return is_then and (rises is None or rises >= RISES_SPEARMAN)


def waits_at(case: Case, place: int) -> bool:
    """Whether most of a request's time there was more than it takes without load."""
    ratio = case.numbers[place].queueing_ratio
    return ratio is not None and ratio >= QUEUEING_RATIO


def refuses_at(case: Case, place: int) -> bool:
    """Whether most answers there were failures that came fast: work that no good answer needs."""
    counts, speed_ratio = case.levels[place].counts, case.numbers[place].error_speed_ratio
    fails = 2 * counts.failed_on(Side.TARGET) > counts.judged
    return fails and speed_ratio is not None and speed_ratio < REFUSED_SPEED_RATIO


def place_of(case: Case, point: Point) -> int:
    """The place of a point among the levels."""
    return next(
        place for place, step in enumerate(case.levels) if step.plan.load.level == point.level
    )


def marks_of(case: Case, sight: Sight, *, is_used_up: bool, is_waited_for: bool | None) -> Marks:
    """The four marks of what was seen."""
    return Marks(
        is_used_up=is_used_up,
        is_waited_for=is_waited_for,
        is_timed=sight.is_timed,
        has_stopped_growth=case.has_stopped_growth,
    )


def confidence_of(sight: Sight, marks: Marks, by_rule: Confidence) -> Confidence:
    """What rule and marks allow: at most low if it came late.

    At most medium on few samples, or if it was never seen below its threshold.
    """
    confidence = at_most(by_rule, score(marks))
    if sight.is_thin or not sight.was_low:
        confidence = at_most(confidence, Confidence.MEDIUM)
    return at_most(confidence, Confidence.LOW) if sight.is_late else confidence


def plain_candidate(
    naming: Naming,
    subject: Subject,
    *,
    confidence: Confidence,
    marks: Marks,
    evidence: tuple[Sentence, ...],
    first_level: float | None,
) -> Candidate:
    """A candidate of a class that has no resource at a threshold behind it."""
    return Candidate(
        kind=naming.kind,
        title=naming.title,
        subject=subject,
        confidence=confidence,
        marks=marks,
        evidence=evidence,
        advice=naming.advice,
        first_level=first_level,
    )


def candidate(
    case: Case,
    naming: Naming,
    kind: SubjectKind,
    sight: Sight,
    *,
    marks: Marks,
    by_rule: Confidence,
    evidence: tuple[Sentence | None, ...],
) -> Candidate:
    """A candidate of a class whose signal was seen; evidence that is None was not there."""
    return Candidate(
        kind=naming.kind,
        title=naming.title,
        subject=Subject(kind, sight.worst.subject),
        confidence=confidence_of(sight, marks, by_rule),
        marks=marks,
        evidence=tuple(sentence for sentence in evidence if sentence is not None),
        advice=naming.advice,
        first_level=case.level_at(sight.place),
    )
