"""Does the live picture show rows, progress and rules as text of the right width?"""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from capacity.model.load import ClosedLoop
from capacity.model.plan import ProcessSource, Purpose, StepPlan
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, Phase, RunEnd, Trust
from capacity.report.console_live import (
    ASCII_SYMBOLS,
    UTF8_SYMBOLS,
    LiveView,
    Symbols,
    sparkline,
)
from capacity.report.console_state import Current, Picture, Row, finished_row
from tests.unit.builders import (
    ERROR_RULE,
    GAIN_RULE,
    P99_RULE,
    RULE_END,
    a_curve,
    a_judgement,
    a_latency,
    a_plan,
    a_step,
)
from tests.unit.report.answer_builders import a_confirmation, as_purpose
from tests.unit.report.reading_builders import a_monitored_plan


def drawn(picture: Picture, symbols: Symbols = UTF8_SYMBOLS, *, height: int = 40) -> list[str]:
    """The lines of the picture on a terminal of 96 columns, without colour."""
    stream = StringIO()
    console = Console(file=stream, width=96, height=height, color_system=None, _environ={})
    console.print(LiveView(picture, symbols), height=height)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def a_picture() -> Picture:
    """Four finished steps, the fifth in the middle of its hold."""
    rows: tuple[Row, ...] = ()
    for step in a_curve((1, 2, 4, 8)):
        rows = (*rows, finished_row(step, rows))
    row = Row(ClosedLoop(16), 810.0, 0.0125, a_latency(0.02, count=9_000), 0.9983, 0.84, None)
    step_plan = StepPlan(4, ClosedLoop(16), 5.0, 30.0, Purpose.LADDER)
    current = Current(step_plan, Phase.HOLD, 20.0, 16, 17, row)
    judgements = (
        a_judgement(ERROR_RULE, observed=0.0009),
        a_judgement(P99_RULE, RuleState.NO_DATA),
        a_judgement(GAIN_RULE, observed=0.0375, limit=0.03),
    )
    return Picture(a_plan(), 7, rows, current, judgements, (), None)


def test_the_whole_picture() -> None:
    """Every line of the live view, at one moment of a run."""
    assert drawn(a_picture()) == [
        "capacity  demo  http://127.0.0.1:8080  native engine",
        "step 5/7  C=16  ████████████████░░░░░░░░  hold 20/30 s  next C=32",
        "",
        "       C      QPS    gain     TTLB      p50       p99       ok  own cpu  valid",
        "       1      100       -     10ms    9.5ms      20ms  100.00%      12%      ✓",
        "       2      200   +100%     10ms    9.5ms      20ms  100.00%      12%      ✓",
        "       4      400   +100%     10ms    9.5ms      20ms  100.00%      12%      ✓",
        "       8      800   +100%     10ms    9.5ms      20ms  100.00%      12%      ✓",
        ">     16      810     +1%     20ms     19ms      40ms   99.83%      84%      …",
        " QPS ▂▃▄██   p99 ▅▅▅▅█",
        "",
        " rules  error_rate 0.09% / 1%   p99 no data yet   gain 3.75% / 3% (closest)",
        " self   core cpu 84%  in flight 16  connections 17",
        " Ctrl-C: stop and keep results    twice: abort",
    ]


def test_ascii_terminals_get_ascii() -> None:
    """No symbol is drawn that the terminal cannot show."""
    lines = drawn(a_picture(), ASCII_SYMBOLS)

    assert all(line.isascii() for line in lines)
    assert lines[1] == "step 5/7  C=16  ################........  hold 20/30 s  next C=32"
    assert lines[4].endswith("OK")


@pytest.mark.parametrize(
    ("phase", "elapsed_s", "index", "line"),
    [
        (Phase.SETTLE, 2.5, 4, "step 5/7  C=16  ############............  settle 2/5 s  next C=32"),
        (Phase.HOLD, 31.0, 6, "step 7/7  C=64  ########################  hold 30/30 s  last step"),
        (Phase.DRAIN, 3.0, 4, "step 5/7  C=16  waiting for 16 answers"),
    ],
)
def test_progress_tells_phase_and_seconds(
    phase: Phase, elapsed_s: float, index: int, line: str
) -> None:
    """The bar fills with the planned seconds and never runs over."""
    picture = a_picture()
    assert picture.current is not None
    load = ClosedLoop(16) if index < 6 else ClosedLoop(64)
    plan = replace(picture.current.plan, index=index, load=load)
    current = replace(picture.current, plan=plan, phase=phase, elapsed_s=elapsed_s)

    assert drawn(replace(picture, current=current), ASCII_SYMBOLS)[1] == line


def test_a_step_without_settle_is_settled_at_once() -> None:
    """A planned length of zero divides nothing."""
    picture = a_picture()
    assert picture.current is not None
    plan = replace(picture.current.plan, settle_s=0.0)
    current = replace(picture.current, plan=plan, phase=Phase.SETTLE, elapsed_s=0.0)

    assert "settle 0/0 s" in drawn(replace(picture, current=current))[1]


def test_low_terminals_show_the_newest_rows() -> None:
    """What does not fit is the oldest; the running step is always seen."""
    lines = drawn(a_picture(), height=16)

    assert [line.split()[0] for line in lines[4:7]] == ["4", "8", ">"]


def test_the_end_takes_the_place_of_the_hint() -> None:
    """When the climb is over there is nothing left to stop."""
    picture = replace(a_picture(), current=None, end=RULE_END)

    lines = drawn(picture)

    assert lines[1] == "4 steps finished"
    assert lines[-1] == (
        ' end reason=rule rule="gain < 3% for 2 steps": gain was 0.3% at 64 concurrent'
    )


def test_unknown_values_are_dashes() -> None:
    """A step that was never measured shows no zeros, and each trust has its symbol."""
    failed = finished_row(a_step(4, 0.0, trust=Trust.INVALID, cpu_ratio=None), ())
    doubtful = finished_row(a_step(8, 1.0, trust=Trust.SUSPECT), (failed,))
    picture = replace(a_picture(), current=None, rows=(failed, doubtful), judgements=())

    lines = drawn(picture, ASCII_SYMBOLS)

    assert lines[4].split() == ["4", "0", "-", "-", "-", "-", "-", "-", "NO"]
    assert lines[5].split()[-1] == "??"
    assert not any("rules" in line for line in lines)


def test_messages_carry_no_codes() -> None:
    """Text from outside is shown as text: no markup, no escape sequences."""
    end = RunEnd(EndReason.FUSE, "[red]x[/red]\x1b[2J", None)
    picture = replace(a_picture(), messages=("C=8 [bold]fired\x1b]0;x\x07",), end=end)

    lines = drawn(picture)

    assert lines[-2] == " ! C=8 [bold]fired]0;x"
    assert lines[-1] == " end reason=fuse: [red]x[/red][2J"


def test_sparklines_leave_a_gap_for_what_is_unknown() -> None:
    """The highest value is the highest mark; nothing measured is nothing drawn."""
    assert sparkline([0.0, None, 4.0, 8.0], "_-#") == "_ -#"
    assert sparkline([0.0, 0.0], "_-#") == "__"
    assert sparkline([None], "_-#") == " "
    assert sparkline([], "_-#") == ""


def test_rules_without_numbers_have_no_closest() -> None:
    """Where no rule has data, none is near its limit."""
    nothing = (a_judgement(P99_RULE, RuleState.NO_DATA),)

    assert " rules  p99 no data yet" in drawn(replace(a_picture(), judgements=nothing))


def beside(picture: Picture, plan: StepPlan, *rows: Row, elapsed_s: float = 20.0) -> Picture:
    """The picture with these rows, while a step of this plan is running."""
    assert picture.current is not None
    row = replace(picture.current.row, load=plan.load, purpose=plan.purpose, gain=None)
    current = replace(picture.current, plan=plan, row=row, elapsed_s=elapsed_s)
    return replace(picture, current=current, rows=(*picture.rows, *rows))


def test_rows_stand_in_the_order_of_time_with_the_word_for_their_purpose() -> None:
    """A rate says that it is one, and grows from nothing."""
    picture = a_picture()
    steps = [
        as_purpose(a_step(8, 802.0, index=4, hold_s=60.0), Purpose.VERIFY),
        a_confirmation(index=5),
    ]
    rows: tuple[Row, ...] = ()
    for step in steps:
        rows = (*rows, finished_row(step, picture.rows))
    recovery = StepPlan(6, ClosedLoop(1), 5.0, 30.0, Purpose.RECOVERY)

    lines = drawn(beside(picture, recovery, *rows), ASCII_SYMBOLS)

    assert lines[1] == "recovery  C=1  ################........  hold 20/30 s"
    assert lines[3:11] == [
        "                C      QPS    gain     TTLB      p50       p99       ok  own cpu  valid",
        "                1      100       -     10ms    9.5ms      20ms  100.00%      12%     OK",
        "                2      200   +100%     10ms    9.5ms      20ms  100.00%      12%     OK",
        "                4      400   +100%     10ms    9.5ms      20ms  100.00%      12%     OK",
        "                8      800   +100%     10ms    9.5ms      20ms  100.00%      12%     OK",
        "    verify      8      802       -   9.98ms   9.48ms      20ms  100.00%      12%     OK",
        "   confirm  720/s      720       -     10ms    9.5ms      14ms  100.00%      12%     OK",
        "> recovery      1      810       -     20ms     19ms      40ms   99.83%      84%     ..",
    ]
    assert lines[11].startswith(" QPS .-=#   p99")


def test_a_second_look_says_what_the_first_one_saw() -> None:
    """The head names the value and its limit."""
    broken = a_judgement(P99_RULE, RuleState.BREACH, observed=0.612, limit=0.5)
    first = finished_row(a_step(16, 700.0, index=4, judgements=[broken]), ())
    plan = StepPlan(5, ClosedLoop(16), 5.0, 30.0, Purpose.RECHECK)

    line = drawn(beside(a_picture(), plan, first), ASCII_SYMBOLS)[1]

    assert line == ("recheck  C=16  ################........  hold 20/30 s  was p99 612ms / 500ms")
    assert drawn(beside(a_picture(), plan), ASCII_SYMBOLS)[1].endswith("hold 20/30 s")


def test_a_hold_that_goes_on_says_how_long_it_may_become() -> None:
    """The bar is full, the seconds go on."""
    plan = StepPlan(4, ClosedLoop(16), 5.0, 30.0, Purpose.LADDER, hold_max_s=90.0)

    assert drawn(beside(a_picture(), plan, elapsed_s=42.0), ASCII_SYMBOLS)[1] == (
        "step 5/7  C=16  ########################  hold 42/30 s, extended up to 90 s  next C=32"
    )


def test_a_step_beside_the_ladder_counts_in_the_number_of_the_run() -> None:
    """Step 6 of 8 is the fifth of a ladder of seven, after one that was measured twice."""
    again = finished_row(as_purpose(a_step(8, 800.0, index=4), Purpose.RECHECK), ())
    plan = StepPlan(5, ClosedLoop(16), 5.0, 30.0, Purpose.LADDER)

    line = drawn(beside(a_picture(), plan, again), ASCII_SYMBOLS)[1]

    assert line.startswith("step 6/8  C=16  ")


def test_a_narrow_terminal_keeps_what_tells_whether_a_step_is_believed() -> None:
    """With resources and words for purposes, growth makes room; it used to push the last out."""
    stream = StringIO()
    plan = StepPlan(4, ClosedLoop(8), 5.0, 30.0, Purpose.VERIFY)
    rows = tuple(finished_row(step, ()) for step in (a_confirmation(719.7, index=5),))
    watched = a_monitored_plan(process=ProcessSource(4711, None))
    picture = replace(beside(a_picture(), plan, *rows), plan=watched)
    Console(file=stream, width=80, height=40, color_system=None, _environ={}).print(
        LiveView(picture, ASCII_SYMBOLS)
    )
    lines = [line.rstrip() for line in stream.getvalue().splitlines()]

    assert lines[3].split() == ["C", "QPS", "TTLB", "p99", "ok", "cpu", "hot_thr", "valid"]
    assert lines[8].split()[:3] == ["confirm", "719.7/s", "720"]
    assert lines[8].endswith("OK")
