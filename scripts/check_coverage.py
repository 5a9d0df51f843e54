"""Which lines and branches are not tested although the coverage bars ask for them?

Run as `check_coverage.py REPORT`, where REPORT was written by `coverage json`; prints
`file:line: what is wrong` for each gap under a 100 % bar and one line for the overall bar.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FULL = ("capacity/model/", "capacity/analysis/", "capacity/search/")
FULL_RATIO = 1.0
OVERALL_RATIO = 0.95


def find_gaps(report: dict[str, Any]) -> list[str]:
    """Sentences about everything below its bar; an empty list when the bars hold."""
    files: dict[str, Any] = report["files"]
    gaps = [
        gap for path in sorted(files) if path.startswith(FULL) for gap in _gaps(path, files[path])
    ]
    gaps += [
        f"{folder}: no file of it was measured, so its bar says nothing"
        for folder in FULL
        if not any(path.startswith(folder) for path in files)
    ]
    overall = _ratio(report["totals"])
    if overall < OVERALL_RATIO:
        gaps.append(f"coverage overall is {overall:.2%}, bar {OVERALL_RATIO:.0%}; thinnest files:")
        gaps += [f"  {line}" for line in _thinnest(files)]
    return gaps


def _gaps(path: str, entry: dict[str, Any]) -> Iterator[str]:
    for line in entry["missing_lines"]:
        yield f"{path}:{line}: line is not tested"
    missing_lines = set(entry["missing_lines"])
    for start, end in entry["missing_branches"]:
        if start not in missing_lines:
            where = "leaves the function" if end < 0 else f"goes to line {end}"
            yield f"{path}:{start}: the branch that {where} is not tested"


def _ratio(summary: dict[str, Any]) -> float:
    """Covered lines and branches together; 1 when there is nothing to cover."""
    total = summary["num_statements"] + summary["num_branches"]
    covered = summary["covered_lines"] + summary["covered_branches"]
    return covered / total if total else FULL_RATIO


def _thinnest(files: dict[str, Any]) -> list[str]:
    ratios = sorted((_ratio(entry["summary"]), path) for path, entry in files.items())
    return [f"{path}: {ratio:.1%}" for ratio, path in ratios if ratio < OVERALL_RATIO][:10]


def main(arguments: list[str]) -> int:
    """Check one report; 1 if a bar does not hold."""
    report = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    gaps = find_gaps(report)
    for gap in gaps:
        print(gap)
    print(f"coverage: {_ratio(report['totals']):.2%} of lines and branches")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
