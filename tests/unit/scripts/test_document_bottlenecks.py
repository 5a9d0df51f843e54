"""The page on bottlenecks lists the classes and resources that there are."""

from pathlib import Path

import pytest

from capacity.analysis.bottleneck.catalogue import CLASSES
from capacity.analysis.bottleneck.resources import RESOURCES
from scripts.document_bottlenecks import document, tables

PAGE = Path(__file__).parents[3] / "docs" / "bottlenecks.md"


def test_the_page_is_up_to_date() -> None:
    """After a change of a class: `python -m scripts.document_bottlenecks`."""
    page = PAGE.read_text(encoding="utf-8")

    assert document(page) == page


def test_each_class_and_each_resource_has_a_row() -> None:
    """With its number, its name, what is seen, its rule, and from where on it is full."""
    rows = list(tables(CLASSES))

    assert len([row for row in rows if row.startswith("| ")]) == len(CLASSES) + len(RESOURCES) + 2
    assert rows[2].startswith(
        "| 1 | CPU limit of the service (`cpu_limit`) | Does the service use all of the CPU "
    )
    assert "| cache of the database | `postgresql.cache_hits` 95% or less | `database` |" in rows
    assert any("`generator.cpu` 80%, `generator.loop_lag` 10ms" in row for row in rows)


def test_every_class_says_what_it_sees_and_how_sure_it_is() -> None:
    """The page is made of the docstrings: the question of the file, the rule of its judge."""
    cells = [row.split(" | ") for row in tables(CLASSES) if row.startswith("| ")]

    for number, name, seen, rule, _ in cells[1 : len(CLASSES) + 1]:
        assert "?" in seen, f"{number} {name}: the docstring of its file asks no question"
        assert rule, f"{number} {name}: its judge has no docstring"


def test_a_page_without_its_marks_is_refused() -> None:
    """Nothing is written over what people wrote."""
    with pytest.raises(ValueError, match="has lost the lines"):
        document("# Naming the bottleneck\n")
