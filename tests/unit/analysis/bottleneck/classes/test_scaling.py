"""Is a service whose number of replicas changed told to be not steady?"""

from capacity.analysis.bottleneck.classes.cpu_limit import judge as judge_cpu_limit
from capacity.analysis.bottleneck.classes.scaling import judge
from capacity.model.confidence import Confidence
from capacity.model.resources import ChangeKind
from tests.unit.analysis.bottleneck.cases import (
    a_case,
    a_change,
    case_of,
    changed,
    steps_with,
)
from tests.unit.builders import a_curve

LEVELS = (1, 2, 4, 8, 16)


def test_replicas_that_join_where_throughput_is_flat_are_high() -> None:
    """What those levels carried is of no one size."""
    steps = changed(
        a_curve(LEVELS, saturation_qps=400.0),
        3,
        a_change(ChangeKind.POD_JOINED, "shop/api-8g0", ""),
        a_change(ChangeKind.SCALED, "shop/api", "replicas: 1 -> 2"),
    )
    (found,) = judge(case_of(steps))
    assert (
        found.confidence,
        found.subject.name,
        found.first_level,
    ) == (Confidence.HIGH, "shop/api-8g0", 8.0)
    assert [sentence.text() for sentence in found.evidence] == [
        "not steady: shop/api-8g0 joined within the step at 8 concurrent",
        "not steady: shop/api changed within the step at 8 concurrent (replicas: 1 -> 2)",
    ]
    assert found.evidence[0].text("zh") == "不稳定：并发 8 时，shop/api-8g0 加入"


def test_the_limit_of_pods_that_others_join_is_not_sure() -> None:
    """Each of them gets full, and so do those that come; their number is what moves."""
    full = steps_with({"cpu": [0.4, 0.8, 0.97, 0.97, 0.97], "throttle": [0.0, 0.1, 0.9, 0.9, 0.9]})
    (limit,) = judge_cpu_limit(case_of(changed(full, 3, a_change(ChangeKind.POD_JOINED))))
    (before,) = judge_cpu_limit(case_of(changed(full, 0, a_change(ChangeKind.POD_JOINED))))
    assert (limit.confidence, before.confidence) == (Confidence.MEDIUM, Confidence.HIGH)


def test_a_pod_that_is_no_longer_ready_is_medium() -> None:
    """It may be the overload itself, so it must not go before what is full."""
    steps = changed(
        a_curve(LEVELS, saturation_qps=400.0),
        3,
        a_change(ChangeKind.SCALED, "shop/api-8g0", "is no longer ready"),
    )
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.MEDIUM


def test_replicas_that_leave_long_before_are_low() -> None:
    """The levels that tell the capacity were steady."""
    steps = changed(
        a_curve(LEVELS, saturation_qps=400.0), 0, a_change(ChangeKind.POD_LEFT, "shop/api-8g0")
    )
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.LOW


def test_replicas_that_join_in_the_last_two_levels_of_a_growing_curve_are_high() -> None:
    """It grows because they do."""
    steps = changed(a_curve((1, 2, 4)), 1, a_change(ChangeKind.POD_JOINED))
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.HIGH


def test_nothing_is_named_where_nothing_was_scaled() -> None:
    """A restart is another class, and an exporter serves nobody."""
    restarted = changed(a_curve(LEVELS), 3, a_change(ChangeKind.RESTARTED))
    exporter = changed(a_curve(LEVELS), 3, a_change(ChangeKind.POD_JOINED, "shop/redis-exporter"))
    assert judge(case_of(restarted)) == ()
    assert judge(case_of(exporter)) == ()
    assert judge(case_of(())) == ()


def test_loads_with_different_replicas_are_medium_where_nobody_saw_the_change() -> None:
    """It happened between two holds."""
    (found,) = judge(a_case({"replicas": [1, 1, 2, 2, 3]}))
    assert (found.confidence, found.first_level) == (Confidence.MEDIUM, 4.0)
    assert found.evidence[0].text() == (
        "the loads had different replicas: 1 were ready at the first one, 2 at 4 concurrent"
    )


def test_replicas_that_stay_or_were_not_read_say_nothing() -> None:
    """Nor do those that are missing after a restart."""
    assert judge(a_case({"replicas": [2] * 5})) == ()
    assert judge(a_case({"replicas": [None] * 5})) == ()
    away = changed(steps_with({"replicas": [2, 2, 1, 2, 2]}), 2, a_change(ChangeKind.RESTARTED))
    assert judge(case_of(away)) == ()
