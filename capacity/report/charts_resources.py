"""How do the resources of the service look over the load, beside its throughput?

The line is the worst member, the band reaches from the lowest to the highest; limits are drawn
across. What was not read is a gap with a mark at the upper edge, and never a zero.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from capacity.model.findings import Findings
from capacity.model.run import Run, Step
from capacity.report.charts_answer import mark_capacity
from capacity.report.charts_frame import (
    BLUE,
    DARK,
    GREEN,
    GREY,
    GRID,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    add_legend,
    drawing_style,
    new_panels,
    set_load_axis,
    set_value_axis,
)
from capacity.report.charts_resources_data import (
    DrawnLimit,
    Panel,
    Series,
    panels_of,
)
from capacity.report.charts_resources_words import (
    gaps_word,
    panel_axis,
    resources_caption,
    resources_title,
    series_word,
)
from capacity.report.charts_steps import (
    CURVE_WORDS,
    curve_steps,
    draw_series,
    hollow_entry,
    is_doubtful,
    mark_stop,
)
from capacity.report.charts_words import plain_ascii
from capacity.report.fonts import chart_font
from capacity.report.resource_words import limit_shares
from capacity.report.texts import Language, say
from capacity.units import Unit

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_LOOKS = (
    (VERMILION, "s", "-"),
    (GREEN, "^", "--"),
    (ORANGE, "D", "-."),
    (PURPLE, "v", ":"),
    (SKY, "P", "-"),
    (GREY, "X", "--"),
    (DARK, "d", "-."),
)
# Full is 100 %; what is above comes from the sampling, and is shown as it is.
_FULL_PERCENT = 100.0
# Of resources, and of throughput, which so stays below the usual limits; with gaps their marks
# have the upper edge for themselves.
_HEADROOM, _HEADROOM_WITH_GAPS = 1.12, 1.36
_BESIDE_HEADROOM, _BESIDE_HEADROOM_WITH_GAPS = 1.5, 1.82
# Throughput, capacity, hollow markers and gaps.
_OTHER_ENTRIES = 4
_FIRST_GAP_ROW, _GAP_ROW = 0.96, 0.055
# Words on lines begin here, in turn, so that lines close to one another can be read.
_LIMIT_PLACES = (0.012, 0.36)


def resources_figure(run: Run, findings: Findings, language: Language) -> "Figure | None":
    """Shares of CPU, throttling and memory over the load; None if no resource was asked for."""
    font = chart_font(language)
    language = font.language
    steps = curve_steps(run)
    panels = panels_of(run, steps)
    if not panels:
        return None
    with drawing_style(font.families):
        entries = sum(len(panel.series) for panel in panels) + _OTHER_ENTRIES
        title = resources_title(run, panels, steps, language)
        note = resources_caption(run, steps, language)
        figure, axes = new_panels(title, note, count=len(panels), entries=entries)
        looks = cycle(_LOOKS)
        handles: list[Artist] = []
        for left, panel in zip(axes, panels, strict=True):
            shares = limit_shares(run.plan)
            handles += _draw_panel(left, panel, steps, shares, looks, language)
            beside = _draw_throughput(left, panel, steps, findings, language)
            if left is not axes[-1]:
                left.tick_params(axis="x", labelbottom=False)
        mark_stop(axes[0], [step.plan.load.level for step in steps], run, language, row=0)
        axes[-1].set_xlabel(say(language, CURVE_WORDS[type(run.plan.ladder)].load_axis))
        add_legend(figure, [*handles, *beside, *_explanations(panels, steps, language)])
    return figure


def _draw_throughput(
    left: "Axes", panel: Panel, steps: Sequence[Step], findings: Findings, language: Language
) -> list["Line2D"]:
    """The QPS and the capacity on an axis of their own, behind the resources."""
    right = left.twinx()
    # The grid of the axes in front would cross out what is behind.
    left.grid(visible=False, axis="x")
    for step in steps:
        right.axvline(step.plan.load.level, color=GRID, lw=0.8, zorder=0)
    line = draw_series(right, steps, [step.qps for step in steps], "qps", (BLUE, "o", ":"))
    line.set_label(say(language, "series_resource_right"))
    headroom = _BESIDE_HEADROOM_WITH_GAPS if _has_gaps(panel) else _BESIDE_HEADROOM
    set_value_axis(right, [step.qps for step in steps], headroom=headroom)
    right.set_ylabel(say(language, "axis_qps_short"), color=BLUE)
    right.tick_params(axis="y", colors=BLUE)
    left.set_zorder(right.get_zorder() + 1)
    left.patch.set_visible(False)
    return [line, *mark_capacity(right, findings, language)]


def _draw_panel(
    axes: "Axes",
    panel: Panel,
    steps: Sequence[Step],
    shares: frozenset[str],
    looks: "Iterator[tuple[str, str, Any]]",
    language: Language,
) -> list["Line2D"]:
    levels = [step.plan.load.level for step in steps]
    set_load_axis(axes, levels, "")
    axes.set_ylabel(panel_axis(panel, language))
    values = [v for one in panel.series for v in (*one.highest, *one.lowest)]
    limits = [limit.value for limit in panel.limits]
    full = [_FULL_PERCENT] if panel.unit is Unit.RATIO else []
    headroom = _HEADROOM_WITH_GAPS if _has_gaps(panel) else _HEADROOM
    set_value_axis(axes, values + limits + full, headroom=headroom)
    if full and any(one.name in shares for one in panel.series):
        axes.axhline(_FULL_PERCENT, color=GREY, lw=1.0, zorder=1, gid="whole")
    handles = []
    colors = {}
    for row, one in enumerate(panel.series):
        look = next(looks)
        colors[one.name] = look[0]
        handles.append(_draw_one(axes, steps, one, look, row, language))
    for place, limit in enumerate(sorted(panel.limits, key=lambda limit: limit.value)):
        _draw_limit(axes, limit, colors[limit.name], place)
    return handles


def _has_gaps(panel: Panel) -> bool:
    return any(gap for one in panel.series for gap in one.gaps)


def _draw_one(
    axes: "Axes",
    steps: Sequence[Step],
    one: Series,
    look: tuple[str, str, Any],
    row: int,
    language: Language,
) -> "Line2D":
    """Line, band and whiskers, and a mark where there is no value."""
    color = look[0]
    levels = [step.plan.load.level for step in steps]
    line = draw_series(axes, steps, one.worst, one.name, look, hollow=one.weak)
    line.set_label(series_word(one, language))
    if one.most_members > 1:
        band: dict[str, Any] = {"color": color, "lw": 0, "alpha": 0.14, "zorder": 1}
        axes.fill_between(levels, one.lowest, one.highest, gid=f"{one.name}-band", **band)
        axes.vlines(
            levels, one.lowest, one.highest, color=color, lw=1.2, alpha=0.6, zorder=2,
            gid=f"{one.name}-spread",
        )  # fmt: skip
    for level, gap in zip(levels, one.gaps, strict=True):
        if gap:
            axes.text(
                level,
                _FIRST_GAP_ROW - _GAP_ROW * row,
                gap,
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="center",
                fontsize=12,
                fontweight="bold",
                color=color,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
                gid=f"{one.name}-gap",
            )
    return line


def _draw_limit(axes: "Axes", limit: DrawnLimit, color: str, place: int) -> None:
    """A line across at the limit, in the colour of what it limits, with the rule on it."""
    axes.axhline(limit.value, color=color, ls=(0, (6, 3)), lw=1.4, zorder=2, gid="limit")
    axes.text(
        _LIMIT_PLACES[place % len(_LIMIT_PLACES)],
        limit.value,
        plain_ascii(limit.text),
        transform=axes.get_yaxis_transform(),
        ha="left",
        va="center",
        fontsize=9,
        color=DARK,
        bbox={"facecolor": "white", "edgecolor": color, "linewidth": 0.8, "pad": 1.5},
        zorder=2.5,  # above the limits, below the values
        gid="limit-text",
    )


def _explanations(
    panels: Sequence[Panel], steps: Sequence[Step], language: Language
) -> list["Artist"]:
    """The legend's words for hollow markers and for gaps, where there are any."""
    from matplotlib.lines import Line2D

    made: list[Artist] = []
    every = [one for panel in panels for one in panel.series]
    if any(one.weak for one in every) or any(is_doubtful(step) for step in steps):
        made.append(hollow_entry(say(language, "series_resource_doubtful")))
    marks = {gap for one in every for gap in one.gaps if gap}
    if marks:
        made.append(Line2D([], [], ls="", label=gaps_word(marks, language)))
    return made
