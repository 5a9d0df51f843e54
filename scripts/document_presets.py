"""What does docs/presets.md say? Run as `python -m scripts.document_presets > docs/presets.md`.

It is made of the presets alone, and a test holds the file against them.
"""

from collections.abc import Iterator, Sequence
from typing import assert_never

from capacity.model.plan import KubernetesScope
from capacity.model.resources import (
    Direction,
    EmptyMeans,
    Expression,
    Growth,
    Limit,
    Quantity,
    Reduction,
    Samples,
)
from capacity.presets import kubernetes, local_process
from capacity.presets.catalogue import PRESETS

_INTRODUCTION = """\
# Resources that can be read

Every name below can stand in a stop rule, such as `cpu > 85% over 20s` or
`postgresql.connections > 90%`. *Low* says that low values are bad; of several pods, instances or
devices the worst decides. *Empty* says what it means when no series is found: *no limit* that there
is nothing to be a share of, *no data* that nothing is known; neither is zero.

`$window` is the measured part of a step. *Growth*, *highest* and *lowest* are computed from the raw
samples in it: growth counts resets, and is not extended beyond the samples as by `rate()`, which is
low where exporters set time stamps of their own. Series that differ in other labels than those
named are one thing told twice, or one that went on under a new name; they are never added up. What
PromQL computes from several series at every second of the window begins with what was last known
before it, at most one scrape old.

This page is written by `python -m scripts.document_presets > docs/presets.md`.
"""
_EMPTY = {
    EmptyMeans.ZERO: "zero",
    EmptyMeans.NO_LIMIT: "no limit",
    EmptyMeans.NO_DATA: "no data",
}
_REDUCED = {
    Reduction.RATE: "growth per second of",
    Reduction.INCREASE: "growth of",
    Reduction.MAX: "highest of",
    Reduction.MIN: "lowest of",
    Reduction.LAST: "last of",
}
PODS = KubernetesScope("NAMESPACE", ("deploy/NAME",), ("PODS",))
_CHOSEN_BY = {
    "kubernetes": "`kubernetes: { namespace: NAMESPACE, workloads: [deploy/NAME] }`",
    "process": "`process: { port: 8080 }` or `process: { pid: 1234 }`, without Prometheus",
}


def document() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, *_section("kubernetes", kubernetes.quantities(PODS))]
    for word, preset in PRESETS.items():
        parts += _section(word, preset.quantities({}))
    parts += _section(local_process.PRESET, local_process.quantities())
    return "\n".join(parts)


def _section(word: str, quantities: Sequence[Quantity]) -> Iterator[str]:
    yield f"## {word}\n\nChosen by {_chosen_by(word)}.\n"
    yield "| name | unit | bad | what it is | empty |\n|---|---|---|---|---|"
    yield from map(_row, quantities)
    yield ""
    queries = [query for quantity in quantities for query in _query(quantity)]
    if queries:
        yield "\n".join(["```", *queries, "```\n"])


def _chosen_by(word: str) -> str:
    if word in _CHOSEN_BY:
        return _CHOSEN_BY[word]
    preset = PRESETS[word]
    options = " or ".join(f"`{option}`" for option in preset.options)
    alone = "at least one of them is needed" if preset.needs_option else "none means all of them"
    return f"`{word}:` with {options}, each a regular expression; {alone}"


def _row(quantity: Quantity) -> str:
    bad = "low" if quantity.direction is Direction.LOW_IS_BAD else ""
    cells = (
        f"`{quantity.name}`",
        quantity.unit.value,
        bad,
        quantity.meaning,
        _EMPTY[quantity.empty_means],
    )
    return f"| {' | '.join(cells)} |"


def _query(quantity: Quantity) -> Iterator[str]:
    match quantity.source:
        case Expression(query=query):
            yield f"{quantity.name} =\n  {query}"
        case Samples(selector=selector, reduction=reduction, group_by=group_by, share_of=whole):
            by = ", ".join(group_by)
            yield f"{quantity.name} = {_REDUCED[reduction]}\n  {selector}\n  by {by}"
            match whole:
                case Limit(query=query):
                    yield f"  / {query}"
                case Growth(selector=other):
                    yield f"  / growth at the same samples of\n  {other}"
                case None:
                    pass
                case _:
                    assert_never(whole)
        case None:
            pass
        case _:
            assert_never(quantity.source)


if __name__ == "__main__":
    print(document(), end="")
