"""Tests of capacity.commands.preflight and capacity.commands.consent."""

import resource
import socket
import threading
from dataclasses import replace
from pathlib import Path

import click
import pytest

from capacity.commands import consent, preflight
from capacity.commands.consent import ask_consent
from capacity.commands.preflight import check_descriptors, reachable, resolve, usable_from
from capacity.errors import CapacityError, ConsentError, MachineError, TargetError, UsageError
from capacity.model.load import Arrivals, RateLadder
from tests.unit.builders import a_plan


@pytest.mark.parametrize(
    ("code", "said", "exit_code"),
    [
        pytest.param(
            socket.EAI_NONAME, "dns.nxdomain: shop.test does not exist: as told", 2, id="B01"
        ),
        pytest.param(
            socket.EAI_AGAIN,
            "dns.servfail: shop.test could not be looked up: as told",
            4,
            id="B02, for now",
        ),
        pytest.param(
            socket.EAI_FAIL,
            "dns.servfail: shop.test could not be looked up: as told",
            4,
            id="B02, for good",
        ),
        pytest.param(
            socket.EAI_NODATA, "dns.nodata: shop.test exists, but has no address", 4, id="B03"
        ),
    ],
)
def test_a_name_that_leads_nowhere_ends_the_run_before_any_load(
    monkeypatch: pytest.MonkeyPatch, code: int, said: str, exit_code: int
) -> None:
    """A wrong name is a fault of the configuration, a resolver without an answer is not."""

    def fail(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(code, "as told")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(CapacityError) as raised:
        resolve(a_plan(host="shop.test").target)
    assert raised.value.message == said
    assert raised.value.exit_code == exit_code


def test_an_empty_answer_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """B03 from a resolver that does not call it an error."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    with pytest.raises(TargetError, match=r"^dns\.nodata: shop\.test exists"):
        resolve(a_plan(host="shop.test").target)


def test_a_silent_resolver_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """B02: no longer than a connection may take, and the process can end all the same."""
    is_over = threading.Event()

    def wait(*_: object, **__: object) -> list[object]:
        is_over.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    target = a_plan(host="shop.test").target
    hasty = replace(target, timeouts=replace(target.timeouts, connect_s=0.05))
    with pytest.raises(TargetError) as raised:
        resolve(hasty)
    is_over.set()
    assert raised.value.message == "dns.timeout: no answer about shop.test within 0.05s"


def test_a_name_that_cannot_be_written_does_not_exist() -> None:
    """A label of more than 63 characters never reaches a resolver."""
    with pytest.raises(UsageError, match=r"^dns\.nxdomain: a{64}\.test does not exist"):
        resolve(a_plan(host="a" * 64 + ".test").target)


def test_names_are_looked_up_in_one_place_alone() -> None:
    """B04: the addresses of the start are pinned, because nothing else asks a resolver."""
    package = Path(preflight.__file__).parents[1]
    askers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "getaddrinfo" in path.read_text() or "gethostby" in path.read_text()
    }
    assert askers == {"commands/preflight.py"}


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
    """B05: when IPv6 leads nowhere and IPv4 answers, every connection goes to IPv4."""

    def probe(_: object, family: tuple[tuple[str, int], ...], __: object) -> str:
        if ":" in family[0][0]:
            raise TargetError("conn.timeout: no answer", hint="look")
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
