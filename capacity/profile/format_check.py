"""Do the keys and kinds of values of a profile fit the file format?

Wrong values are noted and taken out, so that the rest can be built and checked in the same reading.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from capacity.profile.document import Value
from capacity.profile.problems import InputError, KeyPath, Problems, dotted
from capacity.profile.schema import NoValueError, ProfileFile, known_keys

_KINDS = {
    "string_type": ("must be text", "put it in quotes"),
    "int_type": ("must be a whole number", "write digits without quotes, like 4"),
    "bool_type": ("must be true or false", "write true or false without quotes"),
    "dict_type": ("must be a mapping", "write its keys below it, indented"),
    "model_type": ("must be a mapping", "write its keys below it, indented"),
    "list_type": ("must be a list", "write each item on a line of its own, after a dash"),
}


def check_format(raw: dict[str, Value], problems: Problems) -> ProfileFile:
    """Return the profile as far as its format is right; the rest is among the problems."""
    while True:
        try:
            return ProfileFile.model_validate(raw)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                _note(detail, problems)
                _take_out(raw, detail["loc"])


def _note(detail: Mapping[str, Any], problems: Problems) -> None:
    path: KeyPath = detail["loc"]
    match detail:
        case {"type": "extra_forbidden"}:
            problems.add_key(path, unknown_key(path, known_keys(path[:-1])))
        case {"ctx": {"error": InputError() as fault}}:
            problems.add(path, fault)
        case {"ctx": {"error": NoValueError()}}:
            hint = "give it a value, or remove the key"
            problems.add(path, InputError(f"{dotted(path)} has no value", hint))
        case {"type": "literal_error", "ctx": {"expected": str(expected)}}:
            problems.add(
                path, InputError(f"{dotted(path)} must be {expected}", "write one of them")
            )
        case _:
            what, hint = _KINDS.get(detail["type"], (detail["msg"], "see the ready-made profiles"))
            problems.add(path, InputError(f"{dotted(path)} {what}", hint))


def unknown_key(path: KeyPath, keys: tuple[str, ...]) -> InputError:
    """The fault of a key that is none of those which may stand there."""
    where = f" in {dotted(path[:-1])}" if len(path) > 1 else ""
    close = get_close_matches(str(path[-1]), keys, n=1, cutoff=0.7)
    hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(keys)}"
    return InputError(f"unknown key {str(path[-1])!r}{where}", hint)


def _take_out(raw: dict[str, Value], path: KeyPath) -> None:
    """Remove a wrong value; in a list an empty text takes its place, so that others keep theirs."""
    holder: Any = raw
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    if isinstance(key, int):
        holder[key] = ""
    else:
        del holder[key]
