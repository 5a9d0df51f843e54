"""How do throughput, latency and success look over concurrency?

Each function returns a finished Figure and saves nothing; `save_png` writes one. Steps that cannot
be believed are drawn hollow, and what was not measured is a gap.
"""

from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from math import isfinite, log2, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capacity.analysis.step_roles import StepRoles, roles_of
from capacity.errors import StorageError
from capacity.model.findings import Findings
from capacity.model.load import OpenLoop, RateLadder
from capacity.model.plan import Purpose
from capacity.model.run import Run, Step
from capacity.model.snapshot import LatencySummary
from capacity.report.charts_answer import (
    draw_checks,
    draw_extras,
    draw_fit,
    drawn_fit,
    fit_points,
    mark_capacity,
    mark_knee,
    mark_limit,
)
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
from capacity.report.charts_steps import (
    CURVE_WORDS,
    curve_steps,
    draw_series,
    hollow_handle,
    is_doubtful,
    mark_stop,
)
from capacity.report.charts_words import (
    caption,
    curve_title,
    failure_shares,
    success_title,
)
from capacity.report.fonts import chart_font
from capacity.report.texts import Language, say
from capacity.units import format_ms

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

_SAVED_DPI = 150
_INSET_WIDTH = 0.68
_FAMILY_LOOKS = {
    "http": (VERMILION, ""),
    "timeout": (ORANGE, "///"),
    "conn": (PURPLE, "\\\\\\"),
    "tls": (SKY, "xx"),
    "broken": (GREY, ".."),
    "proto": (GREEN, "++"),
    "check": (DARK, "--"),
}


def qps_ttlb_figure(run: Run, findings: Findings, language: Language) -> "Figure":
    """QPS on the left, mean and P99 of the time to last byte on the right, and the answer."""
    font = chart_font(language)
    language = font.language
    steps = curve_steps(run)
    roles = roles_of(run)
    with drawing_style(font.families):
        title, note = curve_title(run, findings, language), caption(run, steps, language)
        figure, (left,) = new_panels(title, note, count=1, entries=_entries(roles, findings))
        levels = _axis_levels(steps, roles)
        words = CURVE_WORDS[type(run.plan.ladder)]
        set_load_axis(left, levels, say(language, words.load_axis))
        right = left.twinx()
        qps = draw_series(left, steps, [s.qps for s in steps], "qps", (BLUE, "o", "-"))
        means = [nan if s.latency is None else format_ms(s.latency.mean_s) for s in steps]
        mean = draw_series(right, steps, means, "mean", (VERMILION, "s", "--"))
        p99s = [_p99_ms(step.latency) for step in steps]
        p99 = draw_series(right, steps, p99s, "p99", (GREEN, "^", "-."))
        for line, key in ((qps, "series_qps"), (mean, words.mean), (p99, words.p99)):
            line.set_label(say(language, key))
        fitted = fit_points(drawn_fit(run, findings), levels)
        planned = levels if isinstance(run.plan.ladder, RateLadder) else []
        others = [s.qps for s in (*roles.extra, *roles.confirmations, *roles.recoveries)]
        highest = [*planned, *others, *(s.qps for s in steps), *(p.high_qps for p in fitted)]
        set_value_axis(left, highest, headroom=1.12)
        set_value_axis(right, means + p99s, headroom=1.35)
        for axes, key, color in ((left, "axis_qps", BLUE), (right, words.latency_axis, VERMILION)):
            axes.set_ylabel(say(language, key), color=color)
            axes.tick_params(axis="y", colors=color)
        extra = _open_loop_series(left, right, steps, language)
        handles = [qps, mean, p99, *extra, *mark_capacity(left, findings, language)]
        handles += mark_limit(left, findings, language)
        handles += draw_fit(left, fitted, language)
        handles += mark_knee(left, levels, findings, language)
        handles += draw_extras(left, roles.extra, lambda step: step.qps, language)
        handles += draw_checks(left, roles, language)
        mark_stop(left, levels, run, language)
        add_legend(figure, [*handles, *hollow_handle(steps, language)])
    return figure


def success_rate_figure(run: Run, findings: Findings, language: Language) -> "Figure":
    """Success from 0 to 100 %, failures stacked by family, and the last percent enlarged."""
    del findings  # success is a matter of the steps alone
    font = chart_font(language)
    language = font.language
    steps = curve_steps(run)
    roles = roles_of(run)
    with drawing_style(font.families):
        title, note = success_title(steps, language), caption(run, steps, language)
        families = len(failure_shares(steps))
        entries = families + len(_purposes(roles)) + 2
        figure, (axes,) = new_panels(title, note, count=1, entries=entries)
        levels = [step.plan.load.level for step in steps]
        words = CURVE_WORDS[type(run.plan.ladder)]
        set_load_axis(axes, levels, say(language, words.load_axis))
        axes.set_ylim(0, 103)
        axes.set_ylabel(say(language, "axis_success"))
        bars = _stack_failures(axes, steps, language)
        percents = [_success_percent(step) for step in steps]
        line = draw_series(axes, steps, percents, "success", (BLUE, "o", "-"))
        line.set_label(say(language, "series_success"))
        others = draw_extras(axes, roles.extra, _success_percent, language)
        if _is_nearly_full(percents):
            _enlarge_last_percent(axes, steps, percents, language)
        mark_stop(axes, levels, run, language)
        add_legend(figure, [line, *bars, *others, *hollow_handle(steps, language)])
    return figure


def _purposes(roles: StepRoles) -> set[Purpose]:
    """The kinds of marks beside the lines."""
    return {step.plan.purpose for step in roles.extra}


def _entries(roles: StepRoles, findings: Findings) -> int:
    """How many words the legend may have at most."""
    lines, marks = 5, 4  # QPS, mean, P99 and two of planned starts; capacity, limit, fit and N95
    if findings.knee.fit is None:
        marks = 2
    checks = bool(roles.confirmations) + bool(roles.recoveries)
    hollow = any(is_doubtful(step) for step in roles.curve)
    return lines + marks + len(_purposes(roles)) + checks + hollow


def _axis_levels(steps: Sequence[Step], roles: StepRoles) -> list[float]:
    """Where ticks stand: the loads of the curve, and that of the recovery."""
    return [step.plan.load.level for step in (*steps, *roles.recoveries)]


def save_png(figure: "Figure", path: Path) -> None:
    """Write the figure as a new file; an existing one is never overwritten."""
    content = BytesIO()
    figure.savefig(content, format="png", dpi=_SAVED_DPI, metadata={"Software": "capacity"})
    try:
        with path.open("xb") as stream:
            stream.write(content.getvalue())
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="choose another folder with --out",
        ) from error


def _open_loop_series(
    left: "Axes", right: "Axes", steps: Sequence[Step], language: Language
) -> list["Line2D"]:
    """What was planned, and the service's own part of the response time, for planned starts."""
    if not any(isinstance(step.plan.load, OpenLoop) for step in steps):
        return []
    levels = [step.plan.load.level for step in steps]
    look: dict[str, Any] = {"color": GREY, "ls": (0, (1, 1)), "lw": 1.4, "zorder": 2}
    label = say(language, "series_planned")
    (planned,) = left.plot(levels, levels, gid="planned", label=label, **look)
    p99s = [_p99_ms(step.service_latency) for step in steps]
    service = draw_series(right, steps, p99s, "service-p99", (SKY, "v", ":"))
    service.set_label(say(language, "series_service_p99"))
    return [planned, service]


def _p99_ms(latency: LatencySummary | None) -> float:
    p99_s = None if latency is None else latency.p99_s
    return nan if p99_s is None else format_ms(p99_s)


def _success_percent(step: Step) -> float:
    ratio = step.counts.success_ratio
    return nan if ratio is None else 100 * ratio


def _is_nearly_full(percents: Sequence[float]) -> bool:
    known = [percent for percent in percents if isfinite(percent)]
    return len(known) > 1 and min(known) >= 99


def _stack_failures(axes: "Axes", steps: Sequence[Step], language: Language) -> list["Patch"]:
    """Bars of failures by family, from the bottom up; returned is what a legend needs."""
    from matplotlib.patches import Patch

    levels = [step.plan.load.level for step in steps]
    gaps = [log2(b / a) for a, b in pairwise(levels) if b > a]
    half = 0.22 * min([*gaps, 1.0])
    lefts = [level / 2**half for level in levels]
    widths = [level * (2**half - 2**-half) for level in levels]
    bottoms = [0.0] * len(steps)
    handles = []
    for family, shares in failure_shares(steps).items():
        color, hatch = _FAMILY_LOOKS[family]
        look: dict[str, Any] = {"facecolor": color, "hatch": hatch, "edgecolor": "white"}
        name = f"failures-{family}"
        axes.bar(lefts, shares, widths, bottoms, align="edge", gid=name, zorder=2, **look)
        handles.append(Patch(**look, label=say(language, f"family_{family}")))
        bottoms = [bottom + share for bottom, share in zip(bottoms, shares, strict=True)]
    return handles


def _enlarge_last_percent(
    axes: "Axes", steps: Sequence[Step], percents: Sequence[float], language: Language
) -> None:
    """An inset from 99 to 100 %, where the whole range would show a flat line."""
    inset = axes.inset_axes((0.2, 0.16, _INSET_WIDTH, 0.5))
    levels = [step.plan.load.level for step in steps]
    set_load_axis(inset, levels, "", width_ratio=_INSET_WIDTH)
    inset.set_ylim(98.98, 100.04)
    inset.grid(visible=True, color=GRID, linewidth=0.8)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    inset.set_title(say(language, "inset_title"), fontsize=9.5, bbox=box)
    draw_series(inset, steps, percents, "success-inset", (BLUE, "o", "-"))
