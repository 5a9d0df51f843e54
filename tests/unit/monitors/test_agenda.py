"""What is due when, without any waiting."""

from capacity.monitors.agenda import (
    Agenda,
    CompareClocks,
    Hold,
    Job,
    LookAround,
    ReadAtEnd,
    ReadDuring,
    ReadLate,
)

_FIRST = Hold(0, 1000.0, None)
_FIRST_ENDED = Hold(0, 1000.0, 1030.0)


def _agenda() -> Agenda:
    return Agenda(period_s=2.0, late_after_s=17.0, clocks_every_s=60.0)


def _due(agenda: Agenda, now_s: float) -> list[Job]:
    jobs: list[Job] = []
    while (job := agenda.next(now_s)) is not None:
        jobs.append(job)
    return jobs


def test_nothing_is_due_before_the_first_hold() -> None:
    """And until then only the clocks may be compared."""
    agenda = _agenda()
    assert agenda.wait_s(0.0) is None
    assert _due(agenda, 0.0) == []
    assert agenda.wait_s(10.0) == 50.0


def test_a_hold_is_looked_at_first_then_read_every_period() -> None:
    """The surroundings are looked at once a run; a slow reading is followed by no burst."""
    agenda = _agenda()
    agenda.begin(_FIRST, 100.0)
    assert _due(agenda, 100.0) == [LookAround(_FIRST)]
    assert agenda.wait_s(100.0) == 2.0
    assert _due(agenda, 101.9) == []
    assert _due(agenda, 102.0) == [ReadDuring(_FIRST)]
    assert _due(agenda, 111.0) == [ReadDuring(_FIRST)]
    assert agenda.wait_s(111.5) == 1.5


def test_an_ended_hold_is_read_at_once_and_again_late() -> None:
    """Inside it nothing more is read."""
    agenda = _agenda()
    agenda.begin(_FIRST, 100.0)
    _due(agenda, 100.0)
    agenda.end(_FIRST_ENDED, 130.0)
    assert _due(agenda, 130.0) == [ReadAtEnd(_FIRST_ENDED)]
    assert agenda.wait_s(130.0) == 17.0
    assert _due(agenda, 147.0) == [ReadLate(_FIRST_ENDED, 1047.0)]
    assert _due(agenda, 150.0) == []


def test_what_the_climb_waits_for_comes_first() -> None:
    """An end before a late reading, that before the reading of the hold under way."""
    agenda = _agenda()
    second, second_ended = Hold(1, 1035.0, None), Hold(1, 1035.0, 1047.0)
    agenda.begin(_FIRST, 100.0)
    agenda.end(_FIRST_ENDED, 130.0)
    agenda.begin(second, 135.0)
    agenda.end(second_ended, 147.0)
    third = Hold(2, 1050.0, None)
    agenda.begin(third, 150.0)
    assert _due(agenda, 165.0) == [
        ReadAtEnd(_FIRST_ENDED),
        ReadAtEnd(second_ended),
        ReadLate(_FIRST_ENDED, 1035.0),
        ReadLate(second_ended, 1050.0),
        LookAround(third),
        ReadDuring(third),
    ]


def test_what_happens_in_the_next_hold_belongs_to_that() -> None:
    """A late reading looks around no later than that."""
    agenda = _agenda()
    agenda.begin(_FIRST, 100.0)
    agenda.end(_FIRST_ENDED, 130.0)
    agenda.begin(Hold(1, 1200.0, None), 140.0)
    _due(agenda, 141.0)
    assert ReadLate(_FIRST_ENDED, 1047.0) in _due(agenda, 150.0)


def test_clocks_are_compared_every_minute() -> None:
    """They were when the monitor was made."""
    agenda = _agenda()
    assert _due(agenda, 100.0) == []
    assert _due(agenda, 159.9) == []
    assert _due(agenda, 160.0) == [CompareClocks()]
    assert _due(agenda, 161.0) == []
    assert agenda.wait_s(161.0) == 59.0


def test_a_late_reading_that_made_way_goes_on_as_soon_as_it_may() -> None:
    """An end came between."""
    agenda = _agenda()
    agenda.begin(_FIRST, 100.0)
    agenda.end(_FIRST_ENDED, 130.0)
    was_ended, jobs = agenda.has_ended_hold, _due(agenda, 130.0)
    assert (was_ended, jobs, agenda.has_ended_hold) == (True, [ReadAtEnd(_FIRST_ENDED)], False)
    agenda.put_back(ReadLate(_FIRST_ENDED, 1047.0), 131.0)
    assert agenda.next(131.0) == ReadLate(_FIRST_ENDED, 1047.0)
