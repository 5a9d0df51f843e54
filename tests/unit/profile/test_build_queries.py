"""Tests of the user's own queries: what they become, and what is said about them."""

from pathlib import Path

import pytest

from capacity.model.resources import (
    Aspect,
    Direction,
    EmptyMeans,
    Expression,
    Quantity,
    ResourceScope,
)
from capacity.units import Unit
from tests.unit.profile.builders import SMALL, load, problems_of

PROMETHEUS = "monitor:\n  prometheus: { url: 'http://p:9090' }\n"


def with_queries(queries: str) -> str:
    """A profile with these queries, each on a line of its own from line 7 on."""
    lines = "".join(f"    {line}\n" for line in queries.splitlines())
    return f"{SMALL}{PROMETHEUS}  queries:\n{lines}"


def quantities(folder: Path, queries: str) -> tuple[Quantity, ...]:
    """What the plan asks for."""
    monitor = load(folder, with_queries(queries)).monitor
    assert monitor is not None
    return monitor.quantities


def test_a_query_alone_is_a_number_that_is_bad_when_high(tmp_path: Path) -> None:
    """The short form is the query; everything else has a default."""
    assert quantities(tmp_path, "waiting: ' sum(rate(x[$window])) '") == (
        Quantity(
            name="prom.waiting",
            unit=Unit.NUMBER,
            scope=ResourceScope.USER,
            aspect=Aspect.INFORMATION,
            direction=Direction.HIGH_IS_BAD,
            source=Expression("sum(rate(x[$window]))"),
            empty_means=EmptyMeans.NO_DATA,
            preset="queries",
            meaning="a query of the profile",
        ),
    )


def test_every_word_about_a_query_counts(tmp_path: Path) -> None:
    """Unit, scope, direction, meaning and what an empty answer says."""
    text = (
        "hits: { query: 'x', unit: '%', scope: cache, direction: low_is_bad, "
        "meaning: hit rate, empty: zero }"
    )
    (quantity,) = quantities(tmp_path, text)
    assert (quantity.unit, quantity.scope) == (Unit.RATIO, ResourceScope.CACHE)
    assert (quantity.direction, quantity.empty_means) == (Direction.LOW_IS_BAD, EmptyMeans.ZERO)
    assert (quantity.name, quantity.meaning) == ("prom.hits", "hit rate")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("a-b: x", "'a-b' is not a name for a query"),
        ("a: ''", "a query has 1 to 10000 characters"),
        ("a: {}", "the query is missing"),
        ("a: { unit: s }", "the query is missing"),
        ('a: "x\\u0007"', "the query holds a control character"),
        ("a: 'rate(x[$__rate_interval])'", "'$__rate_interval' means nothing here"),
        ("a: 'rate(x[${window}])'", "'${window}' means nothing here"),
        ("a: 'x{y=\"$z\"} + $z'", "'$z' means nothing here"),
        ('a: { query: x, meaning: "a\\nb" }', "a meaning has up to 200 printable characters"),
    ],
)
def test_refuses_what_cannot_be_asked(tmp_path: Path, query: str, message: str) -> None:
    """One slip gives one problem, and a variable of another tool is told."""
    assert [found for _, found in problems_of(tmp_path, with_queries(query))] == [message]


def test_a_dollar_inside_a_string_or_comment_is_none_of_ours(tmp_path: Path) -> None:
    """`label_replace` numbers its groups with dollars, and a rule may be written about them."""
    text = """a: 'label_replace(x, "a", "$1", "b", `(.*)$y`) # per $pod'"""
    (quantity,) = quantities(tmp_path, text)
    assert quantity.name == "prom.a"


@pytest.mark.parametrize(
    ("query", "range_text"),
    [
        ("rate(x[5m])", "[5m]"),
        ("max_over_time(x[1h:5m])", "[1h:5m]"),
        ("rate(x[$window])", None),
        ("max_over_time(x[$window:1s])", None),
        ('x{path="[5m]"} # [5m]', None),
    ],
)
def test_a_fixed_range_is_noted(tmp_path: Path, query: str, range_text: str | None) -> None:
    """Such a value mixes in what was before the step; the plan says so and goes on."""
    notes = load(tmp_path, with_queries(f"a: '{query}'")).notes
    expected = (
        f"{tmp_path}/shop.yaml:7:8: prom.a looks back over {range_text} whatever the step's "
        "length, so other steps or its settling are mixed in; write [$window]"
    )
    assert notes == (() if range_text is None else (expected,))
