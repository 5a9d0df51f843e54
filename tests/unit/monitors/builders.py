"""Quantities, series and windows of the monitors' tests."""

from collections.abc import Callable, Sequence

from capacity.model.resources import (
    Aspect,
    Direction,
    EmptyMeans,
    Expression,
    Growth,
    Limit,
    Quantity,
    Reduction,
    ResourceScope,
    Samples,
)
from capacity.model.rules import Absolute, Action, Comparison, Rule
from capacity.monitors.answers import Answer, Series
from capacity.monitors.window import Window
from capacity.units import Unit

POD = ("namespace", "pod", "container")
CPU = "container_cpu_usage_seconds_total"
CPU_LIMIT = "kube_pod_container_resource_limits"
# The hold of most cases: 60 s that end here.
END_UNIX_S = 1_700_000_060.0


def a_window(length_s: float = 60.0, over_s: float | None = None) -> Window:
    """A window that ends at END_UNIX_S."""
    return Window(END_UNIX_S - length_s, END_UNIX_S, over_s)


def a_quantity(
    source: Expression | Samples | None,
    *,
    name: str = "cpu",
    empty_means: EmptyMeans = EmptyMeans.NO_DATA,
    direction: Direction = Direction.HIGH_IS_BAD,
) -> Quantity:
    """A quantity of the service, named `cpu`."""
    return Quantity(
        name=name,
        unit=Unit.RATIO,
        scope=ResourceScope.SERVICE,
        aspect=Aspect.UTILISATION,
        direction=direction,
        source=source,
        empty_means=empty_means,
        preset="kubernetes",
        meaning="share of the limit",
    )


def samples_of(
    reduction: Reduction = Reduction.RATE, share_of: Limit | Growth | None = None
) -> Samples:
    """Raw samples of the containers' CPU."""
    return Samples(CPU, reduction, POD, share_of)


def a_pod(name: str, **more: str) -> dict[str, str]:
    """The labels of one container."""
    return {"namespace": "shop", "pod": name, "container": "app", **more}


def a_series(
    labels: dict[str, str],
    value_at: Callable[[float], float],
    ages_s: Sequence[float] = (56, 41, 26, 11),
) -> Series:
    """One series with samples of these ages before END_UNIX_S; `value_at` takes seconds of it."""
    times = [END_UNIX_S - age_s for age_s in sorted(ages_s, reverse=True)]
    return Series(labels, tuple((time, value_at(time - END_UNIX_S)) for time in times))


def a_counter(
    labels: dict[str, str], rate: float, ages_s: Sequence[float] = (56, 41, 26, 11)
) -> Series:
    """A counter that grows by `rate` a second and has been at it for long."""
    return a_series(labels, lambda at_s: 5000 + rate * at_s, ages_s)


def a_vector(*rows: tuple[dict[str, str], float]) -> Answer:
    """The answer to an instant query."""
    return Answer(tuple(Series(labels, ((END_UNIX_S, value),)) for labels, value in rows))


def a_rule(metric: str, over_s: float | None) -> Rule:
    """`METRIC > 85%`."""
    return Rule(
        metric=metric,
        comparison=Comparison.ABOVE,
        limit=Absolute(0.85),
        over_s=over_s,
        for_steps=1,
        min_samples=0,
        action=Action.STOP,
        text=f"{metric} > 85%",
        resource_unit=Unit.RATIO,
    )
