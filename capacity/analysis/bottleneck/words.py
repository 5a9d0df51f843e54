"""How is a load named inside a sentence, in both languages?"""

from dataclasses import dataclass

from capacity.model.bottleneck import Figure
from capacity.model.load import OpenLoop
from capacity.model.run import Step


@dataclass(frozen=True, slots=True)
class LoadWords:
    """A load as part of a template, and the figure that goes into it."""

    en: str
    zh: str
    figure: Figure


def load_words(step: Step, name: str = "level") -> LoadWords:
    """The load of a step, with its level as the figure `name`."""
    is_open = isinstance(step.plan.load, OpenLoop)
    return level_words(step.plan.load.level, name, is_open=is_open)


def level_words(level: float, name: str = "level", *, is_open: bool) -> LoadWords:
    """A planned rate where the loop is open, else a concurrency."""
    if is_open:
        return LoadWords(f"{{{name}}}/s planned", f"计划速率 {{{name}}}/s", Figure(name, level))
    return LoadWords(f"{{{name}}} concurrent", f"并发 {{{name}}}", Figure(name, level))
