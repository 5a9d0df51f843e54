"""Is a diagnosis whole and free of contradictions, whatever a run looks like?"""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capacity.analysis.bottleneck.diagnosis import diagnose
from capacity.analysis.bottleneck.resources import RESOURCES
from capacity.model.bottleneck import Diagnosis, Movement, Sentence
from capacity.model.resources import ReadingState
from capacity.model.run import Step
from capacity.storage.bottleneck import encode_diagnosis
from tests.unit.analysis.bottleneck.cases import (
    CACHE_POD,
    DATABASE_POD,
    INGRESS_POD,
    case_of,
    reading_of,
)
from tests.unit.analysis.bottleneck.test_any_client_view import steps
from tests.unit.resource_builders import POD

QUANTITIES = sorted({name for one in RESOURCES[:-1] for name in one.quantities})
NAMES = {one.name for one in RESOURCES}
values = st.one_of(
    st.none(),
    st.sampled_from(ReadingState).filter(lambda state: state is not ReadingState.READ),
    st.floats(0.0, 1e12),
    st.dictionaries(
        st.sampled_from([POD, DATABASE_POD, CACHE_POD, INGRESS_POD, "a/{b}/c", "{"]),
        st.floats(0.0, 2.0),
        min_size=1,
    ),
)


def sentences_of(found: Diagnosis) -> Sequence[Sentence]:
    """Everything that is said."""
    claims = (*found.candidates, *found.accompanying)
    tested = () if found.experiment is None else (found.experiment.what, found.experiment.reading)
    return (
        *(one for claim in claims for one in (claim.title, *claim.evidence, claim.advice)),
        *(one for mover in found.movers for one in (mover.title, mover.fact)),
        *(one.title for one in found.exonerated),
        *(one for unseen in found.not_observed for one in (unseen.title, unseen.reason)),
        *tested,
    )


@given(
    run=st.lists(steps(), max_size=5),
    names=st.lists(st.sampled_from(QUANTITIES), max_size=6, unique=True),
    data=st.data(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_run_has_a_diagnosis(run: list[Step], names: list[str], data: st.DataObject) -> None:
    """Each resource is told at most once, what was not read is never cleared, and all is said."""
    made = tuple(
        replace(
            step,
            plan=replace(step.plan, index=index),
            resources=tuple(
                reading_of(
                    name, data.draw(values), sample_count=data.draw(st.sampled_from([None, 2, 6]))
                )
                for name in names
            ),
        )
        for index, step in enumerate(run)
    )
    case = case_of(made)
    found = diagnose(case.run, case.knee, case.capacity)

    cleared = [one.resource for one in found.exonerated]
    unseen = [one.resource for one in found.not_observed]
    assert len({*cleared, *unseen}) == len(cleared) + len(unseen)
    assert {*cleared, *unseen} <= NAMES
    for resource in RESOURCES[:-1]:
        if not set(resource.quantities) & set(names):
            assert resource.name not in cleared
    for sentence in sentences_of(found):
        assert sentence.text("en")
        assert sentence.text("zh")
        shown = [figure.value for figure in sentence.figures]
        assert all(isinstance(value, str) or isfinite(value) for value in shown)
    firsts = [one.level for one in found.movers if one.movement is Movement.FIRST]
    laters = [one.level for one in found.movers if one.movement is Movement.LATER]
    assert not (firsts and laters) or max(firsts) <= min(laters)
    assert len(set(firsts)) <= 1
    assert encode_diagnosis(found) is not None
