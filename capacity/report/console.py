"""How does a run show itself while it is going on? Events come in, a stream is written to.

It never disturbs the run: drawing has its own thread, and a stream that is closed or full only
makes the console silent.
"""

from typing import IO, Protocol, TextIO, cast

from rich.console import Console as RichConsole
from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from capacity.model.plan import Purpose
from capacity.model.resources import Asked
from capacity.model.run import (
    Event,
    LogTaken,
    ProfileTaken,
    ReadingsAwaited,
    ResourcesRead,
    RuleFired,
    RunFinished,
    RunStarted,
    Step,
    StepFinished,
    StepReassessed,
    Trust,
)
from capacity.report.console_live import ASCII_SYMBOLS, UTF8_SYMBOLS, LiveView, Symbols
from capacity.report.console_look import ConsoleLook, ConsoleMode, choose_mode, look_of
from capacity.report.console_plain import end_line, hook_line, rule_line, step_line
from capacity.report.console_resources import NewsTeller, awaited_line, telling_names
from capacity.report.console_state import PictureBook
from capacity.report.shown import printable

__all__ = [
    "Console",
    "ConsoleLook",
    "ConsoleMode",
    "choose_mode",
    "look_of",
    "make_console",
]

_FRAMES_PER_S = 4
# A line of a log is not bound to the width of a screen.
_RESOURCES_A_LINE = 4


class Console(Protocol):
    """Shows events and notes; `close` ends it and may be called twice."""

    def show(self, event: Event) -> None:
        """Show what is worth showing of one event."""

    def note(self, text: str) -> None:
        """Show one line of text."""

    def close(self) -> None:
        """Leave the stream in order."""


def make_console(look: ConsoleLook, stream: TextIO | None) -> Console:
    """The console for a look; without a stream there is nothing to show."""
    if stream is None:
        return _SilentConsole()
    match look.mode:
        case ConsoleMode.LIVE:
            return _LiveConsole(look, stream)
        case ConsoleMode.PLAIN:
            return _PlainConsole(look, stream)
        case ConsoleMode.NONE:
            return _SilentConsole()


class _SilentConsole:
    def show(self, event: Event) -> None:
        del event

    def note(self, text: str) -> None:
        del text

    def close(self) -> None:
        pass


class _PlainConsole:
    """One line a step, for logs, pipes and screen readers; no cursor codes, whatever happens."""

    def __init__(self, look: ConsoleLook, stream: TextIO) -> None:
        self._look = look
        self._rich = RichConsole(
            file=cast("IO[str]", _ForgivingStream(stream)),
            force_terminal=look.color,
            force_interactive=False,
            color_system="standard" if look.color else None,
            width=look.width,
        )
        self._total_steps = 0
        self._resources: tuple[str, ...] = ()
        self._teller: NewsTeller | None = None
        self._told_steps: dict[int, str] = {}
        self._beside_ladder: set[int] = set()

    def show(self, event: Event) -> None:
        match event:
            case RunStarted(plan):
                self._total_steps = len(plan.ladder.loads)
                self._resources = telling_names(plan, _RESOURCES_A_LINE)
                self._teller = NewsTeller(plan)
            case StepFinished(step) | StepReassessed(step):
                self._print_step(step)
            case ResourcesRead(news) if self._teller is not None:
                for line in self._teller.lines(news):
                    self._print(line, "yellow")
            case ReadingsAwaited(asked=Asked.LATE):  # the others are a matter of a moment
                self._print(awaited_line(event))
            case RuleFired(judgement=judgement):
                self._print(rule_line(judgement), "yellow")
            case ProfileTaken() | LogTaken():
                self._print(hook_line(event))
            case RunFinished(end):
                self._print(end_line(end))
            case _:
                pass

    def note(self, text: str) -> None:
        self._print(text)

    def close(self) -> None:
        pass

    def _print_step(self, step: Step) -> None:
        """One line; of a step built anew only if that changed what its line says."""
        if step.plan.purpose is not Purpose.LADDER:
            self._beside_ladder.add(step.plan.index)
        beside = sum(1 for index in self._beside_ladder if index < step.plan.index)
        line = step_line(step, self._total_steps + beside, self._resources)
        told = self._told_steps.get(step.plan.index)
        self._told_steps[step.plan.index] = line
        style = "" if step.validity.trust is Trust.VALID else "yellow"
        if told is None:
            self._print(line, style)
        elif told != line:
            self._print(f"seen late: {line}", style)

    def _print(self, text: str, style: str = "") -> None:
        clean = _clean(text, self._look)
        self._rich.print(Text(clean, style=style), soft_wrap=True, highlight=False)


class _LiveConsole:
    """A table drawn in place by rich's own thread, and what was noted above it."""

    def __init__(self, look: ConsoleLook, stream: TextIO) -> None:
        self._look = look
        self._symbols: Symbols = ASCII_SYMBOLS if look.ascii_only else UTF8_SYMBOLS
        self._book = PictureBook()
        self._rich = RichConsole(
            file=cast("IO[str]", _ForgivingStream(stream)),
            force_terminal=True,
            force_interactive=True,
            color_system="auto" if look.color else None,
            width=look.width,
        )
        self._live: Live | None = None

    def show(self, event: Event) -> None:
        self._book.take(event)
        if self._live is None and isinstance(event, RunStarted):
            self._live = Live(
                get_renderable=self._view,
                console=self._rich,
                refresh_per_second=_FRAMES_PER_S,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start(refresh=True)

    def note(self, text: str) -> None:
        self._rich.print(Text(_clean(text, self._look)), soft_wrap=True, highlight=False)

    def close(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _view(self) -> RenderableType:
        picture = self._book.picture
        return Text("") if picture is None else LiveView(picture, self._symbols)


class _ForgivingStream:
    """A stream that may break: the first error makes it silent, because the run matters more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_broken = False

    @property
    def encoding(self) -> str:
        """Of the stream behind; rich draws its own lines by it."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write, or do nothing once that has failed."""
        if not self._is_broken:
            try:
                return self._stream.write(text)
            except (OSError, ValueError):  # ValueError: it was closed
                self._is_broken = True
        return len(text)

    def flush(self) -> None:
        """Flush, or do nothing once that has failed."""
        if not self._is_broken:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self._is_broken = True

    def isatty(self) -> bool:
        """Whether the stream behind is a terminal."""
        return not self._is_broken and self._stream.isatty()


def _clean(text: str, look: ConsoleLook) -> str:
    clean = printable(text)
    return clean.encode("ascii", "replace").decode("ascii") if look.ascii_only else clean
