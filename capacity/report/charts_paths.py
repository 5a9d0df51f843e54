"""How do two paths to a service look beside each other: throughput and median over the load?

Each line has the levels that its own run has measured; nothing between them is drawn as measured.
"""

from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING

from capacity.model.paths import PathComparison, PathSide
from capacity.report.charts_frame import (
    BLUE,
    ORANGE,
    SKY,
    VERMILION,
    add_legend,
    drawing_style,
    new_panels,
    set_load_axis,
    set_value_axis,
)
from capacity.report.charts_words import plain_ascii
from capacity.report.fonts import chart_font
from capacity.report.texts import CATALOGUES, Language, say
from capacity.report.verdict_paths import side_words
from capacity.units import format_ms

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

# Of the outside and of the inside: filled and solid, lighter and dashed.
_LOOKS = ((BLUE, VERMILION, "-"), (SKY, ORANGE, "--"))


def paths_figure(comparison: PathComparison, language: Language) -> "Figure":
    """QPS on the left and the median of the time to last byte on the right, of both paths."""
    font = chart_font(language)
    language = font.language
    sides = (comparison.outside, comparison.inside)
    levels = [point.level for side in sides for point in side.curve]
    with drawing_style(font.families):
        caption = plain_ascii(" | ".join(side.name for side in sides))
        title = paths_title(comparison, language)
        figure, (left,) = new_panels(title, caption, count=1, entries=4)
        axis = "axis_rate" if comparison.is_rate else "axis_concurrency"
        set_load_axis(left, levels, say(language, axis))
        right = left.twinx()
        set_value_axis(left, [p.qps for side in sides for p in side.curve], headroom=1.12)
        medians = [ms for side in sides for ms in _medians_ms(side)]
        set_value_axis(right, medians, headroom=1.35)
        left.set_ylabel(say(language, "axis_qps"), color=BLUE)
        right.set_ylabel(say(language, "paths_axis_latency"), color=VERMILION)
        words = side_words(comparison.role, language)
        series = "paths_series_p50" if comparison.has_medians else "paths_series_mean"
        handles: list[Line2D] = []
        for place, (side, word) in enumerate(zip(sides, words, strict=True)):
            labels = tuple(say(language, key, side=word) for key in ("paths_series_qps", series))
            handles += _draw((left, right), side, place, labels)
        add_legend(figure, handles)
    return figure


def paths_title(comparison: PathComparison, language: Language) -> str:
    """The finding, in one sentence."""
    key = f"paths_title_{comparison.verdict.value}"
    of_role = f"{key}_{comparison.role.value}"
    sentence = say(language, of_role if of_role in CATALOGUES[language] else key)
    return say(language, "paths_title", sentence=sentence)


def _draw(
    axes: "tuple[Axes, Axes]", side: PathSide, place: int, labels: Sequence[str]
) -> "list[Line2D]":
    left, right = axes
    levels = [point.level for point in side.curve]
    qps_color, time_color, dashes = _LOOKS[place]
    name = ("outside", "inside")[place]
    qps = left.plot(
        levels,
        [point.qps for point in side.curve],
        color=qps_color,
        marker="o",
        ls=dashes,
        lw=2,
        gid=f"qps-{name}",
        label=labels[0],
    )
    times = right.plot(
        levels,
        _medians_ms(side),
        color=time_color,
        marker="s",
        ls=dashes,
        lw=2,
        gid=f"p50-{name}",
        label=labels[1],
    )
    return [*qps, *times]


def _medians_ms(side: PathSide) -> list[float]:
    middles = (point.times.middle_s for point in side.curve)
    return [nan if middle_s is None else format_ms(middle_s) for middle_s in middles]
