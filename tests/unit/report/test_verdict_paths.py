"""Is the side of the limit said with its figures, in both languages?"""

from dataclasses import replace

import pytest

from capacity.analysis.findings import EXIT_NOT_VALID
from capacity.analysis.measure import measure
from capacity.analysis.paths import PathSource, compare_paths
from capacity.model.findings import CapacityKind, NoCapacity, NoCapacityReason
from capacity.model.paths import (
    PathComparison,
    PlanDifference,
    SecondRole,
    Undecided,
    Unlike,
)
from capacity.report.texts import Language
from capacity.report.verdict_paths import paths_lines, paths_table, verdict_sentence
from tests.unit.builders import NO_KNEE
from tests.unit.path_builders import a_capacity, a_path_run, a_path_step, a_source
from tests.unit.rate_builders import a_rate_step

EN, ZH = Language.EN, Language.ZH
OPEN_END = CapacityKind.NO_FAILURE_IN_RANGE
NONE = NoCapacity(NoCapacityReason.NO_STEP)


def edge_is_the_limit() -> PathComparison:
    """200/s through the edge at 16 ms, 800/s past it at 10 ms; each request opens a connection."""
    steps = [
        a_path_step(
            n,
            min(50.0 * n, 200.0),
            index=i,
            p50_s=0.016 * max(1, n // 4),
            connect_s=0.001,
            tls_s=0.003,
            connects=round(30 * min(50.0 * n, 200.0)),
        )
        for i, n in enumerate((1, 8, 16, 64))
    ]
    run = a_path_run(steps, port=443, scheme="https")
    outside = a_source("runs/outside", 200, run=run)
    return compare_paths(outside, a_source("runs/inside", 800), SecondRole.INSIDE)


def line(label: str, comparison: PathComparison, language: Language = EN) -> str:
    """The text behind a label."""
    (found,) = [
        text.removeprefix(label).strip()
        for text in paths_lines(comparison, language)
        if text.startswith(label)
    ]
    return found


def test_every_line_of_an_edge_that_is_the_limit() -> None:
    """The verdict first, then both sides, what is added and of what, and what to do."""
    assert paths_lines(edge_is_the_limit(), EN) == (
        "Limit       the edge is the limit: 200 qps (90%: 194-206) outside, 800 qps (777-824) "
        "inside, which is 4 times as much (confidence high)",
        "Outside     200 qps (90%: 194-206) at 16 concurrent; knee 8 (90%: 7.1-9); runs/outside",
        "Inside      800 qps (90%: 777-824) at 16 concurrent; knee 8 (90%: 7.1-9); runs/inside",
        "Added       10ms to 10ms at 1 concurrent (50% of the whole), 12.6ms to the P99",
        "Of which    connect 1ms, TLS 3ms, first byte 5.68ms, transfer 632us, DNS not observed "
        "(names are looked up before the load)",
        "Under load  180ms to 80ms at 64 concurrent (69.2% of the whole), 371ms to the P99",
        "Overhead    the path takes 50% of a request at 1 concurrent; connect and TLS take 20% of "
        "it; keep connections, resume TLS sessions, look names up locally",
        "Differs     levels: 1, 8, 16, 64 / 1, 4, 16, 64",
        "Try next    give the edge more CPU or replicas, keep its connections to the service, "
        "look at worker_connections, limits of rate, and TLS resumption",
    )


def test_the_same_in_chinese() -> None:
    """The figures are the same, and labels stand in one column of two-wide characters."""
    first, outside, *_ = paths_lines(edge_is_the_limit(), ZH)

    assert first == (
        "极限所在  瓶颈在入口：外部 200 qps（90%：194-206），内部 800 qps（777-824），"
        "后者是前者的 4 倍（置信度：高）"
    )
    assert outside == (
        "外部      并发 16 时 200 qps（90%：194-206）；拐点 8（90%：7.1-9）；runs/outside"
    )
    assert line("额外耗时", edge_is_the_limit(), ZH) == (
        "并发 1 时在 10ms 上增加 10ms（占总耗时的 50%），P99 增加 12.6ms"
    )


def test_the_table_marks_what_lies_between_levels() -> None:
    """4 was measured inside only, 8 outside only."""
    header, *rows, note = paths_table(edge_is_the_limit(), EN)

    assert " ".join(header.split()) == (
        "N QPS outside QPS inside P50 outside P50 inside +P50 +P99 "
        "+connect +TLS +first byte +transfer"
    )
    assert [" ".join(row.split()) for row in rows] == [
        "1 50 100 16ms 10ms 6ms 12.6ms 1ms 3ms 5.68ms 632us",
        "4 ~126 400 ~25.4ms 10ms ~15.4ms ~32.4ms ~1ms ~3ms ~14.6ms ~1.62ms",
        "8 200 ~566 32ms ~14.1ms ~17.9ms ~37.6ms ~1ms ~3ms ~16.9ms ~1.88ms",
        "16 200 800 64ms 20ms 44ms 92.6ms 1ms 3ms 41.7ms 4.63ms",
        "64 200 800 256ms 80ms 176ms 371ms 1ms 3ms 167ms 18.5ms",
    ]
    assert note.startswith("~ lies between tested levels")
    assert len({len(row) for row in (header, *rows)}) == 1


def test_a_rate_has_its_own_words() -> None:
    """Planned starts are no concurrency."""
    planned = replace(a_source("a", capacity=NONE), steps=[measure(a_rate_step(720.0))])
    compared = compare_paths(planned, replace(planned, name="b"), SecondRole.INSIDE)

    assert "at 720/s planned" in line("Added", compared)
    assert paths_table(compared, EN)[0].split()[0] == "rate"


def test_without_medians_the_table_says_mean() -> None:
    """A .dat has the mean alone, and no part of a request is known."""
    source = a_source()
    bare = replace(source, run=None, steps=[replace(one, latency=None) for one in source.steps])
    compared = compare_paths(bare, replace(bare, name="b"), SecondRole.INSIDE)

    assert "+mean" in paths_table(compared, EN)[0]
    assert line("Of which", compared).startswith("connect not known, TLS not known, first byte")
    assert line("Added", compared) == "0s to 10.5ms at 1 concurrent (0% of the whole)"


def test_without_a_common_level_there_is_no_table() -> None:
    """What is added is not said either."""
    far = a_source("far", run=a_path_run([a_path_step(900, 800.0)]))
    compared = compare_paths(a_source(), far, SecondRole.INSIDE)

    assert paths_table(compared, EN) == ()
    assert not [text for text in paths_lines(compared, EN) if text.startswith("Added")]


def test_a_level_between_tested_ones_is_said_to_be_so() -> None:
    """The lowest common level was tested by one run only."""
    inside = a_source("b", run=a_path_run([a_path_step(2, 190.0), a_path_step(64, 800.0, index=1)]))
    compared = compare_paths(a_source(), inside, SecondRole.INSIDE)

    assert line("Added", compared).endswith("(between tested levels)")


def test_without_latency_the_added_time_is_not_known() -> None:
    """It is said so, without a share."""
    source = a_source()
    silent = [replace(step, latency=None, mean_s=None) for step in source.steps]
    compared = compare_paths(replace(source, steps=silent), source, SecondRole.INSIDE)

    assert line("Added", compared) == "not known at 1 concurrent"
    assert line("额外耗时", compared, ZH) == "并发 1 时未知"


BOUND = a_capacity(300, kind=OPEN_END)


@pytest.mark.parametrize(
    ("outside", "inside", "sentence"),
    [
        pytest.param(
            a_source(qps=800),
            a_source("b", 800),
            "the service itself, or what is behind it, is the limit: 800 qps (90%: 777-824) "
            "outside, 800 qps (777-824) inside, so the edge takes nothing away (confidence high)",
            id="shared",
        ),
        pytest.param(
            a_source(qps=800),
            a_source("b", 200),
            "inside carried less: 800 qps (90%: 777-824) outside, 200 qps (194-206) inside; the "
            "two did not reach the same service (confidence high)",
            id="inside less",
        ),
        pytest.param(
            a_source(capacity=BOUND),
            a_source("b", capacity=BOUND),
            "neither path reached a limit: at least 300 qps outside, at least 300 qps inside; "
            "only times are compared",
            id="no limit",
        ),
        pytest.param(
            a_source(capacity=BOUND),
            a_source("b", 800),
            "not known: the outside run was not driven to its limit (at least 300 qps outside, "
            "800 qps (90%: 777-824) inside)",
            id="not driven",
        ),
        pytest.param(
            a_source(),
            a_source("b", capacity=NONE),
            "not known: there is no capacity of the inside run",
            id="no capacity",
        ),
        pytest.param(
            a_source(capacity=replace(BOUND, qps_range=None)),
            a_source("b", capacity=replace(BOUND, qps_range=None)),
            "not known: too few steps or seconds for an interval of both runs",
            id="no interval",
        ),
        pytest.param(
            a_source(capacity=a_capacity(700, 1.2)),
            a_source("b", capacity=a_capacity(800, 1.2)),
            "not known: the intervals leave room for both answers (700 qps (90%: 583-840) "
            "outside, 800 qps (90%: 667-960) inside)",
            id="too wide",
        ),
        pytest.param(
            a_source(),
            a_source("b", exit_code=EXIT_NOT_VALID),
            "not valid: the generator was the limit of the inside run, and what it reached does "
            "not decide",
            id="generator",
        ),
    ],
)
def test_each_verdict_has_its_sentence(
    outside: PathSource, inside: PathSource, sentence: str
) -> None:
    """With the throughput of both where that is known."""
    compared = compare_paths(outside, inside, SecondRole.INSIDE)

    assert verdict_sentence(compared, EN) == sentence
    assert line("Try next", compared)
    assert line("下一步", compared, ZH)


def test_a_baseline_has_its_own_words() -> None:
    """The application is the limit where an answer without work scales further."""
    compared = compare_paths(a_source(qps=200), a_source("b", 800), SecondRole.BASELINE)

    assert line("Limit", compared) == (
        "the application behind this path is the limit: 200 qps (90%: 194-206) on the real path, "
        "800 qps (777-824) on the baseline, which is 4 times as much (confidence high)"
    )
    assert line("Baseline", compared).endswith("; b")
    assert paths_table(compared, EN)[0].split()[1:5] == ["QPS", "real", "QPS", "baseline"]


def test_a_side_without_knee_or_capacity_says_so() -> None:
    """Absence is a word, not a gap; a ceiling that is not known is a question mark."""
    outside = a_source(capacity=NONE, knee=NO_KNEE)
    compared = compare_paths(outside, a_source("b"), SecondRole.INSIDE)
    wide = replace(compared, undecided=Undecided.TOO_WIDE)

    assert line("Outside", compared) == "no capacity; knee none in range; outside"
    assert "(? outside" in line("Limit", wide)


def test_runs_against_the_same_address_are_told() -> None:
    """There is no path between them to compare."""
    source = a_source()
    compared = compare_paths(source, source, SecondRole.INSIDE)
    named = replace(
        compared, differences=(*compared.differences, Unlike(PlanDifference.HOLD, "30s", "60s"))
    )

    assert line("Differs", named) == "both went to http://127.0.0.1:443 /; hold: 30s / 60s"


def test_overhead_without_set_up_times_names_none() -> None:
    """A table has no connect times."""
    outside = replace(a_source(p50_s=0.020), run=None)
    compared = compare_paths(outside, a_source("b"), SecondRole.INSIDE)

    assert line("Overhead", compared) == (
        "the path takes 50% of a request at 1 concurrent; keep connections, resume TLS sessions, "
        "look names up locally"
    )
    unsaid = replace(compared, added_ratio=None, setup_ratio=0.25)
    assert line("Overhead", unsaid).startswith("connect and TLS take 25% of it; keep")
