"""In which order did things leave what they were before: what moved first, and what followed?

A resource moves where it is full, by the table of resources; what has no such value moves where it
leaves its own trend (`trend.py`). Throughput moves at the first level that carries no more, or at a
last one that does not keep up. Of what moves at one level a resource that is full goes before one
that only rose, and both before latency, throughput and errors, which are what callers feel of it.
Whatever moved later than the first is a symptom, or another cause that is hidden.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from statistics import median

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.seen import Seen, SeenResource, seen_resources
from capacity.analysis.bottleneck.series import Point, Series
from capacity.analysis.bottleneck.telling import tell, tell_point
from capacity.analysis.bottleneck.thresholds import FAILURES_RATIO
from capacity.analysis.bottleneck.trend import leaves_flat, leaves_load
from capacity.analysis.bottleneck.words import load_words
from capacity.model.bottleneck import Candidate, Figure, Movement, Mover, Sentence
from capacity.model.resources import Aspect, Direction
from capacity.model.run import Step
from capacity.units import Unit

# What a value without a threshold must rise by, in its unit, to be worth telling.
_LEAST = {
    Unit.RATIO: 0.05,
    Unit.SECONDS: 0.001,
    Unit.COUNT: 1.0,
    Unit.NUMBER: 1.0,
    Unit.QPS: 1.0,
    Unit.CORES: 0.1,
    Unit.PER_SECOND: 0.1,
    Unit.BYTES: 1_048_576.0,
    Unit.BYTES_PER_SECOND: 1_048_576.0,
}
# A wait that rises by less than this share of a request's time is none that callers feel.
_FELT_RATIO = 0.5
# Of what moves at one level: what is full by its threshold, what rose from its trend, what is felt.
_FULL, _RISEN, _FELT = 0, 1, 2
_THROUGHPUT = Sentence("throughput", "吞吐量")
_MEDIAN = Sentence("median latency", "延迟中位数")
_TAIL = Sentence("P99 of the latency", "延迟 P99")
_ERRORS = Sentence("errors", "错误率")
_TRENDS = frozenset({Aspect.SATURATION, Aspect.ERRORS})


@dataclass(frozen=True, slots=True)
class _Signal:
    """Something that moved at a place; of what moved there the lower rank goes first."""

    name: str
    title: Sentence
    place: int
    fact: Sentence
    rank: int = _FULL
    in_background: bool = False


def movers(case: Case, candidates: Sequence[Candidate] = ()) -> tuple[Mover, ...]:
    """Everything that moved, the first one first; what is background at the end.

    What a candidate blames is no background, though it was full from the first load on.
    """
    if not case.levels:
        return ()
    resources = seen_resources(case)
    blaming = {one.kind for one in candidates}
    signals = [
        *_of_resources(case, resources, blaming),
        *_of_others(case, resources),
        *_effects(case),
    ]
    moved = [one for one in signals if not one.in_background]
    ordered = sorted(moved, key=lambda one: (one.place, one.rank))
    first = ordered[0] if ordered else None
    return tuple(
        Mover(one.name, one.title, _movement(one, first), _level(case, one.place), one.fact)
        for one in (*ordered, *(one for one in signals if one.in_background))
    )


def _movement(signal: _Signal, first: _Signal | None) -> Movement:
    if signal.in_background or first is None:
        return Movement.BACKGROUND
    is_first = (signal.place, signal.rank) == (first.place, first.rank)
    return Movement.FIRST if is_first else Movement.LATER


def _level(case: Case, place: int) -> float:
    return case.levels[place].plan.load.level


def _of_resources(
    case: Case, resources: tuple[SeenResource, ...], blaming: AbstractSet[str]
) -> Iterator[_Signal]:
    for one in resources:
        for seen in one.seen:
            point = seen.series.at(seen.full_from)
            if seen.full_from is None or point is None:
                continue
            is_blamed = not blaming.isdisjoint(one.resource.blamed_by)
            in_background = seen.in_background and not is_blamed
            fact = _background(seen) if in_background else _full(case, seen, point)
            title = _title(one, seen)
            place = seen.full_from
            yield _Signal(_name(one, seen), title, place, fact, in_background=in_background)


def _name(one: SeenResource, seen: Seen) -> str:
    """The quantity; of what the profile has named itself, its name there."""
    return one.resource.name if one.is_own else seen.tell.quantity


def _title(one: SeenResource, seen: Seen) -> Sentence:
    """The resource; beside its most telling quantity others are named."""
    title, quantity = one.resource.title, seen.tell.quantity
    if quantity == one.resource.tells[0].quantity:
        return title
    return Sentence(
        f"{title.en} ({{quantity}})",
        f"{title.zh}（{{quantity}}）",
        (*title.figures, Figure("quantity", quantity)),
    )


def _full(case: Case, seen: Seen, point: Point) -> Sentence:
    """That it is full, or that a queue of the profile has grown."""
    full_at = seen.tell.full_at
    if full_at is None:
        return tell_point(
            case,
            point,
            "{subject} grew to {value} {at}, faster than the load",
            "{at}，{subject} 增长到 {value}，比负载增长得快",
        )
    is_high = seen.series.direction is Direction.HIGH_IS_BAD
    if is_high and seen.series.aspect is Aspect.ERRORS:
        en, zh = (
            "{subject}: {value} {at}, where none should be",
            "{at}，{subject}：{value}，本应为零",
        )
        return tell_point(case, point, en, zh)
    verb_en, verb_zh = ("reached", "达到") if is_high else ("fell to", "降到")
    return tell_point(
        case,
        point,
        f"{{subject}} {verb_en} {{value}} {{at}} (threshold {{full_at}})",
        f"{{at}}，{{subject}} {verb_zh} {{value}}（阈值 {{full_at}}）",
        figures=(Figure("full_at", full_at, seen.series.unit),),
    )


def _background(seen: Seen) -> Sentence:
    """That it was full at every level, at its mildest with this value."""
    is_high = seen.series.direction is Direction.HIGH_IS_BAD
    choose = min if is_high else max
    mildest = choose(seen.series.read, key=lambda point: point.value)
    more_en, more_zh = ("or more", "以上") if is_high else ("or less", "以下")
    return Sentence(
        f"{{subject}} was at {{value}} {more_en} at every load",
        f"{{subject}} 在每个负载下都在 {{value}} {more_zh}",
        (Figure("subject", mildest.subject), Figure("value", mildest.value, seen.series.unit)),
        mildest.source,
    )


def _of_others(case: Case, resources: tuple[SeenResource, ...]) -> Iterator[_Signal]:
    """What was read, says that something waits or fails, and stands in no table."""
    known = {seen.tell.quantity for one in resources for seen in one.seen}
    for name, series in case.resources.items():
        is_told = name in known or series.direction is Direction.LOW_IS_BAD
        if is_told or series.aspect not in _TRENDS:
            continue
        place = _leaves(case, series)
        point = series.at(place)
        if place is not None and point is not None:
            title = Sentence("{quantity}", "{quantity}", (Figure("quantity", name),))
            yield _Signal(name, title, place, _left(case, series, place, point), _RISEN)


def _leaves(case: Case, series: Series) -> int | None:
    values = [None if point is None else point.value for point in series.points]
    if series.unit is Unit.SECONDS:
        return leaves_flat(values, max(_LEAST[Unit.SECONDS], _FELT_RATIO * _first_median_s(case)))
    if series.unit is Unit.RATIO:
        return leaves_flat(values, _LEAST[Unit.RATIO])
    return leaves_load(_levels(case), values, _LEAST[series.unit])


def _left(case: Case, series: Series, place: int, point: Point) -> Sentence:
    before = [one.value for one in series.points[:place] if one is not None]
    return tell_point(
        case,
        point,
        "{subject} rose to {value} {at}, from at most {before} before",
        "{at}，{subject} 升到 {value}，此前最高为 {before}",
        figures=(Figure("before", max(before), series.unit),),
    )


def _effects(case: Case) -> Iterator[_Signal]:
    """What callers feel: throughput, latency and errors."""
    if case.turn is not None:
        yield _throughput(case, case.turn)
    elif case.limit_place is not None:
        yield _behind(case, case.limit_place)
    for name, title, values_s in _latencies(case.levels):
        place = leaves_flat(values_s, _LEAST[Unit.SECONDS])
        value_s = None if place is None else values_s[place]
        if place is not None and value_s is not None:
            yield _latency(case, name, title, values_s[:place], (place, value_s))
    shares = [_failed_ratio(step) for step in case.levels]
    failing = [place for place, share in enumerate(shares) if share >= FAILURES_RATIO]
    if failing:
        fact = tell(
            case,
            "{share} of the requests failed {at}",
            "{at}，{share} 的请求失败",
            level=_level(case, failing[0]),
            figures=(Figure("share", shares[failing[0]], Unit.RATIO),),
        )
        yield _Signal("errors", _ERRORS, failing[0], fact, rank=_FELT)


def _throughput(case: Case, turn: int) -> _Signal:
    """The level after the turn is the first that carries no more."""
    from_turn = load_words(case.levels[turn], "turn")
    fact = tell(
        case,
        f"no more than {{qps}} from {from_turn.en} on: it did not grow {{at}}",
        f"从{from_turn.zh} 起不超过 {{qps}}：{{at}}不再增长",
        level=_level(case, turn + 1),
        figures=(
            Figure("qps", case.levels[turn].qps, Unit.QPS),
            from_turn.figure,
        ),
    )
    return _Signal("throughput", _THROUGHPUT, turn + 1, fact, rank=_FELT)


def _behind(case: Case, place: int) -> _Signal:
    """It still grew at the last level, but no longer with the load."""
    before, last = case.levels[place - 1], case.levels[place]
    words = load_words(before, "before")
    fact = tell(
        case,
        f"fell behind the load: {{qps}} {{at}}, {{gain}} times that at {words.en} for {{load}} "
        "times the load",
        f"跟不上负载：{{at}}为 {{qps}}，是{words.zh} 时的 {{gain}} 倍，而负载是其 {{load}} 倍",
        level=_level(case, place),
        figures=(
            Figure("qps", last.qps, Unit.QPS),
            Figure("gain", last.qps / before.qps, Unit.NUMBER),
            words.figure,
            Figure("load", last.plan.load.level / before.plan.load.level, Unit.NUMBER),
        ),
    )
    return _Signal("throughput", _THROUGHPUT, place, fact, rank=_FELT)


def _latency(
    case: Case,
    name: str,
    title: Sentence,
    before_s: Sequence[float | None],
    moved: tuple[int, float],
) -> _Signal:
    place, value_s = moved
    fact = tell(
        case,
        "rose to {latency} {at}, from {before} before",
        "{at}升到 {latency}，此前为 {before}",
        level=_level(case, place),
        figures=(
            Figure("latency", value_s, Unit.SECONDS),
            Figure("before", median(one for one in before_s if one is not None), Unit.SECONDS),
        ),
    )
    return _Signal(name, title, place, fact, rank=_FELT)


def _latencies(levels: Sequence[Step]) -> Iterator[tuple[str, Sentence, list[float | None]]]:
    """Median and tail; a percentile that was withheld is not known."""
    found = [step.latency for step in levels]
    yield "latency_p50", _MEDIAN, [None if one is None else one.p50_s for one in found]
    yield "latency_p99", _TAIL, [None if one is None else one.p99_s for one in found]


def _failed_ratio(step: Step) -> float:
    ended = step.ended_all
    return (ended - step.ended_ok) / ended if ended > 0 else 0.0


def _first_median_s(case: Case) -> float:
    first = case.levels[0].latency
    return 0.0 if first is None else first.p50_s


def _levels(case: Case) -> list[float]:
    return [step.plan.load.level for step in case.levels]
