"""More series than are read: a real Prometheus names the worst, and their values are true."""

from collections.abc import Callable, Iterator

import pytest

from capacity.model.plan import KubernetesScope
from capacity.model.resources import Expression, Quantity, Reading
from capacity.monitors.answers import ClockOffset
from capacity.monitors.first_look import FirstLook, first_look
from capacity.monitors.patience import PatientPrometheus
from capacity.monitors.prometheus_api import PrometheusApi
from capacity.monitors.prometheus_shapes import MAX_SERIES
from capacity.monitors.reader import Reader, Wanted
from capacity.monitors.window import Window
from capacity.presets import kubernetes
from tests.fakes.scripted import FakeClock
from tests.monitors.prometheus_server import PrometheusServer, prometheus_server
from tests.monitors.sources import a_source

_START_UNIX_S = 1_700_000_000.0
_PODS, _CONTAINERS, _JOBS = 350, ("app", "proxy", "log"), ("kubelet", "cadvisor")
_EVERY_S, _SCRAPES = 15, 6
_LIMIT_CORES, _LIMIT_BYTES = 0.5, 1000.0
_SCOPE = KubernetesScope("shop", ("web",), ("web-.*",))
_NAMES = ("cpu", "throttle", "mem", "restarts", "pod.cores")
_MEMBERS = _PODS * len(_CONTAINERS)


def _cores(pod: int, container: str) -> float:
    """The truth: the first pod's app is the busiest, and every later one a little less."""
    return (0.45 if container == "app" else 0.05) * (1 - pod / 1000)


def _lines() -> Iterator[str]:
    names: dict[str, Callable[[int, str, float], float]] = {
        "container_cpu_usage_seconds": lambda pod, box, at_s: 1000 + _cores(pod, box) * at_s,
        "container_cpu_cfs_periods": lambda _, __, at_s: 10 * at_s,
        "container_cpu_cfs_throttled_periods": lambda pod, box, at_s: 10 * _cores(pod, box) * at_s,
        "kube_pod_container_status_restarts": lambda pod, box, at_s: float(
            pod == 7 and box == "app" and at_s > 40
        ),
    }
    labels = [
        (pod, box, f'namespace="shop",pod="web-{pod:03d}",container="{box}"')
        for pod in range(_PODS)
        for box in _CONTAINERS
    ]
    times = [_EVERY_S * index for index in range(_SCRAPES)]
    for name, value_at in names.items():
        yield f"# TYPE {name} counter"
        for job in _JOBS:
            for pod, box, text in labels:
                for at_s in times:
                    at = f"{_START_UNIX_S + at_s:.0f}"
                    yield f'{name}_total{{{text},job="{job}"}} {value_at(pod, box, at_s)} {at}'
    yield "# TYPE container_memory_working_set_bytes gauge"
    for job in _JOBS:
        for pod, _, text in labels:
            for at_s in times:
                value = 900 - pod + (50 if at_s == 30 else 0)
                at = f"{_START_UNIX_S + at_s:.0f}"
                yield f'container_memory_working_set_bytes{{{text},job="{job}"}} {value} {at}'
    yield "# TYPE kube_pod_container_resource_limits gauge"
    for resource, limit in (("cpu", _LIMIT_CORES), ("memory", _LIMIT_BYTES)):
        for _, box, text in labels:
            if box == "log" and resource == "cpu":
                continue
            for at_s in times:
                at = f"{_START_UNIX_S + at_s:.0f}"
                name = f'kube_pod_container_resource_limits{{{text},resource="{resource}"}}'
                yield f"{name} {limit} {at}"


@pytest.fixture(scope="module")
def many_series(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """Pods of three containers, each told of by two jobs every 15 s for 75 s."""
    folder = tmp_path_factory.mktemp("many")
    with prometheus_server(folder, samples="\n".join(_lines())) as server:
        yield server


def _quantities() -> tuple[Quantity, ...]:
    return tuple(one for one in kubernetes.quantities(_SCOPE) if one.name in _NAMES)


def _readings(server: PrometheusServer, look: FirstLook | None) -> dict[str, Reading]:
    api = PrometheusApi(a_source(server.url))
    patient = PatientPrometheus(api, FakeClock(), 5.0)
    patient.begin_batch(60.0, is_last_chance=True)
    window = Window(_START_UNIX_S, _START_UNIX_S + 75.0, None)
    wanted = [
        Wanted(one, one.source, window)
        for one in _quantities()
        if one.source is not None and not isinstance(one.source, Expression)
    ]
    try:
        known = {} if look is None else look.known
        return {reading.name: reading for reading in Reader(patient, known).read(wanted)}
    finally:
        api.close()


@pytest.fixture(scope="module")
def look(many_series: PrometheusServer) -> FirstLook:
    """What a first look finds when the last sample has just been made."""
    api = PrometheusApi(a_source(many_series.url))
    offset = api.clock_offset()
    assert isinstance(offset, ClockOffset)
    try:
        return first_look(api, _quantities(), _START_UNIX_S + 75.5 - offset.offset_s)
    finally:
        api.close()


@pytest.fixture(scope="module")
def readings(many_series: PrometheusServer, look: FirstLook) -> dict[str, Reading]:
    """The readings of the whole minute."""
    return _readings(many_series, look)


def test_the_first_look_knows_how_many_and_how_often(look: FirstLook) -> None:
    """Without the samples there are still the members, their spacing and their age."""
    assert len(_JOBS) * _MEMBERS > MAX_SERIES
    for one in look.quantities:
        assert (one.fault, one.has_too_many, one.series_count) == (None, True, _MEMBERS)
        assert one.spacing_s == 15.0
        assert one.lag_s == pytest.approx(0.5, abs=0.5)


@pytest.mark.parametrize(
    ("name", "worst", "subject", "members"),
    [
        ("cpu", 0.45 / _LIMIT_CORES, "shop/web-000/app", 2 * _PODS),
        ("throttle", 0.45, "shop/web-000/app", _MEMBERS),
        ("pod.cores", 0.45, "shop/web-000/app", _MEMBERS),
        ("mem", 0.95, "shop/web-000/", _MEMBERS),
    ],
)
def test_the_worst_of_many_is_the_truth(
    readings: dict[str, Reading], name: str, worst: float, subject: str, members: int
) -> None:
    """Two jobs count once; every other member is known by number."""
    reading = readings[name]
    assert reading.worst is not None, reading.reason
    assert reading.worst.value == pytest.approx(worst, rel=1e-9)
    assert reading.worst.subject.startswith(subject)
    assert (reading.worst.sample_count, reading.worst.age_s) == (6, 0.0)
    assert (reading.member_count, reading.may_stop) == (members, True)
    assert 50 <= len(reading.members) <= 150
    assert "too many series for raw samples of all (2,100)" in reading.reason
    assert f"the worst 50 of {members:,} by" in reading.reason


def test_mean_and_spread_are_of_all(readings: dict[str, Reading]) -> None:
    """Not of the fifty that are listed."""
    truth = [_cores(pod, box) for pod in range(_PODS) for box in _CONTAINERS]
    assert readings["pod.cores"].mean == pytest.approx(sum(truth) / len(truth), rel=1e-3)
    assert readings["pod.cores"].spread == pytest.approx(max(truth) - min(truth), rel=1e-3)


def test_members_without_a_limit_are_counted(readings: dict[str, Reading]) -> None:
    """One container of each pod has none."""
    assert "350 more have too few samples, or nothing to be a share of" in readings["cpu"].reason


def test_one_restart_among_many_is_found(readings: dict[str, Reading]) -> None:
    """Counted from raw samples, it is one and not what `increase()` makes of it."""
    worst = readings["restarts"].worst
    assert worst is not None
    assert (worst.subject, worst.value) == ("shop/web-007/app", 1.0)


def test_without_a_first_look_it_is_found_out_by_asking(many_series: PrometheusServer) -> None:
    """The same, one question later."""
    reading = _readings(many_series, None)["cpu"]
    assert reading.worst is not None
    assert reading.worst.value == pytest.approx(0.9)
    assert reading.may_stop
