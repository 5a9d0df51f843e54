"""What does the answer to a PromQL expression say about a quantity over a window?

Pure: answers or faults go in, a Reading comes out. The value is Prometheus's own; how many samples
it rests on and how old they are is counted from the series that the expression selects.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from capacity.model.resources import EmptyMeans, Expression, Quantity, Reading
from capacity.monitors.answers import Answer, Fault, FaultKind, Series
from capacity.monitors.members import Candidate, Known, Verdict, subject_of
from capacity.monitors.raw_samples import cut
from capacity.monitors.support import Support, support_of
from capacity.monitors.window import Window, fill_window

_NAME = "__name__"


@dataclass(frozen=True, slots=True)
class ExpressionAnswer:
    """What came back for an Expression: its vector at the window's end, and what it rests on.

    That is the raw samples of each selector; empty for a query that selects nothing.
    """

    vector: Answer | Fault
    rests_on: Mapping[str, Answer | Fault]


def evaluate_expression(
    quantity: Quantity, source: Expression, window: Window, answer: ExpressionAnswer, known: Known
) -> Reading:
    """Make the reading; `seen_late` is left to whoever knows when it was asked."""
    verdict = Verdict(quantity, window, fill_window(source.query, window), known)
    if isinstance(answer.vector, Fault):
        return verdict.error(answer.vector.detail)
    behind: list[Sequence[Series]] = []
    is_counted = bool(answer.rests_on)
    for part in answer.rests_on.values():
        if isinstance(part, Answer):
            behind.append([one for one in (cut(s, window) for s in part.series) if one.samples])
        elif part.kind is FaultKind.TOO_LARGE:
            is_counted = False
        else:
            return verdict.error(f"the value came, but not the samples behind it: {part.detail}")
    # A selector that finds nothing, such as errors of which there were none, takes nothing away.
    behind = [series for series in behind if series]
    values = [one for one in answer.vector.series if one.samples]
    if not values:
        return _empty(quantity, source, behind, known, verdict)
    if not is_counted:
        return verdict.uncounted([(subject_of(one.labels), one.samples[-1][1]) for one in values])
    if not behind:
        return verdict.no_sample()
    return verdict.read(_supported(values, behind), ())


def _empty(
    quantity: Quantity,
    source: Expression,
    behind: Sequence[Sequence[Series]],
    known: Known,
    verdict: Verdict,
) -> Reading:
    """No value; only what is known to be scraped, or was never seen, can be zero."""
    is_believed = bool(behind) if source.rests_on else not known.was_seen
    if quantity.empty_means is EmptyMeans.ZERO and is_believed:
        return verdict.zero()
    if quantity.empty_means is EmptyMeans.NO_LIMIT and not known.was_seen:
        return verdict.no_data("no series, as without a limit")
    if not behind:
        return verdict.no_sample()
    poorest = min((_support(series) for series in behind), key=lambda one: one.count)
    return verdict.no_value(poorest.count, poorest.spacing_s)


def _supported(
    values: Sequence[Series], behind: Sequence[Sequence[Series]]
) -> tuple[Candidate, ...]:
    """Each value with the samples of the poorest of its selectors."""
    found = [_by_labels(values, series) for series in behind]
    made: list[Candidate] = []
    for value in values:
        supports = [lookup(value) for lookup in found]
        gaps = [one.spacing_s for one in supports if one.spacing_s is not None]
        poorest = Support(
            count=min(one.count for one in supports),
            first_unix_s=max(one.first_unix_s for one in supports),
            last_unix_s=min(one.last_unix_s for one in supports),
            spacing_s=max(gaps, default=None),
        )
        made.append(Candidate(subject_of(value.labels), value.samples[-1][1], poorest))
    return tuple(made)


def _by_labels(values: Sequence[Series], series: Sequence[Series]) -> Callable[[Series], Support]:
    """A lookup from a value to the series with the same labels, as far as both have them."""
    common = set[str].intersection(*({*one.labels} - {_NAME} for one in (*values, *series)))
    names = sorted(common)

    def key(one: Series) -> tuple[str, ...]:
        return tuple(one.labels[name] for name in names)

    groups: dict[tuple[str, ...], list[Series]] = {}
    for one in series:
        groups.setdefault(key(one), []).append(one)
    supports = {labels: _support(group) for labels, group in groups.items()}
    whole = _support(series)
    return lambda value: supports.get(key(value), whole)


def _support(series: Sequence[Series]) -> Support:
    """The best of several series: a sum over pods lives as long as one of them."""
    best = max(series, key=lambda one: (len(one.samples), one.samples[-1][0]))
    return support_of([time for time, _ in best.samples])
