"""Tests of answers that take their time because a link carries no more bytes."""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.bandwidth import judge
from capacity.model.confidence import Confidence
from capacity.model.resources import ResourceScope
from capacity.model.run import Step
from tests.unit.analysis.bottleneck.curves import (
    case_of,
    curve,
    latency_of,
    with_idle_cpu,
    with_readings,
)

ROWS = ((1, 30.0), (2, 50.0), (4, 50.2), (8, 49.9))


def sending(
    answer_bytes: int = 200_000, *, share: float = 0.9, scale: tuple[float, ...] = (1, 1, 1, 1)
) -> tuple[Step, ...]:
    """Large answers whose transfer is most of their time; `scale` changes their size by level."""
    steps = []
    for step, times in zip(curve(ROWS), scale, strict=True):
        assert step.latency is not None
        size = round(times * answer_bytes) * step.counts.ok
        steps.append(
            replace(
                step,
                counts=replace(step.counts, received_bytes=size),
                transfer=latency_of(share * step.latency.mean_s),
            )
        )
    return tuple(steps)


def test_a_full_link_beside_an_idle_cpu_is_high() -> None:
    """Ten megabytes a second at every level, nine tenths of the time in transfer."""
    (found,) = judge(case_of(with_idle_cpu(sending())))
    assert found.confidence is Confidence.HIGH
    assert found.first_level == 2.0
    assert found.evidence[0].text() == (
        "9.52 MiB/s came in at 8 concurrent, hardly other than at every level without growth "
        "(scatter 0.25%), and 90% of the time of an answer was its transfer"
    )
    assert found.evidence[0].text("zh").startswith("并发 8 时，接收速率为 9.52 MiB/s，")


def test_is_medium_where_no_cpu_was_seen() -> None:
    """A stream that is made slowly looks alike."""
    (found,) = judge(case_of(sending()))
    assert found.confidence is Confidence.MEDIUM


def test_is_low_beside_a_busy_cpu() -> None:
    """Then the answers are slow to be made."""
    (found,) = judge(case_of(with_readings(sending(), "cpu", [0.3, 0.8, 0.95, 0.95])))
    assert found.confidence is Confidence.LOW


def test_a_full_interface_is_high_by_itself() -> None:
    """The machine's own word, with its query."""
    steps = with_readings(
        sending(),
        "node.network_transmit_share",
        [0.5, 0.94, 0.94, 0.94],
        scope=ResourceScope.NODE,
        subject="node-1/eth0",
    )
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.HIGH
    assert found.subject.name == "node-1/eth0"
    assert found.evidence[1].text() == "node-1/eth0 carried 94% of its speed at 2 concurrent"


@pytest.mark.parametrize("values", [(0.5, 0.8, 0.84, 0.84), (0.9, 0.9, 0.9, 0.9), (None,) * 4])
def test_an_interface_with_room_says_nothing(values: tuple[float | None, ...]) -> None:
    """Nearly full, full all along, or without data."""
    steps = with_readings(sending(), "node.network_receive_share", values)
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.MEDIUM
    assert len(found.evidence) == 1


@pytest.mark.parametrize(
    "steps",
    [
        sending(share=0.45),
        sending(4_000),
        sending(scale=(1, 1, 1.5, 2)),
        sending()[:3],
        curve(ROWS),
        (),
    ],
    ids=[
        "mostly waiting",
        "small answers",
        "more and more bytes",
        "too few levels",
        "no transfer",
        "no levels",
    ],
)
def test_what_is_no_full_link_is_not_named(steps: tuple[Step, ...]) -> None:
    """Bytes a second stay the same, answers are large, and their transfer takes the time."""
    assert judge(case_of(with_idle_cpu(steps))) == ()


def test_throughput_that_grows_has_bandwidth_left() -> None:
    """No plateau, no limit."""
    assert judge(case_of(sending()[:2])) == ()


def test_a_level_without_a_good_answer_has_no_size() -> None:
    """It is left out, and the others tell."""
    nothing = curve(((16, 0.0),))
    (found,) = judge(case_of((*with_idle_cpu(sending()), *nothing)))
    assert found.evidence[0].figures[-1].value == 8.0
