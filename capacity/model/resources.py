"""What did the service feel? Quantities of its resources, and readings of them over a window.

A Quantity says how to ask, a Reading what came back. Times are in Unix seconds of the clock of
whoever has the samples (Prometheus's own, or this machine's for a local process).
"""

from dataclasses import dataclass
from enum import StrEnum

from capacity.units import Unit


class ResourceScope(StrEnum):
    """Whose resource it is."""

    SERVICE = "service"
    DATABASE = "database"
    CACHE = "cache"
    INGRESS = "ingress"
    NODE = "node"
    PROCESS = "process"
    USER = "user"


class Aspect(StrEnum):
    """What a resource's number tells (the USE method: utilisation, saturation, errors)."""

    UTILISATION = "utilisation"
    SATURATION = "saturation"
    ERRORS = "errors"
    INFORMATION = "information"


class Direction(StrEnum):
    """Which side is bad, and therefore which of several members is the worst."""

    HIGH_IS_BAD = "high_is_bad"
    LOW_IS_BAD = "low_is_bad"


class EmptyMeans(StrEnum):
    """What it says when a query finds no series."""

    ZERO = "zero"
    NO_LIMIT = "no_limit"
    NO_DATA = "no_data"


class Reduction(StrEnum):
    """How the raw samples of one series become one value.

    RATE and INCREASE are the growth of a counter with its resets; RATE is divided by the time
    between the first and the last sample.
    """

    RATE = "rate"
    INCREASE = "increase"
    MAX = "max"
    MIN = "min"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Expression:
    """PromQL, evaluated at the window's end; `$window` in it is the window's length.

    `rests_on` are the series selectors whose samples tell count and age; empty: those in the query.
    """

    query: str
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """What a value is a share of: PromQL, one series for each group of the samples."""

    query: str


@dataclass(frozen=True, slots=True)
class Growth:
    """What a counter's growth is a share of: the growth of another counter at the same samples."""

    selector: str


@dataclass(frozen=True, slots=True)
class Samples:
    """Raw samples of a selector inside the window, reduced here and not by PromQL.

    Series that differ only in labels outside `group_by` are duplicates, or one counter that went on
    under a new name; they are never added up. `witness` selects what whoever tells a member's limit
    tells of every member: only if that is there, a limit that is not there is none.
    """

    selector: str
    reduction: Reduction
    group_by: tuple[str, ...]
    share_of: Limit | Growth | None = None
    witness: str | None = None


# A member needs so many samples in a window before its value may end a run.
STOPPING_SAMPLES = 4
# The preset of a quantity that the profile has written itself.
OWN_QUERIES = "queries"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number about a resource: what it is called, how it is asked for, what it means.

    `name` is what rules call it: `cpu`, `redis.memory`, `prom.waiting`. `preset` says where it
    comes from. A `source` of None is read by the monitor itself, from a process.
    """

    name: str
    unit: Unit
    scope: ResourceScope
    aspect: Aspect
    direction: Direction
    source: Expression | Samples | None
    empty_means: EmptyMeans
    preset: str
    meaning: str

    def reading(
        self,
        state: "ReadingState",
        reason: str,
        query: str,
        *,
        span_unix_s: tuple[float, float],
        over_s: float | None,
        members: tuple["Member", ...] = (),
        may_stop: bool = False,
        doubtful: tuple["Member", ...] = (),
    ) -> "Reading":
        """What was read of it from one time to another."""
        return Reading(
            name=self.name,
            unit=self.unit,
            scope=self.scope,
            aspect=self.aspect,
            direction=self.direction,
            state=state,
            reason=reason,
            query=query,
            over_s=over_s,
            window_start_unix_s=span_unix_s[0],
            window_end_unix_s=span_unix_s[1],
            members=members,
            may_stop=may_stop,
            seen_late=False,
            doubtful=doubtful,
        )


class ResourceRole(StrEnum):
    """What part of the system a resource that the profile names belongs to."""

    SERVICE = "service"
    POOL = "pool"
    LOCKS = "locks"
    DATABASE = "database"
    CACHE = "cache"
    INGRESS = "ingress"
    NODE = "node"
    DOWNSTREAM = "downstream"


@dataclass(frozen=True, slots=True)
class OwnResource:
    """A resource that the profile names: the quantity that tells of it, and how it shows.

    It is full at `full_at`, in the quantity's base unit; one that `grows` has no such value and is
    waited for once it leaves what it was at the first load. One of the two is given. Of pods only
    those that match `pod_pattern` count, which is made of `workload`; None for all.
    """

    name: str
    quantity: str
    role: ResourceRole
    full_at: float | None
    grows: bool
    workload: str | None = None
    pod_pattern: str | None = None


class ReadingState(StrEnum):
    """READ has a value; NO_DATA was asked in vain; ERROR could not be asked, or only in part.

    NO_LIMIT is known to have none of what it would be a share of: nothing is missing.
    """

    READ = "read"
    NO_LIMIT = "no_limit"
    NO_DATA = "no_data"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Member:
    """The value of one pod, instance or thread, and the samples it rests on; None is not known.

    `age_s` is the time from the newest sample to the window's end; `coverage_ratio` the share of
    the window between the first and the last sample.
    """

    subject: str
    value: float
    sample_count: int | None
    age_s: float | None
    coverage_ratio: float | None


@dataclass(frozen=True, slots=True)
class Population:
    """What is known of all members of a reading that lists its worst ones only."""

    member_count: int
    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One quantity over one window: of a step's whole steady part, or its last `over_s` seconds.

    Without a value `members` is empty and `reason` says why in words. `may_stop` is false when the
    samples are too few or cover too little for a decision; `reason` then says so. `seen_late` marks
    a window that was asked again after its samples had had time to arrive. `query` is what was
    sent. `population` is None when `members` are all there are. `doubtful` are other members, with
    too few samples to be judged beside those: none may stop a run, or pass as inside a limit.
    """

    name: str
    unit: Unit
    scope: ResourceScope
    aspect: Aspect
    direction: Direction
    state: ReadingState
    reason: str
    query: str
    over_s: float | None
    window_start_unix_s: float
    window_end_unix_s: float
    members: tuple[Member, ...]
    may_stop: bool
    seen_late: bool
    population: Population | None = None
    doubtful: tuple[Member, ...] = ()

    @property
    def member_count(self) -> int:
        """How many members there are, listed or not."""
        return len(self.members) if self.population is None else self.population.member_count

    @property
    def worst(self) -> Member | None:
        """The member that decides."""
        if not self.members:
            return None
        choose = max if self.direction is Direction.HIGH_IS_BAD else min
        return choose(self.members, key=lambda member: member.value)

    @property
    def mean(self) -> float | None:
        """The mean over all members."""
        if not self.members:
            return None
        if self.population is not None:
            return self.population.mean
        return sum(member.value for member in self.members) / len(self.members)

    @property
    def spread(self) -> float | None:
        """The largest value less the smallest one."""
        if not self.members:
            return None
        if self.population is not None:
            return self.population.spread
        values = [member.value for member in self.members]
        return max(values) - min(values)


class ChangeKind(StrEnum):
    """What can happen to the service under a step."""

    POD_JOINED = "pod_joined"
    POD_LEFT = "pod_left"
    RESTARTED = "restarted"
    OOM_KILLED = "oom_killed"
    SCALED = "scaled"
    IMAGE_CHANGED = "image_changed"
    LIMIT_CHANGED = "limit_changed"
    PROCESS_ENDED = "process_ended"


@dataclass(frozen=True, slots=True)
class Change:
    """What was different at the end of a step than at its start; `detail` has from and to."""

    kind: ChangeKind
    subject: str
    detail: str
    seen_at_unix_s: float


class Asked(StrEnum):
    """When a step's readings were taken: inside the hold, at its end, or once more later."""

    DURING = "during"
    AT_END = "at_end"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class ResourceNews:
    """What a monitor has found out about one step since it was asked last."""

    step_index: int
    asked: Asked
    readings: tuple[Reading, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class MonitorFacts:
    """What is known of a monitor before any load; None is not known.

    `source` is safe to show. `clock_offset_s` is added to this machine's clock to have the
    monitor's; `spacing_s` is the usual time between two samples, `lag_s` the age of the newest.
    """

    source: str
    version: str | None
    clock_offset_s: float | None
    spacing_s: float | None
    lag_s: float | None
    subjects: tuple[str, ...]
    notes: tuple[str, ...]
