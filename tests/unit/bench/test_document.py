"""Tests of what a reader sees."""

from bench.document import page, target_cells, terminal, verdict_line
from bench.machine import OTHER_WORK
from bench.verdicts import Outcome, Verdict, verdicts_of
from tests.unit.bench.builders import a_sample, a_table


def test_a_row_shows_cost_multiples_and_rate() -> None:
    """Ours stands out; multiples are of the same target."""
    table = a_table(
        a_sample("floor", cpu_us=6.4),
        a_sample("capacity", cpu_us=8.0),
        a_sample("capacity", cpu_us=9.0, told_failures=1200),
        a_sample("capacity", cpu_us=7.0),
        a_sample("wrk", cpu_us=10.0),
    )
    assert target_cells(table, "get-64")[1] == (
        *("**capacity**", "8.00 (7.00-9.00)", "0.80", "1.25", "50,000 (50,000-50,000)"),
        *("1,200", "99.90%", "0.45"),
    )


def test_noise_below_nothing_is_nothing() -> None:
    """A rate that is taken a little high leaves no negative rest in the page."""
    table = a_table(a_sample(cpu_us=10.0, whole_cpu_s=0.999))
    assert target_cells(table, "get-64")[0][-1] == "0.00"


def test_the_terminal_says_why_a_client_has_no_row() -> None:
    """It would look like one that was never asked."""
    table = a_table(a_sample("wrk"), a_sample("hey", problem="exit 1, no such flag"))
    lines = terminal(table, "get-64").splitlines()
    assert lines[-1] == "  hey was not measured: exit 1, no such flag"


def test_the_page_holds_claims_facts_and_memory() -> None:
    """Everything a reader needs to judge the numbers is on it."""
    one = a_sample("capacity", "get-1", connections=1, open_connections=1)
    many = a_sample("capacity", "get-10000", connections=10_000, rss_bytes=18_239_000)
    table = a_table(one, many)
    text = page(table, verdicts_of(table), {"kernel": "Linux 6.1", OTHER_WORK: "5.0% of all cores"})
    assert "| kernel | Linux 6.1 |" in text
    assert "not quiet" not in text
    assert "| capacity | 10,000 | 1.00 |" in text
    assert "| **held** | 1.00 KiB at 10,000 connections |" in text


def test_a_busy_machine_is_named() -> None:
    """Numbers of such a run must not be quoted."""
    assert "not quiet" in page(a_table(a_sample()), [], {OTHER_WORK: "5.1% of all cores"})


def test_a_claim_is_one_line() -> None:
    """Outcome first; no empty brackets where there is no figure."""
    assert verdict_line(Verdict("it is fast", Outcome.HELD, "1 us")) == "held: it is fast (1 us)"
    assert verdict_line(Verdict("it is fast", Outcome.UNKNOWN, "")) == "not measured: it is fast"
