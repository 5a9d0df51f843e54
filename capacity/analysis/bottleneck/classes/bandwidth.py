"""Class 14: do answers take their time because a link carries no more bytes?

Bytes a second stay the same while their transfer is most of the latency. A stream that is made
slowly looks alike, so that an idle CPU or a full interface is needed to be sure.
"""

from statistics import fmean

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.ease import Ease, EaseState, cpu_ease
from capacity.analysis.bottleneck.full import full_resources
from capacity.analysis.bottleneck.marks import at_most, is_background, score
from capacity.analysis.bottleneck.numbers import constancy_ratio
from capacity.analysis.bottleneck.plateau import is_mostly_transfer, transfer_share
from capacity.analysis.bottleneck.series import Point
from capacity.analysis.bottleneck.telling import tell, tell_point
from capacity.analysis.bottleneck.thresholds import (
    ANSWER_LARGE_BYTES,
    CONSTANT_CV_RATIO,
    NETWORK_FULL_RATIO,
    TRANSFER_MOST_RATIO,
)
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.units import Unit

KIND = "bandwidth"
TITLE = Sentence("bandwidth of the path", "链路带宽")
ADVICE = Sentence(
    "compress, send less, or take a faster link; make sure that the generator's own link is not "
    "the limit",
    "压缩、减小应答体积，或换更快的链路；并确认压测端自身的链路不是瓶颈",
)
_SHARES = ("node.network_transmit_share", "node.network_receive_share")


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with an idle CPU or a full interface, else medium; low while the CPU is busy.

    Medium, too, on few samples of them, or where another resource was used up: it may make the
    stream slow.

    Bytes a second are constant within 5 %, answers have 8 kB or more, and half of their time is
    transfer.
    """
    flat = [step for step in case.plateau if step.counts.ok > 0 and step.hold_s > 0]
    rates = [_bytes_per_s(step) for step in flat]
    full = _full_interface(case)
    if not _is_full_of_bytes(case, flat, rates):
        return ()
    ease = cpu_ease(case)
    marks = Marks(
        is_used_up=True,
        is_waited_for=True,
        has_stopped_growth=True,
    )
    is_sure = _is_sure(full) if full is not None else _is_alone(case, ease)
    ceiling = Confidence.HIGH if is_sure else Confidence.MEDIUM
    if ease.state is EaseState.BUSY and full is None:
        ceiling = Confidence.LOW
    told = () if full is None else (_interface(case, full),)
    subject = Subject(SubjectKind.PATH, "" if full is None else full.subject)
    return (
        Candidate(
            KIND,
            TITLE,
            subject,
            at_most(score(marks), ceiling),
            marks,
            (_bytes(case, flat), *told),
            ADVICE,
            case.level_at(case.turn),
        ),
    )


def _is_sure(full: Point) -> bool:
    return not full.has_few_samples and full.reading.may_stop


def _is_alone(case: Case, ease: Ease) -> bool:
    """Whether the CPU was idle, and nothing else that was seen was used up."""
    return ease.state is EaseState.IDLE and ease.is_sure and not full_resources(case)


def _is_full_of_bytes(case: Case, flat: list[Step], rates: list[float]) -> bool:
    scatter = constancy_ratio(rates)
    if not flat or scatter is None or scatter >= CONSTANT_CV_RATIO:
        return False
    is_large = fmean(step.counts.received_bytes / step.counts.ok for step in flat)
    return is_large >= ANSWER_LARGE_BYTES and is_mostly_transfer(case, TRANSFER_MOST_RATIO)


def _bytes_per_s(step: Step) -> float:
    """Of the answers to what was sent inside the hold, whole answers only."""
    return step.counts.received_bytes / step.counts.ok * step.qps


def _full_interface(case: Case) -> Point | None:
    """An interface that came to its speed under the load."""
    for name in _SHARES:
        series = case.series(name)
        worst = series.worst
        is_full = worst is not None and worst.value >= NETWORK_FULL_RATIO
        if is_full and not is_background(series, NETWORK_FULL_RATIO):
            return worst
    return None


def _bytes(case: Case, flat: list[Step]) -> Sentence:
    last = flat[-1]
    figures = (
        Figure("bytes_per_s", _bytes_per_s(last), Unit.BYTES_PER_SECOND),
        Figure("share", transfer_share(last) or 0.0, Unit.RATIO),
        Figure(
            "scatter", constancy_ratio([_bytes_per_s(step) for step in flat]) or 0.0, Unit.RATIO
        ),
    )
    return tell(
        case,
        "{bytes_per_s} came in {at}, hardly other than at every level without growth (scatter "
        "{scatter}), and {share} of the time of an answer was its transfer",
        "{at}，接收速率为 {bytes_per_s}，在吞吐不再增长的各级几乎不变（离散度 {scatter}），"
        "应答时间的 {share} 用于传输",
        level=last.plan.load.level,
        figures=figures,
    )


def _interface(case: Case, point: Point) -> Sentence:
    return tell_point(
        case,
        point,
        "{subject} carried {value} of its speed {at}",
        "{at}，{subject} 已用到其速率的 {value}",
    )


BANDWIDTH = BottleneckClass(KIND, "14", TITLE, Tier.SCORED, ("network",), judge)
