"""What did the service feel at the capacity? A block of the verdict, one quantity a line.

The worst member with what its value rests on, the mean and the spread beside it; what is missing is
told with its reason.
"""

from capacity.model.findings import Capacity, Findings
from capacity.model.resources import OWN_QUERIES, Aspect, Direction, Reading, ReadingState
from capacity.model.rules import Scope
from capacity.model.run import Run, Step
from capacity.report.load_words import load_words
from capacity.report.resource_words import (
    limit_shares,
    missing_words,
    reading_words,
    shown_reason,
    some_names,
)
from capacity.report.shown import cells, padded
from capacity.report.texts import Language, say
from capacity.report.verdict_capacity import step_of

_USUAL = ("cpu", "throttle", "mem")
# Whose absence is told although no rule judges them; many services have no quota to run out of.
_EXPECTED = frozenset({"cpu", "mem"})
_CORES = ("pod.cores", "process.cores")
_OF_REQUEST = "pod.cpu_of_request"
_MOST_LINES = 8
# One member this many times the mean is not one of many that are equally busy.
_UNEVEN = 1.5
# Members this close to the worst one, as a share of it, are not told apart.
_ALIKE = 0.05


def resource_lines(run: Run, findings: Findings, language: Language) -> tuple[str, ...]:
    """The load, then its quantities; nothing if none were read or asked for."""
    step = _telling_step(run, findings)
    if step is None:
        return ()
    wanted = {rule.metric for rule in run.plan.rules if rule.scope is Scope.RESOURCE}
    wanted |= _own_queries(run)
    told = sorted(
        (reading for reading in step.resources if _is_telling(reading, wanted)),
        key=lambda reading: _rank(reading, wanted),
    )
    shares = limit_shares(run.plan)
    rows = [_row(reading, shares, language) for reading in told[:_MOST_LINES]]
    if len(told) > _MOST_LINES:
        rows.append(("", say(language, "resource_more", count=len(told) - _MOST_LINES)))
    rows += _missing(step, wanted, language)
    if not rows:
        return ()
    width = max(cells(name) for name, _ in rows) + 2
    at = say(language, "resources_at", load=load_words(step.plan.load, language))
    return (at, *(f"  {padded(name, width)}{text}" for name, text in rows))


def _own_queries(run: Run) -> set[str]:
    """What the profile asks for in its own words; whoever wrote that wants to see what came."""
    monitor = run.plan.monitor
    quantities = () if monitor is None else monitor.quantities
    return {one.name for one in quantities if one.preset == OWN_QUERIES}


def _telling_step(run: Run, findings: Findings) -> Step | None:
    """The step of the capacity; without one the last step of which anything was asked."""
    asked = [step for step in run.steps if step.resources]
    if isinstance(findings.capacity, Capacity):
        return step_of(findings.capacity, asked)
    return asked[-1] if asked else None


def _is_telling(reading: Reading, wanted: set[str]) -> bool:
    """Whether it has a value that tells of a limit; an error that did not happen tells nothing."""
    worst = reading.worst
    if worst is None:
        return False
    if reading.name in wanted or reading.name in _USUAL:
        return True
    if reading.aspect is Aspect.ERRORS:
        return worst.value > 0
    return reading.aspect in (Aspect.UTILISATION, Aspect.SATURATION)


def _rank(reading: Reading, wanted: set[str]) -> tuple[bool, int]:
    usual = _USUAL.index(reading.name) if reading.name in _USUAL else len(_USUAL)
    return reading.name not in wanted, usual


def _row(reading: Reading, shares: frozenset[str], language: Language) -> tuple[str, str]:
    """Name and sentence."""
    parts = [reading_words(reading, shares, language), *_distribution(reading, language)]
    if reading.reason:  # why it may not stop, or what else was noticed
        parts.append(shown_reason(reading.reason))
    name = some_names([reading.name], language)
    return name, say(language, "resources_join").join(parts)


def _distribution(reading: Reading, language: Language) -> list[str]:
    """Mean and spread of several members, and whether one of them stands out."""
    worst, mean, spread = reading.worst, reading.mean, reading.spread
    if worst is None or mean is None or spread is None or reading.member_count < 2:
        return []
    if spread <= _ALIKE * abs(worst.value):
        return [say(language, "resources_alike", count=len(reading.members))]
    show = reading.unit.show
    parts = [
        say(
            language,
            "resources_mean",
            mean=show(mean),
            count=reading.member_count,
            spread=show(spread),
        )
    ]
    is_high = reading.direction is Direction.HIGH_IS_BAD
    if is_high and mean > 0 and worst.value > _UNEVEN * mean:
        parts.append(say(language, "resources_uneven", times=f"{worst.value / mean:.1f}"))
    return parts


def _missing(step: Step, wanted: set[str], language: Language) -> list[tuple[str, str]]:
    """What was asked in vain, by its reason; a CPU without a limit is told in cores instead."""
    by_name = {reading.name: reading for reading in step.resources}
    cores = next((by_name[n] for n in _CORES if n in by_name and by_name[n].members), None)
    rows = []
    reasons: dict[tuple[ReadingState, str], list[str]] = {}
    for reading in step.resources:
        is_error = reading.state is ReadingState.ERROR
        if reading.members or not (is_error or reading.name in wanted | _EXPECTED):
            continue
        if reading.name == "cpu" and reading.state is ReadingState.NO_LIMIT and cores is not None:
            rows.append(("cpu", _without_limit(cores, by_name.get(_OF_REQUEST), language)))
        else:
            reasons.setdefault((reading.state, reading.reason), []).append(reading.name)
    for (state, reason), names in reasons.items():
        words = missing_words(reason, language, state)
        if len(names) > 1:
            others = some_names(names[1:], language)
            words = say(language, "resources_also", words=words, names=others)
        rows.append((some_names(names[:1], language), words))
    return rows


def _without_limit(cores: Reading, of_request: Reading | None, language: Language) -> str:
    words = reading_words(cores, frozenset(), language)
    text = say(language, "resources_no_limit", cores=words)
    share = None if of_request is None else of_request.worst
    if share is not None and of_request is not None:
        shown = of_request.unit.show(share.value)
        text += say(language, "resource_join")
        text += say(language, "resources_of_request", share=shown)
    return text
