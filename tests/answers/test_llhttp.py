"""Does llhttp read every answer as the load core does, but for the differences that are meant?

Known answers and seeded broken copies of them come from `target/checked/answers`, which
`make test` builds, with what the load core makes of each.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ANSWERS = ROOT / "target" / "checked" / "answers"
SEED = 1
MUTATION_COUNT = 20_000
PATIENCE_S = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer and what both made of it."""

    method: str
    answer: bytes
    kind: str  # what ours says, failure kinds by name
    ours: str
    theirs: str

    def has(self, pattern: bytes) -> bool:
        """Whether the answer holds a pattern, in letters of any size."""
        return re.search(pattern, self.answer, re.IGNORECASE | re.DOTALL) is not None

    @property
    def refuses(self) -> str:
        """Who refuses what the other one takes."""
        return "ours" if self.ours == "failed" else "theirs" if self.theirs == "failed" else "none"


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference that is meant, and why."""

    name: str
    why: str
    applies: Callable[[Reading], bool]


def ours_refuses(kind: str, pattern: bytes = b"") -> Callable[[Reading], bool]:
    """The load core is stricter: it ends with `kind` where llhttp goes on."""
    return lambda reading: reading.kind == kind and reading.has(pattern)


def theirs_refuses(pattern: bytes, *statuses: str, method: str = "") -> Callable[[Reading], bool]:
    """The load core takes what llhttp, strict in aiohttp's development mode, does not."""
    return lambda reading: (
        reading.refuses == "theirs"
        and reading.has(pattern)
        and (not statuses or reading.ours.split()[1] in statuses)
        and reading.method in (method or reading.method)
    )


FRAMING = rb"(content-length|transfer-encoding)"
DIFFERENCES = (
    Difference(
        "LF as a line end of a head",
        "RFC 9112 2.2 lets a recipient take it; old services send it",
        theirs_refuses(rb"(?<!\r)\n"),
    ),
    Difference(
        "folded fields",
        "RFC 9112 5.2 asks a user agent to read them; they are counted as a warning",
        theirs_refuses(rb"\n[ \t]"),
    ),
    Difference(
        "the same length twice",
        "RFC 9110 8.6 lets a recipient believe equal lengths",
        theirs_refuses(rb"content-length:.*(,|content-length)"),
    ),
    Difference(
        "a length and a coding",
        "the coding counts, the answer is a warning and its connection is never used again",
        theirs_refuses(rb"(transfer-encoding.*content-length|content-length.*transfer-encoding)"),
    ),
    Difference(
        "what a chunk extension may hold",
        "skipped up to its line end, nothing in it can change where the chunk ends",
        theirs_refuses(rb"\n[0-9a-f]+;"),
    ),
    Difference(
        "two codings in the trailers",
        "trailers come too late to say where the body ends (RFC 9110 6.5.1)",
        theirs_refuses(rb"\n0[^\n]*\n(.*\n)?transfer-encoding:"),
    ),
    Difference(
        "fields of an informational answer",
        "only the final answer is asked how long it is and whether it closes, as 1.0 does",
        theirs_refuses(
            rb"(HTTP/1.0 1[0-9]{2}"
            rb"| 1[0-9]{2}.*\n(connection|content-length|transfer-encoding):).*HTTP/"
        ),
    ),
    Difference(
        "framing of an answer to HEAD",
        "the answer ends with its head whatever the fields say (RFC 9112 6.3)",
        theirs_refuses(FRAMING, method="HEAD"),
    ),
    Difference(
        "framing of 204 and 304",
        "the answer ends with its head whatever the fields say (RFC 9112 6.3)",
        theirs_refuses(FRAMING, "204", "304"),
    ),
    Difference(
        "HEAD without a length",
        "no body follows, so nothing is open that only the end of the connection could end",
        lambda reading: reading.method == "HEAD" and reading.refuses == "none",
    ),
    Difference(
        "CR before the status line",
        "RFC 9112 2.2 allows empty lines there, and a lone CR is none",
        ours_refuses("proto.not_http", rb"(\A|\n)\r[^\n]"),
    ),
    Difference(
        "1.0 that asks to keep and to close",
        "RFC 9112 9.3 looks for close first",
        lambda reading: (
            reading.refuses == "none"
            and reading.ours == reading.theirs.replace("keep", "close")
            and reading.has(rb"HTTP/1\.0.*\nconnection:.*close")
        ),
    ),
    Difference(
        "codings other than chunked alone",
        "what cannot be decoded has no known end; llhttp reads on to the end of the connection",
        ours_refuses("proto.te", rb"transfer-encoding"),
    ),
    Difference(
        "a status of 600 and above",
        "no class of RFC 9110 holds it",
        ours_refuses("proto.status", rb"HTTP/1.[01] [6-9]"),
    ),
    Difference(
        "control characters in a reason",
        "RFC 9112 4 has no room for them",
        ours_refuses("proto.status", rb"HTTP/1.[01] [0-9]{3}[^\r\n]*[\x00-\x08\x0b-\x1f\x7f]"),
    ),
    Difference(
        "HTTP/0.9 and HTTP/2.0 in a status line",
        "neither can be spoken in this form",
        ours_refuses("proto.version", rb"HTTP/(0\.9|2\.0)"),
    ),
    Difference(
        "101",
        "no request asks for another protocol",
        ours_refuses("proto.unexpected_101", b" 101"),
    ),
    Difference(
        "more than eight informational answers",
        "the request would never end",
        ours_refuses("proto.too_many_1xx", b"( 1[0-9]{2}.*){9}"),
    ),
    Difference(
        "a body above 64 MiB",
        "refused by its length, before a byte of it is read",
        ours_refuses("body.too_large", rb"content-length: *[0-9]{8}"),
    ),
    Difference(
        "256 fields and 64 KiB of a head",
        "aiohttp counts fields and lines one by one, we count the whole head",
        ours_refuses("proto.header_too_large"),
    ),
    Difference(
        "more than 16 digits of a chunk size",
        "no 64 bit number needs them",
        ours_refuses("proto.chunk", rb"[0-9a-f]{17}"),
    ),
)


def normalized(kind: str, answer: bytes) -> str:
    """An outcome of ours in the words of the reader."""
    complete = re.fullmatch(r"(\d+) (keep|close)(?:, (\d+) left)?(?:, .*)?", kind)
    if complete is not None:
        status, then, left = complete.groups(default="0")
        return f"complete {status} {then} {len(answer) - int(left)}"
    closed = re.fullmatch(r"(\d+) to the end(?:, .*)?", kind)
    return "failed" if closed is None else f"closed {closed.group(1)}"


def read_both() -> list[Reading]:
    """The corpus and broken copies of it, read by the load core and by llhttp."""
    if not ANSWERS.exists():
        pytest.fail(f"{ANSWERS} is missing: run `make test`, which builds it")
    listed = subprocess.run(
        [ANSWERS, "list", str(SEED), str(MUTATION_COUNT)],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    rows = [line.split("\t") for line in listed.stdout.splitlines()]
    read = subprocess.run(
        [sys.executable, "-X", "dev", Path(__file__).with_name("llhttp_reader.py")],
        input="".join(f"{method}\t{text}\n" for method, text, _ in rows),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    readings = []
    for (method, text, kind), theirs in zip(rows, read.stdout.splitlines(), strict=True):
        answer = bytes.fromhex(text)
        readings.append(Reading(method, answer, kind, normalized(kind, answer), theirs))
    return readings


def test_llhttp_and_the_core_read_alike() -> None:
    """Same refusals, statuses, ends and keep-alive, and each difference is one of the table."""
    readings = read_both()
    known_count = len(readings) - MUTATION_COUNT
    assert known_count > 200
    seen: set[str] = set()
    faults: dict[tuple[str, str], str] = {}
    for index, reading in enumerate(readings):
        if reading.ours == reading.theirs:
            continue
        names = [difference.name for difference in DIFFERENCES if difference.applies(reading)]
        if index < known_count:  # each difference has a case that shows it, whatever the seed
            seen.update(names[:1])
        if not names:
            key = (re.sub(r"\d+", "N", reading.kind), re.sub(r"\d+", "N", reading.theirs))
            faults[key] = f"{reading.method} {reading.answer[:300]!r}"
    assert not faults, "\n".join(f"{kinds}: {answer}" for kinds, answer in faults.items())
    assert {difference.name for difference in DIFFERENCES} - seen == set()
