"""How is it said in Chinese what the source of the steps lacks?

The findings say it in English, for the files; a sentence that is not known here stays English.
"""

import re

from capacity.report.texts import Language

_CHINESE = {
    "the seconds of each hold: how sure a throughput is, is known from its scatter about the "
    "curve alone": "各台阶逐秒的数据：吞吐的误差只能由各点相对曲线的离散程度得知",
    "percentiles of the latency: no limit on them can be judged": "延迟分位数：无法判定相关限值",
    "the share of requests that succeeded": "请求的成功率",
    "limits: none was judged, so only where throughput stops growing bounds the capacity": (
        "限值：没有判定任何限值，容量只由吞吐不再增长之处界定"
    ),
    "the windows of the limits: they are judged over whole holds": (
        "限值的时间窗口：按整个测量期判定"
    ),
    "the windows of the limits: their values are those of whole holds": (
        "限值的时间窗口：其数值取自整个测量期"
    ),
    "whether failed answers are in the QPS: files of other tools count them as well": (
        "QPS 是否包含失败的响应：其他工具的文件会计入它们"
    ),
}
_WITH_FACTS = (
    (r"the numbers of lines (.+), which are left out", "第 {} 行的数值，已略去"),
    (
        r"the success at (.+) concurrent, which was below 0 % and is read as 0 %",
        "并发 {} 处的成功率，低于 0 %，按 0 % 计",
    ),
    (r"(.+) could not be judged in any step: (.*)", "规则 {} 在所有台阶都无法判定：{}"),
)


def missing_in(language: Language, words: str) -> str:
    """What is missing, in this language."""
    if language is Language.EN:
        return words
    for pattern, chinese in _WITH_FACTS:
        found = re.fullmatch(pattern, words)
        if found is not None:
            return chinese.format(*found.groups())
    return _CHINESE.get(words, words)
