"""What is one interval of measurement made of?

A request has exactly one end: ok, one failure kind, or cut at the end of a step. For every window
`started = ok + failures + cut + in_flight` holds in whole numbers; nothing is averaged away.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Side(StrEnum):
    """Who has to act on a failure. Only TARGET and NETWORK enter the target's error rate."""

    TARGET = "target"
    NETWORK = "network"
    LOCAL = "local"
    CONFIG = "config"


class FailureKind(StrEnum):
    """Why a request was not ok: stable machine names, equal in Rust (a contract test compares)."""

    CONN_REFUSED = "conn.refused"
    CONN_RESET_EARLY = "conn.reset_early"
    CONN_TIMEOUT = "conn.timeout"
    CONN_UNREACHABLE = "conn.unreachable"
    CONN_STALE = "conn.stale"
    TLS_CERT_EXPIRED = "tls.cert.expired"
    TLS_CERT_NOT_YET = "tls.cert.not_yet"
    TLS_CERT_NAME = "tls.cert.name"
    TLS_CERT_UNTRUSTED = "tls.cert.untrusted"
    TLS_CERT_OTHER = "tls.cert.other"
    TLS_VERSION = "tls.version"
    TLS_ALERT = "tls.alert"
    TLS_HANDSHAKE_REFUSED = "tls.alert.handshake_failure"
    TLS_CLIENT_CERT_REQUIRED = "tls.alert.certificate_required"
    TLS_NOT_TLS = "tls.not_tls"
    TLS_ALPN = "tls.alpn"
    TLS_FLOOD = "tls.flood"
    TLS_TIMEOUT = "tls.timeout"
    TLS_OTHER = "tls.other"
    WRITE_RESET = "write.reset"
    WRITE_STALL = "write.stall"
    RESP_EOF_BEFORE_STATUS = "resp.eof.before_status"
    RESP_EOF_HEADERS = "resp.eof.headers"
    RESP_EOF_BODY = "resp.eof.body"
    RESP_EOF_TLS_TRUNCATED = "resp.eof.tls_truncated"
    RESP_RESET_BEFORE_STATUS = "resp.reset.before_status"
    RESP_RESET_HEADERS = "resp.reset.headers"
    RESP_RESET_BODY = "resp.reset.body"
    RESP_TIMEOUT_FIRST_BYTE = "resp.timeout.first_byte"
    RESP_TIMEOUT_HEADERS = "resp.timeout.headers"
    RESP_TIMEOUT_IDLE = "resp.timeout.idle"
    RESP_TIMEOUT_TOTAL = "resp.timeout.total"
    PROTO_NOT_HTTP = "proto.not_http"
    PROTO_VERSION = "proto.version"
    PROTO_STATUS = "proto.status"
    PROTO_HEADER = "proto.header"
    PROTO_HEADER_TOO_LARGE = "proto.header_too_large"
    PROTO_CONTENT_LENGTH = "proto.content_length"
    PROTO_TE = "proto.te"
    PROTO_CHUNK = "proto.chunk"
    PROTO_CHUNK_EXT = "proto.chunk_ext"
    PROTO_TRAILER = "proto.trailer"
    PROTO_TOO_MANY_1XX = "proto.too_many_1xx"
    PROTO_UNEXPECTED_101 = "proto.unexpected_101"
    PROTO_EARLY_RESPONSE = "proto.early_response"
    BODY_TOO_LARGE = "body.too_large"
    HTTP_STATUS = "http.status"
    CHECK_FAILED = "check.failed"
    LOCAL_FD = "local.fd"
    LOCAL_PORTS = "local.ports"
    LOCAL_MEMORY = "local.memory"
    LOCAL_OTHER = "local.other"

    @property
    def side(self) -> Side:
        """The side to blame; target unless the table below says otherwise."""
        return _OTHER_SIDES.get(self, Side.TARGET)

    @property
    def is_soft(self) -> bool:
        """Whether it is a race that no party could have avoided: an error, but told apart."""
        return self is FailureKind.CONN_STALE


_OTHER_SIDES = {
    FailureKind.CONN_TIMEOUT: Side.NETWORK,
    FailureKind.CONN_UNREACHABLE: Side.NETWORK,
    FailureKind.TLS_NOT_TLS: Side.CONFIG,
    FailureKind.TLS_ALPN: Side.CONFIG,
    FailureKind.TLS_CLIENT_CERT_REQUIRED: Side.CONFIG,
    FailureKind.LOCAL_FD: Side.LOCAL,
    FailureKind.LOCAL_PORTS: Side.LOCAL,
    FailureKind.LOCAL_MEMORY: Side.LOCAL,
    FailureKind.LOCAL_OTHER: Side.LOCAL,
}


# Too Many Requests, Service Unavailable.
_REJECTING_STATUSES = (429, 503)


class WarningKind(StrEnum):
    """What was odd about an answer that could still be understood; equal in Rust.

    A warning changes no request's end: the same request is also ok, failed or cut.
    """

    CONN_REOPENED = "conn.reopened"
    PROTO_EXTRA_DATA = "proto.extra_data"
    PROTO_TE_AND_CONTENT_LENGTH = "proto.te_and_content_length"
    PROTO_OBS_FOLD = "proto.obs_fold"
    BODY_ON_205 = "body.on_205"


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact counts of the requests that *started* in one window, wherever they ended."""

    started: int = 0
    ok: int = 0
    failures: Mapping[FailureKind, int] = field(default_factory=dict)
    cut: int = 0
    statuses: Mapping[int, int] = field(default_factory=dict)
    sent_bytes: int = 0
    received_bytes: int = 0
    warnings: Mapping[WarningKind, int] = field(default_factory=dict)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            started=self.started + other.started,
            ok=self.ok + other.ok,
            failures=dict(Counter(self.failures) + Counter(other.failures)),
            cut=self.cut + other.cut,
            statuses=dict(Counter(self.statuses) + Counter(other.statuses)),
            sent_bytes=self.sent_bytes + other.sent_bytes,
            received_bytes=self.received_bytes + other.received_bytes,
            warnings=dict(Counter(self.warnings) + Counter(other.warnings)),
        )

    def failed_on(self, *sides: Side) -> int:
        """How many requests failed on one of these sides."""
        return sum(count for kind, count in self.failures.items() if kind.side in sides)

    @property
    def soft(self) -> int:
        """Failures that are races; they are among those of their side, too."""
        return sum(count for kind, count in self.failures.items() if kind.is_soft)

    @property
    def rejected(self) -> int:
        """Answers that told us to come again later: a limiter, not a slow service."""
        return sum(self.statuses.get(status, 0) for status in _REJECTING_STATUSES)

    @property
    def ended(self) -> int:
        """Requests with a terminal state."""
        return self.ok + sum(self.failures.values()) + self.cut

    @property
    def judged(self) -> int:
        """Denominator of success and error rate: ok plus failures of target and network."""
        return self.ok + self.failed_on(Side.TARGET, Side.NETWORK)

    @property
    def success_ratio(self) -> float | None:
        """Share of judged requests that were ok; None when nothing was judged."""
        return self.ok / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class ConnectionCounts:
    """What happened to connections in one interval."""

    opened: int = 0
    attempts_failed: int = 0
    closed_by_target: int = 0

    def __add__(self, other: "ConnectionCounts") -> "ConnectionCounts":
        return ConnectionCounts(
            opened=self.opened + other.opened,
            attempts_failed=self.attempts_failed + other.attempts_failed,
            closed_by_target=self.closed_by_target + other.closed_by_target,
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """What became of the starts that an open loop planned; closed loops plan none ahead.

    `planned = started + dropped_no_slot + dropped_late + not_started`, in whole numbers.
    """

    planned: int = 0
    dropped_no_slot: int = 0
    dropped_late: int = 0
    not_started: int = 0

    def __add__(self, other: "Schedule") -> "Schedule":
        return Schedule(
            planned=self.planned + other.planned,
            dropped_no_slot=self.dropped_no_slot + other.dropped_no_slot,
            dropped_late=self.dropped_late + other.dropped_late,
            not_started=self.not_started + other.not_started,
        )


@dataclass(frozen=True, slots=True)
class SlotTimes:
    """What the slots did with their time, summed over slots.

    `running_s` is the time with a request taken up, connecting included; `gap_s` the time between
    taking a request up and sending it, or giving it up, for sends inside the interval;
    `ended_time_s` the time in flight of every request, good or not, that ended inside it.
    """

    running_s: float = 0.0
    gap_s: float = 0.0
    ended_time_s: float = 0.0

    def __add__(self, other: "SlotTimes") -> "SlotTimes":
        return SlotTimes(
            running_s=self.running_s + other.running_s,
            gap_s=self.gap_s + other.gap_s,
            ended_time_s=self.ended_time_s + other.ended_time_s,
        )


@dataclass(frozen=True, slots=True)
class FailureSample:
    """One failed request in facts; never a byte of request or answer.

    `status` is None when no status line came, `latency_s` None when nothing was sent.
    """

    at_s: float
    status: int | None
    received_bytes: int
    latency_s: float | None
    is_reused: bool


@dataclass(frozen=True, slots=True)
class FailureTrace:
    """When failures of one kind were seen first and last, and the first few of them."""

    kind: FailureKind
    first_s: float
    last_s: float
    samples: tuple[FailureSample, ...]


@dataclass(frozen=True, slots=True)
class GeneratorLoad:
    """How busy the generator itself was: the busiest thread (or process) decides.

    Lateness is that of a 10 ms tick of the load threads: `loop_lag_s` its P99, `loop_lag_p50_s`
    its median. `suspended_s` is how long the machine slept; `steal_ratio` the share of its CPU
    time that a hypervisor took, `throttled_ratio` the share of wall time in which our cgroup was
    held back. None is not known.
    """

    cpu_ratio: float
    runqueue_wait_ratio: float | None
    loop_lag_s: float | None
    loop_lag_p50_s: float | None = None
    suspended_s: float | None = None
    steal_ratio: float | None = None
    throttled_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Latency of one series. Percentiles are nearest rank, from one merged histogram.

    A tail percentile with too few samples above it is None: it would be the maximum by another
    name. `p99_low_s` and `p99_high_s` bound the P99 at 95 %, whatever the distribution is.
    """

    count: int
    mean_s: float
    min_s: float
    max_s: float
    p50_s: float
    p90_s: float | None
    p95_s: float | None
    p99_s: float | None
    p999_s: float | None
    p99_low_s: float | None = None
    p99_high_s: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One interval of one window, summed over the engine's threads.

    `window` is the number given to `Engine.begin_window`. `counts` follow the window in which a
    request started; `ended_ok` and `ended_all` count what ended inside this interval, whatever its
    window, and are 0 in rows of stragglers (`start_s == end_s`). Times are seconds on the engine's
    monotonic clock. The blobs are HdrHistogram V2 (deflate) of nanoseconds, empty when unused.
    What an engine cannot measure is None, or an empty blob where it stands for no sample.
    `connect_blob` holds TLS too when `tls_blob` is None; `fresh_latency_blob` is the time from the
    begin of the connect to the last byte, for ok requests that opened their connection.
    `response_blob` (from the planned start) and `send_lag_blob` (its delay) exist in open loops.
    `gaps` are the longest stretches in which no thread completed anything.
    `in_flight` is the number of requests of this window still open; `window_over` says that the
    window has been left, so that a row with both 0 in flight is its last.
    """

    window: int
    start_s: float
    end_s: float
    counts: Counts
    ended_ok: int
    ended_all: int
    in_flight: int
    window_over: bool
    connections_open: int
    connections: ConnectionCounts
    latency_blob: bytes
    failed_latency_blob: bytes
    first_byte_blob: bytes
    connect_blob: bytes
    generator: GeneratorLoad | None
    scenario_latency_blob: bytes
    scenario_failures: int
    tls_blob: bytes | None = None
    transfer_blob: bytes | None = None
    fresh_latency_blob: bytes | None = None
    response_blob: bytes = b""
    send_lag_blob: bytes = b""
    loop_lag_blob: bytes = b""
    schedule: Schedule | None = None
    slots: SlotTimes | None = None
    gaps: tuple[tuple[float, float], ...] | None = None
    failure_traces: tuple[FailureTrace, ...] = ()

    @property
    def ruling_blob(self) -> bytes:
        """The latency that rules and verdict go by: from the planned start where there is one."""
        return self.response_blob or self.latency_blob
