"""Tests of what is known of the service's CPU beyond the turn."""

from collections.abc import Sequence

import pytest

from capacity.analysis.bottleneck.ease import EaseState, cpu_ease, ease_sentence
from capacity.units import Unit
from tests.unit.analysis.bottleneck.cases import DATABASE_POD
from tests.unit.analysis.bottleneck.curves import case_of, curve, with_readings

# Throughput stops to grow at the third level.
ROWS = ((1, 50.0), (2, 100.0), (4, 200.0), (8, 200.0))


@pytest.mark.parametrize(
    ("name", "unit", "values", "state"),
    [
        ("cpu", Unit.RATIO, (0.1, 0.2, 0.3, 0.49), EaseState.IDLE),
        ("cpu", Unit.RATIO, (0.1, 0.2, 0.5, 0.3), EaseState.BUSY),
        ("cpu", Unit.RATIO, (0.9, 0.9, 0.3, 0.3), EaseState.IDLE),
        ("cpu", Unit.RATIO, (0.1, 0.2, None, None), EaseState.UNSEEN),
        ("jvm.cpu", Unit.RATIO, (0.1, 0.2, 0.3, 0.3), EaseState.IDLE),
        ("process.hot_thread", Unit.RATIO, (0.1, 0.5, 0.9, 0.9), EaseState.BUSY),
        ("process.hot_thread", Unit.RATIO, (0.1, 0.5, 0.6, 0.6), EaseState.UNSEEN),
        ("throttle", Unit.RATIO, (0.0, 0.1, 0.3, 0.3), EaseState.BUSY),
        ("pod.cores", Unit.CORES, (0.1, 0.2, 0.3, 0.4), EaseState.IDLE),
        ("pod.cores", Unit.CORES, (0.1, 0.2, 0.5, 0.5), EaseState.UNSEEN),
        ("mem", Unit.RATIO, (0.1, 0.2, 0.3, 0.4), EaseState.UNSEEN),
    ],
)
def test_ease_is_what_was_seen_beyond_the_turn(
    name: str, unit: Unit, values: Sequence[float | None], state: EaseState
) -> None:
    """No data is never an idle CPU, and what was below the turn does not count."""
    assert cpu_ease(case_of(with_readings(curve(ROWS), name, values, unit=unit))).state is state


def test_a_thread_at_its_core_outweighs_an_idle_mean() -> None:
    """Half of two cores is one core."""
    steps = with_readings(curve(ROWS), "cpu", [0.1, 0.3, 0.45, 0.45])
    steps = with_readings(steps, "process.hot_thread", [0.2, 0.6, 0.9, 0.9])
    found = cpu_ease(case_of(steps))
    assert found.state is EaseState.BUSY
    assert found.point is not None
    assert found.point.reading.name == "process.hot_thread"


def test_without_a_turn_the_last_level_counts() -> None:
    """It is the one with the most load."""
    steps = with_readings(curve(ROWS[:3]), "cpu", [0.9, 0.9, 0.3])
    assert cpu_ease(case_of(steps)).state is EaseState.IDLE
    assert cpu_ease(case_of(())).state is EaseState.UNSEEN


def test_says_how_much_was_used_in_its_unit() -> None:
    """A share of the CPU, or cores where there is no limit."""
    share = cpu_ease(case_of(with_readings(curve(ROWS), "cpu", [0.1, 0.1, 0.1, 0.12])))
    assert ease_sentence(share).text() == "shop/api-7f9/app used at most 12% of its CPU meanwhile"
    assert ease_sentence(share).text("zh") == "此时 shop/api-7f9/app 的 CPU 最多只用到 12%"
    steps = with_readings(curve(ROWS), "pod.cores", [0.1, 0.1, 0.1, 0.2], unit=Unit.CORES)
    cores = cpu_ease(case_of(steps))
    assert ease_sentence(cores).text() == "shop/api-7f9/app used at most 0.2 cores meanwhile"


def test_an_idle_database_says_nothing_of_the_service() -> None:
    """A busy one does: it may be what the service waits for."""
    for values, state in (((0.1, 0.1, 0.1, 0.1), "unseen"), ((0.1, 0.2, 0.6, 0.6), "busy")):
        steps = with_readings(curve(ROWS), "cpu", values, subject=DATABASE_POD)
        assert cpu_ease(case_of(steps)).state.value == state
