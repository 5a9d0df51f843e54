"""Tests of the size and style bars: a bad sample of each kind is caught on its line."""

import pytest

from scripts.check_bars import Fault, Source, find_faults

LONG_BODY = "".join(f"    x{n} = {n}\n" for n in range(60))
LONG_RUST_BODY = "".join(f"    let x{n} = '{{' as u32; // }}\n" for n in range(59))
OPEN_WORK = "TO" + "DO"
IGNORE = "# type: " + "ignore"
NOQA = "# no" + "qa"
PRAGMA = "# pragma: " + "no cover"
PADDING = "".join(f"x = {n}\n" for n in range(501 * 3))


def faults_of(path: str, text: str) -> list[str]:
    """Line and text of every fault in one sample."""
    return [f"{fault.line}: {fault.text}" for fault in find_faults([Source(path, text)])]


def test_prints_a_fault_as_place_and_sentence() -> None:
    """A fault reads as file, line and sentence, so that editors can jump to it."""
    assert str(Fault("capacity/a.py", 7, "broad except")) == "capacity/a.py:7: broad except"


@pytest.mark.parametrize(
    ("path", "limit"), [("capacity/a.py", 400), ("capacity/a.pyi", 400), ("crates/a/src/b.rs", 500)]
)
def test_names_a_file_above_its_limit(path: str, limit: int) -> None:
    """A file of one line too many is named; at the limit it is not."""
    assert faults_of(path, "\n" * limit) == []
    too_long = [f"{limit + 1}: file of {limit + 1} lines, limit {limit}"]
    assert faults_of(path, "\n" * (limit + 1)) == too_long


def test_names_a_python_function_above_sixty_lines() -> None:
    """A function of 61 lines is named with its first line; decorators do not count."""
    text = f"\n@decorated(\n    1\n)\ndef long():\n{LONG_BODY}"
    assert faults_of("capacity/a.py", text) == ["5: function long of 61 lines, limit 60"]
    assert faults_of("capacity/a.py", text.replace("    x0 = 0\n", "")) == []


def test_names_a_rust_function_above_sixty_lines() -> None:
    """Braces in strings, characters and comments do not end a Rust function."""
    head = "trait T { fn none(x: [u8; 4]); }\nfn long(x: [u8; 4]) {\n"
    text = f'{head}{LONG_RUST_BODY}    "}}";\n}}\n'
    assert faults_of("crates/a/src/b.rs", text) == ["2: function long of 62 lines, limit 60"]
    shorter = text.replace("    let x0 = '{' as u32; // }\n", "").replace('    "}";\n', "")
    assert faults_of("crates/a/src/b.rs", shorter) == []


@pytest.mark.parametrize(
    "sample",
    [
        "try:\n    f()\nexcept:\n    pass\n",
        "try:\n    f()\nexcept Exception:\n    pass\n",
        "try:\n    f()\nexcept (OSError, BaseException) as error:\n    pass\n",
        "try: f()\nfinally: pass\nwith contextlib.suppress(Exception):\n    f()\n",
    ],
    ids=["bare", "Exception", "in a tuple", "suppress"],
)
def test_names_a_broad_except(sample: str) -> None:
    """An except that would catch our own bugs is named on its line, however it is written."""
    wanted = ["3: broad except; name the errors (capacity/commands/cli.py may have 1)"]
    assert faults_of("capacity/search/runner.py", sample) == wanted


def test_allows_one_broad_except_in_the_command_line() -> None:
    """The command line may catch everything once, not twice."""
    once = "try:\n    f()\nexcept Exception:\n    pass\n"
    assert faults_of("capacity/commands/cli.py", once) == []
    twice = ["7: broad except; name the errors (capacity/commands/cli.py may have 1)"]
    assert faults_of("capacity/commands/cli.py", once + once) == twice


def test_allows_a_named_except() -> None:
    """Errors caught by name are no fault."""
    assert (
        faults_of("capacity/a.py", "try:\n    f()\nexcept (OSError, ValueError):\n    pass\n") == []
    )


@pytest.mark.parametrize(
    "comment",
    [
        IGNORE,
        f"{IGNORE}[arg-type]",
        f"{IGNORE}  # because",
        NOQA,
        f"{NOQA}: S603",
        f"{NOQA} because",
        PRAGMA,
    ],
)
def test_names_a_suppression_without_code_or_reason(comment: str) -> None:
    """A checker is switched off only with its code and a reason."""
    text = f"x = 1  {comment}\n{PADDING[:6000]}"
    wanted = f"{comment!r} needs a code in brackets or after a colon, then # reason"
    assert wanted in [fault.text for fault in find_faults([Source("capacity/a.py", text)])]


@pytest.mark.parametrize(
    "comment",
    [f"{IGNORE}[arg-type]  # stub is wrong", f"{NOQA}: S603, S607  # our own", f"{PRAGMA} - rare"],
)
def test_allows_a_suppression_with_code_and_reason(comment: str) -> None:
    """Code and reason make a suppression readable."""
    sources = [Source("capacity/a.py", f"x = 1  {comment}\n"), *padding(500)]
    assert find_faults(sources) == []


def test_ignores_a_suppression_inside_a_string() -> None:
    """Only comments switch a checker off."""
    assert faults_of("capacity/a.py", f'x = "{NOQA}"\n') == []


def padding(line_count: int) -> list[Source]:
    """Files of the tests with so many lines together."""
    whole, rest = divmod(line_count, 400)
    sizes = [400] * whole + [rest] * (rest > 0)
    return [Source(f"tests/pad{n}.py", "\n" * size) for n, size in enumerate(sizes)]


def test_names_one_suppression_too_many() -> None:
    """Two suppressions need more than 1,000 lines of Python."""
    reasoned = f"x = 1  {NOQA}: S603  # our own\n"
    sources = [Source("capacity/a.py", reasoned * 2), *padding(998)]
    text = "2 suppressions in 1000 lines of Python; fewer than 1 in 500 allowed"
    assert find_faults(sources) == [Fault("capacity/a.py", 2, text)]
    assert find_faults([*sources, Source("tests/b.py", "\n")]) == []


def test_names_a_rust_allowance_without_reason() -> None:
    """An allowed or expected lint in Rust carries its reason."""
    bare = "fn a() {}\n#[allow(clippy::panic)]\nfn b() {}\n"
    assert faults_of("crates/a/src/b.rs", bare) == [
        '2: #[allow(clippy::panic)] needs a reason = "..."'
    ]
    reasoned = bare.replace("panic)", 'panic, reason = "tests")')
    assert faults_of("crates/a/src/b.rs", reasoned) == []


@pytest.mark.parametrize(
    "code",
    ["fn f() { unsafe { g() } }\n", "unsafe fn f() {}\n", "unsafe impl Send for A {}\n"],
    ids=["block", "function", "trait"],
)
def test_names_unsafe_rust(code: str) -> None:
    """No source that is shipped holds code which the compiler cannot vouch for."""
    assert faults_of("crates/loadgen/src/a.rs", f"//! A.\n{code}") == ["2: unsafe code"]


def test_allows_the_word_unsafe_in_text_and_the_code_in_tests() -> None:
    """A comment or a literal is no code, and a counting allocator of a test is not shipped."""
    assert faults_of("crates/loadgen/src/a.rs", '// unsafe\nconst A: &str = "unsafe";\n') == []
    assert faults_of("crates/loadgen/tests/a.rs", "unsafe impl Send for A {}\n") == []


@pytest.mark.parametrize("text", ["//! A.\n", "// #![forbid(unsafe_code)]\n"])
def test_names_a_crate_that_does_not_forbid_unsafe_code(text: str) -> None:
    """The compiler refuses it only in crates that say so; the binding's macros need it."""
    wanted = "1: a crate without #![forbid(unsafe_code)]"
    assert faults_of("crates/loadgen/src/lib.rs", text) == [wanted]
    assert faults_of("crates/loadgen/src/lib.rs", "#![forbid(unsafe_code)]\n") == []
    assert faults_of("crates/pycore/src/lib.rs", text) == []


@pytest.mark.parametrize("path", ["capacity/a.py", "crates/a/src/b.rs", "tests/unit/test_a.py"])
def test_names_open_work(path: str) -> None:
    """A note about work still to be done is named wherever it stands."""
    mark = "#" if path.endswith(".py") else "//"
    assert faults_of(path, f"\n{mark} {OPEN_WORK}: later\n") == [
        f"2: {OPEN_WORK} left in the source"
    ]


def eight_lines(indent: str) -> str:
    """Eight lines that say something, with a blank and a comment between them."""
    lines = [f"{indent}total = total + weight_{n} * rate_{n}\n" for n in range(8)]
    return "".join([*lines[:4], "\n", f"{indent}# why\n", *lines[4:]])


def test_names_eight_equal_lines_once() -> None:
    """A copied block is named once, at its second place; indent does not hide it."""
    sources = [
        Source("capacity/a.py", "x = 1\n" + eight_lines("") + "y = 1\n"),
        Source("capacity/b.py", "def f(total):\n" + eight_lines("    ") + "    y = 1\n"),
    ]
    wanted = [Fault("capacity/b.py", 2, "8 or more lines equal to capacity/a.py:2")]
    assert find_faults(sources) == wanted


def test_allows_seven_equal_lines_equal_imports_and_equal_tests() -> None:
    """Seven lines, lists of imports and the builders of tests may be alike."""
    seven = eight_lines("").replace("total = total + weight_7 * rate_7\n", "")
    imports = "from a import (\n" + "".join(f"    name_{n},\n" for n in range(9)) + ")\n"
    for path, text in [("capacity/{}.py", seven), ("capacity/{}.py", imports)]:
        assert find_faults([Source(path.format(name), text) for name in "ab"]) == []
    tests = [Source(f"tests/unit/test_{name}.py", eight_lines("")) for name in "ab"]
    assert find_faults(tests) == []


def test_allows_equal_rust_imports() -> None:
    """A long use declaration may stand in two Rust files."""
    use = "use std::{\n" + "".join(f"    name_{n},\n" for n in range(9)) + "};\n"
    assert find_faults([Source(f"crates/a/src/{name}.rs", use) for name in "ab"]) == []
