"""Does text from outside stay text in Markdown?"""

import pytest

from capacity.report.markdown import code_block, escaped, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("shop/api-7f9", "shop/api-7f9"),
        ("_a_b_*c`d`", "\\_a_b\\_\\*c\\`d\\`"),
        ("5.87%", "5.87%"),
        ("-3", "-3"),
        ("---", "\\---"),
        ("1.", "1\\."),
        ("[x](http://evil)", "\\[x\\](http:\\//evil)"),
        ("WWW.evil.example", "WWW\\.evil.example"),
        ("<script>&amp;", "\\<script\\>\\&amp;"),
        ("a|b", "a\\|b"),
        ("ann@shop", "ann\\@shop"),
        ("# heading", "\\# heading"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("12) item", "12\\) item"),
        ("=====", "\\====="),
        ("p99 1. of two", "p99 1. of two"),
        ("one\ntwo\x1b[2J\u202e", "one two\\[2J"),
        ("并发 8 时，98%", "并发 8 时，98%"),
        ("c:\\", "c:\\\\"),
        ("$a$ ~b~ !c {d}", "\\$a\\$ \\~b\\~ \\!c \\{d\\}"),
    ],
)
def test_nothing_in_a_text_is_markdown(text: str, shown: str) -> None:
    """No link, no HTML, no heading, no column of a table comes from a name."""
    assert escaped(text) == shown


def test_a_query_stands_as_it_is_and_cannot_leave_its_block() -> None:
    """Its lines are kept, for a comment ends at one; codes for a terminal are not."""
    assert code_block('sum(a{b="`"})') == ["```", 'sum(a{b="`"})', "```"]
    assert code_block("a # b\nc\x1b[2J") == ["```", "a # b", "c[2J", "```"]
    assert code_block("a\n````\n# out") == ["`````", "a", "````", "# out", "`````"]


def test_a_table_has_words_on_the_left_and_numbers_on_the_right() -> None:
    """The first columns hold words."""
    assert table(("who", "much"), [("a", "1")], words=1) == [
        "| who | much |",
        "| :--- | ---: |",
        "| a | 1 |",
    ]
