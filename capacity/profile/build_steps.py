"""How do steps, stop rules and fuses of a profile become the numbers of a plan?"""

from dataclasses import dataclass
from math import ceil

from capacity.model.load import ConcurrencyLadder, Ladder, RateLadder
from capacity.model.plan import Fuses
from capacity.model.rules import DROPPED_RATE, OnMissing, Rule
from capacity.presets.local_process import CPU
from capacity.profile.build_ladder import CONCURRENCY, RATE_STEPS, build_ladder
from capacity.profile.build_target import positive_duration_s
from capacity.profile.overrides import Overrides, flag_path
from capacity.profile.problems import InputError, KeyPath, Problems, read_unit
from capacity.profile.rule_text import (
    CPU_STOP,
    DEFAULT_STOPS,
    OPEN_LOOP_STOPS,
    Resources,
    fit_to_hold,
    parse_rule,
    with_on_missing,
)
from capacity.profile.schema import FusesPart, ProfileFile, StepsPart, StopPart
from capacity.units import format_duration, parse_count, parse_duration_s

DEFAULT_SETTLE_S = 5.0
DEFAULT_HOLD_S = 30.0
DEFAULT_FUSES = Fuses(max_concurrency=1024, max_requests=100_000_000, max_duration_s=3600.0)

SETTLE: KeyPath = ("steps", "settle")
HOLD: KeyPath = ("steps", "hold")
FUSE_DURATION: KeyPath = ("safety", "fuses", "duration")
_FUSES: KeyPath = ("safety", "fuses")


@dataclass(frozen=True, slots=True)
class Climb:
    """The levels of load, how long each lasts, and what ends the climb."""

    ladder: Ladder
    settle_s: float
    hold_s: float
    rules: tuple[Rule, ...]
    fuses: Fuses


def build_climb(
    profile: ProfileFile, overrides: Overrides, resources: Resources, problems: Problems
) -> Climb:
    """Read the steps, and check them against one another and against the fuses."""
    fuses = _fuses(profile.safety.fuses, problems)
    ladder = build_ladder(profile.steps, fuses, problems)
    hold_s = problems.read(HOLD, positive_duration_s, profile.steps.hold, DEFAULT_HOLD_S)
    settle_s = _settle_s(profile.steps, hold_s, problems)
    _refuse_too_long(ladder, settle_s + hold_s, fuses, problems)
    _refuse_too_many(ladder, settle_s + hold_s, fuses, problems)
    rules = _Rules(ladder, resources, problems).read(profile.stop, overrides)
    fitting = tuple(fit_to_hold(rule, hold_s) for rule in rules)
    return Climb(ladder, settle_s, hold_s, fitting, fuses)


def _fuses(part: FusesPart, problems: Problems) -> Fuses:
    default = DEFAULT_FUSES
    return Fuses(
        max_concurrency=problems.read(
            (*_FUSES, "concurrency"), _fuse_count, part.concurrency, default.max_concurrency
        ),
        max_requests=problems.read(
            (*_FUSES, "requests"), _fuse_count, part.requests, default.max_requests
        ),
        max_duration_s=problems.read(
            FUSE_DURATION, positive_duration_s, part.duration, default.max_duration_s
        ),
    )


def _fuse_count(text: str) -> int:
    count = read_unit(parse_count, text)
    if count == 0:
        raise InputError("a fuse of 0 would end every run", "write a number from 1 up")
    return count


def _settle_s(part: StepsPart, hold_s: float, problems: Problems) -> float:
    """The settle as given; the default shrinks with the hold, so that a short run stays short."""

    def read(text: str) -> float:
        return read_unit(parse_duration_s, text)

    settle_s = problems.read(SETTLE, read, part.settle, min(DEFAULT_SETTLE_S, hold_s / 3))
    if hold_s < settle_s and not problems.has(HOLD) and not problems.has(SETTLE):
        hold, settle = format_duration(hold_s), format_duration(settle_s)
        problems.add(
            HOLD if problems.origins.knows(HOLD) else SETTLE,
            InputError(
                f"steps.hold must not be shorter than steps.settle ({hold} < {settle})",
                f"set hold to {settle} or more, or lower settle",
            ),
        )
    return settle_s


def _refuse_too_long(ladder: Ladder, step_s: float, fuses: Fuses, problems: Problems) -> None:
    likely_s = len(ladder.loads) * step_s
    steps = CONCURRENCY if isinstance(ladder, ConcurrencyLadder) else RATE_STEPS
    given = [FUSE_DURATION, HOLD, SETTLE, steps]
    if likely_s <= fuses.max_duration_s or any(problems.has(path) for path in given):
        return
    likely, most = format_duration(likely_s), format_duration(fuses.max_duration_s)
    problems.add(
        next((path for path in given if problems.origins.knows(path)), ("steps",)),
        InputError(
            f"the steps take {likely}, longer than the duration fuse of {most}",
            f"use fewer or shorter steps, or raise the fuse: --max-duration {ceil(likely_s)}s "
            f"or safety.fuses.duration: {ceil(likely_s)}s",
        ),
    )


def _refuse_too_many(ladder: Ladder, step_s: float, fuses: Fuses, problems: Problems) -> None:
    """A rate says beforehand how many requests it plans; a concurrency does not."""
    given = (RATE_STEPS, HOLD, SETTLE, (*_FUSES, "requests"))
    if not isinstance(ladder, RateLadder) or any(problems.has(path) for path in given):
        return
    planned = ladder.planned_starts(step_s)
    if planned > fuses.max_requests:
        problems.add(
            RATE_STEPS,
            InputError(
                f"the steps plan {planned:,} requests, more than the fuse of "
                f"{fuses.max_requests:,}",
                f"use lower rates or shorter steps, or raise the fuse: --max-requests {planned} "
                f"or safety.fuses.requests: {planned}",
            ),
        )


class _Rules:
    """Reads rules for one ladder and for the resources that are read beside it."""

    def __init__(self, ladder: Ladder, resources: Resources, problems: Problems) -> None:
        self._ladder = ladder
        self._resources = resources
        self._problems = problems
        self._found: dict[str, Rule] = {}

    def read(self, of_profile: list[StopPart] | None, overrides: Overrides) -> tuple[Rule, ...]:
        """The profile's rules (or the default ones) and those of the flags, each rule once."""
        if overrides.default_stops and of_profile is None:
            for text in self._default_stops():
                self._add(("stop",), text, None)
        elif overrides.default_stops:
            for index, part in enumerate(of_profile or []):
                self._add_part(("stop", index), part)
        for index, text in enumerate(overrides.stops):
            self._add(flag_path("stops", index), text, None)
        return tuple(self._found.values())

    def _default_stops(self) -> tuple[str, ...]:
        stops = OPEN_LOOP_STOPS if isinstance(self._ladder, RateLadder) else DEFAULT_STOPS
        return (*stops, CPU_STOP) if CPU in self._resources.units else stops

    def _add_part(self, path: KeyPath, part: StopPart) -> None:
        if part.rule is None:
            fault = InputError("the rule is missing", 'write rule: "cpu > 85% over 20s"')
            self._problems.add_missing(path, fault)
        else:
            self._add((*path, "rule"), part.rule, part.on_missing)

    def _add(self, path: KeyPath, text: str, on_missing: str | None) -> None:
        try:
            rule = parse_rule(text, self._resources)
            if on_missing is not None:
                rule = with_on_missing(rule, OnMissing(on_missing))
            _refuse_without_plan(rule, self._ladder)
        except InputError as fault:
            self._problems.add(path, fault)
        else:
            self._found.setdefault(rule.text, rule)


def _refuse_without_plan(rule: Rule, ladder: Ladder) -> None:
    if rule.metric == DROPPED_RATE and not isinstance(ladder, RateLadder):
        raise InputError(
            f"{rule.metric} is a share of planned starts, and requests in flight plan none",
            "give a rate (--rate), or leave this rule out",
        )
