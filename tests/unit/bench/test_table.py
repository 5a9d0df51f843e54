"""Tests of medians, ratios and the order of rows."""

from dataclasses import astuple

import pytest

from bench.table import Row, Unmeasured
from tests.unit.bench.builders import a_sample, a_table


def test_a_row_is_the_middle_of_its_rounds() -> None:
    """One round that the machine disturbed moves the largest, not the median."""
    table = a_table(a_sample(cpu_us=10.0), a_sample(cpu_us=30.0), a_sample(cpu_us=11.0))
    row = table.row("get-64", "wrk")
    assert row is not None
    assert astuple(row.cpu_us) == pytest.approx((11.0, 10.0, 30.0))
    assert row.sample_count == 3


def test_what_the_rate_leaves_is_shown_apart() -> None:
    """1.25 s in all for 100,000 requests of 10 us: 0.25 s were start and report."""
    row = a_table(a_sample(cpu_us=10.0)).row("get-64", "wrk")
    assert row is not None
    assert row.apart_cpu_s == pytest.approx(0.25)
    assert row.told_ratio == pytest.approx(0.999)


def test_failures_of_all_rounds_are_added() -> None:
    """A single bad round stays visible."""
    table = a_table(a_sample(told_failures=0), a_sample(told_failures=7))
    row = table.row("get-64", "wrk")
    assert row is not None
    assert row.failures == 7


def test_silence_about_failures_is_not_zero() -> None:
    """A client that tells nothing has an empty cell."""
    row = a_table(a_sample(told_requests=None, told_failures=None)).row("get-64", "wrk")
    assert row is not None
    assert (row.failures, row.told_ratio) == (None, None)


def test_a_failed_round_does_not_count() -> None:
    """Its zeros would draw the median down."""
    table = a_table(a_sample(cpu_us=12.0), a_sample(window_requests=1, problem="ended"))
    row = table.row("get-64", "wrk")
    assert row is not None
    assert row.sample_count == 1
    assert row.cpu_us.median == pytest.approx(12.0)


def test_a_client_without_a_good_round_has_no_numbers() -> None:
    """It keeps its place in the table, with the reason."""
    table = a_table(a_sample("hey", problem="sent nothing"), a_sample("wrk"))
    assert table.row("get-64", "hey") is None
    assert table.under("get-64")[-1] == Unmeasured("get-64", "hey", "sent nothing")


def test_rows_are_ordered_by_their_cost() -> None:
    """The cheapest client comes first."""
    table = a_table(a_sample("hey", cpu_us=50), a_sample("floor", cpu_us=7), a_sample("wrk"))
    assert [row.peer for row in table.under("get-64")] == ["floor", "wrk", "hey"]


def test_a_multiple_is_taken_under_the_same_target() -> None:
    """A client at another target says nothing here."""
    table = a_table(a_sample("capacity", cpu_us=8.0), a_sample("wrk", "get-1", cpu_us=4.0))
    ours = table.row("get-64", "capacity")
    assert isinstance(ours, Row)
    assert table.times(ours, "wrk") is None
    both = a_table(a_sample("capacity", cpu_us=8.0), a_sample("wrk", cpu_us=10.0))
    assert both.times(ours, "wrk") == pytest.approx(0.8)


def test_memory_of_a_connection_is_what_lies_above_one_connection() -> None:
    """(18 MB - 8 MB) over 9,999 connections."""
    one = a_sample("capacity", "get-1", connections=1, rss_bytes=8_000_000)
    many = a_sample("capacity", "get-10000", connections=10_000, rss_bytes=18_000_000)
    ((connections, size),) = a_table(one, many).connection_bytes("capacity", "get-1")
    assert connections == 10_000
    assert size == pytest.approx(10_000_000 / 9_999)


def test_memory_needs_its_baseline() -> None:
    """Without the row of one connection there is nothing to subtract."""
    many = a_sample("capacity", "get-10000", connections=10_000)
    assert a_table(many).connection_bytes("capacity", "get-1") == []
