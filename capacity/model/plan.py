"""What is a run going to do? Everything that is decided before the first request."""

from dataclasses import dataclass
from enum import StrEnum

from capacity.model.hooks import LogPlan, ProfilePlan
from capacity.model.load import Ladder, Load
from capacity.model.resources import OwnResource, Quantity
from capacity.model.rules import Rule


class Secret:
    """Bytes that no output may show: its text forms are redacted, only `reveal` opens it."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    def reveal(self) -> bytes:
        """Return the content, for the engine alone."""
        return self._content

    def __len__(self) -> int:
        return len(self._content)

    def __repr__(self) -> str:
        return "[redacted]"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)


class TlsTrust(StrEnum):
    """Whose certificate authorities are believed."""

    SYSTEM = "system"
    CA_FILE = "ca_file"
    INSECURE = "insecure"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Deadlines of one request; the total also bounds the other three."""

    connect_s: float
    first_byte_s: float
    idle_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class Target:
    """Where the load goes. `origin` is `scheme://host:port` without user info."""

    scheme: str
    host: str
    port: int
    trust: TlsTrust
    ca_file: str | None
    timeouts: Timeouts

    @property
    def origin(self) -> str:
        """`scheme://host:port`, safe to show."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Header:
    """One request header; the value may carry a credential and is never shown."""

    name: str
    value: Secret


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as data. `path` is the origin form with its query; `shown_path` is masked."""

    method: str
    path: Secret
    shown_path: str
    headers: tuple[Header, ...]
    body: Secret | None


@dataclass(frozen=True, slots=True)
class PythonCall:
    """A scenario written as `async def function(client, row)` in a file."""

    file: str
    function: str
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one user does again and again; a status below `ok_below_status` is a success."""

    name: str
    call: HttpRequest | PythonCall
    ok_below_status: int


class EngineName(StrEnum):
    """Which engine makes the load."""

    NATIVE = "native"
    AIOHTTP = "aiohttp"


class Purpose(StrEnum):
    """Why a step is run.

    RECHECK measures once more what broke a limit or could not be believed; REFINE fills a gap;
    VERIFY is a longer hold at the answer; PROFILE repeats it while the service's code is watched,
    which may slow it down; CONFIRM plans starts at 90 % of its rate; RECOVERY is light load after
    the heavy one.
    """

    LADDER = "ladder"
    RECHECK = "recheck"
    REFINE = "refine"
    VERIFY = "verify"
    PROFILE = "profile"
    CONFIRM = "confirm"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One level of load: settle is thrown away, hold is measured.

    The hold goes on, at most up to `hold_max_s` (None: not at all), while it is not steady or has
    fewer than `min_requests` good answers.
    """

    index: int
    load: Load
    settle_s: float
    hold_s: float
    purpose: Purpose
    hold_max_s: float | None = None
    min_requests: int = 0


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """What a climb does beside the steps of its ladder; by these defaults nothing.

    `hold_max_s` and `min_requests` are those of every step. With `recheck` a limit must be broken
    twice at a load before it ends the climb, but for an emergency. `refine` is how many steps at
    most fill gaps, fewer when the 90 % interval of the knee becomes narrower than `precision_ratio`
    (high / low - 1). With `budget_s`, which nothing exceeds, steps are added while there is time.
    """

    hold_max_s: float | None = None
    min_requests: int = 0
    recheck: bool = False
    refine: int = 0
    precision_ratio: float | None = None
    budget_s: float | None = None
    verify: bool = False
    confirm: bool = False
    recovery: bool = False


@dataclass(frozen=True, slots=True)
class Fuses:
    """Ceilings that are always on; whichever is met first ends the run."""

    max_concurrency: int
    max_requests: int
    max_duration_s: float


@dataclass(frozen=True, slots=True)
class DemoService:
    """The built-in loopback service that a profile may ask to be started for its run."""

    servers: int
    service_time_s: float


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """A user name and its password, as the Authorization header takes them."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class PrometheusSource:
    """Where the monitor asks, and as whom. `url` has no user info and no slash at its end.

    At most one of `bearer`, `bearer_file` and `basic` is given; the file is read again when the
    server refuses its token. `every_s` None: the spacing of the samples decides.
    """

    url: str
    headers: tuple[Header, ...]
    bearer: Secret | None
    bearer_file: str | None
    basic: BasicAuth | None
    trust: TlsTrust
    ca_file: str | None
    client_certificate_file: str | None
    client_key_file: str | None
    proxy: str | None
    timeout_s: float
    every_s: float | None
    accept_partial: bool


@dataclass(frozen=True, slots=True)
class ProcessSource:
    """A process of this machine, by its id or by the TCP port that it listens on; one is None."""

    pid: int | None
    port: int | None


@dataclass(frozen=True, slots=True)
class KubernetesScope:
    """The pods under test: a namespace, and an anchored regular expression for each workload.

    `workloads` has the words of the profile, such as `deploy/gateway`, in the same order.
    """

    namespace: str
    workloads: tuple[str, ...]
    pod_patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MonitorPlan:
    """What is read of the service's resources, and where; at least one source is given.

    `quantities` are asked of Prometheus; what a process can tell is fixed. `bottlenecks` are the
    resources that the profile names itself, in its order.
    """

    prometheus: PrometheusSource | None
    process: ProcessSource | None
    kubernetes: KubernetesScope | None
    quantities: tuple[Quantity, ...]
    bottlenecks: tuple[OwnResource, ...] = ()


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The whole plan.

    `threads` None leaves the number to the engine (one per core); without `source_addresses` the
    kernel chooses where connections come from. `notes` say what in it had better be otherwise.
    """

    name: str
    target: Target
    scenario: Scenario
    engine: EngineName
    source_addresses: tuple[str, ...]
    threads: int | None
    ladder: Ladder
    settle_s: float
    hold_s: float
    rules: tuple[Rule, ...]
    fuses: Fuses
    allow_hosts: tuple[str, ...]
    demo_service: DemoService | None
    profile_sha256: str | None
    monitor: MonitorPlan | None = None
    notes: tuple[str, ...] = ()
    search: SearchPlan = SearchPlan()
    profiling: ProfilePlan | None = None
    logs: tuple[LogPlan, ...] = ()
