"""Tests of steps, rules and fuses: defaults, and what must fit together."""

from pathlib import Path

import pytest

from capacity.model.plan import Fuses
from capacity.profile.overrides import Overrides
from capacity.search.timetable import likely_duration_s
from tests.unit.profile.builders import SMALL, full_problems_of, levels, load, problems_of


def test_the_defaults(tmp_path: Path) -> None:
    """Five quadruplings from 1, steps of 35 s, three rules, and fuses that are always on."""
    plan = load(tmp_path)
    assert levels(plan) == (1, 4, 16, 64, 256, 1024)
    assert (plan.settle_s, plan.hold_s) == (5.0, 30.0)
    assert likely_duration_s(plan) == 470.0
    assert plan.fuses == Fuses(1024, 100_000_000, 3600.0)
    assert [rule.text for rule in plan.rules] == [
        "error_rate > 1% over 10s",
        "p99 > 10x first over 10s",
        "gain < 3% for 2 steps",
    ]


@pytest.mark.parametrize(
    ("hold", "settle_s"), [("30s", 5.0), ("15s", 5.0), ("12s", 4.0), ("3s", 1.0)]
)
def test_the_default_settle_shrinks_with_the_hold(
    tmp_path: Path, hold: str, settle_s: float
) -> None:
    """A short hold alone is enough for a short run."""
    assert load(tmp_path, SMALL, Overrides(hold=hold)).settle_s == settle_s


def test_a_settle_as_long_as_the_hold_is_the_longest(tmp_path: Path) -> None:
    """Equal is allowed, and no settle at all is too."""
    assert load(tmp_path, SMALL, Overrides(hold="8s", settle="8s")).settle_s == 8.0
    assert load(tmp_path, SMALL, Overrides(settle="0s")).settle_s == 0.0


@pytest.mark.parametrize(
    ("steps", "overrides", "place", "message"),
    [
        (
            "{hold: 5s, settle: 8s}",
            Overrides(),
            "shop.yaml:4:15",
            "steps.hold must not be shorter than steps.settle (5s < 8s)",
        ),
        (
            "{settle: 8s}",
            Overrides(hold="5s"),
            "--hold",
            "steps.hold must not be shorter than steps.settle (5s < 8s)",
        ),
        (
            "{}",
            Overrides(settle="40s"),
            "--settle",
            "steps.hold must not be shorter than steps.settle (30s < 40s)",
        ),
    ],
)
def test_a_hold_shorter_than_the_settle_is_refused(
    tmp_path: Path, steps: str, overrides: Overrides, place: str, message: str
) -> None:
    """The place is the hold if anybody set it, else the settle."""
    (problem,) = full_problems_of(tmp_path, f"{SMALL}steps: {steps}\n", overrides)
    assert problem.place.removeprefix(f"{tmp_path}/") == place
    assert problem.message == message
    assert problem.hint.startswith("set hold to ")


def test_a_wrong_hold_is_not_compared_with_the_settle(tmp_path: Path) -> None:
    """One slip gives one problem."""
    text = f"{SMALL}steps: {{ hold: 5, settle: 40s }}\n"
    assert problems_of(tmp_path, text) == [("shop.yaml:4:16", "'5' has no unit")]


def test_windows_are_shortened_to_half_of_the_hold(tmp_path: Path) -> None:
    """A hold of 3 s judges over 1.5 s, and the rules say so."""
    rules = load(tmp_path, SMALL, Overrides(hold="3s")).rules
    assert [(rule.over_s, rule.text) for rule in rules] == [
        (1.5, "error_rate > 1% over 1.5s (10s shortened to half of the hold)"),
        (1.5, "p99 > 10x first over 1.5s (10s shortened to half of the hold)"),
        (None, "gain < 3% for 2 steps"),
    ]


def test_an_empty_list_of_rules_is_no_rule(tmp_path: Path) -> None:
    """Only an absent list means the default rules."""
    assert load(tmp_path, f"{SMALL}stop: []\n").rules == ()


def test_the_default_ladder_ends_at_the_fuse(tmp_path: Path) -> None:
    """A lower fuse alone makes a smaller run, not an error."""
    plan = load(tmp_path, SMALL, Overrides(max_concurrency="100"))
    assert levels(plan) == (1, 4, 16, 64, 100)
    raised = load(tmp_path, SMALL, Overrides(max_concurrency="5k"))
    assert levels(raised)[-1] == 1024


def test_a_ladder_above_the_fuse_is_refused(tmp_path: Path) -> None:
    """The fuse, its flag and its key are named."""
    (problem,) = full_problems_of(tmp_path, SMALL, Overrides(concurrency="1..2048"))
    assert problem.place == "--concurrency"
    assert problem.message == "the highest concurrency 2048 is above the fuse of 1024"
    assert "--max-concurrency 2048" in problem.hint


@pytest.mark.parametrize(
    ("text", "overrides", "place", "message"),
    [
        ("", Overrides(hold="10m"), "--hold", "the steps take 60m30s, longer"),
        ("", Overrides(max_duration="1m"), "--max-duration", "the steps take 3m30s, longer"),
        (
            "steps: { concurrency: 1..200+1 }\n",
            Overrides(),
            "shop.yaml:4:23",
            "the steps take 116m40s, longer than the duration fuse of 60m",
        ),
    ],
)
def test_a_plan_longer_than_its_fuse_is_refused(
    tmp_path: Path, text: str, overrides: Overrides, place: str, message: str
) -> None:
    """The place is what somebody set, the fuse before the steps."""
    ((found_place, found_message),) = problems_of(tmp_path, SMALL + text, overrides)
    assert found_place == place
    assert found_message.startswith(message)


def test_the_raised_fuse_of_the_hint_is_enough(tmp_path: Path) -> None:
    """What the hint proposes is accepted."""
    overrides = Overrides(hold="10m", concurrency="1..64")
    (problem,) = full_problems_of(tmp_path, SMALL, overrides)
    assert "--max-duration 4235s or safety.fuses.duration: 4235s" in problem.hint
    raised = Overrides(hold="10m", concurrency="1..64", max_duration="4235s")
    assert likely_duration_s(load(tmp_path, SMALL, raised)) == 4235.0


def test_a_plan_as_long_as_its_fuse_is_allowed(tmp_path: Path) -> None:
    """The border itself belongs to the fuse."""
    overrides = Overrides(max_duration="210s")
    assert load(tmp_path, SMALL, overrides).fuses.max_duration_s == 210.0
