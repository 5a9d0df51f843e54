"""Planned starts and source addresses against a real service, by the real command."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from capacity.commands.demo_options import DemoOptions
from tests.end_to_end.tool import Ended, capacity, demo_service, run_tool, stats, undisturbed

# 8 servers of 10 ms: 800/s, and 10 ms for whoever does not have to wait.
SERVICE = DemoOptions(port=0)


class _Answering(BaseHTTPRequestHandler):
    """A service that remembers where its connections came from."""

    protocol_version = "HTTP/1.1"
    peers: ClassVar[set[str]] = set()

    def do_GET(self) -> None:
        self.peers.add(str(self.client_address[0]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing on standard error."""


def books(step: dict[str, Any]) -> int:
    """What became of the planned starts of a step, added up."""
    schedule = step["schedule"]
    dropped: int = schedule["dropped_no_slot"] + schedule["dropped_late"]
    started: int = step["counts"]["started"]
    not_started: int = schedule["not_started"]
    return started + dropped + not_started


def climb_undisturbed(*words: str, out: Path) -> tuple[Ended, dict[str, Any]]:
    """Climb undisturbed, a new service each time; what the last one has seen is told, too."""
    seen: dict[str, Any] = {}

    def climb(folder: Path) -> Ended:
        with demo_service(SERVICE) as service:
            ended = run_tool(service.url, *words, out=folder)
            seen.update(stats(service.url))
        return ended

    return undisturbed(climb, out), seen


def test_a_rate_is_planned_to_the_request(tmp_path: Path) -> None:
    """3 s of 50, 100 and 200 a second are 150, 300 and 600 starts; nobody waits but for service."""
    ended, seen = climb_undisturbed(
        *("--rate", "50,100,200", "--arrivals", "constant", "-d", "3s", "--settle", "500ms"),
        out=tmp_path,
    )
    assert ended.code == 0, ended.err
    run = ended.run_json
    assert [step["rate_qps"] for step in run["steps"]] == [50.0, 100.0, 200.0]
    planned = [step["schedule"]["planned"] for step in run["steps"]]
    assert planned == pytest.approx([150, 300, 600], abs=2)  # the hold ends within a poll of 3 s
    for step in run["steps"]:
        assert step["schedule"]["planned"] == books(step)
        assert step["schedule"]["dropped_no_slot"] == 0
        assert 0.010 <= step["service_latency"]["p50_s"] < 0.015  # other work may share the cores
        assert step["latency"]["p50_s"] == pytest.approx(step["service_latency"]["p50_s"], abs=2e-3)
        assert step["qps"] == pytest.approx(step["rate_qps"], rel=0.03)
    assert (run["capacity"]["rate_qps"], run["capacity"]["limited_by"]) == (200.0, None)
    assert run["knee"]["reason"] == "open_loop"
    assert run["totals"]["started"] == seen["requests"] == seen["answered"]


def test_a_rate_above_the_service_is_stopped_by_what_its_users_wait(tmp_path: Path) -> None:
    """800/s can be served: at 1,600/s a queue grows, and what its users wait ends the climb.

    All of the 256 slots wait soon, so that starts are dropped and counted.
    """
    ended, _ = climb_undisturbed(
        *("--rate", "200,400,1600", "--max-in-flight", "256", "-d", "2s", "--settle", "500ms"),
        *("--no-default-stops", "--stop", "p99 > 150ms over 1s"),
        *("--stop", "dropped_rate > 1% over 1s -> mark"),
        out=tmp_path,
    )
    assert ended.code == 0, ended.err
    run = ended.run_json
    assert run["end"]["rule"] == "p99 > 150ms over 1s"
    assert run["capacity"]["rate_qps"] == 400.0
    *_, last = run["steps"]
    assert (last["rate_qps"], last["ended_early"]) == (1600.0, True)
    assert last["latency"]["p50_s"] > 0.15
    assert last["qps"] == pytest.approx(800, rel=0.1)
    assert last["schedule"]["dropped_no_slot"] > 100
    assert last["schedule"]["planned"] == books(last)
    states = {j["rule"]["metric"]: j["state"] for j in last["judgements"]}
    assert states == {"p99": "breach", "dropped_rate": "breach"}
    assert "rate=1600 planned=" in ended.err
    assert not list(ended.run_folder.glob("*.dat"))


def test_graphs_of_rates_are_drawn_again_without_load(tmp_path: Path) -> None:
    """`report` reads the stored run and says the same verdict."""
    with demo_service(SERVICE) as service:
        ended = run_tool(
            service.url,
            *("--rate", "100,200", "-d", "1s", "--settle", "200ms", "--no-default-stops"),
            out=tmp_path,
        )
    again = capacity("report", str(ended.run_folder), "--lang", "en")
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[:-1] == ended.out.splitlines()[:-1]
    (folder,) = ended.run_folder.glob("report-1")
    pictures = {path.name.rpartition("_")[2] for path in folder.glob("*.png")}
    assert pictures == {"ttlb.png", "successrate.png"}


def test_connections_come_from_the_source_addresses_in_turn(tmp_path: Path) -> None:
    """Two addresses of this machine: the service sees both, and the plan says so."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as service:
        _Answering.peers.clear()
        Thread(target=service.serve_forever, daemon=True).start()
        ended = run_tool(
            f"http://127.0.0.1:{service.server_port}/",
            *("-c", "4", "-d", "1s", "--settle", "200ms"),
            *("--source-address", "127.0.0.2", "--source-address", "127.0.0.3"),
            out=tmp_path,
        )
        service.shutdown()
    assert ended.code in (0, 5), ended.err
    assert _Answering.peers == {"127.0.0.2", "127.0.0.3"}
    assert "from          127.0.0.2, 127.0.0.3" in ended.err
    assert ended.run_json["plan"]["source_addresses"] == ["127.0.0.2", "127.0.0.3"]
    assert ended.run_json["steps"][0]["counts"]["ok"] > 0


def test_an_address_of_another_machine_ends_the_run_before_any_request(tmp_path: Path) -> None:
    """Exit 3, and the service has seen nothing."""
    with demo_service(SERVICE) as service:
        ended = run_tool(service.url, "-c", "4", "--source-address", "192.0.2.7", out=tmp_path)
        seen = stats(service.url)
    assert ended.code == 3
    assert "192.0.2.7 is not an address that connections can come from here" in ended.err
    assert seen["requests"] == 0


def test_rates_with_the_engine_for_python_are_refused_before_any_request(tmp_path: Path) -> None:
    """Exit 2, and the service has seen nothing."""
    with demo_service(SERVICE) as service:
        ended = run_tool(service.url, "--rate", "10", "--engine", "aiohttp", out=tmp_path)
        seen = stats(service.url)
    assert ended.code == 2
    assert "the aiohttp engine runs user loops, whose pace the service sets" in ended.err
    assert seen["requests"] == 0


def test_json_of_a_rate_is_the_stored_file(tmp_path: Path) -> None:
    """Standard output is run.json, with the rate in the place of a concurrency."""
    with demo_service(SERVICE) as service:
        ended = run_tool(
            service.url, "--rate", "50", "-d", "1s", "--settle", "0s", "--json", out=tmp_path
        )
    shown = json.loads(ended.out)
    assert shown == ended.run_json
    assert (shown["steps"][0]["concurrency"], shown["steps"][0]["arrivals"]) == (None, "poisson")
