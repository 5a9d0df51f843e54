"""How do the user's own queries become quantities that rules call `prom.NAME`?"""

import re

from capacity.model.resources import (
    OWN_QUERIES,
    Aspect,
    Direction,
    EmptyMeans,
    Expression,
    Quantity,
    ResourceScope,
)
from capacity.profile.problems import InputError, KeyPath, Problems
from capacity.profile.schema import QueryPart
from capacity.units import Unit

PREFIX = "prom."
MAX_QUERY_CHARACTERS = 10_000

_QUERIES: KeyPath = ("monitor", "queries")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_STRINGS_AND_COMMENTS = re.compile(
    r'"(?:\\.|[^"\\])*"|' r"'(?:\\.|[^'\\])*'|" r"`[^`]*`|#[^\n]*", re.DOTALL
)
_OTHER_VARIABLE = re.compile(r"\$(?!window\b)(?:\{\w*\}?|\w*)")
_FIXED_RANGE = re.compile(r"\[\s*[0-9][^\]]*\]")


def build_queries(parts: dict[str, QueryPart], problems: Problems) -> tuple[Quantity, ...]:
    """Each query with what the profile says about it; a wrong one is noted and left out."""
    return tuple(
        quantity
        for name, part in parts.items()
        if (quantity := _quantity(name, part, problems)) is not None
    )


def _quantity(name: str, part: QueryPart, problems: Problems) -> Quantity | None:
    path: KeyPath = (*_QUERIES, name)
    if not _NAME.fullmatch(name):
        fault = InputError(
            f"{name!r} is not a name for a query", "use letters, digits and underscores"
        )
        problems.add_key(path, fault)
    if part.query is None:
        problems.add_missing(path, InputError("the query is missing", "write query: 'PromQL'"))
    query = problems.read((*path, "query"), _query, part.query, None)
    if query is None:
        return None
    _note_fixed_range(name, query, (*path, "query"), problems)
    meaning = problems.read((*path, "meaning"), _meaning, part.meaning, "a query of the profile")
    return Quantity(
        name=f"{PREFIX}{name}",
        unit=Unit.NUMBER if part.unit is None else Unit(part.unit),
        scope=ResourceScope.USER if part.scope is None else ResourceScope(part.scope),
        aspect=Aspect.INFORMATION,
        direction=Direction.HIGH_IS_BAD if part.direction is None else Direction(part.direction),
        source=Expression(query),
        empty_means=EmptyMeans.NO_DATA if part.empty is None else EmptyMeans(part.empty),
        preset=OWN_QUERIES,
        meaning=meaning,
    )


def _query(text: str) -> str | None:
    query = text.strip()
    if not query or len(query) > MAX_QUERY_CHARACTERS:
        raise InputError(
            f"a query has 1 to {MAX_QUERY_CHARACTERS} characters", "write it in PromQL"
        )
    if any(not char.isprintable() and char not in "\n\t" for char in query):
        raise InputError("the query holds a control character", "remove it")
    foreign = _OTHER_VARIABLE.search(_STRINGS_AND_COMMENTS.sub("", query))
    if foreign is not None:
        raise InputError(
            f"{foreign.group()!r} means nothing here",
            "write $window for the length of the step, as in rate(x[$window])",
        )
    return query


def _meaning(text: str) -> str:
    if not text.isprintable() or len(text) > 200:
        raise InputError("a meaning has up to 200 printable characters", "shorten it")
    return text


def _note_fixed_range(name: str, query: str, path: KeyPath, problems: Problems) -> None:
    found = _FIXED_RANGE.search(_STRINGS_AND_COMMENTS.sub('""', query))
    if found is not None:
        problems.note(
            path,
            f"{PREFIX}{name} looks back over {found.group()} whatever the step's length, so other "
            "steps or its settling are mixed in; write [$window]",
        )
