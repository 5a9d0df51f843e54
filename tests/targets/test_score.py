"""Is the score of the zoo just: what counts as right, as wrong, and as no answer at all?"""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.targets.confusion import table
from tests.targets.page import BEGIN, END, with_table
from tests.targets.play import Deviation, Play
from tests.targets.score import Outcome, Score, deviants, is_confidently_wrong, outcome
from tests.targets.target import Playing, Target

POOL = Target(
    "pool",
    "a pool",
    "pool",
    lambda _lab: nullcontext(Playing("http://127.0.0.1:1/")),
    blind_kinds=frozenset({"unobserved"}),
)


def a_play(
    named: str = "pool",
    confidence: str = "medium",
    *,
    is_watched: bool = True,
    void_because: str = "",
    deviations: tuple[Deviation, ...] = (),
) -> Play:
    """A run against the pool; by default the right answer."""
    return Play(
        target="pool",
        is_watched=is_watched,
        named=named,
        confidence=confidence,
        others=(),
        deviations=deviations,
        exit_code=0,
        void_because=void_because,
        duration_s=30.0,
        said="",
        run_json=Path("run.json"),
    )


@pytest.mark.parametrize(
    ("play", "expected", "is_bad"),
    [
        pytest.param(a_play(), Outcome.RIGHT, False, id="right"),
        pytest.param(a_play("cpu_limit", "medium"), Outcome.WRONG, False, id="wrong, not sure"),
        pytest.param(a_play("cpu_limit", "high"), Outcome.WRONG, True, id="wrong and sure"),
        pytest.param(a_play("unknown", ""), Outcome.UNKNOWN, False, id="unknown"),
        pytest.param(a_play("no_limit", ""), Outcome.WRONG, False, id="no limit, and there is one"),
        pytest.param(a_play(void_because="disturbed"), Outcome.VOID, False, id="no answer"),
        pytest.param(a_play("unobserved", "low"), Outcome.WRONG, False, id="allowed blind only"),
        pytest.param(
            a_play("unobserved", "low", is_watched=False), Outcome.ALLOWED, False, id="allowed"
        ),
        pytest.param(
            a_play("pacing", "low", is_watched=False), Outcome.WRONG, False, id="blind, a guess"
        ),
        pytest.param(
            a_play("pacing", "medium", is_watched=False), Outcome.WRONG, True, id="blind, too sure"
        ),
    ],
)
def test_a_run_is_held_against_the_truth(play: Play, expected: Outcome, is_bad: bool) -> None:  # noqa: FBT001  # a column of the table
    """What was named, how surely, and whether anybody could see more."""
    assert outcome(POOL, play) is expected
    assert is_confidently_wrong(POOL, play) is is_bad


def test_a_figure_may_be_off_by_five_percent() -> None:
    """Of what the instruments saw, in either direction; nothing is not off from nothing."""
    close, far = Deviation("cpu", 0.96, 1.0), Deviation("qps", 106.0, 100.0)
    never = Deviation("oom", 1.0, 0.0)
    play = a_play(deviations=(close, far, never, Deviation("restarts", 0.0, 0.0)))
    assert deviants(play) == (far, never)


def test_nine_of_ten_right_are_enough() -> None:
    """Void runs count for nothing; one wrong of ten is allowed if nobody was sure of it."""
    plays = [*[a_play()] * 9, a_play("pacing", "low"), a_play(void_because="disturbed")]
    assert Score([POOL], plays).misses() == ()
    assert Score([POOL], [*plays, a_play("unknown", "")]).misses() == (
        "right first in 9 of 11 runs with monitors, fewer than 90 %",
    )


def test_every_missed_bar_is_said() -> None:
    """A sure error, a figure that is off, and a service whose runs are all void."""
    off = a_play(deviations=(Deviation("cpu", 1.1, 1.0),))
    plays = [
        *[a_play()] * 20,
        a_play("pacing", "high"),
        off,
        a_play(is_watched=False, void_because="disturbed"),
    ]
    assert Score([POOL], plays).misses() == (
        "pool: every run without monitors was void",
        "pool with monitors: pacing with high confidence, in truth pool",
        "pool with monitors: cpu 1.1, instruments 1 (+10.0%)",
    )


def test_the_table_says_what_was_named_how_often() -> None:
    """With confidence, the most frequent first, and the figure that is furthest off."""
    plays = [
        a_play(deviations=(Deviation("cpu", 1.02, 1.0), Deviation("qps", 97.0, 100.0))),
        a_play(),
        a_play("pacing", "high"),
        a_play("unknown", "", is_watched=False),
        a_play(is_watched=False, void_because="disturbed"),
    ]
    assert table(Score([POOL], plays)).splitlines() == [
        "| service | truth | named first, with monitors | without | evidence off by at most |",
        "|---|---|---|---|---|",
        "| a pool | `pool` | 2 x `pool` medium, 1 x `pacing` high | 1 x `unknown`, 1 void "
        "| 3.0% (qps) |",
        "",
        "With monitors: 2 right, 1 wrong.",
        "Without: 1 unknown, 1 void.",
        "Wrong with high confidence: pool as pacing.",
    ]


def test_the_page_gets_the_table_between_its_marks() -> None:
    """The first time at its end, then in place of the old one; all else stays."""
    first = with_table("# Bottlenecks\n\nText.\n", "old")
    assert first == f"# Bottlenecks\n\nText.\n\n## How well it does\n\n{BEGIN}\nold\n{END}\n"
    assert with_table(f"{first}\nMore.\n", "new") == f"{first}\nMore.\n".replace("old", "new")
