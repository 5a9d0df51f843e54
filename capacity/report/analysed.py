"""How is it said what was analysed, and by whose limits?"""

from collections.abc import Sequence

from capacity.report.shown import cells, padded, printable
from capacity.report.texts import CATALOGUES, Language, say

_LABELS = ("analyze_source", "analyze_stops")


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
    labels = [CATALOGUES[language][label] for label in _LABELS]
    width = max(cells(label) for label in labels) + 2
    return tuple(
        padded(label, width) + printable(sentence)
        for label, sentence in zip(labels, sentences, strict=True)
    )
