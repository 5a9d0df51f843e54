"""Does the console show a run without disturbing it, in each of its forms?"""

from io import StringIO

import pytest

from capacity.model.run import (
    Event,
    Phase,
    RuleFired,
    RunFinished,
    RunStarted,
    SnapshotTaken,
    StepFinished,
    StepStarted,
    Trust,
)
from capacity.model.snapshot import Counts
from capacity.report.console import ConsoleLook, ConsoleMode, make_console
from tests.unit.builders import (
    ERROR_RULE,
    RULE_END,
    a_curve,
    a_judgement,
    a_plan,
    a_snapshot,
    a_step,
    an_environment,
)


def events() -> list[Event]:
    """A short run: two steps, a fired rule, the end."""
    first, second = a_curve((1, 2))
    return [
        RunStarted(a_plan((1, 2)), an_environment(), 0.0),
        StepStarted(first.plan, 2),
        SnapshotTaken(0, Phase.HOLD, a_snapshot(100), ()),
        StepFinished(first),
        StepStarted(second.plan, 2),
        RuleFired(1, a_judgement(ERROR_RULE, observed=0.02)),
        StepFinished(a_step(2, 200.0, index=1, trust=Trust.SUSPECT, reasons=["busy"])),
        RunFinished(RULE_END, Counts()),
    ]


def shown(look: ConsoleLook, stream: StringIO | None = None) -> str:
    """Everything written for the short run and a note before it."""
    stream = StringIO() if stream is None else stream
    console = make_console(look, stream)
    console.note("the plan \x1b[2J容量")
    for event in events():
        console.show(event)
    console.close()
    console.close()
    return stream.getvalue()


def plain(*, color: bool = False, ascii_only: bool = False) -> ConsoleLook:
    """The look of a log."""
    return ConsoleLook(ConsoleMode.PLAIN, ascii_only=ascii_only, color=color, width=None)


LINES = (
    "step 1/2 C=1 qps=100 ttlb_ms=10.0 p99_ms=20.0 ok=100.00% valid=yes\n",
    "rule fired: error_rate > 1% over 10s (observed 2%, limit 1%)\n",
    'step 2/2 C=2 qps=200 ttlb_ms=10.0 p99_ms=20.0 ok=100.00% valid=doubtful reason="busy"\n',
    'end reason=rule rule="gain < 3% for 2 steps": gain was 0.3% at 64 concurrent\n',
)


def test_plain_is_one_line_a_step() -> None:
    """Steps, fired rules and the end, never wrapped and without any code."""
    assert shown(plain()) == "the plan [2J容量\n" + "".join(LINES)


def test_plain_in_ascii_replaces_the_rest() -> None:
    """A stream that knows ASCII alone gets ASCII."""
    assert shown(plain(ascii_only=True)).startswith("the plan [2J??\n")


def test_forced_colour_brings_no_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colour codes may come, codes that move the cursor or clear the screen never."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("CI", "1")

    text = shown(plain(color=True))

    codes = {part.split("m")[0] for part in text.split("\x1b[")[1:]}
    assert codes == {"33", "0"}
    assert "\x1b[33mrule fired: error_rate" in text


def test_none_is_silent() -> None:
    """Quiet means that nothing at all is written."""
    look = ConsoleLook(ConsoleMode.NONE, ascii_only=False, color=False, width=None)

    assert shown(look) == ""


def test_without_a_stream_nothing_is_shown() -> None:
    """A program started without standard error runs all the same."""
    console = make_console(plain(), None)

    console.note("x")
    for event in events():
        console.show(event)
    console.close()


def test_live_leaves_the_last_picture_behind() -> None:
    """Notes stand above; when the view is closed the finished table stays on the screen."""
    look = ConsoleLook(ConsoleMode.LIVE, ascii_only=False, color=False, width=96)

    text = shown(look)

    assert text.startswith("the plan [2J容量\n")
    last = text.rsplit("\x1b[2K", 1)[-1]
    assert "end reason=rule" in last
    assert "2 steps finished" in text
    assert text.endswith("\x1b[?25h")


def test_live_before_the_start_is_blank() -> None:
    """There is no picture before RunStarted, and closing then is fine."""
    stream = StringIO()
    look = ConsoleLook(ConsoleMode.LIVE, ascii_only=True, color=False, width=96)
    console = make_console(look, stream)

    console.show(RunFinished(RULE_END, Counts()))
    console.close()

    assert stream.getvalue() == ""


class FullDisk(StringIO):
    """A stream whose every write and flush fails."""

    def write(self, text: str) -> int:
        """Fail."""
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        """Fail."""
        raise BrokenPipeError

    def isatty(self) -> bool:
        """It was a terminal once."""
        return True


@pytest.mark.parametrize("mode", [ConsoleMode.LIVE, ConsoleMode.PLAIN])
def test_a_broken_stream_does_not_end_the_run(mode: ConsoleMode) -> None:
    """The reader may be gone; the measurement goes on in silence."""
    look = ConsoleLook(mode, ascii_only=True, color=True, width=80)

    assert shown(look, FullDisk()) == ""


@pytest.mark.parametrize("mode", [ConsoleMode.LIVE, ConsoleMode.PLAIN])
def test_a_closed_stream_does_not_end_the_run(mode: ConsoleMode) -> None:
    """Writing to a closed stream is a ValueError in Python, and is forgiven as well."""
    stream = StringIO()
    console = make_console(ConsoleLook(mode, ascii_only=True, color=True, width=80), stream)
    stream.close()

    for event in events():
        console.show(event)
    console.close()
