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
from capacity.analysis.bottleneck.marks import at_most, score
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


def judge(case: Case) -> tuple[Candidate, ...]:
    """High: 429 has one meaning. Medium where accepted throughput grew on all the same.

    It takes 1 % of the answers, and half of what failed.
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
    ceiling = Confidence.MEDIUM if is_still is False else Confidence.HIGH
    first = refused[0]
    return (
        Candidate(
            KIND,
            TITLE,
            Subject(SubjectKind.SERVICE),
            at_most(score(marks), ceiling),
            marks,
            (_refused(accepted), *_offered(case, refused)),
            ADVICE,
            first.plan.load.level,
        ),
    )


def _refused(steps: Sequence[Step]) -> Sentence:
    """What was accepted meanwhile, at one level or from one to another."""
    first, last = load_words(steps[0], "first"), load_words(steps[-1])
    figures = (
        Figure("qps", steps[-1].qps, Unit.PER_SECOND),
        Figure("refused", status_ratio(steps[-1], TOO_MANY_REQUESTS), Unit.RATIO),
        last.figure,
    )
    if len(steps) == 1:
        return Sentence(
            f"{{refused}} of the answers were 429 at {last.en} while {{qps}} were accepted: this "
            "is a configured limit, not the capacity",
            f"{last.zh} 时 {{refused}} 的应答是 429，只接受了 {{qps}}："
            "这是人为设定的限流，不是容量",
            figures,
        )
    return Sentence(
        f"{{refused}} of the answers were 429 at {last.en} while {{qps}} were accepted, as many as "
        f"at {first.en} ({{before}}): this is a configured limit, not the capacity",
        f"{last.zh} 时 {{refused}} 的应答是 429，只接受了 {{qps}}，与{first.zh} 时（{{before}}）"
        "相当：这是人为设定的限流，不是容量",
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
