"""Class 21: does a time-out on the way answer in place of the service?

Latencies that pile up on one value are nobody's work: somebody waited and gave up. Our own
time-outs have failure kinds of their own, and are not looked at here.
"""

from dataclasses import dataclass

from capacity.analysis.bottleneck.answers import (
    every_step,
    failed_count,
    failed_ratio,
    kinds_count,
    status_ratio,
    status_steps,
)
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.marks import at_most, score
from capacity.analysis.bottleneck.plateau import nearest_round
from capacity.analysis.bottleneck.thresholds import (
    FAILED_LEAST_RATIO,
    PILED_UP_RATIO,
    PILED_UP_S,
    TIMEOUT_LEAST_S,
    TIMEOUT_ROUND_RATIO,
)
from capacity.analysis.bottleneck.words import load_words
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind, LatencySummary
from capacity.units import Unit

KIND = "upstream_timeout"
TITLE = Sentence("time-out on the way to the service", "上游超时")
ADVICE = Sentence(
    "find what is slow behind the time-out, and align the time-outs along the path, the longest "
    "outside",
    "找出超时背后变慢的环节，并统一链路上的各级超时，最外层应最长",
)
GATEWAY_TIMEOUT = 504
# Answers that gave up are so many times slower than the usual one.
_SLOWER_TIMES = 3.0


@dataclass(frozen=True, slots=True)
class _PileUp:
    """A step in which somebody gave up; `is_plain` where a proxy said so, each time at one time."""

    step: Step
    is_plain: bool
    sentence: Sentence


def judge(case: Case) -> tuple[Candidate, ...]:
    """High for 504 at one time, medium for 504 at various times or another pile-up.

    One time: the 90th percentile is within 2 % and 20 ms of the median. Other errors, or the
    slowest tenth of good answers, must pile up on a round one, three times the usual.
    """
    found = _gateway(case) or _errors(case) or _slow_answers(case)
    if found is None:
        return ()
    marks = Marks(
        is_waited_for=True,
        has_stopped_growth=case.has_stopped_growth,
        is_unambiguous=found.is_plain,
    )
    ceiling = Confidence.HIGH if found.is_plain else Confidence.MEDIUM
    return (
        Candidate(
            KIND,
            TITLE,
            Subject(SubjectKind.PATH),
            at_most(score(marks), ceiling),
            marks,
            (found.sentence,),
            ADVICE,
            found.step.plan.load.level,
        ),
    )


def _gateway(case: Case) -> _PileUp | None:
    """504, which a proxy answers in place of the service."""
    steps = status_steps(case, GATEWAY_TIMEOUT)
    if not steps:
        return None
    piled = [step for step in steps if _piled_up_at(step.failed_latency) is not None]
    step = piled[0] if piled else steps[0]
    share, timeout_s = status_ratio(step, GATEWAY_TIMEOUT), _piled_up_at(step.failed_latency)
    words = load_words(step)
    figures = (Figure("share", share, Unit.RATIO), words.figure)
    if timeout_s is None:
        sentence = Sentence(
            f"{{share}} of the answers were 504 at {words.en}: a proxy gave up, at various times",
            f"{words.zh} 时 {{share}} 的应答是 504：代理放弃等待，时长不一",
            figures,
        )
        return _PileUp(step, is_plain=False, sentence=sentence)
    sentence = Sentence(
        f"{{share}} of the answers were 504 after {{timeout}} at {words.en}: a time-out of a "
        "proxy, not an answer of the service",
        f"{words.zh} 时 {{share}} 的应答是等待 {{timeout}} 后的 504：这是代理超时，并非服务的应答",
        (*figures, Figure("timeout", timeout_s, Unit.SECONDS)),
    )
    return _PileUp(step, is_plain=True, sentence=sentence)


def _errors(case: Case) -> _PileUp | None:
    """Other failures by status, much slower than good answers, all after one round time."""
    for step in every_step(case):
        timeout_s = _piled_up_at(step.failed_latency)
        by_status = kinds_count(step, (FailureKind.HTTP_STATUS,))
        is_most = failed_ratio(step) >= FAILED_LEAST_RATIO and 2 * by_status >= failed_count(step)
        if timeout_s is None or not is_most or not _is_timeout(timeout_s, step.latency):
            continue
        words = load_words(step)
        sentence = Sentence(
            f"{{share}} of the requests failed after {{timeout}} each at {words.en}: somebody "
            "behind waits that long and gives up",
            f"{words.zh} 时 {{share}} 的请求都在 {{timeout}} 后失败：后面有环节等满这段时间后放弃",
            (
                Figure("share", failed_ratio(step), Unit.RATIO),
                Figure("timeout", timeout_s, Unit.SECONDS),
                words.figure,
            ),
        )
        return _PileUp(step, is_plain=False, sentence=sentence)
    return None


def _slow_answers(case: Case) -> _PileUp | None:
    """Good answers whose slowest tenth took one round time, as with a reply in place of a part."""
    for step in every_step(case):
        latency = step.latency
        if latency is None or latency.p90_s is None or latency.p99_s is None:
            continue
        is_narrow = latency.p99_s <= (1.0 + PILED_UP_RATIO) * latency.p90_s
        if not is_narrow or not _is_timeout(latency.p90_s, latency):
            continue
        words = load_words(step)
        sentence = Sentence(
            f"the slowest tenth of the answers took {{timeout}} each at {words.en}, the median "
            "{median}: something behind waits that long and is given up",
            f"{words.zh} 时最慢的一成应答都耗时 {{timeout}}，而中位数为 {{median}}："
            "后面有环节等满这段时间后被放弃",
            (
                Figure("timeout", latency.p90_s, Unit.SECONDS),
                Figure("median", latency.p50_s, Unit.SECONDS),
                words.figure,
            ),
        )
        return _PileUp(step, is_plain=False, sentence=sentence)
    return None


def _piled_up_at(failed: LatencySummary | None) -> float | None:
    """The one time after which failures came; None where they came at various times."""
    if failed is None or failed.p50_s < TIMEOUT_LEAST_S:
        return None
    high_s = failed.max_s if failed.p90_s is None else failed.p90_s
    is_narrow = high_s <= (1.0 + PILED_UP_RATIO) * failed.p50_s + PILED_UP_S
    return failed.p50_s if is_narrow else None


def _is_timeout(time_s: float, good: LatencySummary | None) -> bool:
    """Whether a time is one that somebody has set, and far from what good answers take."""
    if time_s < TIMEOUT_LEAST_S or (good is not None and time_s < _SLOWER_TIMES * good.p50_s):
        return False
    return abs(time_s / nearest_round(time_s) - 1.0) <= TIMEOUT_ROUND_RATIO


UPSTREAM_TIMEOUT = BottleneckClass(KIND, "21", TITLE, Tier.SCORED, (), judge)
