"""What could not be found out, because the source of the steps does not have it?"""

from collections.abc import Iterator, Sequence

from capacity.model.measured import Measured
from capacity.model.rules import Absolute, Judgement, Rule, RuleState

NO_SECONDS = (
    "the seconds of each hold: how sure a throughput is, is known from its scatter about the "
    "curve alone"
)
NO_LATENCY = "percentiles of the latency: no limit on them can be judged"
NO_SUCCESS = "the share of requests that succeeded"
NO_RULES = "limits: none was judged, so only where throughput stops growing bounds the capacity"
# Said by whoever holds other limits against steps that were kept.
WHOLE_HOLDS = "the windows of the limits: they are judged over whole holds"


def missing_of(steps: Sequence[Measured], rules: Sequence[Rule]) -> tuple[str, ...]:
    """What no step has, and each rule that no step could be judged by, in words."""
    answered = [step for step in steps if step.qps is not None and step.qps > 0]
    if not answered:
        return ()
    lacks = (
        (not any(_has_error(step) for step in answered), NO_SECONDS),
        (all(step.latency is None for step in answered), NO_LATENCY),
        (all(step.success_ratio is None for step in answered), NO_SUCCESS),
        (not rules and not any(step.judgements for step in answered), NO_RULES),
    )
    plain = tuple(words for is_lacking, words in lacks if is_lacking)
    return (*plain, *_never_judged(steps))


def _has_error(step: Measured) -> bool:
    """Whether it is known how sure the throughput is, from the seconds or from a file."""
    return bool(step.intervals) or step.qps_error_ratio is not None


def _never_judged(steps: Sequence[Measured]) -> Iterator[str]:
    by_rule: dict[str, list[Judgement]] = {}
    for step in steps:
        for judgement in step.judgements:
            by_rule.setdefault(judgement.rule.text, []).append(judgement)
    for text, judgements in by_rule.items():
        rule = judgements[0].rule
        # Growth is no limit, and in a first step a multiple of it has nothing to be held against.
        is_expected = not rule.is_limit or (
            len(judgements) == 1 and not isinstance(rule.limit, Absolute)
        )
        if not is_expected and all(_is_unknown(judgement) for judgement in judgements):
            yield f"{text} could not be judged in any step: {judgements[-1].reason}"


def _is_unknown(judgement: Judgement) -> bool:
    is_judged = judgement.state in (RuleState.OK, RuleState.BREACH)
    return not is_judged and not judgement.has_no_limit
