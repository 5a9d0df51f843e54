"""Are stalls and failures told when they matter, and only then?"""

from dataclasses import replace

import pytest

from capacity.model.run import Stalls, Step, Trust
from capacity.model.snapshot import FailureKind, FailureSample, FailureTrace
from capacity.report.incidents import failures_sentence, stall_sentence
from capacity.report.texts import Language
from tests.unit.builders import a_run, a_step

STALLED = replace(a_step(16, 900.0), stalls=Stalls(1.01, 0.034, 16))


def test_the_longest_stall_is_told() -> None:
    """Where, how long, how much of the hold, and how many requests waited."""
    short = replace(STALLED, stalls=Stalls(0.2, 0.01, 8))

    assert stall_sentence(a_run([short, STALLED, short]), Language.EN) == (
        "at 16 concurrent nothing at all was answered for 1.01s (stalls: 3.4% of the hold, "
        "16 requests in flight); the percentiles of a closed loop hide that"
    )


@pytest.mark.parametrize(
    "step",
    [
        a_step(16, 900.0),
        replace(STALLED, stalls=Stalls(0.05, 0.034, 16)),
        replace(STALLED, stalls=Stalls(1.01, 0.0, 0)),
        replace(STALLED, validity=replace(STALLED.validity, trust=Trust.INVALID)),
    ],
    ids=["not measured", "short", "a slow service", "perhaps our own"],
)
def test_nothing_is_told_where_nothing_is_known(step: Step) -> None:
    """A slow service has long gaps, and a step we spoiled ourselves proves nothing."""
    assert stall_sentence(a_run([step]), Language.EN) is None


def a_failed_step(*samples: FailureSample) -> Step:
    """A hold from 5 s on, in which resets were rarer than answers of 503."""
    failures = {FailureKind.HTTP_STATUS: 1_200, FailureKind.CONN_RESET_EARLY: 3}
    traces = (
        FailureTrace(FailureKind.CONN_RESET_EARLY, 6.0, 7.0, ()),
        FailureTrace(FailureKind.HTTP_STATUS, 8.5, 14.8, samples),
    )
    return replace(a_step(64, 900.0, failures=failures), failure_traces=traces)


def test_the_most_frequent_failure_is_told_with_its_first_request() -> None:
    """When it was seen first and last, counted from the begin of the hold, and facts of one."""
    step = a_failed_step(FailureSample(8.5, 503, 17, 0.0121, is_reused=True))

    assert failures_sentence(a_run([step, a_step()]), Language.EN) == (
        "at 64 concurrent http.status 1,200x, first 3.5s into the hold, last 9.8s; the first: "
        "status 503, 17 bytes, after 12.1ms, on a used connection"
    )


def test_a_request_that_was_never_sent_has_neither_status_nor_time() -> None:
    """Unknown is said in words."""
    step = a_failed_step(FailureSample(8.5, None, 0, None, is_reused=False))

    said = failures_sentence(a_run([step]), Language.EN)

    assert said is not None
    assert said.endswith("; the first: no status, 0 bytes, not sent, on a new connection")


def test_no_failure_and_no_sample_is_no_sentence_about_it() -> None:
    """Nothing is made up."""
    assert failures_sentence(a_run([a_step()]), Language.EN) is None
    said = failures_sentence(a_run([a_failed_step()]), Language.EN)
    assert said == "at 64 concurrent http.status 1,200x, first 3.5s into the hold, last 9.8s"
