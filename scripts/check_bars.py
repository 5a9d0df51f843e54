"""Which lines break the size and style bars that ruff, mypy and clippy do not hold?

Run from the project's root; prints `file:line: what is wrong` for each fault and exits 1 if there
is any. The bars are the constants below; CONTRIBUTING.md says what each is for.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHIPPED = ("bench", "capacity", "crates", "knee_bench", "scripts")
FOLDERS = (*SHIPPED, "tests")
MAX_FILE_LINES = {".py": 400, ".pyi": 400, ".rs": 500}
MAX_FUNCTION_LINES = 60
MAX_FUNCTION_LINES_EXEMPT: frozenset[str] = frozenset()  # "file:function" of a declarative table
BROAD_EXCEPT_HOME = "capacity/commands/cli.py"
MAX_BROAD_EXCEPTS = 1
LINES_PER_SUPPRESSION = 500
MIN_EQUAL_LINES = 8

_BROAD = {"Exception", "BaseException"}
_OPEN_WORK = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
_SUPPRESSION = re.compile(r"type:\s*ignore|\bnoqa\b|pragma:\s*no\s*(cover|branch)")
_REASONED = re.compile(
    r"type:\s*ignore\[[a-z0-9, -]+\]\s*#\s*\S+"
    r"|noqa:\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*\s*(?:#|-)\s*\S+"
    r"|pragma:\s*no\s*(?:cover|branch)\s*(?:#|-)\s*\S+"
)
_RUST_ALLOW = re.compile(r"#!?\[\s*(?:allow|expect)\s*\(([^\]]*)\)\s*\]")
_RUST_LIBRARY = re.compile(r"crates/\w+/src/lib\.rs")
_FORBIDS_UNSAFE = "#![forbid(unsafe_code)]"
# The macros of pyo3 expand to code that its lint would refuse; none is written by hand.
_MAY_EXPAND_TO_UNSAFE = "crates/pycore/src/lib.rs"
_RUST_FUNCTION = re.compile(r"\bfn\s+(\w+)")
_BODY_OR_END = re.compile(r"[;{]")
_BRACE = re.compile(r"[{}]")
_RUST_TEXT = re.compile(
    r"//[^\n]*|/\*.*?\*/|\bb?r(#*)\".*?\"\1|b?\"(?:\\.|[^\"\\])*\"|b?'(?:\\[^\n]{1,10}?|[^\\'\n])'",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One line that breaks one bar."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Source:
    """One file; `path` is relative to the project's root."""

    path: str
    text: str

    @property
    def lines(self) -> list[str]:
        """The file's lines, without their ends."""
        return self.text.splitlines()

    @property
    def is_python(self) -> bool:
        """Whether the file is Python (a stub is)."""
        return self.path.endswith((".py", ".pyi"))


def read_sources(root: Path) -> list[Source]:
    """Every Python and Rust file of the project, in order of path."""
    paths = (path for folder in FOLDERS for path in (root / folder).rglob("*"))
    return [
        Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(paths)
        if path.suffix in MAX_FILE_LINES and "target" not in path.parts
    ]


def check_file_length(source: Source) -> Iterator[Fault]:
    """A file that is too long to be read in one go."""
    limit = MAX_FILE_LINES[Path(source.path).suffix]
    if len(source.lines) > limit:
        yield Fault(source.path, limit + 1, f"file of {len(source.lines)} lines, limit {limit}")


def check_function_length(source: Source) -> Iterator[Fault]:
    """A function that is too long, without its decorators."""
    spans = _python_functions(source) if source.is_python else _rust_functions(source)
    for name, first, last in spans:
        length = last - first + 1
        exempt = f"{source.path}:{name}" in MAX_FUNCTION_LINES_EXEMPT
        if length > MAX_FUNCTION_LINES and not exempt:
            text = f"function {name} of {length} lines, limit {MAX_FUNCTION_LINES}"
            yield Fault(source.path, first, text)


def _python_functions(source: Source) -> Iterator[tuple[str, int, int]]:
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, node.end_lineno or node.lineno


def _rust_functions(source: Source) -> Iterator[tuple[str, int, int]]:
    """Name, first and last line of each function that has a body."""
    code = _rust_code(source.text)
    declarations = _without_arrays(code)
    for match in _RUST_FUNCTION.finditer(code):
        opening = _BODY_OR_END.search(declarations, match.end())
        if opening is None or opening.group() == ";":
            continue
        depth = 0
        for brace in _BRACE.finditer(code, opening.start()):
            depth += 1 if brace.group() == "{" else -1
            if depth == 0:
                first, last = _line_at(code, match.start()), _line_at(code, brace.start())
                yield match.group(1), first, last
                break


def _rust_code(text: str) -> str:
    """The source with every comment and literal blanked; lines keep their numbers."""
    return _RUST_TEXT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _without_arrays(code: str) -> str:
    """The code with the semicolon of `[u8; 4]` blanked, since it ends no declaration."""
    return re.sub(r"\[[^\[\]{};]*;[^\[\]{};]*\]", lambda match: " " * len(match.group()), code)


def check_broad_excepts(source: Source) -> Iterator[Fault]:
    """An `except` that would also catch our own bugs, outside the one place that may."""
    if not source.is_python:
        return
    handlers = (node for node in ast.walk(ast.parse(source.text)) if _is_broad(node))
    allowed = MAX_BROAD_EXCEPTS if source.path == BROAD_EXCEPT_HOME else 0
    for handler in list(handlers)[allowed:]:
        yield Fault(
            source.path,
            getattr(handler, "lineno", 1),
            f"broad except; name the errors ({BROAD_EXCEPT_HOME} may have {MAX_BROAD_EXCEPTS})",
        )


def _is_broad(node: ast.AST) -> bool:
    match node:
        case ast.ExceptHandler(type=None):
            return True
        case ast.ExceptHandler(type=ast.Tuple(elts=kinds)):
            return any(isinstance(kind, ast.Name) and kind.id in _BROAD for kind in kinds)
        case ast.ExceptHandler(type=ast.Name(id=name)):
            return name in _BROAD
        case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=kinds):
            return any(isinstance(kind, ast.Name) and kind.id in _BROAD for kind in kinds)
    return False


def check_suppressions(source: Source) -> Iterator[Fault]:
    """A checker switched off without its code or without a reason."""
    for line, comment in _suppressions(source):
        if not _REASONED.search(comment):
            text = f"{comment.strip()!r} needs a code in brackets or after a colon, then # reason"
            yield Fault(source.path, line, text)
    if not source.is_python:
        for match in _RUST_ALLOW.finditer(source.text):
            if "reason" not in match.group(1):
                line = _line_at(source.text, match.start())
                yield Fault(source.path, line, f'{match.group()} needs a reason = "..."')


def _suppressions(source: Source) -> list[tuple[int, str]]:
    if not source.is_python:
        return []
    tokens = tokenize.generate_tokens(io.StringIO(source.text).readline)
    return [
        (token.start[0], token.string)
        for token in tokens
        if token.type == tokenize.COMMENT and _SUPPRESSION.search(token.string)
    ]


def check_unsafe(source: Source) -> Iterator[Fault]:
    """Rust that the compiler cannot vouch for; tests may, to count what the product does."""
    if source.is_python or "/src/" not in source.path:
        return
    code = _rust_code(source.text)
    for match in re.finditer(r"\bunsafe\b", code):
        yield Fault(source.path, _line_at(code, match.start()), "unsafe code")
    is_library = _RUST_LIBRARY.fullmatch(source.path) and source.path != _MAY_EXPAND_TO_UNSAFE
    if is_library and _FORBIDS_UNSAFE not in code:
        yield Fault(source.path, 1, f"a crate without {_FORBIDS_UNSAFE}")


def check_suppression_count(sources: list[Source]) -> Iterator[Fault]:
    """More suppressions than the size of the project allows; the last one is named."""
    found = [(source, line) for source in sources for line, _ in _suppressions(source)]
    line_count = sum(len(source.lines) for source in sources if source.is_python)
    if found and len(found) * LINES_PER_SUPPRESSION >= line_count:
        source, line = found[-1]
        text = f"{len(found)} suppressions in {line_count} lines of Python"
        yield Fault(source.path, line, f"{text}; fewer than 1 in {LINES_PER_SUPPRESSION} allowed")


def check_open_work(source: Source) -> Iterator[Fault]:
    """A note that something is still to be done; it belongs in the issue list."""
    for number, line in enumerate(source.lines, start=1):
        if match := _OPEN_WORK.search(line):
            yield Fault(source.path, number, f"{match.group()} left in the source")


def check_duplicates(sources: list[Source]) -> Iterator[Fault]:
    """Runs of equal lines in shipped source; each run is named once, with its first copy."""
    seen: dict[tuple[str, ...], tuple[str, int]] = {}
    reported: tuple[str, int] = ("", -1)
    for source in sources:
        if not source.path.startswith(SHIPPED):
            continue
        telling = _telling_lines(source)
        for start in range(len(telling) - MIN_EQUAL_LINES + 1):
            window = telling[start : start + MIN_EQUAL_LINES]
            first = (source.path, window[0][0])
            home = seen.setdefault(tuple(line for _, line in window), first)
            if home != first and reported != (source.path, start - 1):
                text = f"{MIN_EQUAL_LINES} or more lines equal to {home[0]}:{home[1]}"
                yield Fault(*first, text)
            if home != first:
                reported = (source.path, start)


def _telling_lines(source: Source) -> list[tuple[int, str]]:
    """Lines that say something of their own: no imports, comments, blanks or lone brackets."""
    skipped = _python_import_lines(source) if source.is_python else _rust_use_lines(source)
    comment = "#" if source.is_python else "//"
    return [
        (number, line.strip())
        for number, line in enumerate(source.lines, start=1)
        if re.search(r"\w", line) and not line.strip().startswith(comment) and number not in skipped
    ]


def _python_import_lines(source: Source) -> set[int]:
    imports = (
        node
        for node in ast.walk(ast.parse(source.text))
        if isinstance(node, ast.Import | ast.ImportFrom)
    )
    return {n for node in imports for n in range(node.lineno, (node.end_lineno or 0) + 1)}


def _rust_use_lines(source: Source) -> set[int]:
    spans = (match.span() for match in re.finditer(r"^\s*(?:pub )?use [^;]*;", source.text, re.M))
    return {
        number
        for first, last in spans
        for number in range(_line_at(source.text, first), _line_at(source.text, last) + 1)
    }


def _line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def find_faults(sources: list[Source]) -> list[Fault]:
    """Every fault of the given files, in order of path and line."""
    of_one_file = (
        check_file_length,
        check_function_length,
        check_broad_excepts,
        check_suppressions,
        check_unsafe,
        check_open_work,
    )
    faults = [fault for source in sources for check in of_one_file for fault in check(source)]
    faults += check_suppression_count(sources)
    faults += check_duplicates(sources)
    return sorted(faults, key=lambda fault: (fault.path, fault.line))


def main() -> int:
    """Check the project in the current folder; 1 if a bar is broken."""
    sources = read_sources(Path.cwd())
    faults = find_faults(sources)
    for fault in faults:
        print(fault)
    if faults:
        print(f"{len(faults)} faults against the bars of CONTRIBUTING.md")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
