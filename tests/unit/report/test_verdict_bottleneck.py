"""Is the bottleneck told in a short line, and what to do about it in the next?"""

from dataclasses import replace
from math import inf
from pathlib import Path

import pytest

from capacity.model.bottleneck import Candidate, Diagnosis, DiagnosisState, Figure
from capacity.report.shown import cells
from capacity.report.texts import Language
from capacity.report.verdict import findings_lines
from capacity.report.verdict_bottleneck import bottleneck_rows, bottleneck_sentence
from tests.unit.builders import some_findings
from tests.unit.report.diagnosis_builders import (
    CPU,
    EXONERATED,
    EXPERIMENT,
    NOT_OBSERVED,
    POOL,
    a_diagnosis,
    a_full_diagnosis,
    a_sentence,
)
from tests.unit.resource_builders import POD

SHORT = replace(CPU, evidence=(a_sentence("it used 98%", "用掉了 98%", Figure("a", 1.0)),))
FULLER = replace(EXONERATED, resource="mem", title=a_sentence("memory", "内存"), highest=0.8)
CACHE = replace(
    EXONERATED, resource="hits", title=a_sentence("hits", "命中"), highest=0.99, full_at=0.95
)
UNNAMED = (
    (DiagnosisState.UNKNOWN, "not known: nothing that was observed explains the limit"),
    (DiagnosisState.NO_LIMIT, "none: no limit was reached"),
    (
        DiagnosisState.GENERATOR,
        "not known: the generator itself was the limit, so every figure is a lower bound",
    ),
    (DiagnosisState.NOT_MEASURED, "not known: no step can be believed"),
)


def said(diagnosis: Diagnosis) -> str:
    """The line in English."""
    return bottleneck_sentence(diagnosis, Language.EN)


@pytest.mark.parametrize("language", list(Language))
def test_the_lines_are_the_approved_text(language: Language) -> None:
    """Cause, confidence, evidence; then the advice of the first candidate, and the next test."""
    findings = replace(some_findings(), diagnosis=a_full_diagnosis())
    rows = findings_lines(findings, language)

    approved = Path(f"tests/golden/verdict_bottleneck.{language}.txt").read_text()
    assert rows[-3:] == tuple(approved.splitlines())


@pytest.mark.parametrize(("state", "sentence"), UNNAMED)
def test_nothing_named_says_why(state: DiagnosisState, sentence: str) -> None:
    """Not known is an answer, and what the generator limits is said to be a lower bound."""
    diagnosis = a_diagnosis(state=state)

    assert bottleneck_rows(diagnosis, Language.EN) == [("bottleneck", sentence)]


@pytest.mark.parametrize(
    ("state", "candidates"),
    [(DiagnosisState.NAMED, (CPU,)), (DiagnosisState.GENERATOR, (CPU,))]
    + [(state, ()) for state, _ in UNNAMED],
)
def test_every_state_has_words_in_chinese(
    state: DiagnosisState, candidates: tuple[Candidate, ...]
) -> None:
    """No state is without words in the other language."""
    sentence = bottleneck_sentence(a_diagnosis(*candidates, state=state), Language.ZH)

    assert not sentence.isascii()


def test_what_is_not_known_names_what_could_not_be_seen() -> None:
    """Somebody who wants to know more sees which metrics are missing."""
    unseen = replace(NOT_OBSERVED, title=a_sentence("the disk", "磁盘"))
    unknown = a_diagnosis(state=DiagnosisState.UNKNOWN, not_observed=(NOT_OBSERVED, unseen))
    generator = replace(EXONERATED, resource="generator")

    assert said(replace(unknown, exonerated=(EXONERATED,))).endswith(
        "explains the limit; not observed: Redis, the disk"
    )
    assert said(replace(unknown, exonerated=(generator,))).endswith(
        "explains the limit; no resource of the service was seen, so give the run a monitor"
    )


def test_a_generator_at_its_limit_gives_a_lower_bound_and_advice() -> None:
    """What was seen of the service is not told beside it: it may do better than this."""
    generator = replace(
        SHORT, title=a_sentence("the load generator", "压测端"), advice=a_sentence("more", "更多")
    )
    diagnosis = a_diagnosis(generator, state=DiagnosisState.GENERATOR, exonerated=(EXONERATED,))

    assert bottleneck_rows(diagnosis, Language.EN) == [
        (
            "bottleneck",
            "the load generator, not the service (confidence high): it used 98%; "
            "every figure is a lower bound",
        ),
        ("advice", "more"),
    ]


def test_more_is_told_only_as_far_as_the_line_has_room() -> None:
    """Further evidence goes before what is not the cause; what does not fit is in the file."""
    held = a_sentence("throttled 31%", "限流 31%", Figure("a", 1.0))
    both = replace(SHORT, evidence=(*SHORT.evidence, held))
    whole = said(a_diagnosis(both, exonerated=(EXONERATED, FULLER)))
    long = replace(SHORT, evidence=(*SHORT.evidence, a_sentence("x" * 200, "x", Figure("a", 1.0))))

    assert whole == (
        "CPU limit of the service (confidence high): it used 98%; throttled 31%; "
        "not the cause: memory 80%"
    )
    assert said(a_diagnosis(SHORT, exonerated=(EXONERATED, FULLER))) == (
        "CPU limit of the service (confidence high): it used 98%; "
        "not the cause: memory 80%, CPU of the database 31%"
    )
    assert said(a_diagnosis(long)) == "CPU limit of the service (confidence high): it used 98%"
    assert cells(whole) <= 120


def test_the_fullest_of_what_is_not_the_cause_is_told_first() -> None:
    """A cache is near its limit when its hits are low; what has no limit is not told."""
    idle = replace(EXONERATED, highest=0.0)
    unlimited = replace(EXONERATED, full_at=None)

    assert said(a_diagnosis(SHORT, exonerated=(FULLER, CACHE, idle, unlimited))).endswith(
        "not the cause: hits 99%, memory 80%"
    )
    assert said(a_diagnosis(SHORT, exonerated=(idle, unlimited))).endswith("it used 98%")


def test_names_from_outside_can_do_no_harm() -> None:
    """A pod cannot clear the screen or fill it, and a brace in its name is no field."""
    hostile = "\x1b[2J{level}" + "n" * 200
    evidence = a_sentence("{pod} is full", "{pod} 已满", Figure("pod", hostile))
    text = said(a_diagnosis(replace(POOL, evidence=(evidence,))))

    assert "\x1b" not in text
    assert "[2J{level}nnn" in text
    assert cells(text) < 120
    assert POD not in text


def test_the_next_test_comes_with_its_reading() -> None:
    """Even where nothing is named a test may tell more."""
    rows = bottleneck_rows(
        a_diagnosis(state=DiagnosisState.UNKNOWN, experiment=EXPERIMENT), Language.EN
    )

    assert rows[1] == (
        "next",
        "double the replicas (twice the throughput: the limit is each pod's own; the same: it is "
        "shared)",
    )


def test_a_figure_without_bound_is_shown_as_such() -> None:
    """A strange reading never ends in a traceback."""
    evidence = a_sentence("{a} used", "{a}", Figure("a", inf))

    assert "inf used" in said(a_diagnosis(replace(POOL, evidence=(evidence,))))
