"""Does the cause go first, whatever the order in which the classes were asked?"""

from collections.abc import Sequence
from itertools import permutations

import pytest

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.ranking import ranked
from capacity.model.bottleneck import Candidate, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from tests.unit.analysis.bottleneck.cases import a_case

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
WORDS = Sentence("words", "词")


def a_candidate(
    kind: str,
    confidence: Confidence = HIGH,
    level: float | None = 4.0,
    *,
    is_used_up: bool | None = None,
) -> Candidate:
    """A candidate of which only the rank matters."""
    marks = Marks(is_used_up=is_used_up)
    subject = Subject(SubjectKind.SERVICE)
    return Candidate(kind, WORDS, subject, confidence, marks, (WORDS,), WORDS, level)


def a_class(tier: Tier, *candidates: Candidate) -> BottleneckClass:
    """A class that sees these."""
    return BottleneckClass(candidates[0].kind, "0", WORDS, tier, (), lambda _case: candidates)


def kinds(classes: Sequence[BottleneckClass]) -> tuple[list[str], list[str]]:
    """The kinds of the candidates in their order, and of what accompanies them."""
    first, beside = ranked(a_case({}), classes)
    return [one.kind for one in first], [one.kind for one in beside]


def test_a_generator_at_its_limit_takes_other_claims_away() -> None:
    """What the service has plainly answered is told beside it; what was only likely is not."""
    classes = [
        a_class(Tier.SCORED, a_candidate("cpu_limit")),
        a_class(Tier.ANSWERED, a_candidate("restart")),
        a_class(Tier.BESIDE, a_candidate("path_overhead")),
        a_class(Tier.GENERATOR, a_candidate("generator")),
    ]
    assert kinds(classes) == (["generator"], ["restart", "path_overhead"])


def test_a_sure_429_stands_beside_a_generator_at_its_limit() -> None:
    """What was accepted stayed constant while the total grew: that was not the generator."""
    generator = a_class(Tier.GENERATOR, a_candidate("generator"))
    sure = a_class(Tier.ANSWERED, a_candidate("rate_limit"))
    restart = a_class(Tier.ANSWERED, a_candidate("restart"))
    assert kinds([generator, sure, restart]) == (["rate_limit"], ["generator", "restart"])
    unsure = a_class(Tier.ANSWERED, a_candidate("rate_limit", MEDIUM))
    assert kinds([generator, unsure]) == (["generator"], ["rate_limit"])


def test_plain_answers_go_before_everything_that_was_scored() -> None:
    """A restart explains a CPU that is full, not the other way round."""
    classes = [
        a_class(Tier.SCORED, a_candidate("cpu_limit")),
        a_class(Tier.ANSWERED, a_candidate("restart", MEDIUM)),
    ]
    assert kinds(classes) == (["restart", "cpu_limit"], [])


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_surer_goes_first_and_of_equal_ones_what_moved_first(order: tuple[int, ...]) -> None:
    """Whatever moved later is likely a symptom; one without a level goes last."""
    seen = (
        a_class(Tier.SCORED, a_candidate("pool", HIGH, 2.0)),
        a_class(Tier.SCORED, a_candidate("redis", HIGH, 8.0)),
        a_class(Tier.SCORED, a_candidate("ingress", HIGH, None)),
        a_class(Tier.SCORED, a_candidate("disk", MEDIUM, 1.0)),
    )
    classes = [seen[place] for place in order]
    assert kinds(classes) == (["pool", "redis", "ingress", "disk"], [])


@pytest.mark.parametrize("kind", ["scaling", "imbalance"])
def test_replicas_explain_a_cpu_that_was_full_before(kind: str) -> None:
    """If they are as sure as it is; a guess explains nothing."""
    cpu = a_class(Tier.SCORED, a_candidate("cpu_limit", HIGH, 2.0))
    assert kinds([cpu, a_class(Tier.SCORED, a_candidate(kind))]) == ([kind, "cpu_limit"], [])
    unsure = a_class(Tier.SCORED, a_candidate(kind, MEDIUM))
    assert kinds([cpu, unsure]) == (["cpu_limit", kind], [])


def test_of_what_moved_together_the_catalogue_decides() -> None:
    """The CPU before one core before the pool that both make look full."""
    classes = [
        a_class(Tier.SCORED, a_candidate(kind)) for kind in ("cpu_limit", "one_core", "pool")
    ]
    assert kinds(classes) == (["cpu_limit", "one_core", "pool"], [])


def test_two_full_cpus_go_by_which_was_full_first() -> None:
    """The service's is surer, but the database's was full at half of the load."""
    service = a_candidate("cpu_limit", HIGH, 8.0, is_used_up=True)
    database = a_candidate("database", MEDIUM, 4.0, is_used_up=True)
    other = a_candidate("pool", HIGH, 16.0)
    classes = [a_class(Tier.SCORED, one) for one in (service, database, other)]
    assert kinds(classes) == (["database", "pool", "cpu_limit"], [])
    not_full = a_candidate("database", MEDIUM, 4.0, is_used_up=False)
    classes = [a_class(Tier.SCORED, one) for one in (service, not_full)]
    assert kinds(classes) == (["cpu_limit", "database"], [])


def test_a_last_resort_is_named_only_when_nothing_else_is() -> None:
    """No limit, or something that is not measured."""
    last = a_class(Tier.LAST_RESORT, a_candidate("unobserved", LOW))
    assert kinds([last]) == (["unobserved"], [])
    assert kinds([last, a_class(Tier.SCORED, a_candidate("pool", LOW))]) == (["pool"], [])


def test_what_accompanies_is_never_the_bottleneck() -> None:
    """The cost of the path is told beside, also when nothing else was seen."""
    path = a_class(Tier.BESIDE, a_candidate("path_overhead"))
    assert kinds([path]) == ([], ["path_overhead"])


def test_all_subjects_of_one_class_are_listed() -> None:
    """Two pods at their limit are two candidates."""
    pods = a_class(Tier.SCORED, a_candidate("cpu_limit", MEDIUM), a_candidate("cpu_limit", HIGH))
    first, _ = ranked(a_case({}), [pods])
    assert [one.confidence for one in first] == [HIGH, MEDIUM]
