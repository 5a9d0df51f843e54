"""Class 12a: does somebody answer 429, so that the limit is a setting and not the capacity?"""

from collections.abc import Sequence

from capacity.analysis.bottleneck.answers import (
    every_step,
    is_constant,
    status_ratio,
    status_steps,
)
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.ease import busiest_below
from capacity.analysis.bottleneck.marks import at_most, score
from capacity.analysis.bottleneck.thresholds import CPU_BUSY_RATIO
from capacity.analysis.bottleneck.words import load_words
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.run import Step, Trust
from capacity.units import Unit

KIND = "rate_limit"
TITLE = Sentence("rate limit (429)", "限流（429）")
ADVICE = Sentence(
    "raise or lift the limit for the identity of the test, or take the limit as the answer",
    "为压测身份提高或取消限流，或者就把该限值当作结论",
)
TOO_MANY_REQUESTS = 429
_SET = Sentence("this is a configured limit, not the capacity", "这是人为设定的限流，不是容量")
_BUSY = Sentence(
    "a limit refuses them, perhaps because the CPU was busy before that",
    "有限流在拒绝请求，但此前 CPU 已经很忙，也可能正是因此而拒绝",
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High: 429 has one meaning. Medium where accepted throughput grew on all the same.

    Medium, too, where the CPU was at 80 % before the first refusal: then it may be refused for that
    reason. It takes 1 % of the answers, and half of what failed.
    """
    refused = status_steps(case, TOO_MANY_REQUESTS)
    if not refused:
        return ()
    believed = tuple(step for step in refused if step.validity.trust is not Trust.INVALID)
    # What is only counted is true even in a step whose times are not.
    accepted = believed or refused
    is_still = is_constant(accepted)
    marks = Marks(
        is_waited_for=None,
        has_stopped_growth=is_still,
        is_unambiguous=True,
    )
    first = refused[0]
    busiest_ratio = busiest_below(case, _level(first))
    is_busy = busiest_ratio is not None and busiest_ratio >= CPU_BUSY_RATIO
    ceiling = Confidence.MEDIUM if is_busy or is_still is False else Confidence.HIGH
    return (
        Candidate(
            KIND,
            TITLE,
            Subject(SubjectKind.SERVICE),
            at_most(score(marks), ceiling),
            marks,
            (_refused(accepted, is_still=is_still, is_busy=is_busy), *_offered(case, refused)),
            ADVICE,
            first.plan.load.level,
        ),
    )


def _refused(steps: Sequence[Step], *, is_still: bool | None, is_busy: bool) -> Sentence:
    """What was accepted meanwhile, at one level or from one to another, and what that means."""
    first, last = load_words(steps[0], "first"), load_words(steps[-1])
    meaning = _BUSY if is_busy else _SET
    figures = (
        Figure("qps", steps[-1].qps, Unit.PER_SECOND),
        Figure("refused", status_ratio(steps[-1], TOO_MANY_REQUESTS), Unit.RATIO),
        last.figure,
    )
    if len(steps) == 1:
        return Sentence(
            f"{{refused}} of the answers were 429 at {last.en} while {{qps}} were accepted: "
            f"{meaning.en}",
            f"{last.zh} 时 {{refused}} 的应答是 429，只接受了 {{qps}}：{meaning.zh}",
            figures,
        )
    as_en, as_zh = ("not as many", "不同") if is_still is False else ("as many", "相当")
    return Sentence(
        f"{{refused}} of the answers were 429 at {last.en} while {{qps}} were accepted, {as_en} as "
        f"at {first.en} ({{before}}): {meaning.en}",
        f"{last.zh} 时 {{refused}} 的应答是 429，只接受了 {{qps}}，与{first.zh} 时（{{before}}）"
        f"{as_zh}：{meaning.zh}",
        (*figures, first.figure, Figure("before", steps[0].qps, Unit.PER_SECOND)),
    )


def _offered(case: Case, refused: Sequence[Step]) -> tuple[Sentence, ...]:
    """That more was asked for: the last level without a 429 worth mentioning."""
    before = [step for step in every_step(case) if _level(step) < _level(refused[0])]
    if not before:
        return ()
    words = load_words(before[-1])
    return (
        Sentence(
            f"at {words.en} hardly any request was refused",
            f"{words.zh} 时几乎没有请求被拒绝",
            (words.figure,),
        ),
    )


def _level(step: Step) -> float:
    return step.plan.load.level


RATE_LIMIT = BottleneckClass(KIND, "12a", TITLE, Tier.ANSWERED, (), judge)
