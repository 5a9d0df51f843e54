"""Tests of capacity.commands.preflight and capacity.commands.consent."""

import resource
import socket
from dataclasses import replace

import click
import pytest

from capacity.commands import consent, preflight
from capacity.commands.consent import ask_consent
from capacity.commands.preflight import check_descriptors, reachable, resolve, usable_from
from capacity.errors import ConsentError, MachineError, TargetError, UsageError
from capacity.model.load import Arrivals, RateLadder
from tests.unit.builders import a_plan


def test_unknown_host_is_a_target_error_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without an address: exit 4, the host in the message."""

    def no_such_host(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    with pytest.raises(TargetError) as raised:
        resolve(a_plan(host="shop.test").target)
    assert raised.value.exit_code == 4
    assert raised.value.message == "shop.test has no address: Name or service not known"


def test_addresses_keep_the_resolvers_order_without_repeats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two entries for one address are one address; IPv6 comes first when the resolver says so."""
    found = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 8080, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 8080)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 8080)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert resolve(a_plan(host="localhost").target) == (("::1", 8080), ("127.0.0.1", 8080))


def test_family_that_answers_is_taken_for_the_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """When IPv6 refuses and IPv4 answers, every connection goes to IPv4."""

    def probe(_: object, family: tuple[tuple[str, int], ...], __: object) -> str:
        if ":" in family[0][0]:
            raise TargetError("refused", hint="look")
        return "127.0.0.1"

    monkeypatch.setattr(preflight, "probe_target", probe)
    both = (("::1", 80), ("127.0.0.1", 80), ("127.0.0.2", 80))
    assert reachable(a_plan().target, both, ()) == (("127.0.0.1", 80), ("127.0.0.2", 80))


def test_first_fault_is_reported_when_no_family_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The family that the resolver prefers speaks for both."""

    def probe(_: object, family: tuple[tuple[str, int], ...], __: object) -> str:
        raise TargetError(f"refused by {family[0][0]}", hint="look")

    monkeypatch.setattr(preflight, "probe_target", probe)
    with pytest.raises(TargetError, match="refused by ::1"):
        reachable(a_plan().target, (("::1", 80), ("127.0.0.1", 80)), ())


def test_descriptors_beyond_the_hard_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the number that is needed, the hint a ladder that would fit."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    with pytest.raises(MachineError) as raised:
        check_descriptors(a_plan([1, 200]))
    assert "200 connections need 300 open files, but this process may open 256" in str(raised.value)
    assert "ulimit -Hn 300" in raised.value.hint
    assert "156" in raised.value.hint


def test_descriptors_for_planned_starts_are_bounded_by_their_slots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hint names the option that bounds them."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    plan = replace(a_plan(), ladder=RateLadder((50.0,), Arrivals.POISSON, 200))
    with pytest.raises(MachineError) as raised:
        check_descriptors(plan)
    assert raised.value.hint.endswith("allow at most 156 with --max-in-flight")


def test_source_addresses_choose_the_family() -> None:
    """Only the target's addresses that can be reached from them are used."""
    both = (("::1", 80), ("127.0.0.1", 80))
    assert usable_from((), both) == both
    assert usable_from(("127.0.0.2", "127.0.0.3"), both) == (("127.0.0.1", 80),)


def test_a_source_address_of_another_family_is_a_wrong_argument() -> None:
    """Nothing of the target could be reached from there."""
    with pytest.raises(UsageError) as raised:
        usable_from(("127.0.0.2",), (("::1", 80),))
    assert raised.value.message == "the target has no IPv4 address, and 127.0.0.2 is one"


def test_a_source_address_of_another_machine_is_refused() -> None:
    """The kernel is asked before any load; 192.0.2.0/24 is nobody's."""
    with pytest.raises(MachineError) as raised:
        usable_from(("192.0.2.77",), (("127.0.0.1", 80),))
    assert raised.value.message.startswith(
        "192.0.2.77 is not an address that connections can come from here: "
    )


def test_soft_limit_is_raised_to_the_hard_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A low soft limit needs nobody's help."""
    raised_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: raised_to.append(pair))
    check_descriptors(a_plan([1000]))
    assert raised_to == [(4096, 4096)]


def test_loopback_needs_no_question() -> None:
    """All of 127.0.0.0/8 and ::1 are this machine."""
    loopback = (("127.0.0.1", 80), ("127.9.9.9", 80), ("::1", 80))
    ask_consent("localhost", loopback, allow_hosts=(), yes_target=None)


@pytest.mark.parametrize(
    ("allow_hosts", "yes_target"),
    [
        pytest.param(("shop.test",), None, id="profile"),
        pytest.param((), "SHOP.test", id="flag, other case"),
    ],
)
def test_host_named_by_the_user_is_allowed(
    allow_hosts: tuple[str, ...], yes_target: str | None
) -> None:
    """The allow list and the flag name the host itself."""
    address = (("192.0.2.1", 80),)
    ask_consent("shop.test", address, allow_hosts=allow_hosts, yes_target=yes_target)


@pytest.mark.parametrize(
    ("yes_target", "said"),
    [
        pytest.param(None, "nobody is here to be asked", id="no terminal"),
        pytest.param("other.test", "--yes-target names 'other.test'", id="other name"),
    ],
)
def test_host_not_named_is_refused_with_exit_2(yes_target: str | None, said: str) -> None:
    """One loopback address among others is no consent; the hint repeats the host."""
    addresses = (("127.0.0.1", 80), ("192.0.2.1", 80))
    with pytest.raises(ConsentError) as raised:
        ask_consent("shop.test", addresses, allow_hosts=(), yes_target=yes_target)
    assert raised.value.exit_code == 2
    assert said in raised.value.message
    assert "--yes-target shop.test" in raised.value.hint


@pytest.mark.parametrize("answer", ["shop.test", " Shop.Test "])
def test_host_typed_at_the_prompt_is_allowed(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """On a terminal the host is asked for by name, case and blanks aside."""
    asked: list[str] = []

    def prompt(text: str, **_: object) -> str:
        asked.append(text)
        return answer

    monkeypatch.setattr(consent, "has_terminal", lambda: True)
    monkeypatch.setattr(click, "prompt", prompt)
    ask_consent("shop.test", (("192.0.2.1", 80),), allow_hosts=(), yes_target=None)
    assert asked == ["Type shop.test to send load there"]


@pytest.mark.parametrize("answer", ["", "y", "yes", "shop"])
def test_any_other_word_at_the_prompt_is_a_no(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """There is no bare yes."""
    monkeypatch.setattr(consent, "has_terminal", lambda: True)
    monkeypatch.setattr(click, "prompt", lambda *_, **__: answer)
    with pytest.raises(ConsentError, match="was not confirmed; nothing was sent"):
        ask_consent("shop.test", (("192.0.2.1", 80),), allow_hosts=(), yes_target=None)
