"""How do two paths to a service compare, in a few lines and one table?"""

from collections.abc import Callable

from capacity.model.findings import Capacity, Knee
from capacity.model.load import Arrivals, ClosedLoop, Load, OpenLoop
from capacity.model.paths import (
    PathComparison,
    PathLevel,
    PathPoint,
    PathSide,
    PathTimes,
    PathVerdict,
    PlanDifference,
    SecondRole,
    Undecided,
)
from capacity.report.intervals import named_once, range_words
from capacity.report.load_words import level_words, load_words
from capacity.report.shown import cells, padded, printable, show_concurrency
from capacity.report.texts import CATALOGUES, Language, say
from capacity.units import format_duration, format_qps, format_ratio

_RATE: Load = OpenLoop(1.0, Arrivals.CONSTANT, 1)
_CONCURRENT: Load = ClosedLoop(1)
# The parts of a request, in the order of time.
_PARTS: tuple[tuple[str, Callable[[PathTimes], float | None]], ...] = (
    ("connect", lambda times: times.connect_s),
    ("tls", lambda times: times.tls_s),
    ("first_byte", lambda times: times.first_byte_s),
    ("transfer", lambda times: times.transfer_s),
)


def paths_lines(comparison: PathComparison, language: Language) -> tuple[str, ...]:
    """One fact a line, the side of the limit first."""
    role = comparison.role
    rows = [
        ("verdict", verdict_sentence(comparison, language)),
        (f"outside_{role.value}", _side(comparison.outside, language)),
        (f"inside_{role.value}", _side(comparison.inside, language)),
    ]
    unloaded = comparison.unloaded
    if unloaded is not None:
        rows.append(("unloaded", _added(comparison, unloaded, language)))
        rows.append(("split", _split(unloaded.added, language)))
    if len(comparison.levels) > 1:
        rows.append(("loaded", _added(comparison, comparison.levels[-1], language)))
    if comparison.is_overhead:
        rows.append(("overhead", _overhead(comparison, language)))
    if comparison.differences:
        rows.append(("differs", _differences(comparison, language)))
    rows.append(("advice", _advice(comparison, language)))
    labels = [CATALOGUES[language][f"paths_{label}"] for label, _ in rows]
    width = max(cells(label) for label in labels) + 2
    return tuple(
        padded(label, width) + printable(text)
        for label, (_, text) in zip(labels, rows, strict=True)
    )


def verdict_sentence(comparison: PathComparison, language: Language) -> str:
    """Where the limit sits, with the throughput of both and how sure that is."""
    verdict, role = comparison.verdict, comparison.role
    if verdict is PathVerdict.GENERATOR:
        return say(language, "paths_generator", which=_which(comparison, _has_generator, language))
    if verdict is PathVerdict.INCONCLUSIVE:
        return _undecided(comparison, language)
    fields = {"numbers": _numbers(comparison, language)}
    if verdict is PathVerdict.ONLY_OUTSIDE and comparison.scale_ratio is not None:
        fields["times"] = f"{comparison.scale_ratio.value:.2g}"
    text = say(language, f"paths_{verdict.value}_{role.value}", **fields)
    if comparison.confidence is None:
        return text
    word = say(language, f"confidence_{comparison.confidence.value}")
    return named_once(text, language) + say(language, "paths_sure", confidence=word)


def side_words(role: SecondRole, language: Language) -> tuple[str, str]:
    """The words for the two sides, as columns and legends have them."""
    if role is SecondRole.BASELINE:
        return say(language, "paths_column_real"), say(language, "paths_column_baseline")
    return say(language, "paths_column_outside"), say(language, "paths_column_inside")


def paths_table(comparison: PathComparison, language: Language) -> tuple[str, ...]:
    """A row for each common level, both sides beside each other and what the first adds."""
    if not comparison.levels:
        return ()
    first, second = side_words(comparison.role, language)
    middle = "P50" if comparison.has_medians else say(language, "paths_mean")
    both = [f"{name} {side}" for name in ("QPS", middle) for side in (first, second)]
    parts = [f"+{say(language, f'paths_{name}')}" for name, _ in _PARTS]
    header = ["rate" if comparison.is_rate else "N", *both, f"+{middle}", "+P99", *parts]
    rows = [header, *(_row(level) for level in comparison.levels)]
    widths = [max(cells(row[place]) for row in rows) for place in range(len(header))]
    lines = [
        "  ".join(_right(cell, width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return (*lines, say(language, "paths_table_note"))


def _row(level: PathLevel) -> list[str]:
    outside, inside, added = level.outside, level.inside, level.added
    mark = "~" if outside.is_interpolated or inside.is_interpolated else ""
    return [
        f"{level.level:.10g}",
        *(_marked(point, format_qps(point.qps)) for point in (outside, inside)),
        *(_marked(point, _time(point.times.middle_s)) for point in (outside, inside)),
        mark + _time(added.middle_s),
        mark + _time(added.p99_s),
        *(mark + _time(part(added)) for _, part in _PARTS),
    ]


def _marked(point: PathPoint, text: str) -> str:
    return f"~{text}" if point.is_interpolated else text


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else format_duration(seconds)


def _right(text: str, width: int) -> str:
    return " " * max(0, width - cells(text)) + text


def _undecided(comparison: PathComparison, language: Language) -> str:
    why = comparison.undecided or Undecided.NO_CAPACITY
    lacks: dict[Undecided, Callable[[PathSide], bool]] = {
        Undecided.NO_CAPACITY: lambda side: not isinstance(side.capacity, Capacity),
        Undecided.NO_INTERVAL: lambda side: side.ceiling is None,
        Undecided.NOT_DRIVEN: lambda side: side.is_bound,
    }
    fields = {}
    if why in lacks:
        fields["which"] = _which(comparison, lacks[why], language)
    if why in (Undecided.NOT_DRIVEN, Undecided.TOO_WIDE):
        fields["numbers"] = _numbers(comparison, language)
    return say(language, f"paths_{why.value}", **fields)


def _has_generator(side: PathSide) -> bool:
    return side.is_generator_limited


def _which(
    comparison: PathComparison, is_meant: Callable[[PathSide], bool], language: Language
) -> str:
    """The run, or both, of which something is true."""
    meant = [is_meant(side) for side in (comparison.outside, comparison.inside)]
    if all(meant):
        return say(language, "paths_both_runs")
    name = "outside" if meant[0] else "inside"
    return say(language, f"paths_{name}_run_{comparison.role.value}")


def _numbers(comparison: PathComparison, language: Language) -> str:
    is_baseline = comparison.role is SecondRole.BASELINE
    return say(
        language,
        "paths_numbers_baseline" if is_baseline else "paths_numbers",
        outside=_ceiling(comparison.outside, language),
        inside=_ceiling(comparison.inside, language),
    )


def _ceiling(side: PathSide, language: Language) -> str:
    """The throughput, with its interval where that is what is compared."""
    if side.ceiling is None:
        return "?"
    return _qps(side, side.ceiling.value, language)


def _side(side: PathSide, language: Language) -> str:
    return say(
        language,
        "paths_side",
        capacity=_capacity(side, language),
        knee=_knee(side, language),
        file=side.name,
    )


def _capacity(side: PathSide, language: Language) -> str:
    capacity = side.capacity
    if not isinstance(capacity, Capacity):
        return say(language, "paths_side_none")
    load = load_words(capacity.load, language)
    return say(language, "paths_side_qps", qps=_qps(side, capacity.qps, language), load=load)


def _qps(side: PathSide, qps: float, language: Language) -> str:
    """With its interval, or as the lower bound that it is."""
    if side.is_bound:
        return say(language, "paths_at_least", qps=format_qps(qps))
    shown = range_words(side.ceiling, format_qps, language)
    return say(language, "paths_qps", qps=format_qps(qps), range=shown)


def _knee(side: PathSide, language: Language) -> str:
    if not isinstance(side.knee, Knee):
        return say(language, "paths_knee_none")
    at = side.knee.fit.knee
    return say(
        language,
        "paths_side_knee",
        knee=show_concurrency(at.value),
        range=range_words(at, show_concurrency, language),
    )


def _load(comparison: PathComparison, level: float, language: Language) -> str:
    return level_words(_RATE if comparison.is_rate else _CONCURRENT, f"{level:.10g}", language)


def _added(comparison: PathComparison, level: PathLevel, language: Language) -> str:
    """What the first path adds to a typical request of the second, and its share of the whole."""
    load = _load(comparison, level.level, language)
    if level.added_s is None:
        return say(language, "paths_unloaded_unknown", load=load)
    share, p99_s = level.added_ratio, level.added.p99_s
    is_between = level.outside.is_interpolated or level.inside.is_interpolated
    return say(
        language,
        "paths_unloaded_text",
        middle=_time(level.added_s),
        base=_time(level.base_s),
        load=load,
        share="" if share is None else say(language, "paths_share", share=format_ratio(share)),
        p99="" if p99_s is None else say(language, "paths_p99", p99=_time(p99_s)),
        mark=say(language, "paths_interpolated") if is_between else "",
    )


def _split(added: PathTimes, language: Language) -> str:
    """The parts of what is added; what nobody measured is said to be so."""
    told = []
    for name, part in _PARTS:
        time_s, word = part(added), say(language, f"paths_{name}")
        if time_s is None:
            told.append(say(language, "paths_part_unknown", name=word))
        else:
            told.append(say(language, "paths_part", name=word, time=_time(time_s)))
    told.append(say(language, "paths_dns"))
    return say(language, "join").join(told)


def _overhead(comparison: PathComparison, language: Language) -> str:
    told = []
    if comparison.added_ratio is not None and comparison.unloaded is not None:
        load = _load(comparison, comparison.unloaded.level, language)
        added = format_ratio(comparison.added_ratio)
        told.append(say(language, "paths_overhead_added", added=added, load=load))
    if comparison.setup_ratio is not None:
        setup = format_ratio(comparison.setup_ratio)
        told.append(say(language, "paths_overhead_setup", setup=setup))
    told.append(say(language, "paths_advice_overhead"))
    return say(language, "clauses").join(told)


def _differences(comparison: PathComparison, language: Language) -> str:
    told = []
    for one in comparison.differences:
        if one.what is PlanDifference.SAME_TARGET:
            told.append(say(language, "paths_what_same_target", outside=one.outside))
            continue
        what = say(language, f"paths_what_{one.what.value}")
        told.append(
            say(language, "paths_differ", what=what, outside=one.outside, inside=one.inside)
        )
    return say(language, "clauses").join(told)


def _advice(comparison: PathComparison, language: Language) -> str:
    """By the verdict, or by what stood in its way."""
    if comparison.verdict is PathVerdict.INCONCLUSIVE:
        return say(language, f"paths_advice_{(comparison.undecided or Undecided.TOO_WIDE).value}")
    key = f"paths_advice_{comparison.verdict.value}"
    of_role = f"{key}_{comparison.role.value}"
    return say(language, of_role if of_role in CATALOGUES[language] else key)
