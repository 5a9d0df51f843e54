"""Does a run show while it goes on what the service feels, and say once why it does not know?"""

from dataclasses import replace
from io import StringIO

import pytest

from capacity.model.plan import ProcessSource, Purpose
from capacity.model.resources import Asked, Reading, ReadingState, ResourceNews
from capacity.model.run import (
    Event,
    ReadingsAwaited,
    ResourcesRead,
    RunStarted,
    StepFinished,
    StepReassessed,
)
from capacity.report.console import ConsoleLook, ConsoleMode, make_console
from capacity.report.console_plain import rule_line, step_line
from capacity.report.console_resources import (
    NewsTeller,
    awaited_line,
    cell,
    column_name,
    reading_of,
    telling_names,
)
from capacity.units import Unit
from tests.unit.builders import a_plan, a_step, an_environment
from tests.unit.report.answer_builders import as_purpose
from tests.unit.report.reading_builders import (
    CPU_RULE,
    a_change,
    a_monitored_plan,
    a_quantity,
    a_reading,
    a_resource_judgement,
)
from tests.unit.resource_builders import POD, a_resource_rule

CPU = a_quantity("cpu")
REDIS = a_quantity("redis.memory")
PLAN = a_monitored_plan(
    CPU,
    a_quantity("throttle"),
    a_quantity("mem"),
    REDIS,
    rules=[CPU_RULE],
    plan=a_plan((8, 16)),
)


def test_judged_quantities_come_first() -> None:
    """Then CPU, throttling and memory, as many as fit; nothing that the plan does not have."""
    rule = a_resource_rule("redis.memory")
    plan = a_monitored_plan(CPU, a_quantity("mem"), REDIS, rules=[rule, CPU_RULE])

    assert telling_names(plan, 4) == ("redis.memory", "cpu", "mem")
    assert telling_names(plan, 2) == ("redis.memory", "cpu")
    assert telling_names(a_plan(), 2) == ()


def test_a_process_tells_its_own() -> None:
    """What a process can tell is not listed by the plan."""
    plan = a_monitored_plan(process=ProcessSource(7, None))

    assert telling_names(plan, 9) == ("cpu", "process.hot_thread", "mem")


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("cpu", "cpu"),
        ("throttle", "thr"),
        ("redis.memory", "memory"),
        ("process.hot_thread", "hot_thr"),
        ("prom.a\x1b[2Jb", "a[2Jb"),
    ],
)
def test_heads_of_columns_are_short(name: str, head: str) -> None:
    """The last word tells most, and no code passes."""
    assert column_name(name) == head


@pytest.mark.parametrize(
    ("reading", "shown"),
    [
        (None, "-"),
        (a_reading(), "93%"),
        (a_reading(values={POD: 1.27}), "127%"),
        (a_reading(values={POD: 0.0042}), "0.42%"),
        (a_reading(values={POD: 0.0}), "0%"),
        (a_reading(may_stop=False), "~93%"),
        (a_reading(values={}), "?"),
        (a_reading(values={}, state=ReadingState.ERROR), "!"),
        (a_reading(values={}, state=ReadingState.NO_LIMIT), "n/a"),
        (a_reading("pod.cores", {POD: 0.4321}, unit=Unit.CORES), "0.432c"),
        (a_reading("m", {POD: 512 * 1024**2}, unit=Unit.BYTES), "512MiB"),
        (a_reading("restarts", {POD: 2}, unit=Unit.COUNT), "2"),
    ],
)
def test_a_cell_is_a_few_characters(reading: Reading | None, shown: str) -> None:
    """No data, an error and not asked yet are three things, and none of them is zero."""
    assert cell(reading) == shown


def test_without_a_limit_cores_stand_in_for_the_share() -> None:
    """Only where nobody set a limit and the cores are known."""
    no_limit = a_reading(values={}, state=ReadingState.NO_LIMIT, reason="no CPU limit")
    cores = a_reading("pod.cores", {POD: 0.43}, unit=Unit.CORES)

    assert reading_of((no_limit, cores), "cpu") is cores
    assert reading_of((no_limit,), "cpu") is no_limit
    assert reading_of((a_reading(values={}), cores), "cpu") == a_reading(values={})
    assert reading_of((a_reading(), cores), "cpu") == a_reading()
    assert reading_of((a_reading("mem", {}), cores), "mem") == a_reading("mem", {})


def news(*readings: Reading, asked: Asked = Asked.AT_END, step_index: int = 0) -> ResourceNews:
    """What a monitor says of a step."""
    return ResourceNews(step_index, asked, readings, ())


def test_a_reason_is_told_once_and_again_after_it_was_gone() -> None:
    """A Prometheus that is down for ten steps is one line, not ten."""
    teller = NewsTeller(PLAN)
    down = [a_reading(n, {}, state=ReadingState.ERROR, reason="refused") for n in ("cpu", "mem")]
    line = "could not be read: refused (cpu, mem)"

    assert teller.lines(news(*down)) == (line,)
    assert teller.lines(news(*down)) == ()
    assert teller.lines(news(a_reading())) == ()
    assert teller.lines(news(*down)) == ("could not be read: refused (cpu)",)


def test_missing_data_is_told_of_judged_quantities_when_the_hold_is_over() -> None:
    """Inside the hold samples are still to come; others may have no data for good."""
    teller = NewsTeller(PLAN)
    empty = (a_reading(values={}, reason="1 sample"), a_reading("throttle", {}, reason="no quota"))

    assert teller.lines(news(*empty, asked=Asked.DURING)) == ()
    assert teller.lines(news(*empty)) == ("no data: 1 sample (cpu)",)


def test_quantities_that_fail_alike_are_one_line() -> None:
    """One was asked in vain, the other not at all any more: a dead Prometheus is one message."""
    error = ReadingState.ERROR
    asked = a_reading(values={}, state=error, reason="refused")
    spared = a_reading("mem", {}, state=error, reason="refused; asked again in 10s")

    assert NewsTeller(PLAN).lines(news(asked, spared)) == ("could not be read: refused (cpu, mem)",)


def test_a_limit_that_is_not_set_is_told_once() -> None:
    """And only of a quantity that a rule is about."""
    teller = NewsTeller(PLAN)
    unlimited = [
        a_reading(name, {}, state=ReadingState.NO_LIMIT, reason="no limit is set for a")
        for name in ("cpu", "throttle")
    ]
    assert teller.lines(news(*unlimited)) == ("not judged: no limit is set for a (cpu)",)
    assert teller.lines(news(*unlimited, step_index=1)) == ()


def test_a_long_list_of_names_is_cut() -> None:
    """Thirty queries that fail alike are still one short line."""
    failed = [a_reading(f"q{i}", {}, state=ReadingState.ERROR, reason="x\x1b[2J") for i in range(9)]

    assert NewsTeller(PLAN).lines(news(*failed)) == (
        "could not be read: x[2J (q0, q1, q2, q3, 5 more)",
    )


def test_waiting_says_for_what_and_how_long() -> None:
    """Nothing is measured meanwhile, and the reader should know why."""
    late = ReadingsAwaited(2, Asked.LATE, 17.0)

    assert awaited_line(late) == "waiting for late readings of step 3, at most 17s"
    assert awaited_line(replace(late, asked=Asked.AT_END)).startswith("waiting for readings of")


def test_a_line_of_a_step_has_its_resources() -> None:
    """Short values in the order of the names; what was not read is a dash."""
    step = replace(a_step(64, 36.9, mean_s=1.72), resources=(a_reading(), a_reading("mem", {})))

    assert step_line(step, 10, ("cpu", "mem", "throttle")) == (
        "step 1/10 C=64 qps=36.9 ttlb_ms=1720 p99_ms=3440 ok=100.00% "
        "cpu=93% mem=? throttle=- valid=yes"
    )


def test_a_fired_rule_tells_who_broke_it() -> None:
    """Value, pod and samples, and that it was seen late."""
    assert rule_line(a_resource_judgement(seen_late=True)) == (
        "rule fired: cpu > 85% over 20s "
        "(observed 93% at shop/api-7f9/app, 12 samples, seen late, limit 85%)"
    )


def plain_lines(*events: Event) -> list[str]:
    """What the plain console prints of these events."""
    stream = StringIO()
    look = ConsoleLook(ConsoleMode.PLAIN, ascii_only=False, color=False, width=None)
    console = make_console(look, stream)
    console.show(RunStarted(PLAN, an_environment(), 0.0))
    for event in events:
        console.show(event)
    return stream.getvalue().splitlines()


def test_plain_tells_late_what_is_new_late() -> None:
    """A step that is built anew and says the same is not told again."""
    missing = a_reading(values={}, reason="1 sample")
    step = replace(a_step(8, 100.0, mean_s=0.08), resources=(missing,))
    late = replace(step, resources=(a_reading(seen_late=True),))

    assert plain_lines(
        ResourcesRead(news(missing)),
        StepFinished(step),
        StepReassessed(step),
        ReadingsAwaited(0, Asked.LATE, 12.0),
        StepReassessed(late),
    ) == [
        "no data: 1 sample (cpu)",
        "step 1/2 C=8 qps=100 ttlb_ms=80.0 p99_ms=160 ok=100.00% cpu=? throttle=- mem=- valid=yes",
        "waiting for late readings of step 1, at most 12s",
        "seen late: step 1/2 C=8 qps=100 ttlb_ms=80.0 p99_ms=160 ok=100.00% "
        "cpu=93% throttle=- mem=- valid=yes",
    ]


def test_plain_counts_what_was_measured_beside_the_ladder() -> None:
    """The total of a step does not change when the step is read anew after others."""
    first = a_step(8, 100.0, mean_s=0.08)
    again = as_purpose(a_step(8, 100.0, mean_s=0.08, index=1), Purpose.RECHECK)
    last = a_step(16, 100.0, mean_s=0.16, index=2)
    late = replace(first, resources=(a_reading(seen_late=True),))
    rest = "qps=100 ttlb_ms=80.0 p99_ms=160 ok=100.00%"

    assert plain_lines(
        StepFinished(first), StepFinished(again), StepFinished(last), StepReassessed(late)
    ) == [
        f"step 1/2 C=8 {rest} cpu=- throttle=- mem=- valid=yes",
        f"step 2 recheck C=8 {rest} cpu=- throttle=- mem=- valid=yes",
        "step 3/3 C=16 qps=100 ttlb_ms=160 p99_ms=320 ok=100.00% cpu=- throttle=- mem=- valid=yes",
        f"seen late: step 1/2 C=8 {rest} cpu=93% throttle=- mem=- valid=yes",
    ]


def test_plain_before_the_start_knows_no_resources() -> None:
    """Readings of a run that was not announced are nobody's."""
    stream = StringIO()
    look = ConsoleLook(ConsoleMode.PLAIN, ascii_only=False, color=False, width=None)

    make_console(look, stream).show(ResourcesRead(news(a_reading(values={}, reason="x"))))

    assert stream.getvalue() == ""


def test_a_change_of_the_service_is_told_once_for_each_step() -> None:
    """The same restart comes at the end of the hold and once more with its late samples."""
    teller = NewsTeller(PLAN)
    restarted = ResourceNews(0, Asked.AT_END, (), (a_change(detail="0 to 1"),))
    line = "shop/api-7f9/app restarted (0 to 1)"

    assert teller.lines(restarted) == (line,)
    assert teller.lines(replace(restarted, asked=Asked.LATE)) == ()
    assert teller.lines(replace(restarted, step_index=1)) == (line,)


def test_a_short_wait_is_no_line_of_a_log() -> None:
    """Every step waits a moment for the readings of its end."""
    assert plain_lines(ReadingsAwaited(0, Asked.AT_END, 5.0)) == []
