"""The same synthetic series in a real Prometheus, read as the monitor reads them.

Each case has a stretch of the past of its own, longer than Prometheus looks back.
"""

import math
from collections.abc import Iterator, Mapping

import pytest

from capacity.commands.process import SystemClock
from capacity.model.resources import Expression, Reading
from capacity.monitors.members import subject_of
from capacity.monitors.patience import PatientPrometheus
from capacity.monitors.prometheus_api import PrometheusApi
from capacity.monitors.reader import Reader, Wanted
from capacity.monitors.window import Window
from tests.monitors.prometheus_server import prometheus_server
from tests.monitors.sources import a_source
from tests.presets import cases_edge, cases_machine, cases_runtimes, cases_stores
from tests.presets.synthetic import SPACING_S, WINDOW, Case, expand, label_pairs, lines_of
from tests.presets.test_synthetic import CASES, QUANTITIES

FIRST_UNIX_S = 1_700_000_000
APART_S = 900
# Old samples come without the mark that ends a series, so it would seem to be there still.
TRIED = [
    case
    for case in CASES
    if "stale" not in "".join(case.series)
    or not isinstance(QUANTITIES[case.quantity].source, Expression)
]
# What an exporter that is alive tells beside the series of a case, by the preset.
ALIVE = {
    "postgresql": f"pg_up{{{cases_stores.DB}}} 1x20",
    "redis": f"redis_up{{{cases_stores.REDIS}}} 1x20",
    "ingress-nginx": f'{cases_edge.PREFIX}nginx_process_cpu_seconds_total{{instance="a:1"}} 1x20',
    "process-exporter": f"namedprocess_namegroup_num_procs{{{cases_machine.GROUP}}} 1x20",
    "go": f"go_goroutines{{{cases_runtimes.API}}} 9x20",
    "jvm": f"jvm_threads_live_threads{{{cases_runtimes.API}}} 9x20",
}


def samples_of(case: Case, start_unix_s: int) -> Iterator[str]:
    """Lines of OpenMetrics text."""
    lines = lines_of(case)
    alive = ALIVE.get(QUANTITIES[case.quantity].preset)
    if alive is not None and alive.partition("{")[0] not in {line.name for line in lines}:
        lines += lines_of(Case("", "", [alive]))
    for line in lines:
        for index, value in enumerate(expand(line.values)):
            if value is not None:
                at_unix_s = start_unix_s + index * SPACING_S
                yield f"{line.name}{{{line.labels}}} {value!r} {at_unix_s}"


@pytest.fixture(scope="session")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Reading]:
    """The reading of each case."""
    starts = {case.id: FIRST_UNIX_S + index * APART_S for index, case in enumerate(TRIED)}
    text = "\n".join(line for case in TRIED for line in samples_of(case, starts[case.id]))
    made: dict[str, Reading] = {}
    with prometheus_server(tmp_path_factory.mktemp("backfilled"), samples=text) as server:
        api = PrometheusApi(a_source(server.url))
        patient = PatientPrometheus(api, SystemClock(), 1.0)
        patient.begin_batch(100.0, is_last_chance=True)
        for case in TRIED:
            quantity, start_unix_s = QUANTITIES[case.quantity], starts[case.id]
            assert quantity.source is not None
            window = Window(
                start_unix_s + WINDOW.start_unix_s, start_unix_s + WINDOW.end_unix_s, None
            )
            wanted = Wanted(quantity, quantity.source, window)
            (made[case.id],) = Reader(patient, {}).read([wanted])
        api.close()
    return made


@pytest.mark.parametrize("case", TRIED, ids=lambda case: case.id)
def test_the_monitor_reads_what_is_wanted(case: Case, readings: Mapping[str, Reading]) -> None:
    """Values by member, with samples enough to stop a run; or no data, and never an error."""
    reading = readings[case.id]
    is_sampled = not isinstance(QUANTITIES[case.quantity].source, Expression)
    wanted = {
        member if is_sampled else subject_of(label_pairs(member)): value
        for member, value in case.want.items()
        if not math.isnan(value)
    }
    found = {member.subject: member.value for member in reading.members}
    assert reading.state is case.state, reading.reason
    assert wanted.keys() == found.keys(), reading.reason
    for subject, value in wanted.items():
        assert math.isclose(value, found[subject], rel_tol=1e-6, abs_tol=1e-9), subject
    assert reading.may_stop is (bool(wanted) and case.may_stop), reading.reason
    assert case.says in reading.reason
