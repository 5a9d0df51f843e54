"""Are the search of a run and the course of its holds kept, and refused where they cannot be?"""

import json
from dataclasses import fields, replace

import pytest

from capacity.errors import StorageError
from capacity.model.measured import SteadyState
from capacity.model.plan import SearchPlan
from capacity.storage.decoding import decode_run
from capacity.storage.encoding import json_text, run_json
from capacity.storage.fields import Fields
from capacity.storage.holds import (
    MAX_INTERVALS,
    decode_intervals,
    decode_search,
    decode_steadiness,
    encode_intervals,
    encode_search,
    encode_steadiness,
)
from tests.unit.storage.schema_faults import SCHEMA
from tests.unit.storage.searched import INTERVALS, SEARCH, STEADY, searched_run
from tests.unit.storage.strategies import redacted


def test_a_search_comes_back_whole() -> None:
    """Each part of the plan of a search is in its key, and read again."""
    encoded = encode_search(SEARCH)

    assert encoded == {field.name: getattr(SEARCH, field.name) for field in fields(SearchPlan)}
    assert decode_search(Fields(encoded, file="run.json")) == SEARCH


def test_intervals_are_one_list_for_each_quantity() -> None:
    """The order is that of time, an interval without a good answer has no mean."""
    encoded = encode_intervals(INTERVALS)

    assert encoded == {
        "span_s": [1.0, 1.0, 0.5],
        "ended_ok": [95, 101, 0],
        "mean_s": [0.0105, 0.0099, None],
    }
    assert decode_intervals(Fields(encoded, file="run.json")) == INTERVALS


def test_steadiness_comes_back_whole() -> None:
    """State, cut, both drifts and the extension; unknown drifts are null."""
    unknown = replace(
        STEADY, state=SteadyState.UNKNOWN, qps_drift_ratio=None, latency_drift_ratio=None
    )
    for steadiness in (STEADY, unknown):
        encoded = encode_steadiness(steadiness)
        assert decode_steadiness(Fields(encoded, file="run.json")) == steadiness
    assert (encode_steadiness(None), decode_steadiness(None)) == (None, None)


def test_a_run_from_before_searched_no_further() -> None:
    """Without its keys there was nothing beside the ladder, and no interval is known."""
    content = json.loads(json_text(run_json(searched_run(), None)))
    del content["plan"]["search"]
    del content["end"]["step_index"]
    for step in content["steps"]:
        for key in ("hold_max_s", "min_requests", "intervals", "steadiness"):
            del step[key]

    run = decode_run(content, file="run.json")

    assert (run.plan.search, run.end.step_index) == (SearchPlan(), None)
    assert {(s.intervals, s.steadiness, s.plan.hold_max_s) for s in run.steps} == {((), None, None)}
    assert {step.plan.min_requests for step in run.steps} == {0}


def test_a_search_of_each_kind_of_step_is_read_back() -> None:
    """Purposes, extension, intervals, search and the step that decided all come back."""
    run = searched_run()

    assert decode_run(json.loads(json_text(run_json(run, None))), file="x") == redacted(run)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("span_s", [1.0, -1.0, 0.5], "span_s must be a list of lengths of 0 or more, not a list"),
        ("span_s", [1.0, 1e999, 0.5], "span_s.1 must be a finite number, not a huge number"),
        ("span_s", [1.0], "mean_s must be a list as long as span_s and ended_ok, not a list"),
        ("ended_ok", [1, 2, -3], "ended_ok.2 must be a whole number of at least 0"),
        ("ended_ok", [1, 2, 2.5], "ended_ok.2 must be a whole number, not the number 2.5"),
        ("mean_s", [None, None, -0.1], "mean_s must be a list of times of 0 or more, not a list"),
        ("mean_s", [None, None, float("nan")], "mean_s.2 must be a finite number"),
        ("mean_s", {}, "mean_s must be a list, not an object"),
        (
            "span_s",
            [1.0] * 1_000_000,
            f"span_s must be a list of at most {MAX_INTERVALS} items, not of 1000000",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_intervals_that_cannot_be_are_refused(key: str, value: object, told: str) -> None:
    """A hostile file is named with its key; nothing of it reaches a fit."""
    content = json.loads(json_text(run_json(searched_run(), None)))
    content["steps"][1]["intervals"][key] = value

    with pytest.raises(StorageError) as raised:
        decode_run(content, file="run.json")

    assert raised.value.message.startswith(f"run.json: steps[1].intervals.{told}")


def test_a_cut_before_the_hold_is_refused() -> None:
    """What is left out of a hold is none of its length, or some."""
    encoded = encode_steadiness(replace(STEADY, cut_s=-1.0))

    with pytest.raises(StorageError, match="cut_s must be a time of 0 or more"):
        decode_steadiness(Fields(encoded, file="run.json"))


def test_the_schema_names_every_state_of_a_hold() -> None:
    """A new word must be added to the schema as well."""
    steadiness = json.loads(SCHEMA.read_text())["$defs"]["steadiness"]

    assert set(steadiness["properties"]["state"]["enum"]) == {state.value for state in SteadyState}
