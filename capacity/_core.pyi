"""The Rust core: the load engine's pool and the latency histogram."""

from collections.abc import Sequence
from typing import final

__all__ = [
    "Histogram",
    "LoadError",
    "Pool",
    "Snapshot",
    "__version__",
    "failure_kinds",
    "is_release_build",
    "warning_kinds",
]

__version__: str
is_release_build: bool

class LoadError(Exception):
    """A fault before or outside single requests; `args` is `(kind, detail)`.

    `kind` is a failure kind name (see `failure_kinds`), or `config`, or `internal`.
    """

@final
class Histogram:
    """HdrHistogram of nanoseconds, 3 significant digits, 1 ns to 1 h; larger values saturate."""

    def __new__(cls) -> Histogram: ...
    @staticmethod
    def from_blob(blob: bytes) -> Histogram:
        """Read HdrHistogram V2 (plain or deflate); empty bytes give an empty histogram.

        Raises LoadError("config", ...) for anything else.
        """

    def record_s(self, seconds: float) -> None:
        """Add one value; negative or not finite raises LoadError."""

    def add(self, other: Histogram) -> None:
        """Add all counts of another histogram."""

    def to_blob(self) -> bytes:
        """HdrHistogram V2, deflate, then exact sum and extremes; empty when nothing is recorded."""

    def quantile_s(self, quantile: float) -> float:
        """Nearest-rank quantile in seconds (highest equivalent value); 0.0 when empty."""

    @property
    def count(self) -> int: ...
    @property
    def mean_s(self) -> float: ...
    @property
    def min_s(self) -> float: ...
    @property
    def max_s(self) -> float: ...

@final
class Snapshot:
    """One interval of one window, merged over threads; see capacity.model.snapshot.Snapshot."""

    @property
    def window(self) -> int: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...
    @property
    def window_over(self) -> bool: ...
    @property
    def planned(self) -> int:
        """Starts that the schedule wanted; in the closed loop every start is one.

        `planned = started + dropped_no_slot + dropped_late + not_started`.
        """

    @property
    def dropped_no_slot(self) -> int: ...
    @property
    def dropped_late(self) -> int: ...
    @property
    def not_started(self) -> int: ...
    @property
    def started(self) -> int: ...
    @property
    def ok(self) -> int: ...
    @property
    def failures(self) -> list[tuple[str, int]]: ...
    @property
    def warnings(self) -> list[tuple[str, int]]: ...
    @property
    def cut(self) -> int: ...
    @property
    def statuses(self) -> list[tuple[int, int]]: ...
    @property
    def sent_bytes(self) -> int: ...
    @property
    def received_bytes(self) -> int: ...
    @property
    def ended_ok(self) -> int: ...
    @property
    def ended_all(self) -> int: ...
    @property
    def running_s(self) -> float:
        """Time integral of the slots that have a request taken up, connecting included."""

    @property
    def gap_s(self) -> float:
        """Time between taking requests up and sending them, for sends in the interval.

        A failure before the send ends it, too. Up to what is open at the edges of the interval,
        `running_s = gap_s + ended_time_s`.
        """

    @property
    def ended_time_s(self) -> float:
        """Time in flight (first request byte to end) of all that ended in the interval."""

    @property
    def in_flight(self) -> int: ...
    @property
    def connections_open(self) -> int: ...
    @property
    def connections_opened(self) -> int: ...
    @property
    def connections_failed(self) -> int: ...
    @property
    def connections_closed_by_target(self) -> int: ...
    @property
    def latency_blob(self) -> bytes:
        """Ok requests: first request byte to last response byte."""

    @property
    def failed_latency_blob(self) -> bytes: ...
    @property
    def first_byte_blob(self) -> bytes:
        """Ok requests: last request byte to first response byte."""

    @property
    def transfer_blob(self) -> bytes:
        """Ok requests: first to last response byte."""

    @property
    def fresh_latency_blob(self) -> bytes:
        """Ok requests that opened their connection: connection start to last byte."""

    @property
    def response_blob(self) -> bytes:
        """Open loop only, ok requests: planned start to last response byte."""

    @property
    def send_lag_blob(self) -> bytes:
        """Open loop only, every started request: planned to actual start."""

    @property
    def connect_blob(self) -> bytes:
        """New connections: TCP alone."""

    @property
    def tls_blob(self) -> bytes:
        """New connections: TLS alone."""

    @property
    def loop_lag_blob(self) -> bytes:
        """How late a tick of 10 ms came, on each load thread."""

    @property
    def longest_gap_s(self) -> float:
        """The longest time without a complete answer on any thread.

        Of those which ended in the interval or reach to its end; it counts from where it began,
        be that in an interval before, but not before the window.
        """

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """The longest such times (start_s, end_s), cut at the interval's edges, in order.

        Where one ends an answer came, and the next may begin at once; only a time that reaches an
        edge of its interval goes on beyond it.
        """

    @property
    def failure_samples(
        self,
    ) -> list[tuple[str, float, float, list[tuple[float, int, int, float | None, bool]]]]:
        """Per failure kind: (kind, first_s, last_s, samples), at most 5 samples.

        A sample is (at_s, status or 0, received_bytes, latency_s, is_reused); `latency_s` is None
        when no request byte was written.
        """

    @property
    def cpu_ratio(self) -> float: ...
    @property
    def runqueue_wait_ratio(self) -> float: ...
    @property
    def suspended_s(self) -> float:
        """How long the machine was suspended."""

@final
class Pool:
    """Threads and connections that keep N requests in flight; survives from step to step.

    `addresses` are numeric IPs with their port, used in turn, and so are `source_addresses`; when
    these are empty the kernel chooses, and loopback is spread over several where ports would run
    short. Room for `max_connections` descriptors is made at once; LoadError("local.fd", ...) names
    the command when this process may not. `server_name` is checked against the certificate when
    `tls`. `ca_pem` replaces the system's authorities; `verify_tls=False` believes
    every certificate. `headers` must not hold Content-Length, Transfer-Encoding or Connection;
    Host is added from `host_header` unless it is among them. All threads together never start
    more than `max_requests` requests. Raises LoadError("config", ...) for an impossible plan. No
    packet is sent before `set_concurrency`.
    """

    def __new__(
        cls,
        *,
        addresses: Sequence[tuple[str, int]],
        source_addresses: Sequence[str],
        max_connections: int,
        host_header: str,
        tls: bool,
        server_name: str,
        verify_tls: bool,
        ca_pem: bytes | None,
        method: str,
        path: bytes,
        headers: Sequence[tuple[str, bytes]],
        body: bytes | None,
        ok_below_status: int,
        max_requests: int,
        threads: int,
        connect_timeout_s: float,
        first_byte_timeout_s: float,
        idle_timeout_s: float,
        total_timeout_s: float,
    ) -> Pool: ...
    def probe(self) -> str:
        """Open one connection (with TLS if asked), send no request, close; the peer's address.

        Raises LoadError(kind, detail) with the failure kind of the fault.
        """

    def start(self) -> None:
        """Start the threads; window 0 begins."""

    def set_concurrency(self, concurrency: int) -> None: ...
    def set_rate(self, *, rate_qps: float, poisson: bool, max_in_flight: int) -> None:
        """Plan starts from now on, until `set_concurrency` ends it; all threads share one plan.

        A start that finds `max_in_flight` requests in flight counts as dropped. Raises
        LoadError("config", ...) for a rate that cannot be planned.
        """

    def ready_connections(self) -> int: ...
    def begin_window(self, window: int) -> None:
        """Requests taken up from now on belong to `window`; its number must grow."""

    def poll(self, timeout_s: float) -> Snapshot | None:
        """The next snapshot, oldest first; waits with the GIL released, in slices of 100 ms."""

    def cut(self) -> None: ...
    def close(self) -> None: ...

def failure_kinds() -> list[tuple[str, str]]:
    """Every failure kind as (name, side), in the order of the Rust enum."""

def warning_kinds() -> list[str]:
    """Every kind of odd answer, in the order of the Rust enum."""
