"""Tests of how a load is named in a sentence."""

from capacity.analysis.bottleneck.words import load_words
from tests.unit.builders import a_step
from tests.unit.rate_builders import a_rate_step


def test_a_concurrency_and_a_rate_are_named_by_what_they_are() -> None:
    """With the level as the figure that goes into it."""
    closed, planned = load_words(a_step(64)), load_words(a_rate_step(250.0), "first")
    assert (closed.en, closed.zh) == ("{level} concurrent", "并发 {level}")
    assert (planned.en, planned.zh) == ("{first}/s planned", "计划速率 {first}/s")
    assert (closed.figure.name, closed.figure.value) == ("level", 64.0)
    assert (planned.figure.name, planned.figure.value) == ("first", 250.0)
