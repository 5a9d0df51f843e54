"""The selectors of every query that is shipped, found in two ways that have nothing in common."""

import re

import pytest

from capacity.model.plan import KubernetesScope
from capacity.model.resources import Expression
from capacity.monitors.selectors import longest_fixed_range_s, selectors
from capacity.presets import kubernetes
from capacity.presets.catalogue import PRESETS
from capacity.presets.kubernetes_watch import watch_queries

_SCOPE = KubernetesScope("shop", ("deploy/api",), ("api-.*",))
_QUANTITIES = (
    *kubernetes.quantities(_SCOPE),
    *(one for preset in PRESETS.values() for one in preset.quantities({})),
)
_QUERIES = {
    **{one.name: one.source.query for one in _QUANTITIES if isinstance(one.source, Expression)},
    **{f"watch of {name}": one.query for name, one in watch_queries(_SCOPE).items()},
}
_FUNCTION = re.compile(r"\b(?:\w+_over_time|histogram_quantile|group_left)\b")


@pytest.mark.parametrize("name", _QUERIES)
def test_every_metric_of_a_preset_is_found(name: str) -> None:
    """All metrics of presets have an underscore; nothing else outside braces and lists has."""
    query = _QUERIES[name]
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "", query)
    bare = re.sub(r"\{[^}]*\}|\b(?:by|without|on)\s*\([^)]*\)", "", bare)
    metrics = set(re.findall(r"\b[a-z]\w*_\w+\b", _FUNCTION.sub("", bare)))
    found = selectors(query)
    assert {one.text.partition("{")[0] for one in found} == metrics
    assert metrics
    assert all(one.text in query for one in found)


@pytest.mark.parametrize("name", _QUERIES)
def test_no_preset_looks_further_back_than_the_step(name: str) -> None:
    """Every range follows the window."""
    assert longest_fixed_range_s(_QUERIES[name]) == 0.0
