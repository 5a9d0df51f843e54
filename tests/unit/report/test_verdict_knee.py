"""Is the knee told with its interval, its confidence and the state of the curve?"""

from dataclasses import replace

import pytest

from capacity.model.confidence import Confidence
from capacity.model.findings import (
    CheckName,
    CrossCheck,
    CurveFit,
    Estimate,
    NoKnee,
    NoKneeReason,
)
from capacity.report.texts import Language
from capacity.report.verdict_knee import knee_sentence, peak_sentence, sure_sentence
from tests.unit.builders import KNEE, a_knee, some_findings
from tests.unit.report.answer_builders import a_whole_run

FIT = KNEE.fit
AGREES = CrossCheck(CheckName.ASYMPTOTIC, 8.0, agrees=True)


def with_fit(fit: CurveFit, confidence: Confidence = Confidence.HIGH) -> str:
    """How sure a knee with this fit is."""
    return sure_sentence(replace(KNEE, fit=fit, confidence=confidence), Language.EN)


def test_a_knee_has_intervals_and_its_saturation() -> None:
    """N*, X_sup and N95, each with the interval that says once of what kind it is."""
    findings = some_findings(knee=a_knee(8.0))

    assert knee_sentence(findings, (), Language.EN) == (
        "8 concurrent (90%: 7.1-9), saturates at 800 qps (784-816), "
        "95% of that at 12 concurrent (11.2-13.6)"
    )
    assert knee_sentence(findings, (), Language.ZH) == (
        "并发 8（90%：7.1-9），饱和于 800 qps（784-816），其 95% 在并发 12（11.2-13.6）"
    )


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ((), ""),
        ((AGREES,), ", 1 of 1 cross-checks agree"),
        (
            (AGREES, CrossCheck(CheckName.POWER, 14.2, agrees=False)),
            "; by other methods: power 14.2",
        ),
        (
            (
                CrossCheck(CheckName.USL, 20.0, agrees=False, residual_ratio=0.06),
                CrossCheck(CheckName.POWER, None, agrees=False),
            ),
            "; by other methods: USL 20, power none",
        ),
        ((AGREES, CrossCheck(CheckName.USL, None, agrees=None)), ", 1 of 1 cross-checks agree"),
    ],
)
def test_confidence_says_what_it_rests_on(checks: tuple[CrossCheck, ...], words: str) -> None:
    """The probability of the state, the noise, and other methods by name where they differ."""
    fit = replace(FIT, checks=checks)

    assert with_fit(fit, Confidence.LOW) == f"low: saturated 97%, steps scatter by 1%{words}"


def test_levels_that_collapsed_are_told() -> None:
    """They are not in the fit, and whoever reads it should know."""
    assert with_fit(replace(FIT, collapsed=(64.0, 128.0))) == (
        "high: saturated 97%, steps scatter by 1%, collapsed at 64, 128 concurrent (left out), "
        "1 of 1 cross-checks agree"
    )


@pytest.mark.parametrize(
    ("ratio", "shown"), [(0.999, ">99%"), (0.99, "99%"), (0.514, "51%"), (0.002, "<1%")]
)
def test_a_probability_is_never_all_or_nothing(ratio: float, shown: str) -> None:
    """No fit knows that."""
    assert with_fit(replace(FIT, p_saturated=ratio)).startswith(f"high: saturated {shown},")


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            NoKneeReason.NOT_REACHED,
            "not reached (95%): throughput was still growing at 64 concurrent; "
            "800 qps is a lower bound",
        ),
        (
            NoKneeReason.BELOW_RANGE,
            "below 1 concurrent (2%): throughput was flat from the first step on",
        ),
        (NoKneeReason.TOO_FEW_STEPS, "not named: too few believable steps"),
    ],
)
def test_a_missing_knee_has_the_probability_of_its_state(
    reason: NoKneeReason, sentence: str
) -> None:
    """And the throughput of the last step is a lower bound where it still grew."""
    fit = replace(FIT, p_saturated=0.03, p_not_reached=0.95, p_below_range=0.02)
    findings = some_findings(knee=NoKnee(reason, "", fit))

    assert knee_sentence(findings, a_whole_run().steps, Language.EN) == sentence


def test_steps_that_scatter_tell_the_states_where_none_is_sure() -> None:
    """A state that is sure is not told beside a knee that is not named for the scatter."""
    even = replace(FIT, p_saturated=0.4, p_not_reached=0.35, p_below_range=0.25)

    def said(fit: CurveFit) -> str:
        findings = some_findings(knee=NoKnee(NoKneeReason.UNCLEAR, "", fit))
        return knee_sentence(findings, (), Language.EN)

    assert said(even) == (
        "not named: the steps scatter too much to tell a bend from noise "
        "(saturated 40%, still growing 35%, flat 25%)"
    )
    assert said(FIT) == "not named: the steps scatter too much to tell a bend from noise"


def test_without_steps_the_range_is_that_of_the_fit() -> None:
    """As in findings whose run is not at hand."""
    findings = some_findings(knee=NoKnee(NoKneeReason.BELOW_RANGE, "", FIT))

    assert knee_sentence(findings, (), Language.EN).startswith("below 1 concurrent (1%): ")


def test_growth_without_any_peak_names_the_last_load_of_the_curve() -> None:
    """The planned starts of a confirmation are no load of the curve."""
    findings = some_findings(knee=NoKnee(NoKneeReason.NOT_REACHED, ""), peak=None)

    assert knee_sentence(findings, a_whole_run().steps, Language.EN) == (
        "not reached: throughput was still growing at 64 concurrent"
    )
    assert knee_sentence(findings, (), Language.EN) == "not named: too few believable steps"


def test_a_curve_that_falls_says_where_and_how_surely() -> None:
    """With the load of the highest throughput and its interval."""
    fit = replace(FIT, is_retrograde=True, p_retrograde=0.93, peak=Estimate(14.0, 11.6, 17.2))
    falls = some_findings(knee=replace(KNEE, fit=fit))

    assert peak_sentence(falls, Language.EN) == (
        "800 qps at 64 concurrent; throughput falls beyond 14 concurrent (90%: 11.6-17.2) (93%)"
    )
    assert peak_sentence(some_findings(), Language.EN) == "800 qps at 64 concurrent"
