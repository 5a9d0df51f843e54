"""What `check` finds and how it ends, on services that are there and that are not."""

import json
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from capacity.commands.check import command, find_items, profile_items
from capacity.commands.check_target import target_items
from capacity.model.check import CheckGroup, CheckHint, CheckItem, CheckState
from capacity.model.plan import DemoService, MonitorPlan, ProcessSource
from capacity.model.rules import Action
from tests.end_to_end.tool import free_port
from tests.unit.builders import a_plan, a_rule


def check(*words: str, out: Path) -> Result:
    """Call the command; its return value is the exit code."""
    return CliRunner().invoke(command, [*words, "-o", str(out)], standalone_mode=False)


def whats(items: tuple[CheckItem, ...]) -> list[tuple[str, str]]:
    """What was found, with its state."""
    return [(item.what, item.state.value) for item in items]


def test_a_valid_plan_with_rules_is_in_order() -> None:
    """Its steps and rules are counted."""
    items = profile_items(a_plan([1, 2], hold_s=25.0))
    assert whats(items) == [("plan", "ok"), ("stop_rules", "ok")]
    assert [item.measured for item in items] == ["demo: 2 steps, likely 60s", "3"]


def test_a_climb_that_no_rule_ends_is_a_warning() -> None:
    """A rule that only marks is none; remarks about the profile are warnings too."""
    plan = replace(a_plan(rules=[a_rule(action=Action.MARK)]), notes=("odd",))
    items = profile_items(plan)
    assert whats(items) == [("plan", "ok"), ("stop_rules", "warning"), ("note", "warning")]
    assert items[1].hint == CheckHint("no_stop_rule")
    assert items[2].measured == "odd"


def test_a_service_that_listens_is_reachable() -> None:
    """On loopback it needs no consent; a connection is made, and nothing is sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        plan = a_plan()
        plan = replace(plan, target=replace(plan.target, port=listener.getsockname()[1]))
        items = target_items(plan, None)
        accepted, _ = listener.accept()
        sent = accepted.recv(1000)
        accepted.close()
    assert whats(items) == [("addresses", "ok"), ("consent", "ok"), ("connection", "ok")]
    assert items[0].measured == "127.0.0.1"
    assert items[2].measured.startswith(f"127.0.0.1:{plan.target.port}, ")
    assert sent == b""


def test_a_service_that_is_not_there_is_a_failure() -> None:
    """The words are those that would end the run."""
    plan = a_plan()
    plan = replace(plan, target=replace(plan.target, port=free_port()))
    item = target_items(plan, None)[-1]
    assert (item.what, item.state) == ("connection", CheckState.FAILED)
    assert "refused" in item.measured
    assert item.hint is not None
    assert item.hint.key == "as_told"


def test_a_name_that_does_not_exist_ends_the_list_of_the_target(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an address there is nothing more to find."""

    def fail(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "as told")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert whats(target_items(a_plan(host="shop.test"), None)) == [("addresses", "failed")]


@pytest.mark.parametrize(
    ("yes_target", "state"), [(None, CheckState.WARNING), ("Shop.test", CheckState.OK)]
)
def test_a_foreign_host_needs_consent(
    monkeypatch: pytest.MonkeyPatch, yes_target: str | None, state: CheckState
) -> None:
    """Nobody is asked here; the hint says how to consent."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 8080))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(
        "capacity.commands.check_target.reachable", lambda _, addresses, __: addresses
    )
    item = target_items(a_plan(host="shop.test"), yes_target)[1]
    assert (item.what, item.state) == ("consent", state)
    wanted = CheckHint("consent_needed", {"host": "shop.test"})
    assert item.hint == (wanted if state is CheckState.WARNING else None)


def test_a_process_that_is_there_is_named(tmp_path: Path) -> None:
    """With what its shares are of."""
    monitor = MonitorPlan(None, ProcessSource(pid=os.getpid(), port=None), None, ())
    items = find_items(replace(a_plan(), monitor=monitor), tmp_path, None)
    of_process = [item for item in items if item.group is CheckGroup.PROCESS]
    assert {item.state for item in of_process} == {CheckState.OK}
    assert of_process[0].what == "process"
    assert f"pid {os.getpid()} " in of_process[0].measured
    assert any("cpu is a share of" in item.measured for item in of_process)


def test_a_process_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    """A run would not begin without it."""
    monitor = MonitorPlan(None, ProcessSource(pid=None, port=free_port()), None, ())
    items = find_items(replace(a_plan(), monitor=monitor), tmp_path, None)
    assert (items[-1].group, items[-1].state) == (CheckGroup.PROCESS, CheckState.FAILED)


def test_a_demo_service_that_cannot_start_is_a_failure(tmp_path: Path) -> None:
    """Then nothing else of the target can be found out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        plan = replace(a_plan(), demo_service=DemoService(servers=1, service_time_s=0.01))
        plan = replace(plan, target=replace(plan.target, port=taken.getsockname()[1]))
        items = find_items(plan, tmp_path, None)
    assert (items[-1].what, items[-1].state) == ("demo_service", CheckState.FAILED)


def test_ends_with_3_when_something_stands_in_the_way(tmp_path: Path) -> None:
    """The list is printed in full, in the language that was asked for."""
    url = f"http://127.0.0.1:{free_port()}/"
    ended = check(url, "--lang", "en", out=tmp_path)
    assert ended.return_value == 3
    assert ended.output.splitlines()[0] == "profile"
    assert "1 failed" in ended.output.splitlines()[-1]


def test_ends_with_0_unless_warnings_count(tmp_path: Path) -> None:
    """A climb without a stop rule is a warning: with --strict that is enough to fail."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        words = (f"http://127.0.0.1:{listener.getsockname()[1]}/", "--no-default-stops", "--json")
        ended, strict = check(*words, out=tmp_path), check(*words, "--strict", out=tmp_path)
    assert (ended.return_value, strict.return_value) == (0, 3)
    loaded = json.loads(ended.output)
    assert loaded["summary"]["failed"] == 0
    assert {"profile", "generator", "target"} == {item["group"] for item in loaded["items"]}
