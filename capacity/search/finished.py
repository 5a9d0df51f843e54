"""What does a hold that is over become? A Step, with all that was counted in it.

Pure. What monitors know of it and what rules on growth say is added by the climb.
"""

from collections.abc import Sequence
from dataclasses import replace

from capacity.analysis.steadiness import assess
from capacity.histogram import summarize
from capacity.model.plan import StepPlan
from capacity.model.rules import Judgement
from capacity.model.run import Step, Trust, Validity
from capacity.search.tally import WindowTally
from capacity.search.validity import check_validity

_NOT_JUDGED = Validity(Trust.INVALID, ("not judged",))


def finish(
    plan: StepPlan,
    hold: WindowTally,
    judgements: Sequence[Judgement],
    *,
    started_at_unix_s: float,
    ended_early: bool,
    is_extended: bool,
) -> Step:
    """Build a step from its hold, and say how far it may be believed."""
    latency = hold.latency()
    intervals = hold.intervals()
    extended_s = max(hold.end_s - hold.start_s - plan.hold_s, 0.0) if is_extended else 0.0
    step = Step(
        plan=plan,
        started_at_unix_s=started_at_unix_s,
        start_s=hold.start_s,
        end_s=hold.end_s,
        counts=hold.counts(),
        ended_ok=hold.ended_ok(),
        ended_all=hold.ended_all(),
        latency=summarize(latency),
        failed_latency=hold.failed_latency(),
        first_byte=hold.first_byte(),
        connect=hold.connect(),
        scenario_latency=hold.scenario_latency(),
        scenario_failures=hold.scenario_failures(),
        latency_blob=latency.to_blob(),
        mean_in_flight=hold.mean_in_flight(),
        connections=hold.connections(),
        generator=hold.generator(),
        judgements=tuple(judgements),
        validity=_NOT_JUDGED,
        ended_early=ended_early,
        tls=hold.tls(),
        transfer=hold.transfer(),
        fresh_latency=hold.fresh_latency(),
        service_latency=hold.service_latency(plan.load),
        send_lag=hold.send_lag(),
        schedule=hold.schedule(),
        running_ratio=hold.running_ratio(plan.load),
        stalls=hold.stalls(plan.load),
        littles_law=hold.littles_law(),
        failure_traces=hold.failure_traces(),
        intervals=intervals,
        steadiness=assess(intervals, extended_s=extended_s),
    )
    return replace(step, validity=check_validity(step))
