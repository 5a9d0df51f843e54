"""Does a climb by rate show its own words: planned, dropped, response and service time?"""

from dataclasses import replace
from io import StringIO
from math import inf
from typing import Any

import pytest
from matplotlib.figure import Figure
from rich.console import Console

from capacity.analysis.findings import analyze
from capacity.model.load import Arrivals
from capacity.model.plan import RunPlan
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, Event, Run, RunEnd, RunStarted, StepFinished, StepStarted
from capacity.report.charts import qps_ttlb_figure, success_rate_figure
from capacity.report.charts_words import curve_title, loop_words
from capacity.report.console_live import ASCII_SYMBOLS, LiveView
from capacity.report.console_plain import step_line
from capacity.report.console_state import PictureBook
from capacity.report.texts import Language
from capacity.report.verdict import verdict_lines
from capacity.search.ladder import next_step
from tests.unit.builders import a_judgement, a_plan, an_environment
from tests.unit.rate_builders import DROPPED_RULE, a_rate_plan, a_rate_run, a_rate_step

FULL = a_judgement(DROPPED_RULE, RuleState.BREACH, observed=0.2, limit=0.01)
END = RunEnd(EndReason.RULE, "dropped_rate was 20% at 400/s planned", DROPPED_RULE.text)


def a_saturated_run() -> Run:
    """200/s is served; of 400/s one start in five finds no free slot."""
    return a_rate_run(
        [
            a_rate_step(100.0, response_s=0.011),
            a_rate_step(200.0, index=1, response_s=0.020, service_s=0.012),
            a_rate_step(
                400.0,
                index=2,
                response_s=0.9,
                service_s=0.8,
                dropped=2400,
                judgements=[FULL],
                ended_early=True,
            ),
        ],
        end=END,
    )


def test_the_verdict_names_rates() -> None:
    """Capacity is the highest rate within the limits; a knee is not a rate, and that is said."""
    run = a_saturated_run()
    findings = replace(analyze(run), diagnosis=None)
    rows = verdict_lines(run, findings, Language.EN, report_place="x/")
    capacity, measured, checked, *others = rows[:6]
    assert capacity.startswith("Capacity    200 qps at 200/s planned; ")
    assert "dropped_rate > 1% over 10s" in capacity
    assert measured == (
        "Measured    p99 40ms [38ms-44ms] from the planned start, 24ms from the send, "
        "success 100.00%"
    )
    assert checked.startswith("Checked     not verified")
    assert others == [
        "Knee        not named: a knee is a number of requests in flight, and these steps set a "
        "rate; climb with -c to find it",
        "Peak        320 qps at 400/s planned",
        "Stopped     at 400/s planned by the rule dropped_rate > 1% over 10s (it was 20%: the "
        "service left none of 1,024 slots free)",
    ]


def test_the_verdict_in_chinese() -> None:
    """The same facts."""
    run = a_saturated_run()
    rows = verdict_lines(run, analyze(run), Language.ZH, report_place="x/")
    stopped = next(row for row in rows if row.startswith("停止"))
    assert "在计划速率 400/s 处触发规则 dropped_rate > 1% over 10s" in stopped
    assert "20%" in stopped
    assert "1,024 个槽位全部在等响应" in stopped


def test_a_line_of_a_step_has_the_books_of_its_plan() -> None:
    """Planned = started + dropped + late + unsent can be added up by the reader."""
    step = a_rate_step(200.0, response_s=0.08, service_s=0.01, dropped=600, late=3)
    assert step_line(step, 4) == (
        "step 1/4 rate=200 planned=6000 started=5397 dropped=600 late=3 unsent=0 qps=180 "
        "response_ms=80.0 p99_ms=160 service_ms=10.0 service_p99_ms=20.0 ok=100.00% valid=yes"
    )


def test_a_step_without_an_answer_has_no_latency_of_either_kind() -> None:
    """A dash, not a zero."""
    step = replace(a_rate_step(200.0), latency=None, service_latency=None, schedule=None)
    assert step_line(step, 4) == (
        "step 1/4 rate=200 qps=200 response_ms=- p99_ms=- service_ms=- service_p99_ms=- "
        "ok=100.00% valid=yes"
    )


def test_the_live_view_names_the_rate() -> None:
    """The column, the step and the next one."""
    plan = a_rate_plan((100.0, 200.0))
    book = PictureBook()
    for event in _events(plan):
        book.take(event)
    assert book.picture is not None
    shown = _drawn(LiveView(book.picture, ASCII_SYMBOLS))
    assert "step 2/2  rate=200" in shown
    header = next(line for line in shown.splitlines() if "QPS" in line)
    assert header.split()[:4] == ["rate/s", "QPS", "gain", "resp."]


def _events(plan: RunPlan) -> list[Event]:
    first = next_step(plan, [], inf)
    step = a_rate_step(100.0)
    second = next_step(plan, [step], inf)
    assert first is not None
    assert second is not None
    return [
        RunStarted(plan, an_environment(), 0.0),
        StepStarted(first, 2),
        StepFinished(step),
        StepStarted(second, 2),
    ]


def _drawn(view: LiveView) -> str:
    stream = StringIO()
    Console(file=stream, width=100, height=40, color_system=None, _environ={}).print(view)
    return stream.getvalue()


def points(figure: Figure, name: str) -> list[tuple[float, float]]:
    """The points of the line of this name, rounded."""
    for axes in figure.axes:
        for line in axes.lines:
            if line.get_gid() == name:
                data: Any = line.get_xydata()
                return [(round(float(x), 3), round(float(y), 3)) for x, y in data]
    raise AssertionError(name)


def test_the_curve_stands_over_planned_starts() -> None:
    """What was planned lies beside what was answered, the service's own P99 beside the response's.

    The axes reach up to the highest plan, so that what is missing can be seen.
    """
    run = a_saturated_run()
    figure = qps_ttlb_figure(run, analyze(run), Language.EN)
    left, right = figure.axes
    assert left.get_xlabel() == "Planned starts per second (log scale)"
    assert right.get_ylabel() == "Response time from the planned start (ms)"
    assert left.get_ylim() == pytest.approx((0, 448))
    assert points(figure, "qps") == [(100, 100), (200, 200), (400, 320)]
    assert points(figure, "planned") == [(100, 100), (200, 200), (400, 400)]
    assert points(figure, "p99") == [(100, 22), (200, 40), (400, 1800)]
    assert points(figure, "service-p99") == [(100, 20), (200, 24), (400, 1600)]
    assert points(figure, "capacity") == [(200, 200)]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == [
        "QPS (left)",
        "response mean (right)",
        "response P99 (right)",
        "planned (left)",
        "service P99, from the send (right)",
        *words[5:],
    ]
    assert words[5].startswith("capacity 200 qps")
    assert words[6].startswith("limits hold up to ")


def test_the_titles_state_the_rate() -> None:
    """With a capacity the rate that met the limits, without one the most that was answered."""
    run = a_saturated_run()
    assert curve_title(run, analyze(run), Language.EN) == (
        "200 requests/s at 200/s planned, the highest rate that met every limit"
    )
    nothing = a_rate_run([run.steps[-1]], end=END)
    assert curve_title(nothing, analyze(nothing), Language.EN) == (
        "No rate met every limit; the most was 320 requests/s at 400/s planned"
    )


def test_without_a_capacity_none_is_marked() -> None:
    """The curve of a run whose first rate was too much has no star, neither in it nor in words."""
    nothing = a_rate_run([a_saturated_run().steps[-1]], end=END)
    figure = qps_ttlb_figure(nothing, analyze(nothing), Language.EN)
    assert "capacity" not in {line.get_gid() for axes in figure.axes for line in axes.lines}
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [word for word in words if "capacity" in word] == []


def test_success_stands_over_planned_starts_too() -> None:
    """The same axis in the second graph."""
    run = a_saturated_run()
    figure = success_rate_figure(run, analyze(run), Language.EN)
    assert figure.axes[0].get_xlabel() == "Planned starts per second (log scale)"


def test_the_caption_says_who_set_the_pace() -> None:
    """Closed loop, or how the starts of the open one were spread."""
    even = a_rate_plan(arrivals=Arrivals.CONSTANT).ladder
    assert loop_words(a_plan().ladder, Language.EN) == "closed loop"
    assert loop_words(a_rate_plan().ladder, Language.EN) == "open loop, Poisson starts"
    assert loop_words(even, Language.EN) == "open loop, evenly spaced starts"
