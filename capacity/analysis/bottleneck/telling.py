"""How does a class put into words at which load it has seen something?"""

from collections.abc import Sequence

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.series import Point
from capacity.analysis.bottleneck.words import level_words
from capacity.model.bottleneck import Figure, Sentence, Source
from capacity.model.load import OpenLoop

# Where the load stands in a template; what it is replaced with depends on the kind of loop.
AT = "{at}"


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
    words = level_words(level, is_open=is_open)
    return Sentence(
        en.replace(AT, f"at {words.en}"),
        zh.replace(AT, f"{words.zh} 时"),
        (*figures, words.figure),
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
