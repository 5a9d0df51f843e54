"""Is the answer drawn with the numbers of the findings, at the places where they belong?"""

import json
import warnings
from dataclasses import replace
from io import BytesIO
from math import inf
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from capacity.model.findings import Estimate, Findings, NoKnee, NoKneeReason
from capacity.model.plan import Purpose
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, Run, RunEnd, Trust, Validity
from capacity.report.charts import qps_ttlb_figure, success_rate_figure
from capacity.report.charts_answer import fit_points
from capacity.report.texts import Language
from capacity.report.verdict import verdict_lines
from capacity.storage.encoding import json_text
from capacity.storage.findings import encode_findings
from tests.unit.builders import (
    KNEE,
    P99_RULE,
    a_curve,
    a_judgement,
    a_knee,
    a_run,
    a_step,
    some_findings,
)
from tests.unit.rate_builders import a_rate_run
from tests.unit.report.answer_builders import LIMITED, SATURATED, a_whole_run, as_purpose

WHOLE = some_findings(capacity=LIMITED, knee=a_knee(8.0))


def drawn(run: Run, findings: Findings = WHOLE) -> Figure:
    """The first graph, in English."""
    return qps_ttlb_figure(run, findings, Language.EN)


def line_of(figure: Figure, gid: str) -> Line2D | None:
    """The line that was drawn under this name."""
    found = [line for axes in figure.axes for line in axes.get_lines() if line.get_gid() == gid]
    return found[0] if found else None


def points(figure: Figure, gid: str) -> list[tuple[float, float]]:
    """Its points; none when it was not drawn."""
    line = line_of(figure, gid)
    if line is None:
        return []
    data: Any = line.get_xydata()
    return [(round(float(x), 3), round(float(y), 3)) for x, y in data]


def legend(figure: Figure) -> list[str]:
    """The words of the legend."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_line_has_one_point_a_load() -> None:
    """The verification speaks for its level; planned starts and recovery are no part of it."""
    figure = drawn(a_whole_run())

    assert [level for level, _ in points(figure, "qps")] == [1, 2, 4, 6, 8, 11, 16, 32, 64]
    assert [level for level, _ in points(figure, "p99")] == [1, 2, 4, 6, 8, 11, 16, 32, 64]


def test_steps_beside_the_ladder_have_marks_of_their_own() -> None:
    """Also a step of the ladder that was measured again."""
    figure = drawn(a_whole_run())

    assert points(figure, "extra-ladder") == [(8, 800)]
    assert points(figure, "extra-refine") == [(6, 600), (11, 801)]
    assert points(figure, "extra-verify") == [(8, 800)]
    assert points(figure, "extra-recheck") == []
    assert points(figure, "recovery") == [(1, 99)]
    assert points(figure, "confirm") == [(0, 720)]
    assert legend(figure)[-5:] == [
        "measured again later",
        "step that fills a gap",
        "verification",
        "planned starts at 720/s, P99 14ms",
        "afterwards, at light load",
    ]


def test_a_second_look_is_a_mark_of_its_own() -> None:
    """A limit that was broken twice is drawn where it was measured last, both looks in sight."""
    broken = [a_judgement(P99_RULE, RuleState.BREACH, observed=0.6, limit=0.5)]
    steps = [
        *a_curve((4, 8)),
        a_step(16, 700.0, index=2, judgements=broken),
        as_purpose(a_step(16, 650.0, index=3, judgements=broken), Purpose.RECHECK),
    ]
    figure = drawn(a_run(steps))

    assert points(figure, "qps")[-1] == (16, 650)
    assert points(figure, "extra-ladder") == [(16, 700)]
    assert points(figure, "extra-recheck") == [(16, 650)]


def test_a_confirmation_without_enough_samples_has_no_p99() -> None:
    """Its rate is told all the same."""
    run = a_whole_run()
    steps = [*run.steps[:10], replace(run.steps[10], latency=None), run.steps[11]]

    assert "planned starts at 720/s" in legend(drawn(replace(run, steps=tuple(steps))))


def test_a_confirmation_that_is_invalid_shows_no_p99() -> None:
    """It is hollow, as everything that cannot be believed."""
    run = a_whole_run()
    bad = replace(run.steps[10], validity=Validity(Trust.INVALID, ("late",)))
    figure = drawn(replace(run, steps=(*run.steps[:10], bad, run.steps[11])))
    line = line_of(figure, "confirm")

    assert "planned starts at 720/s: invalid" in legend(figure)
    assert line is not None
    assert line.get_markerfacecolor() == "white"


def test_the_fit_is_drawn_over_the_tested_loads_alone() -> None:
    """Nothing is claimed of loads that were not tried."""
    figure = drawn(a_run(a_curve((2, 4, 8, 16))))

    assert points(figure, "fit") == [(2, 200), (4, 400), (8, 800), (16, 800)]
    assert fit_points(None, [1.0]) == ()
    assert fit_points(KNEE.fit, []) == ()


def test_the_band_is_that_of_the_fit() -> None:
    """From its lowest to its highest throughput."""
    axes: Any = drawn(a_run(a_curve((4, 8)))).axes[0]
    band = next(one for one in axes.collections if one.get_gid() == "fit-band")
    corners = {(round(float(x)), round(float(y))) for x, y in band.get_paths()[0].vertices}

    assert corners == {(4, 392), (4, 408), (8, 784), (8, 816)}


def test_a_range_is_drawn_from_its_low_to_its_high_end() -> None:
    """Of the capacity, of N95 and of where the limits hold."""
    figure = drawn(a_whole_run())

    assert points(figure, "capacity") == [(8, 800)]
    assert points(figure, "capacity-range") == [(8, 797), (8, 803)]
    assert points(figure, "n95") == [(12, 760)]
    assert points(figure, "n95-range") == [(11.2, 760), (13.6, 760)]
    assert [level for level, _ in points(figure, "limit-held")] == [10.4]
    assert [level for level, _ in points(figure, "limit-held-range")] == [10, 11]


def test_what_lies_beside_the_axis_is_not_drawn() -> None:
    """A knee far above the tested loads would squeeze them."""
    figure = drawn(a_run(a_curve((1, 2))), some_findings(capacity=SATURATED, knee=a_knee(64.0)))

    assert points(figure, "knee") == []
    assert points(figure, "n95") == []
    assert points(figure, "limit-held") == []


def test_a_range_that_leaves_the_axis_ends_with_it() -> None:
    """Also one whose end is not known."""
    wide = replace(KNEE.fit, knee=Estimate(8.0, 0.1, inf), n95=Estimate(8.0, 0.1, inf))
    figure = drawn(a_run(a_curve((4, 8, 16))), some_findings(knee=replace(KNEE, fit=wide)))
    patches: Any = figure.axes[0].patches
    band = next(patch for patch in patches if patch.get_gid() == "knee-range")
    ends = figure.axes[0].get_xlim()

    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx(ends)
    assert [x for x, _ in points(figure, "n95-range")] == pytest.approx(ends, abs=1e-3)


def test_a_curve_without_a_knee_shows_its_fit() -> None:
    """How far it still grows can be seen."""
    found = some_findings(knee=NoKnee(NoKneeReason.NOT_REACHED, "", KNEE.fit))
    figure = drawn(a_run(a_curve((1, 2))), found)

    assert points(figure, "fit") == [(1, 100), (2, 200)]
    assert points(figure, "n95") == []


def test_planned_rates_have_no_fit_of_concurrency() -> None:
    """Whatever the findings hold, the axis is another one."""
    assert points(drawn(a_rate_run()), "fit") == []


def test_a_run_that_was_broken_off_in_planned_starts_has_no_line_of_the_stop() -> None:
    """720 a second is no place on an axis of concurrency."""
    end = RunEnd(EndReason.INTERRUPTED, "x", None, step_index=10)
    figure = drawn(replace(a_whole_run(), end=end))
    texts = [text.get_text() for text in figure.axes[0].texts]

    assert points(figure, "stop") == []
    assert texts[-1] == "stopped: Ctrl-C"


def test_the_stop_is_where_the_climb_ended() -> None:
    """Not where the last step was run."""
    assert points(drawn(a_whole_run()), "stop") == [(64, 0), (64, 1)]


def test_success_has_the_same_marks() -> None:
    """Planned starts and recovery are left out."""
    figure = success_rate_figure(a_whole_run(), WHOLE, Language.EN)

    assert [level for level, _ in points(figure, "success")] == [1, 2, 4, 6, 8, 11, 16, 32, 64]
    assert points(figure, "extra-refine") == [(6, 100), (11, 100)]
    assert points(figure, "confirm") == []


@pytest.mark.parametrize("language", list(Language))
def test_no_text_leaves_the_figure(language: Language) -> None:
    """The longest legend of all has its room, and every character its glyph."""
    figure = qps_ttlb_figure(a_whole_run(), WHOLE, language)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(BytesIO(), format="png")
    box: Any = figure.legends[0].get_window_extent()
    axis: Any = figure.axes[0].xaxis.label.get_window_extent()
    note: Any = next(text for text in figure.texts if text.get_gid() == "caption")

    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
    assert box.y1 <= axis.y0
    assert box.y0 >= note.get_window_extent().y1


def _numbers(estimate: dict[str, float]) -> tuple[float, float, float]:
    return estimate["value"], estimate["low"], estimate["high"]


def test_graph_file_and_verdict_have_the_same_figures() -> None:
    """One answer, told three times: run.json has it, the others show it."""
    run = a_whole_run()
    figure = drawn(run)
    stored: Any = json.loads(json_text(encode_findings(WHOLE)))
    verdict = "\n".join(verdict_lines(run, WHOLE, Language.EN, report_place="x"))
    capacity, fit = stored["capacity"], stored["knee"]["fit"]
    qps, low_qps, high_qps = _numbers(capacity["qps_range"])
    largest, least, most = _numbers(capacity["largest"])
    knee, low, high = _numbers(fit["knee"])
    n95, low_n95, high_n95 = _numbers(fit["n95"])
    saturation_qps, low_x, high_x = _numbers(fit["saturation_qps"])

    level = capacity["concurrency"]
    assert points(figure, "capacity") == [(level, qps)]
    assert points(figure, "capacity-range") == [(level, low_qps), (level, high_qps)]
    assert f"{qps:.0f} qps (90%: {low_qps:.0f}-{high_qps:.0f}) at {level} concurrent" in verdict
    assert [x for x, _ in points(figure, "limit-held")] == [largest]
    assert [x for x, _ in points(figure, "limit-held-range")] == [least, most]
    assert f"up to {largest} concurrent ({least:.0f}-{most:.0f})" in verdict
    assert [x for x, _ in points(figure, "knee")] == [knee, knee]
    assert f"{knee:.0f} concurrent (90%: {low:.1f}-{high:.0f})" in verdict
    assert points(figure, "n95") == [(n95, 0.95 * saturation_qps)]
    assert f"at {n95:.0f} concurrent ({low_n95:.1f}-{high_n95:.1f})" in verdict
    assert f"saturates at {saturation_qps:.0f} qps ({low_x:.0f}-{high_x:.0f})" in verdict
