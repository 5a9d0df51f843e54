"""What does the service feel while it is loaded, as Prometheus tells it? A thread of its own asks.

The thread owns the connection and takes one thing after another off its agenda. Nobody waits for
it: a Prometheus that hangs costs the climb nothing but readings.
"""

import threading

from capacity.model.plan import PrometheusSource, RunPlan
from capacity.model.resources import ResourceNews
from capacity.monitors.answers import Prometheus
from capacity.monitors.first_facts import monitor_facts
from capacity.monitors.first_look import FirstLook
from capacity.monitors.prometheus_work import PrometheusWork, ruled_names, timing
from capacity.monitors.surroundings import Surroundings
from capacity.search.ports import Clock


class PrometheusMonitor:
    """Fulfils search.ports.Monitor for a Prometheus and what a first look at it has found.

    It takes `prometheus` over and closes it at its end.
    """

    def __init__(
        self,
        prometheus: Prometheus,
        source: PrometheusSource,
        look: FirstLook,
        plan: RunPlan,
        clock: Clock,
        surroundings: Surroundings | None = None,
    ) -> None:
        ruled = ruled_names(plan.rules)
        times = timing(source, look, ruled)
        self.facts = monitor_facts(look, f"Prometheus at {source.url}", ruled, plan.hold_s)
        self.answer_limit_s = times.answer_limit_s
        self.late_after_s = times.late_after_s
        self._prometheus = prometheus
        self._work = PrometheusWork(prometheus, look, plan.rules, times, clock, surroundings)
        self._thread = threading.Thread(target=self._run, name="prometheus monitor", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def begin_hold(self, step_index: int, start_unix_s: float) -> None:
        """Read the rules' windows from now on."""
        self._work.begin(step_index, start_unix_s)

    def end_hold(self, step_index: int, end_unix_s: float) -> None:
        """Read the whole hold, and again later."""
        self._work.end(step_index, end_unix_s)

    def poll(self) -> tuple[ResourceNews, ...]:
        """What was found out."""
        return self._work.poll()

    def close(self) -> None:
        """End the thread; a question under way is dropped."""
        self._work.close()
        self._prometheus.close()

    def _run(self) -> None:
        while not self._work.is_closed:
            self._work.wait(self._work.do_due())
