"""Is the bottleneck of real services named, each of which was built to have one?"""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.diagnosis import diagnose
from capacity.analysis.findings import analyze
from capacity.model.bottleneck import Candidate, Diagnosis
from capacity.model.confidence import Confidence
from capacity.model.run import Run
from tests.targets.score import UNKNOWN
from tests.unit.analysis.bottleneck.recorded import RECORDED, WATCHED, Recorded, blinded


def diagnosed(run: Run) -> Diagnosis:
    """What is said of a run."""
    found = analyze(run).diagnosis
    assert found is not None
    return found


def named(found: Diagnosis) -> str:
    """The class that is named first, or why there is none."""
    return found.state.value if found.first is None else found.first.kind


def sure_of(found: Diagnosis) -> tuple[Candidate, ...]:
    """What is told with high confidence."""
    return tuple(one for one in found.candidates if one.confidence is Confidence.HIGH)


def name_of(one: Recorded) -> str:
    """A case as it is called."""
    return one.name


def test_there_are_recorded_runs() -> None:
    """Without them the other tests here would hold nothing."""
    assert len(WATCHED) >= 8


@pytest.mark.parametrize("case", WATCHED, ids=name_of)
def test_the_truth_is_named_first(case: Recorded) -> None:
    """With the monitors on the class of the target leads, and nothing else is sure."""
    found = diagnosed(case.run())
    assert named(found) == case.target.kind
    assert {one.kind for one in sure_of(found)} <= {case.target.kind}


@pytest.mark.parametrize("case", RECORDED, ids=name_of)
def test_without_monitors_it_is_right_or_not_known(case: Recorded) -> None:
    """The same steps without a reading: never a wrong class with more than low confidence."""
    found = diagnosed(blinded(case.run()))
    allowed = {case.target.kind, *case.target.blind_kinds}
    if named(found) not in {*allowed, UNKNOWN}:
        assert found.first is not None
        assert found.first.confidence is Confidence.LOW
    assert {one.kind for one in sure_of(found)} <= allowed


@pytest.mark.parametrize("case", WATCHED, ids=name_of)
def test_figures_of_a_reading_can_be_looked_up(case: Recorded) -> None:
    """What was read has its query and a window inside the run, as it came."""
    run = case.run()
    readings = {
        (reading.query, reading.window_start_unix_s)
        for step in run.steps
        for reading in step.resources
    }
    found = diagnosed(run)
    for one in found.candidates:
        for sentence in one.evidence:
            if sentence.source is not None:
                assert (sentence.source.query, sentence.source.start_unix_s) in readings


@pytest.mark.parametrize("case", WATCHED, ids=name_of)
def test_no_quantity_that_is_missing_makes_a_wrong_class_sure(case: Recorded) -> None:
    """Each in turn is taken out: what it cleared may be suspected then, and no more."""
    run = case.run()
    whole = analyze(run)
    allowed = {case.target.kind, *case.target.blind_kinds}
    for name in sorted({reading.name for step in run.steps for reading in step.resources}):
        steps = tuple(
            replace(step, resources=tuple(one for one in step.resources if one.name != name))
            for step in run.steps
        )
        found = diagnose(replace(run, steps=steps), whole.knee, whole.capacity)
        assert {one.kind for one in sure_of(found)} <= allowed, name
