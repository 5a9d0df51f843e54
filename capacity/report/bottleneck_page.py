"""How is the whole diagnosis told, in a file that people read and paste queries from?

Markdown: the verdict, the numbers it rests on, what speaks for each candidate, what moved first,
what is not the cause, what was not seen, and what to try next.
"""

from collections.abc import Sequence
from dataclasses import fields
from urllib.parse import quote

from capacity.model.bottleneck import (
    Candidate,
    Diagnosis,
    Marks,
    Movement,
    Mover,
    Sentence,
    Subject,
)
from capacity.model.findings import Findings
from capacity.model.run import Run
from capacity.report.bottleneck_observed import Overview
from capacity.report.bottleneck_tables import (
    exonerated_table,
    movers_table,
    not_observed_table,
    numbers_table,
    readings_table,
)
from capacity.report.bottleneck_words import level_text, sentence_words, source_words
from capacity.report.charts_words import caption
from capacity.report.markdown import code_block, escaped
from capacity.report.pasted import pasted
from capacity.report.profile_words import profile_lines
from capacity.report.resource_words import shown_subject
from capacity.report.shown import without_notes
from capacity.report.texts import Language, say
from capacity.report.verdict_bottleneck import bottleneck_rows, confidence_word
from capacity.report.verdict_capacity import capacity_sentence
from capacity.report.verdict_stop import stop_sentence
from capacity.units import format_ratio


def bottleneck_page(
    run: Run,
    findings: Findings,
    diagnosis: Diagnosis,
    seen: Overview,
    language: Language,
    *,
    figure: str | None,
) -> str:
    """The whole file; `figure` is the name of the graph beside it."""
    parts = [
        [f"# {say(language, 'page_title', name=escaped(run.plan.name))}"],
        [escaped(caption(run, (), language))],
        _verdict(run, findings, diagnosis, language),
        [] if figure is None else [f"![{say(language, 'page_figure')}]({quote(figure)})"],
        *_numbers(run, diagnosis, seen, language),
        *_candidates(run, diagnosis, language),
        *_order(run, diagnosis, language),
        *_beside(run, diagnosis, language),
        *_cleared(run, diagnosis, language),
        *_experiment(diagnosis, language),
        *profile_lines(run, language),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _heading(key: str, language: Language) -> list[str]:
    return [f"## {say(language, key)}"]


def _verdict(run: Run, findings: Findings, diagnosis: Diagnosis, language: Language) -> list[str]:
    """The lines of the terminal, with what ended the climb and what the capacity is."""
    rows = [(say(language, label), text) for label, text in bottleneck_rows(diagnosis, language)]
    capacity = capacity_sentence(findings.capacity, run.steps, language)
    rows.append((say(language, "page_capacity"), capacity))
    rows.append((say(language, "page_stopped"), stop_sentence(run, language)))
    return [
        f"- {say(language, 'page_label', label=f'**{label}**', text=escaped(without_notes(text)))}"
        for label, text in rows
    ]


def _numbers(run: Run, diagnosis: Diagnosis, seen: Overview, language: Language) -> list[list[str]]:
    if not diagnosis.numbers:
        return []
    return [
        _heading("page_numbers", language),
        numbers_table(diagnosis.numbers, language),
        [_turn(run, diagnosis, language)],
        [say(language, "page_numbers_note")],
        _heading("page_read", language),
        readings_table(seen, language),
        [say(language, "page_read_note")],
    ]


def _turn(run: Run, diagnosis: Diagnosis, language: Language) -> str:
    if diagnosis.turn_level is None:
        has_moved = any(one.signal == "throughput" for one in diagnosis.movers)
        return say(language, "page_behind" if has_moved else "page_no_turn")
    load = level_text(diagnosis.turn_level, run, language)
    if diagnosis.constancy_ratio is None:
        return say(language, "page_turn", load=load)
    ratio = format_ratio(diagnosis.constancy_ratio)
    return say(language, "page_turn_constant", load=load, ratio=ratio)


def _candidates(run: Run, diagnosis: Diagnosis, language: Language) -> list[list[str]]:
    if not diagnosis.candidates:
        return []
    parts = [_heading("page_candidates", language)]
    for place, candidate in enumerate(diagnosis.candidates, start=1):
        title = say(
            language,
            "page_candidate",
            place=place,
            title=escaped(sentence_words(candidate.title, language)),
            confidence=confidence_word(candidate, language),
        )
        parts += [[f"### {title}"], *_candidate(candidate, run, language)]
        parts.append([say(language, "page_marks", marks=_marks(candidate.marks, language))])
    return parts


def _candidate(candidate: Candidate, run: Run, language: Language) -> list[list[str]]:
    """Whose it is, the evidence with its queries, and what to do."""
    told = [say(language, "page_subject", subject=_subject(candidate.subject, language))]
    if candidate.first_level is not None:
        load = level_text(candidate.first_level, run, language)
        told.append(say(language, "page_first_level", load=load))
    advice = escaped(sentence_words(candidate.advice, language))
    return [
        [say(language, "page_sentences").join(told)],
        *(_evidence(one, run, language) for one in candidate.evidence),
        [say(language, "page_advice", advice=advice)],
    ]


def _evidence(sentence: Sentence, run: Run, language: Language) -> list[str]:
    """A sentence; below it query and window, to be pasted into Grafana."""
    lines = [f"- {escaped(sentence_words(sentence, language))}"]
    source = sentence.source
    if source is not None:
        block = code_block(pasted(source, run))
        lines += ["", f"  {source_words(source, language)}", "", *(f"  {one}" for one in block)]
    return lines


def _subject(subject: Subject, language: Language) -> str:
    kind = say(language, f"subject_{subject.kind.value}")
    name = escaped(shown_subject(subject.name))
    return say(language, "subject_named", kind=kind, name=name) if name else kind


def _marks(marks: Marks, language: Language) -> str:
    """Each question with its answer; the last one only where it decides."""
    told = [
        f"{say(language, f'mark_{field.name}')} {_answer(marks, field.name, language)}"
        for field in fields(marks)
        if field.name != "is_unambiguous" or marks.is_unambiguous
    ]
    return say(language, "resource_names_join").join(told)


def _answer(marks: Marks, name: str, language: Language) -> str:
    mark: bool | None = getattr(marks, name)
    if mark is None:
        return say(language, "mark_unknown")
    return say(language, "mark_yes" if mark else "mark_no")


def _order(run: Run, diagnosis: Diagnosis, language: Language) -> list[list[str]]:
    """What moved, and what was high before there was load."""
    moved = [one for one in diagnosis.movers if one.movement is not Movement.BACKGROUND]
    high = [one for one in diagnosis.movers if one.movement is Movement.BACKGROUND]
    parts = []
    if moved:
        note = [say(language, "page_order_note")]
        parts += [_heading("page_order", language), movers_table(moved, run, language), note]
    if high:
        told = [f"- {_titled(one, language)}" for one in high]
        note = [say(language, "page_background_note")]
        parts += [_heading("page_background", language), told, note]
    return parts


def _titled(one: Mover, language: Language) -> str:
    title, fact = (escaped(sentence_words(words, language)) for words in (one.title, one.fact))
    return say(language, "page_label", label=title, text=fact)


def _beside(run: Run, diagnosis: Diagnosis, language: Language) -> list[list[str]]:
    """Facts that are never the bottleneck themselves."""
    if not diagnosis.accompanying:
        return []
    parts = [_heading("page_beside", language)]
    for candidate in diagnosis.accompanying:
        title = escaped(sentence_words(candidate.title, language))
        parts += [[f"### {title}"], *_candidate(candidate, run, language)]
    return parts


def _cleared(run: Run, diagnosis: Diagnosis, language: Language) -> list[list[str]]:
    """What is not the cause, and what may be for all that is known."""
    parts: list[Sequence[str]] = []
    if diagnosis.exonerated:
        rows = exonerated_table(diagnosis.exonerated, run, language)
        parts += [_heading("page_exonerated", language), rows]
    if diagnosis.not_observed:
        rows = not_observed_table(diagnosis.not_observed, language)
        note = [say(language, "page_not_observed_note")]
        parts += [_heading("page_not_observed", language), rows, note]
    return [list(part) for part in parts]


def _experiment(diagnosis: Diagnosis, language: Language) -> list[list[str]]:
    experiment = diagnosis.experiment
    if experiment is None:
        return []
    words = say(
        language,
        "page_next_words",
        what=escaped(sentence_words(experiment.what, language)),
        reading=escaped(sentence_words(experiment.reading, language)),
    )
    return [_heading("page_next", language), [words]]
