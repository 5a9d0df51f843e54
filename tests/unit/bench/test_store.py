"""Tests of the CSV files."""

from pathlib import Path

from bench.store import read_facts, read_samples, write_facts, write_medians, write_samples
from tests.unit.bench.builders import a_sample, a_table


def test_samples_come_back_as_they_were(tmp_path: Path) -> None:
    """Numbers, silence and problems survive the way over the disk."""
    samples = [
        a_sample(cpu_us=9.87654321),
        a_sample("k6", told_requests=None, told_failures=None, problem='exit 1, "no, thanks"'),
    ]
    write_samples(tmp_path / "samples.csv", samples)
    assert read_samples(tmp_path / "samples.csv") == samples


def test_facts_come_back_as_they_were(tmp_path: Path) -> None:
    """Commas in values are kept."""
    facts = {"load": "3 rounds, 2 s each", "wrk": "4.1.0"}
    write_facts(tmp_path / "facts.csv", facts)
    assert read_facts(tmp_path / "facts.csv") == facts


def test_medians_have_a_line_for_each_client(tmp_path: Path) -> None:
    """Also for one that could not be measured."""
    table = a_table(a_sample("wrk", cpu_us=10.0), a_sample("hey", problem="sent nothing"))
    write_medians(tmp_path / "medians.csv", table.rows)
    lines = (tmp_path / "medians.csv").read_text().splitlines()
    assert lines[1].startswith("get-64,wrk,1,10.0,10.0,10.0,50000.0,")
    assert lines[2].startswith("get-64,hey,0,")
    assert lines[2].endswith(",sent nothing")
