"""What does the analysis of `capacity` itself say of measured steps?"""

from collections.abc import Sequence
from time import process_time

from capacity.analysis.knee import find_knee
from capacity.analysis.throughput import observe
from capacity.model.findings import CurveFit, Knee, NoKnee, NoKneeReason
from capacity.model.measured import Measured
from knee_bench.model import Answer, State

_STATES = {
    NoKneeReason.NOT_REACHED: State.NOT_REACHED,
    NoKneeReason.BELOW_RANGE: State.BELOW_RANGE,
}


def ask_ours(steps: Sequence[Measured]) -> Answer:
    """The answer of the real analysis, with the CPU time that it took."""
    begin = process_time()
    found = knee_of(steps)
    return answer_of(found, took_s=process_time() - begin)


def knee_of(steps: Sequence[Measured]) -> Knee | NoKnee:
    """The knee as the findings of a run would have it."""
    return find_knee([seen for step in steps if (seen := observe(step)) is not None])


def answer_of(found: Knee | NoKnee, *, took_s: float) -> Answer:
    """The findings' words in those of the bench; a curve without a knee may still be falling."""
    fit: CurveFit | None = found.fit
    is_retrograde = False if fit is None else fit.is_retrograde
    if fit is None or isinstance(found, NoKnee):
        reason = found.reason if isinstance(found, NoKnee) else NoKneeReason.UNCLEAR
        state = _STATES.get(reason, State.BETWEEN)
        return Answer(state, None, None, None, is_retrograde, took_s)
    return Answer(State.SATURATED, fit.knee, fit.n95, fit.saturation_qps, is_retrograde, took_s)
