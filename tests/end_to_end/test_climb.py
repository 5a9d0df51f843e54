"""The main job against real services: climb, stop, name the knee, draw."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from capacity.commands.demo_options import DemoOptions
from tests.end_to_end.nginx import nginx_requests, nginx_server
from tests.end_to_end.tool import (
    capacity,
    demo_service,
    free_port,
    run_tool,
    run_undisturbed,
    stats,
)

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels, from the file's header."""
    head = path.read_bytes()[:24]
    assert head[:8] == PNG_SIGNATURE
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def test_demo_profile_finds_the_knee_it_was_built_with(tmp_path: Path) -> None:
    """8 servers of 10 ms: 800/s within 5 %, a knee within one step of 8, exit 0, both graphs."""
    profile = tmp_path / "demo.yaml"
    text = Path("profiles/demo.yaml").read_text()
    profile.write_text(text.replace("18080", str(free_port())))
    ended = run_undisturbed(str(profile), "-d", "2s", "--settle", "500ms", out=tmp_path / "out")
    assert ended.code == 0, ended.err
    run = ended.run_json
    assert run["peak"]["qps"] == pytest.approx(800, rel=0.05)
    assert run["knee"]["found"] is True
    assert 4 < run["knee"]["concurrency"] < 16
    assert run["end"]["rule"].startswith("p99 > 10x first over 1s")  # at 32 times the knee
    for name in ("demo_qps_ttlb.png", "demo_successrate.png", "demo_bottleneck.png"):
        width, height = png_size(ended.run_folder / name)
        assert width >= 1000
        assert height >= 500
    rows = (ended.run_folder / "demo.dat").read_text().splitlines()
    assert [int(row.split(" ")[0]) for row in rows] == [s["concurrency"] for s in run["steps"]]
    assert all(len(row.split(" ")) == 4 for row in rows)
    assert rows[0].endswith(" 100.00")


def test_tool_and_service_count_the_same_requests(tmp_path: Path) -> None:
    """Request for request over the whole run, settle and drain included: difference 0."""
    with demo_service(DemoOptions(port=0, service_time_s=0.002)) as service:
        ended = run_tool(
            service.url, "-c", "1,5,17,3..4", "-d", "1s", "--settle", "200ms", out=tmp_path
        )
        assert ended.code == 2  # a falling ladder is refused before anything is sent
        assert stats(service.url)["requests"] == 0
        ended = run_tool(
            service.url,
            *("-c", "1,5,17,40", "-d", "1s", "--settle", "0.2s", "--no-default-stops"),
            out=tmp_path,
        )
        assert ended.code in (0, 5), ended.err  # 5: other work on this machine held us up
        seen = stats(service.url)
    totals = ended.run_json["totals"]
    assert totals["started"] == seen["requests"]
    assert totals["ok"] == seen["answered"] == totals["started"]
    assert seen["max_in_flight"] == ended.run_json["steps"][-1]["concurrency"]


def test_error_rate_stops_the_climb_inside_the_step(tmp_path: Path) -> None:
    """A service that fails above 16 in flight: the rule ends the climb at 32, in mid-hold."""
    with demo_service(
        DemoOptions(port=0, servers=64, service_time_s=0.05, fail_above=16)
    ) as service:
        ended = run_undisturbed(
            service.url,
            *("-c", "8,16,32,64", "-d", "3s", "--settle", "300ms", "-t", "1", "--json"),
            *("--no-default-stops", "--stop", "error_rate > 1%"),
            out=tmp_path,
        )
    run = json.loads(ended.out)
    assert ended.code == 0
    assert run["end"]["reason"] == "rule"
    assert run["end"]["rule"].startswith("error_rate > 1% over 1.5s")
    last = run["steps"][-1]
    assert (last["concurrency"], last["ended_early"]) == (32, True)
    assert last["measured_s"] < 2.7
    assert last["counts"]["statuses"]["503"] > 0
    assert run["capacity"]["concurrency"] == 16


def test_p99_stops_the_climb_inside_the_step(tmp_path: Path) -> None:
    """A service whose latency jumps above 12 in flight: the P99 rule ends the climb at 16."""
    options = DemoOptions(port=0, servers=64, service_time_s=0.05, slow_above=12, slow_time_s=0.6)
    with demo_service(options) as service:
        ended = run_undisturbed(
            service.url,
            *("-c", "4,8,16,32", "-d", "3s", "--settle", "500ms", "-t", "1", "--json"),
            *("--no-default-stops", "--stop", "p99 > 400ms over 1s"),
            out=tmp_path,
        )
    run = json.loads(ended.out)
    assert ended.code == 0
    assert run["end"]["rule"].startswith("p99 > 400ms")
    last = run["steps"][-1]
    assert (last["concurrency"], last["ended_early"]) == (16, True)
    assert last["measured_s"] < 2.7
    assert run["capacity"]["concurrency"] == 8


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[str]:
    """A real server."""
    with nginx_server(tmp_path, connections=2048) as url:
        yield url


def test_nginx_is_climbed_and_counts_agree(nginx: str, tmp_path: Path) -> None:
    """Against a real server: every request that nginx handled is in the books, each one ok."""
    before = nginx_requests(nginx)
    ended = run_tool(
        nginx,
        "-c",
        "1,6,32",
        "-d",
        "1s",
        "--settle",
        "200ms",
        "--json",
        "-t",
        "1",
        out=tmp_path / "out",
    )
    after = nginx_requests(nginx)
    assert ended.code in (0, 5), ended.err  # 5: a fast server on few cores makes us the limit
    run = json.loads(ended.out)
    assert run["totals"]["started"] == run["totals"]["ok"] == after - before - 1
    assert run["steps"][0]["latency"]["p50_s"] < 0.01
    assert (ended.code == 5) == (run["end"]["reason"] == "generator")


def test_report_draws_a_finished_run_again_beside_its_graphs(tmp_path: Path) -> None:
    """`report` overwrites nothing: a run that has its graphs gets new ones in report-1."""
    with demo_service(DemoOptions(port=0, service_time_s=0.002)) as service:
        ended = run_tool(service.url, "-c", "1,2", "-d", "1s", "--settle", "0.1s", out=tmp_path)
    again = capacity("report", str(ended.run_folder))
    assert again.returncode == 0, again.stderr
    name = ended.run_json["plan"]["name"]
    first = (ended.run_folder / f"{name}.dat").read_bytes()
    assert (ended.run_folder / "report-1" / f"{name}.dat").read_bytes() == first
    assert again.stdout.splitlines()[0] == ended.out.splitlines()[0]
