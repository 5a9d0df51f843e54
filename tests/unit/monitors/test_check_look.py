"""Which facts about Prometheus stand in the way of a rule, and which do not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from capacity.model.check import CheckGroup, CheckHint, CheckItem, CheckState
from capacity.model.plan import RunPlan
from capacity.model.resources import EmptyMeans, Quantity
from capacity.model.rules import Action, OnMissing, Rule
from capacity.monitors.answers import ClockOffset, Fault, FaultKind
from capacity.monitors.check_look import look_items
from capacity.monitors.first_look import FirstLook, QuantityLook
from tests.unit.builders import a_plan
from tests.unit.monitors.builders import a_quantity, samples_of
from tests.unit.resource_builders import a_resource_rule

CPU = a_quantity(samples_of())
POD = "shop/api-7f9/app"
FAULT = Fault(FaultKind.BAD_QUERY, "http://prom: HTTP 400: 'bad'", is_permanent=True)
OK, WARNING, FAILED = CheckState.OK, CheckState.WARNING, CheckState.FAILED


def a_look(quantity: Quantity = CPU, **changes: Any) -> QuantityLook:
    """One container with samples every 5 s, the newest 2 s old, and a limit of 0.5 cores."""
    look = QuantityLook(
        quantity=quantity,
        fault=None,
        series_count=1,
        subjects=(POD,),
        spacing_s=5.0,
        lag_s=2.0,
        limits={POD: 0.5},
        unlimited=(),
        is_restamped=False,
        fixed_range_s=0.0,
    )
    return replace(look, **changes)


def nothing(quantity: Quantity = CPU) -> QuantityLook:
    """A quantity without series."""
    return a_look(quantity, series_count=0, subjects=(), spacing_s=None, lag_s=None, limits=None)


def first(
    *looks: QuantityLook, clock: ClockOffset | Fault | None = None, version: str | None = "2.42.0"
) -> FirstLook:
    """A server whose clock is 3 ms ahead."""
    offset = ClockOffset(0.003, 0.001) if clock is None else clock
    return FirstLook(version, offset, looks)


def a_ruled_plan(*rules: Rule, hold_s: float = 30.0) -> RunPlan:
    """A plan with these rules, or one that stops for CPU."""
    return a_plan(rules=rules or (a_resource_rule(),), hold_s=hold_s)


def resources_of(look: QuantityLook, plan: RunPlan) -> list[CheckItem]:
    """The items of the quantities."""
    return [item for item in look_items(first(look), plan) if item.group is CheckGroup.RESOURCES]


def told(items: Sequence[CheckItem]) -> list[tuple[str, CheckState, str, str | None]]:
    """What each item says."""
    return [
        (item.what, item.state, item.measured, None if item.hint is None else item.hint.key)
        for item in items
    ]


def test_a_quantity_that_is_there_in_time_is_in_order() -> None:
    """Series, spacing, age, limit and the samples of a hold are told with their values."""
    items = look_items(first(a_look()), a_ruled_plan())
    assert {item.state for item in items} == {OK}
    assert [(i.group, i.what, i.subject, i.measured) for i in items] == [
        (CheckGroup.PROMETHEUS, "reachable", "", "2.42.0"),
        (CheckGroup.PROMETHEUS, "clock", "", "+3ms ± 1ms"),
        (CheckGroup.RESOURCES, "series", "cpu", f"1 ({POD}), every 5s, 2s old, limit 0.5 cores"),
        (CheckGroup.RESOURCES, "samples", "cpu", "hold 30s: 6 x 5s"),
    ]


@pytest.mark.parametrize(
    ("offset_s", "measured", "state"),
    [(-1.0, "-1s ± 1ms", OK), (1.2, "+1.2s ± 1ms", WARNING), (-86400.0, "-24h ± 1ms", WARNING)],
)
def test_clocks_that_are_apart_are_a_warning(
    offset_s: float, measured: str, state: CheckState
) -> None:
    """More than a second is told, with its direction; queries are moved by it anyway."""
    look = first(a_look(), clock=ClockOffset(offset_s, 0.001))
    item = look_items(look, a_ruled_plan())[1]
    assert (item.what, item.state, item.measured) == ("clock", state, measured)
    assert item.hint == (None if state is OK else CheckHint("clock_apart"))


def test_a_server_need_not_tell_its_version() -> None:
    """Then nothing is said about it."""
    assert look_items(first(a_look(), version=None), a_ruled_plan())[0].measured == ""


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_server_that_cannot_be_asked_is_one_failure(kind: FaultKind) -> None:
    """Whatever the fault is, it is told once and with a hint."""
    fault = Fault(kind, "http://prom: a sentence", is_permanent=False)
    looks = [a_look(fault=fault), a_look(fault=fault)]
    (item,) = look_items(first(*looks, clock=fault), a_ruled_plan())
    assert (item.group, item.state, item.measured) == (
        CheckGroup.PROMETHEUS,
        FAILED,
        "http://prom: a sentence",
    )
    assert item.hint is not None
    reached = {
        FaultKind.NOT_AUTHORISED: "authorised",
        FaultKind.RATE_LIMITED: "answers",
        FaultKind.UNAVAILABLE: "answers",
        FaultKind.BAD_QUERY: "answers",
        FaultKind.PARTIAL: "answers",
        FaultKind.WRONG_SHAPE: "answers",
        FaultKind.TOO_LARGE: "answers",
    }
    assert item.what == reached.get(kind, "reachable")


@pytest.mark.parametrize(("action", "state"), [(Action.STOP, FAILED), (Action.MARK, WARNING)])
def test_what_fails_a_stop_rule_only_weakens_a_mark(action: Action, state: CheckState) -> None:
    """A rule that marks can do without, a rule that stops cannot."""
    plan = a_ruled_plan(a_resource_rule(action=action))
    assert told(resources_of(nothing(), plan)) == [("series", state, "0", "no_series")]
    broken = a_look(fault=FAULT)
    assert told(resources_of(broken, plan)) == [("series", state, FAULT.detail, "query_refused")]


def test_no_series_can_mean_zero() -> None:
    """Where nothing is what a healthy service shows, a rule can be judged."""
    errors = a_quantity(samples_of(), empty_means=EmptyMeans.ZERO)
    items = resources_of(nothing(errors), a_ruled_plan())
    assert told(items) == [("series", OK, "0", "none_is_zero")]


@pytest.mark.parametrize(
    ("on_missing", "state"),
    [(OnMissing.MARK, WARNING), (OnMissing.STOP, FAILED), (OnMissing.FAIL, FAILED)],
)
def test_without_any_limit_there_is_no_share(on_missing: OnMissing, state: CheckState) -> None:
    """A warning, for it is how the service is set up; unless a rule must be judged."""
    plan = a_plan(rules=[a_resource_rule(on_missing=on_missing)])
    items = resources_of(a_look(limits={}, unlimited=(POD,)), plan)
    assert told(items) == [("limits", state, "0", "no_limit")]


def test_a_quota_that_leaves_no_series_is_no_limit_either() -> None:
    """The kubelet counts no periods of a container without one."""
    look = replace(nothing(), unlimited=(POD,))
    assert told(resources_of(look, a_ruled_plan())) == [("limits", WARNING, "0", "no_limit")]


def test_a_limit_that_nobody_tells_is_a_failure() -> None:
    """Whoever would tell it is silent, so it is not known that there is none."""
    items = resources_of(a_look(limits={}), a_ruled_plan())
    assert told(items)[1:] == [("limits", FAILED, "?", "limit_unknown")]


def test_a_container_without_a_limit_is_named() -> None:
    """The others can be judged."""
    look = a_look(
        series_count=2, subjects=(POD, "shop/api-7f9/proxy"), unlimited=("shop/api-7f9/proxy",)
    )
    item = resources_of(look, a_ruled_plan())[1]
    assert (item.what, item.state, item.measured) == ("limits", WARNING, "1 / 2")
    assert item.hint == CheckHint("some_unlimited", {"subjects": "shop/api-7f9/proxy"})


@pytest.mark.parametrize(
    ("hold_s", "spacing_s", "wanted"),
    [
        (62.0, 15.0, (OK, "hold 62s: 4 x 15s", None)),
        (61.0, 15.0, (WARNING, "hold 61s: 4 x 15s", {"needed": "62s"})),
        (30.0, 15.0, (WARNING, "hold 30s: 2 x 15s", {"needed": "62s"})),
        (29.9, 15.0, (FAILED, "hold 29.9s: 1 x 15s", {"needed": "62s"})),
        (10.0, 15.0, (FAILED, "hold 10s: 0 x 15s", {"needed": "62s"})),
        (10.0, 2.0, (OK, "hold 10s: 5 x 2s", None)),
    ],
)
def test_a_hold_must_have_samples_enough(
    hold_s: float, spacing_s: float, wanted: tuple[CheckState, str, dict[str, str] | None]
) -> None:
    """Four samples may stop, below two there is no value; the number needed is told."""
    state, measured, fields = wanted
    items = resources_of(a_look(spacing_s=spacing_s), a_ruled_plan(hold_s=hold_s))
    hint = None if fields is None else CheckHint("hold_short", fields)
    assert (items[-1].what, items[-1].state, items[-1].measured) == ("samples", state, measured)
    assert items[-1].hint == hint


def test_a_short_window_of_a_rule_is_a_warning() -> None:
    """It is judged at the end of the step, over the whole hold."""
    plan = a_ruled_plan(a_resource_rule(over_s=5.0), a_resource_rule(over_s=25.0))
    items = [item for item in resources_of(a_look(), plan) if item.what == "samples"]
    assert [(item.state, item.measured) for item in items] == [
        (OK, "hold 30s: 6 x 5s"),
        (WARNING, "over 5s: 1 x 5s"),
        (OK, "over 25s: 5 x 5s"),
    ]
    assert items[1].hint == CheckHint("over_short", {"needed": "22s"})


def test_a_spacing_that_is_not_known_is_a_warning() -> None:
    """One sample says nothing about when the next one comes."""
    plan = a_ruled_plan(a_resource_rule(over_s=5.0))
    items = resources_of(a_look(spacing_s=None), plan)
    assert told(items) == [
        ("series", OK, f"1 ({POD}), 2s old, limit 0.5 cores", None),
        ("hold", WARNING, "", "spacing_unknown"),
    ]


def test_an_age_that_is_not_known_is_not_told() -> None:
    """A query that selects no series of its own has values without an age."""
    items = resources_of(a_look(spacing_s=None, lag_s=None, limits=None), a_ruled_plan())
    assert told(items)[0] == ("series", OK, f"1 ({POD})", None)


def test_samples_that_are_too_old_are_a_failure() -> None:
    """Presence is not enough: a dead target still has series for minutes."""
    look = a_look(lag_s=25.01)
    assert told(resources_of(look, a_ruled_plan(hold_s=60.0)))[0] == (
        "series",
        FAILED,
        f"1 ({POD}), every 5s, 25s old, limit 0.5 cores",
        "samples_old",
    )
    assert told(resources_of(a_look(lag_s=25.0), a_ruled_plan(hold_s=60.0)))[0][1] is OK


def test_an_age_below_zero_is_none() -> None:
    """A sample from our future, by the error of the clocks, is new."""
    assert ", 0s old" in resources_of(a_look(lag_s=-0.2), a_ruled_plan())[0].measured


def test_doubtful_time_stamps_are_a_warning() -> None:
    """The value of a short hold may then be off."""
    items = resources_of(a_look(is_restamped=True), a_ruled_plan())
    assert ("stamps", WARNING, "", "restamped") in told(items)


@pytest.mark.parametrize(("range_s", "is_told"), [(30.0, False), (300.0, True)])
def test_a_range_longer_than_the_hold_is_a_warning(range_s: float, *, is_told: bool) -> None:
    """It mixes in what was before the step."""
    items = resources_of(a_look(fixed_range_s=range_s), a_ruled_plan())
    assert (("range", WARNING, "5m > 30s", "fixed_range") in told(items)) is is_told


def test_limits_are_told_in_their_units() -> None:
    """Memory in bytes, several different limits by name, and of others the number."""
    memory = replace(CPU, name="mem")
    look = a_look(memory, limits={"a": 2.0**28, "b": 2.0**29})
    plan = a_ruled_plan(a_resource_rule("mem"))
    assert resources_of(look, plan)[0].measured.endswith("limit 256 MiB, 512 MiB")
    other = replace(CPU, name="pool")
    plan = a_ruled_plan(a_resource_rule("pool"))
    assert resources_of(a_look(other, limits={"a": 20.0}), plan)[0].measured.endswith("limit 20")


def test_what_no_rule_is_about_is_told_in_short() -> None:
    """What is there is listed, what is not is no warning: many presets have more than one has."""
    there = [a_look(replace(CPU, name=name)) for name in "abcde"]
    gone = [nothing(replace(CPU, name=name)) for name in "vwxyz"]
    items = look_items(first(*there, *gone), a_plan())
    assert told(items)[2:] == [
        ("shown", OK, "a, b, c, d, e", None),
        ("absent", OK, "v, w, x and 2 more", None),
    ]


def test_a_query_of_the_user_without_series_is_a_warning() -> None:
    """Somebody wrote it to see something."""
    own = replace(CPU, name="prom.waiting", preset="queries")
    (item,) = resources_of(nothing(own), a_plan())
    assert (item.subject, item.state) == ("prom.waiting", WARNING)


def test_a_fault_of_what_is_only_shown_is_a_warning() -> None:
    """The run can do without, and the sentence is told."""
    items = resources_of(a_look(fault=FAULT), a_plan())
    assert told(items) == [("series", WARNING, FAULT.detail, "query_refused")]
