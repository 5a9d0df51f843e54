"""Tests of telling what is asked of code and logs at the limit."""

from dataclasses import replace

from capacity.model.hooks import CommandSource, LogPlan, PprofSource, ProfilePlan
from capacity.profile.describe import plan_lines
from capacity.profile.describe_hooks import hook_rows
from tests.unit.builders import a_plan

URL = "http://127.0.0.1:6060/debug/pprof/profile"
PPROF = ProfilePlan(PprofSource(URL, "http", "127.0.0.1", 6060), 10.0)


def test_tells_where_a_profile_comes_from() -> None:
    """A URL as it is asked, or the command as one could type it."""
    command = ProfilePlan(CommandSource(("py-spy", "record", "-o", "{file}", "a b")), 5.0)
    assert hook_rows(replace(a_plan(), profiling=PPROF)) == [("profile", f"10s of CPU from {URL}")]
    assert hook_rows(replace(a_plan(), profiling=command)) == [
        ("profile", "5s by the command py-spy record -o '{file}' 'a b'")
    ]


def test_lists_the_commands_for_logs() -> None:
    """Each on a line of its own."""
    logs = (LogPlan("gateway", ("kubectl", "logs", "x")), LogPlan("db", ("journalctl",)))
    assert hook_rows(replace(a_plan(), logs=logs)) == [
        ("logs", "gateway, at the end of the climb: kubectl logs x"),
        ("", "db, at the end of the climb: journalctl"),
    ]


def test_the_plan_has_the_step_and_its_time() -> None:
    """The step is as long as the profile needs, and comes after the verification."""
    lines = plan_lines(replace(a_plan(hold_s=5.0), profiling=PPROF), ())
    assert (
        "then          the answer once more for 11s, while its code is watched "
        "(likely 16s, at most 16s)" in lines
    )


def test_says_nothing_where_nothing_is_asked() -> None:
    """Most plans have neither."""
    assert hook_rows(a_plan()) == []
