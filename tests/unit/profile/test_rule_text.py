"""Tests of the rule grammar: what a line means, and that it survives being written again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.rules import (
    METRICS,
    Absolute,
    Action,
    Comparison,
    OnMissing,
    Rule,
    Scope,
    TimesFirst,
)
from capacity.profile.problems import InputError
from capacity.profile.rule_text import (
    DEFAULT_STOPS,
    NO_RESOURCES,
    Resources,
    fit_to_hold,
    note_of,
    parse_rule,
    rule_to_text,
)
from capacity.units import Unit
from tests.unit.builders import a_rule

ABOVE, AT_LEAST, BELOW, AT_MOST = Comparison
RATES = [name for name, metric in METRICS.items() if metric.unit is Unit.QPS]
RATIOS = [name for name, metric in METRICS.items() if metric.unit is Unit.RATIO]
LATENCIES = [name for name, metric in METRICS.items() if metric.unit is Unit.SECONDS]

# One resource of every unit that a monitor may know, and one that nobody reads yet.
READ = Resources(
    units={
        "cpu": Unit.RATIO,
        "pod.cpu_of_request": Unit.RATIO,
        "redis.busy": Unit.SECONDS,
        "edge.qps": Unit.QPS,
        "redis.evictions": Unit.PER_SECOND,
        "pod.memory": Unit.BYTES,
        "pod.network_receive": Unit.BYTES_PER_SECOND,
        "pod.cores": Unit.CORES,
        "restarts": Unit.COUNT,
        "prom.waiting": Unit.NUMBER,
    },
    missing=OnMissing.MARK,
    offers={"redis.memory": "write redis: {} under monitor"},
)


def a_resource_rule(
    metric: str,
    limit: float,
    text: str,
    *,
    over_s: float | None = None,
    for_steps: int = 1,
    action: Action = Action.STOP,
    on_missing: OnMissing = OnMissing.MARK,
) -> Rule:
    """A rule on a resource of READ that fires above its limit."""
    return Rule(
        metric=metric,
        comparison=Comparison.ABOVE,
        limit=Absolute(limit),
        over_s=over_s,
        for_steps=for_steps,
        min_samples=0,
        action=action,
        text=text,
        resource_unit=READ.units[metric],
        on_missing=on_missing,
    )


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


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            "cpu > 85% over 20s",
            a_resource_rule("cpu", 0.85, "cpu > 85% over 20s", over_s=20.0),
        ),
        ("restarts > 0", a_resource_rule("restarts", 0.0, "restarts > 0")),
        (
            "pod.cpu_of_request > 150 % for 2 steps",
            a_resource_rule(
                "pod.cpu_of_request",
                1.5,
                "pod.cpu_of_request > 150% for 2 steps",
                for_steps=2,
            ),
        ),
        (
            "cpu > 85% over 20s for 2 steps on_missing stop -> mark",
            a_resource_rule(
                "cpu",
                0.85,
                "cpu > 85% over 20s for 2 steps on_missing stop -> mark",
                over_s=20.0,
                for_steps=2,
                action=Action.MARK,
                on_missing=OnMissing.STOP,
            ),
        ),
        (
            "redis.evictions > 0.5 /s on_missing fail",
            a_resource_rule(
                "redis.evictions",
                0.5,
                "redis.evictions > 0.5/s on_missing fail",
                on_missing=OnMissing.FAIL,
            ),
        ),
        ("redis.busy > 800ms", a_resource_rule("redis.busy", 0.8, "redis.busy > 800ms")),
        ("edge.qps > 90rps", a_resource_rule("edge.qps", 90.0, "edge.qps > 90qps")),
        ("pod.memory > 512MiB", a_resource_rule("pod.memory", 2.0**29, "pod.memory > 512MiB")),
        ("pod.memory > 2GB", a_resource_rule("pod.memory", 2e9, "pod.memory > 2GB")),
        (
            "pod.memory > 1.5 GiB",
            a_resource_rule("pod.memory", 1.5 * 2**30, "pod.memory > 1.5GiB"),
        ),
        ("pod.memory > 2TiB", a_resource_rule("pod.memory", 2.0**41, "pod.memory > 2TiB")),
        ("pod.memory > 100B", a_resource_rule("pod.memory", 100.0, "pod.memory > 100B")),
        ("pod.cores > 1core", a_resource_rule("pod.cores", 1.0, "pod.cores > 1cores")),
        ("prom.waiting > 64", a_resource_rule("prom.waiting", 64.0, "prom.waiting > 64")),
        ("prom.waiting > 2k", a_resource_rule("prom.waiting", 2e3, "prom.waiting > 2000")),
        ("prom.waiting > 80%", a_resource_rule("prom.waiting", 0.8, "prom.waiting > 0.8")),
        ("prom.waiting > 200ms", a_resource_rule("prom.waiting", 0.2, "prom.waiting > 0.2")),
        ("prom.waiting > 1KiB", a_resource_rule("prom.waiting", 1024, "prom.waiting > 1024")),
    ],
)
def test_reads_a_rule_on_a_resource(text: str, rule: Rule) -> None:
    """The limit is in the unit of the quantity; without a window the whole hold is judged."""
    assert parse_rule(text, READ) == rule


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("cpu > 85", "'85' needs a percent sign", "write 85%"),
        ("cpu > 120%", "cpu is never above 100%", "write a limit such as 1%"),
        ("cpu > 2x first", "cpu is not compared with the first step", "write a fixed limit"),
        ("cpu > 85% on_missing", "cannot read 'on_missing'", "after the value come: "),
        ("cpu > 85% on_missing ok", "'ok' is not what can follow", "write on_missing mark, "),
        ("cpu > 85% on_missing stop over 9s", "cannot read 'over 9s'", "after the value come: "),
        ("cpu > 85% over 0s", "the window of a rule must be longer", "write it like over 10s"),
        ("p99 > 1s on_missing stop", "p99 is measured by the run itself", "on_missing is for"),
        ("pod.memory > 512", "'512' is not a size", "write it like 512MiB, 2GB or 100B"),
        ("pod.memory > 512M", "'512M' is not a size", "write it like 512MiB, 2GB or 100B"),
        ("pod.cores > 500m", "'500m' is not a number of cores", "write it like 0.5cores"),
        ("redis.evictions > 5", "'5' is not a number a second", "write it like 5/s"),
        ("restarts > 0.5", "'0.5' is not a whole number", "write a whole number"),
        ("prom.waiting > many", "'many' is not a number", "write it like 64, 80% or 200ms"),
        ("prom.waiting > 5d", "'5d' has the unknown unit 'd'", "use us, ms, s, m or h"),
        ("prom.waiting > 999999999999999k", "'999999999999999k' is no limit", "write a limit"),
        ("prom.waiting > 0.0000000000001", "'0.0000000000001' is no limit", "write a limit"),
        ("redis.memory > 90%", "redis.memory is not among what is read", "write redis: {} under"),
        ("redis.memry > 90%", "'redis.memry' is not a metric", "did you mean redis.memory? "),
        ("prom.wating > 9", "'prom.wating' is not a metric", "did you mean prom.waiting? "),
    ],
)
def test_refuses_a_rule_on_a_resource_with_a_remedy(text: str, message: str, hint: str) -> None:
    """A wrong unit, a name that nobody reads and a slip of the pen each have their remedy."""
    with pytest.raises(InputError) as caught:
        parse_rule(text, READ)
    assert caught.value.message.startswith(message)
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("cpu > 85%", OnMissing.FAIL),
        ("cpu > 85% on_missing mark", OnMissing.MARK),
        ("cpu > 85% -> mark", OnMissing.MARK),
        ("p99 > 1s", OnMissing.MARK),
    ],
    ids=["not written", "written", "a rule that only notes", "a metric of our own"],
)
def test_the_profile_says_what_a_missing_value_means(text: str, missing: OnMissing) -> None:
    """The default of the monitor's part holds for rules that stop and do not say it themselves."""
    strict = replace(READ, missing=OnMissing.FAIL)
    assert parse_rule(text, strict).on_missing is missing


def test_a_window_on_a_resource_is_shortened_like_any_other() -> None:
    """Half of a hold of 10 s is left, and the note survives what else is written."""
    rule = fit_to_hold(parse_rule("cpu > 85% over 20s on_missing stop", READ), 10.0)
    assert rule.over_s == 5.0
    assert rule.text == ("cpu > 85% over 5s on_missing stop (20s shortened to half of the hold)")
    whole = parse_rule("restarts > 0", READ)
    assert fit_to_hold(whole, 10.0) == whole


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


NUMBERS = st.decimals(min_value=0, max_value=10_000, places=6, allow_nan=False).map(
    lambda number: f"{number:f}"
)
DURATIONS = st.builds(lambda n, u: n + u, NUMBERS, st.sampled_from(["us", "ms", "s", "m", "h"]))
SHARES = st.decimals(min_value=0, max_value=100, places=6).map(lambda n: f"{n:f}%")
FACTORS = st.decimals(min_value="0.001", max_value=1000, places=3).map(lambda n: f"{n:f}x first")
COUNTS = st.integers(0, 10**6).map(str)
SIZES = st.builds(
    lambda n, u: n + u,
    NUMBERS,
    st.sampled_from(["B", "KiB", "MiB", "GiB", "kB", "MB", "GB"]),
)
CONDITIONS = st.one_of(
    st.tuples(st.sampled_from([*RATIOS, "cpu", "pod.cpu_of_request"]), SHARES),
    st.tuples(st.sampled_from([*RATES, "edge.qps"]), NUMBERS.map(lambda n: f"{n}/s") | FACTORS),
    st.tuples(st.sampled_from([*LATENCIES, "redis.busy"]), DURATIONS | FACTORS),
    st.tuples(st.just("redis.evictions"), NUMBERS.map(lambda n: f"{n}/s") | FACTORS),
    st.tuples(st.just("pod.cores"), NUMBERS.map(lambda n: f"{n}cores") | FACTORS),
    st.tuples(st.just("pod.memory"), SIZES | FACTORS),
    st.tuples(st.just("pod.network_receive"), SIZES.map(lambda n: f"{n}/s") | FACTORS),
    st.tuples(st.just("restarts"), COUNTS | FACTORS),
    st.tuples(st.just("prom.waiting"), NUMBERS | SHARES | DURATIONS | SIZES | FACTORS),
)
WINDOWS = DURATIONS.filter(lambda text: any(digit in "123456789" for digit in text))


@given(
    condition=CONDITIONS,
    comparison=st.sampled_from(Comparison),
    over=st.none() | WINDOWS,
    steps=st.none() | st.integers(min_value=1, max_value=200),
    missing=st.none() | st.sampled_from(OnMissing),
    action=st.none() | st.sampled_from(Action),
)
def test_every_rule_is_read_back_as_it_was(
    condition: tuple[str, str],
    comparison: Comparison,
    over: str | None,
    steps: int | None,
    missing: OnMissing | None,
    action: Action | None,
) -> None:
    """Writing a rule and reading it again gives the same rule, to the last digit."""
    metric, value = condition
    text = f"{metric} {comparison.value} {value}"
    if over is not None and (metric in READ.units or METRICS[metric].scope is Scope.WINDOW):
        text += f" over {over}"
    if steps is not None:
        text += f" for {steps} steps"
    if missing is not None and metric in READ.units:
        text += f" on_missing {missing.value}"
    if action is not None:
        text += f" -> {action.value}"
    rule = parse_rule(text, READ)
    assert parse_rule(rule_to_text(rule), READ) == rule
    assert parse_rule(rule.text, READ) == replace(rule, text=rule.text)


@given(st.text(alphabet="p9 <>=-x%s.over for steps first gain cpu on_missing", max_size=40))
def test_any_text_is_a_rule_or_a_fault(text: str) -> None:
    """No text makes the parser fail in another way."""
    for resources in (READ, NO_RESOURCES):
        try:
            rule = parse_rule(text, resources)
        except InputError:
            continue
        assert parse_rule(rule_to_text(rule), resources) == rule
