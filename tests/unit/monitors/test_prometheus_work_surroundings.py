"""What a monitor tells of the surroundings of the service, asked with its readings."""

from collections.abc import Callable

from capacity.model.resources import Asked, Change, ChangeKind, ReadingState
from capacity.monitors.answers import Answer, Fault, Series
from capacity.monitors.surroundings import Snapshot
from tests.fakes.prometheus import TIMEOUT
from tests.unit.monitors.work_lab import Lab, a_lab


class Pods:
    """Surroundings of one query; a change for each value that differs."""

    queries = {"pods": "count(pods)"}  # noqa: RUF012  # a constant of the test

    def __init__(self) -> None:
        self.compared: list[tuple[float, float]] = []

    def changes(
        self, before: Snapshot, after: Snapshot, seen_at_unix_s: float
    ) -> tuple[Change, ...]:
        """From one number to the other."""
        values = [_only(snapshot["pods"]) for snapshot in (before, after)]
        self.compared.append((values[0], values[1]))
        if values[0] == values[1]:
            return ()
        detail = f"{values[0]:g} -> {values[1]:g}"
        return (Change(ChangeKind.SCALED, "api", detail, seen_at_unix_s),)

    def unknown(self, before: Snapshot, after: Snapshot) -> tuple[str, ...]:
        """The faults."""
        answers = (before["pods"], after["pods"])
        return tuple(f"pods: {one.detail}" for one in answers if isinstance(one, Fault))


def _only(answer: Answer | Fault) -> float:
    return float("nan") if isinstance(answer, Fault) else answer.series[0].samples[-1][1]


def _pods(lab: Lab, count_at: Callable[[float], float]) -> None:
    lab.prometheus.vectors["count(pods)"] = lambda at_s: Answer(
        (Series({}, ((at_s, count_at(at_s)),)),)
    )


def test_what_changed_since_the_hold_before_is_told_at_the_end_and_late() -> None:
    """Three pods from the middle of the second hold on, four just after its end."""
    pods = Pods()
    lab = a_lab(surroundings=pods)
    began_unix_s = lab.clock.unix_s()
    _pods(lab, lambda at_s: 2 + (at_s > began_unix_s + 20) + (at_s > began_unix_s + 25.2))
    lab.hold(0, 10.0)
    lab.go(5.0)
    lab.hold(1, 10.0)
    lab.go(5.0)
    lab.hold(2, 10.0)
    lab.go(5.0)
    details = [
        (news.step_index, news.asked, [change.detail for change in news.changes])
        for news in lab.told
    ]
    assert details == [
        (0, Asked.AT_END, []),
        (0, Asked.LATE, []),
        (1, Asked.AT_END, ["2 -> 3"]),
        (1, Asked.LATE, ["2 -> 4"]),
        (2, Asked.AT_END, ["3 -> 4"]),
        (2, Asked.LATE, ["3 -> 4"]),
    ]


def test_surroundings_that_cannot_be_asked_are_said_to_be_unknown() -> None:
    """Not told is not the same as nothing changed."""
    lab = a_lab(surroundings=Pods())
    lab.prometheus.faults["count(pods)"] = TIMEOUT
    lab.hold(0, 5.0)
    lab.go(0.5)
    (news,) = lab.told
    assert news.readings[0].state is ReadingState.READ
    assert news.readings[0].reason == (
        "what changed around it is not known: pods: no answer within 3s; pods: no answer within 3s"
    )


def test_surroundings_that_fail_leave_the_readings_whole() -> None:
    """A bug there is told beside them."""
    lab = a_lab(surroundings=Pods())
    lab.prometheus.vectors["count(pods)"] = lambda _: Answer(())
    lab.hold(0, 5.0)
    lab.go(0.5)
    (news,) = lab.told
    assert news.readings[0].state is ReadingState.READ
    assert news.readings[0].reason.startswith("the monitor failed with IndexError")
    assert news.changes == ()
