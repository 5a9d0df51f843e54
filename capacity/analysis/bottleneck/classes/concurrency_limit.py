"""Class 12a: are requests beyond a number turned away at once with 503?

A 503 has many reasons. It speaks of a limit only where it comes fast, where what is accepted stays
the same, and where nothing went down.
"""

from collections.abc import Sequence
from math import inf

from capacity.analysis.bottleneck.answers import (
    every_step,
    is_clean,
    is_constant,
    status_ratio,
    status_steps,
)
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.ease import busiest_below
from capacity.analysis.bottleneck.marks import at_most, score
from capacity.analysis.bottleneck.thresholds import CPU_BUSY_RATIO, FAST_ERROR_RATIO
from capacity.analysis.bottleneck.words import load_words
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.resources import ChangeKind
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind
from capacity.units import Unit

KIND = "concurrency_limit"
TITLE = Sentence("limit of concurrent requests (503)", "并发数限制（503）")
ADVICE = Sentence(
    "compare with the limits of connections and queues at the edge and in the service, and raise "
    "the one that turns requests away",
    "对照入口和服务自身的连接数、队列上限，提高拒绝请求的那一个",
)
UNAVAILABLE = 503
_WENT_DOWN = (ChangeKind.RESTARTED, ChangeKind.OOM_KILLED, ChangeKind.PROCESS_ENDED)
_NOBODY_THERE = (FailureKind.CONN_REFUSED, FailureKind.CONN_UNREACHABLE)


def judge(case: Case) -> tuple[Candidate, ...]:
    """Medium with constant throughput beside fast 503, low where that cannot be held against it.

    Fast is less than half the time of a good answer, constant within 5 %. Low, too, where the CPU
    was at 80 % before the first refusal.
    """
    refused = tuple(step for step in status_steps(case, UNAVAILABLE) if _is_turned_away(step))
    if not refused or any(_went_down(step) for step in refused):
        return ()
    accepted = _accepted(case, refused)
    is_still = is_constant(accepted)
    if is_still is False:
        return ()
    marks = Marks(is_used_up=True, has_stopped_growth=is_still)
    busiest_ratio = busiest_below(case, refused[0].plan.load.level)
    is_busy = busiest_ratio is not None and busiest_ratio >= CPU_BUSY_RATIO
    ceiling = Confidence.LOW if is_busy or is_still is None else Confidence.MEDIUM
    return (
        Candidate(
            KIND,
            TITLE,
            Subject(SubjectKind.SERVICE),
            at_most(score(marks), ceiling),
            marks,
            (_evidence(refused[-1]), _speed_sentence(refused[0])),
            ADVICE,
            refused[0].plan.load.level,
        ),
    )


def _accepted(case: Case, refused: Sequence[Step]) -> tuple[Step, ...]:
    """The levels with refusals; where it is one only, held against the last one without."""
    if len(refused) > 1:
        return tuple(refused)
    level = refused[0].plan.load.level
    before = [s for s in every_step(case) if s.plan.load.level < level and is_clean(s)]
    return (*before[-1:], *refused)


def _is_turned_away(step: Step) -> bool:
    failed_s, good_s = _medians_s(step)
    return failed_s < FAST_ERROR_RATIO * good_s


def _medians_s(step: Step) -> tuple[float, float]:
    """Of failures and of good answers; without the one or the other, nothing was fast."""
    if step.failed_latency is None or step.latency is None:
        return inf, inf
    return step.failed_latency.p50_s, step.latency.p50_s


def _went_down(step: Step) -> bool:
    if any(change.kind in _WENT_DOWN for change in step.changes):
        return True
    return any(step.counts.failures.get(kind, 0) for kind in _NOBODY_THERE)


def _evidence(step: Step) -> Sentence:
    words = load_words(step)
    return Sentence(
        f"{{refused}} of the answers were 503 at {words.en} while {{qps}} were served as "
        "before: requests beyond a limit are turned away",
        f"{words.zh} 时 {{refused}} 的应答是 503，而成功吞吐仍为 {{qps}}：超出上限的请求被直接拒绝",
        (
            Figure("refused", status_ratio(step, UNAVAILABLE), Unit.RATIO),
            Figure("qps", step.qps, Unit.PER_SECOND),
            words.figure,
        ),
    )


def _speed_sentence(step: Step) -> Sentence:
    failed_s, good_s = _medians_s(step)
    return Sentence(
        "they came back in {failed} (median), a good answer took {good}",
        "拒绝的应答中位耗时 {failed}，成功的应答为 {good}",
        (
            Figure("failed", failed_s, Unit.SECONDS),
            Figure("good", good_s, Unit.SECONDS),
        ),
    )


CONCURRENCY_LIMIT = BottleneckClass(KIND, "12a", TITLE, Tier.SCORED, (), judge)
