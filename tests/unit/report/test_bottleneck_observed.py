"""Is what was seen of a run put in order, with nothing made up where nothing was read?"""

from dataclasses import replace

import pytest

from capacity.model.bottleneck import DiagnosisState, Figure, Movement
from capacity.model.resources import Aspect, OwnResource, ResourceRole, ResourceScope
from capacity.model.run import Run
from capacity.report.bottleneck_observed import Observed, overview
from capacity.units import Unit
from tests.unit.builders import a_curve, a_run, some_findings
from tests.unit.report.diagnosis_builders import (
    CPU as CPU_CANDIDATE,
)
from tests.unit.report.diagnosis_builders import MOVERS, POOL, a_diagnosis, a_sentence
from tests.unit.report.observed_builders import (
    CACHE,
    CPU,
    FEW_AT,
    HALF,
    LEVELS,
    MANY,
    MEMORY,
    NODE,
    RISING,
    THREAD,
    UNREAD_AT,
    a_read_run,
    over_the_curve,
)
from tests.unit.report.reading_builders import a_monitored_plan
from tests.unit.resource_builders import POD

CALM = a_diagnosis(state=DiagnosisState.UNKNOWN)


def seen_of(run: Run, **parts: object) -> list[Observed]:
    """What was seen, under a diagnosis with these parts."""
    findings = replace(some_findings(), diagnosis=replace(CALM, **parts))  # type: ignore[arg-type] # the fields of Diagnosis, by name
    return list(overview(run, findings).resources)


def test_a_resource_has_a_place_for_each_level() -> None:
    """Its worst member, whose that is, and whether few samples stand behind it."""
    cpu = seen_of(a_read_run(CPU))[0]

    assert (cpu.resource, cpu.quantity, cpu.full_at) == ("service_cpu", "cpu", 0.9)
    assert [value.value for value in cpu.values if value] == list(RISING)
    assert [value.subject for value in cpu.values if value] == [POD] * len(LEVELS)
    assert [place for place, value in enumerate(cpu.values) if value and value.has_few_samples] == [
        FEW_AT
    ]
    assert (cpu.worst, round(cpu.fullness, 3)) == (3, 1.089)


def test_what_was_not_read_is_none() -> None:
    """A level without a reading is a gap; the others stay."""
    memory = next(one for one in seen_of(a_read_run(MEMORY)) if one.quantity == "mem")

    assert [place for place, value in enumerate(memory.values) if value is None] == [UNREAD_AT]
    assert memory.worst == UNREAD_AT + 1


def test_events_that_did_not_happen_are_not_shown() -> None:
    """A row of zeros has nothing to look at; one restart has."""
    none, one = (
        tuple(
            replace(reading, aspect=Aspect.ERRORS)
            for reading in over_the_curve("restarts", values, unit=Unit.COUNT)
        )
        for values in ((0.0,) * 7, (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    )

    assert [seen.resource for seen in seen_of(a_read_run(none))] == []
    assert next(seen.resource for seen in seen_of(a_read_run(one))) == "service_restarts"


def test_pods_of_a_database_are_its_own() -> None:
    """The CPU of the database is not that of the service beside it."""
    database = over_the_curve("cpu", RISING, subject="shop/postgres-0/db")
    seen = {one.resource: one for one in seen_of(a_read_run(database, THREAD))}

    assert "service_cpu" not in seen
    assert seen["database_cpu"].quantity == "cpu"


def test_the_fullest_comes_first_where_nothing_is_named() -> None:
    """A cache is the nearer to its limit the lower its hits are."""
    names = [one.resource for one in seen_of(a_read_run(NODE, CACHE, CPU))]

    assert names == ["service_cpu", "database_cache", "node_cpu", "generator"]


def test_what_is_blamed_comes_first_then_what_moved() -> None:
    """The candidates' resources in their order, before anything that is fuller."""
    run = a_read_run(*MANY)
    late = replace(MOVERS[1], signal="node.cpu", movement=Movement.LATER)
    named = seen_of(run, candidates=(CPU_CANDIDATE,), movers=(late,))
    pool = seen_of(run, candidates=(POOL, CPU_CANDIDATE), movers=(MOVERS[0],))

    assert [one.resource for one in named][:3] == [
        "service_cpu",
        "node_cpu",
        "service_connection_pool",
    ]
    assert [one.resource for one in pool][:2] == ["service_connection_pool", "service_cpu"]
    assert [one.is_first_mover for one in pool][:3] == [False, True, False]


def test_a_quantity_of_several_moved_where_its_subject_did() -> None:
    """The CPU of the service was the first; that of the database, at ease, did not move."""
    calm = over_the_curve("cpu", HALF, subject="shop/postgres-0/db")
    both = tuple(
        replace(one, members=(*one.members, *other.members))
        for one, other in zip(CPU, calm, strict=True)
    )
    fact = a_sentence("{subject} is full", "{subject}", Figure("subject", POD))
    seen = seen_of(a_read_run(both), movers=(replace(MOVERS[0], fact=fact),))

    assert {one.resource: one.is_first_mover for one in seen} == {
        "service_cpu": True,
        "database_cpu": False,
        "generator": False,
    }


def test_a_resource_of_the_profile_is_one_of_them() -> None:
    """By its own name, with the value at which it is full there."""
    gpu = OwnResource("GPU ü", "prom.gpu", ResourceRole.SERVICE, full_at=0.95, grows=False)
    plan = a_monitored_plan()
    assert plan.monitor is not None
    run = replace(
        a_read_run(over_the_curve("prom.gpu", RISING, scope=ResourceScope.USER)),
        plan=replace(plan, monitor=replace(plan.monitor, bottlenecks=(gpu,))),
    )
    shown = seen_of(run)[0]

    assert (shown.resource, shown.title.text(), shown.full_at) == ("GPU ü", "GPU ü", 0.95)


@pytest.mark.parametrize(
    ("state", "names"),
    [(DiagnosisState.UNKNOWN, []), (DiagnosisState.GENERATOR, ["generator"])],
)
def test_the_generator_alone_is_shown_where_it_is_the_limit(
    state: DiagnosisState, names: list[str]
) -> None:
    """Without a monitor it says nothing about the service."""
    assert [one.resource for one in seen_of(a_run(), state=state)] == names


def test_a_generator_that_was_not_watched_is_not_shown() -> None:
    """Of a run without its numbers nothing is known."""
    bare = [replace(step, generator=None) for step in a_curve((1, 2))]

    assert seen_of(a_run(bare), state=DiagnosisState.GENERATOR) == []


def test_without_a_diagnosis_there_is_no_resource() -> None:
    """The steps are there all the same."""
    seen = overview(a_read_run(CPU), some_findings())

    assert (seen.resources, seen.levels) == ((), tuple(float(level) for level in LEVELS))


def test_fullness_is_not_known_without_a_limit() -> None:
    """A limit of nothing is none; hits of nothing are as bad as can be."""
    cpu, *_ = seen_of(a_read_run(CPU))
    hits = next(one for one in seen_of(a_read_run(CACHE)) if one.resource == "database_cache")
    none = tuple(None if value is None else replace(value, value=0.0) for value in hits.values)

    assert replace(cpu, full_at=None).fullness == 0.0
    assert replace(cpu, full_at=0.0).fullness == 0.0
    assert replace(hits, values=none).fullness == 1.0
