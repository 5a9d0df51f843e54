"""How do samples and facts lie on disk, so that the page can be made again without load?"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from bench.model import Sample
from bench.table import Row, Unmeasured

SAMPLES = "samples.csv"
MEDIANS = "medians.csv"
FACTS = "facts.csv"


def write_samples(path: Path, samples: Iterable[Sample]) -> None:
    """One line for each sample; what a client did not tell is an empty cell."""
    _write(path, [field.name for field in fields(Sample)], map(asdict, samples))


def read_samples(path: Path) -> list[Sample]:
    """The samples as they were written."""
    with path.open(newline="", encoding="utf-8") as file:
        return [_sample(line) for line in csv.DictReader(file)]


def _sample(line: Mapping[str, str]) -> Sample:
    values: dict[str, Any] = dict(line)
    for field in fields(Sample):
        text = line[field.name]
        if field.type is float:
            values[field.name] = float(text)
        elif field.type is int:
            values[field.name] = int(text)
        elif field.type == int | None:
            values[field.name] = int(text) if text else None
    return Sample(**values)


def write_medians(path: Path, rows: Iterable[Row | Unmeasured]) -> None:
    """One line for each client and target, as in the table."""
    columns = [
        *("target", "client", "samples", "cpu_us", "cpu_us_min", "cpu_us_max"),
        *("qps", "qps_min", "qps_max", "apart_cpu_s", "failures", "told_ratio"),
        *("rss_bytes", "open_connections", "problem"),
    ]
    _write(path, columns, map(_cells, rows))


def _cells(row: Row | Unmeasured) -> dict[str, object]:
    cells: dict[str, object] = {"target": row.target, "client": row.peer}
    if isinstance(row, Unmeasured):
        return cells | {"samples": 0, "problem": row.problem}
    return cells | {
        "samples": row.sample_count,
        "cpu_us": round(row.cpu_us.median, 3),
        "cpu_us_min": round(row.cpu_us.low, 3),
        "cpu_us_max": round(row.cpu_us.high, 3),
        "qps": round(row.qps.median, 1),
        "qps_min": round(row.qps.low, 1),
        "qps_max": round(row.qps.high, 1),
        "apart_cpu_s": round(row.apart_cpu_s, 3),
        "failures": row.failures,
        "told_ratio": None if row.told_ratio is None else round(row.told_ratio, 5),
        "rss_bytes": round(row.rss_bytes),
        "open_connections": round(row.open_connections),
    }


def write_facts(path: Path, facts: Mapping[str, str]) -> None:
    """What was measured where, name by name."""
    rows = ({"name": name, "value": value} for name, value in facts.items())
    _write(path, ["name", "value"], rows)


def read_facts(path: Path) -> dict[str, str]:
    """The facts as they were written."""
    with path.open(newline="", encoding="utf-8") as file:
        return {line["name"]: line["value"] for line in csv.DictReader(file)}


def _write(path: Path, columns: list[str], rows: Iterable[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
