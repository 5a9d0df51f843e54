"""Is the test offered that tells the first two candidates apart, and none where nothing is open?"""

import pytest

from capacity.analysis.bottleneck import experiments
from capacity.analysis.bottleneck.catalogue import CLASSES
from capacity.analysis.bottleneck.experiments import experiment_for
from capacity.model.bottleneck import (
    Candidate,
    DiagnosisState,
    Experiment,
    Marks,
    Sentence,
    Subject,
    SubjectKind,
)
from capacity.model.confidence import Confidence

WORDS = Sentence("words", "词")
NAMED = DiagnosisState.NAMED


def candidates(*kinds: str, confidence: Confidence = Confidence.MEDIUM) -> list[Candidate]:
    """Candidates of these classes."""
    subject = Subject(SubjectKind.SERVICE)
    return [Candidate(kind, WORDS, subject, confidence, Marks(), (WORDS,), WORDS) for kind in kinds]


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("cpu_limit", "database", "twice_the_replicas"),
        ("database", "cpu_limit", "twice_the_replicas"),
        ("pool", "pacing", "twice_the_pool"),
        ("database", "pool", "twice_the_pool"),
        ("ingress", "path_overhead", "inside_and_outside"),
        ("cpu_limit", "ingress", "inside_and_outside"),
        ("bandwidth", "disk", "smaller_payload"),
        ("rate_limit", "cpu_limit", "other_identity"),
        ("cpu_limit", "cpu_throttling", "twice_the_cpu"),
        ("cpu_limit", "cpu_limit", "twice_the_cpu"),
        ("database_connections", "redis", "without_database"),
    ],
)
def test_what_separates_two(first: str, second: str, kind: str) -> None:
    """By the pair; where no test is made for the pair, by the first alone."""
    found = experiment_for(NAMED, candidates(first, second))
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    ("only", "kind"),
    [
        ("cpu_limit", "twice_the_cpu"),
        ("database", "without_database"),
        ("redis", "without_cache"),
        ("bandwidth", "smaller_payload"),
        ("connections", "keep_alive_off"),
        ("ingress", "inside_and_outside"),
        ("unobserved", "static_answer"),
        ("own_resource", "more_room"),
        ("restart", None),
    ],
)
def test_one_that_is_not_sure_is_tested_alone(only: str, kind: str | None) -> None:
    """Against whatever was not seen."""
    found = experiment_for(NAMED, candidates(only))
    assert (None if found is None else found.kind) == kind


def test_what_is_sure_needs_no_test() -> None:
    """One candidate of high confidence; no limit; nothing measured."""
    assert experiment_for(NAMED, candidates("cpu_limit", confidence=Confidence.HIGH)) is None
    assert experiment_for(DiagnosisState.NO_LIMIT, candidates("no_limit")) is None
    assert experiment_for(DiagnosisState.NOT_MEASURED, []) is None


def test_a_sure_first_is_tested_against_a_second_only_where_a_test_parts_them() -> None:
    """The database beside a CPU needs one; scaling beside it does not."""
    sure = candidates("cpu_limit", confidence=Confidence.HIGH)
    found = experiment_for(NAMED, [*sure, *candidates("database")])
    assert found is experiments.REPLICAS
    assert experiment_for(NAMED, [*sure, *candidates("cpu_throttling")]) is None


def test_a_generator_at_its_limit_is_always_tested() -> None:
    """However sure it is, nothing is known of the service yet."""
    sure = candidates("generator", confidence=Confidence.HIGH)
    assert experiment_for(DiagnosisState.GENERATOR, sure) is experiments.GENERATOR


def test_without_a_candidate_a_static_answer_says_most() -> None:
    """It separates the code of the path from everything before it."""
    assert experiment_for(DiagnosisState.UNKNOWN, []) is experiments.STATIC


def test_every_test_is_told_in_both_languages() -> None:
    """No figure is missing from any of them, and their names are unique."""
    known = [one for one in vars(experiments).values() if isinstance(one, Experiment)]
    assert len({one.kind for one in known}) == len(known)
    for one in known:
        for sentence in (one.what, one.reading):
            assert sentence.text() == sentence.en
            assert sentence.text("zh") == sentence.zh


def test_only_classes_that_exist_are_tested() -> None:
    """A name that no class has would never be found."""
    named = {kind for group, against, _ in experiments._BETWEEN for kind in (*group, *against)}
    named |= set(experiments._ALONE)
    assert named <= {one.kind for one in CLASSES}
