"""A share of a limit: without one, of nothing, of more than all of it."""

from dataclasses import replace
from math import inf, nan

import pytest

from capacity.model.resources import (
    EmptyMeans,
    Limit,
    ReadingState,
    Reduction,
)
from capacity.monitors.answers import Answer, Fault, FaultKind
from capacity.monitors.evaluate_samples import witness_query
from capacity.monitors.members import NOTHING_KNOWN, Known
from tests.unit.monitors.builders import (
    a_counter,
    a_pod,
    a_series,
    a_vector,
    samples_of,
)
from tests.unit.monitors.sample_readings import SHARE, THROTTLE, read, values_of

SCRAPED_15_S = Known(spacing_s=15.0, lag_s=0.0, was_seen=True)


def test_missing_samples_are_no_missing_limit() -> None:
    """The limit is asked for by itself, so an empty answer says nothing about it."""
    reading = read(SHARE, whole=Answer(()), empty_means=EmptyMeans.NO_LIMIT)
    assert reading.reason == "no series has a sample in the step of 60s"


def test_without_a_limit_there_is_no_share() -> None:
    """No pod has one, and who would tell of it tells of the pod: nothing is missing."""
    for witness in (a_vector((a_pod("a"), 0.0)), None):
        reading = read(SHARE, a_counter(a_pod("a"), 0.2), whole=Answer(()), witness=witness)
        assert (reading.state, reading.reason, reading.members) == (
            ReadingState.NO_LIMIT,
            "no CPU limit is set for shop/a/app",
            (),
        )


def test_a_limit_that_nobody_tells_is_missing() -> None:
    """kube-state-metrics may be gone: then it is not known that there is none."""
    reading = read(SHARE, a_counter(a_pod("a"), 0.2), whole=Answer(()), witness=Answer(()))
    assert (reading.state, reading.reason) == (
        ReadingState.NO_DATA,
        "no CPU limit is known for shop/a/app, nor anything else of whoever would tell it",
    )


def test_without_a_quota_nothing_is_throttled() -> None:
    """No period is counted of a container that is there all the same."""
    witness, nobody = a_vector((a_pod("a"), 7.0)), Answer(())
    for known, state, reason in (
        (NOTHING_KNOWN, ReadingState.NO_LIMIT, "no limit is set for shop/a/app"),
        (SCRAPED_15_S, ReadingState.NO_DATA, "it had samples before, but none in the step of 60s"),
    ):
        reading = read(
            THROTTLE, whole=nobody, witness=witness, known=known, empty_means=EmptyMeans.NO_LIMIT
        )
        assert (reading.state, reading.reason) == (state, reason)
    alone = read(THROTTLE, whole=nobody, witness=nobody, empty_means=EmptyMeans.NO_LIMIT)
    assert (alone.state, alone.reason) == (
        ReadingState.NO_DATA,
        "no series has a sample in the step of 60s",
    )


def test_a_container_without_a_quota_is_named_beside_those_with_one() -> None:
    """What was throttled is judged, and the other is not forgotten."""
    throttled, periods = a_counter(a_pod("a"), 1.0), a_counter(a_pod("a"), 10.0)
    both = a_vector((a_pod("a"), 7.0), (a_pod("b"), 7.0))
    reading = read(THROTTLE, throttled, whole=Answer((periods,)), witness=both)
    assert values_of(reading) == {"shop/a/app": 0.1}
    assert (reading.reason, reading.may_stop) == ("no limit for shop/b/app", True)


def test_a_witness_that_cannot_be_asked_is_an_error() -> None:
    """Nothing is known then."""
    fault = Fault(FaultKind.TIMEOUT, "no answer within 3s", is_permanent=False)
    reading = read(SHARE, a_counter(a_pod("a"), 0.2), whole=Answer(()), witness=fault)
    assert (reading.state, reading.reason) == (ReadingState.ERROR, "no answer within 3s")


def test_the_witness_is_asked_only_where_a_limit_is_missing() -> None:
    """Of a counted whole nobody can tell from it alone."""
    some = a_vector((a_pod("a"), 0.5))
    share, throttle = replace(SHARE, witness="w"), replace(THROTTLE, witness="w")
    assert [witness_query(share, whole) for whole in (some, Answer(()), None)] == [None, "w", "w"]
    assert witness_query(throttle, some) == "w"
    assert witness_query(SHARE, Answer(())) is None


def test_a_share_of_one_sample_is_no_data() -> None:
    """The limit is known, the growth is not."""
    reading = read(SHARE, a_counter(a_pod("a"), 0.2, (5,)), whole=a_vector((a_pod("a"), 0.5)))
    assert reading.state is ReadingState.NO_DATA
    assert reading.reason == "the step of 60s holds 1 sample, 2 are needed"


def test_pods_without_a_limit_are_named_beside_those_with_one() -> None:
    """A side-car without a limit does not hide the container that has one."""
    pods = [a_counter(a_pod("a"), 0.2), a_counter(a_pod("b"), 0.2)]
    reading = read(SHARE, *pods, whole=a_vector((a_pod("a"), 0.5)))
    assert values_of(reading) == {"shop/a/app": 0.4}
    assert (reading.reason, reading.may_stop) == ("no CPU limit for shop/b/app", True)


@pytest.mark.parametrize(("limit", "text"), [(0.0, "0"), (inf, "inf"), (-1.0, "-1")])
def test_a_limit_of_nothing_is_a_mistake_of_the_configuration(limit: float, text: str) -> None:
    """Neither zero nor infinity is what a share is taken of."""
    reading = read(SHARE, a_counter(a_pod("a"), 0.2), whole=a_vector((a_pod("a"), limit)))
    assert (reading.state, reading.reason) == (
        ReadingState.ERROR,
        f"the CPU limit of shop/a/app is {text}, and nothing is a share of that",
    )


def test_a_limit_that_is_not_a_number_is_none() -> None:
    """NaN is what a broken exporter sends."""
    reading = read(SHARE, a_counter(a_pod("a"), 0.2), whole=a_vector((a_pod("a"), nan)))
    assert reading.reason == "no CPU limit is set for shop/a/app"


def test_more_than_the_limit_is_clipped_and_said() -> None:
    """127 % of a CPU limit is an artefact of sampling; the memory of a pod is not clipped."""
    limits = a_vector(*((a_pod(name), 1.0) for name in "abc"))
    rates = {"a": 1.27, "b": 1.04, "c": 1.1}
    pods = [a_counter(a_pod(name), rate) for name, rate in rates.items()]
    reading = read(SHARE, *pods, whole=limits)
    assert values_of(reading) == {"shop/a/app": 1.05, "shop/b/app": 1.04, "shop/c/app": 1.05}
    assert reading.reason == (
        "shop/a/app: 127% was read, which only sampling can make; judged as 105%"
    )
    memory = samples_of(Reduction.MAX, Limit("limit"))
    level = a_series(a_pod("a"), lambda _: 1.27)
    assert values_of(read(memory, level, whole=limits)) == {"shop/a/app": 1.27}
