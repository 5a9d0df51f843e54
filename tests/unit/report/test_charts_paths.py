"""Does the graph of two paths show the points of each run, and the finding above?"""

from dataclasses import replace
from typing import Any

import pytest
from matplotlib.figure import Figure

from capacity.analysis.paths import compare_paths
from capacity.model.paths import SecondRole
from capacity.report.charts_paths import paths_figure, paths_title
from capacity.report.texts import Language
from tests.unit.path_builders import a_path_run, a_path_step, a_source

FAST = a_path_run([a_path_step(1, 90.0), a_path_step(8, 700.0, index=1)])


def drawn(figure: Figure, gid: str) -> list[tuple[float, float]]:
    """The points of a line."""
    lines: list[Any] = [line for axes in figure.axes for line in axes.get_lines()]
    (line,) = [line for line in lines if line.get_gid() == gid]
    points = zip(line.get_xdata(), line.get_ydata(), strict=True)
    return [(float(x), round(float(y), 6)) for x, y in points]


def legend(figure: Figure) -> list[str]:
    """The words of the legend."""
    (found,) = figure.legends
    return [text.get_text() for text in found.get_texts()]


def test_each_line_has_the_points_of_its_own_run() -> None:
    """Throughput and median of both; nothing between levels is drawn."""
    compared = compare_paths(a_source(qps=200), a_source("in", run=FAST), SecondRole.INSIDE)
    figure = paths_figure(compared, Language.EN)

    assert drawn(figure, "qps-outside") == [(1, 100), (4, 200), (16, 200), (64, 200)]
    assert drawn(figure, "qps-inside") == [(1, 90), (8, 700)]
    assert drawn(figure, "p50-outside") == [(1, 10), (4, 20), (16, 80), (64, 320)]
    assert drawn(figure, "p50-inside") == [(1, 10), (8, 10)]
    assert legend(figure) == [
        "QPS outside (left)",
        "TTLB P50 outside (right)",
        "QPS inside (left)",
        "TTLB P50 inside (right)",
    ]
    assert {text.get_text() for text in figure.texts} == {
        "Two paths: the edge is the limit",
        "outside | in",
    }


def test_means_are_named_where_there_are_no_medians() -> None:
    """A .dat has no median, so neither line is one."""
    source = a_source()
    bare = replace(source, run=None, steps=[replace(one, latency=None) for one in source.steps])
    compared = compare_paths(bare, source, SecondRole.BASELINE)

    assert legend(paths_figure(compared, Language.EN))[1] == "TTLB mean real (right)"


@pytest.mark.parametrize(
    ("role", "language", "title"),
    [
        (SecondRole.INSIDE, Language.EN, "Two paths: the service itself is the limit"),
        (SecondRole.BASELINE, Language.ZH, "两条路径：瓶颈在两种请求共用的部分"),
    ],
)
def test_the_title_is_the_finding(role: SecondRole, language: Language, title: str) -> None:
    """In the words of the role of the second run."""
    assert paths_title(compare_paths(a_source(), a_source("in"), role), language) == title


def test_a_verdict_without_a_role_has_one_title() -> None:
    """Nothing is concluded, whatever the second run was."""
    outside = a_source(exit_code=5)
    compared = compare_paths(outside, a_source("in"), SecondRole.INSIDE)

    assert paths_title(compared, Language.EN) == (
        "Two paths: not valid, the generator was the limit"
    )
