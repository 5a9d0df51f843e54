"""Does the live picture show the readings of its steps, and fit where it is drawn?"""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console as RichConsole

from capacity.model.load import ClosedLoop
from capacity.model.plan import Purpose, RunPlan, StepPlan
from capacity.model.resources import Asked, Reading, ReadingState
from capacity.model.rules import RuleState
from capacity.model.run import (
    Event,
    Phase,
    ReadingsAwaited,
    ResourcesRead,
    RuleFired,
    RunStarted,
    SnapshotTaken,
    StepFinished,
    StepReassessed,
    StepStarted,
    Trust,
    Validity,
)
from capacity.report.console_live import ASCII_SYMBOLS, LiveView, sparkline
from capacity.report.console_resources import (
    cell,
)
from capacity.report.console_state import Picture, PictureBook
from tests.unit.builders import a_snapshot, a_step, an_environment
from tests.unit.report.reading_builders import (
    a_reading,
    a_resource_judgement,
)
from tests.unit.report.test_console_resources import PLAN, news
from tests.unit.resource_builders import POD, a_resource_rule

FIRST = StepPlan(0, ClosedLoop(8), 5.0, 30.0, Purpose.LADDER)


def picture_after(*events: Event, plan: RunPlan = PLAN) -> Picture:
    """The picture after these events of the first step."""
    book = PictureBook()
    for event in (RunStarted(plan, an_environment(), 0.0), StepStarted(FIRST, 2), *events):
        book.take(event)
    assert book.picture is not None
    return book.picture


def live_lines(picture: Picture, *, width: int, height: int = 24) -> list[str]:
    """The picture on a terminal of this size."""
    stream = StringIO()
    console = RichConsole(file=stream, width=width, height=height, color_system=None, _environ={})
    console.print(LiveView(picture, ASCII_SYMBOLS), height=height)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def during(*readings: Reading) -> ResourcesRead:
    """Readings inside the hold of the first step."""
    return ResourcesRead(news(*readings, asked=Asked.DURING))


def test_readings_of_the_running_step_are_seen_at_once() -> None:
    """The newest of each quantity stays while seconds of load pass."""
    picture = picture_after(
        during(a_reading(values={POD: 0.4}), a_reading("mem", {POD: 0.1})),
        SnapshotTaken(0, Phase.HOLD, a_snapshot(), ()),
        during(a_reading()),
        SnapshotTaken(0, Phase.HOLD, a_snapshot(start_s=6.0), ()),
    )

    assert picture.current is not None
    assert [cell(reading) for reading in picture.current.row.resources] == ["93%", "10%"]
    assert picture.current.row.step_index == 0


def test_on_80_columns_resources_take_the_place_of_our_own() -> None:
    """Everything fits, the generator's CPU is in its own line, and each quantity is told whole."""
    done = replace(a_step(8, 800.0), resources=(a_reading(values={POD: 0.61}),))
    picture = picture_after(
        SnapshotTaken(0, Phase.HOLD, a_snapshot(), (a_resource_judgement(),)),
        StepFinished(done),
        StepStarted(replace(FIRST, index=1, load=ClosedLoop(16)), 2),
        SnapshotTaken(1, Phase.HOLD, a_snapshot(), ()),
        ResourcesRead(news(a_reading(), asked=Asked.DURING, step_index=1)),
    )

    lines = live_lines(picture, width=80)

    assert lines[3:6] == [
        "       C      QPS    gain     TTLB       p99       ok    cpu    thr  valid",
        "       8      800       -     10ms      20ms  100.00%    61%      -     OK",
        ">     16      900    +12%        -         -  100.00%    93%      -     ..",
    ]
    assert lines[6] == " QPS *#   p99 #    cpu +#   thr"
    assert " cpu     93% of the limit at shop/api-7f9/app, 12 samples" in lines
    assert " thr     not read yet" in lines
    assert max(len(line) for line in lines) <= 80


def test_on_96_columns_everything_is_there() -> None:
    """Nothing gives way where there is room."""
    head = live_lines(picture_after(), width=96)[3]

    assert head.split() == [
        "C", "QPS", "gain", "TTLB", "p50", "p99", "ok", "own", "cpu", "cpu", "thr", "valid",
    ]  # fmt: skip


def test_low_terminals_keep_room_for_the_lines_of_the_resources() -> None:
    """24 lines show the newest rows, and nothing scrolls."""
    steps = [StepFinished(a_step(8 + i, 800.0, index=i)) for i in range(20)]
    last = StepStarted(replace(FIRST, index=20), 21)

    assert len(live_lines(picture_after(*steps, last), width=80)) <= 24


def test_live_says_that_it_waits_until_the_wait_is_over() -> None:
    """In place of the progress; load that goes on meanwhile does not hide it."""
    waiting = ReadingsAwaited(0, Asked.LATE, 12.0)
    step = StepFinished(a_step(8, 800.0))
    line = "waiting for late readings of step 1, at most 12s"

    busy = picture_after(step, waiting, SnapshotTaken(0, Phase.DRAIN, a_snapshot(), ()))
    assert live_lines(busy, width=80)[1] == line
    over = picture_after(step, waiting, StepReassessed(a_step(8, 800.0)))
    assert live_lines(over, width=80)[1] == "1 step finished"


def test_a_late_reading_changes_the_row_of_its_step() -> None:
    """Value and trust are the new ones, and a rule that fires then names that step's load."""
    first, second = a_step(8, 800.0), a_step(16, 900.0, index=1)
    late = replace(
        first,
        resources=(a_reading(seen_late=True),),
        validity=Validity(Trust.SUSPECT, ("x",)),
    )
    fired = RuleFired(0, a_resource_judgement(seen_late=True))

    picture = picture_after(StepFinished(first), StepFinished(second), StepReassessed(late), fired)

    assert [row.trust for row in picture.rows] == [Trust.SUSPECT, Trust.VALID]
    assert picture.rows[0].resources == late.resources
    assert picture.rows[1].gain == pytest.approx(0.125)
    assert picture.messages[0].startswith("C=8 rule fired: cpu > 85%")


def test_an_error_is_one_message_with_its_load() -> None:
    """Live and plain tell the same."""
    failed = a_reading(values={}, state=ReadingState.ERROR, reason="status 503")

    picture = picture_after(during(failed), during(failed))

    assert picture.messages == ("C=8 could not be read: status 503 (cpu)",)
    assert picture.current is not None
    assert cell(picture.current.row.resources[0]) == "!"


def test_readings_of_another_step_do_not_enter_the_running_one() -> None:
    """News that come late belong to the step that they name."""
    picture = picture_after(
        StepFinished(a_step(8, 800.0)),
        StepStarted(replace(FIRST, index=1), 2),
        ResourcesRead(news(a_reading(), asked=Asked.LATE)),
    )

    assert picture.current is not None
    assert picture.current.row.resources == ()


@pytest.mark.parametrize(
    ("state", "words"),
    [(RuleState.ERROR, "cpu not readable"), (RuleState.NO_DATA, "cpu no data yet")],
)
def test_a_rule_that_cannot_be_judged_says_so(state: RuleState, words: str) -> None:
    """Neither is a value near its limit."""
    judgement = a_resource_judgement(state=state)
    picture = picture_after(SnapshotTaken(0, Phase.HOLD, a_snapshot(), (judgement,)))

    assert f" rules  {words}" in live_lines(picture, width=80)


def test_a_sparkline_of_negative_values_stays_on_the_scale() -> None:
    """A query of the user may give anything."""
    assert sparkline([-100.0, 1.0], "_-#") == "_#"
    assert sparkline([-2.0, -1.0], "_-#") == "__"


def test_rules_that_do_not_fit_go_to_the_next_line() -> None:
    """On 80 columns the last ones used to be cut off, and perhaps the closest among them."""
    rules = [a_resource_rule(f"redis.queue{place}", text=f"r{place}") for place in range(4)]
    judged = tuple(a_resource_judgement(rule) for rule in rules)

    lines = live_lines(picture_after(SnapshotTaken(0, Phase.HOLD, a_snapshot(), judged)), width=80)

    at = lines.index(" rules  redis.queue0 93% / 85% (closest)   redis.queue1 93% / 85%")
    assert lines[at + 1] == "        redis.queue2 93% / 85%   redis.queue3 93% / 85%"
