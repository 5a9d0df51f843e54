"""How much may a Prometheus be asked that fails, is slow or wants to be left alone?

One question at a time, each with the batch's deadline before it. A query that can never work is
asked once; a server that fails again and again is asked rarely, and meanwhile its last fault is
the answer, so that a dead one costs each step no time-out.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from capacity.monitors.answers import (
    Answer,
    ClockOffset,
    Fault,
    FaultKind,
    Prometheus,
    is_of_server,
)
from capacity.search.ports import Clock
from capacity.units import format_duration

# After so many faults in a row the server is asked only now and then.
_FAULTS_TO_REST = 3
_REST_S = 10.0
# A fault that came sooner is worth one more try at once; one that took longer is not.
_QUICK_S = 0.5
_LONGEST_WISH_S = 60.0
_BUSY = {FaultKind.RATE_LIMITED, FaultKind.UNAVAILABLE}

_Answered = TypeVar("_Answered", Answer, ClockOffset)


class PatientPrometheus:
    """Asks a Prometheus for one thread, and no more often than it bears."""

    def __init__(self, prometheus: Prometheus, clock: Clock, period_s: float) -> None:
        self._prometheus = prometheus
        self._clock = clock
        self._period_s = period_s
        self._hopeless: dict[str, Fault] = {}
        self._faults_in_row = 0
        self._last_fault: Fault | None = None
        self._resting_until_s = 0.0
        self._deadline_s = 0.0
        self._limit_s = 0.0
        self._asked_count = 0
        self._may_retry = False
        self._is_quick = True

    @property
    def dead(self) -> Fault | None:
        """The last fault of a server that failed again and again; may be asked by any thread."""
        return self._last_fault if self._faults_in_row >= _FAULTS_TO_REST else None

    def begin_batch(self, limit_s: float, *, is_last_chance: bool) -> None:
        """The questions that follow have so much time together, and one retry between them.

        When it is the last chance, a server that asked to be left alone is asked all the same, and
        so is a dead one that refuses quickly: it may be back, and the question costs nothing.
        """
        self._limit_s = limit_s
        self._asked_count = 0
        self._deadline_s = self._clock.now_s() + limit_s
        self._may_retry = True
        if is_last_chance and (self._is_quick or self._faults_in_row < _FAULTS_TO_REST):
            self._resting_until_s = 0.0

    def vector(self, query: str, at_unix_s: float, key: str) -> Answer | Fault:
        """One instant query; `key` is the same for queries that differ in their window only."""
        return self._ask(lambda: self._prometheus.vector(query, at_unix_s), key)

    def samples(self, selector: str, start_unix_s: float, end_unix_s: float) -> Answer | Fault:
        """The raw samples of a selector."""
        return self._ask(
            lambda: self._prometheus.samples(selector, start_unix_s, end_unix_s), selector
        )

    def clock_offset(self) -> ClockOffset | Fault:
        """The clocks compared."""
        return self._ask(self._prometheus.clock_offset, "")

    def _ask(self, question: Callable[[], _Answered | Fault], key: str) -> _Answered | Fault:
        refusal = self._refusal(key)
        if refusal is not None:
            return refusal
        answer = self._put(question, key)
        if isinstance(answer, Fault) and self._is_quick and self._may_retry and _may_pass(answer):
            self._may_retry = False
            answer = self._put(question, key)
        return answer

    def _refusal(self, key: str) -> Fault | None:
        """Why this question is not put now."""
        now_s = self._clock.now_s()
        if key in self._hopeless:
            return self._hopeless[key]
        if self._last_fault is not None and now_s < self._resting_until_s:
            again = f"asked again in {format_duration(self._resting_until_s - now_s)}"
            return replace(self._last_fault, detail=f"{self._last_fault.detail}; {again}")
        if now_s >= self._deadline_s:
            limit = format_duration(self._limit_s)
            count = self._asked_count
            asked = "1 question" if count == 1 else f"{count} questions"
            detail = f"not asked in time: {asked} before it took the {limit} there are"
            return Fault(FaultKind.TIMEOUT, detail, is_permanent=False)
        return None

    def _put(self, question: Callable[[], _Answered | Fault], key: str) -> _Answered | Fault:
        """Put a question, and remember what the answer says about the server and the question."""
        asked_s = self._clock.now_s()
        self._asked_count += 1
        answer = question()
        self._is_quick = self._clock.now_s() - asked_s <= _QUICK_S
        if not isinstance(answer, Fault) or not is_of_server(answer):
            self._faults_in_row = 0
            self._last_fault = None
        else:
            self._faults_in_row += 1
            self._last_fault = answer
            self._resting_until_s = self._clock.now_s() + self._rest_s(answer)
        if isinstance(answer, Fault) and answer.is_permanent:
            self._hopeless[key] = answer
        return answer

    def _rest_s(self, fault: Fault) -> float:
        """How long the server is left alone after a fault."""
        rest_s = _REST_S if self._faults_in_row >= _FAULTS_TO_REST else 0.0
        if fault.kind in _BUSY:
            wish_s = min(fault.retry_after_s or 0.0, _LONGEST_WISH_S)
            rest_s = max(rest_s, 2 * self._period_s, wish_s)
        return rest_s


def _may_pass(fault: Fault) -> bool:
    """Whether the same question may be answered when it is put again at once."""
    return is_of_server(fault) and not fault.is_permanent and fault.kind not in _BUSY
