"""Which resource ran out first, in one line of the verdict?"""

from capacity.model.bottleneck import Diagnosis
from capacity.report.texts import Language, say


def bottleneck_sentence(diagnosis: Diagnosis, language: Language) -> str:
    """The first candidate with its confidence and its best evidence, or that there is none."""
    first = diagnosis.first
    if first is None:
        return say(language, f"bottleneck_{diagnosis.state.value}")
    return say(
        language,
        "bottleneck_named",
        title=first.title.text(language.value),
        confidence=say(language, f"confidence_{first.confidence.value}"),
        evidence=first.evidence[0].text(language.value),
    )
