"""How is the load of a step named: as a number, as one field of a line, in a sentence?"""

from collections.abc import Sequence
from typing import assert_never

from capacity.model.load import ClosedLoop, Load, OpenLoop
from capacity.model.plan import Purpose
from capacity.model.run import Step
from capacity.report.texts import Language, say

_LEVELS_SHOWN = 4


def show_level(load: Load) -> str:
    """The number alone: requests in flight, or planned starts a second."""
    return f"{load.level:.10g}"


def load_field(load: Load) -> str:
    """One field without spaces: `C=64`, or `rate=200` for planned starts a second."""
    match load:
        case ClosedLoop():
            return f"C={show_level(load)}"
        case OpenLoop():
            return f"rate={show_level(load)}"
        case _:
            assert_never(load)


def load_words(load: Load, language: Language) -> str:
    """The load within a sentence: `64 concurrent`, `200/s planned`."""
    return level_words(load, show_level(load), language)


def loads_words(steps: Sequence[Step], language: Language) -> str:
    """The loads of some steps within a sentence, each once, the first few of each kind by name."""
    kinds: dict[type[Load], list[Load]] = {}
    for step in steps:
        loads = kinds.setdefault(type(step.plan.load), [])
        if step.plan.load not in loads:
            loads.append(step.plan.load)
    return ", ".join(_loads_of_a_kind(loads, language) for loads in kinds.values())


def _loads_of_a_kind(loads: Sequence[Load], language: Language) -> str:
    more = f" +{len(loads) - _LEVELS_SHOWN}" if len(loads) > _LEVELS_SHOWN else ""
    text = ", ".join(show_level(load) for load in loads[:_LEVELS_SHOWN]) + more
    return level_words(loads[0], text, language)


def step_words(step: Step, language: Language) -> str:
    """The load, and what for where that is not the ladder: `8 concurrent, verify`."""
    load = load_words(step.plan.load, language)
    if step.plan.purpose is Purpose.LADDER:
        return load
    purpose = say(language, f"purpose_{step.plan.purpose.value}")
    return say(language, "step_for", load=load, purpose=purpose)


def level_words(load: Load, levels: str, language: Language) -> str:
    """A level, or several, of the kind of `load` within a sentence."""
    match load:
        case ClosedLoop():
            return say(language, "load_closed", levels=levels)
        case OpenLoop():
            return say(language, "load_open", levels=levels)
        case _:
            assert_never(load)
