"""Which limits can end the climb, and what does each metric mean?

A new metric of our own is one row of METRICS (and its test); what the service feels has names of
its own, given by the monitor's quantities.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf, log2
from typing import assert_never

from capacity.model.snapshot import Counts, LatencySummary, Schedule
from capacity.units import Unit


class Scope(StrEnum):
    """When a metric is judged.

    WINDOW metrics every second inside a step, STEP metrics when it has finished, RESOURCE metrics
    whenever a monitor has read them: inside the step, at its end and once more later.
    """

    WINDOW = "window"
    STEP = "step"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class WindowStats:
    """The sliding window a rule sees: the last seconds of the step's own hold, nothing else."""

    start_s: float
    end_s: float
    counts: Counts
    ended_ok: int
    latency: LatencySummary | None
    schedule: Schedule | None = None

    @property
    def span_s(self) -> float:
        """Length of the window."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class StepRate:
    """The two numbers of a finished step that growth is computed from."""

    level: float
    qps: float


def gain_per_doubling(before: StepRate, after: StepRate) -> float | None:
    """Growth of QPS per doubling of the load: (X2 / X1) ** (1 / log2(N2 / N1)) - 1.

    The exponent makes narrow and wide steps mean the same. None when there was no throughput
    before or the load did not rise.
    """
    if before.qps <= 0 or after.level <= before.level:
        return None
    doublings = log2(after.level / before.level)
    try:
        return float((after.qps / before.qps) ** (1 / doublings)) - 1
    except OverflowError:  # levels side by side, and hardly any throughput at the lower one
        return inf


@dataclass(frozen=True, slots=True)
class Metric:
    """A name, its unit, when it is judged, its formula in words and its value in a window.

    `rests_on_timing` says that a busy generator alone can break a rule on it. `sample_count` says
    how many requests the value rests on. `value` returns None when the window cannot answer; a
    metric of scope STEP has no window value.
    """

    name: str
    unit: Unit
    scope: Scope
    rests_on_timing: bool
    formula: str
    value: Callable[[WindowStats], float | None]
    sample_count: Callable[[WindowStats], int]


# The one metric that only planned starts have.
DROPPED_RATE = "dropped_rate"

_OK_TTLB = "time to last byte of ok requests"


def _judged(window: WindowStats) -> int:
    return window.counts.judged


def _good(window: WindowStats) -> int:
    return window.latency.count if window.latency is not None else 0


def _error_rate(window: WindowStats) -> float | None:
    success = window.counts.success_ratio
    return None if success is None else 1 - success


def _refused_rate(window: WindowStats) -> float | None:
    refused = window.counts.statuses.get(429, 0)
    return refused / window.counts.judged if window.counts.judged else None


def _planned(window: WindowStats) -> int:
    return 0 if window.schedule is None else window.schedule.planned


def _dropped_rate(window: WindowStats) -> float | None:
    schedule = window.schedule
    if schedule is None or schedule.planned == 0:
        return None
    return schedule.dropped_no_slot / schedule.planned


def _qps(window: WindowStats) -> float | None:
    return window.ended_ok / window.span_s if window.span_s > 0 else None


def _latency(name: str, formula: str, pick: Callable[[LatencySummary], float | None]) -> Metric:
    def value(window: WindowStats) -> float | None:
        return None if window.latency is None else pick(window.latency)

    return Metric(
        name,
        Unit.SECONDS,
        Scope.WINDOW,
        rests_on_timing=True,
        formula=formula,
        value=value,
        sample_count=_good,
    )


_ROWS = (
    Metric(
        "error_rate",
        Unit.RATIO,
        Scope.WINDOW,
        rests_on_timing=False,
        formula="failures of target and network / (ok + those failures)",
        value=_error_rate,
        sample_count=_judged,
    ),
    Metric(
        "refused_rate",
        Unit.RATIO,
        Scope.WINDOW,
        rests_on_timing=False,
        formula="answers with status 429 / (ok + failures of target and network)",
        value=_refused_rate,
        sample_count=_judged,
    ),
    Metric(
        DROPPED_RATE,
        Unit.RATIO,
        Scope.WINDOW,
        rests_on_timing=True,
        formula="starts that found every slot waiting for an answer / planned starts",
        value=_dropped_rate,
        sample_count=_planned,
    ),
    Metric(
        "qps",
        Unit.QPS,
        Scope.WINDOW,
        rests_on_timing=True,
        formula="ok answers per second",
        value=_qps,
        sample_count=lambda window: window.ended_ok,
    ),
    Metric(
        "gain",
        Unit.RATIO,
        Scope.STEP,
        rests_on_timing=True,
        formula="growth of QPS per doubling of the load against the step before",
        value=lambda _: None,
        sample_count=lambda _: 0,
    ),
    _latency("mean", f"mean {_OK_TTLB}", lambda s: s.mean_s),
    _latency("p50", f"50th percentile of the {_OK_TTLB}", lambda s: s.p50_s),
    _latency("p90", f"90th percentile of the {_OK_TTLB}", lambda s: s.p90_s),
    _latency("p95", f"95th percentile of the {_OK_TTLB}", lambda s: s.p95_s),
    _latency("p99", f"99th percentile of the {_OK_TTLB}", lambda s: s.p99_s),
    _latency("p999", f"99.9th percentile of the {_OK_TTLB}", lambda s: s.p999_s),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ROWS}

# Percentiles that at most one request in ten lies above, as quantiles.
HIGH_PERCENTILES: Mapping[str, float] = {"p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}


class Comparison(StrEnum):
    """How the observed value is held against the limit."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="

    def holds(self, observed: float, limit: float) -> bool:
        """Whether `observed OP limit` is true, that is: whether the rule fires."""
        match self:
            case Comparison.ABOVE:
                return observed > limit
            case Comparison.AT_LEAST:
                return observed >= limit
            case Comparison.BELOW:
                return observed < limit
            case Comparison.AT_MOST:
                return observed <= limit
            case _:
                assert_never(self)


@dataclass(frozen=True, slots=True)
class Absolute:
    """A limit in the metric's unit (ratio, seconds or QPS)."""

    value: float


@dataclass(frozen=True, slots=True)
class TimesFirst:
    """A limit as a multiple of the same metric in the first valid step."""

    factor: float


class Action(StrEnum):
    """STOP ends the ladder; MARK only notes the breach."""

    STOP = "stop"
    MARK = "mark"


class OnMissing(StrEnum):
    """What it means for the run when a step's resource rule could not be judged to the end.

    MARK the step as suspect, STOP the climb, or FAIL: stop it with an exit code of its own.
    """

    MARK = "mark"
    STOP = "stop"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit. `over_s` is the sliding window, `for_steps` the finished steps it must hold.

    A WINDOW rule has an `over_s`, a STEP rule has None there; a RESOURCE rule without it is judged
    over the whole steady part of the step only. `text` is the rule as written. `resource_unit` is
    the unit of a monitor's quantity, None for a metric of our own.
    """

    metric: str
    comparison: Comparison
    limit: Absolute | TimesFirst
    over_s: float | None
    for_steps: int
    min_samples: int
    action: Action
    text: str
    resource_unit: Unit | None = None
    on_missing: OnMissing = OnMissing.MARK

    @property
    def scope(self) -> Scope:
        """When the rule is judged."""
        return METRICS[self.metric].scope if self.resource_unit is None else Scope.RESOURCE

    @property
    def unit(self) -> Unit:
        """The unit of its value and its limit."""
        return METRICS[self.metric].unit if self.resource_unit is None else self.resource_unit

    @property
    def is_limit(self) -> bool:
        """Whether it is about what a load does to callers or resources, and so bounds the capacity.

        A rule on growth only says that more load is of no use.
        """
        return self.scope is not Scope.STEP

    @property
    def precedence(self) -> int:
        """Of rules broken at the same time the one with the lowest number names the end.

        Errors come first, what else callers felt second, resources last.
        """
        if self.scope is Scope.RESOURCE:
            return 2
        return 0 if self.metric == "error_rate" else 1

    @property
    def rests_on_timing(self) -> bool:
        """Whether a busy generator alone can break it."""
        return self.resource_unit is None and METRICS[self.metric].rests_on_timing


class RuleState(StrEnum):
    """What is known of a rule in one window; NO_DATA and ERROR are neither OK nor a breach.

    NO_DATA was asked and nothing usable came; ERROR could not be asked, or only in part.
    """

    OK = "ok"
    BREACH = "breach"
    NO_DATA = "no_data"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the judgement of a RESOURCE rule rests on, beside its value and window.

    `subject` is the pod or instance that decided, `age_s` the age of its newest sample at the
    window's end. The judgement's window is then in Unix seconds of the monitor's clock. With
    `has_no_limit` the rule is about a share of a limit that nobody has set.
    """

    query: str
    subject: str
    age_s: float | None
    seen_late: bool
    has_no_limit: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """One rule held against one window: its state, and the numbers the state rests on.

    `observed` and `limit` are None only in states NO_DATA and ERROR, or where a file does not tell
    them; then `reason` says why.
    """

    rule: Rule
    state: RuleState
    observed: float | None
    limit: float | None
    sample_count: int
    window_start_s: float
    window_end_s: float
    reason: str
    evidence: Evidence | None = None

    @property
    def has_no_limit(self) -> bool:
        """Whether the rule is about a share of a limit that nobody has set."""
        return self.evidence is not None and self.evidence.has_no_limit

    @property
    def is_lost(self) -> bool:
        """Whether a rule on a resource that matters is unknown for want of data.

        A rule that only marks may go without; so may one that cannot be judged because its resource
        has no limit, unless it must be judged. A multiple of the first step has no limit in that
        step, but its value is known all the same.
        """
        rule = self.rule
        may_go_without = rule.action is Action.MARK or self.has_no_limit
        if may_go_without and rule.on_missing is OnMissing.MARK:
            return False
        is_unknown = self.state in (RuleState.NO_DATA, RuleState.ERROR)
        return is_unknown and rule.scope is Scope.RESOURCE and self.observed is None
