"""What do raw samples of Prometheus say about a quantity over a window?

Pure: answers or faults go in, a Reading comes out. A value is clipped, left out or doubted only
with a word about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, isnan
from typing import assert_never

from capacity.model.resources import (
    Aspect,
    EmptyMeans,
    Growth,
    Limit,
    Quantity,
    Reading,
    Reduction,
    Samples,
)
from capacity.monitors.answers import Answer, Fault, Series
from capacity.monitors.members import Candidate, Known, Verdict, name_some, subject_of
from capacity.monitors.raw_samples import (
    by_member,
    cut,
    has_infinity,
    reduce_strand,
    standstills,
    strands,
)
from capacity.monitors.support import support_of
from capacity.monitors.window import HOUSEKEEPING_S, Window, fill_window, promql_duration
from capacity.units import format_ratio

# No container gets more CPU than its limit for long; what lies above is an error of sampling. More
# than it requests it may well get: such a share is information and no utilisation.
_MOST_CPU_RATIO = 1.05
_LIMIT_WORDS = {"cpu": "CPU", "mem": "memory"}


@dataclass(frozen=True, slots=True)
class SamplesAnswer:
    """What came back for a source of Samples: its own, and those of what it is a share of.

    `whole` is a vector at the window's end for a Limit, raw samples for a Growth, None for neither;
    `witness` is a vector, None if it was not asked for.
    """

    raw: Answer | Fault
    whole: Answer | Fault | None
    witness: Answer | Fault | None = None


@dataclass(frozen=True, slots=True)
class _Group:
    """One member: its name, its labels' values, its series inside the window."""

    subject: str
    key: tuple[str, ...]
    series: Sequence[Series]


def samples_text(source: Samples, window: Window) -> str:
    """What is asked for a source of Samples, in one line, as the result shows it."""
    span = f"[{promql_duration(window.length_s)}]"
    match source.share_of:
        case None:
            whole = ""
        case Limit(query):
            whole = f" / {fill_window(query, window)}"
        case Growth(selector):
            whole = f" / {selector}{span}"
        case _:
            assert_never(source.share_of)
    return f"{source.selector}{span}{whole}"


def evaluate_samples(
    quantity: Quantity, source: Samples, window: Window, answer: SamplesAnswer, known: Known
) -> Reading:
    """Make the reading; `seen_late` is left to whoever knows when it was asked."""
    verdict = Verdict(quantity, window, samples_text(source, window), known)
    if isinstance(answer.raw, Fault):
        return verdict.error(answer.raw.detail)
    if isinstance(answer.whole, Fault):
        return verdict.error(answer.whole.detail)
    if isinstance(answer.witness, Fault):
        return verdict.error(answer.witness.detail)
    whole = () if answer.whole is None else answer.whole.series
    witnessed = None if answer.witness is None else _members(answer.witness.series, source)
    return _evaluate(quantity, source, window, answer.raw.series, whole, witnessed, known, verdict)


def witness_query(source: Samples, whole: Answer | None) -> str | None:
    """What must be asked to tell a limit that is not set from one that is not known; None: nothing.

    Where a whole is counted like the value, both are missing without a limit.
    """
    is_missing = isinstance(source.share_of, Growth) or whole is None or not whole.series
    return source.witness if is_missing else None


def _members(series: Sequence[Series], source: Samples) -> Mapping[tuple[str, ...], str]:
    """The names of the members that have series, by their values of the labels."""
    groups = sorted(by_member(series, source.group_by).items())
    return {key: subject_of(_shared(group, source.group_by)) for key, group in groups}


def _evaluate(
    quantity: Quantity,
    source: Samples,
    window: Window,
    raw: Sequence[Series],
    whole: Sequence[Series],
    witnessed: Mapping[tuple[str, ...], str] | None,
    known: Known,
    verdict: Verdict,
) -> Reading:
    inside = [cut(one, window) for one in raw]
    bases = [cut(one, window) for one in whole] if isinstance(source.share_of, Growth) else None
    if has_infinity([*inside, *(bases or ())]):
        return verdict.error("there are infinite samples, which no value comes from")
    groups = [
        _Group(subject_of(_shared(series, source.group_by)), key, series)
        for key, series in sorted(by_member(inside, source.group_by).items())
    ]
    if not groups:
        return _empty(quantity, source, witnessed, known, verdict)
    if isinstance(source.share_of, Limit):
        return _share_of_limit(quantity, source, window, groups, whole, witnessed, verdict)
    made = [_candidate(group, source, window, bases) for group in groups]
    candidates = [one for one in made if one is not None]
    if not candidates:
        return verdict.no_data("what it is a share of has no sample at the same times")
    there = {group.key for group in groups}
    unlimited = [name for key, name in (witnessed or {}).items() if key not in there]
    notes = [f"no limit for {name_some(unlimited)}"] if unlimited else []
    return verdict.read(candidates, [*notes, *_doubts(source, window, groups)])


def _shared(series: Sequence[Series], group_by: tuple[str, ...]) -> Mapping[str, str]:
    return {name: series[0].labels.get(name, "") for name in group_by}


def _empty(
    quantity: Quantity,
    source: Samples,
    witnessed: Mapping[tuple[str, ...], str] | None,
    known: Known,
    verdict: Verdict,
) -> Reading:
    """No sample at all; what was seen before has gone, and is no zero."""
    # Where the limit is asked for by itself, it is not the limit that is missing here.
    is_told = known.was_seen or isinstance(source.share_of, Limit)
    if is_told or quantity.empty_means is EmptyMeans.NO_DATA:
        return verdict.no_sample()
    if quantity.empty_means is EmptyMeans.ZERO:
        return verdict.zero()
    if witnessed is None:
        return verdict.no_data("no series, as without a limit")
    if witnessed:
        return verdict.no_limit(f"no limit is set for {name_some([*witnessed.values()])}")
    return verdict.no_sample()


def _share_of_limit(
    quantity: Quantity,
    source: Samples,
    window: Window,
    groups: Sequence[_Group],
    limits: Sequence[Series],
    witnessed: Mapping[tuple[str, ...], str] | None,
    verdict: Verdict,
) -> Reading:
    """Divide by the limit that was valid at the window's end; the greatest one of duplicates."""
    limit_of: dict[tuple[str, ...], float] = {}
    for one in limits:
        key = tuple(one.labels.get(name, "") for name in source.group_by)
        for _, limit in one.samples[-1:]:
            if not isnan(limit):
                limit_of[key] = max(limit, limit_of.get(key, -inf))
    word = _LIMIT_WORDS.get(quantity.name, quantity.name)
    limited = [group for group in groups if group.key in limit_of]
    unlimited = [group.subject for group in groups if group.key not in limit_of]
    for group in limited:
        limit = limit_of[group.key]
        if not isfinite(limit) or limit <= 0:
            return verdict.error(
                f"the {word} limit of {group.subject} is {limit:g}, and nothing is a share of that"
            )
    if not limited:
        return _without_limit(word, groups, witnessed, verdict)
    notes = [f"no {word} limit for {name_some(unlimited)}"] if unlimited else []
    is_bounded = source.reduction is Reduction.RATE and quantity.aspect is Aspect.UTILISATION
    candidates: list[Candidate] = []
    clipped: list[tuple[float, str]] = []
    for group in limited:
        candidate = _candidate(group, source, window, None)
        if candidate is None or candidate.value is None:
            candidates += [] if candidate is None else [candidate]
            continue
        ratio = candidate.value / limit_of[group.key]
        if is_bounded and _MOST_CPU_RATIO < ratio < inf:
            clipped.append((ratio, group.subject))
            ratio = _MOST_CPU_RATIO
        candidates.append(replace(candidate, value=ratio))
    if clipped:
        ratio, subject = max(clipped)
        notes.append(
            f"{subject}: {format_ratio(ratio)} was read, which only sampling can make; "
            f"judged as {format_ratio(_MOST_CPU_RATIO)}"
        )
    return verdict.read(candidates, [*notes, *_doubts(source, window, limited)])


def _without_limit(
    word: str,
    groups: Sequence[_Group],
    witnessed: Mapping[tuple[str, ...], str] | None,
    verdict: Verdict,
) -> Reading:
    """No member has a limit, or who would tell of it is silent."""
    silent = [
        group.subject for group in groups if witnessed is not None and group.key not in witnessed
    ]
    if silent:
        return verdict.no_data(
            f"no {word} limit is known for {name_some(silent)}, nor anything else of whoever would "
            "tell it"
        )
    names = name_some([group.subject for group in groups])
    return verdict.no_limit(f"no {word} limit is set for {names}")


def _candidate(
    group: _Group, source: Samples, window: Window, bases: Sequence[Series] | None
) -> Candidate | None:
    """The member's value: of duplicates the largest one, but rather a live and a whole one."""
    made = [
        Candidate(
            group.subject,
            reduce_strand(strand, source.reduction),
            support_of(strand.times_unix_s),
        )
        for strand in strands(group.series, bases)
    ]

    def rank(one: Candidate) -> tuple[bool, bool, float]:
        value = -inf if one.value is None or isnan(one.value) else one.value
        return one.support.is_alive(window, None), one.support.is_enough(window), value

    return max(made, key=rank, default=None)


def _doubts(source: Samples, window: Window, groups: Sequence[_Group]) -> list[str]:
    """What makes a rate uncertain though it has samples enough."""
    if source.reduction is not Reduction.RATE:
        return []
    restamped = [
        group.subject for group in groups if any(map(standstills, strands(group.series, None)))
    ]
    if not restamped:
        return []
    return [
        f"{name_some(restamped)}: the same value was scraped twice while it grew, so samples carry "
        "the time of the scrape and not of the look; the value may be off by about "
        f"{format_ratio(min(1.0, HOUSEKEEPING_S / window.length_s))}"
    ]
