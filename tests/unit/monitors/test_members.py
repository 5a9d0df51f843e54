"""What a member is called, and when more than the whole is no error."""

from dataclasses import replace

import pytest

from capacity.model.resources import Aspect, Limit, Reduction
from capacity.monitors.answers import Answer
from capacity.monitors.evaluate_samples import SamplesAnswer, evaluate_samples
from capacity.monitors.members import NOTHING_KNOWN, subject_of
from tests.unit.monitors.builders import (
    a_counter,
    a_pod,
    a_quantity,
    a_vector,
    a_window,
    samples_of,
)


@pytest.mark.parametrize(
    ("labels", "subject"),
    [
        (a_pod("web-1", node="n"), "shop/web-1/app"),
        ({"namespace": "shop", "pod": "web-1", "interface": "eth0"}, "shop/web-1/eth0"),
        ({"namespace": "shop", "pod": "web-1"}, "shop/web-1"),
        ({"instance": "db:9187", "job": "db"}, "db:9187"),
        ({"instance": "node:9100", "device": "sda"}, "node:9100/sda"),
        ({"namespace": "shop", "persistentvolumeclaim": "data"}, "shop/data"),
        ({}, ""),
    ],
)
def test_a_member_has_the_name_that_tells_it_apart(labels: dict[str, str], subject: str) -> None:
    """Two interfaces of a pod are two members, and so are two disks of a machine."""
    assert subject_of(labels) == subject


def test_more_than_what_is_requested_is_no_error_of_sampling() -> None:
    """A request is no limit: four times as much is what it says, and is not clipped."""
    source = samples_of(Reduction.RATE, Limit("request"))
    quantity = replace(a_quantity(source), aspect=Aspect.INFORMATION)
    answer = SamplesAnswer(Answer((a_counter(a_pod("a"), 0.4),)), a_vector((a_pod("a"), 0.1)))
    reading = evaluate_samples(quantity, source, a_window(), answer, NOTHING_KNOWN)
    (member,) = reading.members
    assert member.value == pytest.approx(4.0)
    assert reading.reason == ""
