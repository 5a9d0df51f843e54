"""Tests of reading a profile in the format of pprof, honest and hostile ones."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.hooks import HotFunction
from capacity.stacks import pprof
from capacity.stacks.pprof import read_pprof
from capacity.stacks.sampled import MAX_NAME_CHARACTERS, StackError
from tests.unit.stacks.builders import Stack, a_message, a_pprof, number, packed, text, varint

BURN = Stack(["main.burn", "main.serve", "net/http.(*conn).serve".replace("/", ".")], 60)
PARSE = Stack(["main.parse", "main.serve"], 30)
IDLE = Stack(["runtime.futex"], 10)


def test_adds_up_time_by_function() -> None:
    """Flat is the innermost function's, cumulative everybody's on the stack."""
    sampled = read_pprof(a_pprof([BURN, PARSE, IDLE]))
    assert sampled.total == 100 * 10_000_000
    assert sampled.hottest_flat[:2] == (
        HotFunction("main.burn", 0.6, 0.6),
        HotFunction("main.parse", 0.3, 0.3),
    )
    assert sampled.hottest_cumulative[0] == HotFunction("main.serve", 0.0, 0.9)


def test_tells_cores() -> None:
    """A second of CPU time in two seconds is half a core."""
    sampled = read_pprof(a_pprof([BURN, PARSE, IDLE], duration_s=2.0))
    assert sampled.cores == pytest.approx(0.5)
    assert sampled.covered_s == 2.0


def test_counts_samples_and_not_stacks() -> None:
    """Equal stacks are told once with how often they were seen; without that each is one."""
    assert read_pprof(a_pprof([BURN, PARSE, IDLE])).sample_count == 100
    times = (("cpu", "nanoseconds"), ("wall", "nanoseconds"))
    assert read_pprof(a_message([BURN, IDLE], kinds=times)).sample_count == 2


def test_counts_a_recursive_function_once_a_stack() -> None:
    """A function that is on a stack three times is there all of the time, not three times it."""
    sampled = read_pprof(a_pprof([Stack(["main.fib", "main.fib", "main.fib"], 5)]))
    assert sampled.hottest_cumulative == (HotFunction("main.fib", 1.0, 1.0),)


def test_takes_the_innermost_of_inlined_functions() -> None:
    """Of the functions at one place the inlined one runs, and the outer one is on the stack."""
    sampled = read_pprof(a_pprof([Stack(["main.inlined/main.outer"], 5)]))
    assert sampled.hottest_flat == (HotFunction("main.inlined", 1.0, 1.0),)
    assert sampled.cumulative["main.outer"] == sampled.total


def test_reads_numbers_that_are_not_packed() -> None:
    """Older writers give each number of a list a field of its own."""
    unpacked = read_pprof(a_pprof([BURN, PARSE], is_packed=False))
    assert unpacked == read_pprof(a_pprof([BURN, PARSE]))


def test_reads_a_message_that_is_not_gzipped() -> None:
    """The format is the same before it is packed."""
    assert read_pprof(a_message([BURN])) == read_pprof(a_pprof([BURN]))


def test_knows_no_cores_of_what_counts_no_time() -> None:
    """A heap profile counts bytes, and the last value is what it is about."""
    kinds = (("alloc_space", "bytes"), ("inuse_space", "bytes"))
    sampled = read_pprof(a_pprof([BURN], kinds=kinds))
    assert (sampled.cores, sampled.total) == (None, 600_000_000)


def test_follows_the_default_of_the_profile() -> None:
    """Where no CPU time is counted the profile says which of its values matters."""
    kinds = (("contentions", "count"), ("delay", "nanoseconds"))
    assert read_pprof(a_pprof([BURN], kinds=kinds, default="contentions")).total == 60


def test_knows_no_cores_without_a_duration() -> None:
    """Without its length time says nothing of cores."""
    sampled = read_pprof(a_pprof([BURN], duration_s=0.0))
    assert (sampled.cores, sampled.covered_s) == (None, None)


def test_names_code_without_symbols_by_its_place() -> None:
    """A stripped program has places without functions."""
    strings = b"".join(text(6, word) for word in (b"", b"samples", b"count"))
    content = text(1, number(1, 1) + number(2, 2)) + text(2, packed(1, [7]) + packed(2, [4]))
    sampled = read_pprof(content + text(4, number(1, 7)) + strings)
    assert sampled.hottest_flat == (HotFunction("code at place 7 without a name", 1.0, 1.0),)


def test_bounds_names() -> None:
    """A name as long as a book is cut."""
    sampled = read_pprof(a_pprof([Stack(["x" * 5000], 1)]))
    assert len(sampled.hottest_flat[0].name) == MAX_NAME_CHARACTERS


def test_orders_by_weight_and_keeps_ten() -> None:
    """The table has ten rows at most, the hottest first."""
    sampled = read_pprof(a_pprof([Stack([f"main.f{n}"], n) for n in range(1, 15)]))
    names = [one.name for one in sampled.hottest_flat]
    assert names == [f"main.f{n}" for n in range(14, 4, -1)]


def test_takes_off_negative_weights() -> None:
    """The difference of two profiles has negative values; what is not above zero is not hot."""
    content = a_pprof([Stack(["main.more"], 5), Stack(["main.less"], -2)])
    assert [one.name for one in read_pprof(content).hottest_flat] == ["main.more"]
    assert read_pprof(a_pprof([Stack(["main.less"], -2)])).hottest_flat == ()


STRINGS = b"".join(text(6, word) for word in (b"", b"cpu", b"nanoseconds"))
KIND = text(1, number(1, 1) + number(2, 2))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "does not say what it has counted"),
        (a_pprof([BURN])[:-20], "ends in the middle of its packed data"),
        (b"\x1f\x8b\x99\x00garbage!", "packed data are damaged"),
        (a_message([BURN])[:-3], "ends in the middle of a field"),
        (varint(0) + varint(1), "the number 0"),
        (varint(1 << 3 | 3), "the unknown kind 3"),
        (b"\x80", "ends in the middle of a number"),
        (b"\xff" * 11, "longer than 64 bits"),
        (text(10, b"x"), "bytes where a number must be"),
        (number(6, 1), "a number where bytes must be"),
        (text(1, number(1, 99)) + STRINGS, "a text is named that is not there"),
        (KIND + text(2, packed(1, [1]) + packed(2, [1])) + STRINGS, "a place is named"),
        (KIND + text(2, packed(1, [])) + STRINGS, "fewer values than"),
        (
            KIND
            + text(2, packed(1, [1]) + packed(2, [1]))
            + text(4, number(1, 1) + text(4, number(1, 9)))
            + STRINGS,
            "a function is named that is not there",
        ),
        (varint(7 << 3 | 1) + b"1234", "ends in the middle of a field"),
        (varint(7 << 3 | 5) + b"1234" + varint(6 << 3 | 2) + varint(2**63), "middle of a field"),
    ],
)
def test_refuses_what_is_no_profile(content: bytes, reason: str) -> None:
    """Each fault has its words, and none is more than an error."""
    with pytest.raises(StackError, match=reason):
        read_pprof(content)


def test_refuses_a_bomb() -> None:
    """What unpacks to more than any profile has is refused before it is unpacked whole."""
    bomb = gzip.compress(b"\x00" * (pprof.MAX_UNPACKED_BYTES + 1), mtime=0)
    with pytest.raises(StackError, match="larger than 16 MiB"):
        read_pprof(bomb)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [("MAX_FRAMES", "more than 20 frames"), ("MAX_PARTS", "more than 20 parts")],
)
def test_refuses_too_much(limit: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stacks and parts are counted, so that small data cannot ask for endless work."""
    monkeypatch.setattr(pprof, limit, 20)
    many = [Stack([f"main.f{n}", "main.g"], 1) for n in range(15)]
    with pytest.raises(StackError, match=reason):
        read_pprof(a_pprof(many))


def test_refuses_one_endless_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """One stack may be as long as all together, and a place with many functions counts as such."""
    monkeypatch.setattr(pprof, "MAX_FRAMES", 20)
    for names in (["main.f"] * 21, ["a/b/c/d/e/f/g/h"] * 3):
        with pytest.raises(StackError, match="more than 20 frames"):
            read_pprof(a_pprof([Stack(names, 1)]))


def test_refuses_places_with_endless_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted while they are read, whether a stack has such a place or not."""
    monkeypatch.setattr(pprof, "MAX_PARTS", 20)
    inlined = "/".join(["main.f"] * 11)
    with pytest.raises(StackError, match="places have more than 20 functions"):
        read_pprof(a_pprof([Stack([inlined], 1), Stack([f"{inlined}/main.g"], 1)]))


@given(st.binary(max_size=400))
def test_no_bytes_break_it(content: bytes) -> None:
    """Whatever comes is read or refused."""
    for one in (content, zlib.compress(content, wbits=31)):
        try:
            read_pprof(one)
        except StackError:
            continue


@given(st.data())
def test_no_damage_breaks_it(data: st.DataObject) -> None:
    """A real profile with some bytes changed is read or refused."""
    content = bytearray(a_message([BURN, PARSE, IDLE]))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        sampled = read_pprof(bytes(content))
    except StackError:
        return
    assert len(sampled.hottest_flat) <= 10


@given(
    st.lists(
        st.builds(
            Stack,
            st.lists(st.sampled_from("abcdefghijklm"), min_size=1, max_size=6),
            st.integers(1, 1000),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_weights_add_up(stacks: list[Stack]) -> None:
    """All flat weights together are the total, and none is above its cumulative one."""
    sampled = read_pprof(a_pprof(stacks))
    assert sum(sampled.flat.values()) == sampled.total
    assert all(weight <= sampled.cumulative[name] for name, weight in sampled.flat.items())
