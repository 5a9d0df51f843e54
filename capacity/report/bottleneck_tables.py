"""How do the numbers of a diagnosis become the tables of its file?

Cells are Markdown already; what is not known is `-`, and never a zero.
"""

from collections.abc import Sequence

from capacity.model.bottleneck import Exonerated, Mover, NotObserved, StepNumbers
from capacity.model.resources import ReadingState
from capacity.model.run import Run, Step
from capacity.report.bottleneck_observed import GENERATOR, Observed, Overview
from capacity.report.bottleneck_words import level_text, sentence_words, source_words
from capacity.report.markdown import escaped, table
from capacity.report.resource_words import shown_subject
from capacity.report.shown import show_p99, show_success
from capacity.report.texts import Language, say
from capacity.units import Unit, format_duration, format_qps

NOT_KNOWN = "-"
_MOST_COLUMNS = 8


def numbers_table(numbers: Sequence[StepNumbers], language: Language) -> list[str]:
    """One row for each load."""
    keys = ("load", "qps", "slots", "queueing", "cpu", "tail", "error_speed", "littles")
    head = [say(language, f"page_{key}") for key in keys]
    return table(head, [_numbers_row(one) for one in numbers])


def _numbers_row(one: StepNumbers) -> list[str]:
    cpu_s = one.cpu_s_per_request
    return [
        f"{one.level:.10g}",
        format_qps(one.qps),
        _number(one.slots),
        NOT_KNOWN if one.queueing_ratio is None else f"{one.queueing_ratio:.0%}",
        NOT_KNOWN if cpu_s is None else format_duration(cpu_s),
        _number(one.tail_ratio),
        _number(one.error_speed_ratio),
        NOT_KNOWN if one.littles_ratio is None else f"{one.littles_ratio:.2f}",
    ]


def _number(value: float | None) -> str:
    return NOT_KNOWN if value is None else f"{value:.3g}"


def readings_table(seen: Overview, language: Language) -> list[str]:
    """Latency, success and the resources, at most so many that the table can be read."""
    shown = [one for one in seen.resources if one.resource != GENERATOR][:_MOST_COLUMNS]
    fixed = [say(language, f"page_{key}") for key in ("load", "p99", "success", "generator")]
    head = [*fixed, *(escaped(sentence_words(one.title, language)) for one in shown)]
    rows = [
        [*_step_cells(step), *(_resource_cell(step, place, one) for one in shown)]
        for place, step in enumerate(seen.steps)
    ]
    return table(head, rows)


def _step_cells(step: Step) -> list[str]:
    success, generator = step.counts.success_ratio, step.generator
    return [
        f"{step.plan.load.level:.10g}",
        show_p99(step.latency) or NOT_KNOWN,
        NOT_KNOWN if success is None else show_success(success),
        NOT_KNOWN if generator is None else Unit.RATIO.show(generator.cpu_ratio),
    ]


def _resource_cell(step: Step, place: int, one: Observed) -> str:
    value = one.values[place]
    if value is not None:
        return f"{'~' if value.has_few_samples else ''}{one.unit.show(value.value)}"
    states = {reading.state for reading in step.resources if reading.name == one.quantity}
    return "!" if ReadingState.ERROR in states else NOT_KNOWN


def movers_table(movers: Sequence[Mover], run: Run, language: Language) -> list[str]:
    """What moved, in the order in which it did."""
    head = [say(language, f"page_{key}") for key in ("signal", "movement", "load", "fact")]
    rows = [
        [
            escaped(sentence_words(one.title, language)),
            say(language, f"movement_{one.movement.value}"),
            level_text(one.level, run, language),
            escaped(sentence_words(one.fact, language)),
        ]
        for one in movers
    ]
    return table(head, rows, words=len(head))


def exonerated_table(cleared: Sequence[Exonerated], run: Run, language: Language) -> list[str]:
    """What was seen and has room: its highest value, whose and when, and what would be full."""
    keys = ("resource", "highest", "whose", "load", "full_at", "where")
    rows = [
        [
            escaped(sentence_words(one.title, language)),
            escaped(one.unit.show(one.highest)),
            escaped(shown_subject(one.subject)) or NOT_KNOWN,
            level_text(one.level, run, language),
            NOT_KNOWN if one.full_at is None else escaped(one.unit.show(one.full_at)),
            _where(one, language),
        ]
        for one in cleared
    ]
    return table([say(language, f"page_{key}") for key in keys], rows, words=len(keys))


def _where(one: Exonerated, language: Language) -> str:
    """The query cannot be copied from a cell: its quantity and its window are enough to find it."""
    quantity = escaped(one.quantity)
    if one.source is None:
        return quantity
    return f"{quantity}, {source_words(one.source, language)}"


def not_observed_table(unseen: Sequence[NotObserved], language: Language) -> list[str]:
    """Resources without data by the reason for it: without a monitor nearly all have the same."""
    reasons: dict[str, list[str]] = {}
    for one in unseen:
        reason = escaped(sentence_words(one.reason, language))
        reasons.setdefault(reason, []).append(escaped(sentence_words(one.title, language)))
    join = say(language, "resource_names_join")
    rows = [[join.join(titles), reason] for reason, titles in reasons.items()]
    head = [say(language, f"page_{key}") for key in ("resource", "reason")]
    return table(head, rows, words=len(head))
