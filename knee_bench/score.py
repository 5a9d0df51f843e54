"""How good are a method's answers, in figures?

An error is a factor: 4 % means that estimate / truth is 1.04 or 1 / 1.04. Errors and coverage are
those of the curves that are surely saturated in the range and on which the method named a knee.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, inf, isfinite, log

import numpy as np

from capacity.model.findings import Estimate
from knee_bench.model import Answer, Case, State, Truth


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many; `ratio` is None of nothing."""

    count: int
    total: int

    @property
    def ratio(self) -> float | None:
        """The share, or None where there was nothing to count."""
        return self.count / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of one quantity as factors above 1 less 1, and how often its interval had the truth.

    None where no curve gave one; `covered` counts only answers with an interval.
    """

    median_ratio: float | None
    p90_ratio: float | None
    covered: Share


@dataclass(frozen=True, slots=True)
class Score:
    """The row of a method.

    `missed`: saturated curves without a knee; `false`: curves that do not reach their knee, or
    begin beyond it, on which one was named, together and apart. `found` and `falsely_falling`: the
    falling curves that were called so, and the others.
    """

    curves: int
    missed: Share
    false: Share
    false_not_reached: Share
    false_below: Share
    knee: Errors
    n95: Errors
    saturation: Errors
    found: Share | None
    falsely_falling: Share | None
    mean_ms: float
    worst_ms: float


def score(cases: Sequence[Case], answers: Sequence[Answer]) -> Score:
    """Hold one answer a case against the truth."""
    pairs = list(zip(cases, answers, strict=True))
    reached = [(case, answer) for case, answer in pairs if case.state is State.SATURATED]
    short = [answer for case, answer in pairs if case.state is State.NOT_REACHED]
    below = [answer for case, answer in pairs if case.state is State.BELOW_RANGE]
    named = [(case.truth, answer) for case, answer in reached if _names_knee(answer)]
    times_ms = [1e3 * answer.took_s for answer in answers] or [0.0]
    return Score(
        curves=len(pairs),
        missed=Share(len(reached) - len(named), len(reached)),
        false=_naming([*short, *below]),
        false_not_reached=_naming(short),
        false_below=_naming(below),
        knee=errors(named, lambda truth: truth.knee, lambda answer: answer.knee),
        n95=errors(named, lambda truth: truth.n95, lambda answer: answer.n95),
        saturation=errors(
            named, lambda truth: truth.saturation_qps, lambda answer: answer.saturation_qps
        ),
        found=_falling(pairs, is_falling=True),
        falsely_falling=_falling(pairs, is_falling=False),
        mean_ms=float(np.mean(times_ms)),
        worst_ms=float(np.max(times_ms)),
    )


def errors(
    pairs: Sequence[tuple[Truth, Answer]],
    true: Callable[[Truth], float],
    given: Callable[[Answer], Estimate | None],
) -> Errors:
    """Median and 90th percentile of the error of one quantity, and its coverage."""
    known = [
        (true(truth), estimate)
        for truth, answer in pairs
        if (estimate := given(answer)) is not None
    ]
    logs = [factor_log(estimate.value, wanted) for wanted, estimate in known]
    ranged = [(wanted, estimate) for wanted, estimate in known if estimate.low < estimate.high]
    covered = [wanted for wanted, estimate in ranged if estimate.low <= wanted <= estimate.high]
    return Errors(
        median_ratio=_ratio_at(logs, 50.0),
        p90_ratio=_ratio_at(logs, 90.0),
        covered=Share(len(covered), len(ranged)),
    )


def factor_log(estimate: float, truth: float) -> float:
    """|ln(estimate / truth)|; infinite for an estimate that is no positive number."""
    return abs(log(estimate / truth)) if isfinite(estimate) and estimate > 0 else inf


def _ratio_at(logs: Sequence[float], percent: float) -> float | None:
    if not logs:
        return None
    # The higher of two neighbours: between a number and infinity there is no mean.
    at = float(np.percentile(logs, percent, method="higher"))
    return exp(at) - 1.0 if at < 700 else inf


def _names_knee(answer: Answer) -> bool:
    return answer.state is State.SATURATED


def _naming(answers: Sequence[Answer]) -> Share:
    return Share(sum(_names_knee(answer) for answer in answers), len(answers))


def _falling(pairs: Sequence[tuple[Case, Answer]], *, is_falling: bool) -> Share | None:
    """Of the curves that fall, or do not, those that were called falling; None: no answer says."""
    said = [
        answer.is_retrograde
        for case, answer in pairs
        if case.is_retrograde is is_falling and answer.is_retrograde is not None
    ]
    if said or not pairs:
        return Share(sum(said), len(said))
    return None if all(answer.is_retrograde is None for _, answer in pairs) else Share(0, 0)
