"""Tests of loading: from a profile or a URL to a plan, with all problems at once."""

import hashlib
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capacity.errors import Problem, ProfileError, UsageError
from capacity.model.plan import EngineName, Secret, TlsTrust
from capacity.profile.document import MAX_BYTES
from capacity.profile.load import Overrides, load_plan
from capacity.profile.schema import known_keys
from tests.unit.profile.builders import SMALL, a_profile, levels, load, problems_of, request_of


def test_a_url_alone_is_a_whole_plan() -> None:
    """Everything else has a default, the name included."""
    plan = load_plan(None, Overrides(url="http://Shop.test:8080/x?key=k1"), {})
    assert (plan.name, plan.scenario.name) == ("shop.test_8080", "main")
    assert plan.target.origin == "http://shop.test:8080"
    assert plan.target.trust is TlsTrust.SYSTEM
    request = request_of(plan)
    assert (request.method, request.path) == ("GET", Secret(b"/x?key=k1"))
    assert (request.shown_path, request.headers, request.body) == ("/x?key=***", (), None)
    assert (plan.engine, plan.threads, plan.scenario.ok_below_status) == (
        EngineName.NATIVE,
        None,
        400,
    )
    assert (plan.allow_hosts, plan.demo_service, plan.profile_sha256) == ((), None, None)
    assert levels(plan)[-1] == 1024


def test_flags_complete_a_url() -> None:
    """Method, header and body of flags make the request."""
    overrides = Overrides(url="http://127.0.0.1/", headers=("A: b",), body="x", name="shop")
    plan = load_plan(None, overrides, {})
    assert (plan.name, request_of(plan).method) == ("shop", "POST")
    assert request_of(plan).body == Secret(b"x")


def test_problems_of_a_url_and_its_flags_come_together() -> None:
    """Without a profile every place is a flag."""
    overrides = Overrides(url="http://h:0/", hold="5", headers=("A",))
    with pytest.raises(ProfileError) as caught:
        load_plan(None, overrides, {})
    assert sorted((problem.place, problem.message) for problem in caught.value.problems) == [
        ("--header", "a header without a colon"),
        ("--hold", "'5' has no unit"),
        ("URL", "port 0 does not exist"),
    ]


@pytest.mark.parametrize(
    ("profile", "url", "message"),
    [
        (Path("x.yaml"), "http://h/", "a profile and a URL are given, and both name a target"),
        (None, None, "there is nothing to load"),
    ],
)
def test_exactly_one_of_profile_and_url(
    profile: Path | None, url: str | None, message: str
) -> None:
    """Two targets or none are refused before anything is read."""
    with pytest.raises(UsageError) as caught:
        load_plan(profile, Overrides(url=url), {})
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no.yaml", "No such file or directory"),
        (".", "Is a directory"),
        ("a\x00b", "this is not a path"),
    ],
)
def test_an_unreadable_profile_is_named_with_the_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    """The place is the path as it was given."""
    with pytest.raises(ProfileError) as caught:
        load_plan(tmp_path / name, Overrides(), {})
    (problem,) = caught.value.problems
    assert (problem.place, problem.message) == (
        str(tmp_path / name),
        f"cannot read the profile: {reason}",
    )


def test_a_huge_profile_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A gigabyte of anything is refused after its first mebibyte."""
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(1024 * MAX_BYTES)
    with pytest.raises(ProfileError, match="a profile has at most 1 MiB"):
        load_plan(huge, Overrides(), {})


def test_the_plan_carries_the_digest_of_the_file(tmp_path: Path) -> None:
    """Two runs can be told apart by the bytes of their profile."""
    path = a_profile(tmp_path)
    plan = load_plan(path, Overrides(), {})
    assert plan.profile_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("text", "name"), [("", "shop"), ("name: other\n", "other")], ids=["of the file", "given"]
)
def test_the_name_is_given_or_that_of_the_file(tmp_path: Path, text: str, name: str) -> None:
    """The stem of the file is a name that nobody has to think of."""
    assert load(tmp_path, SMALL + text).name == name


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("", ("shop.yaml:1:1", "version is missing")),
        ("version: 2", ("shop.yaml:1:10", "version 2 of the format is not known")),
        ("version: 1.0", ("shop.yaml:1:10", "version must be a whole number")),
    ],
)
def test_the_version_of_the_format_is_asked_for(
    tmp_path: Path, version: str, problem: tuple[str, str]
) -> None:
    """A later format is never read as this one."""
    text = f"{version}\n{SMALL.removeprefix(chr(10)).removeprefix('version: 1')}"
    assert problems_of(tmp_path, text) == [problem]


def test_allowed_hosts_are_written_as_targets_are(tmp_path: Path) -> None:
    """Case and spelling of an address do not matter."""
    text = f"{SMALL}safety: {{ allow_hosts: [Shop.TEST, '0::1'] }}\n"
    assert load(tmp_path, text).allow_hosts == ("shop.test", "::1")


def test_a_wrong_host_is_named_in_its_place(tmp_path: Path) -> None:
    """An entry that could never match is an error, not an unused line."""
    text = f"{SMALL}safety: {{ allow_hosts: [a.test, '*', 7, 'b.test:80'] }}\n"
    assert problems_of(tmp_path, text) == [
        ("shop.yaml:4:33", "'*' is not a host name"),
        ("shop.yaml:4:38", "safety.allow_hosts[2] must be text"),
        ("shop.yaml:4:41", "'b.test:80' has a port"),
    ]


def test_threads_have_a_range(tmp_path: Path) -> None:
    """More threads than any machine needs are surely a slip."""
    assert load(tmp_path, f"{SMALL}threads: 64\n").threads == 64
    assert problems_of(tmp_path, f"{SMALL}threads: 65\n") == [
        ("shop.yaml:4:10", "65 threads cannot be used")
    ]


KEYS = sorted(
    {
        key
        for path in [(), ("target",), ("target", "tls"), ("target", "timeout"), ("safety",)]
        for key in known_keys(path)
    }
    | {*known_keys(("safety", "fuses")), *known_keys(("scenarios", "a"))}
    | {*known_keys(("scenarios", "a", "request")), *known_keys(("steps",)), "main", "x\x1b"}
)
WORDS = st.sampled_from(
    [
        "1..8",
        "p99 > 1s",
        "30s",
        "30",
        "GET",
        "/a",
        "http://127.0.0.1:1/",
        "${env:A}",
        "no",
        "\ud7ff",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8)
TREES = st.recursive(
    LEAVES,
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=6)
    ),
    max_leaves=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=8))
def test_any_tree_is_a_plan_or_a_list_of_problems(tmp_path: Path, tree: dict[str, object]) -> None:
    """Whatever stands in a profile, the user gets places and hints, never a traceback."""
    path = tmp_path / "any.yaml"
    path.write_text(yaml.safe_dump({"version": 1, **tree}), encoding="utf-8")
    problems: tuple[Problem, ...] = ()
    try:
        load_plan(path, Overrides(hold="9s", method="PUT", headers=("A: b",)), {})
    except ProfileError as error:
        problems = error.problems
    assert [one for one in problems if not one.hint or not one.message.isprintable()] == []


def test_every_way_to_plant_a_secret_stays_out_of_messages_and_plan(tmp_path: Path) -> None:
    """A credential in URL, header, body, JSON or file shows neither in faults nor in the plan."""
    (tmp_path / "key").write_text("CANARY-5\n", encoding="utf-8")
    text = """
        version: 1
        target:
          base_url: "http://u:CANARY-1@h.test/?t=CANARY-2"
          headers: { A: "CANARY-3", B: "${env:KEY}", C: "${file:key}" }
        scenarios:
          main: { request: { json: { k: "CANARY-6" } } }
        """
    environ = {"KEY": "CANARY-4"}
    plan = load(tmp_path, text, environ=environ)
    assert "CANARY" not in repr(plan)
    broken = text.replace("json:", "body: CANARY-7, json:").replace("}\n", ', "D D": CANARY }\n', 1)
    shown = " ".join(map(str, problems_of(tmp_path, broken, environ=environ)))
    assert "one body" in shown
    assert "CANARY" not in shown
