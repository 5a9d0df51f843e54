"""How do our own monitors' reasons and details read in a Chinese sentence?

They come as English text. What is fixed in them is told in Chinese; what came from elsewhere, such
as the message of a server, stays as it is.
"""

import re

from capacity.model.bottleneck import Figure

_KNOWN = tuple(
    (re.compile(pattern), zh)
    for pattern, zh in (
        (r"restarts: (.+)", r"重启次数：\1"),
        (r"killed for want of memory", "因内存不足被杀死"),
        (r"out-of-memory events: (.+)", r"内存不足事件：\1"),
        (
            r"(\d+) killed in the control group of its memory limit",
            r"其内存限额的 cgroup 中有 \1 个被杀死",
        ),
        (r"replaced by a new pod of the same name", "被同名的新 Pod 取代"),
        (r"wanted replicas: (.+)", r"期望副本数：\1"),
        (r"ready replicas: (.+)", r"就绪副本数：\1"),
        (r"replicas: (.+)", r"副本数：\1"),
        (r"replicas that the autoscaler wants: (.+)", r"自动扩缩容期望的副本数：\1"),
        (r"became ready", "变为就绪"),
        (r"is no longer ready", "不再就绪"),
        (
            r"has (\d+) replicas, wants (\d+) of at most (\d+)",
            r"现有 \1 个副本，期望 \2 个，上限 \3 个",
        ),
        (r"has (\d+) replicas, wants (\d+)", r"现有 \1 个副本，期望 \2 个"),
        (r"no CPU quota is set", "没有设置 CPU 配额"),
        (r"no limit is set for (.+)", r"\1 没有设置限额"),
        (r"no series, as without a limit", "没有序列，就像没有限额时一样"),
        (r"no series has a sample in the (?:step of|last) (.+)", r"在 \1 的时段内没有样本"),
        (
            r"it had samples before, but none in the (?:step of|last) (.+)",
            r"之前有样本，但在 \1 的时段内没有",
        ),
        (
            r"the query has no series in the (?:step of|last) (.+)",
            r"在 \1 的时段内查询没有返回序列",
        ),
        (r"it was not read", "没有读取"),
        (r"the series is empty", "序列为空"),
    )
)


def in_chinese(text: str) -> str:
    """The text with each part that is known told in Chinese."""
    parts = [_part(part) for part in text.split("; ")]
    return "; ".join(parts) if parts == text.split("; ") else "；".join(parts)


def both(name: str, text: str) -> tuple[Figure, Figure]:
    """Figures for a template: `{name}` in the English one, `{name_zh}` in the Chinese one."""
    return Figure(name, text), Figure(f"{name}_zh", in_chinese(text))


def _part(text: str) -> str:
    for pattern, zh in _KNOWN:
        match = pattern.fullmatch(text)
        if match is not None:
            return match.expand(zh)
    return text
