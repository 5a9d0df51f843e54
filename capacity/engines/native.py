"""How does the Rust core fulfil the Engine port?

Translates the plan into the core's arguments once, and each of its snapshots into ours. Requests
are made in Rust threads; Python only sets the concurrency and asks about once a second.
"""

import asyncio
import os
from pathlib import Path

from capacity import _core
from capacity.errors import EngineError, MachineError, TargetError, UsageError
from capacity.model.plan import HttpRequest, RunPlan, TlsTrust
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    GeneratorLoad,
    Side,
    Snapshot,
)

# Beyond this more threads than cores only wait for one another.
_MAX_THREADS = 64


class NativeEngine:
    """The Rust core behind the Engine port; `addresses` are the resolved ones, used in turn."""

    def __init__(self, plan: RunPlan, addresses: tuple[tuple[str, int], ...]) -> None:
        request = plan.scenario.call
        if not isinstance(request, HttpRequest):
            raise UsageError(
                f"scenario {plan.scenario.name!r} is Python code, which the native engine cannot run",
                hint="set engine: aiohttp in the profile, or pass --engine aiohttp",
            )
        self._origin = plan.target.origin
        self._threads = _thread_count(plan)
        self._pool = self._make_pool(plan, request, addresses)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the result should know about this engine."""
        return (f"native engine: {self._threads} load threads, HTTP/1.1, closed loop",)

    def probe(self) -> str:
        """Open and close one connection, send no request; the address that answered.

        Raises TargetError when the target cannot be reached or is not believed.
        """
        try:
            return self._pool.probe()
        except _core.LoadError as error:
            raise self._explain(error) from None

    def start(self) -> None:
        """Start the load threads; nothing is sent yet."""
        try:
            self._pool.start()
        except _core.LoadError as error:
            raise self._explain(error) from None

    def set_concurrency(self, concurrency: int) -> None:
        """Keep so many requests in flight from now on."""
        self._pool.set_concurrency(concurrency)

    def ready_connections(self) -> int:
        """Slots that have had a connection, or a failed attempt at one."""
        return self._pool.ready_connections()

    def begin_window(self, window: int) -> None:
        """Requests that start from now on belong to `window`."""
        self._pool.begin_window(window)

    async def poll(self, timeout_s: float) -> Snapshot | None:
        """The next interval; the wait happens in Rust, without the interpreter's lock."""
        row = await asyncio.to_thread(self._pool.poll, timeout_s)
        return None if row is None else _snapshot(row)

    def cut(self) -> None:
        """Drop every connection with a request in flight."""
        self._pool.cut()

    def close(self) -> None:
        """End the load threads."""
        self._pool.close()

    def _make_pool(
        self, plan: RunPlan, request: HttpRequest, addresses: tuple[tuple[str, int], ...]
    ) -> _core.Pool:
        target = plan.target
        default_port = 443 if target.scheme == "https" else 80
        host = target.origin.removeprefix(f"{target.scheme}://")
        try:
            return _core.Pool(
                addresses=addresses,
                host_header=host.removesuffix(f":{default_port}"),
                tls=target.scheme == "https",
                server_name=target.host,
                verify_tls=target.trust is not TlsTrust.INSECURE,
                ca_pem=None if target.ca_file is None else Path(target.ca_file).read_bytes(),
                method=request.method,
                path=request.path.reveal(),
                headers=[(header.name, header.value.reveal()) for header in request.headers],
                body=None if request.body is None else request.body.reveal(),
                ok_below_status=plan.scenario.ok_below_status,
                threads=self._threads,
                connect_timeout_s=target.timeouts.connect_s,
                first_byte_timeout_s=target.timeouts.first_byte_s,
                idle_timeout_s=target.timeouts.idle_s,
                total_timeout_s=target.timeouts.total_s,
            )
        except _core.LoadError as error:
            raise self._explain(error) from None

    def _explain(
        self, error: _core.LoadError
    ) -> TargetError | UsageError | EngineError | MachineError:
        kind, detail = error.args
        if kind == "config":
            return UsageError(
                f"{self._origin}: {detail}", hint="correct the target or the TLS files"
            )
        if kind not in FailureKind:
            return EngineError(f"the load core failed: {detail}", hint="please report this")
        if FailureKind(kind).side is Side.LOCAL:
            return MachineError(
                f"{self._origin}: {kind}: {detail}", hint="raise the limit named above"
            )
        return TargetError(
            f"{self._origin} cannot be used: {kind}: {detail}", hint=_hint(FailureKind(kind))
        )


def _hint(kind: FailureKind) -> str:
    match kind:
        case FailureKind.CONN_REFUSED:
            return "nothing listens there: check that the service runs, and its port"
        case FailureKind.CONN_TIMEOUT | FailureKind.CONN_UNREACHABLE:
            return "check the address, the route and any firewall between here and there"
        case FailureKind.TLS_NOT_TLS:
            return "the port does not speak TLS: use http:// or another port"
        case FailureKind.TLS_CERT_UNTRUSTED:
            return "name the authority that signed it with --cacert FILE"
        case FailureKind.TLS_CERT_NAME:
            return "use the host name that the certificate was made for"
        case FailureKind.TLS_CERT_EXPIRED | FailureKind.TLS_CERT_NOT_YET:
            return "renew the certificate, or check the clock of this machine"
        case _:
            return "look at the service's own log for this connection"


def _thread_count(plan: RunPlan) -> int:
    wanted = plan.threads if plan.threads is not None else (os.cpu_count() or 1)
    return max(1, min(wanted, _MAX_THREADS, max(plan.concurrencies)))


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
        generator=GeneratorLoad(
            cpu_ratio=row.cpu_ratio, runqueue_wait_ratio=row.runqueue_wait_ratio, loop_lag_s=None
        ),
        scenario_latency_blob=b"",
        scenario_failures=0,
    )
