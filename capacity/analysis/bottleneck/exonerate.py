"""Which resources were seen and are not the cause, and of which is nothing known?

A resource is at ease that was read where throughput stopped to grow or beyond (at the last level if
it never did), on enough samples, and never came near the value at which it is full, by any quantity
that tells of it. Nothing is cleared by what was not read: every other resource that no candidate
names and that is not background is told as not observed, with the reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.foreign_words import both
from capacity.analysis.bottleneck.seen import Seen, SeenResource, seen_resources
from capacity.analysis.bottleneck.series import Point, Series
from capacity.analysis.bottleneck.telling import tell, tell_point
from capacity.model.bottleneck import Candidate, Exonerated, Figure, NotObserved, Sentence
from capacity.model.resources import Aspect, Reading, ReadingState
from capacity.units import Unit

_NOT_ASKED = Sentence("no monitor reads it", "没有监控读取它")
_NOT_MEASURED = Sentence("no step can be believed", "没有可信的台阶")
_NOBODYS = Sentence(
    "none of the pods or processes that are read belongs to it",
    "所读取的 pod 或进程都不属于它",
)
_WHY = {
    ReadingState.NO_LIMIT: (
        "nothing limits it, so that it is no share of anything",
        "它没有限额，因此无从计算占比",
    ),
    ReadingState.NO_DATA: ("{quantity} was asked for in vain", "查询 {quantity} 没有得到数据"),
    ReadingState.ERROR: ("{quantity} could not be read", "{quantity} 读取失败"),
}
_NOT_THERE = Sentence(
    "it was not read where throughput stopped to grow, nor beyond",
    "在吞吐量停止增长处及之后没有读到它",
)


@dataclass(frozen=True, slots=True)
class Acquittal:
    """What is cleared, and what nothing is known of."""

    exonerated: tuple[Exonerated, ...]
    not_observed: tuple[NotObserved, ...]


def acquit(case: Case, candidates: Sequence[Candidate]) -> Acquittal:
    """Sort the resources that neither a candidate names nor the background holds."""
    exonerated: list[Exonerated] = []
    not_observed: list[NotObserved] = []
    for one in seen_resources(case):
        if one.in_background or _is_named(case, one, candidates):
            continue
        cleared = _cleared(case, one)
        if cleared is not None:
            exonerated.append(cleared)
        else:
            name, title = one.resource.name, one.resource.title
            not_observed.append(NotObserved(name, title, _reason(case, one)))
    return Acquittal(tuple(exonerated), tuple(not_observed))


def _is_named(case: Case, one: SeenResource, candidates: Sequence[Candidate]) -> bool:
    """Whether a candidate blames it, and what was read of it speaks for that.

    Where no step can be believed, nothing that was read speaks for anything. A restart that was
    seen as a change is no less one because the counter was read before it.
    """
    blaming = [each for each in candidates if each.kind in one.resource.blamed_by]
    if not case.levels:
        return bool(blaming)
    queries = {
        sentence.source.query
        for candidate in blaming
        for sentence in candidate.evidence
        if sentence.source is not None
    }
    is_plain = any(each.marks.is_unambiguous for each in blaming)
    return bool(blaming) and any(
        (is_plain and seen.series.aspect is Aspect.ERRORS)
        or _is_near(seen) is not None
        or any(point.reading.query in queries for point in seen.series.read)
        for seen in one.seen
    )


def _is_near(seen: Seen) -> Point | None:
    """Its worst point, if that is near to being full."""
    worst = seen.series.worst
    if worst is None:
        return None
    if seen.tell.full_at is None:
        return None if seen.full_from is None else worst
    return worst if seen.series.is_beyond(worst, seen.series.near(seen.tell.full_at)) else None


def _cleared(case: Case, one: SeenResource) -> Exonerated | None:
    if any(_is_near(seen) is not None for seen in one.seen):
        return None
    for seen in one.seen:
        worst = seen.series.worst
        if seen.tell.clears and worst is not None and _is_proof(case, seen.series):
            return Exonerated(
                resource=one.resource.name,
                title=one.resource.title,
                quantity=seen.tell.quantity,
                highest=worst.value,
                unit=seen.series.unit,
                subject=worst.subject,
                level=worst.level,
                full_at=seen.tell.full_at,
                source=worst.source,
            )
    return None


def _is_proof(case: Case, series: Series) -> bool:
    """Whether it was read well enough where it counts, and no member was left out there."""
    return any(_is_usable(point) for point in _deciding(case, series))


def _is_usable(point: Point) -> bool:
    reading = point.reading
    is_whole = reading.state is ReadingState.READ and not reading.doubtful
    return is_whole and reading.may_stop and not point.has_few_samples


def _deciding(case: Case, series: Series) -> list[Point]:
    """The points from the turn on; without a turn, that of the last level."""
    first = len(series.points) - 1 if case.turn is None else case.turn
    return [point for point in series.points[first:] if point is not None]


def _reason(case: Case, one: SeenResource) -> Sentence:
    """Why nothing is known of it: the first that holds, of the quantity that tells most."""
    if not case.levels:
        return _NOT_MEASURED
    near = [(seen, point) for seen in one.seen if (point := _is_near(seen)) is not None]
    if near:
        return _unclear(case, *near[0])
    read = [seen for seen in one.seen if seen.series.read]
    if read:
        clearing = [seen for seen in read if seen.tell.clears]
        return _too_little(case, clearing[0]) if clearing else _cannot_clear(read[0])
    for seen in one.seen:
        readings = list(_readings(case, seen.tell.quantity))
        if readings:
            return _unread(readings[-1])
    return _NOT_ASKED


def _unclear(case: Case, seen: Seen, point: Point) -> Sentence:
    """It came near, yet nothing names it."""
    if seen.tell.full_at is None:
        return tell_point(
            case,
            point,
            "{subject} grew to {value} {at}: neither cleared nor named",
            "{at}，{subject} 增长到 {value}：既不能排除，也不能认定",
        )
    return tell_point(
        case,
        point,
        "{subject} was at {value} {at} (threshold {full_at}): neither cleared nor named",
        "{at}，{subject} 为 {value}（阈值 {full_at}）：既不能排除，也不能认定",
        figures=(Figure("full_at", seen.tell.full_at, seen.series.unit),),
    )


def _too_little(case: Case, seen: Seen) -> Sentence:
    """It was read, but not where it counts, or on too few samples there."""
    there = _deciding(case, seen.series)
    if not there:
        return _NOT_THERE
    point = there[0]
    if point.has_few_samples and not point.reading.doubtful:
        return tell(
            case,
            "too few samples {at}: {count}",
            "{at}样本太少：{count} 个",
            level=point.level,
            figures=(Figure("count", float(point.member.sample_count or 0), Unit.COUNT),),
        )
    return tell(
        case,
        "it could not be judged {at}: {reason}",
        "{at}无法判断：{reason_zh}",
        level=point.level,
        figures=both("reason", point.reading.reason),
    )


def _cannot_clear(seen: Seen) -> Sentence:
    return Sentence(
        "only {quantity} was read, which cannot clear it",
        "只读到 {quantity}，不足以排除它",
        (Figure("quantity", seen.tell.quantity),),
    )


def _readings(case: Case, name: str) -> Iterator[Reading]:
    """What came back of a quantity that was asked for over whole holds, in the order of levels."""
    for step in case.levels:
        for reading in step.resources:
            if reading.name == name and reading.over_s is None:
                yield reading


def _unread(reading: Reading) -> Sentence:
    if reading.state not in _WHY:
        return _NOBODYS
    en, zh = _WHY[reading.state]
    figures = (Figure("quantity", reading.name), *both("reason", reading.reason))
    return Sentence(f"{en}: {{reason}}", f"{zh}：{{reason_zh}}", figures)
