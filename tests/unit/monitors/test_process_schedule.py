"""When a process is looked at, played with looks and a clock of the test's own."""

from collections.abc import Sequence

from capacity.model.resources import Asked, ChangeKind, ResourceNews
from capacity.monitors.process_looks import Look
from capacity.monitors.process_schedule import ProcessSchedule
from tests.unit.monitors.looks import a_look


class Played:
    """A process on one full core, looked at by the clock that the test moves."""

    def __init__(self, asked: Sequence[tuple[str, float]] = (), cost_s: float = 0.0) -> None:
        self.now_s = 0.0
        self.generation = 0
        self.with_limits: list[bool] = []
        self._spent_s = 0.0
        self._cost_s = cost_s
        self.schedule = ProcessSchedule(self.look, lambda: self._spent_s, asked)

    def look(self, with_limits: bool) -> Look:  # noqa: FBT001  # as the schedule calls it
        """One look at this time."""
        self.with_limits.append(with_limits)
        self._spent_s += self._cost_s
        return a_look(self.now_s, cpu_s=self.now_s, generation=self.generation)

    def until(self, end_s: float) -> list[ResourceNews]:
        """Go on to this time with a look after every pause."""
        news: list[ResourceNews] = []
        while self.now_s + self.schedule.pause_s <= end_s:
            self.now_s += self.schedule.pause_s
            told = self.schedule.tick()
            news += [] if told is None else [told]
        self.now_s = end_s
        return news


def test_a_hold_is_read_from_its_first_to_its_last_moment() -> None:
    """One look at each edge and every half second; limits at the edges only."""
    played = Played()
    played.schedule.begin(3, 0.0)
    during = played.until(2.2)
    news = played.schedule.end(2.2)

    assert during == []
    assert played.with_limits == [True, False, False, False, False, True]
    assert news is not None
    assert (news.step_index, news.asked, news.changes) == (3, Asked.AT_END, ())
    cpu = news.readings[0]
    assert (cpu.name, cpu.over_s, cpu.members[0].value) == ("cpu", None, 0.5)
    assert (cpu.window_start_unix_s, cpu.window_end_unix_s) == (0.0, 2.2)


def test_the_window_of_a_rule_is_told_as_soon_as_it_is_full() -> None:
    """Four looks in each, the first one a whole window after the hold began."""
    played = Played([("cpu", 1.0), ("mem", 1.0), ("cpu", 2.0)])
    played.schedule.begin(0, 0.0)
    news = played.until(2.0)
    told = [[(r.name, r.over_s) for r in one.readings] for one in news]

    assert played.schedule.pause_s == 0.25
    assert {one.asked for one in news} == {Asked.DURING}
    assert told[0] == [("cpu", 1.0), ("mem", 1.0)]
    assert told[-1] == [("cpu", 1.0), ("mem", 1.0), ("cpu", 2.0)]
    assert len(told) == 5
    assert news[0].readings[0].window_end_unix_s == 1.0


def test_costly_looks_are_made_less_often() -> None:
    """At most one part in a hundred of the time, unless the window of a rule needs more."""
    free, bound = Played(cost_s=0.02), Played([("cpu", 4.0)], cost_s=0.02)
    for played in (free, bound):
        played.schedule.begin(0, 0.0)

    assert (free.schedule.pause_s, bound.schedule.pause_s) == (2.0, 1.0)


def test_rules_on_other_monitors_ask_for_no_looks() -> None:
    """A short window on what Prometheus tells is none of the process's."""
    assert Played([("redis.memory", 0.5), ("cpu", 1.2)]).schedule.pause_s == 0.3


def test_between_holds_nothing_is_looked_at() -> None:
    """Nor is there anything to tell."""
    played = Played()

    assert not played.schedule.is_holding
    assert played.schedule.tick() is None
    assert played.schedule.end(1.0) is None
    assert played.with_limits == []


def test_what_changed_between_two_holds_belongs_to_the_later_one() -> None:
    """Another process listens when the second hold begins; its own window has no restart."""
    played = Played()
    played.schedule.begin(0, 0.0)
    played.until(2.0)
    first = played.schedule.end(2.0)
    played.now_s, played.generation = 5.0, 1
    played.schedule.begin(1, 5.0)
    played.until(7.0)
    second = played.schedule.end(7.0)

    assert first is not None
    assert second is not None
    assert first.changes == ()
    assert [change.kind for change in second.changes] == [ChangeKind.RESTARTED]
    assert [r.members[0].value for r in second.readings if r.name == "restarts"] == [0]
