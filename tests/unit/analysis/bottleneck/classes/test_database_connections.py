"""Are used-up connections of a database told from a pool that simply holds its own?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.database_connections import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind
from tests.unit.analysis.bottleneck.cases import Value, a_case, case_of, steps_with
from tests.unit.resource_builders import POD

FULL: Mapping[str, Sequence[Value]] = {
    "postgresql.user_connections": [0.1, 0.3, 0.97, 1.0, 1.0],
    "postgresql.connections": [0.09, 0.25, 0.83, 0.85, 0.85],
}


def failing(steps: Sequence[Step], place: int, ratio: float) -> tuple[Step, ...]:
    """The steps, from one on with answers that failed."""
    return tuple(
        replace(
            step,
            counts=replace(
                step.counts,
                failures={FailureKind.HTTP_STATUS: round(ratio * step.counts.ok)},
            ),
        )
        if index >= place
        else step
        for index, step in enumerate(steps)
    )


def test_all_connections_in_use_and_answers_that_fail_is_high() -> None:
    """As when each request opens one."""
    (found,) = judge(case_of(failing(steps_with(FULL), 3, 0.25)))
    assert (found.confidence, found.subject.kind, found.first_level) == (
        Confidence.HIGH,
        SubjectKind.DATABASE,
        4.0,
    )
    assert [sentence.text() for sentence in found.evidence] == [
        f"100% of the connections that {POD} has for users were in use at 8 concurrent",
        "20% of the answers were failures at 8 concurrent",
    ]


def test_without_failures_it_is_medium() -> None:
    """Callers may wait for one, and that is all."""
    (found,) = judge(a_case(FULL))
    assert (found.confidence, len(found.evidence)) == (Confidence.MEDIUM, 1)


def test_the_exporter_that_is_refused_speaks_beside_it() -> None:
    """It needs a connection as well."""
    (found,) = judge(a_case({**FULL, "postgresql.up": [1, 1, 1, 0, 0]}))
    assert (
        f"the exporter of {POD} was refused by the database at 8 concurrent, and was not before"
        == found.evidence[-1].text()
    )


def test_the_exporter_alone_is_low() -> None:
    """It may have other reasons."""
    (found,) = judge(a_case({"postgresql.up": [1, 1, 1, 0, 0]}))
    assert (found.confidence, found.first_level) == (Confidence.LOW, 8.0)


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({}, id="never asked"),
        pytest.param({"postgresql.connections": [None] * 5}, id="no data"),
        pytest.param({"postgresql.connections": [0.1, 0.3, 0.94, 0.94, 0.94]}, id="just below"),
        pytest.param({"postgresql.connections": [0.96] * 5}, id="background: a pool"),
        pytest.param({"postgresql.up": [0, 0, 0, 0, 0]}, id="never up"),
        pytest.param({"postgresql.up": [0, 1, 0, 1, 0]}, id="not up at first"),
        pytest.param({"postgresql.up": [0.5, 0, 0, 0, 0]}, id="half up at first"),
        pytest.param({"postgresql.up": [1, 1, 1, 1, 1]}, id="always up"),
    ],
)
def test_nothing_is_named_otherwise(resources: Mapping[str, Sequence[Value]]) -> None:
    """They must get used up with the load."""
    assert judge(a_case(resources)) == ()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples do not make it sure."""
    (found,) = judge(case_of(failing(steps_with(FULL, sample_count=3), 3, 0.25)))
    assert found.confidence is Confidence.MEDIUM


def test_levels_without_any_answer_have_no_failures() -> None:
    """A share of nothing is none."""
    steps = [
        replace(step, counts=replace(step.counts, ok=0, failures={})) for step in steps_with(FULL)
    ]
    (found,) = judge(case_of(steps))
    assert len(found.evidence) == 1
