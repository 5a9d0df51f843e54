"""Tests of which resources were used up in the course of the climb."""

import pytest

from capacity.analysis.bottleneck.full import full_resources
from tests.unit.analysis.bottleneck.cases import Value, a_case
from tests.unit.analysis.bottleneck.curves import case_of, curve, with_generator


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ((0.2, 0.4, 0.7, 0.9, 0.9), ["service_cpu"]),
        ((0.2, 0.4, 0.7, 0.89, 0.89), []),
        ((None,) * 5, []),
    ],
    ids=["full", "nearly", "no data"],
)
def test_what_reached_its_threshold_is_full(values: tuple[Value, ...], names: list[str]) -> None:
    """No data is never full, and never empty."""
    assert [one.resource.name for one in full_resources(a_case({"cpu": values}))] == names


def test_what_was_full_all_along_is_background() -> None:
    """Others use a node as well."""
    assert full_resources(a_case({"node.cpu": (0.95,) * 5})) == ()


def test_the_generator_is_left_to_its_own_class() -> None:
    """However busy it is."""
    steps = curve(((1, 50.0), (2, 100.0), (4, 200.0)))
    busy = (steps[0], *(with_generator(step, 0.94) for step in steps[1:]))
    assert full_resources(case_of(busy)) == ()
