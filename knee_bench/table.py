"""How do the scores of methods look as a table?"""

from collections.abc import Mapping, Sequence
from math import expm1, isinf

from knee_bench.model import Answer, Case, State
from knee_bench.published import Beside
from knee_bench.score import Errors, Score, Share, factor_log
from knee_bench.stepping import Comparison

HEADER = (
    "method",
    "missed",
    "false",
    "N* median / P90",
    "N95 median / P90",
    "X_sup median / P90",
    "coverage N*, N95, X_sup",
    "falling: found / false",
    "CPU ms a curve",
)

PART_HEADER = ("curves", *HEADER[1:])
STEPPING_HEADER = (
    "class",
    "curves",
    "ten fixed: median / P90",
    "climb in half the time: median / P90",
    "ratio of medians",
    "as good or better",
    "steps",
    "seconds of 350",
)


def rows_of(scores: Mapping[str, Score]) -> list[tuple[str, ...]]:
    """One row a method, in the order of HEADER."""
    return [
        (
            name,
            percent(row.missed),
            percent(row.false),
            error(row.knee),
            error(row.n95),
            error(row.saturation),
            ", ".join(percent(part.covered) for part in (row.knee, row.n95, row.saturation)),
            falling(row),
            f"{row.mean_ms:.0f}",
        )
        for name, row in scores.items()
    ]


def percent(share: Share | None) -> str:
    """A share as people read it; a dash where there is none."""
    if share is None or share.ratio is None:
        return "-"
    digits = 1 if share.ratio < 0.1 else 0
    return f"{100 * share.ratio:.{digits}f} %"


def factor(ratio: float | None) -> str:
    """An error as a percentage below 100 %, as a factor above."""
    if ratio is None:
        return "-"
    if isinf(ratio):
        return "no number"
    if ratio >= 1:
        return f"{1 + ratio:.1f}x" if ratio < 99 else f"{1 + ratio:.0f}x"
    return f"{100 * ratio:.{1 if ratio < 0.1 else 0}f} %"


def error(errors: Errors) -> str:
    """Median and 90th percentile."""
    return f"{factor(errors.median_ratio)} / {factor(errors.p90_ratio)}"


def falling(row: Score) -> str:
    """How many falling curves were found and how many others were called so."""
    if row.found is None:
        return "-"
    return f"{percent(row.found)} / {percent(row.falsely_falling)}"


def part_rows(parts: Mapping[str, Score]) -> list[tuple[str, ...]]:
    """One row a part of the curves: its name, its size, then as in a row of methods."""
    named = rows_of(parts)
    return [
        (row[0], str(part.curves), *row[1:])
        for part, row in zip(parts.values(), named, strict=True)
    ]


def stepping_rows(parts: Mapping[str, Comparison]) -> list[tuple[str, ...]]:
    """One row a class of curves."""
    return [
        (
            name,
            str(part.curves),
            " / ".join(factor(expm1(error)) for error in part.fixed),
            " / ".join(factor(expm1(error)) for error in part.climbed),
            f"{part.ratio:.2f}",
            f"{part.as_good:.0%}",
            f"{part.mean_steps:.1f}",
            f"{part.mean_s:.0f}",
        )
        for name, part in parts.items()
    ]


PUBLISHED_HEADER = ("data", "published", "ours", "90 % interval", "inside", "state by us", "remark")


def published_rows(values: Sequence[Beside]) -> list[tuple[str, ...]]:
    """One row a published value."""
    return [_published_row(value) for value in values]


def _published_row(value: Beside) -> tuple[str, ...]:
    about, ours = value.published, value.estimate
    return (
        about.name,
        f"{about.quantity} {about.value:g}",
        "-" if ours is None else f"{ours.value:.4g}" if value.is_named else f"({ours.value:.4g})",
        "-" if ours is None else f"{ours.low:.4g} to {ours.high:.4g}",
        {None: "none named", True: "yes", False: "no"}[value.is_inside],
        value.state.replace("_", " "),
        about.remark,
    )


def states_line(cases: Sequence[Case]) -> str:
    """How many cases there are of each state, and how many fall."""
    counts = [f"{sum(case.state is state for case in cases)} {state.value}" for state in State]
    fall = sum(case.is_retrograde is True for case in cases)
    return f"{len(cases)} curves: {', '.join(counts)}; {fall} fall"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table for a page."""
    lines = [_line(header), _line(["---"] * len(header)), *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def plain(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table for a terminal."""
    everything = [header, *rows]
    widths = [max(len(row[column]) for row in everything) for column in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in everything
    )


def worst_lines(cases: Sequence[Case], answers: Sequence[Answer], count: int) -> list[str]:
    """The cases that hurt most: wrong states first, then the largest errors of N*."""
    lines = [_verdict(case, answer) for case, answer in zip(cases, answers, strict=True)]
    worst = sorted(lines, key=lambda line: -line[0])[:count]
    return [text for weight, text in worst if weight > 0]


def _verdict(case: Case, answer: Answer) -> tuple[float, str]:
    about = (
        f"seed {case.seed:<8d}{case.curve.kind:18s}{case.grid:18s}{len(case.steps):3d} steps, "
        f"noise {case.noise.step_ratio:.1%}, N* {case.truth.knee:.5g}, N95 {case.truth.n95:.5g}: "
        f"{case.state.value}"
    )
    if case.state is State.BETWEEN:
        return 0.0, about
    if answer.state is not case.state:
        return 1e9, f"{about}, said {answer.state.value}"
    if answer.knee is None:
        return 0.0, about
    low, value, high = answer.knee.low, answer.knee.value, answer.knee.high
    text = f"{about}, said {value:.5g} ({low:.5g} to {high:.5g})"
    return factor_log(value, case.truth.knee), text
