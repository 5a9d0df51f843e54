"""What a user writes into a label filter stays inside its string."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.presets.promql import equals, matches, quoted, selector


@given(st.text())
def test_every_text_survives_quoting(text: str) -> None:
    """The escapes of PromQL that are used here mean the same in Python, which reads them back."""
    assert ast.literal_eval(quoted(text)) == text


@given(st.text(alphabet='a"\\\n\r\t\x00$window{}=~,#`\u202e'))
def test_what_is_quoted_is_one_string_without_control_characters(text: str) -> None:
    """No quote, line end or comment of it is seen by the parser, and no `$window` is replaced."""
    inner = quoted(text)[1:-1]
    assert '"' not in inner.replace("\\\\", "").replace('\\"', "")
    assert inner.isprintable()
    assert "$window" not in inner


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("shop", '"shop"'),
        ('a"} or up{x="', '"a\\"} or up{x=\\""'),
        ("web-[0-9]+\\.x", '"web-[0-9]+\\\\.x"'),
        ("\u202e\U000e0001", '"\\u202e\\U000e0001"'),
        ("$window", '"\\x24window"'),
        ("größe", '"größe"'),
    ],
)
def test_writes_strings(text: str, wanted: str) -> None:
    """Readable text stays readable, the rest is escaped."""
    assert quoted(text) == wanted


def test_writes_selectors() -> None:
    """Matchers are joined; without one the name is enough."""
    assert selector("up") == "up"
    assert selector("up", equals("job", "a"), matches("pod", "b.*")) == 'up{job="a",pod=~"b.*"}'
