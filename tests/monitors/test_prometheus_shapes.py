"""Is anything but a vector or samples ever taken for one?"""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.monitors.answers import Answer, Fault, FaultKind, Series
from capacity.monitors.prometheus_shapes import (
    ShapeError,
    TooManyError,
    read_envelope,
    read_matrix,
    read_vector,
)
from tests.monitors.sources import asked_of
from tests.servers.prometheus_like import http, success

SERIES = {"metric": {}, "value": [1, "1"]}


@pytest.mark.parametrize(
    ("result_type", "result", "wanted"),
    [
        ("streams", [], "a vector was asked for, and a streams came"),
        (["vector"], [], "a vector was asked for, and something else came"),
        ("vector", {}, "the result is an object and no list of series"),
        ("vector", None, "the result is null and no list of series"),
        ("vector", [1], "a series has no labels"),
        ("vector", [{"metric": []}], "a series has no labels"),
        ("vector", [{"metric": {"a": 1}}], "a series has no labels"),
        ("vector", [{"metric": {}}], "a series has nothing in place of its value"),
        (
            "vector",
            [{"metric": {}, "histogram": [1, {}]}],
            "a series has a native histogram in place of its value",
        ),
        ("vector", [{**SERIES, "value": "1"}], "a sample is a text and no pair of time and value"),
        ("vector", [{**SERIES, "value": [1]}], "a sample is a list and no pair of time and value"),
        (
            "vector",
            [{**SERIES, "value": [1, 1]}],
            "a sample is not a number for its time and a text for its value",
        ),
        (
            "vector",
            [{**SERIES, "value": [True, "1"]}],
            "a sample is not a number for its time and a text for its value",
        ),
        (
            "vector",
            [{**SERIES, "value": [1, "one"]}],
            "the time or the value of a sample is no number",
        ),
        (
            "vector",
            [{**SERIES, "value": [math.nan, "1"]}],
            "the time of a sample is not finite",
        ),
        ("scalar", 1.5, "a sample is a number and no pair of time and value"),
        ("scalar", False, "a sample is a boolean and no pair of time and value"),
    ],
)
def test_a_vector_of_another_shape_is_a_fault(
    result_type: object, result: object, wanted: str
) -> None:
    """Whatever a server puts in the place of a vector has its sentence."""
    answer = json.loads(json.dumps({"resultType": result_type, "result": result}))
    body = json.dumps({"status": "success", "data": answer})
    with asked_of(http(body)) as (api, _):
        fault = api.vector("up", None)
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.WRONG_SHAPE
    assert fault.detail.partition(": ")[2] == wanted


@pytest.mark.parametrize(
    ("result_type", "result", "wanted"),
    [
        ("vector", [], "raw samples were asked for, and a vector came"),
        (
            "matrix",
            [{"metric": {}, "values": {}}],
            "the samples of a series are an object and no list",
        ),
        ("matrix", [SERIES], "a series has nothing in place of its values"),
        (
            "matrix",
            [{"metric": {}, "values": [[2, "1"], [1, "1"]]}],
            "the samples of a series are not in the order of their times",
        ),
    ],
)
def test_samples_of_another_shape_are_a_fault(
    result_type: str, result: object, wanted: str
) -> None:
    """Whatever a server puts in the place of samples has its sentence."""
    with asked_of(success(result, result_type)) as (api, _):
        fault = api.samples("x", 0.0, 10.0)
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.WRONG_SHAPE
    assert fault.detail.partition(": ")[2] == wanted


def test_half_a_character_in_a_label_can_be_written() -> None:
    """JSON can carry halves of characters, which no file could; they become question marks."""
    body = (
        '{"status":"success","data":{"resultType":"vector","result":'
        '[{"metric":{"pod":"a\\ud800é"},"value":[1,"2"]}]}}'
    )
    with asked_of(http(body)) as (api, _):
        answer = api.vector("up", None)
    assert answer == Answer((Series({"pod": "a?é"}, ((1.0, 2.0),)),))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "data", "result", "resultType", "metric", "value", "values"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)  # a busy machine may be slow
@given(_JSON, st.sampled_from(["vector", "matrix", "scalar"]))
def test_no_json_gets_past_the_shapes_but_as_series(content: Any, result_type: str) -> None:
    """Whatever JSON a server sends, it is series with finite times or an error of ours."""
    read = read_matrix if result_type == "matrix" else read_vector
    for given_type, result in ((result_type, content), _envelope_of(content)):
        try:
            series = read(given_type, result)
        except (ShapeError, TooManyError):
            continue
        assert all(math.isfinite(at) for one in series for at, _ in one.samples)


def _envelope_of(content: Any) -> tuple[object, Any]:
    try:
        envelope = read_envelope({"status": "success", "data": content})
    except ShapeError:
        return None, None
    return envelope.result_type, envelope.result
