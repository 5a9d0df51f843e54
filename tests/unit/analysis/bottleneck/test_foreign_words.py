"""Are our monitors' own words told in Chinese, and those of others left as they are?"""

import pytest

from capacity.analysis.bottleneck.foreign_words import both, in_chinese


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("restarts: 0 -> 1", "重启次数：0 -> 1"),
        ("killed for want of memory; restarts: 1", "因内存不足被杀死；重启次数：1"),
        ("ready replicas: 2 -> 5", "就绪副本数：2 -> 5"),
        ("has 2 replicas, wants 5 of at most 5", "现有 2 个副本，期望 5 个，上限 5 个"),
        ("no series has a sample in the step of 30s", "在 30s 的时段内没有样本"),
        ("HTTP 502 from prometheus; try again", "HTTP 502 from prometheus; try again"),
        ("", ""),
    ],
)
def test_fixed_words_are_told_in_chinese(text: str, expected: str) -> None:
    """Part by part; a message of a server is nobody's to translate."""
    assert in_chinese(text) == expected


def test_a_template_has_both() -> None:
    """Each language takes its own."""
    en, zh = both("reason", "no CPU quota is set")
    assert (en.name, en.shown) == ("reason", "no CPU quota is set")
    assert (zh.name, zh.shown) == ("reason_zh", "没有设置 CPU 配额")
