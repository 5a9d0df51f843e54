"""How are several quantities read over windows that end together, with few questions?

A selector is asked for once, over the longest of the windows, and is cut here; the samples that
several quantities rest on are fetched once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from capacity.model.resources import Expression, Growth, Limit, Quantity, Reading, Samples
from capacity.monitors.answers import Answer, Fault, FaultKind
from capacity.monitors.caught import Caught
from capacity.monitors.crowd import crowd_query, narrowed, of_crowd, read_crowd
from capacity.monitors.evaluate_expression import (
    ExpressionAnswer,
    evaluate_expression,
)
from capacity.monitors.evaluate_samples import (
    SamplesAnswer,
    evaluate_samples,
    samples_text,
    witness_query,
)
from capacity.monitors.members import NOTHING_KNOWN, Known, Verdict
from capacity.monitors.patience import PatientPrometheus
from capacity.monitors.selectors import rests_on
from capacity.monitors.window import Window, fill_window


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quantity and the window that it is wanted over."""

    quantity: Quantity
    source: Expression | Samples
    window: Window


def unread(wanted: Wanted, reason: str) -> Reading:
    """The reading of a quantity that could not be asked for."""
    return _verdict(wanted).error(reason)


class Reader:
    """Reads quantities of one Prometheus, and remembers which of them ever had samples."""

    def __init__(self, prometheus: PatientPrometheus, known: Mapping[str, Known]) -> None:
        self._prometheus = prometheus
        self._known = dict(known)

    def read(self, wanted: Sequence[Wanted]) -> Iterator[Reading]:
        """Read each in turn; their windows end at the same time."""
        if not wanted:
            return
        start_unix_s = min(one.window.start_unix_s for one in wanted)
        questions = _Questions(self._prometheus, start_unix_s, wanted[0].window.end_unix_s)
        for one in wanted:
            with Caught() as caught:
                reading = self._read(one, questions)
            yield reading if caught.error is None else unread(one, caught.words)

    def _read(self, wanted: Wanted, questions: "_Questions") -> Reading:
        quantity, source, window = wanted.quantity, wanted.source, wanted.window
        known = self._known.get(quantity.name, NOTHING_KNOWN)
        if isinstance(source, Samples):
            reading = self._read_samples(quantity, source, window, known, questions)
        else:
            vector = questions.vector(fill_window(source.query, window), source.query)
            selected = source.rests_on or rests_on(source.query)
            # A fault of the value is the whole answer; what it rests on need not be asked.
            behind = (
                {} if isinstance(vector, Fault) else {s: questions.samples(s) for s in selected}
            )
            reading = evaluate_expression(
                quantity, source, window, ExpressionAnswer(vector, behind), known
            )
        if any(member.sample_count for member in reading.members):
            known = self._known.get(quantity.name, NOTHING_KNOWN)
            self._known[quantity.name] = replace(known, was_seen=True)
        return reading

    def _read_samples(
        self,
        quantity: Quantity,
        source: Samples,
        window: Window,
        known: Known,
        questions: "_Questions",
    ) -> Reading:
        """From raw samples of all members, or of the worst where these are too many."""
        if not known.has_too_many:
            reading = self._read_raw(quantity, source, window, known, questions)
            if reading is not None:
                return reading
            self._known[quantity.name] = replace(known, has_too_many=True)
        told = questions.vector(crowd_query(quantity, source, window), f"worst {quantity.name}")
        if isinstance(told, Fault):
            return unread(Wanted(quantity, source, window), told.detail)
        crowd = read_crowd(told)
        reading = self._read_raw(quantity, narrowed(source, crowd), window, known, questions)
        if reading is None:
            reason = f"too many series of {len(crowd.worst)} members for raw samples"
            return unread(Wanted(quantity, source, window), reason)
        return of_crowd(reading, quantity, source, window, crowd)

    def _read_raw(
        self,
        quantity: Quantity,
        source: Samples,
        window: Window,
        known: Known,
        questions: "_Questions",
    ) -> Reading | None:
        """From raw samples; None when they are too many."""
        raw = questions.samples(source.selector)
        whole = None if isinstance(raw, Fault) else questions.whole(source, window)
        witness = None
        if not isinstance(raw, Fault) and not isinstance(whole, Fault):
            query = witness_query(source, whole)
            witness = None if query is None else questions.vector(query, query)
        if any(map(_is_too_large, (raw, whole, witness))):
            return None
        answer = SamplesAnswer(raw, whole, witness)
        return evaluate_samples(quantity, source, window, answer, known)


class _Questions:
    """Each question of one batch, put once."""

    def __init__(
        self, prometheus: PatientPrometheus, start_unix_s: float, end_unix_s: float
    ) -> None:
        self._prometheus = prometheus
        self._start_unix_s = start_unix_s
        self._end_unix_s = end_unix_s
        self._samples: dict[str, Answer | Fault] = {}
        self._vectors: dict[str, Answer | Fault] = {}

    def samples(self, selector: str) -> Answer | Fault:
        """The raw samples of the longest window."""
        if selector not in self._samples:
            self._samples[selector] = self._prometheus.samples(
                selector, self._start_unix_s, self._end_unix_s
            )
        return self._samples[selector]

    def vector(self, query: str, key: str) -> Answer | Fault:
        """The values at the windows' end."""
        if query not in self._vectors:
            self._vectors[query] = self._prometheus.vector(query, self._end_unix_s, key)
        return self._vectors[query]

    def whole(self, source: Samples, window: Window) -> Answer | Fault | None:
        """What the samples are a share of."""
        match source.share_of:
            case None:
                return None
            case Limit(query):
                return self.vector(fill_window(query, window), query)
            case Growth(selector):
                return self.samples(selector)
            case _:
                assert_never(source.share_of)


def _is_too_large(answer: Answer | Fault | None) -> bool:
    return isinstance(answer, Fault) and answer.kind is FaultKind.TOO_LARGE


def _verdict(wanted: Wanted) -> Verdict:
    source, window = wanted.source, wanted.window
    if isinstance(source, Samples):
        text = samples_text(source, window)
    else:
        text = fill_window(source.query, window)
    return Verdict(wanted.quantity, window, text, NOTHING_KNOWN)
