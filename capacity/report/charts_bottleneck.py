"""How does each resource go over the load, in a small graph of its own, beside its saturation line?

All have the same axis of the load, so that what moved first is seen at a glance. Behind each line
stands the throughput as a shape; what was not read is a gap, and never a zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

from capacity.model.bottleneck import Diagnosis, DiagnosisState, Sentence
from capacity.model.findings import Findings
from capacity.model.run import Run, Step
from capacity.report.bottleneck_observed import Observed, Overview
from capacity.report.bottleneck_words import level_text, sentence_words
from capacity.report.charts_frame import (
    DARK,
    GREY,
    SKY,
    VERMILION,
    add_legend,
    drawing_style,
    new_grid,
    set_load_axis,
    set_value_axis,
)
from capacity.report.charts_resources_data import axis_scale
from capacity.report.charts_steps import CURVE_WORDS, draw_series, hollow_entry, is_doubtful
from capacity.report.charts_words import caption, plain_ascii
from capacity.report.fonts import chart_font
from capacity.report.resource_words import shortened
from capacity.report.shown import cells, printable
from capacity.report.texts import Language, say
from capacity.report.verdict_bottleneck import confidence_word
from capacity.units import Unit

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 9
_LINE, _FIRST = DARK, VERMILION
_HEADROOM = 1.18
# A heading must not reach into the graph beside it: so many columns fill the whole width.
_HEADING_CELLS = 150
_SUBJECT_CELLS = 12
# From the foot of the figure: where the word for the axis stands, above the legend.
_AXIS_INCH = 1.0
# Of the height of a graph: how high the best throughput stands behind the line.
_SHAPE_HEIGHT = 0.8


@dataclass(frozen=True, slots=True)
class Small:
    """One resource as it is drawn, in the unit of its axis; NaN where nothing was read."""

    one: Observed
    values: tuple[float, ...]
    full_at: float | None
    unit_text: str


@dataclass(frozen=True, slots=True)
class Pen:
    """The language that is drawn, and whether the font has every character of the names, too."""

    language: Language
    has_every_character: bool

    def title(self, sentence: Sentence) -> str:
        """A title, that of the profile among them, as far as it can be drawn."""
        text = sentence_words(sentence, self.language)
        shown = printable(text) if self.has_every_character else plain_ascii(text)
        return shown[:1].upper() + shown[1:]


def bottleneck_figure(
    run: Run, findings: Findings, seen: Overview, language: Language
) -> "Figure | None":
    """The most telling resources; None without a diagnosis or without any resource."""
    diagnosis = findings.diagnosis
    if diagnosis is None or not seen.resources:
        return None
    shown = [_small(one) for one in seen.resources[:MOST_PANELS]]
    words = [small.one.title for small in shown]
    words += [candidate.title for candidate in diagnosis.candidates[:1]]
    font = chart_font(language, [sentence_words(title, language) for title in words])
    language = font.language
    pen = Pen(language, has_every_character=font.note is None)
    with drawing_style(font.families):
        title = _title(diagnosis, pen)
        note = caption(run, seen.steps, language)
        figure, panels = new_grid(title, note, count=len(shown))
        for axes, small in zip(panels, shown, strict=True):
            _draw_small(axes, small, seen.steps, diagnosis, pen)
        axis = say(language, CURVE_WORDS[type(run.plan.ladder)].load_axis)
        figure.supxlabel(axis, y=_AXIS_INCH / figure.get_figheight(), fontsize=10, gid="axis")
        add_legend(figure, _legend(run, shown, seen.steps, diagnosis, language))
    return figure


def _small(one: Observed) -> Small:
    values = [nan if value is None else value.value for value in one.values]
    highest = max((abs(value) for value in values if isfinite(value)), default=0.0)
    unit_text, factor = axis_scale(one.unit, highest)
    return Small(
        one=one,
        values=tuple(value * factor for value in values),
        full_at=None if one.full_at is None else one.full_at * factor,
        unit_text=unit_text,
    )


def _title(diagnosis: Diagnosis, pen: Pen) -> str:
    first, key = diagnosis.first, f"title_bottleneck_{diagnosis.state.value}"
    if first is None or diagnosis.state is not DiagnosisState.NAMED:
        return say(pen.language, key)
    confidence = confidence_word(first, pen.language)
    return say(pen.language, key, title=pen.title(first.title), confidence=confidence)


def _draw_small(
    axes: "Axes",
    small: Small,
    steps: Sequence[Step],
    diagnosis: Diagnosis,
    pen: Pen,
) -> None:
    one = small.one
    color = _FIRST if one.is_first_mover else _LINE
    levels = [step.plan.load.level for step in steps]
    set_load_axis(axes, levels, "", width_ratio=axes.get_position().width)
    limits = [] if small.full_at is None else [small.full_at]
    set_value_axis(axes, [*small.values, *limits], headroom=_HEADROOM)
    width = round(_HEADING_CELLS * axes.get_position().width)
    axes.set_title(_heading(one, width, pen), fontsize=9, color=color, loc="left", pad=4)
    if small.unit_text:
        axes.set_ylabel(_unit_word(small, pen.language), fontsize=8.5)
    axes.tick_params(labelsize=8)
    _draw_throughput(axes, steps)
    if small.full_at is not None:
        axes.axhline(
            small.full_at, color=GREY, ls=(0, (6, 3)), lw=1.4, zorder=2, gid=f"full-{one.resource}"
        )
    if diagnosis.turn_level is not None:
        axes.axvline(
            diagnosis.turn_level, color=GREY, ls=":", lw=1.6, zorder=2, gid=f"turn-{one.resource}"
        )
    few = [place for place, value in enumerate(one.values) if value and value.has_few_samples]
    draw_series(axes, steps, small.values, one.resource, (color, "o", "-"), hollow=few, size=5.0)
    _mark_first(axes, small, steps)
    for axis_side in ("right", "top"):
        axes.spines[axis_side].set_visible(False)
    if one.is_first_mover:
        for axis_side in ("left", "bottom"):
            axes.spines[axis_side].set_color(color)


def _draw_throughput(axes: "Axes", steps: Sequence[Step]) -> None:
    """A shape without an axis of its own: only where it bends matters here."""
    best = max((step.qps for step in steps), default=0.0)
    if best <= 0:
        return
    shape = axes.twinx()
    shape.set_ylim(0, best / _SHAPE_HEIGHT)
    shape.set_axis_off()
    levels = [step.plan.load.level for step in steps]
    look: dict[str, Any] = {"color": SKY, "alpha": 0.22, "lw": 0}
    shape.fill_between(levels, 0, [step.qps for step in steps], gid="throughput", **look)
    axes.set_zorder(shape.get_zorder() + 1)
    axes.patch.set_visible(False)


def _mark_first(axes: "Axes", small: Small, steps: Sequence[Step]) -> None:
    """A ring around the point at which it left its trend, if it was the first to do so."""
    mover = small.one.mover
    if mover is None or not small.one.is_first_mover:
        return
    for step, value in zip(steps, small.values, strict=True):
        if step.plan.load.level == mover.level and isfinite(value):
            look: dict[str, Any] = {"mfc": "none", "mec": _FIRST, "mew": 1.6, "ms": 15}
            axes.plot([mover.level], [value], "o", gid="first", clip_on=False, zorder=5, **look)


def _heading(one: Observed, width: int, pen: Pen) -> str:
    """What it is, by which quantity, and whose value was worst."""
    value = one.values[one.worst]
    quantity = shortened(one.quantity, width)
    room = max(_SUBJECT_CELLS, width - cells(quantity) - 1)
    is_itself = value is None or value.subject == one.resource
    subject = "" if value is None or is_itself else shortened(value.subject, room)
    told = plain_ascii(f"{quantity} {subject}".rstrip())
    return f"{shortened(pen.title(one.title), width)}\n{told}"


def _unit_word(small: Small, language: Language) -> str:
    match small.one.unit:
        case Unit.COUNT | Unit.NUMBER:
            return say(language, "axis_resource_count")
        case _:
            return small.unit_text


def _legend(
    run: Run,
    shown: Sequence[Small],
    steps: Sequence[Step],
    diagnosis: Diagnosis,
    language: Language,
) -> "list[Artist]":
    """One entry for each thing that is drawn anywhere."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    made: list[Artist] = [Patch(color=SKY, alpha=0.3, label=say(language, "series_throughput"))]
    if any(small.full_at is not None for small in shown):
        full: dict[str, Any] = {"color": GREY, "ls": (0, (6, 3)), "lw": 1.4}
        made.append(Line2D([], [], label=say(language, "series_full"), **full))
    if diagnosis.turn_level is not None:
        load = level_text(diagnosis.turn_level, run, language)
        turn: dict[str, Any] = {"color": GREY, "ls": ":", "lw": 1.6}
        made.append(Line2D([], [], label=say(language, "series_turn", load=load), **turn))
    first = next((small.one.mover for small in shown if small.one.is_first_mover), None)
    if first is not None:
        load = level_text(first.level, run, language)
        ring: dict[str, Any] = {"mfc": "none", "mec": _FIRST, "mew": 1.6, "ms": 11}
        label = say(language, "series_first", load=load)
        made.append(Line2D([], [], marker="o", ls="", label=label, **ring))
    few = [value for small in shown for value in small.one.values if value]
    if any(value.has_few_samples for value in few) or any(is_doubtful(step) for step in steps):
        made.append(hollow_entry(say(language, "series_few")))
    return made
