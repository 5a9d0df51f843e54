"""Which classes are in docs/bottlenecks.md? `python -m scripts.document_bottlenecks` writes them.

The tables are made of the catalogue and the docstrings of the classes alone, and a test holds the
page against them.
"""

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.catalogue import CLASSES
from capacity.analysis.bottleneck.resources import RESOURCE_BY_NAME, RESOURCES, Resource, Tell
from capacity.model.resources import Direction, Quantity
from capacity.presets import kubernetes, local_process
from capacity.presets.catalogue import PRESETS
from capacity.units import Unit
from scripts.document_presets import PODS

PAGE = Path("docs/bottlenecks.md")
BEGIN = "<!-- classes: begin; written by `python -m scripts.document_bottlenecks` -->"
END = "<!-- classes: end -->"
_QUESTION = re.compile(r"^Class(?:es)? [^:]+: ")
_TIERS = {
    Tier.GENERATOR: "before all others",
    Tier.ANSWERED: "plain words",
    Tier.SCORED: "",
    Tier.LAST_RESORT: "last resort",
    Tier.BESIDE: "beside",
}


def document(page: str) -> str:
    """The page with the tables as the catalogue is now."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has lost the lines that the tables stand between")
    return "\n".join([before + begin, "", *tables(CLASSES), "", end + after])


def tables(classes: Sequence[BottleneckClass]) -> Iterator[str]:
    """Classes in their order, then the resources that they look at."""
    yield "| no. | class | what is seen | rule and confidence | looks at |"
    yield "|---|---|---|---|---|"
    yield from (_class_row(one) for one in classes)
    yield ""
    yield "What tells of a resource, the most telling first, and from which value on it is full:"
    yield ""
    yield "| resource | quantities and thresholds | can be the cause as |"
    yield "|---|---|---|"
    yield from (_resource_row(one) for one in RESOURCES)


def _class_row(one: BottleneckClass) -> str:
    tier = _TIERS[one.tier]
    name = f"{one.title.en} (`{one.kind}`)" + (f"; {tier}" if tier else "")
    seen = _QUESTION.sub("", _prose(inspect.getmodule(one.judge)))
    titles = ", ".join(RESOURCE_BY_NAME[name].title.en for name in one.looks_at)
    cells = (one.number, name, _capitalised(seen), _prose(one.judge), titles or "the answers")
    return _row(cells)


def _resource_row(one: Resource) -> str:
    tells = ", ".join(_tell(tell) for tell in one.tells)
    return _row((one.title.en, tells, ", ".join(f"`{kind}`" for kind in one.blamed_by)))


def _tell(tell: Tell) -> str:
    if tell.full_at is None:
        return f"`{tell.quantity}`"
    quantity = _quantities().get(tell.quantity)
    if quantity is None:  # the generator tells of itself
        unit = Unit.SECONDS if tell.quantity.endswith("lag") else Unit.RATIO
        return f"`{tell.quantity}` {unit.show(tell.full_at)}"
    bad = " or less" if quantity.direction is Direction.LOW_IS_BAD else ""
    return f"`{tell.quantity}` {quantity.unit.show(tell.full_at)}{bad}"


def _quantities() -> dict[str, Quantity]:
    """Everything that can be read."""
    quantities = [*kubernetes.quantities(PODS), *local_process.quantities()]
    for preset in PRESETS.values():
        quantities += preset.quantities({})
    return {quantity.name: quantity for quantity in quantities}


def _prose(of: object) -> str:
    """A docstring as one line."""
    return " ".join((inspect.getdoc(of) or "").split())


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> int:
    """Write the page."""
    PAGE.write_text(document(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
