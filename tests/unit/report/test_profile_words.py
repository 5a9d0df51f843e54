"""Tests of telling what profile and logs at the limit said."""

from dataclasses import replace
from io import StringIO

import pytest

from capacity.model.hooks import CodeProfile, HookState, HotFunction, LogTail
from capacity.model.plan import Purpose
from capacity.model.run import LogTaken, ProfileTaken, Run, RunStarted
from capacity.report.console import ConsoleLook, ConsoleMode, make_console
from capacity.report.console_plain import hook_line
from capacity.report.console_state import PictureBook
from capacity.report.profile_words import hook_rows, profile_lines
from capacity.report.texts import Language
from capacity.report.verdict import verdict_lines
from tests.fakes.hooked import a_code_profile
from tests.unit.builders import a_plan, a_run, a_step, an_environment, some_findings

APP = LogTail("app", HookState.TAKEN, "", "logs/app.txt", 2_500, is_cut=True, redacted_count=2)
GONE = LogTail("gone", HookState.FAILED, "it ended with code 1: no such *pod*")
FAILED = CodeProfile(HookState.FAILED, "there is no profile (404): a `Go` program", None)
HOSTILE = "main.<b>|evil|\x1b[31m\n# [x](http://y)"


def hooked(profile: CodeProfile | None = None, *logs: LogTail) -> Run:
    """A run whose last step was watched."""
    step = a_step(8)
    watched = replace(step, plan=replace(step.plan, index=3, purpose=Purpose.PROFILE))
    return replace(a_run(), steps=(*a_run().steps[:3], watched), profile=profile, logs=logs)


def test_the_verdict_names_the_hottest_function() -> None:
    """With its share, the samples it is of, the cores, the load and the file."""
    assert hook_rows(hooked(a_code_profile()), Language.EN) == [
        (
            "profile",
            "main.burn is the hottest function, 62.0% of 100 samples, 0.50 cores busy "
            "at 8 concurrent; see profile.pb.gz",
        )
    ]
    assert hook_rows(hooked(a_code_profile()), Language.ZH) == [
        (
            "profile",
            "并发 8 时最热的函数是 main.burn，占 100 个样本的 62.0%，占用 0.50 个核；"
            "见 profile.pb.gz",
        )
    ]


def test_the_verdict_says_why_there_is_none() -> None:
    """A failed profile is a note beside an answer that stands."""
    assert hook_rows(hooked(FAILED, APP, GONE), Language.EN) == [
        ("profile", "none: there is no profile (404): a `Go` program"),
        ("logs", "logs/app.txt; gone failed: it ended with code 1: no such *pod*"),
    ]


def test_nothing_is_said_where_nothing_was_asked() -> None:
    """Most runs have neither."""
    assert hook_rows(hooked(), Language.EN) == []
    assert profile_lines(hooked(), Language.EN) == []


def test_the_file_has_both_tables() -> None:
    """Flat and cumulative, the hottest first, with both shares in either."""
    parts = profile_lines(hooked(a_code_profile()), Language.EN)
    text = ["\n".join(part) for part in parts]
    assert text[0] == "## Where the service spent its time"
    assert text[1].startswith(
        "A profile of 2s at 8 concurrent, 100 samples, 0.50 cores busy. The raw file is "
        "profile.pb.gz."
    )
    assert text[3].splitlines()[2] == "| main.burn | 62.0% | 62.0% |"
    assert text[5].splitlines()[2] == "| main.serve | 0.0% | 97.0% |"


def test_the_file_says_less_of_folded_stacks() -> None:
    """How long and on how many cores they do not tell."""
    profile = a_code_profile(covered_s=None, cores=None, file="profile.folded")
    text = profile_lines(hooked(profile), Language.EN)[1][0]
    assert text.startswith("A profile at 8 concurrent, 100 samples. The raw file is profile.folded")


def test_the_file_lists_logs() -> None:
    """What was cut and what was taken out is said."""
    parts = profile_lines(hooked(None, APP, GONE), Language.EN)
    assert parts[1] == [
        "- app: logs/app.txt, 2.44 KiB, the end of a longer one, "
        "with secrets taken out in 2 places",
        r"- gone: it ended with code 1: no such \*pod\*",
    ]


def test_the_file_says_why_there_is_no_profile() -> None:
    """In the words of whoever failed, as text."""
    parts = profile_lines(hooked(FAILED), Language.ZH)
    assert parts[1] == [r"没有剖析结果：there is no profile (404): a \`Go\` program。"]


def test_names_of_functions_stay_text() -> None:
    """No name becomes a column, a link, a heading, or a code for the terminal."""
    profile = a_code_profile(flat=(HotFunction(HOSTILE, 1.0, 1.0),))
    row = profile_lines(hooked(profile), Language.EN)[3][2]
    assert row == (r"| main.\<b\>\|evil\|\[31m \# \[x\](http:\//y) | 100.0% | 100.0% |")
    lines = verdict_lines(hooked(profile), some_findings(), Language.EN, report_place="x")
    (line,) = [line for line in lines if "evil" in line]
    assert "\x1b" not in line
    assert "\n" not in line
    long = a_code_profile(flat=(HotFunction("x" * 300, 1.0, 1.0),))
    assert f"{'x' * 57}... is" in hook_rows(hooked(long), Language.EN)[0][1]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (ProfileTaken(a_code_profile(), b""), 'profile hottest="main.burn" flat=62.0% cores=0.50'),
        (ProfileTaken(a_code_profile(cores=None), b""), 'profile hottest="main.burn" flat=62.0%'),
        (ProfileTaken(FAILED, b""), "profile failed: there is no profile (404): a `Go` program"),
        (LogTaken(APP, b""), "log app logs/app.txt"),
        (LogTaken(GONE, b""), "log gone failed: it ended with code 1: no such *pod*"),
    ],
)
def test_the_console_has_a_line(event: ProfileTaken | LogTaken, line: str) -> None:
    """While the run goes on."""
    assert hook_line(event) == line


def test_a_log_of_the_run_has_the_lines() -> None:
    """Beside those of the steps."""
    stream = StringIO()
    console = make_console(
        ConsoleLook(ConsoleMode.PLAIN, ascii_only=False, color=False, width=200), stream
    )
    console.show(ProfileTaken(FAILED, b""))
    console.show(LogTaken(APP, b""))
    console.close()
    assert stream.getvalue().splitlines() == [
        "profile failed: there is no profile (404): a `Go` program",
        "log app logs/app.txt",
    ]


def test_the_live_view_keeps_them_as_messages() -> None:
    """Below the table, like a rule that was broken."""
    book = PictureBook()
    book.take(RunStarted(a_plan(), an_environment(), 0.0))
    book.take(ProfileTaken(FAILED, b""))
    book.take(LogTaken(GONE, b""))
    assert book.picture is not None
    assert book.picture.messages[-1] == "log gone failed: it ended with code 1: no such *pod*"
