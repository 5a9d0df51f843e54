"""Tests of capacity.search.outage: which intervals mean that nobody is there any more."""

import pytest

from capacity.model.snapshot import FailureKind, Snapshot
from capacity.search.outage import OutageWatch
from tests.unit.builders import a_snapshot

REFUSED = FailureKind.CONN_REFUSED


def a_row(
    ok: int = 0,
    *,
    failures: dict[FailureKind, int] | None = None,
    in_flight: int = 0,
    start_s: float = 5.0,
    span_s: float = 1.0,
) -> Snapshot:
    """An interval in which so many succeeded and so many failed."""
    return a_snapshot(ok, start_s=start_s, span_s=span_s, failures=failures, in_flight=in_flight)


def test_a_whole_second_of_refusals_is_an_outage() -> None:
    """The interval in which the service died holds successes, the one after it holds none."""
    watch = OutageWatch()
    assert watch.take(a_row(300, failures={REFUSED: 40})) is None
    assert watch.take(a_row(failures={REFUSED: 93})) == "conn.refused 93x"


def test_short_intervals_add_up_until_a_success() -> None:
    """Windows cut intervals short; a success in between starts the second anew."""
    watch = OutageWatch()
    rows = [
        a_row(failures={REFUSED: 9}, span_s=0.6),
        a_row(1, failures={REFUSED: 9}, span_s=0.6),
        a_row(failures={REFUSED: 5}, span_s=0.6),
        a_row(failures={REFUSED: 1, FailureKind.CONN_RESET_EARLY: 7}, span_s=0.4),
    ]
    assert [watch.take(row) for row in rows] == [
        None,
        None,
        None,
        "conn.reset_early 7x, conn.refused 6x",
    ]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(a_row(in_flight=8), id="nothing ended: slow"),
        pytest.param(a_row(failures={REFUSED: 3}, in_flight=8), id="slow, and a few refused"),
        pytest.param(a_row(failures={FailureKind.CONN_STALE: 90}), id="keep-alive race"),
        pytest.param(a_row(failures={FailureKind.HTTP_STATUS: 90}), id="answers with errors"),
        pytest.param(a_row(failures={FailureKind.LOCAL_PORTS: 90}), id="our own lack of ports"),
        pytest.param(a_row(1, failures={REFUSED: 900}), id="one success"),
        pytest.param(a_row(failures={REFUSED: 900}, span_s=0.0), id="stragglers"),
    ],
)
def test_other_trouble_is_left_to_the_rules(row: Snapshot) -> None:
    """However long it lasts."""
    watch = OutageWatch()
    assert [watch.take(row) for _ in range(5)] == [None] * 5
