"""Whatever a Prometheus sends becomes a reading that keeps its promises."""

from math import isfinite

from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.model.resources import (
    STOPPING_SAMPLES,
    EmptyMeans,
    Expression,
    Growth,
    Limit,
    Reading,
    ReadingState,
    Reduction,
)
from capacity.monitors.answers import Answer, Series
from capacity.monitors.evaluate_expression import ExpressionAnswer, evaluate_expression
from capacity.monitors.evaluate_samples import SamplesAnswer, evaluate_samples
from capacity.monitors.members import Known
from capacity.monitors.window import (
    STOPPING_COVERAGE_RATIO,
    Window,
)
from tests.unit.monitors.builders import END_UNIX_S, a_quantity, samples_of

_VALUES = st.one_of(
    st.floats(),
    st.floats(0, 1e6),
    st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, float("nan"), float("inf")]),
)
_TIMES = st.one_of(
    st.integers(-90, 5).map(lambda age_s: END_UNIX_S + age_s),
    st.floats(END_UNIX_S - 90, END_UNIX_S + 5),
    st.floats(allow_nan=False),
)
_LABELS = st.dictionaries(
    st.sampled_from(["namespace", "pod", "container", "job", "instance", "id", "__name__"]),
    st.sampled_from(["a", "b", "", "\x1b[31m", "x" * 300]),
)
_SERIES = st.builds(Series, _LABELS, st.lists(st.tuples(_TIMES, _VALUES), max_size=12).map(tuple))
_ANSWERS = st.lists(_SERIES, max_size=4).map(lambda series: Answer(tuple(series)))
_WINDOWS = st.sampled_from([0.001, 1.0, 10.0, 60.0]).map(
    lambda length_s: Window(END_UNIX_S - length_s, END_UNIX_S, None)
)
_KNOWN = st.builds(
    Known, st.none() | st.floats(0.1, 60), st.none() | st.floats(0, 60), st.booleans()
)


def _check(reading: Reading) -> None:
    if reading.state is not ReadingState.READ:
        assert (reading.members, reading.may_stop) == ((), False)
        assert reading.reason
        return
    assert reading.members
    assert len({one.subject for one in reading.members}) <= len(reading.members)
    for one in reading.members:
        assert isfinite(one.value)
        assert len(one.subject) <= 1000
        if reading.may_stop and one.sample_count is not None:
            assert one.sample_count >= STOPPING_SAMPLES
            assert one.coverage_ratio is not None
            assert one.coverage_ratio >= STOPPING_COVERAGE_RATIO
    assert reading.may_stop or reading.reason
    assert len(reading.reason) < 10_000


@settings(deadline=None)
@given(
    raw=_ANSWERS,
    whole=_ANSWERS,
    reduction=st.sampled_from(Reduction),
    share_of=st.sampled_from([None, Limit("limit"), Growth("whole")]),
    empty_means=st.sampled_from(EmptyMeans),
    window=_WINDOWS,
    known=_KNOWN,
)
def test_any_samples_become_a_reading(
    raw: Answer,
    whole: Answer,
    reduction: Reduction,
    share_of: Limit | Growth | None,
    empty_means: EmptyMeans,
    window: Window,
    known: Known,
) -> None:
    """A value is finite, an absence has a reason, and what may stop rests on enough."""
    source = samples_of(reduction, share_of)
    answer = SamplesAnswer(raw, None if share_of is None else whole)
    quantity = a_quantity(source, empty_means=empty_means)
    _check(evaluate_samples(quantity, source, window, answer, known))


@settings(deadline=None)
@given(
    vector=_ANSWERS,
    behind=st.dictionaries(st.sampled_from(["x", "y"]), _ANSWERS),
    empty_means=st.sampled_from(EmptyMeans),
    window=_WINDOWS,
    known=_KNOWN,
)
def test_any_vector_becomes_a_reading(
    vector: Answer,
    behind: dict[str, Answer],
    empty_means: EmptyMeans,
    window: Window,
    known: Known,
) -> None:
    """The same of an expression."""
    source = Expression("x + y")
    quantity = a_quantity(source, empty_means=empty_means)
    answer = ExpressionAnswer(vector, {**behind})
    _check(evaluate_expression(quantity, source, window, answer, known))
