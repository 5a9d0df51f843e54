"""How may this terminal be written to? Decided once, from the stream, its user and environment.

Colour and motion are two things: FORCE_COLOR asks for colour and never gets an animation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

from capacity.errors import UsageError

# Machines that run builds have no terminal to ask, and their logs are wide.
_CI_WIDTH = 120


class ConsoleMode(StrEnum):
    """LIVE draws a table in place, PLAIN writes one line a step, NONE is silent."""

    LIVE = "live"
    PLAIN = "plain"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ConsoleLook:
    """Everything that is decided about the look; `width` None asks the terminal."""

    mode: ConsoleMode
    ascii_only: bool
    color: bool
    width: int | None


def look_of(
    stream: TextIO | None,
    environ: Mapping[str, str],
    *,
    quiet: bool,
    progress: str,
    no_color: bool,
    ascii_only: bool,
) -> ConsoleLook:
    """The look for one stream; `progress` is auto, live, plain or none.

    A program that was started with the stream closed has None for it, and shows nothing.
    """
    if stream is None:
        return ConsoleLook(ConsoleMode.NONE, ascii_only=True, color=False, width=None)
    return ConsoleLook(
        mode=choose_mode(stream, environ, quiet=quiet, progress=progress),
        ascii_only=ascii_only or not _speaks_utf8(stream),
        color=not no_color and _wants_color(stream, environ),
        width=_CI_WIDTH if environ.get("CI") else None,
    )


def choose_mode(
    stream: TextIO, environ: Mapping[str, str], *, quiet: bool, progress: str
) -> ConsoleMode:
    """Live only on a terminal that can move its cursor and is not a build machine's."""
    can_move = stream.isatty() and environ.get("TERM") != "dumb"
    match progress:
        case "none":
            return ConsoleMode.NONE
        case "plain":
            return ConsoleMode.PLAIN
        case "live":
            return ConsoleMode.LIVE if can_move else ConsoleMode.PLAIN
        case "auto":
            if quiet:
                return ConsoleMode.NONE
            is_live = can_move and not environ.get("CI")
            return ConsoleMode.LIVE if is_live else ConsoleMode.PLAIN
        case _:
            raise UsageError(
                f"--progress: there is no form {progress!r}", hint="use auto, live, plain or none"
            )


def _wants_color(stream: TextIO, environ: Mapping[str, str]) -> bool:
    if environ.get("NO_COLOR") or environ.get("CAPACITY_NO_COLOR"):
        return False
    if environ.get("TERM") == "dumb":
        return False
    return bool(environ.get("FORCE_COLOR")) or stream.isatty()


def _speaks_utf8(stream: TextIO) -> bool:
    encoding = getattr(stream, "encoding", None) or ""
    return "utf" in encoding.lower()
