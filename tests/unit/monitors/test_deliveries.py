"""What is owed is told in time, whole or with errors for what is missing."""

from dataclasses import replace

import pytest

from capacity.model.resources import Asked, Change, ChangeKind, Reading, ReadingState
from capacity.monitors.deliveries import Deliveries
from capacity.monitors.reader import Wanted, unread
from tests.unit.monitors.builders import a_quantity, a_window, samples_of

_SOURCE = samples_of()
_WANTED = tuple(
    Wanted(a_quantity(_SOURCE, name=name), _SOURCE, a_window()) for name in ("cpu", "mem")
)
_CHANGE = Change(ChangeKind.SCALED, "api", "2 -> 3", 0.0)


def _read(index: int, reason: str = "") -> Reading:
    return replace(unread(_WANTED[index], ""), state=ReadingState.READ, reason=reason)


def _owing() -> Deliveries:
    deliveries = Deliveries()
    deliveries.owe(0, Asked.AT_END, _WANTED, due_s=5.0, too_late="no answer within 5s")
    return deliveries


def _told(deliveries: Deliveries, now_s: float = 0.0) -> list[tuple[str, ReadingState, str]]:
    (news,) = deliveries.take(now_s)
    assert (news.step_index, news.asked) == (0, Asked.AT_END)
    return [(one.name, one.state, one.reason) for one in news.readings]


@pytest.mark.parametrize(
    ("reason", "trouble", "told"),
    [
        pytest.param("", None, "", id="nothing to say"),
        pytest.param("few", None, "few", id="a reason"),
        pytest.param("", "pods unknown", "pods unknown", id="trouble"),
        pytest.param("few", "pods unknown", "few; pods unknown", id="both"),
    ],
)
def test_what_is_whole_is_told_with_its_trouble(
    reason: str, trouble: str | None, told: str
) -> None:
    """The first reading carries what concerns them all."""
    deliveries = _owing()
    deliveries.add(0, Asked.AT_END, _read(0, reason))
    deliveries.add(0, Asked.AT_END, _read(1, "own"))
    deliveries.finish(0, Asked.AT_END, (_CHANGE,), trouble)
    (news,) = deliveries.take(0.0)
    assert [one.reason for one in news.readings] == [told, "own"]
    assert news.changes == (_CHANGE,)
    assert deliveries.take(100.0) == ()


@pytest.mark.parametrize(
    ("trouble", "reason"), [(None, "it was not read"), ("KeyError: 'x'", "KeyError: 'x'")]
)
def test_what_is_missing_at_the_end_is_an_error(trouble: str | None, reason: str) -> None:
    """The trouble is why; what was read stays as it is."""
    deliveries = _owing()
    deliveries.add(0, Asked.AT_END, _read(0, "few"))
    assert deliveries.missing(0, Asked.AT_END) == _WANTED[1:]
    deliveries.finish(0, Asked.AT_END, (), trouble)
    assert _told(deliveries) == [
        ("cpu", ReadingState.READ, "few"),
        ("mem", ReadingState.ERROR, reason),
    ]


def test_what_is_overdue_is_told_once_and_nothing_is_added_to_it() -> None:
    """At its time, not before."""
    deliveries = _owing()
    assert deliveries.take(4.9) == ()
    assert _told(deliveries, 5.0) == [
        ("cpu", ReadingState.ERROR, "no answer within 5s"),
        ("mem", ReadingState.ERROR, "no answer within 5s"),
    ]
    assert deliveries.missing(0, Asked.AT_END) is None
    deliveries.add(0, Asked.AT_END, _read(0))
    deliveries.finish(0, Asked.AT_END, (), "trouble")
    assert deliveries.take(100.0) == ()


def test_a_monitor_without_quantities_owes_empty_news() -> None:
    """There may be changes in it."""
    deliveries = Deliveries()
    deliveries.owe(0, Asked.LATE, (), due_s=5.0, too_late="no answer within 5s")
    deliveries.finish(0, Asked.LATE, (_CHANGE,), "trouble")
    (news,) = deliveries.take(0.0)
    assert (news.readings, news.changes) == ((), (_CHANGE,))
