"""How is a sentence of a diagnosis shown, so that no name in it can do harm or run too long?"""

from dataclasses import replace

from capacity.model.bottleneck import Figure, Sentence
from capacity.report.resource_words import shown_subject
from capacity.report.texts import Language


def sentence_words(sentence: Sentence, language: Language) -> str:
    """The sentence with its figures; a name from outside is cleaned and loses its middle."""
    shown = tuple(_masked(figure) for figure in sentence.figures)
    return replace(sentence, figures=shown).text(language.value)


def _masked(figure: Figure) -> Figure:
    if not isinstance(figure.value, str):
        return figure
    return replace(figure, value=shown_subject(figure.value))
