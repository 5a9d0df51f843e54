"""How is a sentence of a diagnosis shown, so that no name in it can do harm or run too long?"""

from dataclasses import replace
from datetime import UTC, datetime

from capacity.model.bottleneck import Figure, Sentence, Source
from capacity.model.load import RateLadder
from capacity.model.run import Run
from capacity.report.resource_words import shortened
from capacity.report.texts import Language, say

# Of a name, or of a detail that a monitor has told.
_NAME_CELLS = 64


def sentence_words(sentence: Sentence, language: Language) -> str:
    """The sentence with its figures; a name from outside is cleaned and loses its middle."""
    shown = tuple(_masked(figure) for figure in sentence.figures)
    return replace(sentence, figures=shown).text(language.value)


def _masked(figure: Figure) -> Figure:
    if not isinstance(figure.value, str):
        return figure
    return replace(figure, value=shortened(figure.value, _NAME_CELLS))


def source_words(source: Source, language: Language) -> str:
    """The window in UTC, as the time picker of Grafana takes it, and how many samples it had."""
    start, end = (_utc(at_unix_s) for at_unix_s in (source.start_unix_s, source.end_unix_s))
    if source.sample_count is None:
        return say(language, "page_source_unknown", start=start, end=end)
    key = "resource_sample" if source.sample_count == 1 else "resource_samples"
    samples = say(language, key, count=f"{source.sample_count:,}")
    return say(language, "page_source", start=start, end=end, samples=samples)


def _utc(at_unix_s: float) -> str:
    return datetime.fromtimestamp(at_unix_s, UTC).strftime("%Y-%m-%d %H:%M:%S")


def level_text(level: float, run: Run, language: Language) -> str:
    """A level of the curve as a load: requests in flight, or planned starts a second."""
    is_rate = isinstance(run.plan.ladder, RateLadder)
    return say(language, "load_open" if is_rate else "load_closed", levels=f"{level:.10g}")
