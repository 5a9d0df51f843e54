"""Does each small graph show what was read, where it is full, and what moved first?"""

import warnings
from dataclasses import replace
from io import BytesIO
from math import isnan

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from capacity.model.bottleneck import Diagnosis, DiagnosisState, Sentence
from capacity.model.run import Run
from capacity.report.bottleneck_observed import overview
from capacity.report.charts_bottleneck import MOST_PANELS, bottleneck_figure
from capacity.report.fonts import LATIN_FAMILY, ChartFont, chart_font
from capacity.report.texts import Language
from capacity.units import Unit
from tests.unit.builders import a_run, a_step, some_findings
from tests.unit.rate_builders import a_rate_run, a_rate_step
from tests.unit.report.diagnosis_builders import CPU as CPU_CANDIDATE
from tests.unit.report.diagnosis_builders import MOVERS, a_diagnosis
from tests.unit.report.observed_builders import (
    CPU,
    FEW_AT,
    MANY,
    MEMORY,
    POOL,
    RISING,
    UNREAD_AT,
    WAITING,
    a_read_run,
    over_the_curve,
)
from tests.unit.report.test_charts import gids, legend, points, words

NAMED = a_diagnosis(CPU_CANDIDATE, movers=MOVERS)


def figure_of(
    run: Run, diagnosis: Diagnosis | None = NAMED, language: Language = Language.EN
) -> Figure | None:
    """The figure, if there is one."""
    findings = replace(some_findings(), diagnosis=diagnosis)
    return bottleneck_figure(run, findings, overview(run, findings), language)


def drawn(
    run: Run, diagnosis: Diagnosis | None = NAMED, language: Language = Language.EN
) -> Figure:
    """The figure, which must exist."""
    figure = figure_of(run, diagnosis, language)
    assert figure is not None
    return figure


def panels(figure: Figure) -> list[Axes]:
    """The small graphs, without the shapes of throughput behind them."""
    return [axes for axes in figure.axes if axes.get_title(loc="left")]


def test_a_resource_is_drawn_beside_the_value_at_which_it_is_full() -> None:
    """In percent, with the turn, the first mover, and the throughput behind it."""
    figure = drawn(a_read_run(CPU))

    assert points(figure, "service_cpu") == [
        (2.0**place, 100 * ratio) for place, ratio in enumerate(RISING)
    ]
    assert points(figure, "full-service_cpu")[0][1] == 90
    assert points(figure, "turn-service_cpu")[0][0] == 8
    assert points(figure, "first") == [(4, 49)]
    assert "throughput" in gids(figure)
    assert [axes.get_title(loc="left") for axes in panels(figure)] == [
        "CPU of the service\ncpu shop/api-7f9/app",
        "Load generator\ngenerator.cpu",
    ]
    assert legend(figure) == [
        "throughput, as a shape",
        "used up",
        "all of the throughput from 8 concurrent on",
        "moved first: 4 concurrent",
        "hollow: doubtful step, or few samples",
    ]
    assert words(figure)[:2] == [
        "CPU limit of the service (confidence high)",
        "closed loop, hold 30s per step, http://127.0.0.1:8080, run 20261121-041207-9f3a",
    ]


def test_few_samples_are_hollow() -> None:
    """They may support a claim, and are seen to be few."""
    assert points(drawn(a_read_run(CPU)), "service_cpu-doubtful") == [
        (2.0**FEW_AT, 100 * RISING[FEW_AT])
    ]


def test_what_was_not_read_is_a_gap() -> None:
    """And never a zero."""
    values = [value for _, value in points(drawn(a_read_run(MEMORY)), "service_memory")]

    assert [place for place, value in enumerate(values) if isnan(value)] == [UNREAD_AT]


def test_counts_and_sizes_keep_their_unit() -> None:
    """A queue is counted; bytes are written in the unit that fits."""
    size = tuple(2.0**30 * (place + 1) for place in range(7))
    heap = over_the_curve("jvm.heap", size, unit=Unit.BYTES)
    figure = drawn(a_read_run(POOL, heap))
    labels = {axes.get_title(loc="left").split("\n")[0]: axes.get_ylabel()
              for axes in panels(figure)}  # fmt: skip

    assert labels["Connection pool of the service"] == "Count"
    assert labels["Pauses of the runtime"] == "GiB"
    assert [value for _, value in points(figure, "service_connection_pool")] == list(WAITING)


def test_at_most_nine_are_drawn_and_the_most_telling_is_the_first() -> None:
    """The others are in the file."""
    more = [
        over_the_curve(name, RISING)
        for name in ("throttle", "restarts", "jvm.tomcat_threads", "go.gc", "go.fds")
    ]
    figure = drawn(a_read_run(*MANY, *more))

    assert len(panels(figure)) == MOST_PANELS == 9
    assert panels(figure)[0].get_title(loc="left").startswith("CPU of the service")


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (DiagnosisState.UNKNOWN, "No resource that was seen explains the limit"),
        (DiagnosisState.NO_LIMIT, "No limit was reached: no resource ran out"),
        (DiagnosisState.GENERATOR, "The load generator was the limit, not the service"),
        (DiagnosisState.NOT_MEASURED, "No step can be believed"),
    ],
)
def test_the_title_states_the_finding(state: DiagnosisState, title: str) -> None:
    """Also where a class has said so."""
    assert words(drawn(a_read_run(CPU), a_diagnosis(state=state)))[0] == title
    assert words(drawn(a_read_run(CPU), a_diagnosis(CPU_CANDIDATE, state=state)))[0] == title


def test_throughput_that_still_grew_has_no_turn() -> None:
    """And no word for it."""
    figure = drawn(a_read_run(CPU), replace(NAMED, turn_level=None, movers=()))

    assert not gids(figure) & {"turn-service_cpu", "first"}
    assert not [word for word in legend(figure) if "throughput from" in word or "moved" in word]


def test_a_mover_that_was_not_read_where_it_moved_has_no_ring() -> None:
    """There is no point to put it around."""
    mover = replace(MOVERS[0], signal="mem", level=8.0)

    assert "first" not in gids(drawn(a_read_run(MEMORY), replace(NAMED, movers=(mover,))))


def test_planned_starts_have_their_axis() -> None:
    """A rate is no concurrency."""
    steps = [
        replace(a_rate_step(rate), resources=(reading,))
        for rate, reading in zip((100.0, 200.0), CPU, strict=False)
    ]
    figure = drawn(a_rate_run(steps), replace(NAMED, turn_level=200.0))

    assert "all of the throughput from 200/s planned on" in legend(figure)
    assert [text.get_text() for text in figure.texts if text.get_gid() == "axis"] == [
        "Planned starts per second (log scale)"
    ]


def test_nothing_seen_or_nothing_known_is_no_figure() -> None:
    """No empty frame."""
    assert figure_of(a_run()) is None
    assert figure_of(a_read_run(CPU), None) is None


def test_steps_without_a_good_answer_have_no_shape() -> None:
    """Nothing is drawn of a throughput of zero."""
    run = a_run(
        [replace(a_step(n, 0.0), resources=(one,)) for n, one in ((1, CPU[0]), (2, CPU[1]))]
    )

    assert "throughput" not in gids(drawn(run))


def test_long_and_strange_names_fit_and_are_drawn() -> None:
    """A name loses its middle; characters that the font may lack become question marks."""
    strange = over_the_curve("cpu", RISING, subject="shop/" + "名字" * 40 + "/app")
    title = Sentence("网关 GPU", "网关 GPU")
    named = replace(NAMED, candidates=(replace(CPU_CANDIDATE, title=title),))
    figure = drawn(a_read_run(strange), named)

    (heading,) = [axes.get_title(loc="left") for axes in panels(figure)][:1]
    assert max(len(line) for line in heading.split("\n")) <= 60
    assert heading.isascii()
    with_font = chart_font(Language.ZH).language is Language.ZH
    assert words(figure)[0] == f"{'网关' if with_font else '??'} GPU (confidence high)"


def test_a_name_that_no_font_has_is_drawn_in_question_marks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Boxes would be a warning of matplotlib."""
    latin = ChartFont(Language.EN, (LATIN_FAMILY,), "no font has them")
    monkeypatch.setattr("capacity.report.charts_bottleneck.chart_font", lambda *_: latin)
    title = Sentence("网关 GPU", "网关 GPU")
    named = replace(NAMED, candidates=(replace(CPU_CANDIDATE, title=title),))

    assert words(drawn(a_read_run(CPU), named))[0] == "?? GPU (confidence high)"


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_every_character_can_be_drawn_in_chinese(count: int) -> None:
    """A missing glyph is a warning of matplotlib, and warnings are errors."""
    if chart_font(Language.ZH).language is not Language.ZH:
        pytest.skip("no font with Chinese characters is installed")
    figure = drawn(a_read_run(*MANY[:count]), NAMED, Language.ZH)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(BytesIO(), format="png")
    assert words(figure)[0] == "服务的 CPU 限额（置信度：高）"
