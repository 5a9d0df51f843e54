"""Is what the service felt at the capacity told: the worst pod, the spread, what is missing?"""

from dataclasses import replace
from pathlib import Path

import pytest

from capacity.model.findings import Capacity, Findings, LimitKind, NoCapacity, NoCapacityReason
from capacity.model.load import ClosedLoop
from capacity.model.resources import (
    OWN_QUERIES,
    Aspect,
    ChangeKind,
    Direction,
    Reading,
    ReadingState,
)
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, Run, RunEnd, Step
from capacity.report.incidents import changes_sentence
from capacity.report.texts import Language
from capacity.report.verdict import verdict_lines
from capacity.report.verdict_resources import resource_lines
from capacity.units import Unit
from tests.unit.builders import CAPACITY, P99_RULE, a_curve, a_judgement, a_run, some_findings
from tests.unit.report.reading_builders import (
    COOL_POD,
    CPU_RULE,
    a_change,
    a_monitored_plan,
    a_quantity,
    a_reading,
    a_resource_judgement,
)
from tests.unit.resource_builders import POD

GUARDED = replace(CAPACITY, limited_by=CPU_RULE.text, limit_kind=LimitKind.RESOURCE)


def watched(*readings: Reading, last: tuple[Reading, ...] = ()) -> Run:
    """The default curve; the step at 8 concurrent, its capacity, has these readings."""
    steps = [
        replace(step, resources=readings) if step.plan.load == ClosedLoop(8) else step
        for step in a_curve()
    ]
    steps[-1] = replace(steps[-1], resources=last)
    return a_run(steps, plan=a_monitored_plan(rules=[CPU_RULE]))


def lines(run: Run, findings: Findings | None = None) -> tuple[str, ...]:
    """The block in English."""
    return resource_lines(run, findings or some_findings(), Language.EN)


def test_the_worst_member_decides_and_the_others_stand_beside_it() -> None:
    """Judged ones first, then the usual; one that stands out is said to."""
    run = watched(
        a_reading("mem", {POD: 0.5}),
        a_reading("throttle", {POD: 0.31, COOL_POD: 0.03}),
        a_reading(),
    )

    assert lines(run) == (
        "at 8 concurrent",
        "  cpu       93% of the limit at shop/api-7f9/app, 12 samples; mean 77% of 2, 32% apart",
        "  throttle  31% at shop/api-7f9/app, 12 samples; mean 17% of 2, 28% apart; "
        "uneven: the worst is 1.8x the mean",
        "  mem       50% of the limit at shop/api-7f9/app, 12 samples",
    )


def test_members_that_are_alike_are_not_told_apart() -> None:
    """Half a percent between two pods is nothing to look at; nor are two idle ones."""
    run = watched(
        a_reading("mem", {POD: 0.0795, COOL_POD: 0.0794}),
        a_reading("throttle", {POD: 0.0, COOL_POD: 0.0}),
    )

    assert [line.rsplit("; ", 1)[1] for line in lines(run)[1:]] == ["all 2 alike"] * 2


def test_own_queries_are_told_without_a_rule_on_them() -> None:
    """With their value or with what is missing; of a preset's other numbers neither."""
    why = "no series has a sample in the step of 6s"
    run = watched(
        a_reading("prom.hits", {"": 0.4}, aspect=Aspect.INFORMATION),
        a_reading("pod.cores", {POD: 0.4}, aspect=Aspect.INFORMATION),
        a_reading("prom.nothing", {}, reason=why),
    )
    own = (replace(a_quantity(name), preset=OWN_QUERIES) for name in ("prom.hits", "prom.nothing"))
    plan = a_monitored_plan(*own, a_quantity("pod.cores"), rules=[CPU_RULE])

    assert lines(replace(run, plan=plan))[1:] == (
        "  prom.hits     40%, 12 samples",
        f"  prom.nothing  no data: {why}",
    )


def test_a_value_that_may_not_stop_says_why() -> None:
    """And what hold it would need, in the words of whoever read it."""
    why = "3 samples, 4 are needed; hold >= 60 s"
    weak = a_reading(values={POD: 0.97}, may_stop=False, sample_count=3, reason=why)

    assert lines(watched(weak))[1:] == (
        f"  cpu  ~97% of the limit at shop/api-7f9/app, 3 samples; {why}",
    )


def test_few_of_what_should_be_many_is_not_uneven() -> None:
    """Where low is bad the worst is below the mean."""
    ready = a_reading(
        "r", {POD: 1.0, COOL_POD: 5.0}, unit=Unit.COUNT, direction=Direction.LOW_IS_BAD
    )

    assert lines(watched(ready))[1].endswith(
        "1 at shop/api-7f9/app, 12 samples; mean 3 of 2, 4 apart"
    )


def test_without_a_limit_cores_and_share_of_the_request() -> None:
    """There is no share of a limit that nobody set, and that is said."""
    no_limit = a_reading(values={}, state=ReadingState.NO_LIMIT, reason="no CPU limit is set")
    cores = a_reading("pod.cores", {POD: 0.43}, unit=Unit.CORES, aspect=Aspect.INFORMATION)
    request = a_reading("pod.cpu_of_request", {POD: 0.86}, aspect=Aspect.INFORMATION)
    told = "not judged: no CPU limit; 0.43 cores at shop/api-7f9/app, 12 samples"

    assert lines(watched(no_limit, cores, request))[1:] == (f"  cpu  {told}, 86% of the request",)
    assert lines(watched(no_limit, cores))[1:] == (f"  cpu  {told}",)
    assert lines(watched(no_limit))[1:] == ("  cpu  not judged: no CPU limit is set",)
    missing = a_reading(values={}, reason="too few")
    assert lines(watched(missing, cores))[1:] == ("  cpu  no data: too few",)


def test_what_is_missing_is_told_by_its_reason() -> None:
    """Quantities with one reason share a line; what nobody judges may have no data in silence."""
    why = "the hold of 10s holds 1 sample at 15s spacing; hold >= 60s"
    run = watched(
        a_reading(values={}, reason=why),
        a_reading("mem", {}, reason=why),
        a_reading("throttle", {}, reason="no quota"),
        a_reading("net", {}, reason="no series"),
        a_reading("disk", {}, state=ReadingState.ERROR, reason="status 422"),
    )

    assert lines(run) == (
        "at 8 concurrent",
        f"  cpu   no data: {why} (also mem)",
        "  disk  could not be read: status 422",
    )


def test_errors_that_did_not_happen_and_information_are_left_out() -> None:
    """Zero restarts tell nothing; many quantities are cut with their number."""
    restarts = a_reading("restarts", {POD: 0.0}, unit=Unit.COUNT, aspect=Aspect.ERRORS)
    crashed = a_reading("pod.oom", {POD: 1.0}, unit=Unit.COUNT, aspect=Aspect.ERRORS)
    cores = a_reading("pod.cores", {POD: 0.4}, unit=Unit.CORES, aspect=Aspect.INFORMATION)
    many = [a_reading(f"queue{place}", {POD: 0.1}) for place in range(9)]

    told = lines(watched(restarts, crashed, cores, *many))

    assert [line.split()[0] for line in told[1:9]] == ["pod.oom", *(f"queue{i}" for i in range(7))]
    assert told[9:] == ("           2 more",)


def test_without_a_capacity_the_last_step_is_told() -> None:
    """It is the one that explains why there is none."""
    none = some_findings(capacity=NoCapacity(NoCapacityReason.NO_STEP))
    run = watched(a_reading(values={POD: 0.1}), last=(a_reading(),))

    assert lines(run, none)[0] == "at 64 concurrent"
    assert lines(a_run(), none) == lines(a_run()) == lines(watched(a_reading("net", {}))) == ()


def the_whole_run() -> Run:
    """A climb that a guard ended, with a restart on its way."""
    *before, last = watched(
        a_reading(values={POD: 0.61, COOL_POD: 0.35}),
        a_reading("throttle", {POD: 0.04}),
        a_reading("mem", {}, reason="no memory limit is set for shop/api-7f9/app"),
    ).steps
    p99 = a_judgement(P99_RULE, observed=0.16, limit=0.5)
    last = replace(
        last,
        judgements=(p99, a_resource_judgement()),
        changes=(a_change(detail="restarts from 0 to 1", after_s=301.0),),
    )
    end = RunEnd(EndReason.RULE, "cpu was 93% at 64 concurrent", CPU_RULE.text)
    return a_run([*before, last], plan=a_monitored_plan(rules=[CPU_RULE]), end=end)


@pytest.mark.parametrize("language", list(Language))
def test_the_whole_verdict_is_the_approved_text(language: Language) -> None:
    """The block stands before the place of the files, its label at its first line."""
    findings = some_findings(capacity=GUARDED)

    rows = verdict_lines(the_whole_run(), findings, language, report_place="output/demo/x")

    approved = Path(f"tests/golden/verdict_resources.{language}.txt")
    assert rows == tuple(approved.read_text().splitlines())


def test_a_capacity_that_a_rule_did_not_judge_says_so_in_its_line() -> None:
    """A step whose stop rule had no data is never silently the answer; a reason is told once."""
    others = {"mem > 90%": "1 sample", "throttle > 25%": "no series"}
    lost = [
        a_resource_judgement(replace(CPU_RULE, text=text), RuleState.NO_DATA, reason=reason)
        for text, reason in ({CPU_RULE.text: "1 sample"} | others).items()
    ]
    rules = (CPU_RULE.text, *others)
    capacity = Capacity(ClosedLoop(8), 800.0, 0.02, 1.0, None, None, rules)
    steps: list[Step] = [
        replace(step, judgements=tuple(lost)) if step.plan.load == ClosedLoop(8) else step
        for step in a_curve()
    ]

    line = verdict_lines(
        a_run(steps), some_findings(capacity=capacity), Language.EN, report_place="x"
    )[0]

    assert line.endswith(
        "this is a lower bound; not held against cpu > 85% over 20s, mem > 90% "
        "(no data: 1 sample); not held against throttle > 25% (no data: no series)"
    )


def test_changes_are_told_with_load_time_and_pod() -> None:
    """The first three, and how many more; none where nothing changed."""
    changes = [a_change(kind) for kind in (ChangeKind.OOM_KILLED, ChangeKind.RESTARTED)]
    step = replace(a_curve((8,))[0], changes=(*changes, a_change(after_s=1e300), a_change()))

    assert changes_sentence(a_run([step]), Language.EN) == (
        "at 8 concurrent, 04:12:17 UTC: shop/api-7f9/app was killed for want of memory; "
        "at 8 concurrent, 04:12:17 UTC: shop/api-7f9/app restarted; "
        "at 8 concurrent, - UTC: shop/api-7f9/app restarted; 1 more"
    )
    assert changes_sentence(a_run(), Language.EN) is None


@pytest.mark.parametrize("kind", list(ChangeKind))
@pytest.mark.parametrize("language", list(Language))
def test_every_change_has_its_words(kind: ChangeKind, language: Language) -> None:
    """Whose it is is always said, and nothing of a hostile label gets through."""
    step = replace(a_curve((8,))[0], changes=(a_change(kind, "shop/a\x1b[2J", "x\ny"),))

    sentence = changes_sentence(a_run([step]), language)

    assert sentence is not None
    assert "shop/a[2J" in sentence
    assert "x y" in sentence
