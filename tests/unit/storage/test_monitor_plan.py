"""Do the resources that a profile names itself come back from a file, and fit its schema?"""

import json
from dataclasses import replace

import pytest

from capacity.errors import StorageError
from capacity.model.plan import MonitorPlan
from capacity.model.resources import OwnResource, ResourceRole
from capacity.storage.evidence import JsonObject
from capacity.storage.fields import Fields
from capacity.storage.monitor_plan import decode_monitor, encode_monitor
from tests.unit.report.reading_builders import a_monitored_plan
from tests.unit.storage.schema_faults import SCHEMA, faults

QUEUE = OwnResource("engine queue", "prom.waiting", ResourceRole.POOL, None, grows=True)
CPU = OwnResource(
    "api CPU",
    "cpu",
    ResourceRole.SERVICE,
    0.85,
    grows=False,
    workload="deploy/api",
    pod_pattern="^api-.*$",
)


def encoded(*own: OwnResource) -> JsonObject:
    """What is written of a monitor whose profile names these."""
    monitor = a_monitored_plan().monitor
    assert monitor is not None
    found = encode_monitor(replace(monitor, bottlenecks=own))
    assert found is not None
    return found


def decoded(written: JsonObject) -> MonitorPlan:
    """What is read of it."""
    found = decode_monitor(Fields(json.loads(json.dumps(written)), file="run.json"))
    assert found is not None
    return found


def test_they_come_back_and_fit_the_schema() -> None:
    """Every key of each, in the profile's order."""
    written = encoded(QUEUE, CPU)
    assert decoded(written).bottlenecks == (QUEUE, CPU)
    schema = json.loads(SCHEMA.read_text())
    assert faults(written, schema["$defs"]["monitor"], schema) == []


def test_without_any_the_key_is_absent() -> None:
    """As in the files of before there were any."""
    written = encoded()
    assert "bottlenecks" not in written
    assert decoded(written).bottlenecks == ()


@pytest.mark.parametrize("pattern", ["(", "a{99999999999}", "(?<=x*)y"])
def test_a_pattern_that_is_none_is_refused_with_its_place(pattern: str) -> None:
    """A damaged file must not fail later, where names are compared with it."""
    with pytest.raises(StorageError, match=r"bottlenecks\[0\].pod_pattern must be a regular"):
        decoded(encoded(replace(CPU, pod_pattern=pattern)))
