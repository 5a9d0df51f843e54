"""Tests of the coverage bars: each gap is named, and nothing else."""

from typing import Any

from scripts.check_coverage import find_gaps


def an_entry(
    *, missing_lines: tuple[int, ...] = (), missing_branches: tuple[tuple[int, int], ...] = ()
) -> dict[str, Any]:
    """One file of 80 statements and 20 branches in the form that `coverage json` writes."""
    return {
        "missing_lines": list(missing_lines),
        "missing_branches": [list(branch) for branch in missing_branches],
        "summary": a_summary(lines=80 - len(missing_lines), branches=20 - len(missing_branches)),
    }


def a_summary(*, lines: int, branches: int) -> dict[str, int]:
    """Covered lines of 80 and covered branches of 20."""
    return {
        "num_statements": 80,
        "covered_lines": lines,
        "num_branches": 20,
        "covered_branches": branches,
    }


def a_report(totals: dict[str, int] | None = None, **changed: dict[str, Any]) -> dict[str, Any]:
    """A report of one file in each folder, all covered but for the changed ones."""
    names = ("model", "analysis", "search", "engines")
    files = {f"capacity/{name}/x.py": changed.get(name, an_entry()) for name in names}
    return {"files": files, "totals": totals or a_summary(lines=80, branches=20)}


def test_finds_nothing_when_all_is_covered() -> None:
    """Full coverage has no gaps."""
    assert find_gaps(a_report()) == []


def test_names_each_line_and_branch_under_the_full_bar() -> None:
    """Missing lines and branches are named with their place; a branch of a missing line is not."""
    entry = an_entry(missing_lines=(7,), missing_branches=((7, 8), (12, 14), (20, -18)))
    assert find_gaps(a_report(search=entry)) == [
        "capacity/search/x.py:7: line is not tested",
        "capacity/search/x.py:12: the branch that goes to line 14 is not tested",
        "capacity/search/x.py:20: the branch that leaves the function is not tested",
    ]


def test_leaves_single_gaps_elsewhere_to_the_overall_bar() -> None:
    """A missing line in an adapter is no fault while the whole stays above its bar."""
    report = a_report(a_summary(lines=76, branches=19), engines=an_entry(missing_lines=(1, 2)))
    assert find_gaps(report) == []


def test_names_the_thinnest_files_below_the_overall_bar() -> None:
    """Under 95 % the files that pull it down are named."""
    report = a_report(
        a_summary(lines=74, branches=20), engines=an_entry(missing_lines=tuple(range(1, 11)))
    )
    assert find_gaps(report) == [
        "coverage overall is 94.00%, bar 95%; thinnest files:",
        "  capacity/engines/x.py: 90.0%",
    ]


def test_refuses_a_report_that_measured_nothing_of_a_folder() -> None:
    """A bar over no file holds by accident, so it does not count as held."""
    report = a_report()
    del report["files"]["capacity/model/x.py"]
    assert find_gaps(report) == [
        "capacity/model/: no file of it was measured, so its bar says nothing"
    ]
