"""Which names may a run have? They become folders, so only slugs."""

import re

from capacity.profile.problems import InputError

MAX_NAME_CHARACTERS = 64

_SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
# Windows opens a device for these names, whatever follows the first dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def parse_name(text: str) -> str:
    """Check that a name is a slug."""
    if not _SLUG.fullmatch(text):
        raise InputError(
            f"{text!r} is not a name",
            f"use at most {MAX_NAME_CHARACTERS} of letters, digits, . _ - "
            "and begin with a letter, a digit or _",
        )
    if _DEVICES.fullmatch(text):
        raise InputError(f"{text!r} is the name of a device on Windows", "use another name")
    return text


def name_from(text: str) -> str:
    """Make a name of any text, such as a file's stem or `host_port`."""
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", text).strip(".-")[:MAX_NAME_CHARACTERS]
    return "run" if not slug or _DEVICES.fullmatch(slug) else slug
