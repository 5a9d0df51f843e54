"""What do all graphs have in common? Size, colours, the axis of the load, title and caption.

The object API of matplotlib alone: no window system, no global state beyond a context that is
undone, so that the settings of the user neither change the graphs nor are changed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil, isfinite, log2
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito: told apart with every kind of colour vision.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY = "#CC79A7", "#E69F00", "#56B4E9"
DARK, GREY, GRID = "#333333", "#767676", "#DDDDDD"

_WIDTH_INCH, _DPI = 10.0, 100
# From the left, and the width, as shares of the figure.
_AXES_LEFT, _AXES_WIDTH = 0.085, 0.83
# Of the first pair of axes, of further ones below it, and of what is around them.
_HEIGHT_INCH, _FURTHER_INCH, _GAP_INCH = 3.45, 2.1, 0.3
_ABOVE_INCH, _BELOW_INCH = 1.08, 1.47
_LEGEND_COLUMNS, _LEGEND_ROWS, _LEGEND_ROW_INCH = 3, 3, 0.205
# Of small axes in rows: four make a square.
_GRID_COLUMNS, _SQUARE = 3, 4
_SMALL_INCH, _GRID_GAP_INCH, _GRID_GAP, _ABOVE_GRID_INCH = 1.7, 0.85, 0.075, 1.15
# Longer legends have a smaller type, so that three columns stay within the figure.
_LEGEND_SIZE, _LONG_LEGEND_SIZE = 9.5, 8.5
# Room of one character of a tick label, as a share of the axis.
_CHARACTER_SHARE = 0.0085


@contextmanager
def drawing_style(families: Sequence[str]) -> Iterator[None]:
    """Draw with our settings only; afterwards everything is as it was."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.family": list(families),
                "font.size": 10,
                # A dollar sign in a rule is a dollar sign, not the start of a formula.
                "text.parse_math": False,
                "axes.unicode_minus": False,
                "axes.spines.top": False,
            }
        )
        yield


def new_panels(
    title: str, caption: str, *, count: int, entries: int
) -> "tuple[Figure, tuple[Axes, ...]]":
    """A figure of `count` pairs of axes below one another, with room for a legend's entries."""
    rows = ceil(entries / _LEGEND_COLUMNS)
    below = _BELOW_INCH + max(0, rows - _LEGEND_ROWS) * _LEGEND_ROW_INCH
    further = (count - 1) * (_FURTHER_INCH + _GAP_INCH)
    height = _ABOVE_INCH + _HEIGHT_INCH + further + below
    figure = _new_figure(title, caption, height)
    panels = []
    bottom = height - _ABOVE_INCH - _HEIGHT_INCH
    for place in range(count):
        tall = _FURTHER_INCH if place else _HEIGHT_INCH
        axes = figure.add_axes((_AXES_LEFT, bottom / height, _AXES_WIDTH, tall / height))
        axes.grid(visible=True, color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        panels.append(axes)
        bottom -= _FURTHER_INCH + _GAP_INCH
    return figure, tuple(panels)


def new_grid(title: str, caption: str, *, count: int) -> "tuple[Figure, tuple[Axes, ...]]":
    """A figure of `count` small pairs of axes, at most three beside one another."""
    columns = 2 if count == _SQUARE else min(count, _GRID_COLUMNS)
    rows = ceil(count / columns)
    tall = _HEIGHT_INCH if count == 1 else _SMALL_INCH
    height = _ABOVE_GRID_INCH + rows * tall + (rows - 1) * _GRID_GAP_INCH + _BELOW_INCH
    figure = _new_figure(title, caption, height)
    wide = (_AXES_WIDTH - (columns - 1) * _GRID_GAP) / columns
    panels = []
    for place in range(count):
        row, column = divmod(place, columns)
        bottom = height - _ABOVE_GRID_INCH - (row + 1) * tall - row * _GRID_GAP_INCH
        left = _AXES_LEFT + column * (wide + _GRID_GAP)
        axes = figure.add_axes((left, bottom / height, wide, tall / height))
        axes.grid(visible=True, color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        panels.append(axes)
    return figure, tuple(panels)


def _new_figure(title: str, caption: str, height_inch: float) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH_INCH, height_inch), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    look: dict[str, Any] = {"ha": "center", "va": "center"}
    figure.text(0.5, 1 - 0.33 / height_inch, title, fontsize=15, gid="title", **look)
    figure.text(0.5, 0.15 / height_inch, caption, fontsize=9, color=DARK, gid="caption", **look)
    return figure


def add_legend(figure: "Figure", handles: "Sequence[Artist]") -> None:
    """All series and marks in rows of three, below the axis and above the caption."""
    is_long = len(handles) > _LEGEND_COLUMNS * _LEGEND_ROWS
    figure.legend(
        handles=list(handles),
        loc="lower center",
        bbox_to_anchor=(0.5, 0.3 / figure.get_figheight()),
        ncols=min(_LEGEND_COLUMNS, max(1, len(handles))),
        frameon=False,
        fontsize=_LONG_LEGEND_SIZE if is_long else _LEGEND_SIZE,
        columnspacing=1.6 if is_long else 2.5,
        handlelength=2.6 if is_long else 3.2,
    )


def set_load_axis(
    axes: "Axes", levels: Sequence[float], label: str, *, width_ratio: float = 1.0
) -> None:
    """A log-2 axis whose ticks are the tested levels; labels that would touch are left out.

    `width_ratio` is the width of the axes as a share of the usual one.
    """
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    ticks = sorted(set(levels))
    low, high = axis_limits(ticks)
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter(tick_labels(ticks, width_ratio)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(label)


def axis_limits(levels: Sequence[float]) -> tuple[float, float]:
    """The ends of the axis: a little room beside the outermost levels, one doubling if alone."""
    low, high = min(levels), max(levels)
    margin = 0.05 * log2(high / low) if high > low else 1.0
    return low / 2**margin, high * 2**margin


def axis_share(levels: Sequence[float], level: float) -> float:
    """Where on the axis a level lies, from 0 at its left to 1 at its right end."""
    low, high = axis_limits(levels)
    return log2(level / low) / log2(high / low)


def tick_labels(levels: Sequence[float], width_ratio: float = 1.0) -> list[str]:
    """One label per level, empty where it would touch its neighbour; the last one always stays."""
    character = _CHARACTER_SHARE / width_ratio
    labels = [""] * len(levels)
    free_to = float("inf")
    for place in range(len(levels) - 1, -1, -1):
        text = f"{levels[place]:.10g}"
        half = len(text) * character / 2
        centre = axis_share(levels, levels[place])
        if centre + half + character <= free_to:
            labels[place] = text
            free_to = centre - half
    return labels


def put_mark(
    axes: "Axes", levels: Sequence[float], level: float, text: str, *, row: int, color: str
) -> None:
    """A word above the axes at a level; each mark has a row of its own, so none touch."""
    share = axis_share(levels, level)
    anchor = "left" if share < 0.3 else "right" if share > 0.7 else "center"
    axes.text(
        level,
        1.015 + 0.06 * row,
        text,
        transform=axes.get_xaxis_transform(),
        ha=anchor,
        va="bottom",
        fontsize=9.5,
        color=color,
        gid="mark",
    )


def set_value_axis(axes: "Axes", values: Sequence[float], *, headroom: float) -> None:
    """From zero, or below it, to `headroom` times the highest value; thousands as k.

    Two axes with unlike headroom keep their highest points apart.
    """
    from matplotlib.ticker import FuncFormatter

    known = [value for value in values if isfinite(value)]
    highest, lowest = max([0.0, *known]), min([0.0, *known])
    axes.set_ylim(headroom * lowest, headroom * highest if highest > lowest else 1.0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))


def short_number(value: float) -> str:
    """A tick's number: 800, 2500, 12k, 1500k."""
    return f"{value:g}" if abs(value) < 10_000 else f"{value / 1000:g}k"
