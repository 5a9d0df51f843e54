"""What is there to see of a run that is still going on?

An accumulator: events go in one by one, and after each the whole picture is a new frozen value.
The thread that draws only ever reads one of these, so it needs no lock.
"""

from dataclasses import dataclass, replace

from capacity.histogram import Histogram, summarize
from capacity.model.load import Load
from capacity.model.plan import Purpose, RunPlan, StepPlan
from capacity.model.resources import Reading, ResourceNews
from capacity.model.rules import Comparison, Judgement, StepRate, gain_per_doubling
from capacity.model.run import (
    Event,
    LogTaken,
    Phase,
    ProfileTaken,
    ReadingsAwaited,
    ResourcesRead,
    RuleFired,
    RunEnd,
    RunFinished,
    RunStarted,
    SnapshotTaken,
    Step,
    StepFinished,
    StepReassessed,
    StepStarted,
    Trust,
)
from capacity.model.snapshot import Counts, LatencySummary
from capacity.report.console_phase import suspicion_of
from capacity.report.console_plain import hook_line, rule_line
from capacity.report.console_resources import NewsTeller
from capacity.report.load_words import load_field

_KEPT_MESSAGES = 3
_END_OF_WAITING = (StepStarted, StepFinished, StepReassessed, RunFinished)


@dataclass(frozen=True, slots=True)
class Row:
    """One level of load as the table shows it; `trust` is None while it is running.

    `resources` has the latest reading of each quantity, `suspicion` what may make it be measured
    once more.
    """

    load: Load
    qps: float | None
    gain: float | None
    latency: LatencySummary | None
    success_ratio: float | None
    cpu_ratio: float | None
    trust: Trust | None
    step_index: int = 0
    resources: tuple[Reading, ...] = ()
    purpose: Purpose = Purpose.LADDER
    suspicion: str = ""


@dataclass(frozen=True, slots=True)
class Current:
    """The step that is running, its phase, and how long that phase has lasted."""

    plan: StepPlan
    phase: Phase
    elapsed_s: float
    in_flight: int
    connections_open: int
    row: Row


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that can be drawn at one moment."""

    plan: RunPlan
    total_steps: int
    rows: tuple[Row, ...]
    current: Current | None
    judgements: tuple[Judgement, ...]
    messages: tuple[str, ...]
    end: RunEnd | None
    awaited: ReadingsAwaited | None = None


class PictureBook:
    """Builds the next picture from each event."""

    def __init__(self) -> None:
        self.picture: Picture | None = None
        self._hold = _Hold()
        self._phase_start_s: float | None = None
        self._teller: NewsTeller | None = None

    def take(self, event: Event) -> None:
        """Look at one event; before RunStarted there is no picture."""
        if isinstance(event, RunStarted):
            total = len(event.plan.ladder.loads)
            self.picture = Picture(event.plan, total, (), None, (), (), None)
            self._teller = NewsTeller(event.plan)
        elif self.picture is not None:
            if isinstance(event, _END_OF_WAITING):
                self.picture = replace(self.picture, awaited=None)
            self.picture = self._next(self.picture, event)

    def _next(self, picture: Picture, event: Event) -> Picture:
        match event:
            case StepStarted(plan, total_steps):
                self._hold = _Hold()
                self._phase_start_s = None
                row = Row(
                    plan.load, None, None, None, None, None, None, plan.index, purpose=plan.purpose
                )
                current = Current(plan, Phase.SETTLE, 0.0, 0, 0, row)
                return replace(picture, current=current, total_steps=total_steps)
            case SnapshotTaken() if picture.current is not None:
                known = _merged(picture.judgements, event.judgements)
                current = self._watch(picture, picture.current, event)
                return replace(picture, current=current, judgements=known)
            case StepFinished(step):
                row = finished_row(step, picture.rows)
                known = _merged(picture.judgements, step.judgements)
                rows = (*picture.rows, row)
                return replace(picture, rows=rows, current=None, judgements=known)
            case RunFinished(end):
                return replace(picture, current=None, end=end)
            case _:
                return self._told(picture, event)

    def _told(self, picture: Picture, event: Event) -> Picture:
        """What rules and monitors say."""
        match event:
            case RuleFired(step_index, judgement):
                line = _level(picture, step_index) + rule_line(judgement)
                return _with_messages(picture, line)
            case ResourcesRead(news):
                return self._read(picture, news)
            case ProfileTaken() | LogTaken():
                return _with_messages(picture, hook_line(event))
            case ReadingsAwaited():
                return replace(picture, awaited=event)
            case StepReassessed(step):
                return replace(picture, rows=_reassessed(picture.rows, step))
            case _:
                return picture

    def _watch(self, picture: Picture, current: Current, event: SnapshotTaken) -> Current:
        snapshot = event.snapshot
        if event.phase is not current.phase or self._phase_start_s is None:
            self._phase_start_s = snapshot.start_s
        row = current.row
        if event.phase is Phase.HOLD:
            self._hold.add(event)
            row = replace(
                self._hold.row(current.plan, picture.rows),
                step_index=row.step_index,
                resources=row.resources,
                purpose=row.purpose,
            )
        return Current(
            plan=current.plan,
            phase=event.phase,
            elapsed_s=max(0.0, snapshot.end_s - self._phase_start_s),
            in_flight=snapshot.in_flight,
            connections_open=snapshot.connections_open,
            row=row,
        )

    def _read(self, picture: Picture, news: ResourceNews) -> Picture:
        """Readings of the running step go into its row; late ones come with their step."""
        lines = () if self._teller is None else self._teller.lines(news)
        told = _with_messages(picture, *(_level(picture, news.step_index) + s for s in lines))
        current = picture.current
        if current is None or current.plan.index != news.step_index:
            return told
        row = replace(current.row, resources=_newest(current.row.resources, news.readings))
        return replace(told, current=replace(current, row=row))


class _Hold:
    """The measured part of the running step so far."""

    def __init__(self) -> None:
        self._counts = Counts()
        self._ended_ok = 0
        self._span_s = 0.0
        self._latency = Histogram()
        self._cpu_ratio: float | None = None

    def add(self, event: SnapshotTaken) -> None:
        snapshot = event.snapshot
        self._counts = self._counts + snapshot.counts
        self._ended_ok += snapshot.ended_ok
        self._span_s += snapshot.end_s - snapshot.start_s
        self._latency.add(Histogram.from_blob(snapshot.ruling_blob))
        self._cpu_ratio = None if snapshot.generator is None else snapshot.generator.cpu_ratio

    def row(self, plan: StepPlan, before: tuple[Row, ...]) -> Row:
        qps = self._ended_ok / self._span_s if self._span_s > 0 else None
        return Row(
            load=plan.load,
            qps=qps,
            gain=_gain(before, plan, qps),
            latency=summarize(self._latency),
            success_ratio=self._counts.success_ratio,
            cpu_ratio=self._cpu_ratio,
            trust=None,
        )


def finished_row(step: Step, before: tuple[Row, ...]) -> Row:
    """A finished step as a row below those of the steps before it."""
    return Row(
        load=step.plan.load,
        qps=step.qps,
        gain=_gain(before, step.plan, step.qps),
        latency=step.latency,
        success_ratio=step.counts.success_ratio,
        cpu_ratio=None if step.generator is None else step.generator.cpu_ratio,
        trust=step.validity.trust,
        step_index=step.plan.index,
        resources=step.resources,
        purpose=step.plan.purpose,
        suspicion=suspicion_of(step),
    )


def _reassessed(rows: tuple[Row, ...], step: Step) -> tuple[Row, ...]:
    """The rows, with that of a step built anew."""
    return tuple(
        finished_row(step, rows[:place]) if row.step_index == step.plan.index else row
        for place, row in enumerate(rows)
    )


def _newest(before: tuple[Reading, ...], after: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """The newest reading of each quantity, in the order in which they were first seen."""
    return tuple({reading.name: reading for reading in (*before, *after)}.values())


def _level(picture: Picture, step_index: int) -> str:
    """The load of a step as the start of a message; nothing if the step is not known."""
    rows = picture.rows if picture.current is None else (*picture.rows, picture.current.row)
    loads = [row.load for row in rows if row.step_index == step_index]
    return f"{load_field(loads[0])} " if loads else ""


def _with_messages(picture: Picture, *lines: str) -> Picture:
    return replace(picture, messages=(*picture.messages, *lines)[-_KEPT_MESSAGES:])


def closeness(judgement: Judgement) -> float | None:
    """How near a rule is to firing: 1 at the limit, 0 far from it; None where nothing is known."""
    observed, limit = judgement.observed, judgement.limit
    if observed is None or limit is None:
        return None
    match judgement.rule.comparison:
        case Comparison.ABOVE | Comparison.AT_LEAST:
            return observed / limit if limit > 0 else None
        case Comparison.BELOW | Comparison.AT_MOST:
            return limit / observed if observed > 0 else 1.0


def _gain(before: tuple[Row, ...], plan: StepPlan, qps: float | None) -> float | None:
    """Growth since the load below on the ladder, as it was measured last; else there is none."""
    lower = [
        row
        for row in before
        if row.purpose in (Purpose.LADDER, Purpose.RECHECK) and row.load.level < plan.load.level
    ]
    if plan.purpose is not Purpose.LADDER or not lower or qps is None or lower[-1].qps is None:
        return None
    earlier = StepRate(lower[-1].load.level, lower[-1].qps)
    return gain_per_doubling(earlier, StepRate(plan.load.level, qps))


def _merged(before: tuple[Judgement, ...], after: tuple[Judgement, ...]) -> tuple[Judgement, ...]:
    """The newest judgement of each rule, in the order in which rules were first seen."""
    newest = {judgement.rule.text: judgement for judgement in (*before, *after)}
    return tuple(newest.values())
