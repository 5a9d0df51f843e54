"""Where does throughput stop growing, and how sure is that? Rows of the verdict.

The state of the curve is told with its probability, what other methods say only where they differ.
"""

from collections.abc import Sequence

from capacity.analysis.outcomes import JUDGED_PURPOSES
from capacity.model.findings import CrossCheck, CurveFit, Findings, Knee, NoKnee, NoKneeReason
from capacity.model.load import ClosedLoop, Load
from capacity.model.run import Step
from capacity.report.intervals import named_once, range_words, show_probability
from capacity.report.load_words import level_words, load_words
from capacity.report.shown import show_concurrency
from capacity.report.texts import Language, say
from capacity.units import format_qps, format_ratio

# A knee is a number of requests in flight, whatever the ladder sets.
_CONCURRENT = ClosedLoop(1)
# A state so likely is no reason for doubt.
_SURE = 0.9


def knee_sentence(findings: Findings, steps: Sequence[Step], language: Language) -> str:
    """The knee with its interval and the saturation, or in words why there is none."""
    match findings.knee:
        case Knee(fit):
            return named_once(_found(fit, language), language)
        case NoKnee() as none:
            return _absent(none, findings, steps, language)


def sure_sentence(knee: Knee, language: Language) -> str:
    """The word of confidence and what it rests on."""
    fit = knee.fit
    text = say(
        language,
        "sure_because",
        word=say(language, f"sure_{knee.confidence.value}"),
        probability=show_probability(fit.p_saturated),
        noise=format_ratio(fit.noise_ratio),
    )
    if fit.collapsed:
        levels = ", ".join(show_concurrency(level) for level in fit.collapsed)
        text += say(language, "sure_collapsed", levels=_concurrent(levels, language))
    return text + _cross_checks(fit.checks, language)


def peak_sentence(findings: Findings, language: Language) -> str:
    """The step with the most throughput, and that it falls afterwards where it does."""
    peak = findings.peak
    if peak is None:
        return say(language, "peak_none")
    text = say(
        language, "peak_found", qps=format_qps(peak.qps), load=load_words(peak.load, language)
    )
    fit = findings.knee.fit
    if fit is None or not fit.is_retrograde or fit.peak is None:
        return text
    text += say(
        language,
        "peak_falls",
        peak=_concurrent(show_concurrency(fit.peak.value), language),
        range=range_words(fit.peak, show_concurrency, language),
        probability=show_probability(fit.p_retrograde),
    )
    return named_once(text, language)


def _found(fit: CurveFit, language: Language) -> str:
    return say(
        language,
        "knee_found",
        knee=_concurrent(show_concurrency(fit.knee.value), language),
        range=range_words(fit.knee, show_concurrency, language),
        qps=format_qps(fit.saturation_qps.value),
        qps_range=range_words(fit.saturation_qps, format_qps, language),
        n95=_concurrent(show_concurrency(fit.n95.value), language),
        n95_range=range_words(fit.n95, show_concurrency, language),
    )


def _absent(none: NoKnee, findings: Findings, steps: Sequence[Step], language: Language) -> str:
    fit = none.fit
    match none.reason:
        case NoKneeReason.NOT_REACHED:
            sure = "" if fit is None else _probability(fit.p_not_reached, language)
            return _not_reached(findings, sure, steps, language)
        case NoKneeReason.BELOW_RANGE:
            sure = "" if fit is None else _probability(fit.p_below_range, language)
            first = _first_words(fit, steps, language)
            return say(language, "knee_below_range", first=first, sure=sure)
        case NoKneeReason.UNCLEAR if fit is not None:
            return _unclear(fit, language)
        case reason:
            return say(language, f"knee_{reason.value}")


def _unclear(fit: CurveFit, language: Language) -> str:
    """The states where none is sure; where one would be, it is the scatter that forbids it."""
    states = (fit.p_saturated, fit.p_not_reached, fit.p_below_range)
    if max(states) > _SURE:
        return say(language, "knee_unclear")
    saturated, not_reached, below_range = (show_probability(state) for state in states)
    return say(
        language,
        "knee_unclear_states",
        saturated=saturated,
        not_reached=not_reached,
        below_range=below_range,
    )


def _not_reached(findings: Findings, sure: str, steps: Sequence[Step], language: Language) -> str:
    """It grew up to the peak; beyond it, in a step that broke a limit, it may have collapsed."""
    if findings.peak is not None:
        last = load_words(findings.peak.load, language)
        qps = format_qps(findings.peak.qps)
        return say(language, "knee_not_reached_bound", sure=sure, last=last, qps=qps)
    loads = _loads(steps)
    if not loads:
        return say(language, "knee_too_few_steps")
    return say(language, "knee_not_reached", sure=sure, last=load_words(loads[-1], language))


def _loads(steps: Sequence[Step]) -> list[Load]:
    """The loads of the curve, ascending; confirmation and recovery have loads of another kind."""
    loads = [step.plan.load for step in steps if step.plan.purpose in JUDGED_PURPOSES]
    return sorted(loads, key=lambda load: load.level)


def _first_words(fit: CurveFit | None, steps: Sequence[Step], language: Language) -> str:
    levels = [load.level for load in _loads(steps)]
    levels = levels or ([] if fit is None else [point.concurrency for point in fit.curve])
    return _concurrent(show_concurrency(min(levels, default=1.0)), language)


def _cross_checks(checks: Sequence[CrossCheck], language: Language) -> str:
    """That all agree, or which one says what else."""
    known = [check for check in checks if check.agrees is not None]
    if not known:
        return ""
    others = [check for check in known if not check.agrees]
    if not others:
        return say(language, "checks_agree", count=len(known))
    names = say(language, "join").join(_other(check, language) for check in others)
    return say(language, "checks_differ", others=names)


def _other(check: CrossCheck, language: Language) -> str:
    name = say(language, f"check_{check.name.value}")
    if check.concurrency is None:
        return say(language, "check_silent", name=name)
    return say(language, "check_says", name=name, knee=show_concurrency(check.concurrency))


def _probability(ratio: float, language: Language) -> str:
    return say(language, "knee_sure", probability=show_probability(ratio))


def _concurrent(levels: str, language: Language) -> str:
    return level_words(_CONCURRENT, levels, language)
