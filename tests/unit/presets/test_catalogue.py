"""What holds for every preset alike."""

import re

import pytest

from capacity.model.plan import KubernetesScope
from capacity.model.resources import Expression, Growth, Limit, Quantity, Samples
from capacity.model.rules import METRICS
from capacity.presets import kubernetes, local_process
from capacity.presets.catalogue import PRESETS

HOSTILE = 'x"}) or vector(1) #\\'
PODS = KubernetesScope(HOSTILE, ("deploy/web",), (HOSTILE,))


def texts_of(quantity: Quantity) -> list[str]:
    """All PromQL of a quantity."""
    match quantity.source:
        case Expression(query=query, rests_on=rests_on):
            return [query, *rests_on]
        case Samples(selector=selector, share_of=Limit(query=query)):
            return [selector, query]
        case Samples(selector=selector, share_of=Growth(selector=other)):
            return [selector, other]
        case Samples(selector=selector):
            return [selector]
        case None:
            return []


def without_strings(text: str) -> str:
    """What the parser sees outside of strings."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', "", text)


def made(value: str) -> list[Quantity]:
    """Every quantity that is asked of Prometheus, with this value in each option."""
    others = [
        quantity
        for preset in PRESETS.values()
        for quantity in preset.quantities(dict.fromkeys(preset.options, value))
    ]
    return [*kubernetes.quantities(PODS), *others]


ALL = made(HOSTILE)
IDS = [quantity.name for quantity in ALL]


def test_names_are_unique_and_no_metric_of_our_own() -> None:
    """A rule means one thing; a local process has the names of a pod where they mean the same."""
    names = [quantity.name for quantity in ALL]
    assert len(names) == len(set(names))
    assert not set(names) & set(METRICS)
    ours = {quantity.name for quantity in local_process.quantities()}
    assert set(names) & ours == {"cpu", "throttle", "mem", "restarts"}


@pytest.mark.parametrize("quantity", ALL, ids=IDS)
def test_says_what_it_is(quantity: Quantity) -> None:
    """The name fits the rule grammar and begins with its family; the meaning is one sentence."""
    assert re.fullmatch(r"[a-z][a-z_]*(\.[a-z][a-z0-9_]*)?", quantity.name)
    family = quantity.preset.replace("-", "_")
    wanted = "(pod\\.)?" if quantity.preset == "kubernetes" else f"{family}\\."
    assert re.match(wanted, quantity.name)
    assert re.fullmatch(r"[0-9a-zA-Z].{10,98}[^.\s]", quantity.meaning)
    assert ". " not in quantity.meaning


@pytest.mark.parametrize("quantity", ALL, ids=IDS)
def test_no_filter_breaks_out(quantity: Quantity) -> None:
    """Without its strings a query has nothing of what the user wrote, and its brackets match."""
    for bare in map(without_strings, texts_of(quantity)):
        assert "vector" not in bare
        assert '"' not in bare
        for opening, closing in ("()", "{}", "[]"):
            assert bare.count(opening) == bare.count(closing)


@pytest.mark.parametrize("quantity", ALL, ids=IDS)
def test_a_range_is_always_the_window(quantity: Quantity) -> None:
    """No fixed range dilutes a step; raw samples are asked for without any."""
    for text in map(without_strings, texts_of(quantity)):
        assert set(re.findall(r"\[[^\]]*\]", text)) <= {"[$window]", "[$window:1s]"}
    if isinstance(quantity.source, Samples):
        assert "[" not in quantity.source.selector
    elif isinstance(quantity.source, Expression):
        assert "[$window" in quantity.source.query


@pytest.mark.parametrize("word", PRESETS)
def test_every_option_chooses_series(word: str) -> None:
    """Each option is a regular expression on its label, in some query of the preset."""
    preset = PRESETS[word]
    for option, label in preset.options.items():
        queries = [t for q in preset.quantities({option: "a.*"}) for t in texts_of(q)]
        assert any(f'{label}=~"a.*"' in query for query in queries)
    assert all("a.*" not in text for q in preset.quantities({}) for text in texts_of(q))


def test_a_language_needs_a_choice() -> None:
    """Prometheus and its exporters are Go programs too."""
    assert [word for word, preset in PRESETS.items() if preset.needs_option] == [
        "go",
        "jvm",
        "python",
    ]
