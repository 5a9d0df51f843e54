"""How does a test get a profile in the format of pprof? Written here by the rules of protobuf."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass

CPU = (("samples", "count"), ("cpu", "nanoseconds"))
PERIOD_NS = 10_000_000


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack, the innermost function first, and how often it was seen.

    A name with `/` is two functions at one place: `inlined/outer`.
    """

    names: Sequence[str]
    count: int


def varint(number: int) -> bytes:
    """A whole number in groups of seven bits."""
    number %= 2**64
    content = bytearray()
    while number >= 0x80:
        content.append(number & 0x7F | 0x80)
        number >>= 7
    content.append(number)
    return bytes(content)


def number(field: int, value: int) -> bytes:
    """A field with a number."""
    return varint(field << 3) + varint(value)


def text(field: int, value: bytes) -> bytes:
    """A field with bytes: a text, an inner message or packed numbers."""
    return varint(field << 3 | 2) + varint(len(value)) + value


def packed(field: int, values: Sequence[int]) -> bytes:
    """A field with many numbers in one."""
    return text(field, b"".join(varint(value) for value in values))


def a_message(
    stacks: Sequence[Stack],
    *,
    kinds: Sequence[tuple[str, str]] = CPU,
    duration_s: float = 2.0,
    is_packed: bool = True,
    default: str = "",
) -> bytes:
    """A profile that is not packed by gzip; each stack has its count and its time as values."""
    strings = [""]

    def index(word: str) -> int:
        if word not in strings:
            strings.append(word)
        return strings.index(word)

    places: list[str] = list(dict.fromkeys(name for stack in stacks for name in stack.names))
    functions = list(dict.fromkeys(part for place in places for part in place.split("/")))
    content = b""
    for kind, unit in kinds:
        content += text(1, number(1, index(kind)) + number(2, index(unit)))
    for stack in stacks:
        ids = [places.index(name) + 1 for name in stack.names]
        values = [stack.count, stack.count * PERIOD_NS][: len(kinds)]
        if is_packed:
            content += text(2, packed(1, ids) + packed(2, values))
        else:
            inner = [*(number(1, one) for one in ids), *(number(2, one) for one in values)]
            content += text(2, b"".join(inner))
    for at, place in enumerate(places, start=1):
        lines = b"".join(
            text(4, number(1, functions.index(part) + 1) + number(2, 17))
            for part in place.split("/")
        )
        content += text(4, number(1, at) + number(3, 0x4000 + at) + lines)
    for at, name in enumerate(functions, start=1):
        content += text(5, number(1, at) + number(2, index(name)))
    content += number(10, round(duration_s * 1e9)) + number(12, PERIOD_NS)
    if default:
        content += number(14, index(default))
    return content + b"".join(text(6, word.encode()) for word in strings)


def a_pprof(stacks: Sequence[Stack], **settings: object) -> bytes:
    """The same as a service sends it."""
    return gzip.compress(a_message(stacks, **settings), mtime=0)  # type: ignore[arg-type]  # handed on as given
