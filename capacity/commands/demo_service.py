"""What does a service of exactly known capacity look like?

A queue in front of K servers of S seconds each: K / S requests per second, and a knee at K
requests in flight. Every answer leaves at a computed time, so queueing costs no drift.
"""

import asyncio
import contextlib
import errno
import gc
import heapq
import ipaddress
import json
import os
import resource
import signal
import sys
from typing import Any

import click
from aiohttp import web

from capacity.commands.demo_options import DemoOptions
from capacity.engines.aiohttp_loop import precise_event_loop
from capacity.errors import MachineError, UsageError
from capacity.units import format_duration, format_qps

_BACKLOG = 4096
_KEEPALIVE_S = 3600.0
_WAKE_EARLY_S = 0.00015
_MAX_BODY_BYTES = 64 * 1024 * 1024


class WorkQueue:
    """Who serves next, and when is each request done? Pure arithmetic on given times."""

    def __init__(self, options: DemoOptions) -> None:
        self._options = options
        self._free_at_s = [0.0] * options.servers
        self._requests = 0
        self._answered = 0
        self._failed = 0
        self._in_flight = 0
        self._max_in_flight = 0

    def arrive(self, now_s: float) -> float | None:
        """Take a request in: the time of its answer, or None when it is refused at once.

        Every request that arrives must `leave` once.
        """
        self._requests += 1
        self._in_flight += 1
        self._max_in_flight = max(self._max_in_flight, self._in_flight)
        options = self._options
        if options.fail_above is not None and self._in_flight > options.fail_above:
            return None
        done_s = max(now_s, self._free_at_s[0]) + options.service_time_s
        heapq.heapreplace(self._free_at_s, done_s)
        if options.slow_above is not None and self._in_flight > options.slow_above:
            return done_s + options.slow_time_s  # a wait behind the server: capacity is unchanged
        return done_s

    def leave(self, *, refused: bool) -> None:
        """Count a request out, answered or refused."""
        self._in_flight -= 1
        if refused:
            self._failed += 1
        else:
            self._answered += 1

    def stats(self) -> dict[str, int | float]:
        """Exact counts: requests = answered + failed + in_flight."""
        return {
            "requests": self._requests,
            "answered": self._answered,
            "failed": self._failed,
            "in_flight": self._in_flight,
            "max_in_flight": self._max_in_flight,
            "servers": self._options.servers,
            "service_time_s": self._options.service_time_s,
        }


class _Service:
    """The queue behind HTTP."""

    def __init__(self, queue: WorkQueue) -> None:
        self._queue = queue
        self._loop = asyncio.get_running_loop()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/stats":
            return web.Response(
                text=json.dumps(self._queue.stats()), content_type="application/json"
            )
        refused = True
        done_s = self._queue.arrive(self._loop.time())
        try:
            if done_s is None:
                return web.Response(status=503, text="busy\n")
            refused = False
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._loop.call_at(done_s, _wake, waiter)
            await waiter
            if request.path == "/echo":
                return web.Response(body=await request.read())
            return web.Response(text="ok\n")
        finally:
            self._queue.leave(refused=refused)

    def make_request(self, *parts: Any) -> web.BaseRequest:
        """Build a request whose body may be larger than the library's default of 1 MiB."""
        message, payload, protocol, writer, task = parts
        return web.BaseRequest(
            message,
            payload,
            protocol,
            writer,
            task,
            self._loop,
            client_max_size=_MAX_BODY_BYTES,
        )


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():  # the end of the service cancels those who wait
        waiter.set_result(None)


def serve(options: DemoOptions) -> None:
    """Serve until SIGINT, SIGTERM or the end of stdin; prints a line when ready and the totals.

    Raises UsageError for a host that is not loopback, MachineError for a port that is taken.
    """
    host = _loopback_address(options.host)
    _allow_many_descriptors()
    with asyncio.Runner(
        loop_factory=lambda: precise_event_loop(wake_early_s=_WAKE_EARLY_S)
    ) as runner:
        runner.run(_serve(host, options))


async def _serve(host: str, options: DemoOptions) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if options.until_stdin_closes:
        _watch_stdin(loop, ended)
    queue = WorkQueue(options)
    service = _Service(queue)
    server = web.Server(
        service.answer,
        request_factory=service.make_request,
        access_log=None,
        keepalive_timeout=_KEEPALIVE_S,
    )
    try:
        listener = await loop.create_server(server, host, options.port, backlog=_BACKLOG)
    except OSError as error:
        raise _cannot_listen(error, host, options.port) from error
    port = listener.sockets[0].getsockname()[1]
    gc.freeze()  # what was made for start-up need not be looked at again
    click.echo(
        f"demo service: http://{_in_url(host)}:{port}/  {options.servers} servers x "
        f"{format_duration(options.service_time_s)} = {format_qps(options.capacity_qps)}/s, "
        f"knee at {options.servers}"
    )
    try:
        await ended.wait()
    finally:
        totals = queue.stats()
        listener.close()
        await server.shutdown(timeout=0.1)
    # Whoever started the service may be gone, and its pipe with it.
    with contextlib.suppress(BrokenPipeError):
        click.echo(
            f"demo service ended: {totals['requests']} requests, {totals['answered']} answered, "
            f"{totals['failed']} refused, {totals['in_flight']} left in flight, "
            f"at most {totals['max_in_flight']} at a time"
        )


def _watch_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    stdin = sys.stdin.fileno()

    def read() -> None:
        if os.read(stdin, 4096) == b"":
            loop.remove_reader(stdin)
            ended.set()

    try:
        loop.add_reader(stdin, read)
    except PermissionError as error:  # a file, or /dev/null: it has no end to wait for
        raise UsageError(
            "--until-stdin-closes: stdin is not a pipe",
            hint="start the service with a pipe as stdin, or leave the option out",
        ) from error


def _loopback_address(host: str) -> str:
    if host == "localhost":
        return "127.0.0.1"
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError(
            f"--host: {host!r} is not a loopback address",
            hint="the demo service is for this machine alone; use 127.0.0.1 or ::1",
        )
    return host


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _cannot_listen(error: OSError, host: str, port: int) -> MachineError:
    where = f"{_in_url(host)}:{port}"
    if error.errno == errno.EADDRINUSE:
        return MachineError(
            f"port {port} of {_in_url(host)} is taken by another program",
            hint="take another one with --port, or --port 0 for any free port",
        )
    if error.errno == errno.EACCES:
        return MachineError(
            f"no right to listen on {where}", hint="take a port above 1023 with --port"
        )
    return MachineError(
        f"cannot listen on {where}: {os.strerror(error.errno or 0)}",
        hint="take another --host or --port",
    )


def _allow_many_descriptors() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A refusal leaves the limit as it is; then fewer connections fit, and accept says so.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
