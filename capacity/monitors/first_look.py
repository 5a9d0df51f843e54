"""What does Prometheus know of each quantity now, before any load?

One look tells whether a rule can be judged at all: how many series, how far apart and how old their
samples are, whose they are and what their limits are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import assert_never

from capacity.model.resources import Expression, Growth, Limit, Quantity, Reduction, Samples
from capacity.monitors.answers import (
    Answer,
    ClockOffset,
    Fault,
    FaultKind,
    Prometheus,
    Series,
    is_of_server,
)
from capacity.monitors.crowd import crowd_query, narrowed, read_crowd
from capacity.monitors.evaluate_samples import witness_query
from capacity.monitors.members import Known, subject_of
from capacity.monitors.raw_samples import (
    Strand,
    by_member,
    cut,
    reduce_strand,
    standstills,
    strands,
)
from capacity.monitors.selectors import longest_fixed_range_s, rests_on
from capacity.monitors.window import Window, fill_window, greatest_age_s

# Long enough for ten samples of a slow scrape; the second try is for a busy Prometheus.
_LOOKS_BACK_S = (300.0, 60.0)
# Faults in a row after which the others need not be asked.
_FAULTS_TO_GIVE_UP = 2
_USUAL_SPACING_S = 15.0
_BUSY_CORES = 0.05
_TELLING_STANDSTILLS = 3


@dataclass(frozen=True, slots=True)
class QuantityLook:
    """What was found of one quantity; None is not known.

    `series_count` counts members that have a value or samples now; `limits` has what the values
    are shares of, by member. `fixed_range_s` is the longest range in a query that does not follow
    the window. With `has_too_many` its raw samples are more than is read of one answer.
    """

    quantity: Quantity
    fault: Fault | None
    series_count: int
    subjects: tuple[str, ...]
    spacing_s: float | None
    lag_s: float | None
    limits: Mapping[str, float] | None
    unlimited: tuple[str, ...]
    is_restamped: bool
    fixed_range_s: float
    has_too_many: bool = False

    @property
    def has_no_limit(self) -> bool:
        """Whether no member has the limit that the value would be a share of."""
        is_told = self.limits is not None or self.series_count == 0
        return bool(self.unlimited) and is_told and not self.limits


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What was found of a Prometheus and of each quantity."""

    version: str | None
    clock_offset: ClockOffset | Fault
    quantities: tuple[QuantityLook, ...]

    @property
    def offset_s(self) -> float | None:
        """What is added to this machine's clock; None when it could not be measured."""
        return None if isinstance(self.clock_offset, Fault) else self.clock_offset.offset_s

    @property
    def known(self) -> Mapping[str, Known]:
        """What the readings need to know of each quantity."""
        return {
            look.quantity.name: Known(
                look.spacing_s, look.lag_s, look.series_count > 0, look.has_too_many
            )
            for look in self.quantities
        }

    def spacings_s(self, names: Sequence[str]) -> tuple[float, ...]:
        """The spacings of the quantities that rules name; of all, when they name none."""
        chosen = [look for look in self.quantities if look.quantity.name in names]
        spacings = [look.spacing_s for look in chosen or self.quantities]
        return tuple(one for one in spacings if one is not None) or (_USUAL_SPACING_S,)


def first_look(
    prometheus: Prometheus, quantities: Sequence[Quantity], now_unix_s: float
) -> FirstLook:
    """Ask for each quantity once; `now_unix_s` is this machine's time."""
    clock_offset = prometheus.clock_offset()
    if isinstance(clock_offset, Fault):
        looks = tuple(_blind(quantity, clock_offset) for quantity in quantities)
        return FirstLook(None, clock_offset, looks)
    looker = _Looker(prometheus, now_unix_s + clock_offset.offset_s)
    looks = tuple(looker.look(one, one.source) for one in quantities if one.source is not None)
    return FirstLook(prometheus.version(), clock_offset, looks)


class _Looker:
    """Looks at quantities one after another; each selector is asked for once."""

    def __init__(self, prometheus: Prometheus, now_unix_s: float) -> None:
        self._prometheus = prometheus
        self._now_unix_s = now_unix_s
        self._samples: dict[str, Answer | Fault] = {}
        self._faults_in_row = 0
        self._last_fault: Fault | None = None

    def look(self, quantity: Quantity, source: Expression | Samples) -> QuantityLook:
        """Ask for one quantity; when nothing answers any more, say why at once."""
        if self._faults_in_row >= _FAULTS_TO_GIVE_UP and self._last_fault is not None:
            return _blind(quantity, self._last_fault)
        if isinstance(source, Samples):
            return self._look_at_samples(quantity, source)
        return self._look_at_expression(quantity, source)

    def _look_at_samples(
        self, quantity: Quantity, source: Samples, *, has_narrowed: bool = False
    ) -> QuantityLook:
        raw = self._ask_samples(source.selector)
        if isinstance(raw, Fault):
            return self._without(quantity, source, raw, has_narrowed=has_narrowed)
        whole = self._ask_whole(source)
        if isinstance(whole, Fault):
            return self._without(quantity, source, whole, has_narrowed=has_narrowed)
        series = _alive(raw.series, self._now_unix_s)
        subjects = {
            key: subject_of({name: group[0].labels.get(name, "") for name in source.group_by})
            for key, group in sorted(by_member(series, source.group_by).items())
        }
        limits: dict[str, float] | None = None
        unlimited: tuple[str, ...] = ()
        having: Mapping[tuple[str, ...], list[Series]] = {}
        if whole is not None:
            having = by_member(whole.series, source.group_by)
            unlimited = tuple(subjects[key] for key in subjects if key not in having)
        witness = self._ask_witness(source, whole)
        if isinstance(witness, Fault):
            return self._without(quantity, source, witness, has_narrowed=has_narrowed)
        if witness is not None:
            there = by_member(witness.series, source.group_by)
            unlimited = tuple(
                subject_of(dict(zip(source.group_by, key, strict=True)))
                for key in sorted(there)
                if key not in having and (key in subjects or not subjects)
            )
        if whole is not None and isinstance(source.share_of, Limit):
            limits = {
                subjects[key]: max(one.samples[-1][1] for one in group)
                for key, group in having.items()
                if key in subjects
            }
        return QuantityLook(
            quantity=quantity,
            fault=None,
            series_count=len(subjects),
            subjects=tuple(subjects.values()),
            spacing_s=_spacing_s(series),
            lag_s=_lag_s(series, self._now_unix_s),
            limits=limits,
            unlimited=unlimited,
            is_restamped=source.reduction is Reduction.RATE
            and any(_is_restamped(strand) for one in series for strand in strands([one], None)),
            fixed_range_s=0.0,
        )

    def _without(
        self, quantity: Quantity, source: Samples, fault: Fault, *, has_narrowed: bool
    ) -> QuantityLook:
        """Of more series than are read, the worst members; of any other fault only that."""
        if fault.kind is not FaultKind.TOO_LARGE or has_narrowed:
            return _blind(quantity, fault)
        query = crowd_query(quantity, source, self._window(_LOOKS_BACK_S[0]))
        told = self._noted(self._prometheus.vector(query, self._now_unix_s))
        if isinstance(told, Fault):
            return _blind(quantity, told)
        crowd = read_crowd(told)
        look = self._look_at_samples(quantity, narrowed(source, crowd), has_narrowed=True)
        count = max(crowd.present_count, look.series_count)
        return replace(look, series_count=count, has_too_many=True)

    def _look_at_expression(self, quantity: Quantity, source: Expression) -> QuantityLook:
        query = fill_window(source.query, self._window(_LOOKS_BACK_S[0]))
        vector = self._noted(self._prometheus.vector(query, self._now_unix_s))
        if isinstance(vector, Fault):
            return _blind(quantity, vector)
        spacings: list[float] = []
        lags: list[float] = []
        for selector in source.rests_on or rests_on(source.query):
            behind = self._ask_samples(selector)
            if isinstance(behind, Fault):
                return _blind(quantity, behind)
            spacing_s = _spacing_s(behind.series)
            lag_s = _lag_s(behind.series, self._now_unix_s)
            spacings += [] if spacing_s is None else [spacing_s]
            lags += [] if lag_s is None else [lag_s]
        return QuantityLook(
            quantity=quantity,
            fault=None,
            series_count=len(vector.series),
            subjects=tuple(sorted({subject_of(one.labels) for one in vector.series})),
            spacing_s=max(spacings, default=None),
            lag_s=max(lags, default=None),
            limits=None,
            unlimited=(),
            is_restamped=False,
            fixed_range_s=longest_fixed_range_s(source.query),
        )

    def _ask_whole(self, source: Samples) -> Answer | Fault | None:
        match source.share_of:
            case None:
                return None
            case Limit(query):
                query = fill_window(query, self._window(_LOOKS_BACK_S[0]))
                return self._noted(self._prometheus.vector(query, self._now_unix_s))
            case Growth(selector):
                return self._ask_samples(selector)
            case _:
                assert_never(source.share_of)

    def _ask_witness(self, source: Samples, whole: Answer | None) -> Answer | Fault | None:
        query = witness_query(source, whole)
        if query is None:
            return None
        return self._noted(self._prometheus.vector(query, self._now_unix_s))

    def _ask_samples(self, selector: str) -> Answer | Fault:
        """The samples of the last minutes; of fewer, when these are too many."""
        if selector not in self._samples:
            for back_s in _LOOKS_BACK_S:
                window = self._window(back_s)
                answer = self._noted(
                    self._prometheus.samples(selector, window.start_unix_s, window.end_unix_s)
                )
                if isinstance(answer, Answer):
                    answer = Answer(tuple(cut(one, window) for one in answer.series))
                elif answer.kind is FaultKind.TOO_LARGE:
                    continue
                break
            self._samples[selector] = answer
        return self._samples[selector]

    def _window(self, back_s: float) -> Window:
        return Window(self._now_unix_s - back_s, self._now_unix_s, back_s)

    def _noted(self, answer: Answer | Fault) -> Answer | Fault:
        if isinstance(answer, Fault) and is_of_server(answer):
            self._faults_in_row += 1
            self._last_fault = answer
        else:
            self._faults_in_row = 0
        return answer


def _blind(quantity: Quantity, fault: Fault) -> QuantityLook:
    """A quantity that could not be asked for."""
    return QuantityLook(
        quantity=quantity,
        fault=fault,
        series_count=0,
        subjects=(),
        spacing_s=None,
        lag_s=None,
        limits=None,
        unlimited=(),
        is_restamped=False,
        fixed_range_s=0.0,
    )


def _is_restamped(strand: Strand) -> bool:
    """Whether the kubelet's look is told as the scrape's; before the load most services are idle.

    A counter that hardly grows, or that paused between two runs, stood still by itself.
    """
    rate = reduce_strand(strand, Reduction.RATE) or 0.0
    return rate >= _BUSY_CORES and standstills(strand) >= _TELLING_STANDSTILLS


def _alive(series: Sequence[Series], now_unix_s: float) -> tuple[Series, ...]:
    """Without those that ended some minutes ago, such as pods of the run before."""
    spacing_s = _spacing_s(series)
    if spacing_s is None:
        return tuple(one for one in series if one.samples)
    oldest_unix_s = now_unix_s - greatest_age_s(spacing_s)
    return tuple(one for one in series if one.samples and one.samples[-1][0] >= oldest_unix_s)


def _spacing_s(series: Sequence[Series]) -> float | None:
    """The usual time between two samples of the same series."""
    gaps = [after[0] - before[0] for one in series for before, after in pairwise(one.samples)]
    return median(gaps) if gaps else None


def _lag_s(series: Sequence[Series], now_unix_s: float) -> float | None:
    """The age of the newest sample of all."""
    newest = [one.samples[-1][0] for one in series if one.samples]
    return now_unix_s - max(newest) if newest else None
