"""Which members of a quantity may be judged, and does their reading hold enough to end a run?

Facts about samples become states and sentences here: too old, too few, too short, no number. What
is left out is named, so that nothing is missing in silence. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isinf, isnan

from capacity.model.resources import STOPPING_SAMPLES, Member, Quantity, Reading, ReadingState
from capacity.monitors.support import Support
from capacity.monitors.window import (
    LEAST_SAMPLES,
    STOPPING_COVERAGE_RATIO,
    Window,
    needed_hold_s,
)
from capacity.units import format_duration, format_ratio

# A member that was there for less of the window is named, but does not decide.
_LEAST_PRESENCE_RATIO = 0.75
_MOST_NAMES = 3
_LONGEST_SUBJECT = 200
_OF_A_POD = ("namespace", "pod", "container", "interface")
# Labels that say who asked, not whose resource it is.
_NOT_A_SUBJECT = {"__name__", "job", "metrics_path"}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a quantity from before: its samples' spacing and age, and if it had any.

    `has_too_many` says that its raw samples are more than is read of one answer.
    """

    spacing_s: float | None
    lag_s: float | None
    was_seen: bool
    has_too_many: bool = False


NOTHING_KNOWN = Known(spacing_s=None, lag_s=None, was_seen=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member before it is known whether it may be judged.

    `value` None says that its samples are too few for one, NaN that it is not a number.
    """

    subject: str
    value: float | None
    support: Support


def subject_of(labels: Mapping[str, str]) -> str:
    """A member's name: `namespace/pod/container`, the instance, or whatever tells it apart.

    Of a pod's network it is `namespace/pod/interface`.
    """
    if labels.get("pod"):
        parts = [labels.get(name, "") for name in _OF_A_POD]
        rest: list[str] = []
    else:
        parts = [labels.get("instance", "")]
        rest = sorted(set(labels) - _NOT_A_SUBJECT - {"instance"})
    parts += [labels[name] for name in rest]
    text = "/".join(part for part in parts if part)
    return text if len(text) <= _LONGEST_SUBJECT else f"{text[:_LONGEST_SUBJECT]}..."


class Verdict:
    """Makes the Reading of one quantity in one window, whatever came of it."""

    def __init__(self, quantity: Quantity, window: Window, query: str, known: Known) -> None:
        self._quantity = quantity
        self._window = window
        self._query = query
        self._known = known

    def error(self, reason: str) -> Reading:
        """It could not be asked, or only in part."""
        return self._reading(ReadingState.ERROR, reason)

    def no_data(self, reason: str) -> Reading:
        """It was asked, and nothing usable came."""
        return self._reading(ReadingState.NO_DATA, reason)

    def no_limit(self, reason: str) -> Reading:
        """There is nothing that it could be a share of."""
        return self._reading(ReadingState.NO_LIMIT, reason)

    def no_value(self, sample_count: int, spacing_s: float | None) -> Reading:
        """There are samples, but no value came of them."""
        if sample_count < STOPPING_SAMPLES:
            return self.no_data(self._too_few(sample_count, spacing_s))
        return self.no_data(f"the query has no series in {self._window.words}")

    def zero(self) -> Reading:
        """Nothing came, and that means zero."""
        nobody = Member("", 0.0, None, None, None)
        reason = "no series, which means zero here"
        return self._reading(ReadingState.READ, reason, (nobody,), may_stop=True)

    def no_sample(self) -> Reading:
        """No series has a sample in the window."""
        known, window = self._known, self._window
        if known.spacing_s is not None:
            least_s = LEAST_SAMPLES * known.spacing_s + (known.lag_s or 0.0)
            if window.length_s < least_s:
                return self.no_data(self._too_few(0, known.spacing_s))
        if known.was_seen:
            return self.no_data(f"it had samples before, but none in {window.words}")
        return self.no_data(f"no series has a sample in {window.words}")

    def uncounted(self, values: Sequence[tuple[str, float]]) -> Reading:
        """Values of which nobody knows what they rest on; they can stop nothing."""
        infinite = self._infinite([subject for subject, value in values if isinf(value)])
        if infinite is not None:
            return infinite
        members = tuple(
            Member(subject, value, None, None, None)
            for subject, value in values
            if not isnan(value)
        )
        if not members:
            return self._no_number()
        reason = "the samples behind it are not known, so it can stop nothing"
        return self._reading(ReadingState.READ, reason, members)

    def read(self, candidates: Sequence[Candidate], notes: Sequence[str]) -> Reading:
        """Judge which candidates count, and name the others with the reason."""
        infinite = self._infinite(
            [one.subject for one in candidates if one.value is not None and isinf(one.value)]
        )
        if infinite is not None:
            return infinite
        left_out: list[str] = []
        present = self._present(self._fresh(candidates, left_out), left_out)
        if not present:
            return self.no_data(list_some(left_out))
        counted = [(one, one.value) for one in present if one.value is not None]
        if not counted:
            most = max((one.support for one in present), key=lambda support: support.count)
            return self.no_data(self._too_few(most.count, most.spacing_s))
        numbers = [(one, value) for one, value in counted if not isnan(value)]
        if not numbers:
            return self._no_number()
        enough = [(one, value) for one, value in numbers if one.support.is_enough(self._window)]
        judged = enough or numbers
        names = {one.subject for one, _ in judged}
        left_out += [
            f"{name_some([one.subject])} {self._short(one)} and is not judged"
            for one in present
            if one.subject not in names
        ]
        doubtful = tuple(
            self._member(one, value) for one, value in numbers if one.subject not in names
        )
        reasons = [] if enough else [self._may_not_stop([one for one, _ in judged])]
        reasons += [list_some(left_out)] if left_out else []
        members = tuple(self._member(one, value) for one, value in judged)
        reason = "; ".join([*reasons, *notes])
        return self._reading(
            ReadingState.READ, reason, members, may_stop=bool(enough), doubtful=doubtful
        )

    def _infinite(self, subjects: Sequence[str]) -> Reading | None:
        """The reading when any value is infinite."""
        if not subjects:
            return None
        return self.error(
            f"{name_some(subjects)}: the value is infinite, as from a limit of 0; `> 0` behind "
            "what the query divides by leaves that out"
        )

    def _no_number(self) -> Reading:
        return self.no_data(
            f"not a number: nothing to take a share of in {self._window.words}, as without requests"
        )

    def _fresh(self, candidates: Sequence[Candidate], left_out: list[str]) -> list[Candidate]:
        """Those whose newest sample is young enough."""
        fresh: list[Candidate] = []
        for one in candidates:
            if one.support.is_alive(self._window, self._known.spacing_s):
                fresh.append(one)
            else:
                age = format_duration(one.support.age_s(self._window))
                left_out.append(
                    f"the newest sample of {name_some([one.subject])} was {age} old: it is gone"
                )
        return fresh

    def _present(self, candidates: Sequence[Candidate], left_out: list[str]) -> list[Candidate]:
        """Those that were there for most of the window, as far as any of them shows it."""
        first_unix_s = min((one.support.first_unix_s for one in candidates), default=0.0)
        last_unix_s = max((one.support.last_unix_s for one in candidates), default=0.0)
        present: list[Candidate] = []
        for one in candidates:
            # A sample may have been missed by as much as their distance on each side.
            slack_s = one.support.spacing_s or self._known.spacing_s or 0.0
            absent_s = max(0.0, one.support.first_unix_s - first_unix_s - slack_s)
            absent_s += max(0.0, last_unix_s - one.support.last_unix_s - slack_s)
            ratio = 1 - absent_s / self._window.length_s
            if ratio >= _LEAST_PRESENCE_RATIO:
                present.append(one)
            else:
                left_out.append(
                    f"{name_some([one.subject])} was there for {format_ratio(ratio)} of "
                    f"{self._window.words} and is not judged"
                )
        return present

    def _may_not_stop(self, numbers: Sequence[Candidate]) -> str:
        """Why these values can stop nothing."""
        best = max(
            numbers, key=lambda one: (one.support.count, one.support.coverage_ratio(self._window))
        )
        reason = (
            f"~ {self._short(best)}; {STOPPING_SAMPLES} over "
            f"{format_ratio(STOPPING_COVERAGE_RATIO)} of it are needed to stop"
        )
        return reason + self._hold_needed(best.support.spacing_s)

    def _short(self, one: Candidate) -> str:
        if one.value is not None and isnan(one.value):
            return "is not a number, as without requests,"
        over = format_ratio(one.support.coverage_ratio(self._window))
        return f"rests on {_samples(one.support.count)} over {over} of {self._window.words}"

    def _too_few(self, sample_count: int, spacing_s: float | None) -> str:
        """The sentence for fewer samples than make a value."""
        spacing_s = spacing_s if spacing_s is not None else self._known.spacing_s
        at = "" if spacing_s is None else f" at {format_duration(spacing_s)} spacing"
        counted = _samples(sample_count) if sample_count else "no sample"
        reason = f"{self._window.words} holds {counted}{at}, {LEAST_SAMPLES} are needed"
        return reason + self._hold_needed(spacing_s)

    def _hold_needed(self, spacing_s: float | None) -> str:
        spacing_s = spacing_s if spacing_s is not None else self._known.spacing_s
        if spacing_s is None:
            return ""
        needed_s = needed_hold_s(spacing_s, self._known.lag_s or 0.0)
        which = "hold" if self._window.over_s is None else "over"
        return f"; {which} >= {needed_s:.0f} s" if needed_s > self._window.length_s else ""

    def _member(self, one: Candidate, value: float) -> Member:
        support, window = one.support, self._window
        return Member(
            one.subject,
            value,
            support.count,
            support.age_s(window),
            support.coverage_ratio(window),
        )

    def _reading(
        self,
        state: ReadingState,
        reason: str,
        members: tuple[Member, ...] = (),
        *,
        may_stop: bool = False,
        doubtful: tuple[Member, ...] = (),
    ) -> Reading:
        window = self._window
        return self._quantity.reading(
            state,
            reason,
            self._query,
            span_unix_s=(window.start_unix_s, window.end_unix_s),
            over_s=window.over_s,
            members=members,
            may_stop=may_stop,
            doubtful=doubtful,
        )


def _samples(count: int) -> str:
    return "1 sample" if count == 1 else f"{count} samples"


def list_some(sentences: Sequence[str]) -> str:
    """The first few sentences, and how many there are more."""
    more = len(sentences) - _MOST_NAMES
    return "; ".join(sentences[:_MOST_NAMES]) + (f"; and {more} more like that" if more > 0 else "")


def name_some(subjects: Sequence[str]) -> str:
    """The first few of them by name."""
    names = [subject or "the value" for subject in subjects[:_MOST_NAMES]]
    more = len(subjects) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
