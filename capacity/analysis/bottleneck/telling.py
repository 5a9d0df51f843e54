"""How does a class put into words at which load it has seen something?"""

from collections.abc import Sequence

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.series import Point
from capacity.model.bottleneck import Figure, Sentence, Source
from capacity.model.load import OpenLoop

# Where the load stands in a template; what it is replaced with depends on the kind of loop.
AT = "{at}"
_CLOSED = ("at {level} concurrent", "并发 {level} 时")
_OPEN = ("at {level}/s planned", "计划速率 {level}/s 时")


def tell(
    case: Case,
    en: str,
    zh: str,
    *,
    level: float,
    figures: Sequence[Figure] = (),
    source: Source | None = None,
) -> Sentence:
    """A sentence about a load; `{at}` in it becomes the load in the words of its loop."""
    is_open = any(isinstance(step.plan.load, OpenLoop) for step in case.levels)
    at_en, at_zh = _OPEN if is_open else _CLOSED
    return Sentence(
        en.replace(AT, at_en),
        zh.replace(AT, at_zh),
        (*figures, Figure("level", level)),
        source,
    )


def tell_point(
    case: Case, point: Point, en: str, zh: str, *, figures: Sequence[Figure] = ()
) -> Sentence:
    """A sentence about what was read, with `{subject}` and `{value}` as they came."""
    shown = (
        Figure("subject", point.subject),
        Figure("value", point.value, point.reading.unit),
        *figures,
    )
    return tell(case, en, zh, level=point.level, figures=shown, source=point.source)
