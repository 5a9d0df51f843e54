"""What do two runs of one service over two paths tell of each other?

The first path is the longer one: through the edge, or to what the application does. The second is
straight to the service, or to an answer that costs it nothing. Missing is never zero: a time that
was not measured on either side has no difference.
"""

from dataclasses import dataclass
from enum import StrEnum

from capacity.model.confidence import Confidence
from capacity.model.findings import Capacity, Estimate, Knee, NoCapacity, NoKnee


class SecondRole(StrEnum):
    """What the second run left out: the edge in front of the service, or the application."""

    INSIDE = "inside"
    BASELINE = "baseline"


class PathVerdict(StrEnum):
    """Where the limit sits.

    ONLY_OUTSIDE: in what only the first path has. SHARED: in what both have. INSIDE_LESS: the
    second path carried less, so the two did not reach the same. NO_LIMIT: neither was driven to
    its limit. GENERATOR: it was the limit of a run, and the lower bounds do not decide.
    """

    ONLY_OUTSIDE = "only_outside"
    SHARED = "shared"
    INSIDE_LESS = "inside_less"
    NO_LIMIT = "no_limit"
    INCONCLUSIVE = "inconclusive"
    GENERATOR = "generator"


class Undecided(StrEnum):
    """Why nothing is concluded."""

    NO_CAPACITY = "no_capacity"
    NO_INTERVAL = "no_interval"
    NOT_DRIVEN = "not_driven"
    TOO_WIDE = "too_wide"


class PlanDifference(StrEnum):
    """In what else than the path two runs may differ, so that their numbers may differ by it.

    SAME_TARGET is the reverse: not even the path differs.
    """

    SAME_TARGET = "same_target"
    TARGET = "target"
    METHOD = "method"
    PATH = "path"
    BODY = "body"
    HEADERS = "headers"
    ANSWER_SIZE = "answer_size"
    ENGINE = "engine"
    ARRIVALS = "arrivals"
    LEVELS = "levels"
    HOLD = "hold"
    LIMITS = "limits"
    AGE = "age"

    @property
    def is_of_the_request(self) -> bool:
        """Whether it alone may explain another throughput."""
        return self in _OF_THE_REQUEST


_OF_THE_REQUEST = frozenset(
    {
        PlanDifference.SAME_TARGET,
        PlanDifference.METHOD,
        PlanDifference.PATH,
        PlanDifference.BODY,
        PlanDifference.ANSWER_SIZE,
        PlanDifference.ENGINE,
    }
)


@dataclass(frozen=True, slots=True)
class Unlike:
    """One thing in which the two runs differ, in short words for each."""

    what: PlanDifference
    outside: str
    inside: str


@dataclass(frozen=True, slots=True)
class PathTimes:
    """Times of a request, or what one path adds to them; None is not known.

    The first three are of the time to the last byte, which connecting is never in. The other four
    are means: connect and TLS are spread over all requests, so with connections that are kept they
    are near zero; first byte and transfer together are the mean.
    """

    mean_s: float | None = None
    p50_s: float | None = None
    p99_s: float | None = None
    connect_s: float | None = None
    tls_s: float | None = None
    first_byte_s: float | None = None
    transfer_s: float | None = None

    @property
    def setup_s(self) -> float | None:
        """Connect and TLS of a request, as far as both are known."""
        if self.connect_s is None or self.tls_s is None:
            return None
        return self.connect_s + self.tls_s

    @property
    def middle_s(self) -> float | None:
        """The median, or the mean where a source has no other."""
        return self.mean_s if self.p50_s is None else self.p50_s


@dataclass(frozen=True, slots=True)
class PathPoint:
    """One path at one level; interpolated ones lie between two levels that were measured."""

    level: float
    qps: float
    times: PathTimes
    is_interpolated: bool = False


@dataclass(frozen=True, slots=True)
class PathLevel:
    """Both paths at the same level, and what the first adds to the times of the second."""

    level: float
    outside: PathPoint
    inside: PathPoint
    added: PathTimes

    @property
    def whole_s(self) -> float | None:
        """A typical request of the first path, with connect and TLS where both sides know them."""
        return self._whole_s(self.outside.times)

    @property
    def base_s(self) -> float | None:
        """The same of the second path."""
        return self._whole_s(self.inside.times)

    @property
    def added_s(self) -> float | None:
        """What the first path adds to a typical request."""
        whole_s, base_s = self.whole_s, self.base_s
        return None if whole_s is None or base_s is None else whole_s - base_s

    @property
    def added_ratio(self) -> float | None:
        """The share of that in a request of the first path."""
        whole_s, added_s = self.whole_s, self.added_s
        return None if whole_s is None or added_s is None or whole_s <= 0 else added_s / whole_s

    @property
    def setup_ratio(self) -> float | None:
        """The share of connect and TLS in it."""
        whole_s, setup_s = self.whole_s, self.outside.times.setup_s
        is_known = self.added.setup_s is not None
        if not is_known or whole_s is None or setup_s is None or whole_s <= 0:
            return None
        return setup_s / whole_s

    def _whole_s(self, times: PathTimes) -> float | None:
        if times.middle_s is None:
            return None
        setup_s = None if self.added.setup_s is None else times.setup_s
        return times.middle_s if setup_s is None else times.middle_s + setup_s


@dataclass(frozen=True, slots=True)
class PathSide:
    """What one run says by itself.

    `ceiling` is the throughput of its capacity with the 90 % interval; with `is_bound` more was
    not tried or not possible, so it is a lower bound.
    """

    name: str
    capacity: Capacity | NoCapacity
    knee: Knee | NoKnee
    ceiling: Estimate | None
    is_bound: bool
    is_generator_limited: bool
    curve: tuple[PathPoint, ...]


@dataclass(frozen=True, slots=True)
class PathComparison:
    """Two paths to one service beside each other.

    `scale_ratio` is the ceiling of the second over that of the first. `added_ratio` is the share of
    a typical request that the first path adds at the lowest common level, `setup_ratio` that of
    connect and TLS in it. `is_rate`: the levels are planned starts a second.
    """

    role: SecondRole
    outside: PathSide
    inside: PathSide
    levels: tuple[PathLevel, ...]
    verdict: PathVerdict
    confidence: Confidence | None
    undecided: Undecided | None
    scale_ratio: Estimate | None
    added_ratio: float | None
    setup_ratio: float | None
    is_overhead: bool
    differences: tuple[Unlike, ...]
    is_rate: bool

    @property
    def has_medians(self) -> bool:
        """Whether both sources have medians; where one has none, means stand for both."""
        points = (*self.outside.curve, *self.inside.curve)
        return all(point.times.p50_s is not None for point in points)

    @property
    def unloaded(self) -> PathLevel | None:
        """The lowest level that both paths have."""
        return self.levels[0] if self.levels else None
