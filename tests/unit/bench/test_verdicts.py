"""Tests of the claims: each one can fail, and says with which figures."""

import pytest

from bench.table import Table
from bench.verdicts import Outcome, Verdict, verdicts_of
from tests.unit.bench.builders import a_sample, a_table


def the(table: Table, word: str) -> Verdict:
    """The one verdict whose claim holds this word."""
    (found,) = [verdict for verdict in verdicts_of(table) if word in verdict.claim]
    return found


@pytest.mark.parametrize(
    ("ours_us", "outcome"), [(8.5, Outcome.HELD), (8.51, Outcome.NOT_HELD)], ids=["at", "above"]
)
def test_cost_is_held_against_wrk(ours_us: float, outcome: Outcome) -> None:
    """The bar is 0.85 of wrk's 10 us."""
    table = a_table(a_sample("capacity", cpu_us=ours_us), a_sample("wrk", cpu_us=10.0))
    assert the(table, "0.85 x wrk").outcome is outcome


def test_a_cheaper_peer_on_any_row_is_named() -> None:
    """The floor is not a peer; a client below ours is, wherever it is."""
    table = a_table(
        a_sample("capacity", cpu_us=8.0),
        a_sample("floor", cpu_us=7.0),
        a_sample("capacity", "get-1", cpu_us=9.0),
        a_sample("wrk", "get-1", cpu_us=8.75),
    )
    verdict = the(table, "no peer")
    assert verdict.outcome is Outcome.NOT_HELD
    assert verdict.figures == "wrk at get-1: 8.75 < 9.00 us"


def test_the_floor_alone_does_not_break_the_claim() -> None:
    """It is shown for its distance."""
    table = a_table(a_sample("capacity", cpu_us=8.0), a_sample("floor", cpu_us=7.0))
    assert the(table, "no peer").outcome is Outcome.HELD


@pytest.mark.parametrize(
    ("requests", "outcome"),
    [(50_000, Outcome.HELD), (49_999, Outcome.NOT_HELD)],
    ids=["as fast", "slower"],
)
def test_speed_is_held_against_wrk_where_both_have_a_core(requests: int, outcome: Outcome) -> None:
    """Only the pinned target counts."""
    table = a_table(
        a_sample("capacity", "get-64-pinned", window_requests=requests),
        a_sample("wrk", "get-64-pinned", window_requests=50_000),
    )
    assert the(table, "wrk -t1").outcome is outcome


@pytest.mark.parametrize(
    ("two_us", "outcome"), [(10.5, Outcome.HELD), (10.6, Outcome.NOT_HELD)], ids=["1.90", "1.89"]
)
def test_two_threads_may_cost_little_more_each(two_us: float, outcome: Outcome) -> None:
    """2 x 10 / 10.5 us is 1.905."""
    table = a_table(
        a_sample("capacity", cpu_us=10.0),
        a_sample("capacity", "get-64-two-threads", cpu_us=two_us),
    )
    assert the(table, "two threads").outcome is outcome


@pytest.mark.parametrize(
    ("rss_bytes", "outcome"),
    [(8_000_000 + 1331 * 18_999, Outcome.HELD), (8_000_000 + 1332 * 18_999, Outcome.NOT_HELD)],
    ids=["1331 B", "1332 B"],
)
def test_memory_is_taken_at_the_most_connections(rss_bytes: int, outcome: Outcome) -> None:
    """A smaller row, where the baseline weighs more, does not decide."""
    table = a_table(
        a_sample("capacity", "get-1", connections=1),
        a_sample("capacity", "get-1000", connections=1000, rss_bytes=90_000_000),
        a_sample("capacity", "get-19000", connections=19_000, rss_bytes=rss_bytes),
    )
    assert the(table, "memory").outcome is outcome


def test_what_was_not_measured_is_neither_held_nor_broken() -> None:
    """A comparison without our own row proves nothing."""
    outcomes = {verdict.outcome for verdict in verdicts_of(a_table(a_sample("wrk")))}
    assert outcomes == {Outcome.UNKNOWN}
