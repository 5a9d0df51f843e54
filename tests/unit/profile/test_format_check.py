"""Tests of the format's problems: the key's own words, and the place of the value."""

from pathlib import Path

import pytest

from tests.unit.profile.builders import SMALL, full_problems_of, problems_of


@pytest.mark.parametrize(
    ("line", "place", "message", "hint"),
    [
        ("nam: x", "4:1", "unknown key 'nam'", "did you mean 'name'?"),
        ("gates: [x]", "4:1", "unknown key 'gates'", "known keys: version, name, description, "),
        ("steps: {hold: 9s, setle: 1s}", "4:19", "unknown key 'setle' in steps", "did you mean"),
        ("steps: {hold: 30}", "4:15", "'30' has no unit", "write 30s or 30ms"),
        ("steps: {hold: 2.5}", "4:15", "'2.5' has no unit", "write 2.5s or 2.5ms"),
        ("steps: {hold: [1]}", "4:15", "steps.hold must be text", "put it in quotes"),
        ("steps: {hold: true}", "4:15", "steps.hold must be text", "put it in quotes"),
        ("steps: {hold: }", "4:14", "steps.hold has no value", "give it a value, or remove"),
        ("steps: 5", "4:8", "steps must be a mapping", "write its keys below it, indented"),
        ("steps: {concurrency: [1, x]}", "4:22", "concurrency holds something that is not a", ""),
        ("steps: {concurrency: 1.5}", "4:22", "concurrency holds something that is not a", ""),
        ("steps: {concurrency: true}", "4:22", "concurrency holds something that is not a", ""),
        ("threads: '4'", "4:10", "threads must be a whole number", "write digits without quotes"),
        ("threads: 1.5", "4:10", "threads must be a whole number", "write digits without quotes"),
        ("engine: rust", "4:9", "engine must be 'native' or 'aiohttp'", "write one of them"),
        ("name: 7", "4:7", "name must be text", "put it in quotes"),
        ("stop: p99 > 1s", "4:7", "stop must be a list", "write each item on a line of its own"),
        ("stop: [7]", "4:8", "a stop rule is text", "put it in quotes"),
        ("stop: [{rull: x}]", "4:9", "unknown key 'rull' in stop[0]", "did you mean 'rule'?"),
        ("monitor: {redis: [1]}", "4:18", "monitor.redis must be a mapping", "write its keys"),
        ("monitor: {redi: {}}", "4:11", "unknown key 'redi' in monitor", "did you mean 'redis'?"),
        (
            "monitor: {queries: {a: {unit: x}}}",
            "4:31",
            "monitor.queries.a.unit must be '%', 's', 'qps'",
            "write one of them",
        ),
        (
            "monitor: {queries: {a: {qery: x}}}",
            "4:25",
            "unknown key 'qery' in monitor.queries.a",
            "did you mean 'query'?",
        ),
        (
            "monitor: {bottlenecks: [7]}",
            "4:25",
            "monitor.bottlenecks[0] must be a mapping",
            "write",
        ),
        ("safety: {allow_hosts: x}", "4:23", "safety.allow_hosts must be a list", "write each"),
        ("description: {de: x}", "4:15", "unknown key 'de' in description", "known keys: en, zh"),
        ("description: [x]", "4:14", "description must be a mapping", "write its keys below it"),
    ],
)
def test_names_key_place_and_remedy(
    tmp_path: Path, line: str, place: str, message: str, hint: str
) -> None:
    """One wrong line gives one problem at its line and column."""
    (problem,) = full_problems_of(tmp_path, f"{SMALL}{line}\n")
    assert problem.place == f"{tmp_path}/shop.yaml:{place}"
    assert problem.message.startswith(message)
    assert problem.hint.startswith(hint)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("{verify: 'false'}", "target.tls.verify must be true or false"),
        ("{verify: 0}", "target.tls.verify must be true or false"),
        ("x", "target.tls must be a mapping"),
    ],
)
def test_truth_values_are_not_guessed(tmp_path: Path, target: str, message: str) -> None:
    """Whether certificates are checked never depends on a spelling."""
    text = SMALL.replace('8080/" }', f'8080/", tls: {target} }}')
    assert [found for _, found in problems_of(tmp_path, text)] == [message]


def test_kinds_of_a_request(tmp_path: Path) -> None:
    """A body is text, headers are a mapping of texts, and their values stay hidden."""
    text = """
        version: 1
        target: { base_url: "http://h/", headers: [hunter2] }
        scenarios:
          main:
            request:
              headers: { X: 123456, Y: [hunter2] }
              body: { a: hunter2 }
        """
    assert problems_of(tmp_path, text) == [
        ("shop.yaml:2:43", "target.headers must be a mapping"),
        ("shop.yaml:6:21", "scenarios.main.request.headers.X must be text"),
        ("shop.yaml:6:32", "scenarios.main.request.headers.Y must be text"),
        ("shop.yaml:7:13", "a body is text"),
    ]


def test_problems_of_format_and_meaning_come_together(tmp_path: Path) -> None:
    """A wrong kind in one place does not hide a wrong value in another, or in the same list."""
    text = """
        version: 1
        target: { base_url: "ftp://h/", timeout: { total: 5 } }
        scenarios: { main: { request: { method: get, pth: / } } }
        steps: { hold: 4s, settle: 8s, concurrency: "4,2" }
        stop: [7, p98 > 1s, "error_rate > 1"]
        """
    assert problems_of(tmp_path, text) == [
        ("shop.yaml:2:21", "the scheme 'ftp' is not http or https"),
        ("shop.yaml:2:51", "'5' has no unit"),
        ("shop.yaml:3:41", "the method 'get' has small letters"),
        ("shop.yaml:3:46", "unknown key 'pth' in scenarios.main.request"),
        ("shop.yaml:4:16", "steps.hold must not be shorter than steps.settle (4s < 8s)"),
        ("shop.yaml:4:45", "concurrency falls from 4 to 2"),
        ("shop.yaml:5:8", "a stop rule is text"),
        ("shop.yaml:5:11", "'p98' is not a metric"),
        ("shop.yaml:5:21", "'1' needs a percent sign"),
    ]
