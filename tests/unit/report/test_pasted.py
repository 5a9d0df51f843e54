"""Does Prometheus take the queries of the evidence as they stand in the file?"""

import json
import subprocess
from pathlib import Path
from shutil import which

import pytest

from capacity.model.bottleneck import Source
from capacity.model.plan import KubernetesScope
from capacity.model.resources import Limit, Quantity, Samples
from capacity.monitors.evaluate_samples import samples_text
from capacity.monitors.window import Window
from capacity.presets import kubernetes
from capacity.report.pasted import pasted
from tests.unit.builders import a_run
from tests.unit.report.reading_builders import a_monitored_plan, a_quantity

WINDOW = Window(0.0, 30.0, None)
PODS = KubernetesScope("shop", ("deploy/api",), ("api-.*",))
QUANTITIES = {one.name: one for one in kubernetes.quantities(PODS)}


def as_pasted(*quantities: Quantity, query: str) -> str:
    """A query of a run that asked for these quantities."""
    run = a_run(plan=a_monitored_plan(*quantities))
    return pasted(Source(query, 0.0, 30.0, 6), run)


def asked(name: str) -> str:
    """What a reading of a pod has as its query."""
    samples = QUANTITIES[name].source
    assert isinstance(samples, Samples)
    return samples_text(samples, WINDOW)


def test_a_share_is_the_growth_over_its_limit() -> None:
    """As in the page of presets, with the window of the step filled in."""
    samples = QUANTITIES["cpu"].source
    assert isinstance(samples, Samples)
    assert isinstance(samples.share_of, Limit)

    assert as_pasted(*QUANTITIES.values(), query=asked("cpu")) == (
        f"max by (namespace, pod, container) (rate({samples.selector}[30s]))\n"
        f"  / ({samples.share_of.query})"
    )


def test_a_share_of_a_growth_and_a_highest_value() -> None:
    """Both counters grow over the same window; without a share the function stands alone."""
    throttled, highest = (
        as_pasted(*QUANTITIES.values(), query=asked(name)) for name in ("throttle", "pod.memory")
    )

    above, below = throttled.split("\n  / ")
    assert above.startswith("max by (namespace, pod, container) (increase(container_cpu_cfs_thr")
    assert below.startswith("max by (namespace, pod, container) (increase(container_cpu_cfs_per")
    assert highest.startswith("max by (namespace, pod, container) (max_over_time(container_mem")


@pytest.mark.parametrize("query", ["up == 1", "container_x[30s]", "pid 7: user and system time"])
def test_what_is_no_sample_of_the_plan_stands_as_it_was_sent(query: str) -> None:
    """PromQL of a profile, the words of a process, and a run whose plan is another one."""
    assert as_pasted(*QUANTITIES.values(), a_quantity(), query=query) == query
    assert pasted(Source(query, 0.0, 1.0, None), a_run()) == query


def test_a_share_is_not_taken_for_the_plain_quantity() -> None:
    """The same counter may be asked for alone and as a share of something."""
    assert as_pasted(QUANTITIES["cpu"], query=asked("pod.cores")) == asked("pod.cores")
    assert as_pasted(QUANTITIES["pod.cores"], query=asked("cpu")) == asked("cpu")


@pytest.mark.skipif(which("promtool") is None, reason="promtool is not installed")
def test_prometheus_takes_all_of_them(tmp_path: Path) -> None:
    """Each query of a pod is an expression in the eyes of Prometheus's own tool."""
    names = [name for name, one in QUANTITIES.items() if isinstance(one.source, Samples)]
    rules = [
        {"record": f"q{place}", "expr": as_pasted(*QUANTITIES.values(), query=asked(name))}
        for place, name in enumerate(names)
    ]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))

    ended = subprocess.run(
        ["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    assert f"SUCCESS: {len(names)} rules found" in ended.stdout
