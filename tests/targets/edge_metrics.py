"""What would the controller of ingress-nginx tell of the requests that an nginx has noted?

Its names and labels, from an access log in the format FIELDS and the counters of the kernel.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from tests.lab.cpu_group import Counted

# When it ended, its status, the whole time, and those of the service, the last that was asked.
FIELDS = (
    "$msec $status $request_time"
    " $upstream_response_time $upstream_header_time $upstream_connect_time"
)
_PREFIX = "nginx_ingress_controller_"
_TIMES = ("request", "response", "header", "connect")
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class EdgeMetrics:
    """Everything that has been noted so far, read on at every scrape."""

    log: Path
    cpu: Counted
    _read_bytes: int = 0
    _statuses: Counter[str] = field(default_factory=Counter)
    _sums_s: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_TIMES, 0.0))
    _counts: Counter[str] = field(default_factory=Counter)
    _buckets: Counter[int] = field(default_factory=Counter)

    def lines(self, labels: str) -> Iterator[str]:
        """The metrics of one controller and its one ingress."""
        self._read_on()
        pod = labels.partition("pod=")[2]
        of_all = f'{labels},controller_pod={pod},ingress="shop"'
        for status, count in self._statuses.items():
            yield f'{_PREFIX}requests{{{of_all},status="{status}"}} {count}'
        for name in _TIMES:
            metric = f"{_PREFIX}{name}_duration_seconds"
            yield f"{metric}_sum{{{of_all}}} {self._sums_s[name]!r}"
            yield f"{metric}_count{{{of_all}}} {self._counts[name]}"
        below = accumulate(self._buckets[place] for place in range(len(_BUCKETS_S) + 1))
        for bound, count in zip((*_BUCKETS_S, "+Inf"), below, strict=True):
            metric = f"{_PREFIX}request_duration_seconds_bucket"
            yield f'{metric}{{{of_all},le="{bound}"}} {count}'
        used_s = self.cpu.count().usage_s
        yield f"{_PREFIX}nginx_process_cpu_seconds_total{{{labels}}} {used_s!r}"

    def _read_on(self) -> None:
        """Take the whole lines in that have been written since the last time."""
        with self.log.open("rb") as log:
            log.seek(self._read_bytes)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        for line in whole.decode().splitlines():
            _, status, *seconds = line.split()
            self._statuses[status] += 1
            for name, value in zip(_TIMES, seconds, strict=True):
                if value != "-":
                    self._sums_s[name] += float(value)
                    self._counts[name] += 1
            self._buckets[bisect_left(_BUCKETS_S, float(seconds[0]))] += 1
