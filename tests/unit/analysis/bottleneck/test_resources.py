"""Does the table of resources name quantities that exist, and each thing once?"""

from capacity.analysis.bottleneck.catalogue import CLASSES
from capacity.analysis.bottleneck.resources import RESOURCE_BY_NAME, RESOURCES
from capacity.model.bottleneck import SubjectKind
from capacity.model.plan import KubernetesScope
from capacity.model.resources import Direction, Quantity
from capacity.presets import kubernetes, local_process
from capacity.presets.catalogue import PRESETS


def _quantities() -> dict[str, Quantity]:
    """Everything that can be read, by its name."""
    scope = KubernetesScope("shop", ("deploy/api",), ("pods",))
    found = [*kubernetes.quantities(scope), *local_process.quantities()]
    for preset in PRESETS.values():
        found += preset.quantities({})
    return {quantity.name: quantity for quantity in found}


def test_names_are_unique() -> None:
    """A name means one resource, and the table by name has all of them."""
    assert len(RESOURCE_BY_NAME) == len(RESOURCES)


def test_titles_are_in_both_languages() -> None:
    """No title is missing, and the Chinese one is not the English one."""
    for resource in RESOURCES:
        assert resource.title.en
        assert resource.title.zh
        assert resource.title.zh != resource.title.en


def test_quantities_exist() -> None:
    """What tells of a resource can be read; the generator's own are measured by the engine."""
    known = _quantities()
    asked = {name for one in RESOURCES for name in one.quantities}
    assert asked - set(known) == {"generator.cpu", "generator.loop_lag"}


def test_thresholds_are_in_the_unit_of_their_quantity() -> None:
    """A share is full at or below 1, whichever side is bad."""
    known = _quantities()
    for resource in RESOURCES:
        for tell in resource.tells:
            quantity = known.get(tell.quantity)
            if quantity is not None and quantity.unit.value == "%":
                assert tell.full_at is not None
                assert 0 < tell.full_at <= 1


def test_low_is_bad_of_two_only() -> None:
    """Of all that tells of a resource, hits of the cache and a server that is up may be low."""
    known = _quantities()
    low = {
        name
        for one in RESOURCES
        for name in one.quantities
        if name in known and known[name].direction is Direction.LOW_IS_BAD
    }
    assert low == {"postgresql.cache_hits", "postgresql.up"}


def test_first_quantity_says_when_it_is_full() -> None:
    """The saturation line of a chart is the one of the most telling quantity."""
    cpu = RESOURCE_BY_NAME["service_cpu"]
    assert cpu.full_at == 0.90
    assert cpu.subject is SubjectKind.SERVICE
    throttling = RESOURCE_BY_NAME["service_throttling"]
    assert throttling.quantities == ("throttle",)
    assert throttling.full_at == 0.10


def test_classes_and_resources_know_each_other() -> None:
    """A class looks at resources of the table only, and only classes that exist blame one."""
    looked_at = {name for one in CLASSES for name in one.looks_at}
    assert looked_at <= set(RESOURCE_BY_NAME)
    blaming = {kind for one in RESOURCES for kind in one.blamed_by}
    assert blaming <= {one.kind for one in CLASSES}


def test_what_a_class_names_it_looks_at() -> None:
    """Memory of three owners, and the buffers of a database beside its CPU."""
    looks_at = {one.kind: set(one.looks_at) for one in CLASSES}
    assert looks_at["memory"] == {"service_memory", "database_memory", "node_memory"}
    assert looks_at["database"] == {"database_cpu", "database_cache"}
