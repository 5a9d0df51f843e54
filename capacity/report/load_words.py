"""How is the load of a step named: as a number, as one field of a line, in a sentence?"""

from collections.abc import Sequence
from typing import assert_never

from capacity.model.load import ClosedLoop, Load, OpenLoop
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
    """The loads of some steps within a sentence, the first few by name; empty without steps."""
    if not steps:
        return ""
    levels = [show_level(step.plan.load) for step in steps]
    more = f" +{len(levels) - _LEVELS_SHOWN}" if len(levels) > _LEVELS_SHOWN else ""
    text = ", ".join(levels[:_LEVELS_SHOWN]) + more
    return level_words(steps[0].plan.load, text, language)


def level_words(load: Load, levels: str, language: Language) -> str:
    """A level, or several, of the kind of `load` within a sentence."""
    match load:
        case ClosedLoop():
            return say(language, "load_closed", levels=levels)
        case OpenLoop():
            return say(language, "load_open", levels=levels)
        case _:
            assert_never(load)
