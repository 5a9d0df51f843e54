"""How is text put into Markdown so that it stays the text that it is?

Names, rules and queries come from outside: none may become a heading, a link, HTML or a column.
"""

import re
from collections.abc import Sequence

from capacity.report.shown import printable

# What begins something in Markdown or HTML wherever it stands; `://` would become a link.
# An underscore inside a word is one.
_SPECIAL = re.compile(
    r"[\\`*{}\[\]<>|~&#!@$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=:)/(?=/)|(?<=www)\.",
    re.IGNORECASE,
)
_LINE_START = re.compile(r"^([+=-]|\d+[.)])(?=\s|$|=|-)")
_FENCE = re.compile(r"`{3,}")


def escaped(text: str) -> str:
    """The text as Markdown that shows it; one line."""
    shown = _SPECIAL.sub(lambda found: f"\\{found.group()}", printable(text).strip())
    return _LINE_START.sub(lambda found: f"{found.group()[:-1]}\\{found.group()[-1]}", shown)


def code_block(text: str) -> list[str]:
    """The text as it stands, to be copied; its own fences cannot end the block."""
    lines = [printable(line) for line in text.splitlines()]
    longest = max((len(fence) for fence in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return [fence, *lines, fence]


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, words: int = 0) -> list[str]:
    """A table of cells that are escaped already; but for the first `words` columns of numbers."""
    aligned = [":---" if place < words else "---:" for place in range(len(head))]
    return [_row(one) for one in (head, aligned, *rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
