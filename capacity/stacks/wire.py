"""Which fields does a protobuf message have? As much of the format as a profile needs.

The message may be hostile: every length is held against what is there, and nothing recurses.
"""

from collections.abc import Iterator

from capacity.stacks.sampled import StackError

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_MAX_VARINT_BYTES = 10
_FIXED_SIZES = {_FIXED_64: 8, _FIXED_32: 4}

Field = tuple[int, int | memoryview]


def fields(message: memoryview) -> Iterator[Field]:
    """Number and value of each field: a number for a varint, else the bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise StackError("a field has the number 0")
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in _FIXED_SIZES:
            size = _FIXED_SIZES[kind]
        else:
            raise StackError(f"a field has the unknown kind {kind}")
        if size > len(message) - at:
            raise StackError("it ends in the middle of a field")
        yield number, message[at : at + size]
        at += size


def number_of(value: int | memoryview) -> int:
    """A whole number with its sign."""
    if not isinstance(value, int):
        raise StackError("there are bytes where a number must be")
    return value - 2**64 if value >= 2**63 else value


def numbers_of(value: int | memoryview) -> Iterator[int]:
    """One number, or the many of a packed field."""
    if isinstance(value, int):
        yield number_of(value)
        return
    at = 0
    while at < len(value):
        number, at = _varint(value, at)
        yield number_of(number)


def bytes_of(value: int | memoryview) -> memoryview:
    """The bytes of a text or of an inner message."""
    if isinstance(value, int):
        raise StackError("there is a number where bytes must be")
    return value


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """The number that begins at a place, and the place after it."""
    value = shift = 0
    for place in range(at, min(at + _MAX_VARINT_BYTES, len(message))):
        byte = message[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), place + 1
        shift += 7
    if at + _MAX_VARINT_BYTES <= len(message):
        raise StackError("a number is longer than 64 bits")
    raise StackError("it ends in the middle of a number")
