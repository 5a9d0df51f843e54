"""Are the measured signatures of docs/bottlenecks.md told apart, by all classes together?

Each row is a service whose truth was known. Watched, its class comes first; blind, with every
reading taken away, it is right, allowed or not known, and never sure of a wrong one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from capacity.analysis.bottleneck.diagnosis import diagnose
from capacity.model.bottleneck import Diagnosis
from capacity.model.confidence import Confidence
from capacity.model.resources import ResourceScope
from capacity.model.run import Step
from capacity.units import Unit
from tests.unit.analysis.bottleneck.curves import (
    curve,
    disbelieved,
    findings_of,
    latency_of,
    with_failures,
    with_generator,
    with_idle_cpu,
    with_readings,
)
from tests.unit.builders import a_run


@dataclass(frozen=True, slots=True)
class Row:
    """A measured service: its steps, the class that must come first, and what may when blind."""

    name: str
    steps: tuple[Step, ...]
    kind: str
    confidence: Confidence
    blind_kinds: frozenset[str]


def _pool() -> tuple[Step, ...]:
    rows = ((1, 48.0), (2, 95.0), (4, 187.0), (8, 187.0), (16, 186.0), (32, 183.0), (64, 180.0))
    return with_idle_cpu(curve(rows, unloaded_s=0.0208), 0.05)


def _quota() -> tuple[Step, ...]:
    rows = ((1, 91.0), (2, 92.0), (4, 93.0), (8, 91.0), (16, 90.0))
    tails = (10.0, 5.7, 3.3, 1.6, 1.3)
    medians_s = (0.0056, 0.01, 0.03, 0.08, 0.186)
    steps = tuple(
        replace(step, latency=latency_of(median_s, tail=tail))
        for step, median_s, tail in zip(curve(rows), medians_s, tails, strict=True)
    )
    steps = with_readings(steps, "cpu", [0.98, 0.99, 1.0, 1.0, 1.0])
    return with_readings(steps, "throttle", [0.97, 0.98, 1.0, 1.0, 1.0])


def _queued() -> tuple[Step, ...]:
    steps = curve(((1, 200.1), (4, 199.6), (16, 198.7)), unloaded_s=0.0004)
    return with_idle_cpu(tuple(with_generator(step, 0.16) for step in steps), 0.05)


def _refused() -> tuple[Step, ...]:
    steps = curve(((8, 210.0), (16, 202.0), (32, 200.0)))
    totals = (2632, 3000, 3363)
    refused = (
        with_failures(with_generator(step, cpu), 30 * (total - round(step.qps)), status=429)
        for step, total, cpu in zip(steps, totals, (0.80, 0.85, 0.89), strict=True)
    )
    return with_idle_cpu(tuple(refused))


def _turned_away() -> tuple[Step, ...]:
    rows = ((1, 40.0), (2, 81.0), (4, 162.0), (8, 165.0), (16, 163.0), (32, 164.0))
    steps = tuple(replace(step, latency=latency_of(0.024)) for step in curve(rows))
    refused = tuple(with_failures(s, 3000, status=503, median_s=0.0025) for s in steps[3:])
    return with_idle_cpu((*steps[:3], *refused))


def _client() -> tuple[Step, ...]:
    rows = ((1, 3015.0), (4, 3043.0), (16, 4140.0), (64, 4115.0), (256, 4553.0))
    busy = (0.84, 0.93, 0.95, 0.97, 0.98)
    steps = tuple(
        with_generator(step, cpu, loop_lag_p50_s=0.02, loop_lag_s=0.05)
        for step, cpu in zip(curve(rows), busy, strict=True)
    )
    return with_idle_cpu((*steps[:3], *(disbelieved(step) for step in steps[3:])))


def _row_lock() -> tuple[Step, ...]:
    rows = ((1, 5011.0), (2, 6466.0), (4, 5139.0), (8, 4038.0), (16, 4187.0))
    steps = with_readings(curve(rows), "cpu", [0.2, 0.3, 0.4, 0.4, 0.4])
    return with_readings(
        steps,
        "postgresql.lock_waits",
        [0, 1, 3, 7, 15],
        unit=Unit.COUNT,
        scope=ResourceScope.DATABASE,
        subject="db:5432",
    )


ROWS = (
    Row("pool of 4", _pool(), "pool", Confidence.MEDIUM, frozenset({"pool"})),
    Row("quota of half a core", _quota(), "cpu_limit", Confidence.HIGH, frozenset()),
    Row("queued limit", _queued(), "pacing", Confidence.MEDIUM, frozenset({"pacing"})),
    Row("limit with 429", _refused(), "rate_limit", Confidence.HIGH, frozenset({"rate_limit"})),
    Row(
        "4 connections, then 503",
        _turned_away(),
        "concurrency_limit",
        Confidence.MEDIUM,
        frozenset({"concurrency_limit"}),
    ),
    Row("slow client", _client(), "generator", Confidence.HIGH, frozenset({"generator"})),
    Row("row lock", _row_lock(), "contention", Confidence.HIGH, frozenset({"contention"})),
)


def diagnosis_of(steps: Sequence[Step]) -> Diagnosis:
    """What is said of a run over these steps."""
    run = a_run(steps)
    found = findings_of(run)
    return diagnose(run, found.knee, found.capacity)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_truth_comes_first(row: Row) -> None:
    """Watched, the right class is first, as sure as its rule allows."""
    first = diagnosis_of(row.steps).first
    assert first is not None
    assert (first.kind, first.confidence) == (row.kind, row.confidence)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_wrong_class_is_high(row: Row) -> None:
    """What else fits is never as sure as the truth may be."""
    others = [one for one in diagnosis_of(row.steps).candidates if one.kind != row.kind]
    assert [one.kind for one in others if one.confidence is Confidence.HIGH] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_blind_it_is_right_or_unknown(row: Row) -> None:
    """Without a monitor nothing is guessed that the curve does not show."""
    found = diagnosis_of([replace(step, resources=()) for step in row.steps])
    assert found.first is None or found.first.kind in row.blind_kinds


def test_the_same_curve_made_three_ways_is_told_apart() -> None:
    """A pool of 4, a limiter that queues and a slow generator: slots, pace and the client's CPU."""
    pool = ((1, 48.0), (2, 95.0), (4, 187.0), (8, 187.0), (16, 186.0))
    limiter = ((1, 48.0), (2, 95.0), (4, 190.0), (8, 200.1), (16, 199.8), (32, 200.0))
    busy = tuple(with_generator(step, 0.96, loop_lag_p50_s=0.01) for step in curve(pool))
    curves = (curve(pool, unloaded_s=0.0208), curve(limiter, unloaded_s=0.0208), busy)
    firsts = [diagnosis_of(with_idle_cpu(steps, 0.05)).first for steps in curves]
    assert [None if one is None else one.kind for one in firsts] == ["pool", "pacing", "generator"]
