"""What would the climb of `capacity` measure on a true curve, and how long would it take?

The steps are chosen by the real `capacity.search.ladder` and judged by the real analysis; only the
service is simulated. Of the default rules the one on P99 is left out: it would end a fixed list of
loads as well, and what is compared is where steps are put.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.random import Generator

from capacity.analysis.measure import measure
from capacity.analysis.outcomes import JUDGED_PURPOSES
from capacity.model.load import ConcurrencyLadder
from capacity.model.measured import Measured
from capacity.model.plan import (
    EngineName,
    Fuses,
    HttpRequest,
    RunPlan,
    Scenario,
    SearchPlan,
    Secret,
    Target,
    Timeouts,
    TlsTrust,
)
from capacity.model.run import Step
from capacity.search.ladder import next_step
from knee_bench.model import Curve, Noise
from knee_bench.played import ERROR_RULE, GAIN_RULE, play

_MOST_STEPS = 300


@dataclass(frozen=True, slots=True)
class Climb:
    """The steps of a simulated climb in their order, and the time in settle and hold."""

    steps: tuple[Step, ...]
    took_s: float

    @property
    def measured(self) -> tuple[Measured, ...]:
        """What the answer is drawn from."""
        return tuple(measure(step) for step in self.steps if step.plan.purpose in JUDGED_PURPOSES)


def a_plan(
    concurrencies: Sequence[int], search: SearchPlan, *, settle_s: float, hold_s: float
) -> RunPlan:
    """A plan with the rules on errors and growth, and so much search."""
    request = HttpRequest("GET", Secret(b"/"), "/", (), None)
    return RunPlan(
        name="bench",
        target=Target(
            scheme="http",
            host="127.0.0.1",
            port=80,
            trust=TlsTrust.SYSTEM,
            ca_file=None,
            timeouts=Timeouts(connect_s=5.0, first_byte_s=30.0, idle_s=15.0, total_s=30.0),
        ),
        scenario=Scenario("main", request, ok_below_status=400),
        engine=EngineName.NATIVE,
        source_addresses=(),
        threads=None,
        ladder=ConcurrencyLadder(tuple(concurrencies)),
        settle_s=settle_s,
        hold_s=hold_s,
        rules=(ERROR_RULE, GAIN_RULE),
        fuses=Fuses(max_concurrency=4096, max_requests=10**12, max_duration_s=3600.0),
        allow_hosts=(),
        demo_service=None,
        profile_sha256=None,
        search=search,
    )


def climb(plan: RunPlan, curve: Curve, noise: Noise, rng: Generator) -> Climb:
    """Play the plan until the ladder knows no next step or the time is used up."""
    left_s = plan.fuses.max_duration_s if plan.search.budget_s is None else plan.search.budget_s
    steps: tuple[Step, ...] = ()
    took_s = 0.0
    while len(steps) < _MOST_STEPS:
        planned = next_step(plan, steps, left_s - took_s)
        if planned is None:
            break
        steps = (*steps, play(planned, steps, curve, noise, rng))
        took_s += planned.settle_s + planned.hold_s
    return Climb(steps, took_s)
