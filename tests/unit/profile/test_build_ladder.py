"""Tests of the two kinds of ladder: what each takes, and that there is one of them."""

from pathlib import Path

import pytest

from capacity.model.load import Arrivals, ConcurrencyLadder, RateLadder
from capacity.profile.overrides import Overrides
from tests.unit.profile.builders import SMALL, full_problems_of, load, problems_of

RATES = SMALL + "steps: { rate: 100..400x2, arrivals: constant, max_in_flight: 64, hold: 6s }\n"
CONCURRENCY = SMALL + "steps: { concurrency: [1, 2], hold: 6s }\n"


def test_rates_of_a_flag_take_the_defaults(tmp_path: Path) -> None:
    """Starts come like independent users, and the fuse bounds how many wait for answers."""
    plan = load(tmp_path, SMALL, Overrides(rate="50,100,200"))
    assert plan.ladder == RateLadder((50.0, 100.0, 200.0), Arrivals.POISSON, 1024)
    assert [load.text for load in plan.ladder.loads] == [
        "50/s planned",
        "100/s planned",
        "200/s planned",
    ]


def test_rates_of_a_profile(tmp_path: Path) -> None:
    """The same grammar as for concurrency, with how starts are spread and bounded."""
    assert load(tmp_path, RATES).ladder == RateLadder((100.0, 200.0, 400.0), Arrivals.CONSTANT, 64)


def test_a_lower_fuse_lowers_the_default_of_slots(tmp_path: Path) -> None:
    """The default never crosses the fuse."""
    plan = load(tmp_path, SMALL, Overrides(rate="50", max_concurrency="16"))
    assert plan.ladder.max_in_flight == 16


def test_a_ladder_of_flags_replaces_the_profiles_of_either_kind(tmp_path: Path) -> None:
    """Flags win over the profile, also where they ask for another kind of load."""
    to_rate = load(tmp_path, CONCURRENCY, Overrides(rate="70"))
    assert to_rate.ladder == RateLadder((70.0,), Arrivals.POISSON, 1024)
    assert load(tmp_path, RATES, Overrides(concurrency="8")).ladder == ConcurrencyLadder((8,))
    mixed = load(tmp_path, RATES, Overrides(arrivals="poisson", max_in_flight="32"))
    assert mixed.ladder == RateLadder((100.0, 200.0, 400.0), Arrivals.POISSON, 32)


@pytest.mark.parametrize(
    ("steps", "overrides", "place", "message"),
    [
        (
            "{ rate: 5, concurrency: 5 }",
            Overrides(),
            "shop.yaml:4:16",
            "steps.rate and steps.concurrency are both given, and each is a whole ladder",
        ),
        (
            "{}",
            Overrides(rate="5", concurrency="5"),
            "--rate",
            "steps.rate and steps.concurrency are both given, and each is a whole ladder",
        ),
        (
            "{ rate: 0..8 }",
            Overrides(),
            "shop.yaml:4:16",
            "rate 0 makes no load",
        ),
        (
            "{ rate: [1, x] }",
            Overrides(),
            "shop.yaml:4:16",
            "rate holds something that is not a whole number",
        ),
        ("{}", Overrides(rate="fast"), "--rate", "'fast' is not a number of starts a second"),
        ("{}", Overrides(rate="1..2..3"), "--rate", "'1..2..3' is not a range of rates"),
        (
            "{}",
            Overrides(rate="2000000"),
            "--rate",
            "the highest rate 2,000,000 is above 1,000,000 starts a second",
        ),
        (
            "{ arrivals: poisson }",
            Overrides(),
            "shop.yaml:4:20",
            "steps.arrivals is for planned starts, and there is no steps.rate",
        ),
        (
            "{}",
            Overrides(max_in_flight="9"),
            "--max-in-flight",
            "steps.max_in_flight is for planned starts, and there is no steps.rate",
        ),
        (
            "{ rate: 5, arrivals: bursts }",
            Overrides(),
            "shop.yaml:4:29",
            "steps.arrivals must be 'constant' or 'poisson'",
        ),
        (
            "{ rate: 5, max_in_flight: 0 }",
            Overrides(),
            "shop.yaml:4:34",
            "with 0 requests in flight nothing starts",
        ),
        (
            "{}",
            Overrides(rate="5", max_in_flight="2k"),
            "--max-in-flight",
            "2000 requests in flight are above the fuse of 1024",
        ),
        (
            "{ rate: [1, 2], hold: 2000s }",
            Overrides(),
            "shop.yaml:4:30",
            "the steps take 66m50s, longer than the duration fuse of 60m",
        ),
        (
            "{ rate: 1000, hold: 30s, settle: 5s }",
            Overrides(max_requests="34999"),
            "shop.yaml:4:16",
            "the steps plan 35,000 requests, more than the fuse of 34,999",
        ),
        (
            "{}",
            Overrides(rate="5", engine="aiohttp"),
            "--rate",
            "the aiohttp engine runs user loops, whose pace the service sets: it plans no rate",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_is_named_where_it_stands(
    tmp_path: Path, steps: str, overrides: Overrides, place: str, message: str
) -> None:
    """Line and column of the profile, or the flag."""
    text = f"{SMALL}steps: {steps}\n".lstrip("\n")
    assert problems_of(tmp_path, text, overrides) == [(place, message)]


def test_what_cannot_be_read_is_not_multiplied(tmp_path: Path) -> None:
    """Beside a wrong hold the number of planned requests would be a guess."""
    flags = Overrides(rate="1000", max_requests="9", hold="30")
    assert [place for place, _ in problems_of(tmp_path, SMALL, flags)] == ["--hold"]


def test_the_hint_of_a_crossed_fuse_can_be_followed(tmp_path: Path) -> None:
    """It names the flag and the key that would raise the fuse."""
    flags = Overrides(rate="5", max_in_flight="2k")
    (problem,) = full_problems_of(tmp_path, SMALL, flags)
    assert problem.hint == (
        "lower max_in_flight, or raise the fuse: --max-concurrency 2000 "
        "or safety.fuses.concurrency: 2000"
    )


def test_rates_are_stopped_by_missing_slots_too(tmp_path: Path) -> None:
    """The default rules of planned starts hold the dropped ones against the plan."""
    rules = load(tmp_path, SMALL, Overrides(rate="5")).rules
    assert [rule.text for rule in rules] == [
        "error_rate > 1% over 10s",
        "p99 > 10x first over 10s",
        "gain < 3% for 2 steps",
        "dropped_rate > 1% over 10s",
    ]


def test_without_planned_starts_none_can_be_dropped(tmp_path: Path) -> None:
    """A rule that could never fire is an error, not a comfort."""
    flags = Overrides(stops=("dropped_rate > 1%",))
    assert problems_of(tmp_path, SMALL, flags) == [
        ("--stop", "dropped_rate is a share of planned starts, and requests in flight plan none")
    ]
