"""How is what was asked written, so that Prometheus and Grafana take it when it is pasted there?

Raw samples are read and reduced by the tool itself, which Prometheus does by a function: that may
come out a little lower or higher, as `rate()` extends what it has to the ends of its window.
"""

from collections.abc import Mapping

from capacity.model.bottleneck import Source
from capacity.model.resources import Growth, Limit, Reduction, Samples
from capacity.model.run import Run

_FUNCTIONS: Mapping[Reduction, str] = {
    Reduction.RATE: "rate",
    Reduction.INCREASE: "increase",
    Reduction.MAX: "max_over_time",
    Reduction.MIN: "min_over_time",
    Reduction.LAST: "last_over_time",
}


def pasted(source: Source, run: Run) -> str:
    """The query of a source as PromQL; what is no raw samples stands as it was sent."""
    monitor = run.plan.monitor
    for quantity in () if monitor is None else monitor.quantities:
        if isinstance(quantity.source, Samples):
            found = _reduced(quantity.source, source.query)
            if found is not None:
                return found
    return source.query


def _reduced(samples: Samples, query: str) -> str | None:
    """The text `SELECTOR[SPAN]`, or that ` / WHOLE`, as an expression; None if it is another's."""
    if not query.startswith(f"{samples.selector}["):
        return None
    span, _, rest = query.removeprefix(samples.selector).partition("]")
    own = _by_member(samples, _FUNCTIONS[samples.reduction], f"{samples.selector}{span}]")
    match samples.share_of:
        case None if not rest:
            return own
        case Limit() if rest.startswith(" / "):
            return f"{own}\n  / ({rest.removeprefix(' / ')})"
        case Growth(selector) if rest.startswith(f" / {selector}["):
            return f"{own}\n  / {_by_member(samples, 'increase', f'{selector}{span}]')}"
        case _:
            return None


def _by_member(samples: Samples, function: str, selector: str) -> str:
    """Series that differ in other labels are one thing told twice, and are never added up."""
    return f"max by ({', '.join(samples.group_by)}) ({function}({selector}))"
