"""How is a climb with a scripted monitor run, and what came of it?"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from capacity.model.plan import Purpose, SearchPlan
from capacity.model.resources import Asked, Reading, ReadingState
from capacity.model.rules import Rule
from capacity.model.run import (
    Event,
    RunEnd,
    Step,
    StepFinished,
    StepReassessed,
)
from tests.fakes.monitored import ScriptedMonitor
from tests.fakes.scripted import Behaviour, FakeClock, ScriptedEngine
from tests.unit.resource_builders import a_reading, a_resource_rule
from tests.unit.search.test_runner import (
    a_short_plan,
    climb_with,
    end_of,
    knee_at_8,
    steps_of,
)

CPU = a_resource_rule()
CPU_OVER_1S = a_resource_rule(over_s=1.0, text="cpu > 85% over 1s")
Script = Callable[[int, Asked], Sequence[Reading]]


def cpu_of(step_index: int) -> float:
    """12 % for each doubling: 96 % at 64 concurrent, the seventh step, which is the last."""
    return 0.12 * step_index + 0.24


def rising(step_index: int, asked: Asked) -> Sequence[Reading]:
    """CPU that rises with each step and crosses 85 % at 64 concurrent."""
    value = cpu_of(step_index)
    return [a_reading(value, over_s=1.0 if asked is Asked.DURING else None)]


def hot_from(first: int, value: float = 0.93) -> Script:
    """A pod that is hot from this step on."""

    def read(step_index: int, asked: Asked) -> Sequence[Reading]:
        over_s = 1.0 if asked is Asked.DURING else None
        return [a_reading(value if step_index >= first else 0.4, over_s=over_s)]

    return read


def no_data_from(first: int, state: ReadingState = ReadingState.NO_DATA) -> Script:
    """Prometheus has nothing to say any more from this step on."""

    def read(step_index: int, _asked: Asked) -> Sequence[Reading]:
        return [a_reading(0.4) if step_index < first else a_reading(None, state=state)]

    return read


def late_breach_at(index: int) -> Script:
    """At the end the samples are too few; those that come late show a hot pod."""

    def read(step_index: int, asked: Asked) -> Sequence[Reading]:
        value = 0.93 if step_index == index else 0.4
        return [a_reading(value, may_stop=asked is Asked.LATE, reason="3 samples")]

    return read


class Watched:
    """A climb with monitors, and what came of it."""

    def __init__(
        self,
        rules: Sequence[Rule],
        read: Script,
        service: Callable[[int], Behaviour] = knee_at_8,
        *,
        interrupt_at_s: float = float("inf"),
        max_requests: int = 5_000_000,
        search: SearchPlan | None = None,
        beside: Script | None = None,
        **monitor: object,
    ) -> None:
        """`beside` is what a second monitor tells, at the end of each hold only."""
        self.clock = FakeClock()
        self.engine = ScriptedEngine(self.clock, service)
        self.monitor = ScriptedMonitor(self.clock, read, **monitor)  # type: ignore[arg-type]  # test shorthand
        plan = a_short_plan(*rules, search=SearchPlan() if search is None else search)
        plan = replace(plan, fuses=replace(plan.fuses, max_requests=max_requests))
        monitors = [self.monitor]
        if beside is not None:
            monitors.append(ScriptedMonitor(self.clock, beside))
        self.events = climb_with(
            plan, self.engine, self.clock, interrupt_at_s=interrupt_at_s, monitors=monitors
        )

    @property
    def end(self) -> RunEnd:
        """How the climb ended."""
        return end_of(self.events).end

    @property
    def steps(self) -> list[Step]:
        """The steps as they were finished, in order."""
        return steps_of(self.events)

    @property
    def newest(self) -> list[Step]:
        """The steps as they are in the end, late readings included."""
        known: dict[int, Step] = {}
        for event in self.events:
            if isinstance(event, StepFinished | StepReassessed):
                known[event.step.plan.index] = event.step
        return list(known.values())

    @property
    def levels(self) -> list[float]:
        """The loads of the finished steps."""
        return [step.plan.load.level for step in self.steps]

    @property
    def again(self) -> list[float]:
        """The loads that were measured once more."""
        purpose = Purpose.RECHECK
        return [s.plan.load.level for s in self.steps if s.plan.purpose is purpose]

    def of(self, kind: type[Event]) -> list[Event]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]
