"""What is done when, to read Prometheus over the holds of a climb?

All of the monitor but its thread: time comes from the clock, and one call does what is due. Windows
are translated into Prometheus's time here, and only here.
"""

import queue
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from capacity.model.plan import PrometheusSource
from capacity.model.resources import Asked, Change, ResourceNews
from capacity.model.rules import Action, Rule, Scope
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
from capacity.monitors.answers import Fault, Prometheus
from capacity.monitors.caught import Caught
from capacity.monitors.deliveries import Deliveries
from capacity.monitors.first_look import FirstLook
from capacity.monitors.members import list_some
from capacity.monitors.patience import PatientPrometheus
from capacity.monitors.reader import Reader, Wanted
from capacity.monitors.surroundings import Snapshot, Surroundings
from capacity.monitors.window import Window
from capacity.search.ports import Clock
from capacity.units import format_duration

_LEAST_ANSWER_LIMIT_S = 5.0
_DEAD_ANSWER_LIMIT_S = 1.0
_SHORTEST_PERIOD_S = 1.0
_LONGEST_PERIOD_S = 5.0
# A scrape can be read soon after it was made.
_ARRIVAL_S = 2.0
_LATEST_S = 35.0
_CLOCKS_EVERY_S = 60.0
# Also a hold that was cut short at once has a length.
_SHORTEST_WINDOW_S = 0.001


@dataclass(frozen=True, slots=True)
class Timing:
    """How often the rules' windows are read, and how long an answer may take."""

    period_s: float
    late_after_s: float
    answer_limit_s: float


def timing(source: PrometheusSource, look: FirstLook, ruled: Sequence[str]) -> Timing:
    """As often as samples come, and late enough for the last of them."""
    own = [name for name in ruled if name in look.known]
    spacings = look.spacings_s(own)
    period_s = min(max(min(spacings), _SHORTEST_PERIOD_S), _LONGEST_PERIOD_S)
    # What no rule rests on is not worth a long wait at the end of a run.
    last_s = max(spacings) if own else min(spacings)
    return Timing(
        period_s=period_s if source.every_s is None else source.every_s,
        late_after_s=min(last_s + _ARRIVAL_S, _LATEST_S),
        answer_limit_s=max(_LEAST_ANSWER_LIMIT_S, source.timeout_s + 1),
    )


def ruled_names(rules: Sequence[Rule]) -> tuple[str, ...]:
    """The quantities that rules name."""
    return tuple(dict.fromkeys(rule.metric for rule in rules if rule.scope is Scope.RESOURCE))


def _ranks(rules: Sequence[Rule]) -> Mapping[str, int]:
    """How urgent each quantity is that rules name: those that may stop the run come first."""
    stopping = [rule for rule in rules if rule.action is Action.STOP]
    return {name: rank for rank, name in enumerate(ruled_names((*stopping, *rules)))}


class PrometheusWork:
    """Knows the holds, does one job after another, and has the news.

    `begin`, `end` and `poll` may be called by another thread than the rest.
    """

    def __init__(
        self,
        prometheus: Prometheus,
        look: FirstLook,
        rules: Sequence[Rule],
        times: Timing,
        clock: Clock,
        surroundings: Surroundings | None,
    ) -> None:
        self._clock = clock
        self._times = times
        self._patient = PatientPrometheus(prometheus, clock, times.period_s)
        self._reader = Reader(self._patient, look.known)
        self._offset_s = look.offset_s
        self._surroundings = surroundings
        self._agenda = Agenda(
            period_s=times.period_s,
            late_after_s=times.late_after_s,
            clocks_every_s=_CLOCKS_EVERY_S,
        )
        ranks = _ranks(rules)
        quantities = [one.quantity for one in look.quantities]
        # What a rule rests on is asked first, in case time runs out.
        self._ruled = sorted(
            (one for one in quantities if one.name in ranks), key=lambda one: ranks[one.name]
        )
        self._shown = [one for one in quantities if one.name not in ranks]
        self._sliding = sorted(
            {
                (rule.metric, rule.over_s)
                for rule in rules
                if rule.scope is Scope.RESOURCE and rule.over_s is not None
            }
        )
        self._orders: queue.SimpleQueue[Hold | None] = queue.SimpleQueue()
        self._deliveries = Deliveries()
        self._begun: dict[int, Hold] = {}
        self._before: Snapshot | None = None
        self._before_step: dict[int, Snapshot] = {}
        self._trouble: str | None = None
        self._is_closed = False

    def begin(self, step_index: int, start_unix_s: float) -> None:
        """A hold has begun."""
        hold = Hold(step_index, start_unix_s, None)
        self._begun[step_index] = hold
        self._orders.put(hold)

    def end(self, step_index: int, end_unix_s: float) -> None:
        """It has ended; its readings are owed from now on."""
        hold = replace(self._begun.pop(step_index), end_unix_s=end_unix_s)
        now_s = self._clock.now_s()
        wanted, late_wanted = self._wanted_of(hold, Asked.AT_END), self._wanted_of(hold, Asked.LATE)
        limit_s, dead = self._times.answer_limit_s, self._patient.dead
        too_late = f"no answer within {format_duration(limit_s)}"
        late_s = now_s + self._times.late_after_s + limit_s
        self._deliveries.owe(step_index, Asked.LATE, late_wanted, due_s=late_s, too_late=too_late)
        if dead is not None:
            # The thread may be in a question to a dead server; that is not worth a longer step.
            limit_s, too_late = _DEAD_ANSWER_LIMIT_S, dead.detail
        end_s = now_s + limit_s
        self._deliveries.owe(step_index, Asked.AT_END, wanted, due_s=end_s, too_late=too_late)
        self._orders.put(hold)

    def poll(self) -> tuple[ResourceNews, ...]:
        """Everything found out since the last call."""
        return self._deliveries.take(self._clock.now_s())

    def close(self) -> None:
        """Nothing more is to be done."""
        self._is_closed = True
        self._orders.put(None)

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._is_closed

    def do_due(self) -> float | None:
        """Do what is due; how long until there is more, None when that is not known."""
        while not self._is_closed:
            self._take_orders()
            job = self._agenda.next(self._clock.now_s())
            if job is None:
                break
            with Caught() as caught:
                self._do(job)
            if caught.error is not None:
                self._fail(job, caught.words)
        return self._agenda.wait_s(self._clock.now_s())

    def wait(self, timeout_s: float | None) -> None:
        """Wait for a hold to begin or end."""
        try:
            self._take(self._orders.get(timeout=timeout_s))
        except queue.Empty:
            return

    def _take_orders(self) -> None:
        while not self._orders.empty():
            self._take(self._orders.get())

    def _take(self, hold: Hold | None) -> None:
        if hold is None:
            return
        now_s = self._clock.now_s()
        if hold.end_unix_s is None:
            self._agenda.begin(hold, now_s)
        else:
            self._agenda.end(hold, now_s)

    def _do(self, job: Job) -> None:
        if self._offset_s is None or isinstance(job, CompareClocks):
            fault = self._compare_clocks(is_last_chance=isinstance(job, ReadAtEnd | ReadLate))
            if fault is not None and self._offset_s is None:
                # A window in the wrong time has the samples of another step, or none.
                if isinstance(job, ReadAtEnd | ReadLate):
                    self._fail(job, fault.detail)
                return
        match job:
            case CompareClocks():
                return
            case LookAround(hold):
                self._patient.begin_batch(self._times.answer_limit_s, is_last_chance=False)
                self._before = self._snapshot(hold.start_unix_s)
            case ReadDuring(hold):
                self._read_during(hold)
            case ReadAtEnd(hold):
                self._read_at_end(hold)
            case ReadLate():
                self._read_late(job)
            case _:
                assert_never(job)

    def _fail(self, job: Job, words: str) -> None:
        """What kept a job from being done is told with the next readings that are owed."""
        self._trouble = words
        if isinstance(job, ReadAtEnd | ReadLate):
            asked = Asked.AT_END if isinstance(job, ReadAtEnd) else Asked.LATE
            self._finish(job.hold, asked, ())

    def _compare_clocks(self, *, is_last_chance: bool) -> Fault | None:
        """Measure the offset; one that is as good as the former one within its error is not taken.

        A server that has become slow measures worse than it did before the load.
        """
        self._patient.begin_batch(self._times.answer_limit_s, is_last_chance=is_last_chance)
        answer = self._patient.clock_offset()
        if isinstance(answer, Fault):
            return answer
        if self._offset_s is None or abs(answer.offset_s - self._offset_s) > answer.error_s:
            self._offset_s = answer.offset_s
        return None

    def _read_during(self, hold: Hold) -> None:
        """Read the rules' windows that lie in the hold; its end is more urgent than the rest."""
        now_unix_s = self._clock.unix_s()
        wanted = self._sliding_of(Hold(hold.step_index, hold.start_unix_s, now_unix_s))
        self._patient.begin_batch(self._times.answer_limit_s, is_last_chance=False)
        readings = []
        for reading in self._reader.read(wanted):
            if not self._orders.empty():
                return
            readings.append(reading)
        if readings:
            news = ResourceNews(hold.step_index, Asked.DURING, tuple(readings), ())
            self._deliveries.tell(news)

    def _read_at_end(self, hold: Hold) -> None:
        for _ in self._read_missing(hold, Asked.AT_END):
            if self._is_closed:
                return
        self._finish(hold, Asked.AT_END, self._changes(hold, Asked.AT_END, hold.until_unix_s))

    def _read_late(self, late: ReadLate) -> None:
        """Read on, unless another hold has ended meanwhile; then this goes on after that."""
        for _ in self._read_missing(late.hold, Asked.LATE):
            self._take_orders()
            if self._is_closed:
                return
            if self._agenda.has_ended_hold:
                self._agenda.put_back(late, self._clock.now_s())
                return
        self._finish(late.hold, Asked.LATE, self._changes(late.hold, Asked.LATE, late.until_unix_s))

    def _read_missing(self, hold: Hold, asked: Asked) -> Iterator[None]:
        """Read what is still owed, one after another."""
        owed = self._deliveries.missing(hold.step_index, asked) or ()
        # What was owed before the clocks were compared has no window in Prometheus's time yet.
        wanted = self._wanted_of(hold, asked)
        missing = wanted[len(wanted) - len(owed) :]
        self._patient.begin_batch(self._times.answer_limit_s, is_last_chance=True)
        for reading in self._reader.read(missing):
            told = replace(reading, seen_late=asked is Asked.LATE)
            self._deliveries.add(hold.step_index, asked, told)
            yield

    def _finish(self, hold: Hold, asked: Asked, changes: tuple[Change, ...]) -> None:
        self._deliveries.finish(hold.step_index, asked, changes, self._trouble)
        self._trouble = None

    def _changes(self, hold: Hold, asked: Asked, until_unix_s: float) -> tuple[Change, ...]:
        """What has changed since the end of the hold before; told again, and better, when late."""
        if self._surroundings is None:
            return ()
        if self._before is None:
            self._before = self._snapshot(hold.start_unix_s)
        before = self._before_step.pop(hold.step_index, self._before)
        after = self._snapshot(until_unix_s)
        unknown = self._surroundings.unknown(before, after)
        if unknown:
            self._trouble = f"what changed around it is not known: {list_some(unknown)}"
        if asked is Asked.AT_END:
            self._before_step[hold.step_index] = before
            answers = {name: told for name, told in after.items() if not isinstance(told, Fault)}
            self._before = {**before, **answers}
        return self._surroundings.changes(before, after, until_unix_s + (self._offset_s or 0.0))

    def _snapshot(self, at_unix_s: float) -> Snapshot:
        """Ask everything about the surroundings as it was at a time of this machine's clock."""
        if self._surroundings is None:
            return {}
        at_unix_s += self._offset_s or 0.0
        return {
            name: self._patient.vector(query, at_unix_s, query)
            for name, query in self._surroundings.queries.items()
        }

    def _wanted_of(self, hold: Hold, asked: Asked) -> tuple[Wanted, ...]:
        """What rules rest on over the whole hold and over their windows, then the rest.

        The rest is asked from its other end when late: what time ran out for comes first then.
        """
        window = self._window(hold, None)
        shown = self._shown if asked is Asked.AT_END else self._shown[::-1]
        return (
            *(Wanted(one, one.source, window) for one in self._ruled if one.source),
            *self._sliding_of(hold),
            *(Wanted(one, one.source, window) for one in shown if one.source),
        )

    def _sliding_of(self, hold: Hold) -> tuple[Wanted, ...]:
        """The rules' windows that end with the hold and lie in it."""
        return tuple(
            Wanted(one, one.source, self._window(hold, over_s))
            for name, over_s in self._sliding
            for one in self._ruled
            if one.name == name and one.source and over_s <= _length_s(hold)
        )

    def _window(self, hold: Hold, over_s: float | None) -> Window:
        """A window that ends with the hold, in Prometheus's time."""
        end_unix_s = hold.start_unix_s + _length_s(hold) + (self._offset_s or 0.0)
        return Window(end_unix_s - (over_s or _length_s(hold)), end_unix_s, over_s)


def _length_s(hold: Hold) -> float:
    return max(hold.until_unix_s - hold.start_unix_s, _SHORTEST_WINDOW_S)
