"""Tests of the climb in words: every part with its steps and its time, before it begins."""

import pytest

from capacity.profile.describe_climb import climb_rows
from capacity.profile.load import Overrides, load_plan


def rows_of(**flags: object) -> list[tuple[str, str]]:
    """What is said of the climb of a URL with these flags."""
    return climb_rows(load_plan(None, Overrides(url="http://h.test/", **flags), {}))  # type: ignore[arg-type]  # the flags are those of Overrides


def test_every_part_of_the_default_climb_is_announced() -> None:
    """Ladder, second looks, refinement and the three checks, each likely and at most."""
    assert rows_of(hold="9s") == [
        (
            "steps",
            "1, 4, 16, 64, 256, 1024 requests in flight (6 steps, likely 72s, at most 3m36s)",
        ),
        (
            "each step",
            "3s settle, then 9s measured; a hold goes on up to 27s while fewer than 200 answers "
            "are good or it is not steady",
        ),
        (
            "",
            "a limit must be broken twice at a load: up to 6 steps to measure again "
            "(at most 3m36s)",
        ),
        ("then", "up to 4 steps where they teach most (likely 48s, at most 2m24s)"),
        ("then", "a verification of 18s at the answer (likely 21s, at most 3m36s)"),
        ("then", "planned starts at 90% of its rate for 9s (likely 12s, at most 36s)"),
        (
            "then",
            "a recovery step of 4.5s at 1 concurrent: is all well again? "
            "(likely 7.5s, at most 18s)",
        ),
        ("duration", "likely 2m40s if no rule ends it, never more than 60m (the fuse)"),
    ]


def test_what_is_switched_off_is_not_announced() -> None:
    """One step with nothing after it says nothing of what might have been."""
    assert rows_of(
        concurrency="4",
        hold="9s",
        settle="1s",
        hold_max="9s",
        refine=0,
        recheck=False,
        verify=False,
        confirm=False,
        recovery=False,
        max_duration="30s",
    ) == [
        ("steps", "4 requests in flight (1 step, likely 10s, at most 18s)"),
        ("each step", "1s settle, then 9s measured"),
        ("duration", "likely 10s if no rule ends it, never more than 30s (the fuse)"),
    ]


def test_a_budget_is_filled_with_steps_and_never_exceeded() -> None:
    """Its steps are counted, and no part is said to take longer than all may."""
    rows = rows_of(hold="9s", budget="4m", precision="10%")
    assert rows[3] == (
        "then",
        "about 10 steps where they teach most, as many as the budget has time for, until knee and "
        "limit are known to 10% (likely 2m, at most 4m)",
    )
    assert rows[-1] == (
        "duration",
        "likely 3m52s if no rule ends it, never more than 4m (the budget)",
    )


def test_planned_starts_are_bounded_and_confirm_nothing() -> None:
    """How they are spread, how many there are, and why no other planned starts follow."""
    assert rows_of(rate="50,100", hold="9s", max_in_flight="64", precision="5%") == [
        (
            "steps",
            "50, 100 planned starts a second, spread like independent users (Poisson) "
            "(2 steps, likely 24s, at most 72s)",
        ),
        ("requests", "about 1,800 planned by these steps, if no rule ends them"),
        (
            "in flight",
            "at most 64; a start that finds no free one is dropped, and latency counts from the "
            "planned start",
        ),
        (
            "each step",
            "3s settle, then 9s measured; a hold goes on up to 27s while fewer than 200 answers "
            "are good or it is not steady",
        ),
        (
            "",
            "a limit must be broken twice at a load: up to 2 steps to measure again (at most 72s)",
        ),
        (
            "then",
            "up to 4 steps where they teach most, until the limit is known to 5% "
            "(likely 48s, at most 2m24s)",
        ),
        ("then", "a verification of 18s at the answer (likely 21s, at most 3m36s)"),
        (
            "then",
            "a recovery step of 4.5s at 50/s planned: is all well again? "
            "(likely 7.5s, at most 18s)",
        ),
        ("", "no planned starts confirm the answer: these steps are planned starts already"),
        ("duration", "likely 100s if no rule ends it, never more than 60m (the fuse)"),
    ]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"min_requests": "0"}, "goes on up to 27s while it is not steady"),
        ({"min_requests": "5k"}, "goes on up to 27s while fewer than 5,000 answers are good or it"),
        ({"hold_max": "10s"}, "goes on up to 10s while fewer than 200 answers are good or it is"),
    ],
)
def test_why_a_hold_goes_on(flags: dict[str, str], words: str) -> None:
    """Only by what the plan asks for."""
    assert words in dict(rows_of(hold="9s", **flags))["each step"]


def test_user_loops_are_not_confirmed_unless_nothing_is_checked() -> None:
    """The reason is told where somebody would look for the confirmation."""
    why = (
        "",
        "no planned starts confirm the answer: the aiohttp engine runs user loops and plans no "
        "starts",
    )
    assert why in rows_of(engine="aiohttp")
    assert why not in rows_of(engine="aiohttp", verify=False)


def test_the_second_of_two_spreads_is_even() -> None:
    """Even starts are called so."""
    words = dict(rows_of(rate="5", arrivals="constant", hold="9s"))["steps"]
    assert words.startswith("5 planned starts a second, evenly spaced (1 step, likely 12s, ")
