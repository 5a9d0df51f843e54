"""Which words tell of the bottleneck, in English and in Chinese? A part of the catalogues.

The sentences of the evidence are those of the classes themselves.
"""

BOTTLENECK_EN = {
    "bottleneck": "Bottleneck",
    "bottleneck_named": "{title} (confidence {confidence}): {evidence}",
    "bottleneck_unknown": "not known: nothing that was observed explains the limit",
    "bottleneck_no_limit": "none: no limit was reached",
    "bottleneck_generator": "not known: the generator itself was the limit",
    "bottleneck_not_measured": "not known: no step can be believed",
    "confidence_high": "high",
    "confidence_medium": "medium",
    "confidence_low": "low",
}

BOTTLENECK_ZH = {
    "bottleneck": "瓶颈",
    "bottleneck_named": "{title}（置信度：{confidence}）：{evidence}",
    "bottleneck_unknown": "未知：已观测的内容都不能解释这一极限",
    "bottleneck_no_limit": "无：没有达到任何极限",
    "bottleneck_generator": "未知：压测端自身就是极限",
    "bottleneck_not_measured": "未知：没有可信的台阶",
    "confidence_high": "高",
    "confidence_medium": "中",
    "confidence_low": "低",
}
