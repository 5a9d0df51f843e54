"""Tests of reading `profile` and `logs` of a profile."""

from pathlib import Path

import pytest

from capacity.model.hooks import CommandSource, LogPlan, PprofSource, ProfilePlan
from capacity.model.plan import RunPlan
from tests.unit.profile.builders import SMALL, full_problems_of, load, problems_of


def planned(folder: Path, text: str) -> RunPlan:
    """The plan of the small profile with more keys."""
    return load(folder, SMALL + text)


def test_nothing_is_asked_without_a_word(tmp_path: Path) -> None:
    """Neither a profile nor logs are taken by themselves."""
    plan = planned(tmp_path, "")
    assert (plan.profiling, plan.logs) == (None, ())


def test_reads_a_pprof_url(tmp_path: Path) -> None:
    """The URL, its host for the consent, and how long."""
    plan = planned(
        tmp_path,
        "profile: {kind: pprof, url: 'http://127.0.0.1:6060/debug/pprof/profile', seconds: 5}",
    )
    url = "http://127.0.0.1:6060/debug/pprof/profile"
    assert plan.profiling == ProfilePlan(PprofSource(url, "http", "127.0.0.1", 6060), 5.0)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://localhost:6060", "http://localhost:6060/debug/pprof/profile"),
        ("http://[::1]:6060/", "http://[::1]:6060/debug/pprof/profile"),
        ("https://shop.test/p", "https://shop.test:443/p"),
    ],
)
def test_completes_a_pprof_url(url: str, wanted: str, tmp_path: Path) -> None:
    """Without a path it is where Go programs have it."""
    plan = planned(tmp_path, f"profile: {{url: '{url}'}}")
    assert plan.profiling is not None
    assert isinstance(plan.profiling.source, PprofSource)
    assert plan.profiling.source.url == wanted


def test_reads_a_command(tmp_path: Path) -> None:
    """Words stay words, and numbers are written as they stand."""
    plan = planned(
        tmp_path,
        "profile: {kind: command, command: [py-spy, record, -d, '{seconds}', -p, 123]}",
    )
    argv = ("py-spy", "record", "-d", "{seconds}", "-p", "123")
    assert plan.profiling == ProfilePlan(CommandSource(argv), 10.0)


@pytest.mark.parametrize(("seconds", "wanted_s"), [("2", 2.0), ("2.5", 2.5), ("30s", 30.0)])
def test_reads_seconds(seconds: str, wanted_s: float, tmp_path: Path) -> None:
    """The key says the unit, and a duration is understood too."""
    plan = planned(tmp_path, f"profile: {{url: 'http://127.0.0.1:1/', seconds: {seconds}}}")
    assert plan.profiling is not None
    assert plan.profiling.lasts_s == wanted_s


def test_reads_logs(tmp_path: Path) -> None:
    """Each has a name, which becomes a file, and the words of a command."""
    plan = planned(
        tmp_path,
        "logs:\n  - {name: gateway, command: [kubectl, logs, deploy/gateway, --since=2m]}\n"
        "  - {name: db, command: [journalctl, -n, 200]}\n",
    )
    assert plan.logs == (
        LogPlan("gateway", ("kubectl", "logs", "deploy/gateway", "--since=2m")),
        LogPlan("db", ("journalctl", "-n", "200")),
    )


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("profile: {}", "4:1", "a profile comes from a url or from a command"),
        ("profile: {url: 'http://a/', command: [x]}", "4:1", "from a url or from a command"),
        ("profile: {kind: pprof, command: [x]}", "4:17", "kind pprof needs url"),
        ("profile: {kind: command, url: 'http://a/'}", "4:17", "kind command needs command"),
        ("profile: {kind: perf, url: 'http://a/'}", "4:17", "must be 'pprof' or 'command'"),
        ("profile: {url: 'http://u:p@a/'}", "4:16", "the URL holds a user or a password"),
        ("profile: {url: 'http://a/p?seconds=3'}", "4:16", "the URL holds a query"),
        ("profile: {url: 'ftp://a/'}", "4:16", "the scheme 'ftp' is not http or https"),
        ("profile: {url: 'http://a/', seconds: 0.5}", "4:38", "a profile of 500ms cannot be"),
        ("profile: {url: 'http://a/', seconds: 61}", "4:38", "a profile of 61s cannot be"),
        ("profile: {url: 'http://a/', seconds: soon}", "4:38", "'soon'"),
        ("profile: {command: py-spy record}", "4:20", "profile.command must be a list"),
        ("profile: {command: []}", "4:20", "the command names no program"),
        ("profile: {command: [' ']}", "4:20", "the command names no program"),
        ('profile: {command: ["a\\n"]}', "4:20", "the command holds a control character"),
        ("profile: {command: [a, '--token', hunter2]}", "4:20", "the command holds a secret"),
        ("profile: {command: [a], when: now}", "4:25", "unknown key 'when' in profile"),
        ("logs: [{command: [x]}]", "4:8", "the log has no name"),
        ("logs: [{name: a}]", "4:8", "the log has no command"),
        ("logs: [{name: ../a, command: [x]}]", "4:15", "'../a' is not a name"),
        ("logs: {name: a}", "4:7", "logs must be a list"),
        ("logs: [a]", "4:8", "logs[0] must be a mapping"),
        (
            "logs: [{name: a, command: [x]}, {name: a, command: [y]}]",
            "4:40",
            "two logs are called 'a'",
        ),
    ],
)
def test_says_what_is_wrong_and_where(text: str, place: str, message: str, tmp_path: Path) -> None:
    """Each problem has its line and column."""
    found = problems_of(tmp_path, SMALL + text)
    assert [one for one, _ in found] == [f"shop.yaml:{place}"]
    assert message in found[0][1]


@pytest.mark.parametrize(
    ("text", "program"),
    [("profile: {command: []}", "py-spy"), ("logs: [{name: a, command: []}]", "kubectl")],
)
def test_shows_a_command_that_fits(text: str, program: str, tmp_path: Path) -> None:
    """A profiler is called otherwise than what prints a log."""
    assert program in full_problems_of(tmp_path, SMALL + text)[0].hint


def test_refuses_too_many_and_too_long(tmp_path: Path) -> None:
    """A plan stays one that a person can read."""
    logs = "".join(f"  - {{name: l{n}, command: [x]}}\n" for n in range(11))
    assert "11 commands" in problems_of(tmp_path, f"{SMALL}logs:\n{logs}")[0][1]
    long = f"{SMALL}profile: {{command: [{'a,' * 101} b]}}"
    assert full_problems_of(tmp_path, long)[0].message == "the command is too long"
