"""Are two runs compared at equal levels, with what lies between levels marked?"""

from dataclasses import astuple, replace

import pytest

from capacity.analysis.measure import measure
from capacity.analysis.paths_curve import common_levels, path_curve, with_same_middle
from capacity.model.paths import PathPoint, PathTimes
from capacity.model.plan import Purpose
from capacity.model.run import Run, Trust, Validity
from tests.unit.builders import a_step
from tests.unit.path_builders import a_path_run, a_path_step


def point(level: float, qps: float, p50_s: float | None = 0.01) -> PathPoint:
    """A level with its throughput and median."""
    return PathPoint(level, qps, PathTimes(p50_s=p50_s))


def curve_of(run: Run) -> tuple[PathPoint, ...]:
    """The points of a run."""
    return path_curve([measure(step) for step in run.steps], run)


def test_parts_of_a_request_are_means_of_all_requests() -> None:
    """300 connections of 4 ms and 12 ms TLS over 1500 requests: 0.8 ms and 2.4 ms of each."""
    step = a_path_step(1, 50.0, p50_s=0.019, connect_s=0.004, tls_s=0.012, connects=300)
    (found,) = curve_of(a_path_run([step], scheme="https"))

    assert (found.level, found.qps, found.is_interpolated) == (1.0, 50.0, False)
    assert astuple(found.times) == pytest.approx(
        (0.020, 0.019, 0.040, 0.0008, 0.0024, 0.018, 0.002)
    )
    assert found.times.setup_s == pytest.approx(0.0032)


def test_connections_that_were_kept_cost_a_request_nothing() -> None:
    """None was opened in the hold, so their share of a request is zero and not unknown."""
    (found,) = curve_of(a_path_run([a_path_step(1, 50.0)], scheme="https"))

    assert (found.times.connect_s, found.times.tls_s) == (0.0, 0.0)


def test_a_part_that_nobody_measured_is_not_zero() -> None:
    """Connections were opened, and an engine that cannot tell TLS apart says nothing of it."""
    step = a_path_step(1, 50.0, connect_s=0.004, connects=300)
    (found,) = curve_of(a_path_run([step], scheme="https"))
    bare = replace(step, first_byte=None, transfer=None)
    (without,) = curve_of(a_path_run([bare], scheme="https"))

    assert found.times.tls_s is None
    assert found.times.setup_s is None
    assert (without.times.first_byte_s, without.times.transfer_s) == (None, None)


def test_without_tls_there_is_none() -> None:
    """Over plain HTTP a new connection has no handshake."""
    (found,) = curve_of(a_path_run([a_path_step(1, 50.0, connect_s=0.004, connects=300)]))

    assert found.times.tls_s == 0.0


def test_a_step_without_a_request_has_no_share() -> None:
    """Nothing was started, so there is nothing to spread connections over."""
    step = a_path_step(1, 50.0, connect_s=0.004, connects=3)
    idle = replace(step, counts=replace(step.counts, started=0))
    (found,) = curve_of(a_path_run([idle]))

    assert found.times.connect_s is None


def test_of_a_table_only_the_time_to_the_last_byte_is_known() -> None:
    """Rows have no run, so no parts."""
    (found,) = path_curve([measure(a_path_step(2, 90.0, p50_s=0.019))], None)
    (bare,) = path_curve([replace(measure(a_step(2, 90.0)), latency=None, mean_s=0.02)], None)

    assert astuple(found.times)[:3] == pytest.approx((0.020, 0.019, 0.040))
    assert astuple(found.times)[3:] == (None,) * 4
    assert bare.times == PathTimes(mean_s=0.02)


def test_a_level_is_told_by_a_step_that_can_be_believed() -> None:
    """Invalid steps and checks by rate are no points; the levels ascend."""
    broken = replace(
        a_path_step(4, 390.0, index=1), validity=Validity(Trust.INVALID, ("no core was free",))
    )
    only_broken = replace(broken, plan=replace(broken.plan, index=3, load=a_step(32).plan.load))
    steps = [
        a_path_step(8, 700.0),
        broken,
        a_path_step(4, 380.0, index=2),
        only_broken,
        replace(
            a_path_step(1, 99.0, index=4),
            plan=replace(a_path_step(1, 99.0, index=4).plan, purpose=Purpose.RECOVERY),
        ),
    ]

    assert [(p.level, p.qps) for p in curve_of(a_path_run(steps))] == [(4, 380), (8, 700)]


def test_a_level_between_two_is_interpolated_in_logarithms() -> None:
    """At 4, between 2 and 8, throughput is the geometric mean, and the point is marked."""
    (low, between, high) = common_levels(
        [point(2, 100, 0.02), point(4, 150, 0.03), point(8, 200, 0.04)],
        [point(1, 90, 0.009), point(2, 100, 0.01), point(8, 400, 0.04), point(16, 450, 0.05)],
    )

    assert (low.level, between.level, high.level) == (2, 4, 8)
    assert not low.inside.is_interpolated
    assert between.inside.is_interpolated
    assert not between.outside.is_interpolated
    assert between.inside.qps == pytest.approx(200)
    assert between.inside.times.p50_s == pytest.approx(0.02)
    assert between.added.p50_s == pytest.approx(0.01)
    assert between.added.p99_s is None


def test_a_value_of_zero_is_interpolated_straight() -> None:
    """A logarithm of zero does not exist."""
    (_, between, _) = common_levels(
        [point(2, 100, 0.0), point(8, 200, 0.04)],
        [point(2, 100), point(4, 200), point(8, 400)],
    )

    assert between.outside.times.p50_s == pytest.approx(0.02)


def test_levels_beyond_one_run_are_not_compared() -> None:
    """Nothing is extrapolated."""
    assert common_levels([point(1, 100), point(2, 190)], [point(4, 300)]) == ()


def test_medians_are_kept_only_where_both_have_them() -> None:
    """One point without leaves none on either side."""
    with_medians = [point(1, 100), point(2, 190)]
    both = with_same_middle(with_medians, with_medians)
    first, second = with_same_middle(with_medians, [point(1, 100, None)])

    assert both == (tuple(with_medians), tuple(with_medians))
    assert [one.times.p50_s for one in (*first, *second)] == [None, None, None]
