"""How is it said what was analysed, and by whose limits?"""

from collections.abc import Sequence

from capacity.model.load import Load
from capacity.report.load_words import load_words
from capacity.report.texts import Language, say
from capacity.report.verdict import ANALYSED_LABELS, labelled


def analysed_lines(
    language: Language,
    *,
    kind: str,
    file: str,
    step_count: int,
    stops_from: str,
    rules: Sequence[str],
) -> tuple[str, ...]:
    """Two lines above an answer; `kind` and `stops_from` are the words of findings.schema.json."""
    sentences = (
        say(language, f"analyze_of_{kind}", count=step_count, file=file),
        say(language, f"analyze_from_{stops_from}", rules=say(language, "clauses").join(rules)),
    )
    return labelled(list(zip(ANALYSED_LABELS, sentences, strict=True)), language)


def not_valid_lines(language: Language, reason: str, load: Load) -> tuple[str, ...]:
    """That the generator was the limit at this load: it comes before any figure."""
    sentence = say(language, "not_valid_reason", reason=reason, levels=load_words(load, language))
    return labelled([("not_valid", sentence)], language)
