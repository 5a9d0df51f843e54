"""What of a step is the answer drawn from, wherever the step was read?

A step of our own run has all of it, a row of steps.csv most, a line of a .dat file three numbers.
What is not known is None or empty; it is never zero.
"""

from dataclasses import dataclass
from enum import StrEnum

from capacity.model.load import Load
from capacity.model.plan import Purpose
from capacity.model.resources import Reading
from capacity.model.rules import Judgement, RuleState
from capacity.model.snapshot import LatencySummary, Schedule


@dataclass(frozen=True, slots=True)
class Interval:
    """One interval of a hold: its length, the ok answers that ended in it, their mean TTLB.

    `mean_s` is None when no request that started in the hold ended well in the interval.
    """

    span_s: float
    ended_ok: int
    mean_s: float | None


class SteadyState(StrEnum):
    """Whether a hold was measured after the service had settled; UNKNOWN: too few intervals."""

    STEADY = "steady"
    DRIFTING = "drifting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How a hold went on. `cut_s` at its begin is left out of the curve (MSER).

    The drifts are the change from the begin to the end of what is left, by a straight line, as a
    share of its mean; None when there are too few intervals. `extended_s` is how much longer than
    planned the hold was.
    """

    state: SteadyState
    cut_s: float
    qps_drift_ratio: float | None
    latency_drift_ratio: float | None
    extended_s: float = 0.0


class Believed(StrEnum):
    """Why a step may or may not carry the answer."""

    YES = "yes"
    INVALID = "invalid"
    CUT_SHORT = "cut_short"
    NOT_STEADY = "not_steady"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Measured:
    """One step, reduced to what the answer needs. `qps` are good completions a second of hold.

    `judgements` are the last state of each rule. `believed` speaks of a step that broke no limit;
    `doubts` are its reasons in words. `is_usable` says whether the throughput may enter the curve.
    `judged` counts the requests that the success ratio rests on; `refused_ratio` is the share of
    status 429 among them. `schedule` has the planned starts of an open loop, `resources` what was
    read of the service over the whole hold. `steady_qps` and `qps_error_ratio` are the throughput
    after the cut and its relative standard error where a file tells them; where there are
    intervals, these do.
    """

    index: int
    load: Load
    purpose: Purpose
    hold_s: float | None
    qps: float | None
    intervals: tuple[Interval, ...]
    steadiness: Steadiness | None
    mean_s: float | None
    latency: LatencySummary | None
    success_ratio: float | None
    judged: int | None
    judgements: tuple[Judgement, ...]
    believed: Believed
    doubts: tuple[str, ...]
    is_usable: bool
    refused_ratio: float | None = None
    schedule: Schedule | None = None
    resources: tuple[Reading, ...] = ()
    steady_qps: float | None = None
    qps_error_ratio: float | None = None

    @property
    def breaches(self) -> tuple[Judgement, ...]:
        """The rules that were broken in this step."""
        return tuple(j for j in self.judgements if j.state is RuleState.BREACH)
