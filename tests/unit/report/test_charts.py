"""Do the graphs show the numbers of the run, its findings and its doubts? Data, not pixels."""

import warnings
from collections.abc import Sequence
from io import BytesIO
from math import isnan
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from capacity.errors import StorageError
from capacity.model.findings import Capacity
from capacity.model.load import ClosedLoop
from capacity.model.run import EndReason, RunEnd, Step, Trust
from capacity.model.snapshot import FailureKind
from capacity.report.charts import qps_ttlb_figure, save_png, success_rate_figure
from capacity.report.fonts import chart_font
from capacity.report.texts import Language
from tests.unit.builders import (
    NO_KNEE,
    a_curve,
    a_run,
    a_step,
    some_findings,
)

LADDER = RunEnd(EndReason.LADDER, "every step of the ladder was climbed", None)


def line_of(figure: Figure, gid: str) -> Line2D:
    """The line that was drawn under this name."""
    axes: list[Any] = [*figure.axes, *(c for a in figure.axes for c in a.child_axes)]
    found: list[Line2D] = [
        line for one in axes for line in one.get_lines() if line.get_gid() == gid
    ]
    assert len(found) == 1
    return found[0]


def points(figure: Figure, gid: str) -> list[tuple[float, float]]:
    """The points of a line; a gap is None."""
    line = line_of(figure, gid)
    return list(zip(_floats(line.get_xdata()), _floats(line.get_ydata()), strict=True))


def _floats(data: Any) -> list[float]:
    return [round(float(value), 6) for value in data]


def gids(figure: Figure) -> set[str]:
    """The names of everything that was drawn."""
    artists = [artist for axes in figure.axes for artist in axes.get_children()]
    return {str(gid) for artist in artists if (gid := artist.get_gid()) is not None}


def words(figure: Figure) -> list[str]:
    """Title, caption and marks."""
    artists = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return [text.get_text() for text in artists]


def legend(figure: Figure) -> list[str]:
    """The words of the legend."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_throughput_and_latency_over_concurrency() -> None:
    """QPS on the left; mean and P99 in milliseconds on the right."""
    figure = qps_ttlb_figure(a_run(a_curve((4, 8, 16))), some_findings(knee=NO_KNEE), Language.EN)

    assert points(figure, "qps") == [(4, 400), (8, 800), (16, 800)]
    assert points(figure, "mean") == [(4, 10), (8, 10), (16, 20)]
    assert points(figure, "p99") == [(4, 20), (8, 20), (16, 40)]
    left, right = figure.axes
    assert left.get_ylabel() == "QPS (good answers per second)"
    assert right.get_ylabel() == "Time to last byte (ms)"
    assert left.get_ylim() == pytest.approx((0, 896))
    assert right.get_ylim() == pytest.approx((0, 54))


def test_axis_of_concurrency_is_log_2_with_the_tested_levels() -> None:
    """Ticks stand where something was measured."""
    figure = qps_ttlb_figure(a_run(), some_findings(), Language.EN)

    axis = figure.axes[0].xaxis
    assert figure.axes[0].get_xscale() == "log"
    assert list(axis.get_majorticklocs()) == [1, 2, 4, 8, 16, 32, 64]
    assert [tick.get_text() for tick in axis.get_ticklabels()] == [
        "1",
        "2",
        "4",
        "8",
        "16",
        "32",
        "64",
    ]
    assert figure.axes[0].get_xlabel() == "Concurrency (requests in flight, log scale)"


def test_steps_are_drawn_in_the_order_of_their_concurrency() -> None:
    """A refinement that ran last does not make the line run back."""
    steps = [a_step(4, 400.0), a_step(16, 800.0, index=1), a_step(8, 700.0, index=2)]

    figure = qps_ttlb_figure(a_run(steps), some_findings(), Language.EN)

    assert points(figure, "qps") == [(4, 400), (8, 700), (16, 800)]
    assert _floats(line_of(figure, "stop").get_xdata()) == [8, 8]


def test_knee_capacity_and_stop_are_marked() -> None:
    """The knee with its range, the capacity as a point, the stop with its reason in words."""
    figure = qps_ttlb_figure(a_run(), some_findings(), Language.EN)

    assert _floats(line_of(figure, "knee").get_xdata()) == [8, 8]
    band: Any = next(p for p in figure.axes[0].patches if p.get_gid() == "knee-range")
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((8 / 1.12, 8.96))
    assert points(figure, "capacity") == [(8, 800)]
    assert _floats(line_of(figure, "stop").get_xdata()) == [64, 64]
    assert words(figure) == [
        "Knee near 8 concurrent, saturates at 800 requests/s",
        "closed loop, hold 30s per step, http://127.0.0.1:8080, run 20261121-041207-9f3a",
        "knee 8 (90%: 7.1-9)",
        "stopped: gain < 3% for 2 steps",
    ]
    assert legend(figure) == [
        "QPS (left)",
        "TTLB mean (right)",
        "TTLB P99 (right)",
        "capacity 800 qps at 8 concurrent",
        "fitted curve, 90% band",
        "95% of 800 qps at 12 (11.2-13.6)",
    ]


def test_what_was_not_found_is_not_marked() -> None:
    """No knee, no line; a capacity without a limit says that it is a lower bound."""
    found = some_findings(knee=NO_KNEE, capacity=Capacity(ClosedLoop(64), 800.0, None, 1.0, None))

    figure = qps_ttlb_figure(a_run(end=LADDER), found, Language.EN)

    assert gids(figure) & {"knee", "knee-range"} == set()
    assert legend(figure)[3] == "capacity at least 800 qps at 64 concurrent"
    assert words(figure)[2] == "stopped: every step was climbed"


def test_a_step_without_an_answer_is_a_gap() -> None:
    """Its throughput is a measured zero, its latency does not exist, and the caption says so."""
    steps = [*a_curve((4, 8)), a_step(16, 0.0, index=2)]

    figure = qps_ttlb_figure(a_run(steps), some_findings(), Language.EN)

    assert points(figure, "qps")[2] == (16, 0)
    assert isnan(points(figure, "mean")[2][1])
    assert words(figure)[1].endswith("; no good answer at 16 concurrent")


def test_p99_of_few_samples_is_a_gap() -> None:
    """Below 1,000 good answers the mean is drawn and the P99 is not."""
    figure = qps_ttlb_figure(a_run([a_step(1, 33.3)]), some_findings(), Language.EN)

    assert points(figure, "mean")[0][1] == pytest.approx(1000 / 33.3, abs=1e-3)
    assert isnan(points(figure, "p99")[0][1])


@pytest.mark.parametrize("trust", [Trust.SUSPECT, Trust.INVALID])
def test_doubtful_steps_are_hollow(trust: Trust) -> None:
    """Markers of steps that may not be believed are drawn white, and the legend says why."""
    steps = [*a_curve((4, 8)), a_step(16, 800.0, index=2, trust=trust)]

    figure = qps_ttlb_figure(a_run(steps), some_findings(), Language.EN)

    assert points(figure, "qps-doubtful") == [(16, 800)]
    assert points(figure, "p99-doubtful") == [(16, 40)]
    assert line_of(figure, "qps-doubtful").get_markerfacecolor() == "white"
    assert legend(figure)[-1] == "hollow: doubtful or invalid step"


def test_a_trusted_run_has_no_hollow_markers() -> None:
    """The word for hollow markers appears only where there are some."""
    figure = qps_ttlb_figure(a_run(), some_findings(), Language.EN)

    assert points(figure, "qps-doubtful") == []
    assert "hollow: doubtful or invalid step" not in legend(figure)


def failing(level: int, failures: dict[FailureKind, int], index: int) -> Step:
    """A step of 1,000 judged requests with these failures."""
    ok = 1000 - sum(failures.values())
    return a_step(level, ok / 10, index=index, hold_s=10.0, failures=failures)


def bars(figure: Figure, family: str) -> list[tuple[float, float]]:
    """Bottom and height of the bars of one family of failures."""
    patches: Sequence[Any] = figure.axes[0].patches
    return [
        (round(p.get_y(), 6), round(p.get_height(), 6))
        for p in patches
        if p.get_gid() == f"failures-{family}"
    ]


def test_failures_are_stacked_up_to_the_success_rate() -> None:
    """Families lie on one another; with the success rate they make 100 %."""
    steps = [
        a_step(1, 100.0),
        failing(2, {FailureKind.HTTP_STATUS: 100, FailureKind.RESP_TIMEOUT_TOTAL: 50}, 1),
        failing(4, {FailureKind.RESP_TIMEOUT_TOTAL: 400}, 2),
    ]

    figure = success_rate_figure(a_run(steps), some_findings(), Language.EN)

    assert points(figure, "success") == [(1, 100), (2, 85), (4, 60)]
    assert bars(figure, "http") == [(0, 0), (0, 10), (0, 0)]
    assert bars(figure, "timeout") == [(0, 0), (10, 5), (0, 40)]
    assert legend(figure) == ["success rate", "HTTP status", "time-out"]
    assert words(figure)[0] == "Lowest success rate 60.00% at 4 concurrent"
    assert figure.axes[0].child_axes == []


def test_the_last_percent_is_enlarged_where_all_are_near_100() -> None:
    """Between 99 and 100 % an inset shows what the whole range would hide."""
    steps = [a_step(1, 100.0), failing(2, {FailureKind.HTTP_STATUS: 5}, 1)]

    figure = success_rate_figure(a_run(steps), some_findings(), Language.EN)

    inset: Any = figure.axes[0].child_axes[0]
    assert points(figure, "success-inset") == [(1, 100), (2, 99.5)]
    assert inset.get_ylim() == pytest.approx((98.98, 100.04))
    assert inset.get_title() == "99 to 100 %"


def test_a_step_without_a_judged_request_has_no_success_rate() -> None:
    """Nothing was judged, so there is neither 0 nor 100 %."""
    figure = success_rate_figure(a_run([a_step(1, 0.0)]), some_findings(), Language.EN)

    assert isnan(points(figure, "success")[0][1])
    assert words(figure)[0] == "No request could be judged"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("count", [1, 2, 7, 12])
def test_every_character_has_a_glyph(language: Language, count: int) -> None:
    """Drawing warns of a missing glyph, and a warning fails the test: no boxes in any language."""
    run = a_run(a_curve([2**place for place in range(count)]))

    for draw in (qps_ttlb_figure, success_rate_figure):
        figure = draw(run, some_findings(), language)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            figure.savefig(BytesIO(), format="png")


def test_chinese_graphs_speak_chinese() -> None:
    """Title, axis and legend are translated; rules and the address stay as they are."""
    if chart_font(Language.ZH).language is not Language.ZH:
        pytest.skip("this machine has no Chinese font")

    figure = qps_ttlb_figure(a_run(), some_findings(), Language.ZH)

    assert figure.axes[0].get_xlabel().startswith("并发数")
    assert words(figure)[0].startswith("拐点约在并发 8")
    assert words(figure)[-1].endswith("gain < 3% for 2 steps")


def test_a_dollar_is_a_dollar() -> None:
    """Text from outside is no formula: unbalanced signs would stop the drawing."""
    run = a_run(end=RunEnd(EndReason.RULE, "x", "p99 > $1 \\frac{"))

    figure = qps_ttlb_figure(run, some_findings(), Language.EN)

    assert words(figure)[-1] == "stopped: p99 > $1 \\frac{"
    figure.savefig(BytesIO(), format="png")


def test_settings_of_the_user_are_neither_used_nor_changed() -> None:
    """The graphs look the same in every house and leave it as it was."""
    with mpl.rc_context({"font.size": 33.0, "axes.facecolor": "black"}):
        before = dict(mpl.rcParams)
        figure = qps_ttlb_figure(a_run(), some_findings(), Language.EN)
        assert dict(mpl.rcParams) == before

    assert figure.axes[0].get_facecolor() == (1.0, 1.0, 1.0, 1.0)


def test_a_png_is_written_once(tmp_path: Path) -> None:
    """An existing file is never overwritten, and a missing folder is an error with its place."""
    figure = qps_ttlb_figure(a_run(), some_findings(), Language.EN)
    path = tmp_path / "demo_qps_ttlb.png"
    save_png(figure, path)
    content = path.read_bytes()

    assert content.startswith(b"\x89PNG")
    with pytest.raises(StorageError, match="File exists"):
        save_png(figure, path)
    assert path.read_bytes() == content
    with pytest.raises(StorageError, match="No such file or directory"):
        save_png(figure, tmp_path / "nowhere" / "x.png")
