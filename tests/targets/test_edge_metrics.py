"""Does what an nginx notes come out under the names of its controller, each request once?"""

from pathlib import Path

from tests.lab.cpu_group import CpuCount
from tests.targets.edge_metrics import EdgeMetrics

LABELS = 'namespace="shop",pod="ingress-1"'


class Used:
    """A group that has used so much CPU time."""

    def count(self) -> CpuCount:
        """Always the same."""
        return CpuCount(0.0, 1.5, 0, 0)


def told(metrics: EdgeMetrics) -> dict[str, float]:
    """The values by metric and the label that tells its series apart."""
    found = {}
    for line in metrics.lines(LABELS):
        series, value = line.rsplit(" ", 1)
        name, labels = series.rstrip("}").split("{")
        last = labels.rsplit(",", 1)[1]
        is_told_apart = last.startswith(("status", "le"))
        found[name.removeprefix("nginx_ingress_controller_") + last * is_told_apart] = float(value)
    return found


def test_each_request_is_told_once_however_often_it_is_scraped(tmp_path: Path) -> None:
    """Sums, counts and buckets grow with the whole lines; half a line waits for its end."""
    log = tmp_path / "access.log"
    log.write_text("1.000 200 0.030 0.020 0.020 0.001\n2.000 504 1.001 - - -\n3.000 200 0.0")
    metrics = EdgeMetrics(log, Used())
    first = told(metrics)
    assert first['requestsstatus="200"'] == 1
    assert first['requestsstatus="504"'] == 1
    assert first["request_duration_seconds_sum"] == 1.031
    assert first["request_duration_seconds_count"] == 2
    assert first["response_duration_seconds_sum"] == 0.020
    assert first["response_duration_seconds_count"] == 1
    assert first['request_duration_seconds_bucketle="0.05"'] == 1
    assert first['request_duration_seconds_bucketle="2.5"'] == 2
    assert first["nginx_process_cpu_seconds_total"] == 1.5
    with log.open("a") as more:
        more.write("10 0.008 0.008 0.001\n")
    second = told(metrics)
    assert second['requestsstatus="200"'] == 2
    assert second["request_duration_seconds_count"] == 3
    assert second['request_duration_seconds_bucketle="0.01"'] == 1
    assert second['request_duration_seconds_bucketle="+Inf"'] == 3
