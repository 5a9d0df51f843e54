"""How do the figures get into docs/knee.md, and which bars do they meet?

The page is written by hand but for the parts between two markers, which are made anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knee_bench import table
from knee_bench.model import Case
from knee_bench.published import Beside
from knee_bench.score import Score, Share
from knee_bench.stepping import Comparison

PAGE = Path(__file__).parents[1] / "docs" / "knee.md"
MEDIAN_BAR, P90_BAR = 0.05, 0.30
FALSE_BAR, MISSED_BAR = 0.02, 0.02
COVERAGE_BAR = (0.86, 0.94)
FOUND_BAR, FALSELY_FALLING_BAR = 0.92, 0.05
MS_BAR = 150.0
STEPPING_BAR, STEPPING_WORST_BAR = 1.0, 1.2


@dataclass(frozen=True, slots=True)
class Bar:
    """What was to be reached and what was."""

    name: str
    wanted: str
    reached: str
    is_met: bool

    @property
    def row(self) -> tuple[str, ...]:
        """Its row of a table."""
        return (self.name, self.wanted, self.reached, "met" if self.is_met else "**missed**")


BAR_HEADER = ("figure", "bar", "reached", "")


def with_section(page: str, name: str, body: str) -> str:
    """The page with what stands between the markers of a section replaced."""
    begin, end = f"<!-- knee-bench: {name} -->", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{PAGE.name} has no section {name!r} between its two markers")
    return f"{before}{begin}\n\n{body}\n\n{end}{after}"


def knee_section(
    cases: Sequence[Case],
    scores: Mapping[str, Score],
    by_kind: Mapping[str, Score],
    by_grid: Mapping[str, Score],
) -> str:
    """All methods, the bars of ours, and ours by kind of curve and by list of loads."""
    first, last = cases[0].seed, cases[-1].seed
    parts = [
        f"{table.states_line(cases)}. Seeds {first:,} to {last:,}.",
        table.markdown(table.HEADER, table.rows_of(scores)),
        table.markdown(BAR_HEADER, [bar.row for bar in knee_bars(scores["ours"])]),
        "Ours, by kind of curve:",
        table.markdown(("kind", *table.PART_HEADER), table.part_rows(by_kind)),
        "Ours, by list of loads:",
        table.markdown(("loads", *table.PART_HEADER), table.part_rows(by_grid)),
    ]
    return "\n\n".join(parts)


def knee_bars(ours: Score) -> list[Bar]:
    """The figures of ours against what they are to be."""
    low, high = COVERAGE_BAR
    coverage = [
        Bar(
            f"coverage of {name}",
            f"{low:.0%} to {high:.0%}",
            table.percent(share),
            share.ratio is not None and low <= share.ratio <= high,
        )
        for name, share in (
            ("N*", ours.knee.covered),
            ("N95", ours.n95.covered),
            ("X_sup", ours.saturation.covered),
        )
    ]
    return [
        _error_bar("median error of N*", ours.knee.median_ratio, MEDIAN_BAR),
        _error_bar("P90 error of N*", ours.knee.p90_ratio, P90_BAR),
        _most("missed", ours.missed, MISSED_BAR),
        _most("false", ours.false, FALSE_BAR),
        *coverage,
        _least("falling found", ours.found, FOUND_BAR),
        _most("falsely falling", ours.falsely_falling, FALSELY_FALLING_BAR),
        Bar("a curve", f"<= {MS_BAR:.0f} ms", f"{ours.mean_ms:.0f} ms", ours.mean_ms <= MS_BAR),
    ]


def _error_bar(name: str, ratio: float | None, bar: float) -> Bar:
    is_met = ratio is not None and ratio <= bar
    return Bar(name, f"<= {bar:.0%}", table.factor(ratio), is_met)


def _most(name: str, share: Share | None, bar: float) -> Bar:
    ratio = None if share is None else share.ratio
    return Bar(name, f"<= {bar:.0%}", table.percent(share), ratio is not None and ratio <= bar)


def _least(name: str, share: Share | None, bar: float) -> Bar:
    ratio = None if share is None else share.ratio
    return Bar(name, f">= {bar:.0%}", table.percent(share), ratio is not None and ratio >= bar)


def stepping_section(parts: Mapping[str, Comparison], first_seed: int) -> str:
    """Climbs beside fixed steps, and the bars."""
    each = next(iter(parts.values())).curves
    return "\n\n".join(
        [
            f"{each} curves of each class, seeds from {first_seed:,}.",
            table.markdown(table.STEPPING_HEADER, table.stepping_rows(parts)),
            table.markdown(BAR_HEADER, [bar.row for bar in stepping_bars(parts)]),
        ]
    )


def stepping_bars(parts: Mapping[str, Comparison]) -> list[Bar]:
    """As good on at least half of the classes, and never much worse."""
    as_good = [name for name, part in parts.items() if part.ratio <= STEPPING_BAR]
    worst = max(parts, key=lambda name: parts[name].ratio)
    worst_ratio = parts[worst].ratio
    return [
        Bar(
            "classes with no larger median error in half the time",
            "at least half",
            f"{len(as_good)} of {len(parts)}",
            2 * len(as_good) >= len(parts),
        ),
        Bar(
            "worst ratio of medians",
            f"<= {STEPPING_WORST_BAR:g}",
            f"{worst_ratio:.2f} ({worst})",
            worst_ratio <= STEPPING_WORST_BAR,
        ),
    ]


def published_section(values: Sequence[Beside]) -> str:
    """Published values beside ours."""
    return table.markdown(table.PUBLISHED_HEADER, table.published_rows(values))
