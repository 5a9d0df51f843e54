"""Are both sides of every line of the books said, and is a difference named?"""

from dataclasses import replace

from capacity.model.load import Arrivals, OpenLoop
from capacity.model.snapshot import Counts, FailureKind, Schedule
from capacity.report.books import books_lines
from capacity.report.texts import Language
from tests.unit.builders import a_run, a_step

FAILED = {FailureKind.HTTP_STATUS: 20, FailureKind.CONN_RESET_EARLY: 11}


def test_each_step_is_a_line_and_the_last_line_is_their_sum() -> None:
    """Started stands left, the ends stand right."""
    steps = [a_step(8, 100.0), a_step(64, 900.0, index=1, failures=FAILED, cut=64)]

    assert books_lines(a_run(steps), Language.EN) == (
        "Books of each hold",
        "  8 concurrent   3,000 started = 3,000 ok + 0 failed + 0 cut",
        "  64 concurrent  27,095 started = 27,000 ok + 31 failed + 64 cut",
        "  all            30,095 started = 30,000 ok + 31 failed + 64 cut",
    )


def test_one_step_needs_no_sum() -> None:
    """Its line is the sum; Chinese names are padded by their width."""
    assert books_lines(a_run([a_step(8, 100.0)]), Language.ZH) == (
        "各台阶的账目",
        "  并发 8  发出 3,000 = 成功 3,000 + 失败 0 + 截断 0",
    )


def test_a_difference_is_named() -> None:
    """A request without an end is seen at once."""
    step = replace(a_step(8, 100.0), counts=Counts(started=3_001, ok=3_000))

    assert books_lines(a_run([step]), Language.EN)[1] == (
        "  8 concurrent  3,001 started, but 3,000 ok + 0 failed + 0 cut = 3,000"
    )


def test_planned_starts_have_a_side_of_their_own() -> None:
    """What an open loop planned was started or has its reason; a closed loop plans nothing."""
    step = a_step(8, 100.0)
    plan = replace(step.plan, load=OpenLoop(100.0, Arrivals.CONSTANT, 64))
    step = replace(step, plan=plan, schedule=Schedule(3_010, 6, 3, 1))
    wrong = replace(step, schedule=Schedule(3_011, 6, 3, 1))

    lines = books_lines(a_run([step, wrong]), Language.EN)

    ended = "3,000 started = 3,000 ok + 0 failed + 0 cut"
    made = "3,000 started + 6 without a slot + 3 too late + 1 stopped"
    assert lines[1].endswith(f"  3,010 planned = {made}; {ended}")
    assert lines[2].endswith(f"  3,011 planned, but {made} = 3,010; {ended}")
    assert "6,021 planned, but 6,000 started + 12 without a slot" in lines[3]
    closed = replace(a_step(8, 100.0), schedule=Schedule(3_000, 0, 0, 0))
    assert "planned" not in books_lines(a_run([closed]), Language.EN)[1]


def test_no_step_has_no_books() -> None:
    """A run that ended before its first step."""
    assert books_lines(a_run([]), Language.EN) == ()
