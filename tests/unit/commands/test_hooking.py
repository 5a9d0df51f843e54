"""Tests of allowing hosts of profiles, making hooks, and gathering the secrets of a plan."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest

from capacity.commands import hooking
from capacity.commands.hooking import make_hooks, refuse_unlisted, secrets_of
from capacity.errors import ConsentError
from capacity.model.hooks import CommandSource, LogPlan, PprofSource, ProfilePlan
from capacity.model.plan import BasicAuth, Header, HttpRequest, MonitorPlan, RunPlan, Secret, Target
from tests.fakes.scripted import FakeClock
from tests.monitors.sources import a_source
from tests.unit.builders import a_plan


def profiled_at(host: str, **changes: object) -> RunPlan:
    """A plan that profiles a host."""
    source = PprofSource(f"http://{host}:6060/p", "http", host, 6060)
    plan = replace(a_plan(), profiling=ProfilePlan(source, 1.0))
    return replace(plan, **changes)  # type: ignore[arg-type]  # test shorthand


def resolving(address: str) -> Callable[[Target], tuple[tuple[str, int], ...]]:
    """A resolver that always says this."""
    return lambda target: ((address, target.port),)


def test_refuses_a_host_that_nobody_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile slows a service down, so its host is asked for like the target's."""
    monkeypatch.setattr(hooking, "resolve", resolving("192.0.2.7"))
    with pytest.raises(ConsentError) as caught:
        refuse_unlisted(profiled_at("shop.test"), None)
    assert "profile.url names shop.test (192.0.2.7)" in caught.value.message
    assert "allow_hosts: [shop.test]" in caught.value.hint


@pytest.mark.parametrize(
    ("plan", "yes_target", "address"),
    [
        (profiled_at("shop.test", allow_hosts=("shop.test",)), None, "192.0.2.7"),
        (profiled_at("shop.test"), "shop.test", "192.0.2.7"),
        (profiled_at("localhost"), None, "127.0.0.1"),
        (profiled_at("127.0.0.1"), None, "192.0.2.7"),  # the target's own host
        (a_plan(), None, "192.0.2.7"),
        (
            replace(a_plan(), profiling=ProfilePlan(CommandSource(("py-spy",)), 1.0)),
            None,
            "192.0.2.7",
        ),
    ],
    ids=["listed", "named", "loopback", "target", "no profile", "command"],
)
def test_asks_for_no_other(
    plan: RunPlan, yes_target: str | None, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own machine, the target and what was named need no further word."""
    monkeypatch.setattr(hooking, "resolve", resolving(address))
    refuse_unlisted(plan, yes_target)


def test_makes_what_the_plan_asks_for() -> None:
    """Nothing is run by making it."""
    bare = make_hooks(a_plan(), FakeClock())
    bare.begin_profile(0)
    bare.begin_logs()
    assert (bare.profile_awaited_s, bare.logs_awaited_s) == (0.0, 0.0)
    plan = replace(profiled_at("127.0.0.1"), logs=(LogPlan("app", ("true",)),))
    full = make_hooks(plan, FakeClock())
    assert (full.profile_awaited_s, full.logs_awaited_s) == (0.0, 0.0)
    full.close()


def test_knows_the_secrets_of_the_plan() -> None:
    """Credentials of requests and of Prometheus, values of a query, and the body."""
    headers = (
        Header("Authorization", Secret(b"Bearer s3cr3t")),
        Header("Accept", Secret(b"text/html")),
    )
    call = HttpRequest("POST", Secret(b"/p?key=a%2Fb&x"), "/p?...", headers, Secret(b" {1} "))
    source = replace(
        a_source("http://127.0.0.1:9090"),
        bearer=Secret(b"prom-bearer"),
        basic=BasicAuth("bob", Secret(b"hunter2")),
        headers=(Header("X-Scope", Secret(b"tenant")),),
    )
    plan = replace(a_plan(call=call), monitor=MonitorPlan(source, None, None, ()))
    assert set(secrets_of(plan)) == {
        b"Bearer s3cr3t",
        b"s3cr3t",
        b"a%2Fb",
        b"a/b",
        b"{1}",
        b"tenant",
        b"prom-bearer",
        b"hunter2",
        b64encode(b"bob:hunter2"),
    }


def test_a_plan_without_secrets_has_none() -> None:
    """A plain GET hides nothing."""
    assert secrets_of(a_plan()) == ()
