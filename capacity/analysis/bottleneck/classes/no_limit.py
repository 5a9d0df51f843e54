"""Class 22: was no limit reached at all in the range that was tested?"""

from capacity.analysis.bottleneck.answers import gain_between, is_clean
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import GROWTH_LEAST_RATIO, Case
from capacity.analysis.bottleneck.ease import EaseState, cpu_ease, ease_sentence
from capacity.analysis.bottleneck.full import full_resources
from capacity.analysis.bottleneck.words import load_words
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.findings import Capacity, CapacityKind
from capacity.model.load import OpenLoop
from capacity.model.run import EndReason, Step
from capacity.units import Unit

KIND = "no_limit"
TITLE = Sentence("no limit was reached", "未触及任何上限")
ADVICE = Sentence(
    "go on to higher loads, by -c or --rate", "继续加大负载：用 -c 或 --rate 指定更高的台阶"
)
# Throughput that grows by this much per doubling of the load is far from any limit.
_GROWS_WELL_RATIO = 0.50
# Nothing waits yet for what nobody saw.
_GROWS_FULLY_RATIO = 0.90
# A service that answers so much of what was planned has kept up.
_KEPT_UP_RATIO = 0.95
_FEWEST_LEVELS = 2
# A climb that was broken off might have met its limit at the next load.
_WENT_TO_ITS_END = (EndReason.LADDER, EndReason.FUSE, EndReason.BUDGET)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High where throughput still grew by half per doubling, medium from 5 % on.

    The climb went to its end, no limit was broken, nothing failed, and nothing got full. Without a
    CPU seen it takes 90 % per doubling, which leaves no request waiting, and is medium; so it is on
    few samples of it.
    """
    if not _is_open_ended(case):
        return ()
    before, last = case.levels[-2:]
    gain = gain_between(before, last)
    ease = cpu_ease(case)
    is_seen = ease.state is not EaseState.UNSEEN
    least = GROWTH_LEAST_RATIO if is_seen else _GROWS_FULLY_RATIO
    if gain is None or gain < least or not _keeps_up(last):
        return ()
    is_clear = ease.is_sure and gain >= _GROWS_WELL_RATIO
    words = load_words(last)
    figures = (
        Figure("qps", last.qps, Unit.PER_SECOND),
        Figure("gain", gain, Unit.RATIO),
        words.figure,
    )
    evidence = Sentence(
        f"throughput was {{qps}} at {words.en} and still grew by {{gain}} per doubling of the "
        "load; nothing that was seen was at its limit",
        f"{words.zh} 时吞吐为 {{qps}}，负载每翻一倍仍增长 {{gain}}；观测到的资源都未到达上限",
        figures,
    )
    return (
        Candidate(
            KIND,
            TITLE,
            Subject(SubjectKind.SERVICE),
            Confidence.HIGH if is_clear else Confidence.MEDIUM,
            Marks(has_stopped_growth=False),
            (evidence, ease_sentence(ease)),
            ADVICE,
        ),
    )


def _is_open_ended(case: Case) -> bool:
    """Whether nothing stands against it: no limit broken, no failure, no resource that is full.

    A higher load of which nothing can be believed, such as one without an answer, does.
    """
    capacity = case.capacity
    if len(case.levels) < _FEWEST_LEVELS or case.turn is not None:
        return False
    highest = case.levels[-1].plan.load.level
    is_cut = any(step.plan.load.level > highest for step in case.disbelieved)
    if is_cut or case.run.end.reason not in _WENT_TO_ITS_END:
        return False
    if not isinstance(capacity, Capacity) or capacity.kind is not CapacityKind.NO_FAILURE_IN_RANGE:
        return False
    return all(is_clean(step) for step in case.levels) and not full_resources(case)


def _keeps_up(last: Step) -> bool:
    load = last.plan.load
    return not isinstance(load, OpenLoop) or last.qps >= _KEPT_UP_RATIO * load.rate_qps


NO_LIMIT = BottleneckClass(KIND, "22", TITLE, Tier.LAST_RESORT, (), judge)
