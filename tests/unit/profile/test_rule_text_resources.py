"""Tests of rules on resources, and of all rules written and read again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.rules import METRICS, Absolute, Action, Comparison, OnMissing, Rule, Scope
from capacity.profile.problems import InputError
from capacity.profile.rule_text import (
    NO_RESOURCES,
    Resources,
    fit_to_hold,
    parse_rule,
    rule_to_text,
)
from capacity.units import Unit

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
    missing={},
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
        ("redis.memory > 90%", "redis.memory needs a monitor that reads it", "write redis: {}"),
        ("redis.memry > 90%", "'redis.memry' is not a metric", "did you mean redis.memory? "),
        ("prom.wating > 9", "'prom.wating' is no query of this", "did you mean prom.waiting? "),
        ("prom.zzz > 9", "'prom.zzz' is no query of this profile", "write it below monitor: qu"),
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
        ("restarts > 0", OnMissing.MARK),
    ],
    ids=["not written", "written", "a rule that only notes", "another resource"],
)
def test_the_profile_says_what_a_missing_value_means(text: str, missing: OnMissing) -> None:
    """The default of the monitor's part holds for rules that stop and do not say it themselves."""
    strict = replace(READ, missing={"cpu": OnMissing.FAIL})
    assert parse_rule(text, strict).on_missing is missing


def test_a_window_on_a_resource_is_shortened_like_any_other() -> None:
    """Half of a hold of 10 s is left, and the note survives what else is written."""
    rule = fit_to_hold(parse_rule("cpu > 85% over 20s on_missing stop", READ), 10.0)
    assert rule.over_s == 5.0
    assert rule.text == ("cpu > 85% over 5s on_missing stop (20s shortened to half of the hold)")
    whole = parse_rule("restarts > 0", READ)
    assert fit_to_hold(whole, 10.0) == whole


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
