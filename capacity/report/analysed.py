"""How is it said what was analysed, and by whose limits?"""

from collections.abc import Sequence

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
