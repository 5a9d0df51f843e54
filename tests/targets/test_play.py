"""Tests of tests.targets.play: which window a figure is held against."""

from typing import Any

from tests.targets.play import _deviations, step_window
from tests.targets.target import Playing

Json = dict[str, Any]

QUERY = "rate(cpu[4s])"


def a_step(qps: float, begin_unix_s: float) -> Json:
    """A step of four seconds whose readings begin half a second after the plan would."""
    reading = {
        "name": "cpu",
        "over_s": None,
        "query": QUERY,
        "window_start_unix_s": begin_unix_s + 0.5,
        "window_end_unix_s": begin_unix_s + 4.5,
        "members": [{"value": 1.0, "age_s": None, "coverage_ratio": None}],
    }
    return {
        "qps": qps,
        "started_at_unix_s": begin_unix_s - 1.0,
        "settle_s": 1.0,
        "measured_s": 4.0,
        "resources": [reading],
    }


def test_the_hold_is_where_its_readings_have_it() -> None:
    """A step that waited for slow requests began its hold later than planned."""
    step = a_step(45.0, 100.0)
    assert step_window(step) == (100.5, 104.5)
    assert step_window({**step, "resources": []}) == (100.0, 104.0)


def test_the_throughput_of_another_step_is_held_against_that_step() -> None:
    """A sentence on one step may tell where throughput stopped to grow, which was another."""
    steps = [a_step(45.0, 100.0), a_step(49.0, 200.0)]
    figures = {"value": {"value": 1.0}, "qps": {"value": 45.0}, "pod": {"value": "db-0"}}
    source = {"query": QUERY, "start_unix_s": 200.5}
    candidate = {"evidence": [{"source": source, "figures": figures}]}
    run = {"steps": steps, "bottleneck": {"candidates": [candidate]}}
    seen = Playing(
        url="http://127.0.0.1:9/",
        instruments=lambda start_unix_s, _: {"cpu": start_unix_s, "qps": start_unix_s},
    )
    told = [(one.figure, one.told, one.seen) for one in _deviations(run, seen)]
    assert told == [("cpu", 1.0, 200.5), ("qps", 45.0, 100.5)]
