"""Which resource ran out first, in a line of the verdict, and what is to be done, in another?"""

from collections.abc import Sequence

from capacity.model.bottleneck import Candidate, Diagnosis, DiagnosisState, Exonerated
from capacity.report.bottleneck_observed import GENERATOR
from capacity.report.bottleneck_words import sentence_words
from capacity.report.resource_words import some_names
from capacity.report.shown import cells
from capacity.report.texts import Language, say

# What comes after the first evidence stays within this many columns.
_LINE_CELLS = 120
# Of resources that have room, so many are named: the fullest tell most.
_SHOWN_ROOM = 2


def bottleneck_rows(diagnosis: Diagnosis, language: Language) -> list[tuple[str, str]]:
    """Label and sentence: the bottleneck; then advice and the next test, if there are any."""
    rows = [("bottleneck", bottleneck_sentence(diagnosis, language))]
    if diagnosis.first is not None:
        rows.append(("advice", sentence_words(diagnosis.first.advice, language)))
    experiment = diagnosis.experiment
    if experiment is not None:
        next_test = say(
            language,
            "bottleneck_next",
            what=sentence_words(experiment.what, language),
            reading=sentence_words(experiment.reading, language),
        )
        rows.append(("next", next_test))
    return rows


def bottleneck_sentence(diagnosis: Diagnosis, language: Language) -> str:
    """The first candidate with its confidence and best evidence, or why there is none."""
    first = diagnosis.first
    if first is None:
        return _nothing_named(diagnosis, language)
    key = "bottleneck_generator_named" if _is_generator(diagnosis) else "bottleneck_named"
    told, *others = (sentence_words(one, language) for one in first.evidence)
    text = say(
        language,
        key,
        title=sentence_words(first.title, language),
        confidence=confidence_word(first, language),
        evidence=told,
    )
    for other in others:
        text = _with_room_for(text, [other], language)
    return _with_room_for(text, _not_the_cause(diagnosis, language), language)


def confidence_word(candidate: Candidate, language: Language) -> str:
    """How sure the rule is."""
    return say(language, f"confidence_{candidate.confidence.value}")


def _is_generator(diagnosis: Diagnosis) -> bool:
    return diagnosis.state is DiagnosisState.GENERATOR


def _nothing_named(diagnosis: Diagnosis, language: Language) -> str:
    """That there is none; where it is not known, what could not be seen belongs to it.

    Where next to nothing was read, a list of all that was not would help nobody.
    """
    text = say(language, f"bottleneck_{diagnosis.state.value}")
    if diagnosis.state is not DiagnosisState.UNKNOWN or not diagnosis.not_observed:
        return text
    if all(one.resource == GENERATOR for one in diagnosis.exonerated):
        return say(language, "bottleneck_unwatched", text=text)
    titles = [sentence_words(one.title, language) for one in diagnosis.not_observed]
    return say(language, "bottleneck_unseen", text=text, names=some_names(titles, language))


def _not_the_cause(diagnosis: Diagnosis, language: Language) -> list[str]:
    """What was seen and has room, the fullest first; a generator that is full hides the rest."""
    if _is_generator(diagnosis):
        return []
    fullest = sorted(diagnosis.exonerated, key=_fullness, reverse=True)
    names = [
        f"{sentence_words(one.title, language)} {one.unit.show(one.highest)}"
        for one in fullest[:_SHOWN_ROOM]
        if _fullness(one) > 0
    ]
    return [
        say(language, "bottleneck_not_the_cause", names=some_names(names[:count], language))
        for count in range(len(names), 0, -1)
    ]


def _fullness(one: Exonerated) -> float:
    """How near to full, from 0 to 1; of what is bad when low the other way round."""
    if one.full_at is None or one.full_at <= 0 or one.highest <= 0:
        return 0.0
    ratio = one.highest / one.full_at
    return min(ratio, 1.0 / ratio)


def _with_room_for(text: str, choices: Sequence[str], language: Language) -> str:
    """The text and the first of the choices that the line has room for."""
    for choice in choices:
        longer = say(language, "clauses").join((text, choice))
        if cells(longer) <= _LINE_CELLS:
            return longer
    return text
