"""What happened? Steps, the end of the run, and the events both are built from."""

from dataclasses import dataclass
from enum import StrEnum

from capacity.model.hooks import CodeProfile, LogTail
from capacity.model.measured import Interval, Steadiness
from capacity.model.plan import RunPlan, StepPlan
from capacity.model.resources import Asked, Change, MonitorFacts, Reading, ResourceNews
from capacity.model.rules import Judgement, RuleState
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureTrace,
    GeneratorLoad,
    LatencySummary,
    Schedule,
    Snapshot,
)


class Trust(StrEnum):
    """Whether a step may be believed."""

    VALID = "valid"
    SUSPECT = "suspect"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Validity:
    """The verdict on a step's measurement, with the reasons when it is not VALID."""

    trust: Trust
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stalls:
    """What a closed loop's percentiles hide: stretches in which nothing at all was completed.

    `gap_ratio` is the share of the hold inside gaps longer than five medians, `overlapping` how
    many requests were in flight across such a gap.
    """

    longest_gap_s: float
    gap_ratio: float
    overlapping: int


@dataclass(frozen=True, slots=True)
class LittlesLaw:
    """N = X * (R + G) over a hold: `expected` slots against the range that the sums allow.

    The range is as wide as the requests that crossed an edge of the hold make it.
    """

    expected: float
    low: float
    high: float

    @property
    def deviation_ratio(self) -> float:
        """How far outside the range the expected number lies, as a share of it; 0 inside."""
        if self.expected <= 0:
            return 0.0
        return max(self.low - self.expected, self.expected - self.high, 0.0) / self.expected


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step. `start_s` and `end_s` bound the hold on the engine's clock.

    `qps` is good completions inside the hold per second of hold; `counts` and the latencies
    belong to the requests that started inside the hold. `judgements` holds each rule's last state.
    `ended_early` is true when a rule, a fuse or the user cut the hold short. `running_ratio` is
    the achieved concurrency: mean running slots / planned ones. In an open loop the
    `latency` counts from the planned start, `service_latency` from the send and `send_lag` between
    the two; a closed loop has the `latency` alone. None is not known. `resources` are the latest
    readings over the whole hold, `changes` what happened to the service meanwhile. `intervals` are
    the hold in the order of time, empty when it was stored without them.
    """

    plan: StepPlan
    started_at_unix_s: float
    start_s: float
    end_s: float
    counts: Counts
    ended_ok: int
    ended_all: int
    latency: LatencySummary | None
    failed_latency: LatencySummary | None
    first_byte: LatencySummary | None
    connect: LatencySummary | None
    scenario_latency: LatencySummary | None
    scenario_failures: int
    latency_blob: bytes
    mean_in_flight: float | None
    connections: ConnectionCounts
    generator: GeneratorLoad | None
    judgements: tuple[Judgement, ...]
    validity: Validity
    ended_early: bool
    tls: LatencySummary | None = None
    transfer: LatencySummary | None = None
    fresh_latency: LatencySummary | None = None
    service_latency: LatencySummary | None = None
    send_lag: LatencySummary | None = None
    schedule: Schedule | None = None
    running_ratio: float | None = None
    stalls: Stalls | None = None
    littles_law: LittlesLaw | None = None
    failure_traces: tuple[FailureTrace, ...] = ()
    resources: tuple[Reading, ...] = ()
    changes: tuple[Change, ...] = ()
    intervals: tuple[Interval, ...] = ()
    steadiness: Steadiness | None = None

    @property
    def hold_s(self) -> float:
        """The measured length of the hold."""
        return self.end_s - self.start_s

    @property
    def qps(self) -> float:
        """Good completions per second of hold."""
        return self.ended_ok / self.hold_s if self.hold_s > 0 else 0.0

    @property
    def breaches(self) -> tuple[Judgement, ...]:
        """The rules that were broken in this step."""
        return tuple(j for j in self.judgements if j.state is RuleState.BREACH)


class EndReason(StrEnum):
    """Why the climb ended."""

    RULE = "rule"
    LADDER = "ladder"
    FUSE = "fuse"
    GENERATOR = "generator"
    TARGET_DOWN = "target_down"
    METRICS_LOST = "metrics_lost"
    BUDGET = "budget"
    INTERRUPTED = "interrupted"
    TERMINATED = "terminated"
    NOT_FINISHED = "not_finished"


@dataclass(frozen=True, slots=True)
class RunEnd:
    """Why the climb went no higher: reason, the sentence for people, and the rule if one decided.

    `step_index` is the step that decided; None when no single step did. Steps that refine and check
    the answer may follow it; what breaks those off takes its place.
    """

    reason: EndReason
    detail: str
    rule: str | None
    step_index: int | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the load came from and which versions made it."""

    capacity_version: str
    core_version: str
    engine: str
    engine_notes: tuple[str, ...]
    python_version: str
    platform: str
    cpu_count: int
    addresses: tuple[str, ...]
    monitors: tuple[MonitorFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run, finished or not: `end.reason` NOT_FINISHED marks one that was killed.

    `totals` counts every request of the run, settle and drain included. `profile` is None where
    none was asked for.
    """

    run_id: str
    started_at_unix_s: float
    plan: RunPlan
    environment: Environment
    steps: tuple[Step, ...]
    totals: Counts
    end: RunEnd
    profile: CodeProfile | None = None
    logs: tuple[LogTail, ...] = ()


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The plan is known and nothing has been sent yet."""

    plan: RunPlan
    environment: Environment
    started_at_unix_s: float


@dataclass(frozen=True, slots=True)
class StepStarted:
    """The next level of load begins."""

    plan: StepPlan
    total_steps: int


class Phase(StrEnum):
    """Which part of a step an interval belongs to."""

    SETTLE = "settle"
    HOLD = "hold"
    DRAIN = "drain"


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    """One interval was measured; `judgements` is empty outside the hold."""

    step_index: int
    phase: Phase
    snapshot: Snapshot
    judgements: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class RuleFired:
    """A rule was broken for the first time in a step."""

    step_index: int
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step is complete: all of its requests have ended or were cut."""

    step: Step


@dataclass(frozen=True, slots=True)
class ResourcesRead:
    """A monitor has told something about a step."""

    news: ResourceNews


@dataclass(frozen=True, slots=True)
class ReadingsAwaited:
    """Nothing is measured now: readings of this step are still to come, within `longest_s`."""

    step_index: int
    asked: Asked
    longest_s: float


@dataclass(frozen=True, slots=True)
class StepReassessed:
    """A finished step, built anew with what was read late; it takes the place of the former one."""

    step: Step


@dataclass(frozen=True, slots=True)
class ProfileTaken:
    """A profile of the service's code came or failed; `content` is what to keep of it as it is."""

    profile: CodeProfile
    content: bytes


@dataclass(frozen=True, slots=True)
class LogTaken:
    """A command for logs has ended; `content` is its output without secrets."""

    log: LogTail
    content: bytes


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The climb is over."""

    end: RunEnd
    totals: Counts


Event = (
    RunStarted
    | StepStarted
    | SnapshotTaken
    | ResourcesRead
    | ReadingsAwaited
    | RuleFired
    | StepFinished
    | StepReassessed
    | ProfileTaken
    | LogTaken
    | RunFinished
)
