"""From looks at a process to readings over a window."""

from collections.abc import Sequence

import pytest

from capacity.cgroups import Periods
from capacity.model.resources import Reading, ReadingState
from capacity.monitors.process_looks import Basis, Descriptors, Limits, Sight
from capacity.monitors.process_readings import Untold, read_window, unread_window
from capacity.monitors.process_window import window_of
from tests.unit.monitors.looks import KEY, MIB, a_look, an_absence


def read(
    name: str, sights: Sequence[Sight], *, until: float = 10.0, over_s: float | None = None
) -> Reading:
    """One quantity over the ten seconds from 0, or the last `over_s` of them."""
    start = 0.0 if over_s is None else until - over_s
    (reading,) = read_window(window_of(sights, start, until, over_s), (name,))
    return reading


def value(reading: Reading) -> float:
    """What decides."""
    assert reading.worst is not None, reading.reason
    return reading.worst.value


TEN_SECONDS = (a_look(0.0), a_look(5.0, cpu_s=1.0), a_look(10.0, cpu_s=8.0))


def test_cpu_is_the_growth_between_the_first_and_the_last_look() -> None:
    """8 s of CPU in 10 s are 0.8 cores and 40 % of two; the basis of the share is said."""
    reading = read("cpu", TEN_SECONDS)

    assert value(reading) == pytest.approx(0.4)
    assert value(read("process.cores", TEN_SECONDS)) == pytest.approx(0.8)
    assert reading.query == "pid 7 api: user and system time / 2 cores (CPUs it may run on)"
    assert (reading.window_start_unix_s, reading.window_end_unix_s) == (0.0, 10.0)


def test_a_reading_says_what_it_rests_on() -> None:
    """Number of looks, age of the last one, the share of the window between first and last."""
    looks = (a_look(0.5), a_look(3.0), a_look(9.5))
    (member,) = read("cpu", looks).members

    assert (member.subject, member.sample_count) == ("pid 7 api", 3)
    assert (member.age_s, member.coverage_ratio) == (0.5, 0.9)


def test_the_window_of_a_rule_leaves_the_rest_of_the_hold_out() -> None:
    """7 s of CPU in the last five; looks come when the thread has its turn, a little off."""
    looks = (a_look(0.0), a_look(4.9, cpu_s=1.0), a_look(10.0, cpu_s=8.0))

    assert value(read("process.cores", looks, over_s=5.0)) == pytest.approx(7.0 / 5.1)


def test_a_look_before_the_hold_is_not_part_of_it() -> None:
    """It is kept to tell what changed in between, nothing else."""
    looks = (a_look(-0.1), a_look(0.1, cpu_s=5.0), a_look(10.0, cpu_s=5.0))

    assert value(read("process.cores", looks)) == 0.0


@pytest.mark.parametrize(
    ("last_s", "may_stop"), [(10.0, True), (5.0, True), (4.9, False), (2.0, False)]
)
def test_two_looks_may_stop_when_they_span_half_the_window(
    last_s: float, *, may_stop: bool
) -> None:
    """A counter's growth needs no more than its two ends; the value is told in any case."""
    reading = read("cpu", (a_look(0.0), a_look(last_s, cpu_s=last_s)))

    assert (reading.state, reading.may_stop) == (ReadingState.READ, may_stop)
    assert (reading.reason == "") == may_stop
    assert value(reading) == pytest.approx(0.5)


@pytest.mark.parametrize("sights", [(), (a_look(1.0),)])
def test_one_look_tells_no_growth(sights: tuple[Sight, ...]) -> None:
    """Missing is never zero."""
    reading = read("cpu", sights)

    assert (reading.state, reading.members) == (ReadingState.NO_DATA, ())
    assert reading.reason == f"looks at the process in the window: {len(sights)}; 2 are needed"


def test_a_process_that_ended_has_no_value() -> None:
    """Not even for the time that it was there: the end is what matters."""
    reading = read("cpu", (a_look(0.0), a_look(3.0, cpu_s=3.0), an_absence(4.0), an_absence(9.9)))

    assert reading.state is ReadingState.NO_DATA
    assert reading.reason == "pid 7 api has ended, 3s into the window"


def test_a_process_that_was_never_there_has_no_value() -> None:
    """It had ended before the window."""
    assert read("cpu", (an_absence(0.0), an_absence(9.0))).reason == "pid 7 api has ended"


def test_a_short_absence_is_left_out_of_the_rate() -> None:
    """9 s of CPU in the 9 s that one of the two processes was there."""
    sights = (
        a_look(0.0),
        a_look(5.0, cpu_s=5.0),
        an_absence(5.5),
        a_look(6.0, generation=1, cpu_s=5.0, subject="pid 8 api"),
        a_look(10.0, generation=1, cpu_s=9.0, subject="pid 8 api"),
    )

    assert value(read("process.cores", sights)) == pytest.approx(1.0)
    assert value(read("restarts", sights)) == 1
    assert read("cpu", sights).members[0].subject == "pid 8 api"
    assert read("cpu", sights).members[0].coverage_ratio == pytest.approx(0.9)


def test_a_long_absence_leaves_too_little() -> None:
    """Less than three quarters of the window say nothing about it."""
    sights = (a_look(0.0), a_look(2.0), a_look(9.0, generation=1), a_look(10.0, generation=1))

    assert read("cpu", sights).reason == "the process was there for 30% of the window only"


def test_throttling_is_the_share_of_periods() -> None:
    """34 of 100 that the group was busy in."""
    looks = (a_look(0.0, periods=Periods(50, 2)), a_look(10.0, periods=Periods(150, 36)))

    assert value(read("throttle", looks)) == pytest.approx(0.34)


def test_without_a_quota_nothing_is_throttled_and_no_zero_is_told() -> None:
    """Nor is it in a window without work, where there was no period at all."""
    idle = (a_look(0.0, periods=Periods(50, 2)), a_look(10.0, periods=Periods(50, 2)))

    none = read("throttle", TEN_SECONDS)
    assert (none.state, none.reason) == (ReadingState.NO_LIMIT, "no CPU quota is set")
    limits = Limits(0.5, Basis.QUOTA, 200 * MIB, Basis.MACHINE)
    silent = read("throttle", (a_look(0.0, limits=limits), a_look(10.0, limits=limits)))
    assert (silent.state, silent.reason) == (
        ReadingState.NO_DATA,
        "the cpu.stat of its quota cannot be read",
    )
    assert read("throttle", idle).reason == "the group of the quota used no CPU in the window"


def test_memory_is_the_most_that_was_seen_against_its_limit() -> None:
    """What counts against a group's limit may be more than what the process has."""
    limits = Limits(2.0, Basis.AFFINITY, 200 * MIB, Basis.MEMORY_LIMIT)
    looks = (
        a_look(0.0, limits=limits),
        a_look(5.0, limits=limits, charged_bytes=150 * MIB, memory_bytes=120 * MIB),
        a_look(10.0, limits=limits, charged_bytes=None, memory_bytes=None),
    )

    assert value(read("mem", looks)) == pytest.approx(0.75)
    assert read("mem", looks).query == "pid 7 api: most memory / 200 MiB (cgroup limit)"
    assert value(read("process.memory", looks)) == 120 * MIB
    assert read("process.memory", looks).members[0].sample_count == 2


def test_memory_that_no_look_has_told_is_missing() -> None:
    """The costly count of shared pages was left to a later window."""
    looks = (a_look(0.0, memory_bytes=None), a_look(10.0, memory_bytes=None))

    assert read("process.memory", looks).state is ReadingState.NO_DATA


def test_shared_pages_that_could_not_be_told_apart_are_said() -> None:
    """The sum is then too large, and says so."""
    looks = (a_look(0.0), a_look(10.0, denied={"process.memory": "shared pages count twice"}))

    assert read("process.memory", looks).query.endswith("; shared pages count twice")


def test_descriptors_are_told_of_each_process_worst_first() -> None:
    """The worst by count is not the worst by share."""
    looks = (
        a_look(0.0),
        a_look(
            10.0, descriptors=(Descriptors("pid 7 api", 12, 1000), Descriptors("pid 8 w", 9, 10))
        ),
    )
    count, share = read("fds", looks), read("process.fds_of_limit", looks)

    assert [(m.subject, m.value) for m in count.members] == [("pid 7 api", 12), ("pid 8 w", 9)]
    assert [(m.subject, m.value) for m in share.members] == [("pid 8 w", 0.9), ("pid 7 api", 0.012)]


def test_descriptors_without_a_limit_have_no_share() -> None:
    """Their number is told all the same."""
    looks = [a_look(at, descriptors=(Descriptors("pid 7 api", 12, None),)) for at in (0.0, 10.0)]

    assert value(read("fds", looks)) == 12
    assert read("process.fds_of_limit", looks).state is ReadingState.NO_DATA


def test_descriptors_of_another_user_are_an_error() -> None:
    """Those of one process are not those of the tree; the hint is in the words."""
    looks = [a_look(at, denied={"fds": "run as root"}) for at in (0.0, 10.0)]
    reading = read("fds", looks)

    assert (reading.state, reading.reason) == (ReadingState.ERROR, "run as root")


def test_the_busiest_thread_is_a_share_of_one_core() -> None:
    """9 s in 10 s: a service with one busy thread is full at half of two cores."""
    other = (KEY[0], 9)
    looks = (
        a_look(0.0, threads={KEY: 100.0, other: 0.0}),
        a_look(
            10.0, threads={KEY: 101.0, other: 9.0}, names={KEY: "api", other: "loop"}, cpu_s=10.0
        ),
    )
    worst = read("process.hot_thread", looks).worst

    assert worst is not None
    assert (worst.subject, worst.value) == ("pid 7 thread 9 loop", 0.9)


def test_the_busiest_thread_is_one_of_the_process_that_is_there_now() -> None:
    """After a restart it counts from the first look at the new process."""
    looks = (
        a_look(0.0, threads={KEY: 0.0}),
        a_look(1.0, threads={KEY: 1.0}, generation=0),
        a_look(1.5, threads={KEY: 0.0}, generation=1),
        a_look(10.0, threads={KEY: 1.7}, generation=1),
    )

    assert value(read("process.hot_thread", looks)) == pytest.approx(0.2)


def test_too_many_threads_are_said() -> None:
    """They have no busiest one, but a number."""
    words = {"process.hot_thread": "3000 threads; more than 2000 are not read"}
    looks = [
        a_look(at, threads={}, names={}, thread_count=3000, denied=words) for at in (0.0, 10.0)
    ]

    assert read("process.hot_thread", looks).reason == words["process.hot_thread"]
    assert value(read("threads", looks)) == 3000


def test_a_window_nobody_could_look_into_has_every_quantity() -> None:
    """All with the same words, and none with a value."""
    untold = Untold(ReadingState.ERROR, "the kernel did not tell within 3 s")
    readings = unread_window(window_of((), 0.0, 10.0, None), untold)

    assert len(readings) == 10
    assert {(r.state, r.reason, r.members, r.may_stop) for r in readings} == {
        (ReadingState.ERROR, untold.reason, (), False)
    }


def test_every_quantity_has_its_reading() -> None:
    """The units of the catalogue, in its order."""
    readings = read_window(window_of(TEN_SECONDS, 0.0, 10.0, None))

    assert [reading.name for reading in readings][:3] == ["cpu", "throttle", "mem"]
    assert {reading.name: reading.state for reading in readings if not reading.members} == {
        "throttle": ReadingState.NO_LIMIT
    }


def test_the_look_after_a_hold_may_be_late() -> None:
    """The rate is that of the time between the looks, and the load went on until then."""
    looks = (a_look(0.2), a_look(10.8, cpu_s=10.6))

    assert value(read("process.cores", looks)) == pytest.approx(1.0)
    assert read("cpu", looks).members[0].age_s == 0.0
