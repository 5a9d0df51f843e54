"""Did the claims hold? Each claim with its bar, its figure and an honest word."""

from dataclasses import dataclass
from enum import StrEnum

from bench.peers import OURS, WRK
from bench.table import Table
from bench.targets import FIRST, ONE, PINNED, TWO_THREADS

MAX_TIMES_WRK = 0.85
MIN_SCALING = 1.9
MAX_CONNECTION_BYTES = 1.3 * 1024


class Outcome(StrEnum):
    """Whether a claim held."""

    HELD = "held"
    NOT_HELD = "not held"
    UNKNOWN = "not measured"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim and what came of it."""

    claim: str
    outcome: Outcome
    figures: str


def verdicts_of(table: Table) -> list[Verdict]:
    """All claims, in the order of their weight."""
    return [
        _cheaper_than_wrk(table),
        _cheapest(table),
        _faster_than_wrk(table),
        _scales(table),
        _memory(table),
    ]


def _cheaper_than_wrk(table: Table) -> Verdict:
    claim = f"CPU per request at most {MAX_TIMES_WRK} x wrk's ({FIRST})"
    ours, wrk = table.row(FIRST, OURS), table.row(FIRST, WRK)
    if ours is None or wrk is None:
        return Verdict(claim, Outcome.UNKNOWN, "")
    times = ours.cpu_us.median / wrk.cpu_us.median
    figures = f"{ours.cpu_us.median:.2f} / {wrk.cpu_us.median:.2f} us = {times:.2f}"
    return Verdict(claim, _outcome(is_held=times <= MAX_TIMES_WRK), figures)


def _cheapest(table: Table) -> Verdict:
    claim = "no peer takes less CPU per request than ours, on any row"
    if not any(table.row(target, OURS) for target in table.targets()):
        return Verdict(claim, Outcome.UNKNOWN, "")
    pairs = table.cheaper_than_ours()
    texts = [
        f"{peer.peer} at {peer.target}: {peer.cpu_us.median:.2f} < {ours.cpu_us.median:.2f} us"
        for peer, ours in pairs
    ]
    return Verdict(claim, _outcome(is_held=not pairs), "; ".join(texts))


def _faster_than_wrk(table: Table) -> Verdict:
    claim = f"one thread on its own core makes as many requests/s as wrk -t1 ({PINNED})"
    ours, wrk = table.row(PINNED, OURS), table.row(PINNED, WRK)
    if ours is None or wrk is None:
        return Verdict(claim, Outcome.UNKNOWN, "")
    times = ours.qps.median / wrk.qps.median
    figures = f"{ours.qps.median:,.0f} / {wrk.qps.median:,.0f} = {times:.2f}"
    return Verdict(claim, _outcome(is_held=times >= 1.0), figures)


def _scales(table: Table) -> Verdict:
    """Two threads need a core each, so do not fit beside the server; what each spends does."""
    claim = f"two threads do at least {MIN_SCALING} x the work of one, per CPU second of each"
    one, two = table.row(FIRST, OURS), table.row(TWO_THREADS, OURS)
    if one is None or two is None:
        return Verdict(claim, Outcome.UNKNOWN, "")
    scaling = 2 * one.cpu_us.median / two.cpu_us.median
    figures = f"2 x {one.cpu_us.median:.2f} / {two.cpu_us.median:.2f} us = {scaling:.2f}"
    return Verdict(claim, _outcome(is_held=scaling >= MIN_SCALING), figures)


def _memory(table: Table) -> Verdict:
    claim = f"at most {MAX_CONNECTION_BYTES / 1024:.1f} KiB of memory per open connection"
    sizes = table.connection_bytes(OURS, ONE)
    if not sizes:
        return Verdict(claim, Outcome.UNKNOWN, "")
    connections, size = sizes[-1]
    figures = f"{size / 1024:.2f} KiB at {connections:,} connections"
    return Verdict(claim, _outcome(is_held=size <= MAX_CONNECTION_BYTES), figures)


def _outcome(*, is_held: bool) -> Outcome:
    return Outcome.HELD if is_held else Outcome.NOT_HELD
