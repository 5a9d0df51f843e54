"""Is a reading told with its value, its subject, its samples, and its doubts?"""

from dataclasses import replace

import pytest

from capacity.model.plan import ProcessSource
from capacity.model.resources import Reading, ReadingState
from capacity.model.rules import RuleState
from capacity.report.resource_words import (
    judgement_words,
    limit_shares,
    reading_words,
    shortened,
    value_words,
)
from capacity.report.shown import cells
from capacity.report.texts import Language
from capacity.units import Unit
from tests.unit.builders import ERROR_RULE, a_judgement, a_plan
from tests.unit.report.reading_builders import (
    SHARES,
    a_monitored_plan,
    a_reading,
    a_resource_judgement,
)
from tests.unit.resource_builders import POD


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        pytest.param(
            a_reading(),
            "93% of the limit at shop/api-7f9/app, 12 samples",
            id="the worst of two pods",
        ),
        pytest.param(
            a_reading(seen_late=True, sample_count=1),
            "93% of the limit at shop/api-7f9/app, 1 sample",
            id="one sample; all is read late once more",
        ),
        pytest.param(
            a_reading(may_stop=False, sample_count=3),
            "~93% of the limit at shop/api-7f9/app, 3 samples",
            id="too few samples to decide",
        ),
        pytest.param(
            a_reading("process.cores", {"": 0.43}, unit=Unit.CORES, sample_count=None),
            "0.43 cores",
            id="a scalar whose samples are not known",
        ),
        pytest.param(
            a_reading("throttle", {POD: 0.31}),
            "31% at shop/api-7f9/app, 12 samples",
            id="a share of something else than the limit",
        ),
        pytest.param(
            a_reading(values={}, reason="the step of 10s holds 1 sample; hold >= 60s"),
            "no data: the step of 10s holds 1 sample; hold >= 60s",
            id="no data",
        ),
        pytest.param(
            a_reading(values={}, state=ReadingState.ERROR, reason="status 503"),
            "could not be read: status 503",
            id="an error",
        ),
        pytest.param(
            a_reading(values={}, state=ReadingState.NO_LIMIT, reason="no CPU limit is set for a"),
            "not judged: no CPU limit is set for a",
            id="no limit",
        ),
    ],
)
def test_a_reading_in_words(reading: Reading, words: str) -> None:
    """The value comes with all that it rests on; a missing one comes with its reason."""
    assert reading_words(reading, SHARES, Language.EN) == words


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (RuleState.BREACH, "", "93% of the limit at shop/api-7f9/app, 12 samples, seen late"),
        (RuleState.NO_DATA, "no series", "no data: no series"),
        (RuleState.ERROR, "refused", "could not be read: refused"),
    ],
)
def test_a_judgement_in_words(state: RuleState, reason: str, words: str) -> None:
    """A rule is told with the value that decided, or why it could not be judged."""
    judgement = a_resource_judgement(state=state, reason=reason, seen_late=True)

    assert judgement_words(judgement, SHARES, Language.EN) == words


def test_a_rule_without_a_limit_in_words() -> None:
    """No data are missing, so none are said to be."""
    judgement = a_resource_judgement(state=RuleState.NO_DATA, reason="no CPU limit is set for a")
    assert judgement.evidence is not None
    evidence = replace(judgement.evidence, has_no_limit=True)
    words = judgement_words(replace(judgement, evidence=evidence), SHARES, Language.ZH)
    assert words == "未判定：no CPU limit is set for a"


def test_a_judgement_of_our_own_metric_has_no_subject() -> None:
    """It rests on requests, which belong to no pod."""
    assert judgement_words(a_judgement(ERROR_RULE), SHARES, Language.EN) == "0.2%, 900 samples"


def test_a_reading_in_chinese() -> None:
    """Names and numbers stay, the words around them are translated."""
    assert reading_words(a_reading(seen_late=True), SHARES, Language.ZH) == (
        "限额的 93%，shop/api-7f9/app，12 个样本"
    )


def test_only_shares_are_of_the_limit() -> None:
    """Pods have limits; a process has what the machine has, and cores are no share."""
    process = a_monitored_plan(process=ProcessSource(7, None))
    assert limit_shares(a_monitored_plan()) == SHARES
    assert limit_shares(process) == limit_shares(a_plan()) == frozenset()
    assert value_words("cpu", Unit.RATIO, 0.5, frozenset(), Language.EN) == "50%"
    assert value_words("cpu", Unit.CORES, 0.43, SHARES, Language.EN) == "0.43 cores"
    assert value_words("mem", Unit.RATIO, 0.5, SHARES, Language.EN) == "50% of the limit"


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("shop/api", 8, "shop/api"),
        ("shop/api-7f9c/app", 11, "shop.../app"),
        ("shop/api-7f9c/app", 12, "shop/.../app"),
        ("并发并发并发并发", 9, "并...发"),
        ("a\x1b[31m\nb\u202ec", 20, "a[31m bc"),
    ],
)
def test_long_names_lose_their_middle(text: str, width: int, expected: str) -> None:
    """Start and end of a name tell pods apart; codes never pass, and the width is kept."""
    assert shortened(text, width) == expected
    assert cells(expected) <= width


def test_a_label_that_is_a_book_is_cut() -> None:
    """A hostile exporter cannot fill the screen, neither by a name nor by a reason."""
    long = a_reading(values={"x" * 100_000: 0.5})
    missing = a_reading(values={}, reason="y" * 100_000)

    assert len(reading_words(long, SHARES, Language.EN)) < 100
    assert len(reading_words(missing, SHARES, Language.EN)) < 200
