"""How does the Rust core fulfil the Engine port?

Translates the plan into the core's arguments once, and each of its snapshots into ours. Requests
are made in Rust threads; Python only sets the concurrency and asks about once a second.
"""

import asyncio
import os
from ipaddress import ip_address
from math import isnan
from pathlib import Path

from capacity import _core
from capacity.engines.host_watch import HostWatch
from capacity.errors import CapacityError, EngineError, MachineError, TargetError, UsageError
from capacity.histogram import Histogram, summarize
from capacity.model.load import Arrivals, Ladder, OpenLoop, RateLadder
from capacity.model.plan import HttpRequest, RunPlan, Secret, Target, TlsTrust
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    FailureSample,
    FailureTrace,
    GeneratorLoad,
    Schedule,
    Side,
    SlotTimes,
    Snapshot,
    WarningKind,
)

# Beyond this more threads than cores only wait for one another.
_MAX_THREADS = 64


class NativeEngine:
    """The Rust core behind the Engine port; `addresses` are the resolved ones, used in turn."""

    def __init__(self, plan: RunPlan, addresses: tuple[tuple[str, int], ...]) -> None:
        request = plan.scenario.call
        if not isinstance(request, HttpRequest):
            raise UsageError(
                f"scenario {plan.scenario.name!r} is Python code",
                hint="set engine: aiohttp in the profile, or pass --engine aiohttp",
            )
        self._target = plan.target
        self._loop = _loop(plan.ladder)
        self._host = HostWatch()
        is_local = all(ip_address(address).is_loopback for address, _ in addresses)
        self._threads = _thread_count(plan, is_local=is_local)
        self._pool = _make_pool(
            plan.target,
            request,
            addresses,
            source_addresses=plan.source_addresses,
            ok_below_status=plan.scenario.ok_below_status,
            max_connections=plan.ladder.max_in_flight,
            max_requests=plan.fuses.max_requests,
            threads=self._threads,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the result should know about this engine."""
        threads = "1 load thread" if self._threads == 1 else f"{self._threads} load threads"
        return (f"native engine: {threads}, HTTP/1.1, {self._loop}",)

    def start(self) -> None:
        """Start the load threads; nothing is sent yet."""
        try:
            self._pool.start()
        except _core.LoadError as error:
            raise _explain(error, self._target) from None

    def set_concurrency(self, concurrency: int) -> None:
        """Keep so many requests in flight from now on."""
        self._pool.set_concurrency(concurrency)

    def set_rate(self, load: OpenLoop) -> None:
        """Plan so many starts a second from now on."""
        try:
            self._pool.set_rate(
                rate_qps=load.rate_qps,
                poisson=load.arrivals is Arrivals.POISSON,
                max_in_flight=load.max_in_flight,
            )
        except _core.LoadError as error:
            raise _explain(error, self._target) from None

    def ready_connections(self) -> int:
        """Slots that have had a connection, or a failed attempt at one."""
        return self._pool.ready_connections()

    def begin_window(self, window: int) -> None:
        """Requests that start from now on belong to `window`."""
        self._pool.begin_window(window)

    async def poll(self, timeout_s: float) -> Snapshot | None:
        """The next interval; the wait happens in Rust, without the interpreter's lock."""
        row = await asyncio.to_thread(self._pool.poll, timeout_s)
        return None if row is None else self._host.complete(_snapshot(row))

    def cut(self) -> None:
        """Drop every connection with a request in flight."""
        self._pool.cut()

    def close(self) -> None:
        """End the load threads."""
        self._pool.close()


def _loop(ladder: Ladder) -> str:
    return "open loop" if isinstance(ladder, RateLadder) else "closed loop"


def probe_target(
    target: Target, addresses: tuple[tuple[str, int], ...], source_addresses: tuple[str, ...]
) -> str:
    """Open one connection, TLS included, send no request; the address that answered.

    Raises TargetError when the target cannot be reached or is not believed.
    """
    request = HttpRequest("GET", Secret(b"/"), "/", (), None)
    pool = _make_pool(
        target,
        request,
        addresses,
        source_addresses=source_addresses,
        ok_below_status=400,
        max_connections=1,
        max_requests=0,
        threads=1,
    )
    try:
        return pool.probe()
    except _core.LoadError as error:
        raise _explain(error, target) from None


def _make_pool(
    target: Target,
    request: HttpRequest,
    addresses: tuple[tuple[str, int], ...],
    *,
    source_addresses: tuple[str, ...],
    ok_below_status: int,
    max_connections: int,
    max_requests: int,
    threads: int,
) -> _core.Pool:
    default_port = 443 if target.scheme == "https" else 80
    host = target.origin.removeprefix(f"{target.scheme}://")
    try:
        return _core.Pool(
            addresses=addresses,
            source_addresses=source_addresses,
            max_connections=max_connections,
            host_header=host.removesuffix(f":{default_port}"),
            tls=target.scheme == "https",
            server_name=target.host,
            verify_tls=target.trust is not TlsTrust.INSECURE,
            ca_pem=None if target.ca_file is None else Path(target.ca_file).read_bytes(),
            method=request.method,
            path=request.path.reveal(),
            headers=[(header.name, header.value.reveal()) for header in request.headers],
            body=None if request.body is None else request.body.reveal(),
            ok_below_status=ok_below_status,
            max_requests=max_requests,
            threads=threads,
            connect_timeout_s=target.timeouts.connect_s,
            first_byte_timeout_s=target.timeouts.first_byte_s,
            idle_timeout_s=target.timeouts.idle_s,
            total_timeout_s=target.timeouts.total_s,
        )
    except _core.LoadError as error:
        raise _explain(error, target) from None


def _explain(error: _core.LoadError, target: Target) -> CapacityError:
    kind, detail = error.args
    if kind == "config":
        return UsageError(
            f"{target.origin}: {detail}", hint="correct the target, the request or the TLS files"
        )
    if kind not in _KINDS:
        return EngineError(f"the load core failed: {detail}", hint="please report this")
    failure = FailureKind(kind)
    if failure.side is Side.LOCAL:
        return MachineError(f"{target.origin}: {kind}: {detail}", hint="raise the limit it names")
    hint = _HINTS.get(failure, "look at the service's own log for this connection")
    if failure is FailureKind.TLS_CERT_UNTRUSTED and target.ca_file is not None:
        hint = _NOT_SIGNED_BY_FILE
    return TargetError(f"{target.origin} cannot be used: {kind}: {detail}", hint=hint)


_KINDS = {kind.value for kind in FailureKind}

_HINTS = {
    FailureKind.CONN_REFUSED: "nothing listens there: check that the service runs, and its port",
    FailureKind.CONN_TIMEOUT: "check the address, and any firewall between here and there",
    FailureKind.CONN_UNREACHABLE: "check the address and the route to it",
    FailureKind.TLS_NOT_TLS: "the port does not speak TLS: use http:// or another port",
    FailureKind.TLS_ALPN: "the port does not offer HTTP/1.1: use another port or address",
    FailureKind.TLS_VERSION: "the port speaks no TLS 1.2 or 1.3: update or configure the service",
    FailureKind.TLS_CLIENT_CERT_REQUIRED: "the service asks for a client certificate, "
    "which cannot be given: use a port without that",
    FailureKind.TLS_CERT_UNTRUSTED: "name the authority that signed it with --cacert FILE",
    FailureKind.TLS_CERT_NAME: "use the host name that the certificate was made for",
    FailureKind.TLS_CERT_EXPIRED: "renew the certificate, or check the clock of this machine",
    FailureKind.TLS_CERT_NOT_YET: "check the clocks of this machine and of the issuer",
}

# `openssl req -x509` makes an authority's certificate, which may not stand for a server itself.
_NOT_SIGNED_BY_FILE = (
    "the file of --cacert did not sign it; a self-signed certificate must be made with "
    "basicConstraints=CA:FALSE, or be believed with --insecure"
)


def _thread_count(plan: RunPlan, *, is_local: bool) -> int:
    cores = os.cpu_count() or 1
    # A service on this machine needs cores too; what we take from it would look like its limit.
    free = cores // 2 if is_local else cores
    wanted = plan.threads if plan.threads is not None else free
    return max(1, min(wanted, _MAX_THREADS, plan.ladder.max_in_flight))


def _snapshot(row: _core.Snapshot) -> Snapshot:
    return Snapshot(
        window=row.window,
        start_s=row.start_s,
        end_s=row.end_s,
        counts=Counts(
            started=row.started,
            ok=row.ok,
            failures={FailureKind(name): count for name, count in row.failures},
            cut=row.cut,
            statuses=dict(row.statuses),
            sent_bytes=row.sent_bytes,
            received_bytes=row.received_bytes,
            warnings={WarningKind(name): count for name, count in row.warnings},
        ),
        ended_ok=row.ended_ok,
        ended_all=row.ended_all,
        in_flight=row.in_flight,
        window_over=row.window_over,
        connections_open=row.connections_open,
        connections=ConnectionCounts(
            opened=row.connections_opened,
            attempts_failed=row.connections_failed,
            closed_by_target=row.connections_closed_by_target,
        ),
        latency_blob=row.latency_blob,
        failed_latency_blob=row.failed_latency_blob,
        first_byte_blob=row.first_byte_blob,
        connect_blob=row.connect_blob,
        generator=_generator(row),
        scenario_latency_blob=b"",
        scenario_failures=0,
        tls_blob=row.tls_blob,
        transfer_blob=row.transfer_blob,
        fresh_latency_blob=row.fresh_latency_blob,
        response_blob=row.response_blob,
        send_lag_blob=row.send_lag_blob,
        loop_lag_blob=row.loop_lag_blob,
        schedule=Schedule(
            planned=row.planned,
            dropped_no_slot=row.dropped_no_slot,
            dropped_late=row.dropped_late,
            not_started=row.not_started,
        ),
        slots=SlotTimes(running_s=row.running_s, gap_s=row.gap_s, ended_time_s=row.ended_time_s),
        gaps=tuple(row.gaps),
        failure_traces=tuple(_trace(*trace) for trace in row.failure_samples),
    )


def _generator(row: _core.Snapshot) -> GeneratorLoad:
    lag = summarize(Histogram.from_blob(row.loop_lag_blob), least_above=0)
    waited = row.runqueue_wait_ratio
    return GeneratorLoad(
        cpu_ratio=row.cpu_ratio,
        # Not a number where the kernel does not tell.
        runqueue_wait_ratio=None if isnan(waited) else waited,
        loop_lag_s=None if lag is None else lag.p99_s,
        loop_lag_p50_s=None if lag is None else lag.p50_s,
        suspended_s=row.suspended_s,
    )


def _trace(
    kind: str,
    first_s: float,
    last_s: float,
    samples: list[tuple[float, int, int, float | None, bool]],
) -> FailureTrace:
    return FailureTrace(
        kind=FailureKind(kind),
        first_s=first_s,
        last_s=last_s,
        samples=tuple(
            FailureSample(at_s, status or None, received_bytes, latency_s, is_reused)
            for at_s, status, received_bytes, latency_s, is_reused in samples
        ),
    )
