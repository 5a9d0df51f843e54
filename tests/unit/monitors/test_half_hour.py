"""Half an hour of readings, in time that is moved by hand: nothing piles up."""

import gc
import json
import tracemalloc
from pathlib import Path

from capacity.model.resources import Asked
from capacity.storage.monitors_file import MonitorsFile
from tests.fakes.prometheus import FakeSeries
from tests.unit.monitors.builders import CPU, a_pod, a_rule
from tests.unit.monitors.work_lab import CORES, WAITING, Lab, a_lab

_STEPS, _HOLD_S, _PAUSE_S = 30, 55.0, 5.0
_PODS = 25


def _climb(lab: Lab, steps: range, file: MonitorsFile) -> int:
    """Play steps, write down what is told, and say how many bytes are held afterwards."""
    for step in steps:
        lab.hold(step, _HOLD_S)
        lab.go(_PAUSE_S)
        for news in lab.told:
            file.append(news)
        lab.told.clear()
        lab.prometheus.asked.clear()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_memory_and_file_stay_bounded_over_half_an_hour(tmp_path: Path) -> None:
    """A rule over a window of 25 pods is read every 5 s: 5 MB, and no step is kept in memory."""
    lab = a_lab([CORES, WAITING], rules=[a_rule("cpu", 20.0)], spacing_s=5.0, period_s=5.0)
    lab.prometheus.series[CPU] = [
        FakeSeries(a_pod(f"web-7d9f8b6c5d-{pod:05d}"), lambda at_s: 0.4 * (at_s - 1.7e9), 5.0)
        for pod in range(_PODS)
    ]
    path = tmp_path / "monitors.ndjson"
    file = MonitorsFile(path)
    tracemalloc.start()
    try:
        after_few_bytes = _climb(lab, range(3), file)
        at_end_bytes = _climb(lab, range(3, _STEPS), file)
    finally:
        tracemalloc.stop()
        file.close()

    told = [json.loads(line)["asked"] for line in path.read_text().splitlines()]
    assert (told.count(Asked.AT_END), told.count(Asked.LATE)) == (_STEPS, _STEPS)
    assert told.count(Asked.DURING) >= _STEPS * 6
    assert path.stat().st_size < 5_000_000
    assert at_end_bytes - after_few_bytes < 200_000
