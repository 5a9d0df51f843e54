"""How is the answer drawn over the curve: the fit, the knee, the limit, and the steps that checked?

What is drawn are the numbers of the findings, as they stand; each has a name by which a test finds
it again. Nothing is drawn beyond the loads that were tested.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from capacity.analysis.step_roles import StepRoles
from capacity.model.findings import Capacity, CurveFit, CurvePoint, Estimate, Findings, Knee
from capacity.model.load import ConcurrencyLadder
from capacity.model.plan import Purpose
from capacity.model.run import Run, Step
from capacity.report.charts_frame import BLUE, DARK, ORANGE, PURPLE, axis_limits, put_mark
from capacity.report.charts_steps import is_doubtful
from capacity.report.charts_words import (
    capacity_mark,
    confirm_mark,
    knee_mark,
    limit_mark,
    n95_mark,
)
from capacity.report.texts import Language, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_KNEE_COLOR = "#A3527C"  # PURPLE, darker: it is text as well
_EXTRA_FACE = "#BFE0F2"  # neither full, as the curve, nor white, as what is doubtful
_EXTRA_LOOKS = {
    Purpose.LADDER: ("o", 5.0),
    Purpose.REFINE: ("D", 5.0),
    Purpose.RECHECK: ("X", 7.5),
    Purpose.VERIFY: ("P", 8.0),
    Purpose.PROFILE: ("d", 7.5),
}
# Of the height of the axes: where the range of the limit lies.
_LIMIT_HEIGHT = 0.035


def drawn_fit(run: Run, findings: Findings) -> CurveFit | None:
    """The fit to draw: of concurrency, and only over an axis of concurrency."""
    return findings.knee.fit if isinstance(run.plan.ladder, ConcurrencyLadder) else None


def fit_points(fit: CurveFit | None, levels: Sequence[float]) -> tuple[CurvePoint, ...]:
    """The points of the fit from the least to the largest tested load."""
    if fit is None or not levels:
        return ()
    low, high = min(levels), max(levels)
    return tuple(point for point in fit.curve if low <= point.concurrency <= high)


def draw_fit(axes: "Axes", points: Sequence[CurvePoint], language: Language) -> list["Line2D"]:
    """The fitted curve with its band, behind what was measured."""
    if not points:
        return []
    levels = [point.concurrency for point in points]
    axes.fill_between(
        levels,
        [point.low_qps for point in points],
        [point.high_qps for point in points],
        color=BLUE,
        alpha=0.15,
        lw=0,
        zorder=1,
        gid="fit-band",
    )
    look: dict[str, Any] = {"color": BLUE, "lw": 1.1, "ls": (0, (4, 2)), "alpha": 0.8}
    return axes.plot(
        levels,
        [point.qps for point in points],
        gid="fit",
        zorder=2,
        label=say(language, "series_fit"),
        **look,
    )


def mark_knee(
    axes: "Axes", levels: Sequence[float], findings: Findings, language: Language
) -> list["Line2D"]:
    """The knee as a line with its range, and N95 on the curve, as far as they lie on the axis."""
    knee = findings.knee
    low, high = axis_limits(levels)
    if not isinstance(knee, Knee):
        return []
    at = knee.fit.knee
    if low <= at.value <= high:
        ends = max(at.low, low), min(at.high, high)
        axes.axvspan(*ends, color=PURPLE, alpha=0.18, lw=0, gid="knee-range")
        axes.axvline(at.value, color=_KNEE_COLOR, ls=(0, (5, 2)), lw=1.6, gid="knee")
        text = knee_mark(knee, language)
        put_mark(axes, levels, at.value, text, row=0, color=_KNEE_COLOR)
    n95 = knee.fit.n95
    if not low <= n95.value <= high:
        return []
    height = 0.95 * knee.fit.saturation_qps.value
    return [_across(axes, n95, height, "n95", _KNEE_COLOR, n95_mark(knee, language))]


def mark_capacity(axes: "Axes", findings: Findings, language: Language) -> list["Line2D"]:
    """The capacity as a star on the throughput with its range; what a legend needs of it."""
    capacity = findings.capacity
    if not isinstance(capacity, Capacity):
        return []
    level, qps_range = capacity.load.level, capacity.qps_range
    if qps_range is not None:
        axes.plot(
            [level, level],
            [qps_range.low, qps_range.high],
            color=DARK,
            lw=1.6,
            marker="_",
            ms=11,
            gid="capacity-range",
            zorder=6,
        )
    return axes.plot(
        [level],
        [capacity.qps],
        marker="*",
        ms=18,
        ls="",
        color=ORANGE,
        mec=DARK,
        gid="capacity",
        zorder=5,
        label=capacity_mark(capacity, language),
    )


def mark_limit(axes: "Axes", findings: Findings, language: Language) -> list["Line2D"]:
    """Up to where every limit holds, with its range, low in the graph."""
    capacity = findings.capacity
    if not isinstance(capacity, Capacity) or capacity.largest is None:
        return []
    height = _LIMIT_HEIGHT * axes.get_ylim()[1]
    label = limit_mark(capacity, language)
    return [_across(axes, capacity.largest, height, "limit-held", DARK, label)]


def draw_extras(
    axes: "Axes",
    extra: Sequence[Step],
    value_of: Callable[[Step], float],
    language: Language,
) -> list["Line2D"]:
    """Steps beside the ladder as small marks of their own, a kind for each purpose."""
    handles = []
    for purpose, (marker, size) in _EXTRA_LOOKS.items():
        steps = [step for step in extra if step.plan.purpose is purpose]
        if steps:
            handles += axes.plot(
                [step.plan.load.level for step in steps],
                [value_of(step) for step in steps],
                ls="",
                marker=marker,
                ms=size,
                color=BLUE,
                mfc=_EXTRA_FACE,
                gid=f"extra-{purpose.value}",
                zorder=4.5,
                clip_on=False,
                label=say(language, f"series_{purpose.value}"),
            )
    return handles


def draw_checks(axes: "Axes", roles: StepRoles, language: Language) -> list["Line2D"]:
    """Planned starts at the edge, at their throughput, and light load after the heavy one."""
    handles: list[Line2D] = []
    for step in roles.confirmations[-1:]:
        handles += axes.plot(
            [0.0],
            [step.qps],
            transform=axes.get_yaxis_transform(),
            ls="",
            marker=">",
            ms=10,
            color=BLUE,
            mfc="white" if is_doubtful(step) else _EXTRA_FACE,
            gid="confirm",
            zorder=5,
            clip_on=False,
            label=confirm_mark(step, language),
        )
    if roles.recoveries:
        handles += axes.plot(
            [step.plan.load.level for step in roles.recoveries],
            [step.qps for step in roles.recoveries],
            ls="",
            marker="D",
            ms=9,
            color=DARK,
            mfc="none",
            mew=1.5,
            gid="recovery",
            zorder=5,
            clip_on=False,
            label=say(language, "series_recovery"),
        )
    return handles


def _across(
    axes: "Axes", estimate: Estimate, height: float, name: str, color: str, label: str
) -> "Line2D":
    """A value with its range along the axis of the load, at a height."""
    low, high = axes.get_xlim()
    axes.plot(
        [max(estimate.low, low), min(estimate.high, high)],
        [height, height],
        color=color,
        lw=2.2,
        solid_capstyle="butt",
        gid=f"{name}-range",
        zorder=4,
    )
    (mark,) = axes.plot(
        [estimate.value], [height], color=color, marker="|", ms=13, mew=2.2, lw=2.2, gid=name,
        zorder=4, label=label,
    )  # fmt: skip
    return mark
