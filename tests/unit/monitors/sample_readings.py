"""Readings of raw samples in one call, for tests."""

from capacity.model.resources import EmptyMeans, Growth, Limit, Reading, Reduction, Samples
from capacity.monitors.answers import Answer, Fault, Series
from capacity.monitors.evaluate_samples import SamplesAnswer, evaluate_samples
from capacity.monitors.members import NOTHING_KNOWN, Known
from capacity.monitors.window import Window
from tests.unit.monitors.builders import CPU_LIMIT, a_quantity, a_window, samples_of

SHARE = samples_of(Reduction.RATE, Limit(CPU_LIMIT))
CORES = samples_of(Reduction.RATE)
THROTTLE = samples_of(Reduction.INCREASE, Growth("periods"))


def read(
    source: Samples,
    *series: Series,
    whole: Answer | Fault | None = None,
    witness: Answer | Fault | None = None,
    window: Window | None = None,
    known: Known = NOTHING_KNOWN,
    empty_means: EmptyMeans = EmptyMeans.NO_DATA,
) -> Reading:
    """The reading of a quantity named `cpu` over 60 s, or another window."""
    quantity = a_quantity(source, empty_means=empty_means)
    answer = SamplesAnswer(Answer(series), whole, witness)
    return evaluate_samples(quantity, source, window or a_window(), answer, known)


def values_of(reading: Reading) -> dict[str, float]:
    """The value of each member."""
    return {member.subject: round(member.value, 9) for member in reading.members}
