"""Tests of capacity.search.finished beyond what a whole climb shows."""

from capacity.histogram import Histogram
from capacity.model.load import ClosedLoop
from capacity.model.measured import Interval, SteadyState
from capacity.model.plan import Purpose, StepPlan
from capacity.model.run import Step, Trust
from capacity.search.finished import finish
from capacity.search.tally import WindowTally
from tests.unit.builders import a_judgement, a_snapshot

PLAN = StepPlan(3, ClosedLoop(8), 1.0, 4.0, Purpose.REFINE)


def finished(seconds: int, *, is_extended: bool) -> Step:
    """A hold of so many even seconds."""
    latency = Histogram()
    for _ in range(100):
        latency.record_s(0.010)
    tally = WindowTally()
    for second in range(seconds):
        tally.add(a_snapshot(100, start_s=5.0 + second, latency_blob=latency.to_blob()))
    return finish(
        PLAN,
        tally,
        [a_judgement()],
        started_at_unix_s=7.0,
        ended_early=False,
        is_extended=is_extended,
    )


def test_a_step_keeps_its_hold_second_by_second() -> None:
    """What the curve is drawn from is stored, with how steady it was."""
    step = finished(5, is_extended=True)
    assert (step.plan, step.started_at_unix_s, step.judgements) == (PLAN, 7.0, (a_judgement(),))
    assert [interval.ended_ok for interval in step.intervals] == [100] * 5
    assert isinstance(step.intervals[0], Interval)
    assert step.steadiness is not None
    assert step.steadiness.state is SteadyState.STEADY
    assert step.steadiness.extended_s == 1.0


def test_a_hold_that_ended_late_by_itself_was_not_prolonged() -> None:
    """Only what was decided counts as an extension, not the last poll."""
    steadiness = finished(5, is_extended=False).steadiness
    assert steadiness is not None
    assert steadiness.extended_s == 0.0


def test_a_finished_step_has_been_judged() -> None:
    """Its validity is that of its books and of the generator."""
    assert finished(4, is_extended=False).validity.trust is Trust.SUSPECT  # 400 samples for a P99
