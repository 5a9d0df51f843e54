"""Tests of the plan in words: approved text, and no secret in it."""

from pathlib import Path

from capacity.profile.describe import plan_lines
from capacity.profile.load import Overrides, load_plan
from tests.unit.profile.builders import load

URL_PLAN = """\
plan          shop.test_8443
target        https://shop.test:8443/items?key=***&***
addresses     192.0.2.1, 192.0.2.2
TLS           certificates checked against this system's authorities
request       POST, body of 1,234 bytes
headers       Authorization, X-Team
success       status below 400, within 10s
engine        native, threads by the number of cores
steps         1, 4, 16, 64, 256, 1024 requests in flight (6 steps, likely 24s, at most 72s)
each step     1s settle, then 3s measured; a hold goes on up to 9s while fewer than 200 answers \
are good or it is not steady
              a limit must be broken twice at a load: up to 6 steps to measure again (at most 72s)
then          up to 4 steps where they teach most (likely 16s, at most 48s)
then          a verification of 6s at the answer (likely 7s, at most 72s)
then          planned starts at 90% of its rate for 3s (likely 4s, at most 12s)
then          a recovery step of 1.5s at 1 concurrent: is all well again? (likely 2.5s, \
at most 6s)
duration      likely 53.5s if no rule ends it, never more than 60m (the fuse)
stop rules    stop when error_rate is above 1% over 1.5s (10s shortened to half of the hold)
              stop when p99 is above 10 times that of the first step over 1.5s (10s shortened to \
half of the hold)
              stop when gain is below 3% in 2 steps in a row
              note when qps is at most 5 qps over 1s
fuses         1,024 in flight, 100,000,000 requests, 60m"""

PYTHON_PLAN = """\
plan          shop
target        http://127.0.0.1:8080
scenario      browse in {folder}/s.py
headers       none of our own
success       status below 400, within 30s
engine        aiohttp, 1 thread
steps         64 requests in flight (1 step, likely 10s, at most 40s)
each step     0s settle, then 10s measured; a hold goes on up to 30s while fewer than 200 answers \
are good or it is not steady
              a limit must be broken twice at a load: up to 1 step to measure again (at most 40s)
duration      likely 10s if no rule ends it, never more than 5m (the fuse)
stop rules    none: only the fuses end the climb early
fuses         64 in flight, 5,000 requests, 5m
demo service  1 server of 10ms, started for this run
resources     the process of this machine that listens on port 8080, with its children"""


def test_the_plan_of_a_url() -> None:
    """The whole text for a request with credentials in every place."""
    overrides = Overrides(
        url="https://ann:hunter2@shop.test:8443/items?key=hunter2&hunter2",
        headers=("X-Team: hunter2",),
        body="hunter2" * 176 + "xx",
        timeout="10s",
        hold="3s",
        stops=("qps <= 5qps over 1s -> mark",),
    )
    plan = load_plan(None, overrides, {})
    assert "\n".join(plan_lines(plan, ("192.0.2.1", "192.0.2.2"))) == URL_PLAN


def test_the_plan_of_a_python_scenario(tmp_path: Path) -> None:
    """The text before the addresses are known, for code and one step."""
    (tmp_path / "s.py").write_text("async def browse(client, row): ...\n", encoding="utf-8")
    text = """
        version: 1
        target: { base_url: "http://127.0.0.1:8080" }
        demo_service: { servers: 1, service_time: 10ms }
        threads: 1
        scenarios: { main: { python: "s.py:browse" } }
        steps:
          { concurrency: 64, settle: 0s, hold: 10s, refine: 0, verify: false, recovery: false }
        safety: { fuses: { concurrency: 64, requests: 5k, duration: 5m } }
        stop: []
        """
    lines = plan_lines(load(tmp_path, text), ())
    assert "\n".join(lines) == PYTHON_PLAN.format(folder=tmp_path)


def test_unchecked_certificates_are_said_loudly(tmp_path: Path) -> None:
    """The line stands beside the target, where it is read."""
    plan = load_plan(None, Overrides(url="https://h.test/", insecure=True, threads=3), {})
    lines = plan_lines(plan, ())
    assert lines[2] == "TLS           certificates NOT checked"
    assert "engine        native, 3 threads" in lines
    no_address = load_plan(None, Overrides(url="http://h.test/"), {})
    assert "request       GET, no body" in plan_lines(no_address, ())
    one_byte = load_plan(None, Overrides(url="http://h.test/", body="x"), {})
    assert "request       POST, body of 1 byte" in plan_lines(one_byte, ())


def test_where_connections_come_from_stands_before_the_steps() -> None:
    """The addresses are of this machine, and used in turn."""
    flags = Overrides(
        url="http://127.0.0.1:8080/", rate="50", source_addresses=("127.0.0.2", "127.0.0.3")
    )
    lines = plan_lines(load_plan(None, flags, {}), ())
    begin = lines.index("from          127.0.0.2, 127.0.0.3")
    assert lines[begin + 1].startswith("steps         50 planned starts a second, spread like ")
    assert "              stop when dropped_rate is above 1% over 10s" in lines
