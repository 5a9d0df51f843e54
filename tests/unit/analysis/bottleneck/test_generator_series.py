"""Is the generator's own load told like any other resource?"""

from dataclasses import replace

from capacity.analysis.bottleneck.generator_series import generator_series
from capacity.model.snapshot import GeneratorLoad
from tests.unit.builders import STARTED_AT_UNIX_S, a_step


def test_its_cpu_and_its_lateness_over_the_levels() -> None:
    """An engine that does not measure itself, or not its lateness, has no point there."""
    late = replace(a_step(2, 200.0, index=1), generator=GeneratorLoad(0.85, None, 0.012))
    steps = (a_step(1, 100.0), late, a_step(4, 400.0, index=2, cpu_ratio=None))
    found = generator_series(steps)
    cpu, lag = found["generator.cpu"], found["generator.loop_lag"]
    assert [point and point.value for point in cpu.points] == [0.12, 0.85, None]
    assert [point and point.value for point in lag.points] == [None, 0.012, None]


def test_a_point_is_of_its_hold_and_needs_no_query() -> None:
    """It was measured here, so there is nothing to look up, and it rests on every sample."""
    point = generator_series((a_step(1, 100.0),))["generator.cpu"].points[0]
    assert point is not None
    assert point.reading.window_start_unix_s == STARTED_AT_UNIX_S + 5.0
    assert point.reading.window_end_unix_s == STARTED_AT_UNIX_S + 35.0
    assert point.subject == "generator"
    assert point.source is None
    assert not point.has_few_samples
