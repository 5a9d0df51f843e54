"""Is a diagnosis whole: state, candidates, order, what is cleared, what is open, numbers?"""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck import diagnosis as module
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.diagnosis import diagnose
from capacity.analysis.bottleneck.resources import RESOURCES
from capacity.analysis.findings import analyze
from capacity.model.bottleneck import (
    Candidate,
    Diagnosis,
    DiagnosisState,
    Marks,
    Sentence,
    Subject,
    SubjectKind,
)
from capacity.model.confidence import Confidence
from capacity.model.run import Run
from tests.unit.analysis.bottleneck.cases import a_case, case_of
from tests.unit.analysis.bottleneck.recorded import RECORDED, Recorded

WORDS = Sentence("words", "词")


def diagnosis_of(case: Case) -> Diagnosis:
    """What is said of the run of a case."""
    return diagnose(case.run, case.knee, case.capacity)


def naming(kind: str) -> BottleneckClass:
    """A class that always sees one candidate of its kind."""
    candidate = Candidate(
        kind, WORDS, Subject(SubjectKind.SERVICE), Confidence.MEDIUM, Marks(), (WORDS,), WORDS
    )
    return BottleneckClass(kind, "0", WORDS, Tier.SCORED, (), lambda _case: (candidate,))


def test_a_full_cpu_is_named_with_all_that_belongs_to_it() -> None:
    """First mover, cleared and unknown resources, the turn and the numbers of each level."""
    found = diagnosis_of(
        a_case(
            {
                "cpu": [0.25, 0.50, 0.98, 0.99, 0.99],
                "throttle": [0.0, 0.0, 0.4, 0.6, 0.7],
                "mem": [0.3] * 5,
            }
        )
    )
    assert found.state is DiagnosisState.NAMED
    assert found.first is not None
    assert found.first.kind == "cpu_limit"
    assert found.movers[0].signal == "cpu"
    assert "service_memory" in [one.resource for one in found.exonerated]
    assert "redis" in [one.resource for one in found.not_observed]
    assert (found.turn_level, found.constancy_ratio) == (4.0, 0.0)
    assert [one.level for one in found.numbers] == [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("generator", DiagnosisState.GENERATOR),
        ("no_limit", DiagnosisState.NO_LIMIT),
        ("pool", DiagnosisState.NAMED),
    ],
)
def test_the_first_candidate_says_the_state(
    monkeypatch: pytest.MonkeyPatch, kind: str, state: DiagnosisState
) -> None:
    """A generator's limit and no limit are no bottleneck of the service."""
    monkeypatch.setattr(module, "CLASSES", (naming(kind),))
    assert diagnosis_of(a_case({})).state is state


def test_no_candidate_is_an_honest_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """With steps it is unknown, and a test is offered; without them nothing was measured."""
    monkeypatch.setattr(module, "CLASSES", ())
    unknown = diagnosis_of(a_case({}))
    assert (unknown.state, unknown.first) == (DiagnosisState.UNKNOWN, None)
    assert unknown.experiment is not None
    nothing = diagnosis_of(case_of(()))
    assert nothing.state is DiagnosisState.NOT_MEASURED
    assert nothing.experiment is None
    assert len(nothing.not_observed) == len(RESOURCES)


def test_a_generator_is_blamed_even_when_no_step_can_be_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then its steps are the ones that cannot."""
    monkeypatch.setattr(module, "CLASSES", (naming("generator"),))
    assert diagnosis_of(case_of(())).state is DiagnosisState.GENERATOR


def without(run: Run, *quantities: str) -> Run:
    """The run as if these had never been asked for."""
    return replace(
        run,
        steps=tuple(
            replace(
                step, resources=tuple(one for one in step.resources if one.name not in quantities)
            )
            for step in run.steps
        ),
    )


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_what_is_removed_from_a_recorded_run_is_not_observed(case: Recorded) -> None:
    """Each resource in turn: never cleared, always told as unknown."""
    run = case.run()
    answer = analyze(run)
    for resource in RESOURCES[:-1]:
        found = diagnose(without(run, *resource.quantities), answer.knee, answer.capacity)
        assert resource.name in [one.resource for one in found.not_observed]
        assert resource.name not in [one.resource for one in found.exonerated]


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_a_resource_of_a_recorded_run_is_told_once(case: Recorded) -> None:
    """Cleared or unknown, not both, and every sentence has its figures in both languages."""
    found = analyze(case.run()).diagnosis
    assert found is not None
    cleared = {one.resource for one in found.exonerated}
    assert not cleared & {one.resource for one in found.not_observed}
    sentences = [
        *(one.fact for one in found.movers),
        *(one.reason for one in found.not_observed),
        *(sentence for one in found.candidates for sentence in (*one.evidence, one.advice)),
    ]
    for sentence in sentences:
        assert "{" not in sentence.text()
        assert "{" not in sentence.text("zh")
