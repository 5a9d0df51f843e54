"""Raw samples become readings: values, states, and the words for what is missing."""

from math import inf

import pytest

from capacity.model.resources import (
    EmptyMeans,
    ReadingState,
)
from capacity.monitors.answers import Answer, Fault, FaultKind, Series
from capacity.monitors.evaluate_samples import SamplesAnswer, evaluate_samples
from capacity.monitors.members import NOTHING_KNOWN, Known
from tests.unit.monitors.builders import (
    CPU,
    CPU_LIMIT,
    END_UNIX_S,
    a_counter,
    a_pod,
    a_quantity,
    a_series,
    a_vector,
    a_window,
)
from tests.unit.monitors.sample_readings import CORES, SHARE, THROTTLE, read, values_of

SCRAPED_15_S = Known(spacing_s=15.0, lag_s=0.0, was_seen=True)


def test_a_reading_has_value_samples_age_coverage_window_and_query() -> None:
    """0.2 cores of a limit of 0.5, on four samples of which the newest is 11 s old."""
    reading = read(SHARE, a_counter(a_pod("a"), 0.2), whole=a_vector((a_pod("a"), 0.5)))
    (member,) = reading.members
    assert (member.subject, member.sample_count) == ("shop/a/app", 4)
    assert member.value == pytest.approx(0.4)
    assert member.age_s == 11
    assert member.coverage_ratio == 0.75
    assert (reading.state, reading.may_stop, reading.reason) == (ReadingState.READ, True, "")
    assert reading.query == f"{CPU}[60s] / {CPU_LIMIT}"
    assert (reading.window_start_unix_s, reading.window_end_unix_s) == (
        END_UNIX_S - 60,
        END_UNIX_S,
    )
    assert (reading.over_s, reading.seen_late) == (None, False)


def test_the_worst_pod_decides() -> None:
    """Two replicas, one hot: both are there, the hot one is the worst."""
    pods = [a_counter(a_pod("a"), 0.1), a_counter(a_pod("b"), 0.45)]
    limits = a_vector((a_pod("a"), 0.5), (a_pod("b"), 0.5))
    reading = read(SHARE, *pods, whole=limits)
    assert values_of(reading) == {"shop/a/app": 0.2, "shop/b/app": 0.9}
    assert reading.worst is not None
    assert reading.worst.subject == "shop/b/app"


def test_duplicate_jobs_and_limits_are_never_added_up() -> None:
    """The same container scraped by two jobs, its limit told by two kube-state-metrics."""
    jobs = [a_counter(a_pod("a", job=job), rate) for job, rate in (("x", 0.4), ("y", 0.39))]
    limits = a_vector((a_pod("a", instance="1"), 0.5), (a_pod("a", instance="2"), 0.5))
    assert values_of(read(SHARE, *jobs, whole=limits)) == {"shop/a/app": 0.8}


def test_a_restarted_container_is_one_counter() -> None:
    """0.4 cores before and after the restart; a stale rate beside a new one would say 0.8."""
    old = a_counter(a_pod("a", id="1"), 0.4, (56, 46))
    new = a_series(a_pod("a", id="2"), lambda at_s: 0.4 * (at_s + 46), (36, 26, 16, 6))
    reading = read(CORES, old, new)
    assert values_of(reading) == {"shop/a/app": 0.4}
    assert reading.members[0].sample_count == 6


def test_a_live_duplicate_is_believed_before_a_dead_one() -> None:
    """The dead one reads more, but its last sample is from long ago."""
    dead = a_counter(a_pod("a", job="x"), 0.9, range(50, 60))
    live = a_counter(a_pod("a", job="y"), 0.4)
    assert values_of(read(CORES, dead, live)) == {"shop/a/app": 0.4}


def test_throttling_is_the_growth_of_both_counters_at_the_same_samples() -> None:
    """3 of 10 periods; a container without any period says that nothing happened."""
    throttled = a_counter(a_pod("a", __name__="throttled"), 3.0)
    periods = Answer((a_counter(a_pod("a", __name__="periods"), 10.0),))
    reading = read(THROTTLE, throttled, whole=periods)
    assert values_of(reading) == {"shop/a/app": 0.3}
    assert reading.query == f"{CPU}[60s] / periods[60s]"

    idle = Answer((a_counter(a_pod("a", __name__="periods"), 0.0),))
    reading = read(THROTTLE, a_counter(a_pod("a"), 0.0), whole=idle)
    assert reading.state is ReadingState.NO_DATA
    assert reading.reason.startswith("not a number: nothing to take a share of in the step of 60s")


def test_growth_without_its_whole_is_no_data() -> None:
    """Throttled periods alone are no share."""
    reading = read(THROTTLE, a_counter(a_pod("a"), 3.0), whole=Answer(()))
    assert reading.state is ReadingState.NO_DATA
    assert reading.reason == "what it is a share of has no sample at the same times"


@pytest.mark.parametrize(
    ("length_s", "ages_s", "state", "reason"),
    [
        pytest.param(
            10.0,
            (5,),
            ReadingState.NO_DATA,
            "the step of 10s holds 1 sample at 15s spacing, 2 are needed; hold >= 60 s",
            id="one",
        ),
        pytest.param(
            10.0,
            (),
            ReadingState.NO_DATA,
            "the step of 10s holds no sample at 15s spacing, 2 are needed; hold >= 60 s",
            id="none",
        ),
        pytest.param(
            30.0,
            (20, 5),
            ReadingState.READ,
            "~ rests on 2 samples over 50% of the step of 30s; 4 over 50% of it are needed to "
            "stop; hold >= 60 s",
            id="two",
        ),
        pytest.param(
            50.0,
            (35, 20, 5),
            ReadingState.READ,
            "~ rests on 3 samples over 60% of the step of 50s; 4 over 50% of it are needed to "
            "stop; hold >= 60 s",
            id="three",
        ),
        pytest.param(60.0, (50, 35, 20, 5), ReadingState.READ, "", id="four"),
    ],
)
def test_samples_decide_what_a_value_may_do(
    length_s: float, ages_s: tuple[float, ...], state: ReadingState, reason: str
) -> None:
    """Below two there is no value, below four it stops nothing, and the hold needed is said."""
    series = a_counter(a_pod("a"), 0.2, ages_s)
    reading = read(CORES, series, window=a_window(length_s), known=SCRAPED_15_S)
    assert (reading.state, reading.reason) == (state, reason)
    assert reading.may_stop is (len(ages_s) == 4)
    assert values_of(reading) == ({"shop/a/app": 0.2} if state is ReadingState.READ else {})


def test_many_samples_over_little_of_the_window_stop_nothing() -> None:
    """Ten samples in the last 9 s of 60 s."""
    reading = read(CORES, a_counter(a_pod("a"), 0.2, range(10)))
    assert reading.reason == (
        "~ rests on 10 samples over 15% of the step of 60s; 4 over 50% of it are needed to stop"
    )
    assert not reading.may_stop


def test_a_sliding_window_says_how_wide_it_must_be() -> None:
    """A rule over 5 s on samples 15 s apart."""
    window = a_window(5.0, over_s=5.0)
    reading = read(CORES, a_counter(a_pod("a"), 0.2), window=window, known=SCRAPED_15_S)
    assert reading.reason == (
        "the last 5s holds no sample at 15s spacing, 2 are needed; over >= 60 s"
    )
    assert reading.over_s == 5.0


def test_the_age_of_samples_counts_though_the_series_still_answers() -> None:
    """Honoured time stamps get no stale marker: 10 s spacing allows an age of 35 s, not 36 s."""
    old = a_counter(a_pod("a"), 0.2, (96, 86, 76, 66, 56, 46, 36))
    reading = read(CORES, old, window=a_window(100.0))
    assert (reading.state, reading.members) == (ReadingState.NO_DATA, ())
    assert reading.reason == ("the newest sample of shop/a/app was 36s old: it is gone")
    young = a_counter(a_pod("a"), 0.2, (95, 85, 75, 65, 55, 45, 35))
    assert read(CORES, young, window=a_window(100.0)).may_stop


def test_a_single_old_sample_is_aged_by_the_usual_spacing() -> None:
    """Its own spacing is not known."""
    reading = read(CORES, a_counter(a_pod("a"), 0.2, (46,)), known=SCRAPED_15_S)
    assert reading.reason == "the newest sample of shop/a/app was 46s old: it is gone"


def test_series_that_were_there_before_and_are_not_are_never_zero() -> None:
    """Also where an empty answer would mean zero or no limit."""
    for empty_means in EmptyMeans:
        reading = read(CORES, known=SCRAPED_15_S, empty_means=empty_means)
        assert reading.state is ReadingState.NO_DATA
        assert reading.reason == "it had samples before, but none in the step of 60s"


@pytest.mark.parametrize(
    ("empty_means", "state", "reason", "value"),
    [
        (EmptyMeans.ZERO, ReadingState.READ, "no series, which means zero here", 0.0),
        (
            EmptyMeans.NO_LIMIT,
            ReadingState.NO_DATA,
            "no series, as without a limit",
            None,
        ),
        (
            EmptyMeans.NO_DATA,
            ReadingState.NO_DATA,
            "no series has a sample in the step of 60s",
            None,
        ),
    ],
)
def test_an_answer_without_series_means_what_the_quantity_says(
    empty_means: EmptyMeans, state: ReadingState, reason: str, value: float | None
) -> None:
    """Zero restarts, no quota, or nothing."""
    reading = read(CORES, empty_means=empty_means)
    assert (reading.state, reading.reason) == (state, reason)
    assert (reading.worst.value if reading.worst else None) == value
    assert reading.may_stop is (value is not None)


def test_pods_of_a_part_of_the_window_are_named_and_not_judged() -> None:
    """One left 21 s before the end, one joined 30 s before it; 75 % is enough."""
    whole_time = range(0, 60, 5)
    stayed = a_counter(a_pod("stayed"), 0.2, whole_time)
    left = a_counter(a_pod("left"), 0.9, range(21, 60, 5))
    joined = a_counter(a_pod("joined"), 0.9, range(0, 31, 5))
    most = a_counter(a_pod("most"), 0.3, range(0, 46, 5))
    reading = read(CORES, stayed, left, joined, most)
    assert values_of(reading) == {"shop/stayed/app": 0.2, "shop/most/app": 0.3}
    assert reading.reason == (
        "shop/joined/app was there for 65% of the step of 60s and is not judged; "
        "shop/left/app was there for 73.3% of the step of 60s and is not judged"
    )
    assert reading.may_stop


def test_three_quarters_of_the_window_are_enough() -> None:
    """A pod that joined 20 s late, of which 5 s may be its samples' distance."""
    stayed = a_counter(a_pod("stayed"), 0.2, range(1, 60, 5))
    joined = a_counter(a_pod("joined"), 0.9, range(1, 37, 5))
    reading = read(CORES, stayed, joined)
    assert values_of(reading) == {"shop/stayed/app": 0.2, "shop/joined/app": 0.9}
    assert reading.reason == ""


def test_a_hold_that_is_as_long_as_needed_is_not_blamed() -> None:
    """Then the samples were missing for another reason."""
    few = read(CORES, a_counter(a_pod("a"), 0.2, (50, 35, 20)), known=SCRAPED_15_S)
    assert few.reason == (
        "~ rests on 3 samples over 50% of the step of 60s; 4 over 50% of it are needed to stop"
    )
    none = read(CORES, window=a_window(30.0), known=SCRAPED_15_S)
    assert none.reason == "it had samples before, but none in the step of 30s"


def test_samples_that_came_late_before_are_waited_for() -> None:
    """A step shorter than two samples and their delay is too short, not without a target."""
    delayed = Known(spacing_s=15.0, lag_s=5.0, was_seen=True)
    reading = read(CORES, window=a_window(30.0), known=delayed)
    assert reading.reason == (
        "the step of 30s holds no sample at 15s spacing, 2 are needed; hold >= 65 s"
    )


def test_the_pod_with_most_samples_tells_how_many_there_are() -> None:
    """Of several that have too few."""
    one = a_counter(a_pod("a", job="x"), 0.2, (40,))
    periods = Answer((a_counter(a_pod("b"), 1.0, (30,)), a_counter(a_pod("a"), 1.0, (40,))))
    reading = read(THROTTLE, one, a_counter(a_pod("b"), 1.0, (30,)), whole=periods)
    assert reading.reason == "the step of 60s holds 1 sample, 2 are needed"


def test_a_pod_with_too_few_samples_does_not_decide_beside_others() -> None:
    """It is named instead."""
    whole = a_counter(a_pod("whole"), 0.2)
    poor = a_counter(a_pod("poor"), 0.9, (55, 12))
    reading = read(CORES, whole, poor)
    assert values_of(reading) == {"shop/whole/app": 0.2}
    assert reading.reason == (
        "shop/poor/app rests on 2 samples over 71.7% of the step of 60s and is not judged"
    )
    (doubtful,) = reading.doubtful
    assert doubtful.value == pytest.approx(0.9)
    assert (doubtful.subject, doubtful.sample_count) == ("shop/poor/app", 2)


def test_a_pod_that_is_not_a_number_is_named_beside_others() -> None:
    """One container had no period at all."""
    busy = a_counter(a_pod("busy"), 1.0)
    idle = a_counter(a_pod("idle"), 0.0)
    periods = Answer((a_counter(a_pod("busy"), 2.0), a_counter(a_pod("idle"), 0.0)))
    reading = read(THROTTLE, busy, idle, whole=periods)
    assert values_of(reading) == {"shop/busy/app": 0.5}
    assert reading.reason == "shop/idle/app is not a number, as without requests, and is not judged"


def test_only_a_few_of_many_are_named() -> None:
    """Fifty side-cars without a limit make no page of names."""
    pods = [a_counter(a_pod(f"p{index:02}"), 0.2) for index in range(50)]
    reading = read(SHARE, *pods, whole=Answer(()))
    assert reading.reason == (
        "no CPU limit is set for shop/p00/app, shop/p01/app, shop/p02/app and 47 more"
    )
    dead = [a_counter(a_pod(f"p{index:02}"), 0.2, range(50, 60)) for index in range(50)]
    assert read(CORES, *dead).reason.endswith("; and 47 more like that")
    assert read(CORES, *dead[:3]).reason.endswith("shop/p02/app was 50s old: it is gone")


def test_infinite_samples_make_no_value() -> None:
    """Neither of the counter nor of what it is a share of."""
    infinite = Series(a_pod("a"), ((END_UNIX_S - 10, 1.0), (END_UNIX_S, inf)))
    for reading in (
        read(CORES, infinite),
        read(THROTTLE, a_counter(a_pod("a"), 1.0), whole=Answer((infinite,))),
    ):
        assert (reading.state, reading.reason) == (
            ReadingState.ERROR,
            "there are infinite samples, which no value comes from",
        )


@pytest.mark.parametrize("is_raw", [True, False])
def test_a_fault_is_an_error_with_its_sentence(*, is_raw: bool) -> None:
    """Of the samples, or of the limit."""
    fault = Fault(FaultKind.TIMEOUT, "no answer within 3s", is_permanent=False)
    pod = Answer((a_counter(a_pod("a"), 0.2),))
    answer = SamplesAnswer(fault, None) if is_raw else SamplesAnswer(pod, fault)
    reading = evaluate_samples(a_quantity(SHARE), SHARE, a_window(), answer, NOTHING_KNOWN)
    assert (reading.state, reading.reason) == (ReadingState.ERROR, "no answer within 3s")
    assert (reading.members, reading.may_stop) == ((), False)


def test_restamped_samples_are_doubted_aloud() -> None:
    """The same value in two scrapes while the container is busy."""
    for length_s, ages_s, off in ((60.0, (56, 41, 26, 11), "25%"), (10.0, (9, 6, 4, 1), "100%")):
        times = [END_UNIX_S - age_s for age_s in ages_s]
        series = Series(a_pod("a"), tuple(zip(times, (0.0, 6.0, 6.0, 12.0), strict=True)))
        assert read(CORES, series, window=a_window(length_s)).reason == (
            "shop/a/app: the same value was scraped twice while it grew, so samples carry the time "
            f"of the scrape and not of the look; the value may be off by about {off}"
        )
