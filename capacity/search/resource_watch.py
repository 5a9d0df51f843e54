"""What is known of the service's resources in each step, and what follows from it?

Takes the monitors' news whenever they come: inside a hold a broken rule ends it, at its end the
readings complete the step, and late ones build a finished step anew. No call waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from capacity.model.load import Load
from capacity.model.plan import RunPlan
from capacity.model.resources import Asked, Change, ChangeKind, Reading, ReadingState, ResourceNews
from capacity.model.rules import Judgement, Rule, RuleState, Scope
from capacity.model.run import Event, ResourcesRead, RuleFired, RunEnd, Step, StepReassessed
from capacity.search.ends import lost_rules, metrics_lost
from capacity.search.judge import rungs_before, stopping
from capacity.search.judge_resources import judge_readings, not_read
from capacity.search.ports import Clock, Monitor
from capacity.search.sources import Source, longest_s
from capacity.search.validity import check_validity


@dataclass(frozen=True, slots=True)
class Heard:
    """What one round of listening brought.

    `fired` are rules broken inside the hold under way. `broken` are finished steps of which it came
    to light that they broke a limit, `ends` the ends that the data missing in others ask for.
    """

    events: tuple[Event, ...] = ()
    fired: tuple[Judgement, ...] = ()
    broken: tuple[Step, ...] = ()
    ends: tuple[RunEnd, ...] = ()


@dataclass(slots=True)
class _Watched:
    """One step: its hold in this machine's time, and the best that was told of it so far."""

    index: int
    load: Load
    start_unix_s: float
    end_unix_s: float | None = None
    is_finished: bool = False
    is_cut: bool = False
    readings: dict[tuple[int, str], Reading] = field(default_factory=dict)
    changes: dict[tuple[ChangeKind, str], Change] = field(default_factory=dict)
    heard_from: set[int] = field(default_factory=set)
    latest: dict[str, Judgement] = field(default_factory=dict)
    broken: dict[str, Judgement] = field(default_factory=dict)

    def keep(self, source: int, news: ResourceNews) -> None:
        """Keep readings over the whole hold; one with a value is not lost to one without."""
        if news.asked is not Asked.DURING:
            self.heard_from.add(source)
        for reading in news.readings:
            former = self.readings.get((source, reading.name))
            is_whole = reading.over_s is None and news.asked is not Asked.DURING
            if is_whole and (former is None or _worth(reading) >= _worth(former)):
                self.readings[source, reading.name] = reading
        # What is seen at the end of a hold may be told once more later, and then better.
        self.changes |= {(change.kind, change.subject): change for change in news.changes}

    def judge(self, rules: Sequence[Rule], news: ResourceNews, before: Sequence[Step]) -> None:
        """Judge each rule by what was just told; a breach stays one."""
        windows = tuple(reading for reading in news.readings if reading.over_s is not None)
        told = windows if news.asked is Asked.DURING else (*self.readings.values(), *windows)
        for rule in rules:
            judgement = judge_readings(rule, told, before, news.asked)
            if judgement is None:
                continue
            self.latest[rule.text] = judgement
            if judgement.state is RuleState.BREACH:
                self.broken.setdefault(rule.text, judgement)

    def conclude(
        self, rules: Sequence[Rule], before: Sequence[Step], silence: str
    ) -> tuple[Judgement, ...]:
        """Each rule's state by the whole hold; without a reading of it `silence` is the reason."""
        concluded: list[Judgement] = []
        for rule in rules:
            judgement = self.broken.get(rule.text) or judge_readings(
                rule, tuple(self.readings.values()), before, Asked.AT_END
            )
            if judgement is None:
                end_unix_s = self.start_unix_s if self.end_unix_s is None else self.end_unix_s
                judgement = not_read(rule, silence, self.start_unix_s, end_unix_s)
            concluded.append(judgement)
        return tuple(concluded)


class ResourceWatch:
    """The monitors of one climb. `steps` are the climb's finished ones, rebuilt here in place."""

    def __init__(
        self, plan: RunPlan, monitors: Sequence[Monitor], clock: Clock, steps: list[Step]
    ) -> None:
        self._rules = tuple(rule for rule in plan.rules if rule.scope is Scope.RESOURCE)
        self._sources = tuple(Source(monitor, clock) for monitor in monitors)
        self._clock = clock
        self._steps = steps
        self._watched: dict[int, _Watched] = {}
        self._has_given_up = False

    @property
    def late_after_s(self) -> float:
        """How long after the end of a hold its last samples may arrive."""
        return max((source.late_after_s for source in self._sources), default=0.0)

    def begin_hold(self, step_index: int, load: Load) -> None:
        """The measured part of a step has begun."""
        start_unix_s = self._clock.unix_s()
        self._has_given_up = False
        self._watched[step_index] = _Watched(step_index, load, start_unix_s)
        for source in self._sources:
            source.begin_hold(step_index, start_unix_s)

    def end_hold(self, step_index: int) -> None:
        """It has ended, and its readings are wanted."""
        end_unix_s = self._clock.unix_s()
        self._watched[step_index].end_unix_s = end_unix_s
        for source in self._sources:
            source.end_hold(step_index, end_unix_s)

    def judgements(self, step_index: int) -> tuple[Judgement, ...]:
        """What is known of the rules inside the hold under way."""
        watched = self._watched[step_index]
        return tuple((watched.latest | watched.broken).values())

    def awaited(self, asked: Asked) -> tuple[float, int]:
        """How much longer readings may take, and of which step those are; 0 when none is owed."""
        owed = ((longest_s(self._sources, index, asked), index) for index in self._watched)
        return max(owed, default=(0.0, 0))

    def listen(self) -> Heard:
        """Take what the monitors have found out since the last time."""
        events: list[Event] = []
        fired: list[Judgement] = []
        touched: dict[int, list[Judgement]] = {}
        for number, source in enumerate(self._sources):
            for news in source.poll():
                watched = self._watched.get(news.step_index)
                if watched is None:
                    continue  # the step was settled without it
                events.append(ResourcesRead(news))
                broken = self._take(watched, number, news)
                events += [RuleFired(watched.index, judgement) for judgement in broken]
                if watched.is_finished:
                    touched.setdefault(watched.index, []).extend(broken)
                elif news.asked is Asked.DURING:
                    fired += broken
        broken_steps: list[Step] = []
        ends: list[RunEnd] = []
        for watched in list(self._watched.values()):
            if watched.is_finished and (watched.index in touched or self._owes_nothing(watched)):
                events += self._reassess(watched)
                step = self._steps[watched.index]
                if stopping(touched.get(watched.index, [])) is not None:
                    broken_steps.append(step)
                elif self.is_settled(watched.index) and (lost := metrics_lost(step)) is not None:
                    ends.append(lost)
        return Heard(tuple(events), tuple(fired), tuple(broken_steps), tuple(ends))

    def is_settled(self, step_index: int) -> bool:
        """Whether all that can be known of a finished step is known."""
        return step_index not in self._watched

    def complete(self, step: Step) -> Step:
        """Add to a step that has just been built what is known of its resources by now."""
        watched = self._watched[step.plan.index]
        watched.is_finished = True
        # What ended such a hold is not in it, so nothing that comes late would change the answer.
        watched.is_cut = step.ended_early and not (step.breaches or watched.broken)
        return self._rebuild(step, watched)

    def give_up(self) -> None:
        """Expect no more news; from now on every step is as settled as it can be."""
        self._has_given_up = True

    def close(self) -> None:
        """End the monitors."""
        for source in self._sources:
            source.close()

    def _take(self, watched: _Watched, number: int, news: ResourceNews) -> list[Judgement]:
        """Keep and judge one news; the rules that it broke for the first time in this step."""
        former = set(watched.broken)
        watched.keep(number, news)
        watched.judge(self._rules, news, self._before(watched))
        return [judgement for text, judgement in watched.broken.items() if text not in former]

    def _reassess(self, watched: _Watched) -> list[Event]:
        """Put a finished step built anew in the place of the former one."""
        former = self._steps[watched.index]
        step = self._rebuild(former, watched)
        self._steps[watched.index] = step
        return [] if step == former else [StepReassessed(step)]

    def _rebuild(self, step: Step, watched: _Watched) -> Step:
        before = self._before(watched)
        own = tuple(j for j in step.judgements if j.rule.scope is not Scope.RESOURCE)
        judged = watched.conclude(self._rules, before, self._silence(watched))
        if self._owes_nothing(watched):
            del self._watched[watched.index]
        step = replace(
            step,
            judgements=own + judged,
            resources=tuple(watched.readings.values()),
            changes=tuple(watched.changes.values()),
        )
        lost = lost_rules(step) if self.is_settled(watched.index) else ()
        return replace(step, validity=check_validity(step, lost))

    def _before(self, watched: _Watched) -> tuple[Step, ...]:
        """What rules look back at."""
        return rungs_before(self._steps[: watched.index], watched.load)

    def _owes_nothing(self, watched: _Watched) -> bool:
        """Whether no monitor will tell more of this step."""
        owed = (longest_s(self._sources, watched.index, a) for a in (Asked.AT_END, Asked.LATE))
        return self._has_given_up or watched.is_cut or max(owed) <= 0

    def _silence(self, watched: _Watched) -> str:
        """Why a rule has no reading at all."""
        for number, source in enumerate(self._sources):
            if number not in watched.heard_from:
                return source.silence(watched.index)
        return "no monitor reads it"


def _worth(reading: Reading) -> int:
    """Of two readings over one window the one that says more is kept, the later of equals."""
    return (reading.state is ReadingState.READ) + reading.may_stop
