"""What do `${env:NAME}` and `${file:PATH}` in a header or body stand for?

No code, no nesting: what a reference brings in is never looked at again. Messages name the
reference, never its value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from capacity.profile.files import read_file
from capacity.profile.problems import InputError

MAX_REFERENCED_BYTES = 1024 * 1024

_REFERENCE = re.compile(r"\$\$\{|\$\{(?:(env|file):([^{}]*)\})?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def holds_reference(text: str) -> bool:
    """Whether something is brought in from the environment or a file."""
    return any(match.group(1) for match in _REFERENCE.finditer(text))


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where references are looked up: the environment, and files below a folder."""

    environ: Mapping[str, str]
    folder: Path

    def expand(self, text: str) -> bytes:
        """Replace every reference; `$${` gives a plain `${`. InputError names the reference."""
        parts: list[bytes] = []
        end = 0
        for match in _REFERENCE.finditer(text):
            parts.append(encode(text[end : match.start()]))
            parts.append(self._value(match))
            end = match.end()
        parts.append(encode(text[end:]))
        return b"".join(parts)

    def expand_text(self, text: str) -> str:
        """The same for places that hold text: what comes in must be UTF-8."""
        try:
            return self.expand(text).decode()
        except UnicodeDecodeError as error:
            raise InputError(
                "a reference brings in bytes that are not UTF-8", "use body_file"
            ) from error

    def _value(self, match: re.Match[str]) -> bytes:
        if match.group() == "$${":
            return b"${"
        source, name = match.groups()
        if source == "env":
            return self._variable(name)
        if source == "file":
            return _without_line_end(read_file(self.folder, name, MAX_REFERENCED_BYTES))
        raise InputError(
            "a ${ that begins no reference",
            "write ${env:NAME} or ${file:PATH}, or $${ for a plain ${",
        )

    def _variable(self, name: str) -> bytes:
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} does not name a variable", "use letters, digits and underscores"
            )
        value = self.environ.get(name)
        if value is None:
            raise InputError(
                f"the variable of ${{env:{name}}} is not set", f"export {name} and run again"
            )
        if value == "":
            raise InputError(f"the variable of ${{env:{name}}} is empty", f"give {name} a value")
        return encode(value)


def encode(text: str) -> bytes:
    """The bytes of a text; InputError for what no text can hold."""
    # Bytes that were not UTF-8 on the command line or in the environment arrive as surrogates.
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise InputError("half of a surrogate pair", "write the character itself") from error


def _without_line_end(content: bytes) -> bytes:
    return content.removesuffix(b"\n").removesuffix(b"\r")
