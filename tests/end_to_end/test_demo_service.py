"""The demo service as a process: exact counts, known speed, and a certain end."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psutil
import pytest

from capacity.commands.demo_options import DemoOptions
from capacity.commands.demo_process import DemoProcess
from capacity.errors import MachineError


def stats_of(url: str) -> dict[str, float]:
    """Read the service's exact counts."""
    with urllib.request.urlopen(f"{url}stats", timeout=5) as response:  # noqa: S310  # loopback
        counts: dict[str, float] = json.load(response)
    return counts


def client_of(url: str) -> HTTPConnection:
    """Open one keep-alive connection."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    return HTTPConnection(parts.hostname, parts.port, timeout=10)


def status_of(client: HTTPConnection, path: str = "/") -> int:
    """Do one request on a living connection and read it to its end."""
    client.request("GET", path)
    response = client.getresponse()
    response.read()
    return response.status


def test_counts_are_exact_and_stats_are_not_counted() -> None:
    """Seven requests on any path are seven requests, whatever is asked of /stats."""
    with DemoProcess(DemoOptions(port=0, service_time_s=0.001)) as service:
        client = client_of(service.url)
        statuses = [status_of(client, f"/any/{number}") for number in range(7)]
        stats_of(service.url)

        assert statuses == [200] * 7
        assert stats_of(service.url) == {
            "requests": 7,
            "answered": 7,
            "failed": 0,
            "in_flight": 0,
            "max_in_flight": 1,
            "servers": 8,
            "service_time_s": 0.001,
        }
        client.close()


def test_echo_returns_the_body() -> None:
    """POST /echo gives back every byte, also more than the library's usual limit."""
    body = bytes(range(256)) * 8192  # 2 MiB
    with DemoProcess(DemoOptions(port=0, service_time_s=0.001)) as service:
        client = client_of(service.url)
        client.request("POST", "/echo", body=body)

        assert client.getresponse().read() == body
        client.close()


def test_unloaded_latency_is_the_service_time() -> None:
    """Alone on the service, the median latency is S and at most a few tenths of a ms more."""

    def median_s(url: str) -> float:
        client = client_of(url)
        status_of(client)
        latencies_s = []
        for _ in range(40):
            started_s = time.perf_counter()
            status_of(client)
            latencies_s.append(time.perf_counter() - started_s)
        client.close()
        return statistics.median(latencies_s)

    with DemoProcess(DemoOptions(port=0, service_time_s=0.010)) as service:
        medians_s = [median_s(service.url)]
        while medians_s[-1] >= 0.012 and len(medians_s) < 5:  # other work has the cores
            medians_s.append(median_s(service.url))

    # The service itself stays below 0.3 ms; the rest is this slow client.
    assert 0.010 <= min(medians_s) < 0.012


def test_saturated_throughput_is_servers_per_service_time() -> None:
    """With more requests in flight than servers, the rate is K / S within 1 %."""
    servers, service_time_s, clients = 4, 0.020, 12

    def ask_until(url: str, ended: threading.Event) -> None:
        client = client_of(url)
        while not ended.is_set():
            status_of(client)
        client.close()

    with DemoProcess(DemoOptions(port=0, servers=servers, service_time_s=service_time_s)) as demo:
        ended = threading.Event()
        threads = [
            threading.Thread(target=ask_until, args=(demo.url, ended)) for _ in range(clients)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        rates_qps: list[float] = []
        # Other work may have the cores; these slow clients then do not keep the service busy.
        while len(rates_qps) < 6 and max(rates_qps, default=0.0) < 0.98 * servers / service_time_s:
            first, first_s = stats_of(demo.url), time.monotonic()
            time.sleep(2.0)
            last, last_s = stats_of(demo.url), time.monotonic()
            rates_qps.append((last["answered"] - first["answered"]) / (last_s - first_s))
        ended.set()
        for thread in threads:
            thread.join()

    # 400 answers: the edges of the two looks are worth one batch of four.
    assert max(rates_qps) == pytest.approx(servers / service_time_s, rel=0.02)


def test_requests_above_the_failing_point_get_503_at_once() -> None:
    """The third request in flight is refused while two are being worked on."""
    with DemoProcess(DemoOptions(port=0, servers=2, service_time_s=1.5, fail_above=2)) as service:
        clients = [client_of(service.url) for _ in range(3)]
        for client in clients[:2]:
            client.request("GET", "/")
        while stats_of(service.url)["in_flight"] < 2:
            time.sleep(0.001)

        assert status_of(clients[2]) == 503
        assert [client.getresponse().status for client in clients[:2]] == [200, 200]
        assert stats_of(service.url)["failed"] == 1
        for client in clients:
            client.close()


def test_a_thousand_connections_are_carried() -> None:
    """A thousand clients at once are all answered."""
    with DemoProcess(DemoOptions(port=0, servers=1000, service_time_s=0.05)) as service:
        parts = urlsplit(service.url)
        sockets = [socket.create_connection((parts.hostname, parts.port)) for _ in range(1000)]
        for connection in sockets:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: demo\r\n\r\n")
        heads = [connection.recv(4096)[:15] for connection in sockets]
        for connection in sockets:
            connection.close()

        assert heads == [b"HTTP/1.1 200 OK"] * 1000
        assert stats_of(service.url)["requests"] == 1000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_totals(number: signal.Signals) -> None:
    """Ctrl-C or a polite kill ends it with exit code 0 and a last line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "capacity", "demo", "--port=0", "--service-time=1ms"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    ready = process.stdout.readline()
    client = client_of(ready.split()[2])
    status_of(client)
    client.close()
    process.send_signal(number)
    rest, _ = process.communicate(timeout=30)

    assert ready.endswith("/  8 servers x 1ms = 8,000/s, knee at 8\n")
    assert rest == (
        "demo service ended: 1 requests, 1 answered, 0 refused, 0 left in flight, "
        "at most 1 at a time\n"
    )
    assert process.returncode == 0


def test_a_taken_port_is_named_with_a_way_out() -> None:
    """A second service on the same port is refused, and the message says what to do."""
    with (
        DemoProcess(DemoOptions(port=0)) as service,
        pytest.raises(MachineError, match=r"port \d+ of 127.0.0.1 is taken"),
    ):
        DemoProcess(DemoOptions(port=urlsplit(service.url).port or 0))


def test_a_service_that_is_not_ready_in_time_is_ended() -> None:
    """The wait is bounded, the message says how long it was, and no process is left."""
    with pytest.raises(MachineError, match="was not ready within 0s"):
        DemoProcess(DemoOptions(port=0), ready_within_s=0.0)

    assert not any("demo" in child.cmdline() for child in psutil.Process().children())


def test_an_end_of_stdin_that_cannot_come_is_refused() -> None:
    """Without a pipe as stdin there is nothing to watch: exit code 2 and what to do."""
    ended = subprocess.run(
        [sys.executable, "-m", "capacity", "demo", "--port=0", "--until-stdin-closes"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert ended.returncode == 2
    assert "--until-stdin-closes: stdin is not a pipe" in ended.stderr


def test_it_has_a_session_of_its_own_and_stops_twice() -> None:
    """The terminal's Ctrl-C cannot reach it, and a second stop does nothing."""
    service = DemoProcess(DemoOptions(port=0))
    session = os.getsid(service.pid)
    service.stop()
    service.stop()

    assert session == service.pid
    assert not psutil.pid_exists(service.pid)


def test_it_does_not_outlive_a_killed_parent() -> None:
    """When the program that started it is killed, the service ends by itself."""
    code = (
        "from capacity.commands.demo_options import DemoOptions\n"
        "from capacity.commands.demo_process import DemoProcess\n"
        "import time\n"
        "print(DemoProcess(DemoOptions(port=0)).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    psutil.wait_procs([child], timeout=30)

    assert not child.is_running()
