"""Answers to PromQL become readings, with the samples that they rest on."""

from math import inf, nan

import pytest

from capacity.model.resources import EmptyMeans, Expression, Reading, ReadingState
from capacity.monitors.answers import Answer, Fault, FaultKind, Series
from capacity.monitors.evaluate_expression import ExpressionAnswer, evaluate_expression
from capacity.monitors.members import NOTHING_KNOWN, Known
from capacity.monitors.window import Window
from tests.unit.monitors.builders import a_counter, a_quantity, a_vector, a_window

_QUERY = Expression("sum by (instance)(rate(busy[$window]))")
_SEEN = Known(spacing_s=15.0, lag_s=2.0, was_seen=True)


def _read(
    vector: Answer | Fault,
    rests_on: dict[str, Answer | Fault],
    *,
    source: Expression = _QUERY,
    window: Window | None = None,
    known: Known = NOTHING_KNOWN,
    empty_means: EmptyMeans = EmptyMeans.NO_DATA,
) -> Reading:
    quantity = a_quantity(source, empty_means=empty_means)
    answer = ExpressionAnswer(vector, rests_on)
    return evaluate_expression(quantity, source, window or a_window(), answer, known)


def _busy(*series: Series) -> dict[str, Answer | Fault]:
    return {"busy": Answer(series)}


def test_a_value_has_the_samples_of_the_series_with_its_labels() -> None:
    """Each instance has its own count, age and coverage; a series of another name tells nothing."""
    vector = a_vector(({"instance": "a"}, 0.4), ({"instance": "b"}, 0.7))
    reading = _read(
        vector,
        _busy(
            a_counter({"__name__": "busy", "instance": "a", "cpu": "0"}, 0.1),
            a_counter({"__name__": "busy", "instance": "a", "cpu": "1"}, 0.3, (50, 5)),
            a_counter({"__name__": "busy", "instance": "b", "cpu": "0"}, 0.7, range(0, 60, 6)),
        ),
    )
    assert [(one.subject, one.value, one.sample_count, one.age_s) for one in reading.members] == [
        ("a", 0.4, 4, 11),
        ("b", 0.7, 10, 0),
    ]
    assert (reading.state, reading.may_stop, reading.reason) == (ReadingState.READ, True, "")
    assert reading.query == "sum by (instance)(rate(busy[60s]))"


def test_a_window_of_parts_of_a_second_is_asked_for_in_milliseconds() -> None:
    """PromQL has no fractions."""
    reading = _read(a_vector(), {}, window=a_window(12.3456))
    assert reading.query == "sum by (instance)(rate(busy[12346ms]))"


def test_a_scalar_has_no_subject_and_rests_on_all_samples() -> None:
    """A sum over everything has no labels."""
    reading = _read(a_vector(({}, 3.0)), _busy(a_counter({"pod": "a"}, 1.0)))
    (member,) = reading.members
    assert (member.subject, member.value, member.sample_count) == ("", 3.0, 4)


def test_the_poorest_selector_decides() -> None:
    """A ratio is as good as the worse half of it."""
    reading = _read(
        a_vector(({"instance": "a"}, 0.4)),
        {
            "busy": Answer((a_counter({"instance": "a"}, 1.0, range(0, 60, 5)),)),
            "whole": Answer((a_counter({"instance": "a"}, 1.0, (40, 10)),)),
        },
    )
    (member,) = reading.members
    assert (member.sample_count, member.age_s, member.coverage_ratio) == (2, 10, 0.5)
    assert not reading.may_stop
    assert reading.reason == (
        "~ rests on 2 samples over 50% of the step of 60s; 4 over 50% of it are needed to stop; "
        "hold >= 120 s"
    )


def test_the_poorest_selector_tells_why_there_is_no_value() -> None:
    """One half of the ratio has a single sample, and no rate comes of that."""
    behind: dict[str, Answer | Fault] = {
        "busy": Answer((a_counter({}, 1.0),)),
        "whole": Answer((a_counter({}, 1.0, (5,)),)),
    }
    reading = _read(a_vector(), behind)
    assert reading.reason == "the step of 60s holds 1 sample, 2 are needed"


def test_a_selector_without_samples_takes_nothing_away() -> None:
    """`errors or vector(0)` has no errors to count."""
    reading = _read(
        a_vector(({}, 0.0)),
        {"errors": Answer(()), "requests": Answer((a_counter({"code": "200"}, 9.0),))},
    )
    assert reading.may_stop
    assert reading.members[0].sample_count == 4


def test_labels_that_the_query_made_are_no_hindrance() -> None:
    """label_replace gives a value labels that no sample has."""
    reading = _read(a_vector(({"host": "x"}, 1.0)), _busy(a_counter({"instance": "x:9100"}, 1.0)))
    assert (reading.members[0].subject, reading.members[0].sample_count) == ("x", 4)


def test_a_value_from_before_the_window_is_no_data() -> None:
    """Prometheus looks back five minutes for a gauge whose target is dead."""
    reading = _read(a_vector(({"instance": "a"}, 5.0)), _busy(), known=_SEEN)
    assert reading.state is ReadingState.NO_DATA
    assert reading.reason == "it had samples before, but none in the step of 60s"


def test_old_samples_are_no_data_though_there_is_a_value() -> None:
    """The target died in the middle of the step."""
    reading = _read(
        a_vector(({"instance": "a"}, 5.0)),
        _busy(a_counter({"instance": "a"}, 1.0, range(30, 60, 5))),
    )
    assert reading.reason == "the newest sample of a was 30s old: it is gone"


def test_a_query_that_selects_nothing_can_stop_nothing() -> None:
    """`vector(1)` has no samples behind it."""
    reading = _read(a_vector(({}, 1.0)), {})
    assert reading.members[0].sample_count is None
    assert not reading.may_stop
    assert reading.reason == "the samples behind it are not known, so it can stop nothing"


def test_too_many_samples_to_count_leave_the_value_without_the_right_to_stop() -> None:
    """A node's raw samples may be refused for their size."""
    refused = Fault(FaultKind.TOO_LARGE, "more than 500 series", is_permanent=True)
    reading = _read(a_vector(({}, 0.9)), {"busy": refused})
    assert (reading.state, reading.may_stop) == (ReadingState.READ, False)
    assert reading.members[0].value == 0.9


def test_nan_is_no_traffic_and_infinity_a_mistake() -> None:
    """Neither is ever a value."""
    busy = _busy(a_counter({}, 1.0))
    for behind in (busy, {}):
        idle = _read(a_vector(({}, nan)), behind)
        assert idle.state is ReadingState.NO_DATA
        assert idle.reason == (
            "not a number: nothing to take a share of in the step of 60s, as without requests"
        )
    for value, behind in ((inf, busy), (-inf, busy), (inf, {})):
        wrong = _read(a_vector(({"instance": "a"}, value)), behind)
        assert (wrong.state, wrong.reason) == (
            ReadingState.ERROR,
            "a: the value is infinite, as from a limit of 0; `> 0` behind what the query divides "
            "by leaves that out",
        )


@pytest.mark.parametrize(
    ("empty_means", "rests_on", "known", "state", "reason"),
    [
        pytest.param(
            EmptyMeans.ZERO,
            Answer((a_counter({}, 1.0),)),
            NOTHING_KNOWN,
            ReadingState.READ,
            "no series, which means zero here",
            id="zero",
        ),
        pytest.param(
            EmptyMeans.ZERO,
            Answer(()),
            NOTHING_KNOWN,
            ReadingState.READ,
            "no series, which means zero here",
            id="zero, never seen",
        ),
        pytest.param(
            EmptyMeans.ZERO,
            Answer(()),
            _SEEN,
            ReadingState.NO_DATA,
            "it had samples before, but none in the step of 60s",
            id="zero, but seen before",
        ),
        pytest.param(
            EmptyMeans.NO_LIMIT,
            Answer((a_counter({}, 1.0),)),
            NOTHING_KNOWN,
            ReadingState.NO_DATA,
            "no series, as without a limit",
            id="no limit",
        ),
        pytest.param(
            EmptyMeans.NO_DATA,
            Answer((a_counter({}, 1.0, (5,)),)),
            _SEEN,
            ReadingState.NO_DATA,
            "the step of 60s holds 1 sample at 15s spacing, 2 are needed; hold >= 62 s",
            id="rate of one sample",
        ),
        pytest.param(
            EmptyMeans.NO_DATA,
            Answer((a_counter({}, 1.0),)),
            _SEEN,
            ReadingState.NO_DATA,
            "the query has no series in the step of 60s",
            id="samples, but no value",
        ),
        pytest.param(
            EmptyMeans.NO_DATA,
            Answer(()),
            NOTHING_KNOWN,
            ReadingState.NO_DATA,
            "no series has a sample in the step of 60s",
            id="nothing",
        ),
    ],
)
def test_an_empty_answer_means_what_the_quantity_says(
    empty_means: EmptyMeans, rests_on: Answer, known: Known, state: ReadingState, reason: str
) -> None:
    """And what its samples say."""
    reading = _read(a_vector(), {"busy": rests_on}, known=known, empty_means=empty_means)
    assert (reading.state, reading.reason) == (state, reason)


def test_zero_needs_the_samples_that_the_quantity_names() -> None:
    """A quantity that says what it rests on is zero only while that is scraped."""
    source = Expression("sum(rate(errors[$window]))", rests_on=("requests",))
    for samples, state in (
        (Answer((a_counter({}, 1.0),)), ReadingState.READ),
        (Answer(()), ReadingState.NO_DATA),
    ):
        reading = _read(
            a_vector(), {"requests": samples}, source=source, empty_means=EmptyMeans.ZERO
        )
        assert reading.state is state


def test_faults_are_errors() -> None:
    """Of the value, or of the samples behind it."""
    fault = Fault(FaultKind.UNAVAILABLE, "status 503: query timed out", is_permanent=False)
    assert _read(fault, {}).reason == "status 503: query timed out"
    partly = _read(a_vector(({}, 1.0)), {"busy": fault})
    assert (partly.state, partly.reason) == (
        ReadingState.ERROR,
        "the value came, but not the samples behind it: status 503: query timed out",
    )


@pytest.mark.parametrize(
    ("labels", "subject"),
    [
        ({"__name__": "up", "instance": "a:1", "job": "x"}, "a:1"),
        ({"instance": "a:1", "device": "sda"}, "a:1/sda"),
        ({"groupname": "postgres", "threadname": "wal"}, "postgres/wal"),
        ({"namespace": "shop", "pod": "api", "container": "app", "instance": "n"}, "shop/api/app"),
        ({"namespace": "shop", "pod": "api"}, "shop/api"),
        ({}, ""),
        ({"instance": "x" * 300}, "x" * 200 + "..."),
    ],
)
def test_members_are_called_by_what_tells_them_apart(labels: dict[str, str], subject: str) -> None:
    """Pods by namespace, pod and container, others by instance."""
    reading = _read(a_vector((labels, 1.0)), _busy(a_counter({}, 1.0)))
    assert reading.members[0].subject == subject
