"""Does today's code still write and read run.json of schema version 1, byte by byte?"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from capacity.model.load import ConcurrencyLadder
from capacity.model.plan import (
    BasicAuth,
    DemoService,
    Header,
    KubernetesScope,
    MonitorPlan,
    ProcessSource,
    PrometheusSource,
    Secret,
    TlsTrust,
)
from capacity.model.resources import (
    Expression,
    Growth,
    Limit,
    MonitorFacts,
    ReadingState,
    Reduction,
    Samples,
)
from capacity.model.rules import OnMissing, RuleState
from capacity.model.run import LittlesLaw, Run, Stalls, Step, Trust
from capacity.model.snapshot import (
    FailureKind,
    FailureSample,
    FailureTrace,
    GeneratorLoad,
    Schedule,
    WarningKind,
)
from capacity.storage.encoding import json_text, run_json
from capacity.storage.run_folder import read_run
from capacity.units import Unit
from tests.unit.builders import (
    ERROR_RULE,
    GAIN_RULE,
    P99_RULE,
    a_judgement,
    a_latency,
    a_run,
    a_secret_plan,
    a_step,
)
from tests.unit.report.reading_builders import (
    a_change,
    a_quantity,
    a_reading,
    a_resource_judgement,
)
from tests.unit.resource_builders import a_resource_rule
from tests.unit.storage.schema_faults import SCHEMA, faults
from tests.unit.storage.searched import full_findings, searched_run
from tests.unit.storage.strategies import redacted

RELEASED = Path("tests/golden/run.v1.json")
TODAY = Path("tests/golden/run.v1.today.json")


def golden_run() -> Run:
    """A run with every kind of part that version 1 knows."""
    plan = replace(
        a_secret_plan(header=b"Bearer abc", body=b"{}", path=b"/v1/items?key=abc"),
        ladder=ConcurrencyLadder((1, 2, 4)),
        threads=2,
        allow_hosts=("127.0.0.1",),
        demo_service=DemoService(servers=8, service_time_s=0.010),
        profile_sha256="0" * 64,
        monitor=golden_monitor(),
        notes=("shop.yaml:9:5: prom.a looks back over [5m]",),
    )
    plan = replace(plan, rules=(*plan.rules, CPU_RULE))
    first = a_step(1, 100.0, judgements=[a_judgement(P99_RULE, RuleState.NO_DATA)])
    second = replace(
        a_step(
            2,
            200.0,
            index=1,
            failures={FailureKind.HTTP_STATUS: 3},
            trust=Trust.SUSPECT,
            reasons=["a load thread used 86% of a core"],
            judgements=[a_judgement(ERROR_RULE)],
        ),
        scenario_latency=a_latency(0.03),
        scenario_failures=1,
        latency_blob=bytes(range(8)),
        generator=GeneratorLoad(0.86, 0.01, 0.0009, 0.0001, 0.0, 0.001, 0.0),
        tls=a_latency(0.002, count=2),
        transfer=a_latency(0.001),
        fresh_latency=a_latency(0.013, count=2),
        service_latency=a_latency(0.011),
        send_lag=a_latency(0.0001),
        schedule=Schedule(6010, 4, 2, 1),
        running_ratio=0.999,
        stalls=Stalls(1.01, 0.034, 2),
        littles_law=LittlesLaw(2.0, 1.99, 2.01),
        failure_traces=(
            FailureTrace(
                FailureKind.HTTP_STATUS,
                41.5,
                60.25,
                (FailureSample(41.5, 503, 17, 0.002, is_reused=True),),
            ),
        ),
    )
    run = a_run([first, second, _broken_step()], plan=plan)
    return replace(run, environment=replace(run.environment, monitors=(GOLDEN_FACTS,)))


def _broken_step() -> Step:
    """A step in which everything went wrong, the readings too."""
    third = a_step(
        4,
        0.0,
        index=2,
        failures={FailureKind.CONN_REFUSED: 40, FailureKind.LOCAL_FD: 2},
        cut=4,
        trust=Trust.INVALID,
        reasons=["2 requests failed on our own side: local.fd"],
        judgements=[
            a_judgement(GAIN_RULE, RuleState.BREACH, observed=-1.0, limit=0.03),
            a_resource_judgement(CPU_RULE, seen_late=True),
        ],
        cpu_ratio=None,
        ended_early=True,
    )
    return replace(
        third,
        mean_in_flight=None,
        resources=(
            a_reading(),
            a_reading("mem", {}, state=ReadingState.ERROR, reason="no answer within 5s"),
        ),
        changes=(a_change(detail="1 to 2 restarts"),),
    )


CPU_RULE = a_resource_rule(
    over_s=20.0, text="cpu > 85% over 20s on_missing fail", on_missing=OnMissing.FAIL
)
GOLDEN_FACTS = MonitorFacts(
    source="http://prometheus.test:9090",
    version="2.42.0",
    clock_offset_s=0.002,
    spacing_s=10.0,
    lag_s=4.5,
    subjects=("shop/api-7f9/app", "shop/api-b42/app"),
    notes=("the hold of 30s has 3 samples; hold 45s",),
)


def golden_monitor() -> MonitorPlan:
    """A source with every kind of secret, and a quantity of each kind."""
    share = Samples("usage", Reduction.RATE, ("namespace", "pod"), Limit("limits > 0"))
    growth = Samples("throttled", Reduction.INCREASE, ("pod",), Growth("periods"))
    return MonitorPlan(
        prometheus=PrometheusSource(
            url="http://prometheus.test:9090",
            headers=(Header("X-Scope-OrgID", Secret(b"abc")),),
            bearer=Secret(b"abc"),
            bearer_file="token.txt",
            basic=BasicAuth("ann", Secret(b"abc")),
            trust=TlsTrust.CA_FILE,
            ca_file="ca.pem",
            client_certificate_file="cert.pem",
            client_key_file="key.pem",
            proxy="http://proxy.test:3128",
            timeout_s=5.0,
            every_s=2.0,
            accept_partial=False,
        ),
        process=ProcessSource(pid=None, port=8080),
        kubernetes=KubernetesScope("shop", ("deploy/api",), ("^api-.*$",)),
        quantities=(
            replace(a_quantity(), source=share),
            replace(a_quantity("throttle"), source=growth),
            replace(a_quantity("prom.a", Unit.NUMBER), source=Expression("a[5m]", ("a",))),
            replace(a_quantity("threads", Unit.COUNT), source=None),
            replace(
                a_quantity("restarts", Unit.COUNT),
                source=Samples("restarts", Reduction.INCREASE, ("pod",)),
            ),
        ),
    )


def test_reads_version_1() -> None:
    """A file written by the first release is read back whole."""
    assert read_run(RELEASED) == redacted(golden_run())


def test_writes_today_byte_by_byte() -> None:
    """The same run gives the same file, so that other programs can rely on it."""
    assert json_text(run_json(todays_run(), full_findings())) == TODAY.read_text()


def test_reads_what_is_written_today() -> None:
    """What a search adds to a run is read back with the rest."""
    assert read_run(TODAY) == redacted(todays_run())


def todays_run() -> Run:
    """The golden run, and steps that search further."""
    run, searched = golden_run(), searched_run()
    return replace(
        run,
        plan=replace(run.plan, search=searched.plan.search),
        steps=(*run.steps, *searched.steps),
        end=searched.end,
    )


# Keys that came to version 1 after its first files.
ADDED_KEYS = {
    "plan": "monitor notes",
    "environment": "monitors",
    "step": "resources changes tls transfer fresh_latency service_latency send_lag schedule "
    "running_ratio stalls littles_law failure_traces",
    "generator": "loop_lag_p50_s suspended_s steal_ratio throttled_ratio",
    "latency": "p99_low_s p99_high_s",
}


def test_reads_files_from_before_keys_were_added(tmp_path: Path) -> None:
    """Within version 1 keys are only added: without them a step knows less, and reads as well."""
    content = json.loads(RELEASED.read_text())
    # There were no rules on resources either.
    content["plan"]["rules"].pop()
    content["steps"][2]["judgements"].pop()
    for of in ("plan", "environment"):
        for key in ADDED_KEYS[of].split():
            del content[of][key]
    for step in content["steps"]:
        for part, of in ((step, "step"), (step["generator"], "generator")):
            for key in ADDED_KEYS[of].split() if part else ():
                del part[key]
        for key in ADDED_KEYS["latency"].split() if step["latency"] else ():
            del step["latency"][key]
    file = tmp_path / "run.json"
    file.write_text(json.dumps(content))

    run = read_run(file)
    first, second, third = run.steps

    assert second.latency is not None
    assert (second.latency.p99_s, second.latency.p99_low_s) == (0.020, None)
    assert second.generator == GeneratorLoad(0.86, 0.01, 0.0009)
    assert (second.stalls, second.littles_law, second.schedule) == (None, None, None)
    assert (second.failure_traces, second.tls) == ((), None)
    assert (first.running_ratio, third.running_ratio) == (None, None)
    assert (third.resources, third.changes) == ((), ())
    assert (run.plan.monitor, run.plan.notes, run.environment.monitors) == (None, (), ())


def test_no_secret_is_in_the_file() -> None:
    """Header, token, password and body are told to be there, and nothing of them is."""
    assert "abc" not in TODAY.read_text()


@pytest.mark.parametrize("file", [RELEASED, TODAY], ids=lambda file: file.name)
def test_the_golden_files_fit_the_schema(file: Path) -> None:
    """The published schema knows every key of the file, and every required key is there."""
    schema = json.loads(SCHEMA.read_text())

    assert faults(json.loads(file.read_text()), schema, schema) == []


def test_the_schema_refuses_what_is_wrong() -> None:
    """The check above can fail: a missing key and a wrong type are found."""
    schema = json.loads(SCHEMA.read_text())
    content = json.loads(RELEASED.read_text())
    del content["run_id"]
    content["steps"][0]["qps"] = "fast"

    assert faults(content, schema, schema) == ["run_id is missing", "fast is no number"]


def test_the_schema_names_every_failure_kind() -> None:
    """A new failure kind must be added to the schema as well."""
    schema = json.loads(SCHEMA.read_text())

    assert set(schema["$defs"]["failures"]["properties"]) == {kind.value for kind in FailureKind}


def test_the_schema_names_every_warning_kind() -> None:
    """A new kind of odd answer must be added to the schema as well."""
    schema = json.loads(SCHEMA.read_text())

    assert set(schema["$defs"]["warnings"]["properties"]) == {kind.value for kind in WarningKind}
