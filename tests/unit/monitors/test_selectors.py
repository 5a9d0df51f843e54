"""The selectors inside PromQL, of queries that people write and of queries made up here."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.monitors.selectors import Selector, longest_fixed_range_s, rests_on, selectors


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("up", [("up", None)]),
        ("sum(up)", [("up", None)]),
        ('rate(http_requests_total{code=~"5.."}[$window])', [
            ('http_requests_total{code=~"5.."}', "$window"),
        ]),
        ("sum by (a, b) (rate(x[5m])) / on(a) group_left(b) y", [("x", "5m"), ("y", None)]),
        ("sum(x) by (a) > bool 3", [("x", None)]),
        ("sum without(le) (x offset 5m)", [("x", None)]),
        ("x @ 1700000000.5 + y @ start()", [("x", None), ("y", None)]),
        ('{__name__=~"a|b", c="}"}', [('{__name__=~"a|b", c="}"}', None)]),
        ('{"with.dots", a="b"}[1m]', [('{"with.dots", a="b"}', "1m")]),
        ("max_over_time(sum(x)[1h:5m])", [("x", None)]),
        ("x[5m:1m]", [("x", "5m:1m")]),
        ('label_replace(x, "a", "y{z}", "b", "(.*)")', [("x", None)]),
        ("x # y\n+ z", [("x", None), ("z", None)]),
        ("vector(1) + 1e3 + 0x1F + .5 + Inf + NaN", []),
        ("time() - 5", []),
        ("job:rate:sum5m and x unless y or z", [
            ("job:rate:sum5m", None), ("x", None), ("y", None), ("z", None),
        ]),
        ("count + sum{a='b'}", [("count", None), ("sum{a='b'}", None)]),
        ("x {\n a = 'b' } [ 5m ]", [("x {\n a = 'b' }", "5m")]),
        ("x{a=`\\`}", [("x{a=`\\`}", None)]),
        ("x offset -$window", [("x", None)]),
        ("-x^2 % y", [("x", None), ("y", None)]),
        ("topk(3, x)", [("x", None)]),
        ("x * ignoring(a) group_right y", [("x", None), ("y", None)]),
        ("", []),
        ("x{a=", [("x{a=", None)]),
    ],
)  # fmt: skip
def test_selectors_are_found_as_they_are_written(
    query: str, found: list[tuple[str, str | None]]
) -> None:
    """Not functions, labels, words, strings or comments."""
    assert selectors(query) == tuple(Selector(text, range_text) for text, range_text in found)


@pytest.mark.parametrize(
    ("query", "counted"),
    [
        ("rate(x[$window]) / limit", ("x",)),
        ("x / limit", ("x", "limit")),
        ("rate(x[1m]) + rate(x[1m])", ("x",)),
        ("vector(1)", ()),
    ],
)
def test_growth_decides_over_gauges(query: str, counted: tuple[str, ...]) -> None:
    """A limit beside a rate may be scraped rarely; without a rate everything counts."""
    assert rests_on(query) == counted


@pytest.mark.parametrize(
    ("query", "range_s"),
    [
        ("rate(x[$window])", 0.0),
        ("rate(x[5m]) / rate(y[1h30m])", 5400.0),
        ("max_over_time(rate(x[$window])[2m:500ms])", 120.0),
        ("x offset 1d", 0.0),
        ("rate(x[1500ms])", 1.5),
        ('x{a="[5m]"}', 0.0),
    ],
)
def test_ranges_that_do_not_follow_the_window_are_told(query: str, range_s: float) -> None:
    """A fixed range longer than a step mixes the steps before into it."""
    assert longest_fixed_range_s(query) == range_s


_METRIC = st.from_regex(r"[a-z_][a-z0-9_]{0,8}(:[a-z]{1,3})?", fullmatch=True).map(
    lambda name: f"m_{name}"
)
_VALUE = st.text(alphabet='abc{}[]()#,"\\ \n`é$', max_size=8).map(
    lambda text: text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
)
_MATCHER = st.builds(
    lambda name, sign, value: f'{name}{sign}"{value}"',
    st.sampled_from(["by", "on", "pod", "le", "offset"]),
    st.sampled_from(["=", "!=", "=~", "!~"]),
    _VALUE,
)
_SELECTOR = st.builds(
    lambda name, matchers: name + ("{" + ", ".join(matchers) + "}" if matchers else ""),
    _METRIC,
    st.lists(_MATCHER, max_size=3),
)
_RANGE = st.sampled_from(["5m", "1h30m", "$window", "90s"])
_Composed = tuple[str, list[Selector]]


def _wrapped(inner: st.SearchStrategy[_Composed]) -> st.SearchStrategy[_Composed]:
    one_side = st.sampled_from(
        [
            "sum({})",
            "max by (pod, on)({})",
            "avg without(le)  ({})",
            "({}) by (pod)",
            "-({})",
            "clamp({}, 0, 1e3)",
            "max_over_time(({})[5m:1m])",
            "({}) offset 5m",
            "({}) > bool 0.5",
            'label_replace({}, "a", "$1{{b}}", "c", "(d)")',
            "{} # m_comment{{\n",
        ]
    )
    two_sides = st.sampled_from(
        ["{} + {}", "({}) / on (pod) group_left(by) ({})", "{} and ignoring(a) {}", "{} or\n{}"]
    )
    return st.one_of(
        st.builds(lambda form, one: (form.format(one[0]), one[1]), one_side, inner),
        st.builds(
            lambda form, one, other: (form.format(one[0], other[0]), one[1] + other[1]),
            two_sides,
            inner,
            inner,
        ),
    )


_QUERY = st.recursive(
    st.one_of(
        st.builds(lambda text: (text, [Selector(text, None)]), _SELECTOR),
        st.builds(
            lambda text, span: (f"rate({text}[{span}])", [Selector(text, span)]), _SELECTOR, _RANGE
        ),
        st.sampled_from([("1.5", []), ("time()", []), ("vector(0)", []), ("NaN", [])]),
    ),
    _wrapped,
    max_leaves=6,
)


@settings(deadline=None)
@given(_QUERY)
def test_every_selector_of_a_composed_query_is_found(composed: _Composed) -> None:
    """Whatever stands around it, and whatever its strings contain."""
    query, expected = composed
    assert selectors(query) == tuple(expected)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    """Nonsense is for Prometheus to refuse."""
    for selector in selectors(text):
        assert selector.text in text
