"""Is what moved first told from what followed, and from what was there all along?"""

from dataclasses import replace

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.order import movers
from capacity.model.bottleneck import (
    Candidate,
    Marks,
    Movement,
    Mover,
    Sentence,
    Subject,
    SubjectKind,
)
from capacity.model.confidence import Confidence
from capacity.model.resources import Aspect, OwnResource, ResourceRole
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind
from capacity.units import Unit
from tests.unit.analysis.bottleneck.cases import (
    DATABASE_POD,
    LEVELS,
    Value,
    a_case,
    case_of,
    case_of_run,
    reading_of,
    steps_with,
)
from tests.unit.builders import a_run, a_step
from tests.unit.rate_builders import a_rate_run, a_rate_step
from tests.unit.report.reading_builders import a_monitored_plan
from tests.unit.resource_builders import POD, a_member

EFFECTS = ["throughput", "latency_p50", "latency_p99"]


def moved(case: Case) -> list[tuple[str, str, float]]:
    """Signal, movement and level of each, in their order."""
    return [(one.signal, one.movement.value, one.level) for one in movers(case)]


def mover(case: Case, signal: str) -> Mover:
    """One of them by its name."""
    return next(one for one in movers(case) if one.signal == signal)


def of_aspect(aspect: Aspect, unit: Unit, values: list[Value]) -> Case:
    """A quantity of no table, `jvm.http_mean` by name, over the five levels."""
    steps = []
    for step, value in zip(steps_with({}), values, strict=True):
        reading = replace(reading_of("jvm.http_mean", value), aspect=aspect, unit=unit)
        steps.append(replace(step, resources=(reading,)))
    return case_of(steps)


def test_the_cpu_moves_first_and_callers_feel_it_later() -> None:
    """It is full at 4; at 8 throughput does not grow and requests wait."""
    case = a_case({"cpu": [0.25, 0.50, 0.98, 0.99, 0.99]})
    assert moved(case) == [
        ("cpu", "first", 4.0),
        ("throughput", "later", 8.0),
        ("latency_p50", "later", 8.0),
        ("latency_p99", "later", 8.0),
    ]


def test_each_has_its_figures_and_its_source() -> None:
    """What was read can be looked up; what callers feel was measured here."""
    case = a_case({"cpu": [0.25, 0.50, 0.98, 0.99, 0.99]})
    cpu, throughput, median, _ = movers(case)
    assert cpu.title.text() == "CPU of the service"
    assert cpu.fact.text() == f"{POD} reached 98% at 4 concurrent (threshold 90%)"
    assert cpu.fact.text("zh") == f"并发 4 时，{POD} 达到 98%（阈值 90%）"
    assert cpu.fact.source is not None
    assert cpu.fact.source.query == "query_of_cpu"
    assert (
        throughput.fact.text()
        == "no more than 400 qps from 4 concurrent on: it did not grow at 8 concurrent"
    )
    assert throughput.fact.text("zh") == "从并发 4 起不超过 400 qps：并发 8 时不再增长"
    assert throughput.fact.source is None
    assert median.fact.text() == "rose to 19ms at 8 concurrent, from 9.5ms before"


def test_what_is_full_later_is_a_symptom() -> None:
    """The pool fills because the database is slow: it comes after."""
    case = a_case(
        {
            "jvm.pool": [0.1, 0.2, 0.5, 1.0, 1.0],
            "cpu": [{DATABASE_POD: value} for value in (0.2, 0.5, 0.97, 0.99, 0.99)],
        }
    )
    assert moved(case)[:2] == [("cpu", "first", 4.0), ("jvm.pool", "later", 8.0)]
    assert mover(case, "cpu").title.text() == "CPU of the database"


def test_what_moves_at_one_level_is_first_together() -> None:
    """Nobody can say which of them was."""
    case = a_case({"cpu": [0.2, 0.5, 0.95, 1, 1], "throttle": [0, 0, 0.3, 0.5, 0.5]})
    assert moved(case)[:2] == [("cpu", "first", 4.0), ("throttle", "first", 4.0)]
    psi = a_case({"pod.psi_cpu": [0.0, 0.1, 0.4, 0.5, 0.6]})
    assert mover(psi, "pod.psi_cpu").title.text() == "CPU of the service (pod.psi_cpu)"
    assert mover(psi, "pod.psi_cpu").title.text("zh") == "服务的 CPU（pod.psi_cpu）"


def test_a_moments_accident_is_not_the_first_move() -> None:
    """Throttled once at 2, and at ease at 4: it is the level from which on it lasts that counts."""
    blip = a_case({"throttle": [0.0, 0.2, 0.0, 0.3, 0.4], "cpu": [0.2, 0.5, 0.95, 1.0, 1.0]})
    assert moved(blip)[:2] == [("cpu", "first", 4.0), ("throttle", "later", 8.0)]
    wavering = a_case({"cpu": [0.2, 0.5, 0.92, 0.88, 0.95]})
    assert moved(wavering)[0] == ("cpu", "first", 4.0)
    collapsed = a_case({"cpu": [0.2, 0.5, 0.95, None, 0.1]})
    assert moved(collapsed)[0] == ("cpu", "first", 4.0)


def test_without_a_resource_the_effect_is_all_that_is_known() -> None:
    """The cause is not among what was read."""
    assert moved(a_case({})) == [
        ("throughput", "first", 8.0),
        ("latency_p50", "first", 8.0),
        ("latency_p99", "first", 8.0),
    ]


def test_high_at_every_load_is_background() -> None:
    """A node that others keep busy; it comes last."""
    case = a_case({"node.cpu": [0.95, 0.93, 0.96, 0.97, 0.96]})
    last = movers(case)[-1]
    assert (last.signal, last.movement, last.level) == ("node.cpu", Movement.BACKGROUND, 1.0)
    assert last.fact.text() == f"{POD} was at 93% or more at every load"
    assert last.fact.text("zh") == f"{POD} 在每个负载下都在 93% 以上"
    low = movers(a_case({"postgresql.cache_hits": [0.5, 0.6, 0.5, 0.5, 0.5]}))[-1]
    assert low.fact.text() == f"{POD} was at 60% or less at every load"


def test_one_user_alone_may_fill_the_service() -> None:
    """Throughput does not grow from the first load on: its CPU is no background."""
    case = a_case({"cpu": [0.99, 1.0, 1.0, 1.0, 1.0]}, qps=100.0)
    assert moved(case)[0] == ("cpu", "first", 1.0)


def test_what_is_blamed_is_no_background() -> None:
    """Pauses of every load may still be what is named."""
    case = a_case({"jvm.gc": [0.2, 0.2, 0.2, 0.2, 0.2]})
    assert movers(case)[-1].movement is Movement.BACKGROUND
    subject = Subject(SubjectKind.SERVICE)
    words = Sentence("words", "词")
    pauses = Candidate("pauses", words, subject, Confidence.HIGH, Marks(), (words,), words)
    first = movers(case, [pauses])[0]
    assert (first.signal, first.movement, first.level) == ("jvm.gc", Movement.FIRST, 1.0)


def test_low_values_can_be_the_bad_ones() -> None:
    """The cache of the database misses more and more."""
    case = a_case({"postgresql.cache_hits": [0.99, 0.99, 0.80, 0.70, 0.70]})
    assert mover(case, "postgresql.cache_hits").fact.text() == (
        f"{POD} fell to 80% at 4 concurrent (threshold 95%)"
    )


def test_what_must_not_happen_at_all_is_told_so() -> None:
    """A restart has no value at which it is full."""
    steps = [
        replace(step, resources=(replace(reading_of("restarts", value), aspect=Aspect.ERRORS),))
        for step, value in zip(steps_with({}), (0.0, 0.0, 0.0, 2.0, 0.0), strict=True)
    ]
    fact = mover(case_of(steps), "restarts").fact
    assert fact.text() == f"{POD}: 2 at 8 concurrent, where none should be"
    assert fact.text("zh") == f"并发 8 时，{POD}：2，本应为零"


def test_what_stands_in_no_table_moves_by_its_trend() -> None:
    """A wait of 1 ms that becomes 20 ms, and a queue that grows faster than the load."""
    waits = of_aspect(Aspect.SATURATION, Unit.SECONDS, [0.001, 0.001, 0.001, 0.020, 0.040])
    assert mover(waits, "jvm.http_mean").level == 8.0
    assert mover(waits, "jvm.http_mean").fact.text() == (
        f"{POD} rose to 20ms at 8 concurrent, from at most 1ms before"
    )
    assert mover(waits, "jvm.http_mean").title.text() == "jvm.http_mean"
    queue = of_aspect(Aspect.SATURATION, Unit.COUNT, [0, 0, 0, 4, 12])
    assert mover(queue, "jvm.http_mean").level == 8.0


def test_a_share_of_no_table_moves_by_its_trend_too() -> None:
    """From 1 % of failures inside to 30 %."""
    errors = of_aspect(Aspect.ERRORS, Unit.RATIO, [0.01, 0.01, 0.01, 0.30, 0.30])
    assert mover(errors, "jvm.http_mean").level == 8.0


def test_a_wait_that_nobody_feels_is_no_move() -> None:
    """From 0 to 4 ms, where a request takes 9.5 ms; without any answer the least is 1 ms."""
    short = of_aspect(Aspect.SATURATION, Unit.SECONDS, [0.0, 0.004, 0.004, 0.004, 0.004])
    assert "jvm.http_mean" not in [one.signal for one in movers(short)]
    steps = [replace(a_step(2**place, 0.0, index=place)) for place in range(3)]
    reading = replace(reading_of("jvm.http_mean", 0.0), aspect=Aspect.SATURATION, unit=Unit.SECONDS)
    longer = replace(reading, members=(a_member(0.004),))
    steps = [
        replace(step, resources=(one,))
        for step, one in zip(steps, (reading, longer, longer), strict=True)
    ]
    assert mover(case_of(steps), "jvm.http_mean").level == 2.0


def test_what_rose_comes_after_what_is_full_at_the_same_level() -> None:
    """A threshold says more than a trend."""
    case = of_aspect(Aspect.SATURATION, Unit.SECONDS, [0.001, 0.001, 0.030, 0.040, 0.050])
    both = [
        replace(step, resources=(*step.resources, reading_of("cpu", value)))
        for step, value in zip(case.levels, (0.2, 0.5, 0.98, 0.99, 0.99), strict=True)
    ]
    assert moved(case_of(both))[:2] == [("cpu", "first", 4.0), ("jvm.http_mean", "later", 4.0)]


def test_a_last_level_that_falls_behind_is_told() -> None:
    """A rule ended the climb before throughput stood still."""
    steps = [a_step(1, 32.4), a_step(2, 63.9, index=1), a_step(4, 95.5, index=2)]
    fact = mover(case_of(steps), "throughput").fact
    assert fact.text() == (
        "fell behind the load: 95.5 qps at 4 concurrent, 1.49 times that at 2 concurrent for 2 "
        "times the load"
    )
    assert (
        fact.text("zh")
        == "跟不上负载：并发 4 时为 95.5 qps，是并发 2 时的 1.49 倍，而负载是其 2 倍"
    )


def test_what_only_informs_is_no_signal() -> None:
    """Connections that grow with the users; values that were not read either."""
    assert [
        one.signal for one in movers(of_aspect(Aspect.INFORMATION, Unit.COUNT, [0, 0, 0, 9, 99]))
    ] == EFFECTS
    assert [
        one.signal for one in movers(of_aspect(Aspect.ERRORS, Unit.COUNT, [None] * 5))
    ] == EFFECTS
    assert [one.signal for one in movers(a_case({"replicas": [3, 3, 3, 2, 1]}))] == EFFECTS


def test_a_queue_of_the_profile_moves_where_it_grows() -> None:
    """It has no value at which it is full; its name is the one of the profile."""
    plan = a_monitored_plan()
    assert plan.monitor is not None
    own = (
        OwnResource("engine queue", "prom.waiting", ResourceRole.POOL, None, grows=True),
        OwnResource("GPU", "prom.gpu", ResourceRole.SERVICE, 0.95, grows=False),
    )
    plan = replace(plan, monitor=replace(plan.monitor, bottlenecks=own))
    waiting: list[Value] = [0.0, 0.0, 0.0, 4.0, 12.0]
    steps = steps_with({"prom.waiting": waiting, "prom.gpu": [0.3, 0.6, 0.97, 0.98, 0.98]})
    case = case_of_run(a_run(steps, plan=plan))
    assert moved(case)[:2] == [("GPU", "first", 4.0), ("engine queue", "later", 8.0)]
    queue = mover(case, "engine queue")
    assert queue.title.text() == queue.title.text("zh") == "engine queue"
    assert queue.fact.text() == f"{POD} grew to 400% at 8 concurrent, faster than the load"


def test_errors_move_where_more_than_one_in_a_hundred_fails() -> None:
    """A level without an answer has no share of errors."""

    def failing(place: int, failed: int) -> Step:
        return a_step(2**place, 100.0, index=place, failures={FailureKind.HTTP_STATUS: failed})

    case = case_of([failing(0, 0), failing(1, 20), failing(2, 300), a_step(8, 0.0, index=3)])
    errors = mover(case, "errors")
    assert errors.level == 4.0
    assert errors.fact.text() == "9.09% of the requests failed at 4 concurrent"
    assert errors.fact.text("zh") == "并发 4 时，9.09% 的请求失败"


def test_planned_starts_are_told_by_their_rate() -> None:
    """A rate is no number of users."""
    steps = [
        a_rate_step(100.0),
        a_rate_step(200.0, index=1),
        a_rate_step(400.0, index=2, dropped=6000, response_s=0.5),
    ]
    case = case_of_run(a_rate_run(steps))
    assert mover(case, "latency_p50").fact.text() == (
        "rose to 475ms at 400/s planned, from 9.5ms before"
    )


def test_a_percentile_that_was_withheld_does_not_move() -> None:
    """Of too few answers no P99 is known."""
    steps = [a_step(1, 10.0), a_step(2, 10.0, index=1), a_step(4, 10.0, index=2)]
    signals = [one.signal for one in movers(case_of(steps))]
    assert "latency_p99" not in signals
    assert "latency_p50" in signals


def test_while_throughput_grows_nothing_moves() -> None:
    """Every level carries more, at the latency of the first."""
    assert movers(a_case({"cpu": [0.1, 0.2, 0.3, 0.4, 0.5]}, qps=9999.0)) == ()


def test_a_run_without_a_level_has_no_order() -> None:
    """Nothing is known of it."""
    assert movers(case_of(())) == ()


def test_every_level_of_the_built_service_is_known() -> None:
    """The levels of this file's cases are those of the builder."""
    assert LEVELS == (1, 2, 4, 8, 16)


def test_a_turn_of_planned_rates_is_told_in_their_words() -> None:
    """A bare number would be read as so many concurrent."""
    steps = [a_rate_step(100.0), a_rate_step(200.0, index=1)]
    steps.append(a_rate_step(400.0, index=2, dropped=6_000))
    (fact,) = [
        one.fact for one in movers(case_of_run(a_rate_run(steps))) if one.signal == "throughput"
    ]
    assert fact.text() == (
        "no more than 200 qps from 200/s planned on: it did not grow at 400/s planned"
    )
