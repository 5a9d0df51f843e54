"""Tests of the rule grammar: what a line means, and that it survives being written again."""

import pytest

from capacity.model.rules import (
    METRICS,
    Absolute,
    Action,
    Comparison,
    TimesFirst,
)
from capacity.profile.problems import InputError
from capacity.profile.rule_text import (
    DEFAULT_STOPS,
    fit_to_hold,
    note_of,
    parse_rule,
)
from capacity.units import Unit
from tests.unit.builders import a_rule

ABOVE, AT_LEAST, BELOW, AT_MOST = Comparison


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            "error_rate > 1% over 10s",
            a_rule("error_rate", limit=Absolute(0.01), text="error_rate > 1% over 10s"),
        ),
        (
            "p99 > 10x first over 10s",
            a_rule("p99", limit=TimesFirst(10.0), text="p99 > 10x first over 10s"),
        ),
        (
            "gain < 3% for 2 steps",
            a_rule(
                "gain",
                comparison=BELOW,
                limit=Absolute(0.03),
                for_steps=2,
                min_samples=0,
                text="gain < 3% for 2 steps",
            ),
        ),
        (
            "p95>=250ms",
            a_rule("p95", comparison=AT_LEAST, limit=Absolute(0.25), text="p95 >= 250ms over 10s"),
        ),
        (
            " qps  <=  800 rps  over 5s->mark ",
            a_rule(
                "qps",
                comparison=AT_MOST,
                limit=Absolute(800.0),
                over_s=5.0,
                min_samples=0,
                action=Action.MARK,
                text="qps <= 800qps over 5s -> mark",
            ),
        ),
        (
            "mean > 1.5 s over 20s for 1 step -> stop",
            a_rule("mean", limit=Absolute(1.5), over_s=20.0, text="mean > 1.5s over 20s"),
        ),
        (
            "gain < 5%",
            a_rule(
                "gain",
                comparison=BELOW,
                limit=Absolute(0.05),
                min_samples=0,
                text="gain < 5%",
            ),
        ),
    ],
)
def test_reads_a_rule(text: str, rule: object) -> None:
    """Every part lands in its field, and the rule's text names the defaults too."""
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("p98 > 1s", "'p98' is not a metric", "did you mean p99? metrics are "),
        (
            "cpu > 90%",
            "'cpu' is not a metric",
            "metrics are error_rate, refused_rate, dropped",
        ),
        ("p98", "'p98' is not a metric", "did you mean p99? "),
        ("", "'' is not METRIC OP VALUE with one of < <= > >=", "write it like: p99 > 500ms"),
        ("p99", "'p99' is not METRIC OP VALUE", "write it like: p99 > 500ms over 10s"),
        ("p99 == 1s", "'p99 == 1s' is not METRIC OP VALUE", "write it like: p99 > 500ms"),
        ("p99 >> 1s", "'p99 >> 1s' is not METRIC OP VALUE", "write it like: p99 > 500ms"),
        ("error_rate > 1", "'1' needs a percent sign", "write 1%"),
        ("error_rate > 1s", "'1s' needs a percent sign", "write 1%"),
        ("error_rate > 150%", "error_rate is never above 100%", "write a limit such as 1%"),
        ("p99 > 500", "'500' has no unit", "write 500s or 500ms"),
        ("p99 > 5%", "'5%' has the unknown unit '%'", "use us, ms, s, m or h"),
        ("qps < 800", "'800' is not a rate", "write it like 800qps"),
        ("gain < 3% over 10s", "gain is judged once a step", "leave out over 10s"),
        ("gain < 2x first", "gain is not compared with the first step", "write a fixed limit"),
        ("error_rate > 10x first", "error_rate is not compared with", "write a fixed limit"),
        ("p99 > 0x first", "the factor of `x first` must be above zero", "write it like 10x"),
        ("p99 > 1s over 10", "'10' has no unit", "write 10s or 10ms"),
        ("p99 > 1s over 0s", "the window of a rule must be longer than zero", "write it like"),
        ("p99 > 1s over", "cannot read 'over' in 'p99 > 1s over'", "after the value come: "),
        ("p99 > over 10s", "cannot read 'the value'", "after the value come: "),
        ("p99 > 1s for 2 steps over 5s", "cannot read 'over 5s'", "after the value come: "),
        ("p99 > 1s for 2", "cannot read 'for 2'", "after the value come: "),
        ("p99 > 1s for 0 steps", "'0' is not a number of steps from 1 to 200", "write it like"),
        ("p99 > 1s for 201 steps", "'201' is not a number of steps", "write it like: for 2"),
        ("p99 > 1s for two steps", "'two' is not a number of steps", "write it like: for 2"),
        ("p99 > 1s -> skip", "'skip' is not an action", "write -> stop or -> mark"),
        ("p99 > 1s ->", "'' is not an action", "write -> stop or -> mark"),
        ("p99 > 1s scenario chat", "'1s scenario chat' is not a duration", "write it like 250ms"),
    ],
)
def test_refuses_with_a_remedy(text: str, message: str, hint: str) -> None:
    """Each fault says what is wrong and what to write instead."""
    with pytest.raises(InputError) as caught:
        parse_rule(text)
    assert caught.value.message.startswith(message)
    assert caught.value.hint.startswith(hint)


def test_rules_on_requests_need_samples_and_rates_do_not() -> None:
    """A low rate is low because few requests ended, so it must not wait for a hundred."""
    limits = {Unit.RATIO: "5%", Unit.SECONDS: "1s", Unit.QPS: "9qps"}
    samples = {
        name: parse_rule(f"{name} > {limits[metric.unit]}").min_samples
        for name, metric in METRICS.items()
    }
    assert {name for name, count in samples.items() if count == 0} == {"qps", "gain"}
    assert set(samples.values()) == {0, 100}


def test_the_default_stops_read_as_they_are_written() -> None:
    """The three default rules are in their shortest full form."""
    assert tuple(parse_rule(text).text for text in DEFAULT_STOPS) == DEFAULT_STOPS


def test_a_window_longer_than_half_of_the_hold_is_shortened_and_says_so() -> None:
    """A hold of 3 s judges over 1.5 s, and the rule's text tells both."""
    rule = fit_to_hold(parse_rule("p99 > 10x first over 10s"), 3.0)
    assert rule.over_s == 1.5
    assert rule.text == "p99 > 10x first over 1.5s (10s shortened to half of the hold)"
    assert note_of(rule) == "(10s shortened to half of the hold)"


@pytest.mark.parametrize("text", ["p99 > 1s over 15s", "gain < 3% for 2 steps"])
def test_a_window_that_fits_stays(text: str) -> None:
    """Half of the hold is allowed, and a rule without a window has nothing to shorten."""
    rule = parse_rule(text)
    assert fit_to_hold(rule, 30.0) == rule
    assert note_of(rule) == ""
