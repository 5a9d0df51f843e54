"""Is a terminal written to as its user and its environment allow?"""

from io import BytesIO, StringIO, TextIOWrapper

import pytest

from capacity.errors import UsageError
from capacity.report.console_look import ConsoleLook, ConsoleMode, choose_mode, look_of


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


@pytest.mark.parametrize(
    ("is_terminal", "environ", "progress", "expected"),
    [
        (True, {"TERM": "xterm"}, "auto", ConsoleMode.LIVE),
        (True, {}, "auto", ConsoleMode.LIVE),
        (False, {"TERM": "xterm"}, "auto", ConsoleMode.PLAIN),
        (True, {"TERM": "dumb"}, "auto", ConsoleMode.PLAIN),
        (True, {"CI": "true"}, "auto", ConsoleMode.PLAIN),
        (False, {"FORCE_COLOR": "1"}, "auto", ConsoleMode.PLAIN),
        (True, {"CI": "true"}, "live", ConsoleMode.LIVE),
        (False, {}, "live", ConsoleMode.PLAIN),
        (True, {"TERM": "dumb"}, "live", ConsoleMode.PLAIN),
        (True, {}, "plain", ConsoleMode.PLAIN),
        (True, {}, "none", ConsoleMode.NONE),
    ],
)
def test_motion_needs_a_terminal(
    *, is_terminal: bool, environ: dict[str, str], progress: str, expected: ConsoleMode
) -> None:
    """Live needs a terminal that can move its cursor; build machines must ask for it."""
    stream = Terminal() if is_terminal else StringIO()

    assert choose_mode(stream, environ, quiet=False, progress=progress) is expected


@pytest.mark.parametrize(
    ("progress", "expected"), [("auto", ConsoleMode.NONE), ("plain", ConsoleMode.PLAIN)]
)
def test_quiet_is_silent_unless_progress_is_asked_for(progress: str, expected: ConsoleMode) -> None:
    """The flag that names a form wins over the general one."""
    assert choose_mode(Terminal(), {}, quiet=True, progress=progress) is expected


def test_an_unknown_form_is_refused() -> None:
    """The hint lists the choices."""
    with pytest.raises(UsageError) as caught:
        choose_mode(StringIO(), {}, quiet=False, progress="loud")

    assert caught.value.hint == "use auto, live, plain or none"


@pytest.mark.parametrize(
    ("is_terminal", "environ", "no_color", "expected"),
    [
        (True, {}, False, True),
        (False, {}, False, False),
        (False, {"FORCE_COLOR": "1"}, False, True),
        (True, {"NO_COLOR": "1"}, False, False),
        (True, {"NO_COLOR": ""}, False, True),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        (True, {"CAPACITY_NO_COLOR": "1"}, False, False),
        (True, {"TERM": "dumb"}, False, False),
        (True, {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_follows_flag_environment_and_stream(
    *, is_terminal: bool, environ: dict[str, str], no_color: bool, expected: bool
) -> None:
    """Whoever says no wins; without a word the stream decides."""
    stream = Terminal() if is_terminal else StringIO()

    look = look_of(
        stream, environ, quiet=False, progress="auto", no_color=no_color, ascii_only=False
    )

    assert look.color is expected


@pytest.mark.parametrize(
    ("encoding", "asked", "expected"),
    [
        ("utf-8", False, False),
        ("utf-8", True, True),
        ("ascii", False, True),
        ("latin-1", False, True),
    ],
)
def test_symbols_follow_the_encoding(*, encoding: str, asked: bool, expected: bool) -> None:
    """What the stream cannot write is never drawn."""
    stream = TextIOWrapper(BytesIO(), encoding=encoding)

    look = look_of(stream, {}, quiet=False, progress="auto", no_color=False, ascii_only=asked)

    assert look.ascii_only is expected


def test_build_machines_get_a_width() -> None:
    """There is no terminal to ask, and 80 columns would break the lines of the log."""
    look = look_of(
        StringIO(), {"CI": "1"}, quiet=False, progress="auto", no_color=False, ascii_only=False
    )

    assert look.width == 120


def test_a_closed_stream_shows_nothing() -> None:
    """A program started without standard error still runs."""
    look = look_of(None, {}, quiet=False, progress="live", no_color=False, ascii_only=False)

    assert look == ConsoleLook(ConsoleMode.NONE, ascii_only=True, color=False, width=None)
