"""How does a test of the report get readings of several pods, and a run that has them?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from capacity.model.plan import (
    KubernetesScope,
    MonitorPlan,
    ProcessSource,
    RunPlan,
)
from capacity.model.resources import (
    Aspect,
    Change,
    ChangeKind,
    Direction,
    EmptyMeans,
    Expression,
    Quantity,
    Reading,
    ReadingState,
    ResourceScope,
)
from capacity.model.rules import Evidence, Judgement, Rule, RuleState
from capacity.units import Unit
from tests.monitors.sources import a_source
from tests.unit.builders import STARTED_AT_UNIX_S, a_plan
from tests.unit.resource_builders import (
    HOLD_END_UNIX_S,
    POD,
    a_member,
    a_resource_rule,
)
from tests.unit.resource_builders import a_reading as a_plain_reading

COOL_POD = "shop/api-b42/app"
SHARES = frozenset({"cpu", "mem"})
A_PROMETHEUS = a_source("http://127.0.0.1:9090")


def a_quantity(
    name: str = "cpu",
    unit: Unit = Unit.RATIO,
    *,
    aspect: Aspect = Aspect.UTILISATION,
    direction: Direction = Direction.HIGH_IS_BAD,
) -> Quantity:
    """A quantity that PromQL of its own name asks for."""
    return Quantity(
        name=name,
        unit=unit,
        scope=ResourceScope.SERVICE,
        aspect=aspect,
        direction=direction,
        source=Expression(f"query_of_{name.replace('.', '_')}"),
        empty_means=EmptyMeans.NO_DATA,
        preset="kubernetes",
        meaning=f"what {name} means",
    )


def a_monitored_plan(
    *quantities: Quantity,
    rules: Sequence[Rule] = (),
    plan: RunPlan | None = None,
    process: ProcessSource | None = None,
) -> RunPlan:
    """The plan of the other builders (or `plan`) that watches pods, with further rules."""
    base = a_plan() if plan is None else plan
    pods = None if process is not None else KubernetesScope("shop", ("deploy/api",), ("api-.*",))
    source = None if process is not None else A_PROMETHEUS
    monitor = MonitorPlan(source, process, pods, quantities)
    return replace(base, monitor=monitor, rules=(*base.rules, *rules))


def a_reading(
    name: str = "cpu",
    values: Mapping[str, float] | None = None,
    *,
    unit: Unit = Unit.RATIO,
    aspect: Aspect = Aspect.UTILISATION,
    direction: Direction = Direction.HIGH_IS_BAD,
    state: ReadingState | None = None,
    reason: str = "",
    over_s: float | None = None,
    sample_count: int | None = 12,
    may_stop: bool = True,
    seen_late: bool = False,
) -> Reading:
    """A reading of a hold; by default of one hot pod at 93 % and one at 61 %."""
    given = {POD: 0.93, COOL_POD: 0.61} if values is None else values
    reading = a_plain_reading(
        name=name,
        unit=unit,
        direction=direction,
        members=[a_member(value, who, sample_count=sample_count) for who, value in given.items()],
        state=state,
        reason=reason,
        over_s=over_s,
        may_stop=may_stop and bool(given),
        seen_late=seen_late,
    )
    return replace(reading, aspect=aspect)


CPU_RULE = a_resource_rule(over_s=20.0, text="cpu > 85% over 20s")


def a_resource_judgement(
    rule: Rule = CPU_RULE,
    state: RuleState = RuleState.BREACH,
    *,
    observed: float | None = 0.93,
    limit: float | None = 0.85,
    subject: str = POD,
    sample_count: int = 12,
    reason: str = "",
    seen_late: bool = False,
) -> Judgement:
    """A rule held against a reading; NO_DATA and ERROR drop their numbers."""
    if state in (RuleState.NO_DATA, RuleState.ERROR):
        observed = limit = None
        sample_count = 0
    return Judgement(
        rule,
        state,
        observed,
        limit,
        sample_count,
        HOLD_END_UNIX_S - 20.0,
        HOLD_END_UNIX_S,
        reason,
        Evidence(f"query_of_{rule.metric}", subject, 1.5, seen_late),
    )


def a_change(
    kind: ChangeKind = ChangeKind.RESTARTED,
    subject: str = POD,
    detail: str = "",
    *,
    after_s: float = 10.0,
) -> Change:
    """Something that happened to a pod, some seconds after the start of the run."""
    return Change(kind, subject, detail, STARTED_AT_UNIX_S + after_s)
