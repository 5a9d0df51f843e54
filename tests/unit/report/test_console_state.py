"""Does the picture of a running run hold what has been measured so far, and nothing else?"""

from dataclasses import replace

import pytest

from capacity.histogram import Histogram
from capacity.model.load import ClosedLoop
from capacity.model.plan import Purpose, StepPlan
from capacity.model.rules import Comparison, RuleState
from capacity.model.run import (
    Phase,
    RuleFired,
    RunFinished,
    RunStarted,
    SnapshotTaken,
    StepFinished,
    StepStarted,
    Trust,
)
from capacity.model.snapshot import Counts, FailureKind
from capacity.report.console_state import Picture, PictureBook, closeness, finished_row
from tests.unit.builders import (
    ERROR_RULE,
    GAIN_RULE,
    P99_RULE,
    RULE_END,
    a_judgement,
    a_plan,
    a_rule,
    a_snapshot,
    a_step,
    an_environment,
)
from tests.unit.report.answer_builders import as_purpose

FIRST = StepPlan(0, ClosedLoop(8), 5.0, 30.0, Purpose.LADDER)


def an_open_book() -> PictureBook:
    """A book in which the run and its first step have started."""
    book = PictureBook()
    book.take(RunStarted(a_plan((8, 16)), an_environment(), 0.0))
    book.take(StepStarted(FIRST, 2))
    return book


def picture_of(book: PictureBook) -> Picture:
    """The newest picture, which must exist."""
    assert book.picture is not None
    return book.picture


def test_before_the_start_there_is_no_picture() -> None:
    """Events of a run that has not started are nobody's."""
    book = PictureBook()

    book.take(RunFinished(RULE_END, Counts()))

    assert book.picture is None


def test_a_step_that_settles_has_no_numbers_yet() -> None:
    """Settle is thrown away, so the row stays unknown while its seconds pass."""
    book = an_open_book()

    book.take(SnapshotTaken(0, Phase.SETTLE, a_snapshot(700, start_s=100.0, in_flight=8), ()))
    book.take(SnapshotTaken(0, Phase.SETTLE, a_snapshot(700, start_s=101.0, in_flight=8), ()))

    current = picture_of(book).current
    assert current is not None
    assert (current.phase, current.elapsed_s, current.in_flight) == (Phase.SETTLE, 2.0, 8)
    assert (current.row.load.level, current.row.qps, current.row.latency) == (8, None, None)


def test_a_hold_adds_up() -> None:
    """QPS, success and latency of the row are those of the hold so far."""
    histogram = Histogram()
    for _ in range(50):
        histogram.record_s(0.010)
    blob = histogram.to_blob()
    book = an_open_book()

    book.take(SnapshotTaken(0, Phase.SETTLE, a_snapshot(5000, start_s=3.0), ()))
    book.take(SnapshotTaken(0, Phase.HOLD, a_snapshot(600, start_s=4.0, latency_blob=blob), ()))
    failed = a_snapshot(
        800, start_s=5.0, latency_blob=blob, failures={FailureKind.HTTP_STATUS: 100}
    )
    book.take(SnapshotTaken(0, Phase.HOLD, failed, ()))

    current = picture_of(book).current
    assert current is not None
    assert (current.phase, current.elapsed_s) == (Phase.HOLD, 2.0)
    assert current.row.qps == 700.0
    assert current.row.success_ratio == pytest.approx(1400 / 1500)
    assert current.row.latency is not None
    assert current.row.latency.count == 100
    assert current.row.latency.mean_s == pytest.approx(0.010, rel=0.001)
    assert (current.row.cpu_ratio, current.row.trust) == (0.12, None)


def test_stragglers_leave_the_row_as_it_is() -> None:
    """After the hold only the phase changes; what comes late is in no rate of the picture."""
    book = an_open_book()
    book.take(SnapshotTaken(0, Phase.HOLD, a_snapshot(600, start_s=4.0), ()))

    book.take(SnapshotTaken(0, Phase.DRAIN, a_snapshot(9, start_s=5.0, in_flight=3), ()))

    current = picture_of(book).current
    assert current is not None
    assert (current.phase, current.in_flight, current.row.qps) == (Phase.DRAIN, 3, 600.0)


def test_finished_steps_become_rows_with_their_growth() -> None:
    """Growth is per doubling against the row before; the first row has none."""
    book = an_open_book()

    book.take(StepFinished(a_step(8, 800.0)))
    book.take(StepFinished(a_step(16, 1200.0, index=1, trust=Trust.SUSPECT, cpu_ratio=None)))

    first, second = picture_of(book).rows
    assert (first.load.level, first.qps, first.gain, first.trust) == (8, 800, None, Trust.VALID)
    assert (second.qps, second.trust) == (1200, Trust.SUSPECT)
    assert second.gain == pytest.approx(0.5)
    assert second.cpu_ratio is None
    assert picture_of(book).current is None


def test_each_step_starts_afresh() -> None:
    """The seconds of one step are not in the numbers of the next."""
    book = an_open_book()
    book.take(SnapshotTaken(0, Phase.HOLD, a_snapshot(600, start_s=4.0), ()))
    book.take(StepFinished(a_step(8, 600.0)))
    book.take(StepStarted(replace(FIRST, index=1, load=ClosedLoop(16)), 2))

    book.take(SnapshotTaken(1, Phase.HOLD, a_snapshot(900, start_s=40.0), ()))

    current = picture_of(book).current
    assert current is not None
    assert (current.row.qps, current.elapsed_s) == (900.0, 1.0)
    assert current.row.gain == pytest.approx(0.5)


def test_rules_keep_their_newest_judgement() -> None:
    """Rules of the window come every second, rules of the step when it has finished."""
    book = an_open_book()
    early, late = a_judgement(ERROR_RULE, observed=0.1), a_judgement(ERROR_RULE, observed=0.2)
    gain = a_judgement(GAIN_RULE, observed=0.5, limit=0.03)

    book.take(SnapshotTaken(0, Phase.HOLD, a_snapshot(), (early,)))
    book.take(SnapshotTaken(0, Phase.HOLD, a_snapshot(), (late,)))
    book.take(StepFinished(a_step(8, 600.0, judgements=[gain])))

    assert picture_of(book).judgements == (late, gain)


def test_the_last_three_messages_are_kept() -> None:
    """A fired rule is told with the level at which it fired; old ones make room."""
    book = an_open_book()
    for seconds in (1.0, 2.0, 3.0, 4.0):
        fired = a_judgement(P99_RULE, RuleState.BREACH, observed=seconds, limit=0.5)
        book.take(RuleFired(0, fired))

    messages = picture_of(book).messages
    assert len(messages) == 3
    assert messages[-1] == ("C=8 rule fired: p99 > 10x first over 10s (observed 4s, limit 500ms)")


def test_a_rule_may_fire_when_its_step_is_over() -> None:
    """It is told with the level of its step; of a step that nobody knows there is none."""
    book = an_open_book()
    book.take(StepFinished(a_step(8, 600.0)))
    book.take(RuleFired(0, a_judgement(ERROR_RULE, RuleState.BREACH, observed=0.5)))
    book.take(RuleFired(9, a_judgement(ERROR_RULE, RuleState.BREACH, observed=0.5)))

    told, unknown = picture_of(book).messages
    assert told == f"C=8 {unknown}"
    assert unknown == "rule fired: error_rate > 1% over 10s (observed 50%, limit 1%)"


def test_the_end_stays_in_the_picture() -> None:
    """Seconds that are reported after the end belong to no step."""
    book = an_open_book()
    book.take(RunFinished(RULE_END, Counts()))
    book.take(SnapshotTaken(0, Phase.DRAIN, a_snapshot(), ()))

    assert (picture_of(book).end, picture_of(book).current) == (RULE_END, None)


@pytest.mark.parametrize(
    ("comparison", "observed", "limit", "expected"),
    [
        (Comparison.ABOVE, 0.5, 1.0, 0.5),
        (Comparison.AT_LEAST, 2.0, 1.0, 2.0),
        (Comparison.BELOW, 0.06, 0.03, 0.5),
        (Comparison.AT_MOST, 0.0, 0.03, 1.0),
        (Comparison.ABOVE, 0.5, 0.0, None),
        (Comparison.ABOVE, None, 1.0, None),
        (Comparison.BELOW, 1.0, None, None),
    ],
)
def test_closeness_is_one_at_the_limit(
    comparison: Comparison, observed: float | None, limit: float | None, expected: float | None
) -> None:
    """Rules of both directions can be compared, and nothing is near what is not known."""
    rule = a_rule("p99", comparison=comparison)
    judgement = replace(a_judgement(rule), observed=observed, limit=limit)

    assert closeness(judgement) == expected


def test_growth_is_that_of_the_ladder() -> None:
    """A step that filled a gap below is no rung of it, and has no growth of its own."""
    rung = finished_row(a_step(8, 400.0), ())
    between = finished_row(as_purpose(a_step(6, 100.0, index=1), Purpose.REFINE), (rung,))

    above = finished_row(a_step(16, 600.0, index=2), (rung, between))

    assert between.gain is None
    assert above.gain == pytest.approx(0.5)
