"""Whatever a user writes as a namespace or a filter, Prometheus reads it as one string."""

import json
from pathlib import Path

from capacity.model.plan import KubernetesScope
from capacity.model.resources import Expression, Growth, Limit, Quantity, Samples
from capacity.presets import kubernetes
from capacity.presets.catalogue import PRESETS
from capacity.presets.kubernetes_watch import watch_queries
from capacity.presets.promql import equals, matching, quoted, selector
from tests.presets.synthetic import run_promtool

TEXTS = (
    'a"} or vector(1) or x{y="',
    "back\\",
    "line\nend\r\ttab",
    "# no comment",
    "{}[]()`'",
    "\x00\x1b[31m\x7f",
    "\u202e\u2028 größe 中文 \U0001f600",
    "$window ${x}",
    "%s {0} \\x24 \\u0041",
)


def escaped(text: str) -> str:
    """A regular expression for just this text, with every character escaped and one quote not."""
    return "".join(char if char == '"' else f"\\x{{{ord(char):x}}}" for char in text)


def queries_of(quantity: Quantity) -> list[str]:
    """Everything that Prometheus would have to read."""
    match quantity.source:
        case Expression(query=query, rests_on=rests_on):
            return [query.replace("$window", "59s"), *rests_on]
        case Samples(selector=chosen, share_of=Limit(query=query)):
            return [chosen, query]
        case Samples(selector=chosen, share_of=Growth(selector=other)):
            return [chosen, other]
        case Samples(selector=chosen):
            return [chosen]
        case None:
            return []


def all_queries(text: str) -> list[str]:
    """Those of every preset with this text wherever a text can be."""
    scope = KubernetesScope(text, (f"deploy/{text}",), (escaped(text),))
    made = [
        *kubernetes.quantities(scope),
        *(
            quantity
            for preset in PRESETS.values()
            for quantity in preset.quantities(dict.fromkeys(preset.options, escaped(text)))
        ),
    ]
    watched = [query.query for query in watch_queries(scope).values()]
    return sorted({query for quantity in made for query in queries_of(quantity)} | {*watched})


def file_of(series: list[str], checks: list[dict[str, object]]) -> str:
    """A file for promtool; every series is worth 1."""
    shown = [{"series": one, "values": "1x20"} for one in series]
    group = {"interval": "15s", "input_series": shown, "promql_expr_test": checks}
    text = {"rule_files": [], "evaluation_interval": "15s", "tests": [group]}
    return json.dumps(text, ensure_ascii=False)


def check(query: str, *labels: str) -> dict[str, object]:
    """A query that finds just the series with these labels."""
    found = [{"labels": each, "value": 1} for each in labels]
    return {"expr": query, "eval_time": "300s", "exp_samples": found}


def test_every_query_can_be_read_and_finds_nothing(tmp_path: Path) -> None:
    """With no series at all nothing is found, unless a part of a text has become a query."""
    texts = {text: file_of([], [check(q) for q in all_queries(text)]) for text in TEXTS}
    assert {text: said.strip() for text, said in run_promtool(tmp_path, texts).items()} == (
        dict.fromkeys(TEXTS, "SUCCESS")
    )


def test_a_text_finds_itself_and_nothing_else(tmp_path: Path) -> None:
    """As a plain text, and as a regular expression that escapes every character of its own."""
    texts = {}
    for text in TEXTS:
        own = f"{{label={quoted(text)}}}"
        texts[text] = file_of(
            [f"x{own}", 'x{label="another"}'],
            [
                check(selector("x", equals("label", text)), f"x{own}"),
                check(selector("x", *matching({"label": escaped(text)})), f"x{own}"),
            ],
        )
    assert {text: said.strip() for text, said in run_promtool(tmp_path, texts).items()} == (
        dict.fromkeys(TEXTS, "SUCCESS")
    )
