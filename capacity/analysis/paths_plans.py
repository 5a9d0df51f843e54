"""In what else than the path do two runs differ, so that it may be the cause instead?"""

from collections.abc import Sequence
from typing import assert_never

from capacity.model.load import ConcurrencyLadder, RateLadder
from capacity.model.paths import PlanDifference, SecondRole, Unlike
from capacity.model.plan import HttpRequest, PythonCall, RunPlan
from capacity.model.run import Run
from capacity.units import format_bytes, format_duration

# An edge adds some headers; an answer that is this much larger is another one.
_LARGER_RATIO = 1.5
_LARGER_LEAST_BYTES = 512
# Within a day a service is often the same.
_LONG_APART_S = 24 * 3600.0
# Which way a request takes is said by these.
_HEADERS_OF_THE_WAY = frozenset({"host", "x-forwarded-for", "x-forwarded-host"})

# What it is, and its words on either side.
_Told = tuple[PlanDifference, str, str]


def differences(outside: Run | None, inside: Run | None, role: SecondRole) -> tuple[Unlike, ...]:
    """Everything that both runs tell and that is not alike; nothing of tables, which tell none."""
    if outside is None or inside is None:
        return ()
    told = [
        *_request(outside.plan, inside.plan, role),
        *_load(outside.plan, inside.plan),
        *_results(outside, inside, role),
    ]
    return tuple(Unlike(what, first, second) for what, first, second in told if first != second)


def _request(outside: RunPlan, inside: RunPlan, role: SecondRole) -> list[_Told]:
    """The call itself; that a baseline has another one is what makes it a baseline."""
    told = [(PlanDifference.ENGINE, outside.engine.value, inside.engine.value)]
    first, second = outside.scenario.call, inside.scenario.call
    if outside.target.origin == inside.target.origin and first == second:
        told.append((PlanDifference.SAME_TARGET, f"{outside.target.origin} {_name(first)}", ""))
    if role is SecondRole.BASELINE:
        return [*told, (PlanDifference.TARGET, outside.target.origin, inside.target.origin)]
    match first, second:
        case HttpRequest(), HttpRequest():
            told += [
                (PlanDifference.METHOD, first.method, second.method),
                (PlanDifference.PATH, first.shown_path, second.shown_path),
                (PlanDifference.BODY, _body(first), _body(second)),
                (PlanDifference.HEADERS, _headers(first), _headers(second)),
            ]
        case _:
            told.append((PlanDifference.PATH, _name(first), _name(second)))
    return told


def _load(outside: RunPlan, inside: RunPlan) -> list[_Told]:
    return [
        (PlanDifference.LEVELS, _levels(outside), _levels(inside)),
        (PlanDifference.ARRIVALS, _arrivals(outside), _arrivals(inside)),
        (PlanDifference.HOLD, format_duration(outside.hold_s), format_duration(inside.hold_s)),
        (PlanDifference.LIMITS, _rules(outside), _rules(inside)),
    ]


def _results(outside: Run, inside: Run, role: SecondRole) -> list[_Told]:
    told = []
    first, second = _answer_bytes(outside), _answer_bytes(inside)
    if role is SecondRole.INSIDE and first is not None and second is not None:
        least, most = sorted((first, second))
        if most > _LARGER_RATIO * least and most - least > _LARGER_LEAST_BYTES:
            words = (format_bytes(first), format_bytes(second))
            told.append((PlanDifference.ANSWER_SIZE, *words))
    if abs(outside.started_at_unix_s - inside.started_at_unix_s) > _LONG_APART_S:
        told.append((PlanDifference.AGE, outside.run_id, inside.run_id))
    return told


def _answer_bytes(run: Run) -> float | None:
    """Received bytes of an answer at the least load where some were good."""
    counts = [step.counts for step in run.steps if step.counts.ok]
    return counts[0].received_bytes / counts[0].ended if counts else None


def _body(request: HttpRequest) -> str:
    return "-" if request.body is None else f"{len(request.body)} B"


def _headers(request: HttpRequest) -> str:
    names = {header.name.lower() for header in request.headers} - _HEADERS_OF_THE_WAY
    return _joined(sorted(names))


def _name(call: HttpRequest | PythonCall) -> str:
    return call.shown_path if isinstance(call, HttpRequest) else f"{call.file}:{call.function}"


def _levels(plan: RunPlan) -> str:
    return _joined([f"{load.level:.10g}" for load in plan.ladder.loads])


def _arrivals(plan: RunPlan) -> str:
    match plan.ladder:
        case RateLadder(arrivals=arrivals):
            return arrivals.value
        case ConcurrencyLadder():
            return "-"
        case _:
            assert_never(plan.ladder)


def _rules(plan: RunPlan) -> str:
    return _joined(sorted(rule.text for rule in plan.rules))


def _joined(words: Sequence[str]) -> str:
    return ", ".join(words) or "-"
