"""Tests of what a run does beside its ladder: defaults, ranges, and what must fit together."""

from pathlib import Path

import pytest

from capacity.model.plan import SearchPlan
from capacity.profile.overrides import Overrides
from tests.unit.profile.builders import SMALL, full_problems_of, load, problems_of

PYTHON = """
version: 1
target: { base_url: "http://127.0.0.1:8080/" }
scenarios: { main: { python: "s.py:f" } }
"""


def with_steps(keys: str, text: str = SMALL) -> str:
    """A profile with these steps, in its fourth line."""
    return f"{text}steps: {{ {keys} }}\n"


def test_the_defaults_refine_and_check_the_answer(tmp_path: Path) -> None:
    """A URL alone gets a refined answer that was verified, confirmed and recovered from."""
    assert load(tmp_path).search == SearchPlan(
        hold_max_s=90.0,
        min_requests=200,
        recheck=True,
        refine=4,
        precision_ratio=None,
        budget_s=None,
        verify=True,
        confirm=True,
        recovery=True,
    )


def test_each_key_is_read(tmp_path: Path) -> None:
    """No value of this profile is a default."""
    text = with_steps(
        "hold: 10s, hold_max: 20s, min_requests: 1k, refine: 7, precision: 12%, budget: 5m, "
        "recheck: false, verify: false, confirm: false, recovery: false"
    )
    assert load(tmp_path, text).search == SearchPlan(
        hold_max_s=20.0, min_requests=1000, refine=7, precision_ratio=0.12, budget_s=300.0
    )


def test_each_flag_wins_over_its_key(tmp_path: Path) -> None:
    """A switch of the command line also switches on again what the profile switched off."""
    text = with_steps("refine: 7, min_requests: 5, precision: 12%, budget: 5m, verify: false")
    flags = Overrides(
        hold_max="40s",
        min_requests="0",
        refine=0,
        precision="100%",
        budget="6m",
        recheck=False,
        verify=True,
        confirm=False,
        recovery=False,
    )
    assert load(tmp_path, text, flags).search == SearchPlan(
        hold_max_s=40.0, precision_ratio=1.0, budget_s=360.0, verify=True
    )


def test_the_longest_hold_follows_the_hold(tmp_path: Path) -> None:
    """Three times as long, unless it was said; equal means that no hold goes on."""
    assert load(tmp_path, SMALL, Overrides(hold="5s")).search.hold_max_s == 15.0
    equal = load(tmp_path, SMALL, Overrides(hold="5s", hold_max="5s"))
    assert equal.search.hold_max_s == 5.0


@pytest.mark.parametrize(
    ("keys", "place", "message", "hint"),
    [
        (
            "hold: 10s, hold_max: 9s",
            "shop.yaml:4:31",
            "steps.hold_max must not be shorter than steps.hold (9s < 10s)",
            "set hold_max to 10s or more, or lower hold",
        ),
        (
            "hold_max: 0s",
            "shop.yaml:4:20",
            "the duration must be longer than zero",
            "write it like 30s",
        ),
        (
            "min_requests: -1",
            "shop.yaml:4:24",
            "'-1' is not a count",
            "write it like 512, 200k or 5M",
        ),
        ("refine: 51", "shop.yaml:4:18", "51 steps cannot refine", "write a number from 0 to 50"),
        ("refine: -1", "shop.yaml:4:18", "-1 steps cannot refine", "write a number from 0 to 50"),
        (
            "precision: 0%",
            "shop.yaml:4:21",
            "a precision of 0% is out of range",
            "write it like 10%, above 0% up to 100%",
        ),
        (
            "precision: 101%",
            "shop.yaml:4:21",
            "a precision of 101% is out of range",
            "write it like 10%, above 0% up to 100%",
        ),
        (
            "budget: 34s",
            "shop.yaml:4:18",
            "in a budget of 34s no step ends: settle and hold take 35s",
            "set it to 35s or more, or lower hold",
        ),
        (
            "budget: 61m",
            "shop.yaml:4:18",
            "the budget of 61m is longer than the duration fuse of 60m",
            "lower it, or raise the fuse: --max-duration 3660s or safety.fuses.duration: 3660s",
        ),
        (
            "rate: '5,10', confirm: true",
            "shop.yaml:4:33",
            "nothing can be confirmed: these steps are planned starts already",
            "leave confirm out",
        ),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(
    tmp_path: Path, keys: str, place: str, message: str, hint: str
) -> None:
    """One value, one problem, and a hint that can be followed."""
    (problem,) = full_problems_of(tmp_path, with_steps(keys))
    assert problem.place.removeprefix(f"{tmp_path}/") == place
    assert (problem.message, problem.hint) == (message, hint)


def test_the_borders_are_allowed(tmp_path: Path) -> None:
    """A budget of one step, a budget as long as the fuse, and fifty steps that refine."""
    assert load(tmp_path, SMALL, Overrides(budget="35s", refine=50)).search == SearchPlan(
        90.0, 200, refine=50, budget_s=35.0, recheck=True, verify=True, confirm=True, recovery=True
    )
    as_the_fuse = Overrides(budget="10m", max_duration="600s")
    assert load(tmp_path, SMALL, as_the_fuse).search.budget_s == 600.0


def test_a_wrong_hold_is_not_compared(tmp_path: Path) -> None:
    """One slip gives one problem: neither hold_max nor the budget is held against it."""
    text = with_steps("hold: 5, hold_max: 1s, budget: 2s")
    assert problems_of(tmp_path, text) == [("shop.yaml:4:16", "'5' has no unit")]


@pytest.mark.parametrize("overrides", [Overrides(rate="5,10"), Overrides(engine="aiohttp")])
def test_where_no_starts_can_be_planned_nothing_is_confirmed(
    tmp_path: Path, overrides: Overrides
) -> None:
    """Nobody asked for it, so it is left out without a problem; the other checks stay."""
    assert load(tmp_path, SMALL, overrides).search == SearchPlan(
        90.0, 200, recheck=True, refine=4, verify=True, recovery=True
    )


def test_a_python_scenario_is_confirmed_only_by_those_who_do_not_ask(tmp_path: Path) -> None:
    """Its engine plans no starts; asking for them all the same is a slip that is named."""
    (tmp_path / "s.py").write_text("async def f(client, row): ...\n", encoding="utf-8")
    assert load(tmp_path, PYTHON).search.confirm is False
    assert problems_of(tmp_path, with_steps("confirm: true", PYTHON)) == [
        (
            "shop.yaml:4:19",
            "nothing can be confirmed: the aiohttp engine runs user loops and plans no starts",
        )
    ]
