"""Tests of the scenario: path, headers, body, and the code in place of a request."""

from pathlib import Path

import pytest

from capacity.model.plan import EngineName, Secret
from capacity.profile.overrides import Overrides
from tests.unit.profile.builders import SMALL, load, opened, problems_of, python_of, request_of


def with_request(request: str, url: str = "http://h.test/", more: str = "") -> str:
    """A profile with these keys in its request."""
    return f"""
        version: 1
        target: {{ base_url: "{url}" {more} }}
        scenarios: {{ main: {{ request: {{ {request} }} }} }}
        """


@pytest.mark.parametrize(
    ("request_keys", "url", "path", "shown"),
    [
        ("", "http://h.test", b"/", "/"),
        ("", "http://h.test/a?k=v", b"/a?k=v", "/a?k=***"),
        ("", "http://h.test?k=v", b"/?k=v", "/?k=***"),
        ("path: /a", "http://h.test", b"/a", "/a"),
        ("path: /a", "http://h.test/", b"/a", "/a"),
        ("path: '/a?k=v'", "http://h.test/api/", b"/api/a?k=v", "/api/a?k=***"),
        ("path: /ä", "http://h.test/ü", b"/%C3%BC/%C3%A4", "/%C3%BC/%C3%A4"),
    ],
)
def test_the_path_follows_the_base_url(
    tmp_path: Path, request_keys: str, url: str, path: bytes, shown: str
) -> None:
    """A path of the request is below the path of base_url; alone, base_url is the whole."""
    request = request_of(load(tmp_path, with_request(request_keys, url)))
    assert (request.path, request.shown_path) == (Secret(path), shown)


@pytest.mark.parametrize(
    ("request_keys", "url", "problem"),
    [
        ("path: a", "http://h.test/", ("shop.yaml:3:39", "a path begins with /")),
        ("path: /a", "http://h.test/?k=v", ("shop.yaml:2:21", "base_url has a query beside a")),
        ("", "http://h.test/${env:A}", ("shop.yaml:2:21", "a path takes no ${...}")),
    ],
)
def test_refuses_a_path_that_cannot_be_sent(
    tmp_path: Path, request_keys: str, url: str, problem: tuple[str, str]
) -> None:
    """The place is where the wrong part was written."""
    ((place, message),) = problems_of(tmp_path, with_request(request_keys, url))
    assert place == problem[0]
    assert message.startswith(problem[1])


@pytest.mark.parametrize(
    ("request_keys", "method", "body", "headers"),
    [
        ("", "GET", None, []),
        ("body: text", "POST", b"text", []),
        ("body: '${env:KEY}!'", "POST", b"s3cret!", []),
        ("method: PUT, body: text", "PUT", b"text", []),
        ("body: ''", "POST", b"", []),
        ("body_file: data.bin", "POST", b"\xff${env:KEY}", []),
        ("json: {}", "POST", b"{}", [("Content-Type", b"application/json")]),
        (
            "json: { a: [1, 2.5, true, null, 'ä', '${env:QUOTE}'] }",
            "POST",
            '{"a": [1, 2.5, true, null, "ä", "a\\"b"]}'.encode(),
            [("Content-Type", b"application/json")],
        ),
        (
            "json: [], headers: { content-type: a/b }",
            "POST",
            b"[]",
            [("content-type", b"a/b")],
        ),
    ],
)
def test_the_body_and_what_follows_from_it(
    tmp_path: Path,
    request_keys: str,
    method: str,
    body: bytes | None,
    headers: list[tuple[str, bytes]],
) -> None:
    """A body makes a POST, JSON names its type, files are sent byte by byte."""
    (tmp_path / "data.bin").write_bytes(b"\xff${env:KEY}")
    environ = {"KEY": "s3cret", "QUOTE": 'a"b'}
    request = request_of(load(tmp_path, with_request(request_keys), environ=environ))
    assert request.method == method
    assert request.body == (None if body is None else Secret(body))
    assert opened(request.headers) == headers


@pytest.mark.parametrize(
    ("request_keys", "problem"),
    [
        ("body: a, json: {}", ("shop.yaml:3:42", "a request has one body, and body is given too")),
        (
            "json: {}, body_file: x",
            ("shop.yaml:3:43", "a request has one body, and json is given too"),
        ),
        (
            "body_file: no.bin",
            ("shop.yaml:3:44", "cannot read 'no.bin': No such file or directory"),
        ),
        ("body: '${env:NO}'", ("shop.yaml:3:39", "the variable of ${env:NO} is not set")),
        ("json: {a: '${env:NO}'}", ("shop.yaml:3:39", "the variable of ${env:NO} is not set")),
        ('json: {"\\ud800": 1}', ("shop.yaml:3:39", "half of a surrogate pair")),
        ("method: get", ("shop.yaml:3:41", "the method 'get' has small letters")),
        (
            "headers: {A: '${env:NO}'}",
            ("shop.yaml:3:46", "the variable of ${env:NO} is not set"),
        ),
        (
            "headers: {A: '${env:LINES}'}",
            ("shop.yaml:3:46", "the value of header A holds a line break"),
        ),
        (
            "headers: {Content-Length: '3'}",
            ("shop.yaml:3:59", "the header Content-Length cannot be set: it is computed from"),
        ),
        ("headers: {A: a, a: b}", ("shop.yaml:3:49", "the header 'a' is given twice")),
    ],
)
def test_refuses_what_cannot_be_sent(
    tmp_path: Path, request_keys: str, problem: tuple[str, str]
) -> None:
    """Each fault has its place, and no message holds a value."""
    environ = {"LINES": "hunter2\nX: y"}
    ((place, message),) = problems_of(tmp_path, with_request(request_keys), environ=environ)
    assert place == problem[0]
    assert message.startswith(problem[1])


def test_user_info_becomes_a_header_and_never_shows(tmp_path: Path) -> None:
    """The password of the URL goes where it belongs, and nowhere else."""
    plan = load(tmp_path, with_request("", "http://ann:hunter2@h.test/"))
    headers = request_of(plan).headers
    assert opened(headers) == [("Authorization", b"Basic YW5uOmh1bnRlcjI=")]
    assert "hunter2" not in repr(plan)
    assert plan.target.origin == "http://h.test:80"


def test_a_header_replaces_the_user_info(tmp_path: Path) -> None:
    """What is said in more words wins, as it does in curl."""
    text = with_request("headers: {authorization: Bearer x}", "http://ann:hunter2@h.test/")
    assert opened(request_of(load(tmp_path, text)).headers) == [("authorization", b"Bearer x")]


def test_headers_of_the_request_replace_those_of_the_target(tmp_path: Path) -> None:
    """Names are compared without case; blanks around values go."""
    more = ", headers: { Accept: a, X-Team: '${env:TEAM}' }"
    text = with_request("headers: { accept: ' b ' }", more=more)
    headers = request_of(load(tmp_path, text, environ={"TEAM": "blue "})).headers
    assert opened(headers) == [("X-Team", b"blue"), ("accept", b"b")]


@pytest.mark.parametrize(
    ("scenarios", "problems"),
    [
        ("", [("shop.yaml:1:1", "scenarios is missing")]),
        ("scenarios: {}", [("shop.yaml:3:1", "scenarios is missing")]),
        (
            "scenarios: { a: { request: {} }, b: { request: {} } }",
            [("shop.yaml:3:12", "this version runs exactly one scenario, not 'a', 'b'")],
        ),
        (
            "scenarios: { a: {} }",
            [("shop.yaml:3:14", "the scenario has neither request nor python")],
        ),
        (
            "scenarios: { a: { request: 5 } }",
            [("shop.yaml:3:28", "scenarios.a.request must be a mapping")],
        ),
        (
            "scenarios: { a/b: { request: {} } }",
            [("shop.yaml:3:14", "'a/b' is not a name")],
        ),
        (
            "scenarios: { a: { request: {}, python: s.py:f } }",
            [("shop.yaml:3:28", "a scenario has either request or python, not both")],
        ),
        (
            "scenarios: { a: { python: s.py:g } }",
            [("shop.yaml:3:27", "'s.py' has no async function g")],
        ),
        (
            "scenarios: { a: { request: {}, success: ok } }",
            [("shop.yaml:3:41", "'ok' is not a success rule")],
        ),
        (
            "scenarios: { a: { python: s.py:f } }\nengine: native",
            [("shop.yaml:4:9", "the native engine runs no Python scenario")],
        ),
    ],
)
def test_exactly_one_scenario(
    tmp_path: Path, scenarios: str, problems: list[tuple[str, str]]
) -> None:
    """A scenario is one request or one function, with a name that is a slug."""
    (tmp_path / "s.py").write_text("async def f(client, row): ...\n", encoding="utf-8")
    text = f"version: 1\ntarget: {{ base_url: 'http://h.test' }}\n{scenarios}\n"
    assert problems_of(tmp_path, text) == problems


def test_a_python_scenario_has_its_file_below_the_profile(tmp_path: Path) -> None:
    """Headers of target and flags go to the client; the engine follows."""
    (tmp_path / "s.py").write_text("async def f(client, row): ...\n", encoding="utf-8")
    text = """
        version: 1
        target: { base_url: "http://h.test/", headers: { A: a } }
        scenarios: { buy: { python: "s.py:f", success: status<500 } }
        """
    plan = load(tmp_path, text, Overrides(headers=("B: b",)))
    call = python_of(plan)
    assert (call.file, call.function) == (str(tmp_path / "s.py"), "f")
    assert opened(call.headers) == [("A", b"a"), ("B", b"b")]
    assert (plan.scenario.name, plan.scenario.ok_below_status) == ("buy", 500)
    assert plan.engine is EngineName.AIOHTTP


def test_a_python_scenario_names_its_own_paths(tmp_path: Path) -> None:
    """A path in base_url would be lost, so it is refused."""
    (tmp_path / "s.py").write_text("async def f(client, row): ...\n", encoding="utf-8")
    text = SMALL.replace("8080/", "8080/api").replace("request: {}", 'python: "s.py:f"')
    assert problems_of(tmp_path, text) == [
        ("shop.yaml:2:21", "a Python scenario names its own paths")
    ]
