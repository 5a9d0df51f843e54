"""How is something drawn that every step has: a line with its markers, the stop?

Markers of steps that cannot be believed are hollow.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capacity.analysis.step_roles import end_step, roles_of
from capacity.model.load import ConcurrencyLadder, RateLadder
from capacity.model.run import Run, Step, Trust
from capacity.report.charts_frame import DARK, put_mark
from capacity.report.charts_words import stop_mark
from capacity.report.texts import Language, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


@dataclass(frozen=True, slots=True)
class CurveWords:
    """Keys of the words that tell the two kinds of ladder apart."""

    load_axis: str
    latency_axis: str
    mean: str
    p99: str


CURVE_WORDS = {
    ConcurrencyLadder: CurveWords("axis_concurrency", "axis_ttlb", "series_mean", "series_p99"),
    RateLadder: CurveWords(
        "axis_rate", "axis_response", "series_response_mean", "series_response_p99"
    ),
}


def by_level(steps: Sequence[Step]) -> list[Step]:
    """Lines run from the lowest load to the highest, whatever ran first."""
    return sorted(steps, key=lambda step: step.plan.load.level)


def is_doubtful(step: Step) -> bool:
    """Whether its markers are hollow."""
    return step.validity.trust is not Trust.VALID


def draw_series(
    axes: "Axes",
    steps: Sequence[Step],
    values: Sequence[float],
    name: str,
    look: tuple[str, ...],
    *,
    hollow: Collection[int] = (),
    size: float = 7.0,
) -> "Line2D":
    """One line with its markers; hollow are those of doubtful steps and at the places given."""
    color, marker, dashes = look
    levels = [step.plan.load.level for step in steps]
    (line,) = axes.plot(
        levels,
        values,
        color=color,
        marker=marker,
        ls=dashes,
        lw=2,
        ms=size,
        gid=name,
        zorder=3,
        clip_on=False,
    )
    doubtful = [place for place, step in enumerate(steps) if place in hollow or is_doubtful(step)]
    axes.plot(
        [levels[place] for place in doubtful],
        [values[place] for place in doubtful],
        color=color,
        marker=marker,
        ls="",
        ms=size + 1.0,
        mfc="white",
        mew=1.8,
        gid=f"{name}-doubtful",
        zorder=4,
        clip_on=False,
    )
    return line


def mark_stop(
    axes: "Axes", levels: Sequence[float], run: Run, language: Language, *, row: int = 1
) -> None:
    """Where the climb ended, with the reason above; without a line if that is no load of the axis.

    A run may be broken off in a step of planned starts, which has no place among concurrencies.
    """
    step = end_step(run)
    if step is None:
        return
    is_on_axis = type(step.plan.load) is type(run.plan.ladder.loads[0])
    last = step.plan.load.level if is_on_axis else max(levels)
    if is_on_axis:
        axes.axvline(last, color=DARK, ls=":", lw=1.6, gid="stop")
    put_mark(axes, levels, last, stop_mark(run, language), row=row, color=DARK)


def curve_steps(run: Run) -> list[Step]:
    """The steps of the lines, from the lowest load to the highest, one a load."""
    return list(roles_of(run).curve) or by_level(run.steps)


def hollow_handle(steps: Sequence[Step], language: Language) -> list["Line2D"]:
    """The legend's word for hollow markers, where there are any."""
    if not any(is_doubtful(step) for step in steps):
        return []
    return [hollow_entry(say(language, "series_doubtful"))]


def hollow_entry(label: str) -> "Line2D":
    """A hollow marker with its word."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=DARK, marker="o", ls="", mfc="white", mew=1.8, label=label)
