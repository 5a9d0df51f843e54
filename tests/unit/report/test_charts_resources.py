"""Does the graph of the resources show what was read, whose it is, and where nothing is known?"""

import warnings
from dataclasses import replace
from io import BytesIO
from math import isnan

import pytest
from matplotlib.figure import Figure

from capacity.model.load import ClosedLoop
from capacity.model.resources import Direction, Reading, ReadingState
from capacity.model.rules import Absolute, Rule, TimesFirst
from capacity.model.run import EndReason, Run, RunEnd, Step, Trust, Validity
from capacity.report.charts_resources import resources_figure
from capacity.report.charts_resources_data import Panel, has_value, panels_of
from capacity.report.fonts import chart_font
from capacity.report.texts import Language
from capacity.units import Unit
from tests.unit.builders import RULE_END, a_curve, a_plan, a_run, some_findings
from tests.unit.report.reading_builders import (
    COOL_POD,
    CPU_RULE,
    a_monitored_plan,
    a_quantity,
    a_reading,
    a_resource_judgement,
)
from tests.unit.report.test_charts import gids, legend, points, words
from tests.unit.resource_builders import POD, a_resource_rule

CPU, THROTTLE, MEM = (a_quantity(name) for name in ("cpu", "throttle", "mem"))
CPU_END = RunEnd(EndReason.RULE, "cpu was 93% at 16 concurrent", CPU_RULE.text)


def hot(ratio: float, name: str = "cpu") -> Reading:
    """A hot pod beside one at half of it."""
    return a_reading(name, {POD: ratio, COOL_POD: ratio / 2})


def a_watched_run(
    *of_steps: tuple[Reading, ...],
    rules: tuple[Rule, ...] = (CPU_RULE,),
    end: RunEnd = CPU_END,
) -> Run:
    """A run whose steps (4, 8, 16, ...) have these readings."""
    levels = [4 * 2**place for place in range(len(of_steps))]
    steps = [
        replace(step, resources=readings)
        for step, readings in zip(a_curve(levels), of_steps, strict=True)
    ]
    plan = a_monitored_plan(CPU, THROTTLE, MEM, rules=rules, plan=a_plan(levels))
    return a_run(steps, plan=plan, end=end)


def drawn(run: Run, language: Language = Language.EN) -> Figure:
    """The figure, which must exist."""
    figure = resources_figure(run, some_findings(), language)
    assert figure is not None
    return figure


def texts_of(figure: Figure, gid: str) -> list[tuple[float, str]]:
    """Place and word of every text of this name."""
    found = [text for axes in figure.axes for text in axes.texts if text.get_gid() == gid]
    return [(float(text.get_position()[0]), text.get_text()) for text in found]


def test_the_worst_pod_is_the_line_and_all_are_the_band() -> None:
    """Shares in percent on the left, throughput on the right, the limit across with its rule."""
    figure = drawn(a_watched_run((hot(0.2),), (hot(0.5),), (hot(0.93),)))

    assert points(figure, "cpu") == [(4, 20), (8, 50), (16, 93)]
    assert points(figure, "qps") == [(4, 400), (8, 800), (16, 800)]
    assert {"cpu-band", "cpu-spread", "limit", "capacity", "stop", "whole"} <= gids(figure)
    left, right = figure.axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("Share (%)", "QPS")
    assert left.get_ylim() == pytest.approx((0, 112))
    assert right.get_ylim() == pytest.approx((0, 1200))
    assert points(figure, "limit") == [(0, 85), (1, 85)]
    assert [text for _, text in texts_of(figure, "limit-text")] == ["cpu > 85%"]
    assert words(figure)[:2] == [
        "cpu 93% of the limit at 16 concurrent: shop/api-7f9/app",
        "line: the worst member, band: all of them; closed loop, hold 30s per step, "
        "http://127.0.0.1:8080, run 20261121-041207-9f3a",
    ]
    assert legend(figure) == [
        "cpu, worst of 2",
        "QPS (right)",
        "capacity 800 qps at 8 concurrent",
    ]


def test_a_single_member_has_no_band() -> None:
    """There is nothing to be apart from."""
    figure = drawn(a_watched_run((a_reading(values={"": 0.5}),), end=RULE_END))

    assert gids(figure) & {"cpu-band", "cpu-spread"} == set()
    assert legend(figure)[0] == "cpu"
    assert words(figure)[0] == "cpu 50% of the limit at 4 concurrent"


def test_gaps_are_gaps_with_a_mark_and_never_zero() -> None:
    """`?` where no data came, `!` where nothing could be read; the legend says which is which."""
    empty, failed = a_reading(values={}), a_reading(values={}, state=ReadingState.ERROR)
    figure = drawn(a_watched_run((hot(0.2),), (empty,), (failed,), (), (hot(0.9),)))

    values = [value for _, value in points(figure, "cpu")]
    assert (values[0], values[4]) == (20, 90)
    assert all(isnan(value) for value in values[1:4])
    assert texts_of(figure, "cpu-gap") == [(8, "?"), (16, "!"), (32, "?")]
    assert legend(figure)[-1] == "? no data   ! could not be read"
    assert figure.axes[0].get_ylim() == pytest.approx((0, 136))


def test_nothing_read_at_all_is_said() -> None:
    """A judged quantity without any value stays in the legend, and the title is plain."""
    figure = drawn(a_watched_run((a_reading(values={}, state=ReadingState.ERROR),)))

    assert words(figure)[0] == "No resource could be read"
    assert legend(figure)[0] == "cpu (nothing read)"
    assert legend(figure)[-1] == "! could not be read"


def test_values_on_too_few_samples_and_doubtful_steps_are_hollow() -> None:
    """Neither decided anything."""
    weak = replace(hot(0.7), may_stop=False)
    run = a_watched_run((hot(0.2),), (weak,), (hot(0.9),))
    doubtful = replace(run.steps[2], validity=Validity(Trust.SUSPECT, ("x",)))
    figure = drawn(replace(run, steps=(*run.steps[:2], doubtful)))

    assert points(figure, "cpu-doubtful") == [(8, 70), (16, 90)]
    assert legend(figure)[-1] == "hollow: doubtful step, or too few samples to decide"


def test_without_a_monitor_there_is_no_graph() -> None:
    """Nothing was asked for, so nothing is missing."""
    assert resources_figure(a_run(), some_findings(), Language.EN) is None


def panels(run: Run) -> tuple[Panel, ...]:
    """The panels of the run's own steps."""
    return panels_of(run, run.steps)


def names(panel: Panel) -> list[str]:
    """The quantities of a panel, in order."""
    return [one.name for one in panel.series]


def test_cores_stand_in_for_a_share_without_a_limit() -> None:
    """The share has no value in any step, so its place goes to the cores, in a panel of theirs."""
    no_limit = a_reading(values={}, reason="no CPU limit")
    cores = a_reading("pod.cores", {POD: 0.43, COOL_POD: 0.2}, unit=Unit.CORES)
    run = a_watched_run((no_limit, cores, hot(0.4, "mem")), rules=(), end=RULE_END)

    assert [(one.unit, names(one)) for one in panels(run)] == [
        (Unit.RATIO, ["mem"]),
        (Unit.CORES, ["pod.cores"]),
    ]
    assert words(drawn(run))[0] == "pod.cores 0.43 cores at 4 concurrent: shop/api-7f9/app"


def test_bytes_are_drawn_in_the_unit_that_reads_best() -> None:
    """Limit and values share it, and the axis names it."""
    rule = a_resource_rule(
        "redis.memory", unit=Unit.BYTES, limit=Absolute(400 * 2**20), text="redis.memory > 400MiB"
    )
    used = a_reading("redis.memory", {"redis:9121": 100 * 2**20}, unit=Unit.BYTES)
    run = a_watched_run((hot(0.2), used), rules=(rule,), end=RULE_END)

    shares, memory = panels(run)
    assert names(shares) == ["cpu"]
    assert (memory.unit_text, memory.series[0].worst) == ("MiB", (100.0,))
    assert [limit.value for limit in memory.limits] == [400.0]
    figure = drawn(run)
    assert [axes.get_ylabel() for axes in figure.axes] == ["Share (%)", "MiB", "QPS", "QPS"]


def test_rates_of_bytes_and_small_sizes() -> None:
    """A network's rate says a second, and what is small stays bytes."""
    rate = a_reading("net", {POD: 3 * 2**30}, unit=Unit.BYTES_PER_SECOND)
    small = a_reading("buf", {POD: 12.0}, unit=Unit.BYTES)
    rules = (a_resource_rule("net", unit=Unit.BYTES_PER_SECOND), a_resource_rule("buf"))

    found = {one.unit: one for one in panels(a_watched_run((rate, small), rules=rules))}

    assert found[Unit.BYTES_PER_SECOND].unit_text == "GiB/s"
    assert found[Unit.BYTES].unit_text == "B"
    assert found[Unit.BYTES].series[0].worst == (12.0,)


def test_a_limit_that_is_a_multiple_is_drawn_where_it_was_judged() -> None:
    """Ten times the first step is a number only after the first step; before it there is none."""
    rule = a_resource_rule("mem", limit=TimesFirst(10.0), text="mem > 10x first")
    run = a_watched_run((hot(0.05, "mem"),), rules=(rule,))
    judged = replace(run.steps[0], judgements=(a_resource_judgement(rule, limit=0.5),))

    assert panels(run)[0].limits == ()
    assert [one.value for one in panels(replace(run, steps=(judged,)))[0].limits] == [50.0]


def test_other_shares_fill_up_and_information_does_not() -> None:
    """What is full or waiting is drawn beside the usual ones, four at most on an axis."""
    others = [a_reading(f"r{place}", {POD: 0.1}) for place in range(6)]
    run = a_watched_run((hot(0.2), *others, a_reading("n", {POD: 3}, unit=Unit.COUNT)))

    (shares,) = panels(run)
    assert names(shares) == ["cpu", "r0", "r1", "r2"]


def test_without_anything_usual_the_first_few_are_drawn() -> None:
    """A run that watches a queue alone has its graph too."""
    quantity = a_quantity("prom.waiting", Unit.NUMBER)
    plan = a_monitored_plan(quantity, plan=a_plan((8,)))
    low = Direction.LOW_IS_BAD
    waiting = a_reading("prom.waiting", {"": -3.0}, unit=Unit.NUMBER, direction=low)
    run = a_run([replace(a_curve((8,))[0], resources=(waiting,))], plan=plan)

    (panel,) = panels(run)
    assert (names(panel), panel.unit_text) == (["prom.waiting"], "number")
    assert drawn(run).axes[0].get_ylim() == pytest.approx((-3.36, 0))
    assert words(drawn(run))[0] == "prom.waiting -3 at 8 concurrent"


def test_the_worst_of_what_should_be_high_is_the_lowest() -> None:
    """Replicas are worst where they are few."""
    rule = a_resource_rule("replicas", unit=Unit.COUNT, limit=Absolute(2.0))
    few, many = (
        a_reading("replicas", {"": n}, unit=Unit.COUNT, direction=Direction.LOW_IS_BAD)
        for n in (1.0, 3.0)
    )
    end = replace(CPU_END, rule=rule.text)
    run = a_watched_run((many,), (few,), (many,), rules=(rule,), end=end)

    assert words(drawn(run))[0] == "replicas 1 at 8 concurrent"


def test_the_title_is_of_steps_that_can_be_believed() -> None:
    """A value of a broken step is no finding."""
    run = a_watched_run((hot(0.2),), (hot(0.9),), end=RULE_END)
    broken = replace(run.steps[1], validity=Validity(Trust.INVALID, ("x",)))

    assert words(drawn(replace(run, steps=(run.steps[0], broken))))[0].startswith("cpu 20%")
    assert words(drawn(replace(run, steps=(broken,))))[0].startswith("cpu 90%")


def test_the_title_is_of_what_can_be_believed_first() -> None:
    """What was read in a broken step alone gives way to another quantity."""
    run = a_watched_run((hot(0.2, "mem"),), (hot(0.9),), end=replace(CPU_END, rule="gone"))
    broken = replace(run.steps[1], validity=Validity(Trust.INVALID, ("x",)))

    assert words(drawn(replace(run, steps=(run.steps[0], broken))))[0].startswith("mem 20%")
    fuse = RunEnd(EndReason.FUSE, "x", None)
    assert words(drawn(replace(run, end=fuse)))[0].startswith("cpu 90%")


def test_has_value_tells_empty_series() -> None:
    """One value is enough."""
    (panel,) = panels(a_watched_run((hot(0.2),), (a_reading(values={}),)))
    assert has_value(panel.series[0])
    assert isnan(panel.series[0].worst[1])


def every_case(language: Language) -> list[Run]:
    """One, three and twelve steps, with gaps, several panels and hostile names."""
    name = "m > $1 \\frac{ \x1b[2J 容量"
    bytes_rule = a_resource_rule(name, unit=Unit.BYTES)
    hostile = a_reading(name, {"容量\x1b]0;x\x07" * 99: 5e8}, unit=Unit.BYTES)
    full = (hot(0.9), hot(0.3, "throttle"), hot(0.5, "mem"))
    return [
        a_watched_run(full),
        a_watched_run(full, full, full),
        a_watched_run(*[full, (a_reading(values={}),)] * 6),
        a_watched_run((*full, hostile), rules=(CPU_RULE, bytes_rule)),
    ]


@pytest.mark.parametrize("language", list(Language))
def test_every_character_has_a_glyph(language: Language) -> None:
    """Drawing warns of a missing glyph, and a warning fails the test: no boxes in any language."""
    for run in every_case(language):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            drawn(run, language).savefig(BytesIO(), format="png")


def test_chinese_graphs_speak_chinese() -> None:
    """Names of quantities, pods and rules stay as they are."""
    if chart_font(Language.ZH).language is not Language.ZH:
        pytest.skip("this machine has no Chinese font")

    figure = drawn(a_watched_run((hot(0.93),)), Language.ZH)

    assert words(figure)[0] == "并发 4 时 cpu：限额的 93%（shop/api-7f9/app）"
    assert legend(figure)[0] == "cpu，2 个中最差者"


def test_a_plan_of_another_order_is_drawn_by_load() -> None:
    """A refinement that ran last does not make the line run back."""
    run = a_watched_run((hot(0.2),), (hot(0.9),), (hot(0.5),))
    steps: list[Step] = [
        replace(step, plan=replace(step.plan, load=ClosedLoop(level)))
        for step, level in zip(run.steps, (4, 16, 8), strict=True)
    ]

    assert points(drawn(replace(run, steps=tuple(steps))), "cpu") == [(4, 20), (8, 50), (16, 90)]
