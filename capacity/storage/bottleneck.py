"""How does a diagnosis become JSON?

Sentences are written in English, with their figures beside them, so that programs need not read
words. Writing only: whoever reads a run draws its findings anew.
"""

from capacity.model.bottleneck import (
    Candidate,
    Diagnosis,
    Exonerated,
    Figure,
    Marks,
    Mover,
    NotObserved,
    Sentence,
    Source,
    StepNumbers,
)
from capacity.storage.evidence import JsonObject
from capacity.storage.judgements import finite


def encode_diagnosis(diagnosis: Diagnosis | None) -> JsonObject | None:
    """All of it; None where no run was there to look into."""
    if diagnosis is None:
        return None
    experiment = diagnosis.experiment
    return {
        "state": diagnosis.state.value,
        "turn_level": diagnosis.turn_level,
        "constancy_ratio": diagnosis.constancy_ratio,
        "candidates": [_candidate(one) for one in diagnosis.candidates],
        "accompanying": [_candidate(one) for one in diagnosis.accompanying],
        "order": [_mover(one) for one in diagnosis.movers],
        "exonerated": [_exonerated(one) for one in diagnosis.exonerated],
        "not_observed": [_not_observed(one) for one in diagnosis.not_observed],
        "experiment": None
        if experiment is None
        else {
            "kind": experiment.kind,
            "what": experiment.what.text(),
            "reading": experiment.reading.text(),
        },
        "numbers": [_numbers(one) for one in diagnosis.numbers],
    }


def _candidate(candidate: Candidate) -> JsonObject:
    return {
        "kind": candidate.kind,
        "title": candidate.title.text(),
        "subject": {"kind": candidate.subject.kind.value, "name": candidate.subject.name},
        "confidence": candidate.confidence.value,
        "marks": _marks(candidate.marks),
        "first_level": candidate.first_level,
        "evidence": [_sentence(one) for one in candidate.evidence],
        "advice": candidate.advice.text(),
    }


def _marks(marks: Marks) -> JsonObject:
    return {
        "is_used_up": marks.is_used_up,
        "is_waited_for": marks.is_waited_for,
        "is_timed": marks.is_timed,
        "has_stopped_growth": marks.has_stopped_growth,
        "is_unambiguous": marks.is_unambiguous,
    }


def _sentence(sentence: Sentence) -> JsonObject:
    return {
        "text": sentence.text(),
        "figures": {figure.name: _figure(figure) for figure in sentence.figures},
        "source": _source(sentence.source),
    }


def _figure(figure: Figure) -> JsonObject:
    value = figure.value
    return {
        "value": value if isinstance(value, str) else finite(value),
        "unit": None if figure.unit is None else figure.unit.value,
    }


def _source(source: Source | None) -> JsonObject | None:
    if source is None:
        return None
    return {
        "query": source.query,
        "start_unix_s": source.start_unix_s,
        "end_unix_s": source.end_unix_s,
        "sample_count": source.sample_count,
    }


def _mover(mover: Mover) -> JsonObject:
    return {
        "signal": mover.signal,
        "title": mover.title.text(),
        "movement": mover.movement.value,
        "level": mover.level,
        "fact": _sentence(mover.fact),
    }


def _exonerated(one: Exonerated) -> JsonObject:
    return {
        "resource": one.resource,
        "title": one.title.text(),
        "quantity": one.quantity,
        "highest": finite(one.highest),
        "unit": one.unit.value,
        "subject": one.subject,
        "level": one.level,
        "full_at": one.full_at,
        "source": _source(one.source),
    }


def _not_observed(one: NotObserved) -> JsonObject:
    return {"resource": one.resource, "title": one.title.text(), "reason": one.reason.text()}


def _numbers(one: StepNumbers) -> JsonObject:
    return {
        "level": one.level,
        "step_index": one.step_index,
        "qps": one.qps,
        "slots": finite(one.slots),
        "queueing_ratio": finite(one.queueing_ratio),
        "cpu_s_per_request": finite(one.cpu_s_per_request),
        "tail_ratio": finite(one.tail_ratio),
        "error_speed_ratio": finite(one.error_speed_ratio),
        "littles_ratio": finite(one.littles_ratio),
    }
