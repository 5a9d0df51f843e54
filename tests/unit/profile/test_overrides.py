"""Tests of flags laid over a profile: what they replace, and that problems name them."""

from pathlib import Path

import pytest

from capacity.model.plan import EngineName, Secret, TlsTrust
from capacity.profile.overrides import Overrides, flag_of
from capacity.units import parse_duration_s
from tests.unit.profile.builders import (
    SMALL,
    levels,
    load,
    opened,
    problems_of,
    python_of,
    request_of,
)

FULL = """
    version: 1
    name: shop
    engine: native
    threads: 2
    target:
      base_url: http://127.0.0.1:8080/
      headers: { Accept: text/html, X-Team: blue }
      timeout: { total: 10s }
    safety: { fuses: { concurrency: 64, requests: 5k, duration: 10m } }
    scenarios:
      main:
        request: { method: PUT, path: /a, headers: { x-team: red, X-Own: own }, json: {a: 1} }
    steps: { concurrency: "1,2", settle: 2s, hold: 6s }
    stop: ["p99 > 1s over 3s"]
    """


def test_each_flag_replaces_its_key(tmp_path: Path) -> None:
    """Every flag wins over the profile's own value."""
    plan = load(
        tmp_path,
        FULL,
        Overrides(
            concurrency="1..8",
            hold="9s",
            settle="3s",
            method="PATCH",
            body="text",
            timeout="20s",
            name="other",
            engine="aiohttp",
            threads=3,
            max_concurrency=8,
            max_requests="7k",
            max_duration="5m",
        ),
    )
    request = request_of(plan)
    assert (levels(plan), plan.hold_s, plan.settle_s) == ((1, 2, 4, 8), 9.0, 3.0)
    assert (request.method, request.body) == ("PATCH", Secret(b"text"))
    assert plan.target.timeouts.total_s == 20.0
    assert (plan.name, plan.engine, plan.threads) == ("other", EngineName.AIOHTTP, 3)
    fuses = plan.fuses
    assert (fuses.max_concurrency, fuses.max_requests) == (8, 7000)
    assert fuses.max_duration_s == parse_duration_s("5m")


def test_without_flags_the_profile_stands(tmp_path: Path) -> None:
    """Flags that were not given change nothing."""
    plan = load(tmp_path, FULL)
    assert (plan.name, plan.engine, plan.threads) == ("shop", EngineName.NATIVE, 2)
    assert (levels(plan), plan.settle_s, plan.hold_s) == ((1, 2), 2.0, 6.0)
    assert request_of(plan).method == "PUT"
    assert [rule.text for rule in plan.rules] == ["p99 > 1s over 3s"]


def test_headers_of_flags_replace_same_names_and_repeat_among_themselves(tmp_path: Path) -> None:
    """Case does not matter; what no flag names stays, the request's before the target's."""
    plan = load(tmp_path, FULL, Overrides(headers=("ACCEPT: a", "accept: b", "New: c")))
    assert opened(request_of(plan).headers) == [
        ("x-team", b"red"),
        ("X-Own", b"own"),
        ("ACCEPT", b"a"),
        ("accept", b"b"),
        ("New", b"c"),
        ("Content-Type", b"application/json"),
    ]


@pytest.mark.parametrize(
    ("overrides", "texts"),
    [
        (Overrides(), ["p99 > 1s over 3s"]),
        (
            Overrides(stops=("qps < 5qps over 3s", "p99 > 1s over 3s")),
            ["p99 > 1s over 3s", "qps < 5qps over 3s"],
        ),
        (Overrides(default_stops=False), []),
        (Overrides(stops=("mean > 2s over 2s",), default_stops=False), ["mean > 2s over 2s"]),
    ],
    ids=["none", "added, the same rule once", "dropped", "replaced"],
)
def test_rules_of_flags_are_added_or_replace(
    tmp_path: Path, overrides: Overrides, texts: list[str]
) -> None:
    """A rule is never dropped unless --no-default-stops says so."""
    assert [rule.text for rule in load(tmp_path, FULL, overrides).rules] == texts


def test_a_body_file_of_a_flag_is_below_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`@file` starts where the command was typed, body_file where the profile is."""
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd" / "body.txt").write_bytes(b"of the flag")
    (tmp_path / "body.txt").write_bytes(b"of the profile")
    monkeypatch.chdir(tmp_path / "cwd")
    in_profile = FULL.replace("json: {a: 1}", "body_file: body.txt")
    assert request_of(load(tmp_path, in_profile)).body == Secret(b"of the profile")
    of_flag = load(tmp_path, in_profile, Overrides(body="@body.txt"))
    assert request_of(of_flag).body == Secret(b"of the flag")


def test_bytes_of_standard_input_are_taken_as_they_are(tmp_path: Path) -> None:
    """What was read from standard input holds no references and need not be text."""
    plan = load(tmp_path, FULL, Overrides(body=Secret(b"\xff${env:X}@")))
    assert request_of(plan).body == Secret(b"\xff${env:X}@")


@pytest.mark.parametrize(
    ("tls", "overrides", "trust"),
    [
        ("{}", Overrides(), TlsTrust.SYSTEM),
        ("{verify: true}", Overrides(), TlsTrust.SYSTEM),
        ("{verify: false}", Overrides(), TlsTrust.INSECURE),
        ("{ca: missing.pem}", Overrides(insecure=True), TlsTrust.INSECURE),
    ],
)
def test_trust_of_profile_and_flags(
    tmp_path: Path, tls: str, overrides: Overrides, trust: TlsTrust
) -> None:
    """--insecure replaces what the profile says about certificates."""
    text = SMALL.replace('8080/" }', f'8080/", tls: {tls} }}')
    assert load(tmp_path, text, overrides).target.trust is trust


def test_a_python_flag_replaces_the_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine follows, because only one runs Python code."""
    (tmp_path / "s.py").write_text("async def f(client, row): ...\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    plan = load(tmp_path, SMALL, Overrides(python="s.py:f"))
    assert (python_of(plan).file, python_of(plan).function) == ("s.py", "f")
    assert plan.engine is EngineName.AIOHTTP


def test_a_python_flag_completes_a_profile_without_scenarios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flag is the one scenario that was missing."""
    (tmp_path / "s.py").write_text("async def f(client, row): ...\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    text = "version: 1\ntarget: { base_url: 'http://127.0.0.1:1' }\n"
    plan = load(tmp_path, text, Overrides(python="s.py:f"))
    assert (plan.scenario.name, python_of(plan).function) == ("main", "f")


@pytest.mark.parametrize(
    ("overrides", "place", "message"),
    [
        (Overrides(concurrency="0"), "--concurrency", "concurrency 0 makes no load"),
        (Overrides(hold="30"), "--hold", "'30' has no unit"),
        (Overrides(hold="0s"), "--hold", "the duration must be longer than zero"),
        (Overrides(settle="x"), "--settle", "'x' is not a duration"),
        (Overrides(hold_max="1s"), "--hold-max", "steps.hold_max must not be shorter than steps."),
        (Overrides(min_requests="x"), "--min-requests", "'x' is not a count"),
        (Overrides(refine=51), "--refine", "51 steps cannot refine"),
        (Overrides(precision="10"), "--precision", "'10' needs a percent sign"),
        (Overrides(budget="9"), "--budget", "'9' has no unit"),
        (Overrides(engine="aiohttp", confirm=True), "--confirm", "nothing can be confirmed: the a"),
        (Overrides(method="get"), "--method", "the method 'get' has small letters"),
        (Overrides(headers=("hunter2",)), "--header", "a header without a colon"),
        (Overrides(headers=("A: ${env:N}",)), "--header", "the variable of ${env:N} is not set"),
        (Overrides(body="${x}"), "--body", "a ${ that begins no reference"),
        (Overrides(body="@no.txt"), "--body", "cannot read 'no.txt': No such file or directory"),
        (Overrides(body="@"), "--body", "'' is not a regular file"),
        (Overrides(timeout="2h"), "--timeout", "a timeout of 2h is longer than can be measured"),
        (Overrides(stops=("p98 > 1s",)), "--stop", "'p98' is not a metric"),
        (Overrides(name="../x"), "--name", "'../x' is not a name"),
        (Overrides(engine="rust"), "--engine", "engine must be 'native' or 'aiohttp'"),
        (Overrides(threads=0), "--threads", "0 threads cannot be used"),
        (Overrides(ca_file="no.pem"), "--cacert", "cannot read 'no.pem': No such file or"),
        (Overrides(max_concurrency=0), "--max-concurrency", "a fuse of 0 would end every run"),
        (Overrides(max_requests="x"), "--max-requests", "'x' is not a count"),
        (Overrides(max_duration="5"), "--max-duration", "'5' has no unit"),
        (Overrides(python="s.py"), "--python", "'s.py' does not name a function"),
        (
            Overrides(ca_file="x", insecure=True),
            "--cacert",
            "a CA file has no effect when certificates are not checked",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("--") else "",
)
def test_a_problem_names_the_flag(
    tmp_path: Path, overrides: Overrides, place: str, message: str
) -> None:
    """The place of a wrong flag is the flag, not the profile."""
    ((found_place, found_message),) = problems_of(tmp_path, SMALL, overrides)
    assert found_place == place
    assert found_message.startswith(message)


def test_two_wrong_values_of_a_repeated_flag_are_both_named(tmp_path: Path) -> None:
    """Each use of the flag is a value of its own."""
    overrides = Overrides(stops=("p98 > 1s", "p97 > 1s"))
    assert problems_of(tmp_path, SMALL, overrides) == [
        ("--stop", "'p98' is not a metric"),
        ("--stop", "'p97' is not a metric"),
    ]


def test_request_flags_do_not_fit_a_python_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code makes its own calls; the flag that asked for another is named."""
    (tmp_path / "s.py").write_text("async def f(client, row): ...\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert problems_of(tmp_path, SMALL, Overrides(python="s.py:f", method="PUT")) == [
        ("--method", "a scenario has either request or python, not both")
    ]


def test_flags_do_not_paper_over_a_broken_profile(tmp_path: Path) -> None:
    """A key that is no mapping stays wrong, and two scenarios stay two."""
    text = """
        version: 1
        target: 5
        scenarios: { a: { request: {} }, b: { request: {} } }
        steps: x
        """
    overrides = Overrides(hold="9s", method="PUT", insecure=True, python="s.py:f")
    assert problems_of(tmp_path, text, overrides) == [
        ("shop.yaml:2:9", "target must be a mapping"),
        ("shop.yaml:3:12", "this version runs exactly one scenario, not 'a', 'b'"),
        ("shop.yaml:4:8", "steps must be a mapping"),
    ]


def test_flags_do_not_paper_over_a_scenario_that_is_no_mapping(tmp_path: Path) -> None:
    """The wrong scenario is named, whatever the flags would put into it."""
    text = "version: 1\ntarget: { base_url: 'http://h.test' }\nscenarios: { a: 5 }\n"
    overrides = Overrides(python="s.py:f", body="x", method="PUT")
    assert problems_of(tmp_path, text, overrides) == [
        ("shop.yaml:3:17", "scenarios.a must be a mapping")
    ]


def test_the_flags_themselves_show_no_secret() -> None:
    """URL, headers and body may hold credentials, so the text form leaves them out."""
    shown = repr(Overrides(url="http://a:k1@h/", headers=("A: k2",), body="k3", hold="9s"))
    assert [secret for secret in ("k1", "k2", "k3") if secret in shown] == []
    assert "hold='9s'" in shown


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("url", "URL"),
        ("headers", "--header"),
        ("stops", "--stop"),
        ("ca_file", "--cacert"),
        ("max_duration", "--max-duration"),
        ("insecure", "--insecure"),
    ],
)
def test_fields_and_flags(name: str, flag: str) -> None:
    """A flag is called as its field, except where another name is usual."""
    assert flag_of(name) == flag
