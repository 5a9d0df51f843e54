"""Does run.json say exactly what the run says, and nothing of its secrets?"""

import json
from base64 import b64decode

import pytest
from hypothesis import given, settings

from capacity.histogram import Histogram
from capacity.model.load import ClosedLoop
from capacity.model.plan import Purpose, StepPlan
from capacity.model.run import (
    EndReason,
    Phase,
    Run,
    RunEnd,
    SnapshotTaken,
)
from capacity.model.snapshot import (
    FailureKind,
)
from capacity.storage.decoding import decode_run
from capacity.storage.encoding import json_text, run_json, timeline_line
from tests.unit.builders import (
    NO_KNEE,
    a_plan,
    a_run,
    a_secret_plan,
    a_snapshot,
    a_step,
    some_findings,
)
from tests.unit.storage.strategies import RUNS, redacted

A_STEP = StepPlan(6, ClosedLoop(64), 5.0, 30.0, Purpose.REFINE)


@settings(max_examples=60, deadline=None)
@given(RUNS)
def test_decoding_undoes_encoding_up_to_redaction(run: Run) -> None:
    """Whatever the run holds comes back equal, except that secrets are empty."""
    text = json_text(run_json(run, some_findings()))

    assert decode_run(json.loads(text), file="run.json") == redacted(run)


def test_body_is_told_by_its_size_alone() -> None:
    """The body's content is replaced, its size in bytes stays."""
    plan = a_secret_plan(header=b"h" * 30, body=b"12345", path=b"/v1/items?key=k")

    encoded = json.loads(json_text(run_json(a_run(plan=plan), None)))

    assert encoded["plan"]["scenario"]["call"] == {
        "kind": "http",
        "method": "POST",
        "path": "/v1/items?key=...",
        "headers": [
            {"name": "Authorization", "value": "[redacted]"},
            {"name": "Accept", "value": "[redacted]"},
        ],
        "body": {"content": "[redacted]", "size_bytes": 5},
    }


def test_findings_and_exit_have_places_of_their_own() -> None:
    """Shell scripts find how it ended and what it says at the top of the file."""
    encoded = run_json(a_run(), some_findings(knee=NO_KNEE))

    end = {"reason": "rule", "rule": "gain < 3% for 2 steps"}
    assert encoded["exit"] == {"code": 0, **end}
    assert encoded["end"] == {**end, "detail": "gain was 0.3% at 64 concurrent", "step_index": None}
    capacity, knee = encoded["capacity"], encoded["knee"]
    assert isinstance(capacity, dict)
    assert isinstance(knee, dict)
    assert (capacity["found"], capacity["concurrency"], capacity["qps"]) == (True, 8, 800.0)
    assert (knee["found"], knee["reason"]) == (False, "not_reached")
    assert encoded["peak"] == {"found": True, "concurrency": 64, "qps": 800.0}


def test_without_findings_their_places_are_null() -> None:
    """A run that is still going has no answer yet, which is not an answer of zero."""
    encoded = run_json(a_run(), None)

    assert [encoded[key] for key in ("exit", "capacity", "knee", "peak")] == [None] * 4


def test_rates_are_written_for_readers_with_jq() -> None:
    """QPS, measured seconds and success are in the step although they follow from its counts."""
    step = a_step(64, 900.0, failures={FailureKind.HTTP_STATUS: 270})

    encoded = json.loads(json_text(run_json(a_run([step]), None)))["steps"][0]

    assert encoded["qps"] == 900.0
    assert encoded["measured_s"] == 30.0
    assert encoded["success_ratio"] == pytest.approx(27000 / 27270)


def test_not_a_number_is_refused() -> None:
    """JSON has no NaN, so that it can never be written."""
    with pytest.raises(ValueError, match="Out of range float"):
        json_text({"qps": float("nan")})


def test_text_of_the_file_is_plain_ascii() -> None:
    """Escape and Chinese characters are written as escapes: no file sends codes to a terminal."""
    end = RunEnd(EndReason.RULE, "容量 \x1b[31m", None)

    text = json_text(run_json(a_run(end=end), None))

    assert text.isascii()
    assert "\x1b" not in text


def test_a_second_of_load_is_one_line() -> None:
    """The line has step, phase, load, counts by kind and null where nothing was recorded."""
    snapshot = a_snapshot(900, failures={FailureKind.CONN_REFUSED: 3}, in_flight=64)

    line = timeline_line(SnapshotTaken(6, Phase.HOLD, snapshot, ()), A_STEP)

    assert line.count("\n") == 1
    assert json.loads(line) == {
        "step": 6,
        "phase": "hold",
        "purpose": "refine",
        "concurrency": 64,
        "start_s": 5.0,
        "end_s": 6.0,
        "started": 903,
        "ok": 900,
        "failures": {"conn.refused": 3},
        "cut": 0,
        "statuses": {"200": 900},
        "sent_bytes": 90300,
        "received_bytes": 451500,
        "ended_ok": 900,
        "ended_all": 903,
        "in_flight": 64,
        "connections_open": 64,
        "connections": {"opened": 0, "attempts_failed": 0, "closed_by_target": 0},
        "generator": {
            "cpu_ratio": 0.12,
            "runqueue_wait_ratio": 0.001,
            "loop_lag_s": None,
            "loop_lag_p50_s": None,
            "suspended_s": None,
            "steal_ratio": None,
            "throttled_ratio": None,
        },
        "p50_s": None,
        "p99_s": None,
        "latency_blob": "",
    }


def test_a_second_with_samples_has_its_percentiles() -> None:
    """P50 and P99 of the second come from its own histogram, which is kept beside them."""
    histogram = Histogram()
    for _ in range(1000):
        histogram.record_s(0.010)
    snapshot = a_snapshot(1000, latency_blob=histogram.to_blob())

    line = json.loads(timeline_line(SnapshotTaken(0, Phase.HOLD, snapshot, ()), A_STEP))

    assert line["p50_s"] == pytest.approx(0.010, rel=0.001)
    assert line["p99_s"] == pytest.approx(0.010, rel=0.001)
    assert Histogram.from_blob(b64decode(line["latency_blob"])).count == 1000


def test_a_request_without_a_body_has_none() -> None:
    """No body is null, which is not a body of no bytes."""
    encoded = json.loads(json_text(run_json(a_run(plan=a_plan()), None)))

    assert encoded["plan"]["scenario"]["call"]["body"] is None
