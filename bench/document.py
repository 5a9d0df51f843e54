"""What does a reader of the comparison see? Markdown for the page, the same rows for a terminal."""

from collections.abc import Iterable, Mapping

from bench.machine import is_quiet
from bench.peers import FLOOR, OURS, WRK
from bench.table import Row, Table, Unmeasured
from bench.targets import ONE, TARGETS
from bench.verdicts import Verdict

_HEAD = (
    *("client", "CPU us per request", "x wrk", "x floor", "requests/s"),
    *("failures", "told / served", "CPU s apart"),
)

_NOT_QUIET = (
    "**The machine was not quiet when this was measured**: other work took cores from client and "
    "server alike. Rows show that a client works; differences below a tenth mean nothing here."
)

_METHOD = """\
Made by `make bench`; every number below comes from one run of it.

- **CPU us per request** is user and system time of the client with all its threads and children,
  divided by the requests that the *server* counted, between two instants of the settled load: no
  start, no connecting, no report is in it, for any client. Median of the rounds, with the smallest
  and the largest. On loopback a part of the server's receiving runs inside the client's sending, so
  the difference between clients is real and the sum would be another on a network.
- **CPU s apart** is the rest, so that nothing is hidden: what the whole process took from its start
  to its end (`wait4`), less its requests at the rate above.
- **x wrk**, **x floor**: CPU per request as a multiple of theirs under the same target. The *floor*
  is a loop of `recv`, `send` and `epoll_wait` in Rust that reads nothing of the answer.
- **told / served**: requests that the client reports, of those that the server counted.
- *capacity* is the whole command, `capacity run` with one step: its measuring, judging and writing
  are in its row. Every client has one thread (`-t 1`, `GOMAXPROCS=1` and the like) unless said.
- The server is nginx with one worker, keep-alive, on loopback. Rounds alternate: each client once,
  then each again; the clients of one target follow one another at once."""


def page(table: Table, verdicts: Iterable[Verdict], facts: Mapping[str, str]) -> str:
    """The whole of docs/performance.md."""
    parts = ["# Performance", _METHOD, "## Did the claims hold?"]
    parts.append(markdown_rows(("claim", "", "figures"), map(_verdict_cells, verdicts)))
    parts.append("## Where and how long")
    parts.append(markdown_rows(("", ""), facts.items()))
    if not is_quiet(facts):
        parts.append(_NOT_QUIET)
    for target in table.targets():
        parts.append(f"## {TARGETS[target].title} (`{target}`)")
        parts.append(markdown_rows(_HEAD, target_cells(table, target)))
        parts.extend(_reasons(table, target))
    parts.append("## Memory per open connection")
    parts.append(
        "Resident memory beyond that of the same client with one connection, divided by the "
        "connections; what the kernel keeps for a socket is not in it."
    )
    parts.append(markdown_rows(("client", "connections", "KiB each"), _memory_cells(table)))
    return "\n\n".join(parts) + "\n"


def terminal(table: Table, target: str) -> str:
    """The rows of one target in columns."""
    rows = [_HEAD, *target_cells(table, target)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [f"{TARGETS[target].title} ({target})"]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]
        lines.append("  " + "  ".join(cells))
    return "\n".join([*lines, *(f"  {reason}" for reason in _reasons(table, target))])


def verdict_line(verdict: Verdict) -> str:
    """One claim for a terminal."""
    figures = f" ({verdict.figures})" if verdict.figures else ""
    return f"{verdict.outcome.value}: {verdict.claim}{figures}"


def markdown_rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown; the first column to the left."""
    names = tuple(head)
    rule = ["---", *["---:"] * (len(names) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (names, rule, *rows))


def target_cells(table: Table, target: str) -> list[tuple[str, ...]]:
    """The measured rows of a target as text, the cheapest first."""
    return [_cells(table, row) for row in table.under(target) if isinstance(row, Row)]


def _cells(table: Table, row: Row) -> tuple[str, ...]:
    name = f"**{row.peer}**" if row.peer == OURS else row.peer
    cpu, qps = row.cpu_us, row.qps
    return (
        name,
        f"{cpu.median:.2f} ({cpu.low:.2f}-{cpu.high:.2f})",
        _times(table.times(row, WRK)),
        _times(table.times(row, FLOOR)),
        f"{qps.median:,.0f} ({qps.low:,.0f}-{qps.high:,.0f})",
        "" if row.failures is None else f"{row.failures:,}",
        "" if row.told_ratio is None else f"{row.told_ratio:.2%}",
        f"{row.apart_cpu_s:.2f}".replace("-0.00", "0.00"),
    )


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _reasons(table: Table, target: str) -> list[str]:
    return [
        f"{row.peer} was not measured: {row.problem}"
        for row in table.under(target)
        if isinstance(row, Unmeasured)
    ]


def _verdict_cells(verdict: Verdict) -> tuple[str, ...]:
    return verdict.claim, f"**{verdict.outcome.value}**", verdict.figures


def _memory_cells(table: Table) -> list[tuple[str, ...]]:
    return [
        (peer, f"{connections:,}", f"{size / 1024:.2f}")
        for peer in dict.fromkeys(row.peer for row in table.rows)
        for connections, size in table.connection_bytes(peer, ONE)
    ]
