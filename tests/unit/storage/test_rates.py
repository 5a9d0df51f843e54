"""Is a climb by rate stored whole, by the published schema, and read back the same?"""

import json
from dataclasses import replace

import pytest

from capacity.analysis.findings import analyze
from capacity.errors import StorageError
from capacity.model.run import Phase, SnapshotTaken
from capacity.model.snapshot import Schedule
from capacity.storage.dat import dat_text
from capacity.storage.decoding import decode_run
from capacity.storage.encoding import run_json, timeline_line
from tests.unit.builders import a_plan, a_run, a_snapshot
from tests.unit.rate_builders import a_rate_plan, a_rate_run, a_rate_step
from tests.unit.storage.schema_faults import SCHEMA, faults
from tests.unit.storage.strategies import redacted

RUN = a_rate_run(
    [a_rate_step(100.0), a_rate_step(200.0, index=1, dropped=60, late=1)],
    plan=replace(a_rate_plan((100.0, 200.0)), source_addresses=("127.0.0.2", "127.0.0.3")),
)


def test_the_file_fits_the_schema_and_is_read_back() -> None:
    """Loads, books and both latencies come back; the schema knows every key."""
    content = json.loads(json.dumps(run_json(RUN, analyze(RUN))))
    schema = json.loads(SCHEMA.read_text())
    assert faults(content, schema, schema) == []
    assert decode_run(content, file="run.json") == redacted(RUN)


def test_the_keys_of_a_rate() -> None:
    """No concurrency, but the rate, how it was spread and how many could wait."""
    content = run_json(RUN, analyze(RUN))
    load = {
        "concurrency": None,
        "rate_qps": 200.0,
        "arrivals": "poisson",
        "max_in_flight": 1024,
    }
    for part in (content["peak"], content["capacity"], content["steps"][1]):  # type: ignore[index]  # JSON
        assert isinstance(part, dict)
        assert {key: part[key] for key in load} == load
    plan = content["plan"]
    assert isinstance(plan, dict)
    assert "concurrencies" not in plan
    assert (plan["rates_qps"], plan["arrivals"]) == ([100.0, 200.0], "poisson")
    assert plan["source_addresses"] == ["127.0.0.2", "127.0.0.3"]


def test_without_source_addresses_nothing_is_said_of_them() -> None:
    """The kernel chose, as in every file before."""
    plan = run_json(a_run(plan=a_plan()), None)["plan"]
    assert isinstance(plan, dict)
    assert "source_addresses" not in plan


def test_an_unknown_spread_is_refused_with_its_place() -> None:
    """A damaged file names the key."""
    content = json.loads(json.dumps(run_json(RUN, None)))
    content["steps"][0]["arrivals"] = "bursts"
    with pytest.raises(StorageError) as raised:
        decode_run(content, file="run.json")
    assert raised.value.message.startswith(
        "run.json: steps[0].arrivals must be one of constant, poisson"
    )


@pytest.mark.parametrize("rate", [0, -5.0, 1e300, "fast"], ids=str)
def test_a_rate_that_no_axis_could_show_is_refused(rate: object) -> None:
    """A hostile file is named with its key; nothing of it reaches a graph."""
    content = json.loads(json.dumps(run_json(RUN, None)))
    content["steps"][1]["rate_qps"] = rate
    with pytest.raises(StorageError, match=r"run.json: steps\[1\].rate_qps must be a "):
        decode_run(content, file="run.json")
    content = json.loads(json.dumps(run_json(RUN, None)))
    content["plan"]["rates_qps"][0] = rate
    with pytest.raises(StorageError, match=r"run.json: plan.rates_qps.0 must be a "):
        decode_run(content, file="run.json")


def test_a_second_of_planned_starts_keeps_their_books() -> None:
    """One line has the load of its step and what became of the second's plan."""
    snapshot = a_snapshot(90, schedule=Schedule(100, 8, 2, 0))
    event = SnapshotTaken(0, Phase.HOLD, snapshot, ())
    line = json.loads(timeline_line(event, RUN.steps[0].plan))
    assert (line["concurrency"], line["rate_qps"]) == (None, 100.0)
    assert line["schedule"] == {
        "planned": 100,
        "dropped_no_slot": 8,
        "dropped_late": 2,
        "not_started": 0,
    }


def test_a_rate_never_stands_in_the_column_of_concurrency() -> None:
    """The four columns of .dat have no place for it."""
    assert dat_text(RUN.steps) == ""
