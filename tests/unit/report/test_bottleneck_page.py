"""Does the file on the bottleneck tell all of the diagnosis, in order, and nothing that was not?"""

from dataclasses import replace
from pathlib import Path

import pytest

from capacity.model.bottleneck import (
    Diagnosis,
    DiagnosisState,
    Figure,
    Marks,
    Movement,
    Mover,
    NotObserved,
    Sentence,
    Source,
    Subject,
    SubjectKind,
)
from capacity.model.run import Run
from capacity.report.bottleneck_observed import overview
from capacity.report.bottleneck_page import bottleneck_page
from capacity.report.texts import Language
from tests.unit.builders import a_run, some_findings
from tests.unit.rate_builders import a_rate_run, a_rate_step
from tests.unit.report.diagnosis_builders import (
    CPU,
    CURVE_NUMBERS,
    EXONERATED,
    POOL,
    a_diagnosis,
    a_full_diagnosis,
    a_sentence,
)
from tests.unit.report.observed_builders import CPU as CPU_READINGS
from tests.unit.report.observed_builders import MEMORY, a_read_run

HOSTILE = "\x1b[2J</td><img src=x>|[a](http://b)\n# c"


def page(
    diagnosis: Diagnosis,
    run: Run | None = None,
    language: Language = Language.EN,
    figure: str | None = None,
) -> str:
    """The file of a run, by default of one without any reading."""
    shown = a_run() if run is None else run
    findings = replace(some_findings(), diagnosis=diagnosis)
    seen = overview(shown, findings)
    return bottleneck_page(shown, findings, diagnosis, seen, language, figure=figure)


@pytest.mark.parametrize("language", list(Language))
def test_the_whole_page_is_the_approved_text(language: Language) -> None:
    """Verdict, numbers, candidates, order, background, cleared, not observed, next test."""
    run = a_read_run(CPU_READINGS, MEMORY)
    text = page(a_full_diagnosis(), run, language, "demo_bottleneck.png")

    assert text == Path(f"tests/golden/bottleneck.{language}.md").read_text()


def test_what_is_not_there_has_no_heading() -> None:
    """Nothing named, nothing cleared: the numbers alone, and the verdict."""
    text = page(a_diagnosis(state=DiagnosisState.UNKNOWN, numbers=CURVE_NUMBERS, turn_level=None))

    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# Bottleneck of demo",
        "## What follows from each load",
        "## What was read at each load",
    ]
    assert "Throughput still grew at the last load." in text


def test_a_last_load_that_throughput_fell_behind_is_told() -> None:
    """A rule ended the climb where the limit was met: it moved, and has no turn."""
    words = Sentence("throughput", "吞吐量")
    behind = Mover("throughput", words, Movement.FIRST, 4.0, words)
    found = a_diagnosis(
        state=DiagnosisState.UNKNOWN, numbers=CURVE_NUMBERS, turn_level=None, movers=(behind,)
    )
    text = page(found)

    assert "Throughput still grew at the last load, but fell behind it." in text
    assert "![" not in text


def test_without_a_believable_step_there_is_the_verdict_alone() -> None:
    """No empty table."""
    text = page(a_diagnosis(state=DiagnosisState.NOT_MEASURED))

    assert "- **Bottleneck**: not known: no step can be believed\n" in text
    assert "|" not in text


def test_few_levels_beyond_the_turn_have_no_constancy() -> None:
    """Two levels do not scatter."""
    text = page(a_diagnosis(POOL, numbers=CURVE_NUMBERS))

    assert "Throughput no longer grew from 8 concurrent on.\n" in text


def test_planned_starts_are_named_as_such() -> None:
    """A level of an open loop is no concurrency."""
    run = a_rate_run([a_rate_step(rate) for rate in (100.0, 200.0)])
    candidate = replace(CPU, first_level=200.0)
    text = page(a_diagnosis(candidate, numbers=CURVE_NUMBERS, turn_level=200.0), run)

    assert "no longer grew from 200/s planned on" in text
    assert "First seen at 200/s planned." in text


def test_an_answer_that_allows_one_reading_is_said_to() -> None:
    """The mark is told only where it decides."""
    plain, clear = (
        page(a_diagnosis(replace(POOL, marks=Marks(is_unambiguous=is_clear))))
        for is_clear in (False, True)
    )

    assert "throughput stopped to grow not known.\n" in plain
    assert "throughput stopped to grow not known, allows one reading only yes.\n" in clear


def test_names_from_outside_stay_names() -> None:
    """No tag, no link, no column, no heading and no code reaches whoever opens the file."""
    evidence = a_sentence("{a} is full", "{a}", Figure("a", HOSTILE), query="up # ```\n````\n# x")
    candidate = replace(CPU, evidence=(evidence,), subject=Subject(SubjectKind.SERVICE, HOSTILE))
    title = Sentence("{a}", "{a}", (Figure("a", HOSTILE),))
    diagnosis = a_diagnosis(
        candidate,
        numbers=CURVE_NUMBERS,
        exonerated=(replace(EXONERATED, subject=HOSTILE, quantity=HOSTILE),),
        not_observed=(NotObserved("x", title, title),),
    )
    text = page(diagnosis)

    # The query alone stands as it is, in a block that it cannot leave.
    lines = text.splitlines()
    start, end = (place for place, line in enumerate(lines) if line.startswith("  `````"))
    assert lines[start : end + 1] == ["  `````", "  up # ```", "  ````", "  # x", "  `````"]
    rest = "\n".join((*lines[:start], *lines[end + 1 :]))
    assert "\x1b" not in text
    assert "<img" not in rest.replace("\\<", "")
    assert "http://b" not in rest
    assert [line for line in rest.splitlines() if line.startswith("# ")] == ["# Bottleneck of demo"]
    columns = {line.replace("\\|", "").count("|") for line in lines if "\\<img" in line and
               line.startswith("|")}  # fmt: skip
    assert columns == {3, 7}


def test_what_was_not_observed_for_one_reason_is_one_row() -> None:
    """Without a monitor nearly every resource has the same."""
    reason = Sentence("no monitor reads it", "没有监控读取它")
    titles = [Sentence(name, name) for name in ("Redis", "disk")]
    unseen = tuple(NotObserved(title.en, title, reason) for title in titles)

    assert "| Redis, disk | no monitor reads it |\n" in page(a_diagnosis(POOL, not_observed=unseen))


def test_a_figure_beside_it_may_have_any_name() -> None:
    """A space in the name of a run does not end the link."""
    assert "(a%20b_bottleneck.png)" in page(a_diagnosis(POOL), figure="a b_bottleneck.png")


def test_a_window_of_one_sample_is_one_sample() -> None:
    """In words as people say them; what has no window is told by its quantity alone."""
    source = Source("q", 0.0, 60.0, 1)
    text = page(
        a_diagnosis(
            POOL,
            exonerated=(
                replace(EXONERATED, source=source),
                replace(EXONERATED, source=None, subject="", full_at=None),
            ),
        )
    )

    assert "postgres.cpu, 1970-01-01 00:00:00 to 1970-01-01 00:01:00 UTC, 1 sample |" in text
    assert "| CPU of the database | 31% | - | 32 concurrent | - | postgres.cpu |" in text
