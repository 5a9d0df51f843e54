"""Which keys may a profile have, and what kind of value does each take?

The file format only: grammar, ranges and what fits together are checked where the plan is built.
Every key is optional here, so that one reading finds all problems; the builder asks for the few
that a profile must have.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
)

from capacity.model.plan import Secret
from capacity.profile.problems import InputError, KeyPath


class NoValueError(ValueError):
    """A key stands there with nothing behind it."""


def _number_as_text(value: object) -> object:
    """Hand a bare number to the grammar, whose message names the missing unit."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _text_as_english(value: object) -> object:
    return {"en": value} if isinstance(value, str) else value


def _ladder(value: object, info: ValidationInfo) -> str | tuple[int, ...]:
    if isinstance(value, str):
        return value
    values = value if isinstance(value, list) else [value]
    if all(isinstance(item, int) and not isinstance(item, bool) for item in values):
        return tuple(values)
    raise InputError(
        f"{info.field_name} holds something that is not a whole number", "write it like [1, 2, 4]"
    )


def _body(value: object) -> str | Secret:
    if isinstance(value, str | Secret):
        return value
    raise InputError("a body is text", "put it in quotes, or write json: with keys below it")


def _stop_rule(value: object) -> object:
    """A rule as text is the short form of a mapping."""
    if isinstance(value, str):
        return {"rule": value}
    if isinstance(value, dict):
        return value
    raise InputError("a stop rule is text", 'put it in quotes, like "p99 > 250ms over 10s"')


def _entry(value: object) -> object:
    """An empty text stands for an entry that was of a wrong kind, and was complained of."""
    return {} if value == "" else value


def _query(value: object) -> object:
    """A query as text is the short form of a mapping."""
    return {"query": value} if isinstance(value, str) else value


QuantityText = Annotated[str, BeforeValidator(_number_as_text)]
LadderText = Annotated[str | tuple[int, ...], PlainValidator(_ladder)]


class Part(BaseModel):
    """A mapping of the file: unknown keys, wrong kinds and empty values are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _has_value(cls, value: object) -> object:
        if value is None:
            raise NoValueError
        return value


class DescriptionPart(Part):
    """`description`: for people; a plain text is English."""

    en: str | None = None
    zh: str | None = None


class TlsPart(Part):
    """`target.tls`: whose certificates are believed."""

    ca: str | None = None
    verify: bool | None = None


class TimeoutPart(Part):
    """`target.timeout`: deadlines of one request."""

    connect: QuantityText | None = None
    first_byte: QuantityText | None = None
    idle: QuantityText | None = None
    total: QuantityText | None = None


class TargetPart(Part):
    """`target`: where the load goes."""

    base_url: str | None = None
    tls: TlsPart = TlsPart()
    headers: dict[str, str] = {}
    timeout: TimeoutPart = TimeoutPart()


class FusesPart(Part):
    """`safety.fuses`: ceilings of the run."""

    concurrency: QuantityText | None = None
    requests: QuantityText | None = None
    duration: QuantityText | None = None


class SafetyPart(Part):
    """`safety`: which hosts may be loaded, and how far."""

    allow_hosts: list[str] = []
    fuses: FusesPart = FusesPart()


class RequestPart(Part):
    """`request` of a scenario: one request as data."""

    method: str | None = None
    path: str | None = None
    headers: dict[str, str] = {}
    body: Annotated[str | Secret, PlainValidator(_body)] | None = None
    json_body: Any = Field(default=None, alias="json")
    body_file: str | None = None


class ScenarioPart(Part):
    """One entry of `scenarios`: a request, or a function of a Python file."""

    request: RequestPart | None = None
    python: str | None = None
    success: str | None = None


class StepsPart(Part):
    """`steps`: the levels of load, how long each lasts, and what follows them."""

    concurrency: LadderText | None = None
    rate: LadderText | None = None
    arrivals: Literal["constant", "poisson"] | None = None
    max_in_flight: QuantityText | None = None
    settle: QuantityText | None = None
    hold: QuantityText | None = None
    hold_max: QuantityText | None = None
    min_requests: QuantityText | None = None
    refine: int | None = None
    precision: QuantityText | None = None
    budget: QuantityText | None = None
    recheck: bool | None = None
    verify: bool | None = None
    confirm: bool | None = None
    recovery: bool | None = None


class StopPart(Part):
    """One entry of `stop`: a rule, and what it means when a resource cannot be read."""

    rule: str | None = None
    on_missing: Literal["mark", "stop", "fail"] | None = None


class BasicPart(Part):
    """`monitor.prometheus.basic`: a user and the password."""

    user: str | None = None
    password: str | None = None


class ClientTlsPart(TlsPart):
    """`monitor.prometheus.tls`: whose certificates are believed, and which one is ours."""

    certificate: str | None = None
    key: str | None = None


class PrometheusPart(Part):
    """`monitor.prometheus`: where to ask, and as whom."""

    url: str | None = None
    headers: dict[str, str] = {}
    bearer: str | None = None
    bearer_file: str | None = None
    basic: BasicPart | None = None
    tls: ClientTlsPart = ClientTlsPart()
    proxy: str | None = None
    timeout: QuantityText | None = None
    every: QuantityText | None = None
    accept_partial: bool | None = None
    on_missing: Literal["mark", "stop", "fail"] | None = None


class KubernetesPart(Part):
    """`monitor.kubernetes`: the pods under test; without a choice all of the namespace."""

    namespace: str | None = None
    workloads: list[str] = []
    pods: str | None = None


class ProcessPart(Part):
    """`monitor.process`: a process of this machine."""

    pid: int | None = None
    port: int | None = None


class QueryPart(Part):
    """One entry of `monitor.queries`: a resource of the user's own, asked for in PromQL."""

    query: str | None = None
    unit: Literal["%", "s", "qps", "/s", "B", "B/s", "cores", "count", "number"] | None = None
    scope: Literal["service", "database", "cache", "ingress", "node", "process", "user"] | None = (
        None
    )
    direction: Literal["high_is_bad", "low_is_bad"] | None = None
    meaning: str | None = None
    empty: Literal["zero", "no_limit", "no_data"] | None = None


class BottleneckPart(Part):
    """One entry of `monitor.bottlenecks`: a resource that can run out, and how it shows."""

    name: str | None = None
    metric: str | None = None
    saturated_at: QuantityText | None = None
    grows: bool | None = None
    workload: str | None = None
    role: (
        Literal["service", "pool", "locks", "database", "cache", "ingress", "node", "downstream"]
        | None
    ) = None


class MonitorPart(Part):
    """`monitor`: what is read of the service's resources; presets name labels and their regex."""

    prometheus: PrometheusPart | None = None
    kubernetes: KubernetesPart | None = None
    process: ProcessPart | None = None
    postgresql: dict[str, str] | None = None
    redis: dict[str, str] | None = None
    ingress_nginx: dict[str, str] | None = Field(default=None, alias="ingress-nginx")
    node: dict[str, str] | None = None
    process_exporter: dict[str, str] | None = Field(default=None, alias="process-exporter")
    go: dict[str, str] | None = None
    jvm: dict[str, str] | None = None
    python: dict[str, str] | None = None
    queries: dict[str, Annotated[QueryPart, BeforeValidator(_query)]] = {}
    bottlenecks: list[Annotated[BottleneckPart, BeforeValidator(_entry)]] = []


class DemoServicePart(Part):
    """`demo_service`: the built-in service, started on the port of base_url for the run."""

    servers: int | None = None
    service_time: QuantityText | None = None


class ProfilePart(Part):
    """`profile`: where the service spends its time at the limit, and who tells it."""

    kind: Literal["pprof", "command"] | None = None
    url: str | None = None
    command: list[QuantityText] | None = None
    seconds: QuantityText | None = None


class LogPart(Part):
    """One entry of `logs`: a command whose output is kept when the climb has ended."""

    name: str | None = None
    command: list[QuantityText] | None = None


class ProfileFile(Part):
    """A whole profile."""

    version: int | None = None
    name: str | None = None
    description: Annotated[DescriptionPart, BeforeValidator(_text_as_english)] | None = None
    target: TargetPart = TargetPart()
    safety: SafetyPart = SafetyPart()
    scenarios: dict[str, ScenarioPart] | None = None
    steps: StepsPart = StepsPart()
    stop: list[Annotated[StopPart, BeforeValidator(_stop_rule)]] | None = None
    monitor: MonitorPart | None = None
    profile: ProfilePart | None = None
    logs: list[Annotated[LogPart, BeforeValidator(_entry)]] = []
    engine: Literal["native", "aiohttp"] | None = None
    threads: int | None = None
    source_addresses: list[str] = []
    demo_service: DemoServicePart | None = None


# Below these any name may stand.
_FREE_NAMES: frozenset[KeyPath] = frozenset({("scenarios",), ("monitor", "queries")})


def known_keys(path: KeyPath) -> tuple[str, ...]:
    """The keys that the mapping at this path may have; empty where any key may stand."""
    part: type[Part] = ProfileFile
    for depth, key in enumerate(path):
        if isinstance(key, int) or path[:depth] in _FREE_NAMES:
            continue
        fields = {field.alias or name: field for name, field in part.model_fields.items()}
        below = _part_in(fields[str(key)].annotation) if str(key) in fields else None
        if below is None:
            return ()
        part = below
    return tuple(field.alias or name for name, field in part.model_fields.items())


def _part_in(annotation: object) -> type[Part] | None:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    found = (_part_in(argument) for argument in get_args(annotation))
    return next((part for part in found if part is not None), None)
