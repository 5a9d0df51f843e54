"""Tests of how the load of a step is named."""

from capacity.model.load import Arrivals, ClosedLoop, OpenLoop
from capacity.model.plan import Purpose
from capacity.report.load_words import (
    load_field,
    load_words,
    loads_words,
    show_level,
    step_words,
)
from capacity.report.texts import Language
from tests.unit.builders import a_step
from tests.unit.report.answer_builders import a_confirmation, as_purpose

RATE = OpenLoop(200.0, Arrivals.POISSON, 1024)


def test_a_load_has_the_same_number_everywhere() -> None:
    """Requests in flight and planned starts a second are told apart by the words around them."""
    assert [show_level(load) for load in (ClosedLoop(64), RATE)] == ["64", "200"]
    assert [load_field(load) for load in (ClosedLoop(64), RATE)] == ["C=64", "rate=200"]
    assert load_words(ClosedLoop(64), Language.EN) == "64 concurrent"
    assert load_words(RATE, Language.EN) == "200/s planned"
    assert load_words(ClosedLoop(64), Language.ZH) == "并发 64"
    assert load_words(RATE, Language.ZH) == "计划速率 200/s"


def test_a_large_rate_has_all_of_its_digits() -> None:
    """No exponent, whatever the size."""
    assert show_level(OpenLoop(1_000_000.0, Arrivals.CONSTANT, 8)) == "1000000"
    assert show_level(OpenLoop(62.5, Arrivals.CONSTANT, 8)) == "62.5"


def test_many_loads_are_named_by_the_first_four() -> None:
    """A line stays short, and still says how many more there are."""
    steps = tuple(a_step(level) for level in (1, 2, 4, 8, 16, 32))

    assert loads_words(steps[:2], Language.EN) == "1, 2 concurrent"
    assert loads_words(steps, Language.EN) == "1, 2, 4, 8 +2 concurrent"
    assert loads_words((), Language.EN) == ""


def test_a_load_that_was_measured_twice_is_named_once() -> None:
    """And planned starts among concurrencies keep their own word."""
    steps = [a_step(8), a_step(16, index=1), a_step(8, index=2), a_confirmation()]

    assert loads_words(steps, Language.EN) == "8, 16 concurrent, 720/s planned"


def test_a_step_says_what_it_was_for() -> None:
    """Of the ladder nothing is said: that is what steps are for."""
    verified = as_purpose(a_step(8), Purpose.VERIFY)

    assert step_words(a_step(8), Language.EN) == "8 concurrent"
    assert step_words(verified, Language.EN) == "8 concurrent, verify"
    assert step_words(verified, Language.ZH) == "并发 8，复核"
    assert step_words(a_confirmation(), Language.EN) == "720/s planned, confirm"
