"""What is a run going to do, given a profile or a URL and the flags beside it?

After `load_plan` nothing is validated again: the plan is complete, and every problem of profile and
flags was raised in one ProfileError.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from capacity.errors import Problem, ProfileError, UsageError
from capacity.model.load import Ladder, RateLadder
from capacity.model.plan import EngineName, PythonCall, RunPlan, Scenario
from capacity.profile.build_hooks import build_logs, build_profiling
from capacity.profile.build_ladder import RATE_STEPS
from capacity.profile.build_monitor import build_watch
from capacity.profile.build_scenario import Sources, build_scenario
from capacity.profile.build_search import build_search
from capacity.profile.build_steps import build_climb
from capacity.profile.build_target import build_demo_service, build_target, build_url
from capacity.profile.document import MAX_BYTES, Value, read_document
from capacity.profile.format_check import check_format
from capacity.profile.names import name_from, parse_name
from capacity.profile.overrides import Overrides, lay_over
from capacity.profile.problems import InputError, Origins, Place, Problems
from capacity.profile.schema import ProfileFile
from capacity.profile.source_address import build_source_addresses
from capacity.profile.target_url import parse_host

__all__ = ["Overrides", "load_plan"]

VERSION = 1
MAX_THREADS = 64


def load_plan(profile: Path | None, overrides: Overrides, environ: Mapping[str, str]) -> RunPlan:
    """Build the plan of a run from a profile or a URL, with the flags laid over it.

    Raises ProfileError with every problem of profile and flags at once, and UsageError when there
    is not exactly one of profile and URL.
    """
    if profile is not None and overrides.url is not None:
        raise UsageError(
            "a profile and a URL are given, and both name a target",
            hint="give one of them; the URL of a profile is its target.base_url",
        )
    if profile is None and overrides.url is None:
        raise UsageError("there is nothing to load", hint="give a URL or a profile")
    problems = Problems(Origins(_root(profile)))
    raw: dict[str, Value] = {"version": VERSION}
    sha256 = None
    if profile is not None:
        content = _read_profile(profile)
        sha256 = hashlib.sha256(content).hexdigest()
        raw = read_document(content, problems)
    lay_over(overrides, raw, problems)
    checked = check_format(raw, problems)
    _check_version(checked.version, problems)
    url = build_url(checked.target, problems)
    sources = Sources(checked, overrides, url, environ, problems)
    stem = None if profile is None else profile.stem
    plan = _plan(sources, name_from(stem or f"{url.host}_{url.port}"), sha256)
    problems.raise_if_any()
    return plan


def _plan(sources: Sources, default_name: str, sha256: str | None) -> RunPlan:
    profile, problems = sources.profile, sources.problems
    watch = build_watch(sources)
    climb = build_climb(profile, sources.overrides, watch.resources, problems)
    scenario = build_scenario(sources)
    engine = _engine(profile.engine, scenario, problems)
    _refuse_rates(climb.ladder, engine, problems)
    search = build_search(profile.steps, climb, engine, problems)
    return RunPlan(
        name=problems.read(("name",), parse_name, profile.name, default_name),
        target=build_target(profile.target, sources.url, problems),
        scenario=scenario,
        engine=engine,
        source_addresses=build_source_addresses(profile, engine, problems),
        threads=problems.read(("threads",), _threads, profile.threads, None),
        ladder=climb.ladder,
        settle_s=climb.settle_s,
        hold_s=climb.hold_s,
        rules=climb.rules,
        fuses=climb.fuses,
        allow_hosts=_allow_hosts(profile, problems),
        demo_service=build_demo_service(profile.demo_service, sources.url, problems),
        profile_sha256=sha256,
        monitor=watch.plan,
        profiling=build_profiling(profile, problems),
        logs=build_logs(profile, problems),
        notes=problems.notes,
        search=search,
    )


def _root(profile: Path | None) -> Place:
    if profile is None:
        return Place("command line", Path())
    return Place(str(profile), profile.parent, 1, 1)


def _read_profile(profile: Path) -> bytes:
    """Read the file; one byte more than allowed is enough to see that it is too large."""
    try:
        with profile.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "this is not a path"
        problem = Problem(
            str(profile), f"cannot read the profile: {reason}", "check the path and its permissions"
        )
        raise ProfileError((problem,)) from error


def _check_version(version: int | None, problems: Problems) -> None:
    if version is None:
        problems.add_missing(
            ("version",), InputError("version is missing", f"write version: {VERSION} on top")
        )
    elif version != VERSION:
        problems.add(
            ("version",),
            InputError(
                f"version {version} of the format is not known", f"write version: {VERSION}"
            ),
        )


def _engine(given: str | None, scenario: Scenario, problems: Problems) -> EngineName:
    """The engine as given; a Python scenario chooses aiohttp by itself."""
    is_python = isinstance(scenario.call, PythonCall)
    if given is None:
        return EngineName.AIOHTTP if is_python else EngineName.NATIVE
    engine = EngineName(given)
    if is_python and engine is EngineName.NATIVE and not problems.has(("scenarios",)):
        problems.add(
            ("engine",),
            InputError("the native engine runs no Python scenario", "write engine: aiohttp"),
        )
    return engine


def _refuse_rates(ladder: Ladder, engine: EngineName, problems: Problems) -> None:
    if isinstance(ladder, RateLadder) and engine is EngineName.AIOHTTP:
        problems.add(
            RATE_STEPS,
            InputError(
                "the aiohttp engine runs user loops, whose pace the service sets: it plans no rate",
                "use the native engine for a rate, or give steps.concurrency (--concurrency)",
            ),
        )


def _threads(count: int) -> int | None:
    if not 1 <= count <= MAX_THREADS:
        raise InputError(
            f"{count} threads cannot be used", f"write a number from 1 to {MAX_THREADS}"
        )
    return count


def _allow_hosts(profile: ProfileFile, problems: Problems) -> tuple[str, ...]:
    hosts = profile.safety.allow_hosts
    return tuple(
        problems.read(("safety", "allow_hosts", index), parse_host, host, host)
        for index, host in enumerate(hosts)
    )
