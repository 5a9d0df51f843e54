"""Tests of capacity.search.validity: steps whose service changed, or whose rules lack data."""

from dataclasses import replace

import pytest

from capacity.model.resources import Change, ChangeKind
from capacity.model.rules import RuleState
from capacity.model.run import Trust
from capacity.search.validity import check_validity, is_generator_fault
from tests.unit.builders import a_judgement, a_step
from tests.unit.resource_builders import a_resource_rule


def a_change(kind: ChangeKind, subject: str = "shop/api-7f9", detail: str = "") -> Change:
    """Something that happened to a pod under the hold."""
    return Change(kind, subject, detail, 1_795_234_340.0)


HAPPENED = {
    "shop/api-7f9 joined": a_change(ChangeKind.POD_JOINED),
    "shop/api-7f9 left": a_change(ChangeKind.POD_LEFT),
    "shop/api-7f9 restarted (0 -> 1)": a_change(ChangeKind.RESTARTED, detail="0 -> 1"),
    "pid 123 nginx ended": a_change(ChangeKind.PROCESS_ENDED, "pid 123 nginx"),
    "shop/api-7f9 was killed for want of memory": a_change(ChangeKind.OOM_KILLED),
    "shop/api was scaled (2 -> 3)": a_change(ChangeKind.SCALED, "shop/api", "2 -> 3"),
    "shop/api-7f9 changed its image": a_change(ChangeKind.IMAGE_CHANGED),
    "shop/api-7f9 changed its limit": a_change(ChangeKind.LIMIT_CHANGED),
}


def test_each_kind_of_change_has_its_words() -> None:
    """None is forgotten in the cases below."""
    assert {change.kind for change in HAPPENED.values()} == set(ChangeKind)


@pytest.mark.parametrize(("words", "change"), HAPPENED.items(), ids=[*HAPPENED])
def test_a_service_that_changed_under_the_hold_is_not_steady(words: str, change: Change) -> None:
    """The step may be believed with care only, and the reason says what happened to whom."""
    step = replace(a_step(), changes=(change,))
    validity = check_validity(step)
    assert validity.trust is Trust.SUSPECT
    assert validity.reasons[-1] == f"not steady: {words}"
    assert not is_generator_fault(step)


def test_of_many_changes_the_first_are_named_and_the_others_counted() -> None:
    """Five hundred pods make one sentence, not five hundred."""
    changes = tuple(a_change(ChangeKind.POD_JOINED, f"pod-{n}") for n in range(500))
    validity = check_validity(replace(a_step(), changes=changes))
    assert validity.reasons[-1] == (
        "not steady: pod-0 joined, pod-1 joined, pod-2 joined, 497 more changes"
    )


def test_rules_without_data_raise_doubt_and_nothing_worse() -> None:
    """Each is named with its reason; the generator is not blamed for them."""
    lost = [
        a_judgement(a_resource_rule(name, text=f"{name} > 85%"), RuleState.ERROR, reason="refused")
        for name in ("cpu", "mem")
    ]
    validity = check_validity(a_step(), lost)
    assert validity.trust is Trust.SUSPECT
    assert validity.reasons[-2:] == (
        "cpu > 85% could not be judged: refused",
        "mem > 85% could not be judged: refused",
    )
