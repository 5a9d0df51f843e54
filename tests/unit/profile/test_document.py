"""Tests of reading YAML: values with their places, and bombs refused before they are built."""

from pathlib import Path

import pytest

from capacity.errors import ProfileError
from capacity.profile.document import MAX_BYTES, Value, read_document
from capacity.profile.problems import KeyPath, Origins, Place, Problems


def read(content: str | bytes) -> tuple[dict[str, Value], Problems]:
    """Read a file called p.yaml; its unreadable content raises."""
    problems = Problems(Origins(Place("p.yaml", Path("folder"), 1, 1)))
    data = content.encode() if isinstance(content, str) else content
    return read_document(data, problems), problems


def faults(content: str | bytes) -> list[tuple[str, str]]:
    """Place and message of everything wrong with a text."""
    with pytest.raises(ProfileError) as caught:
        read(content)[1].raise_if_any()
    return [(problem.place, problem.message) for problem in caught.value.problems]


def test_reads_values_of_every_kind() -> None:
    """Mappings, lists, quoted and plain scalars become plain data."""
    value, problems = read('a: {b: [1, 2.5, "3", x]}\nc: null\nd: true\n7: seven\n')
    assert value == {"a": {"b": [1, 2.5, "3", "x"]}, "c": None, "d": True, "7": "seven"}
    problems.raise_if_any()


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("a",), "p.yaml:2:3"),
        (("a", "b"), "p.yaml:3:5"),
        (("a", "b", 1), "p.yaml:4:7"),
        (("a", "b", 1, "c"), "p.yaml:4:10"),
        (("a", "nothing"), "p.yaml:2:3"),
        (("nothing",), "p.yaml:1:1"),
    ],
)
def test_every_value_has_its_line_and_column(path: KeyPath, place: str) -> None:
    """Places count from 1; a path that is not there has the place of what is above it."""
    _, problems = read("a:\n  b:\n    - 1\n    - c: x\n")
    assert problems.origins.of(path).text == place


def test_keys_have_places_of_their_own() -> None:
    """A problem with a key points at the key, and its folder is the folder of the file."""
    _, problems = read("a:\n  bb: x\n")
    assert problems.origins.of_key(("a", "bb")).text == "p.yaml:2:3"
    assert problems.origins.of(("a", "bb")).folder == Path("folder")


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        ("", "p.yaml:1:1", "a profile is a mapping of keys"),
        ("- a\n", "p.yaml:1:1", "a profile is a mapping of keys"),
        ("a: b: c\n", "p.yaml:1:5", "this is not YAML: mapping values are not allowed here"),
        ("a: [1\n", "p.yaml:2:1", "this is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n\tb: 2\n", "p.yaml:2:1", "this is not YAML: found character '\\t'"),
        ("a: 1\n---\na: 2\n", "p.yaml:2:1", "a profile is one document"),
        ("a: &x 1\n", "p.yaml:1:4", "anchors (&name) are not read"),
        ("a: !!int 1\n", "p.yaml:1:4", "tags (!name) are not read"),
        ("a: !!python/object/apply:os.system [x]\n", "p.yaml:1:4", "tags (!name) are not read"),
        ("a: {<<: {b: 1}}\n", "p.yaml:1:5", "a key is a word"),
        ("? [a]\n: 1\n", "p.yaml:1:3", "a key is a word"),
        ("a: 1\nb: \x07\n", "p.yaml:2:4", "a control character"),
        (b"a: \xff\n", "p.yaml:1:1", "byte 4 is not UTF-8"),
        (b"x" * (MAX_BYTES + 1), "p.yaml:1:1", "a profile has at most 1 MiB"),
        ("a: no\n", "p.yaml:1:4", "'no' is a truth value in YAML 1.1 and text in YAML 1.2"),
        ("on: 1\n", "p.yaml:1:1", "the key 'on' is a truth value in YAML 1.1"),
        ("a: 1\nb: 2\na: 3\n", "p.yaml:3:1", "the key 'a' is given twice"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_refuses_with_the_place(content: str | bytes, place: str, message: str) -> None:
    """Each feature that has no business in a profile is refused where it stands."""
    ((found_place, found_message),) = faults(content)
    assert found_place == place
    assert found_message.startswith(message)


def test_an_alias_is_refused_beside_its_anchor() -> None:
    """Both ends of a reference are named; nothing is copied."""
    assert faults("a: &x [1]\nb: *x\n") == [
        ("p.yaml:1:4", "anchors (&name) are not read"),
        ("p.yaml:2:4", "aliases (*name) are not read"),
    ]


def test_a_bomb_of_aliases_is_refused_in_its_first_lines() -> None:
    """Nine doublings of nine are never built."""
    bomb = "a0: &a0 [x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
    )
    assert ("p.yaml:2:10", "aliases (*name) are not read") in faults(bomb)


def test_twenty_levels_are_read_and_twenty_one_are_not() -> None:
    """Depth is counted from the top mapping, before anything is built."""
    value, _ = read("a: " + "[" * 19 + "]" * 19)
    assert list(value) == ["a"]
    assert faults("a: " + "[" * 20 + "]" * 20) == [
        ("p.yaml:1:23", "values are nested deeper than 20 levels")
    ]
    assert faults("a: " + "[" * 100_000) == [
        ("p.yaml:1:23", "values are nested deeper than 20 levels")
    ]


def test_ten_thousand_values_are_the_most() -> None:
    """The mapping, its key and the list count too."""
    value, _ = read("a: [" + "x," * 9_997 + "]")
    assert value == {"a": ["x"] * 9_997}
    assert [message for _, message in faults("a: [" + "x," * 9_998 + "]")] == [
        "a profile has at most 10000 values"
    ]


@pytest.mark.parametrize("part", ["1", "1_", "1:1", "-"])
def test_a_mebibyte_of_one_word_is_read_in_one_go(part: str) -> None:
    """No pattern looks at a long word again and again; the test would run into its time limit."""
    word = part * (1_000_000 // len(part)) + "x"
    assert read(f"a: {word}\n")[0] == {"a": word}


def test_a_byte_order_mark_is_no_content() -> None:
    """Editors on Windows write one."""
    assert read(b"\xef\xbb\xbfa: 1\n")[0] == {"a": 1}


def test_a_trap_among_headers_is_refused_without_showing_it() -> None:
    """The value may be a credential, so the message does not repeat it."""
    assert faults("headers: { X-Pin: 0644 }\n") == [
        ("p.yaml:1:19", "this value is an octal number in YAML 1.1")
    ]


def test_faults_of_values_are_found_together() -> None:
    """One reading names every trap and every duplicate, in order of lines."""
    assert faults("a: 1:30\nb: 0644\nb: 2\nc: [1, yes]\n") == [
        ("p.yaml:1:4", "'1:30' is a number to base 60 in YAML 1.1"),
        ("p.yaml:2:4", "'0644' is an octal number in YAML 1.1"),
        ("p.yaml:3:1", "the key 'b' is given twice"),
        ("p.yaml:4:8", "'yes' is a truth value in YAML 1.1 and text in YAML 1.2"),
    ]
