"""Tests of taking logs at the end of a climb."""

import time

import pytest

from capacity.hooks import logs as module
from capacity.hooks.logs import ThreadedLogs
from capacity.model.hooks import HookState, LogPlan, LogTail
from capacity.model.run import LogTaken


def taken_by(*plans: LogPlan, secrets: tuple[bytes, ...] = ()) -> dict[str, LogTaken]:
    """What comes of the commands, by name."""
    logs = ThreadedLogs(plans, secrets)
    owed_before = logs.owes_more
    logs.begin()
    assert not owed_before
    found: dict[str, LogTaken] = {}
    end_s = time.monotonic() + logs.answer_limit_s
    while logs.owes_more:
        assert time.monotonic() < end_s
        found |= {taken.log.name: taken for taken in logs.poll()}
        time.sleep(0.01)
    logs.close()
    return found


def script(text: str, name: str = "app") -> LogPlan:
    """A log by the words of a shell."""
    return LogPlan(name, ("sh", "-c", text))


def test_takes_all_of_them() -> None:
    """Each with its own name, and a failure is one of its own."""
    found = taken_by(script("echo served"), LogPlan("gone", ("no-such-program",)))
    assert found["app"].content == b"served\n"
    assert found["app"].log == LogTail("app", HookState.TAKEN, "", "logs/app.txt", 7)
    assert found["gone"].log == LogTail(
        "gone", HookState.FAILED, "it cannot be started: No such file or directory"
    )


def test_takes_secrets_and_codes_out() -> None:
    """Those of the plan, what looks like one, and what a terminal obeys."""
    text = "printf 'Authorization: Bearer abcdefghij\\nrow=s3cr3t!\\n\\033[31mred\\n'"
    taken = taken_by(script(text), secrets=(b"s3cr3t!",))["app"]
    assert taken.content == b"Authorization: [redacted]\nrow=[redacted]\nred\n"
    assert taken.log.redacted_count == 2


def test_keeps_whole_lines_of_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a line may be a secret whose name was cut off."""
    monkeypatch.setattr(module, "MAX_LOG_BYTES", 20)
    taken = taken_by(script("echo password=0123456789012; echo served"))["app"]
    assert (taken.content, taken.log.is_cut) == (b"served\n", True)


def test_a_log_of_nothing_is_a_log() -> None:
    """A service may have had nothing to say."""
    log = taken_by(script("true"))["app"].log
    assert (log.state, log.file, log.size_bytes) == (HookState.TAKEN, "logs/app.txt", 0)


def test_tells_why_it_failed_and_keeps_what_came() -> None:
    """In the last words of the command, without secrets."""
    taken = taken_by(script("echo half; echo 'error: token=abc refused' >&2; exit 1"))["app"]
    assert taken.log.reason == "it ended with code 1: error: token=[redacted] refused"
    assert (taken.log.state, taken.log.file, taken.content) == (
        HookState.FAILED,
        "logs/app.txt",
        b"half\n",
    )


def test_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that follows a log forever has its seconds, and what came by then is kept."""
    monkeypatch.setattr(module, "LIMIT_S", 0.5)
    taken = taken_by(script("echo served; sleep 60"))["app"]
    assert (taken.content, taken.log.reason) == (b"served\n", "it did not end within 0.5 s")


def test_ends_with_the_run() -> None:
    """Whoever closes does not wait."""
    logs = ThreadedLogs((script("sleep 60"),), ())
    logs.begin()
    time.sleep(0.2)
    logs.close()
    end_s = time.monotonic() + 3.0
    found: tuple[LogTaken, ...] = ()
    while not found and time.monotonic() < end_s:
        found = logs.poll()
        time.sleep(0.01)
    assert [taken.log.reason for taken in found] == ["the run was ended before it"]
