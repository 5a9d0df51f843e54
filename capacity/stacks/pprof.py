"""What does a profile in the format of pprof say? A gzipped protobuf message, read without help.

The numbers of the fields are those of `profile.proto` of github.com/google/pprof.
"""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from capacity.stacks.sampled import Sampled, StackError, short_name
from capacity.stacks.wire import bytes_of, fields, number_of, numbers_of

# A profile of ten busy seconds has some 20 kB, and ten times that when unpacked.
MAX_UNPACKED_BYTES = 16 * 1024**2
# Samples, places, functions and texts together; real ones are some thousands.
MAX_PARTS = 300_000
# Frames of all stacks together; a real stack has some tens.
MAX_FRAMES = 2_000_000
GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31  # the largest window, and a gzip header
_NANOSECOND = 1e-9
_TRUNCATED = "it ends in the middle of its packed data"


@dataclass(slots=True)
class _Message:
    """The parts of a Profile message that are needed, unread as far as they may be."""

    sample_types: list[memoryview] = field(default_factory=list)
    samples: list[memoryview] = field(default_factory=list)
    locations: list[memoryview] = field(default_factory=list)
    functions: list[memoryview] = field(default_factory=list)
    strings: list[memoryview] = field(default_factory=list)
    duration_ns: int = 0
    default_type: int = 0


def read_pprof(content: bytes) -> Sampled:
    """Add up all stacks of a profile; StackError when it is none, or a hostile one."""
    message = _message(memoryview(_unpacked(content)))
    kinds = _kinds(message)
    chosen = _chosen(message, kinds)
    counted = next((place for place, kind in enumerate(kinds) if kind[1] == "count"), None)
    names = _Names(message)
    flat: Counter[int] = Counter()
    cumulative: Counter[int] = Counter()
    total = sample_count = 0
    left = MAX_FRAMES
    for sample in message.samples:
        places, values = _sample(sample, left)
        if len(values) < len(kinds):
            raise StackError("a sample has fewer values than the profile has kinds of them")
        weight = values[chosen]
        # Equal stacks are told once, with how often they were seen.
        sample_count += 1 if counted is None else values[counted]
        total += weight
        stack = names.stack_of(places, left)
        left -= len(stack)
        if stack:
            flat[stack[0]] += weight
        for function in set(stack):
            cumulative[function] += weight
    is_time = kinds[chosen][1] == "nanoseconds"
    covered_s = message.duration_ns * _NANOSECOND if message.duration_ns > 0 else None
    return Sampled(
        flat=names.named(flat),
        cumulative=names.named(cumulative),
        total=total,
        sample_count=sample_count,
        covered_s=covered_s,
        cores=total * _NANOSECOND / covered_s if covered_s and is_time else None,
    )


def _unpacked(content: bytes) -> bytes:
    """The message itself; one that is not packed is taken as it is."""
    if not content.startswith(GZIP_MAGIC):
        return content
    unpacking = zlib.decompressobj(_GZIP_WINDOW)
    try:
        unpacked = unpacking.decompress(content, MAX_UNPACKED_BYTES + 1)
    except zlib.error as error:
        raise StackError(f"its packed data are damaged: {error}") from error
    if len(unpacked) > MAX_UNPACKED_BYTES:
        raise StackError(f"unpacked it is larger than {MAX_UNPACKED_BYTES // 1024**2} MiB")
    if not unpacking.eof:
        raise StackError(_TRUNCATED)
    return unpacked


def _message(content: memoryview) -> _Message:
    message = _Message()
    lists = {
        1: message.sample_types,
        2: message.samples,
        4: message.locations,
        5: message.functions,
        6: message.strings,
    }
    for parts, (number, value) in enumerate(fields(content), start=1):
        if parts > MAX_PARTS:
            raise StackError(f"it has more than {MAX_PARTS:,} parts")
        if number in lists:
            lists[number].append(bytes_of(value))
        elif number == 10:
            message.duration_ns = number_of(value)
        elif number == 14:
            message.default_type = number_of(value)
    if not message.sample_types:
        raise StackError("it does not say what it has counted")
    return message


def _kinds(message: _Message) -> list[tuple[str, str]]:
    """What each value of a sample is, and its unit."""
    kinds = []
    for encoded in message.sample_types:
        kind = {number: number_of(value) for number, value in fields(encoded) if number in (1, 2)}
        kinds.append((_text(message, kind.get(1, 0)), _text(message, kind.get(2, 0))))
    return kinds


def _chosen(message: _Message, kinds: Sequence[tuple[str, str]]) -> int:
    """Which value of each sample counts: time on a CPU, else what the profile says.

    Without a word the last one does, as for pprof itself.
    """
    wanted = [place for place, kind in enumerate(kinds) if kind == ("cpu", "nanoseconds")]
    default = _text(message, message.default_type)
    wanted += [place for place, (name, _) in enumerate(kinds) if default and name == default]
    return (*wanted, len(kinds) - 1)[0]


def _sample(encoded: memoryview, most: int) -> tuple[list[int], list[int]]:
    """The places of a stack, the innermost first, and the values; at most so many of either."""
    found: dict[int, list[int]] = {1: [], 2: []}
    for number, value in fields(encoded):
        if number in found:
            found[number] += islice(numbers_of(value), most + 1)
            _refuse_more(len(found[number]), most)
    return found[1], found[2]


def _refuse_more(count: int, most: int) -> None:
    if count > most:
        raise StackError(f"its stacks have more than {MAX_FRAMES:,} frames")


def _text(message: _Message, index: int) -> str:
    if not 0 <= index < len(message.strings):
        raise StackError("a text is named that is not there")
    return str(message.strings[index], "utf-8", "replace")


class _Names:
    """Which functions are at a place of the code, and what are they called?"""

    def __init__(self, message: _Message) -> None:
        self._message = message
        self._places: dict[int, tuple[int, ...]] = {}
        left = MAX_PARTS
        for encoded in message.locations:
            place, functions = _location(encoded, left)
            left -= len(functions)
            self._places[place] = functions or (-place,)

    def stack_of(self, places: Sequence[int], most: int) -> list[int]:
        """The ids of the functions at these places, the innermost of inlined ones first."""
        stack: list[int] = []
        for place in places:
            if place not in self._places:
                raise StackError("a place is named that is not there")
            stack += self._places[place]
            _refuse_more(len(stack), most)
        return stack

    def named(self, weights: Counter[int]) -> dict[str, int]:
        """The weights by name; functions of one name are one."""
        by_name: Counter[str] = Counter()
        for function, weight in weights.items():
            by_name[self._name(function)] += weight
        return dict(by_name)

    def _name(self, function: int) -> str:
        if function < 0:
            return f"code at place {-function} without a name"
        if function not in self._functions:
            raise StackError("a function is named that is not there")
        return short_name(_text(self._message, self._functions[function])) or "(no name)"

    @cached_property
    def _functions(self) -> dict[int, int]:
        """The place of each function's name among the texts."""
        found = {}
        for encoded in self._message.functions:
            function = {n: number_of(value) for n, value in fields(encoded) if n in (1, 2)}
            found[function.get(1, 0)] = function.get(2, 0)
        return found


def _location(encoded: memoryview, most: int) -> tuple[int, tuple[int, ...]]:
    """A place's id and the ids of the functions there, at most so many."""
    place, functions = 0, []
    for number, value in fields(encoded):
        if number == 1:
            place = number_of(value)
        elif number == 4:
            line = {n: number_of(one) for n, one in fields(bytes_of(value)) if n == 1}
            functions.append(line.get(1, 0))
            if len(functions) > most:
                raise StackError(f"its places have more than {MAX_PARTS:,} functions")
    return place, tuple(functions)
