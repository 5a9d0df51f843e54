"""Which words tell of the bottleneck, in English and in Chinese? A part of the catalogues.

The sentences of the evidence are those of the classes themselves.
"""

BOTTLENECK_EN = {
    "bottleneck": "Bottleneck",
    "advice": "Advice",
    "next": "Next test",
    "bottleneck_named": "{title} (confidence {confidence}): {evidence}",
    "bottleneck_generator_named": "{title}, not the service (confidence {confidence}): {evidence}; "
    "every figure is a lower bound",
    "bottleneck_unknown": "not known: nothing that was observed explains the limit",
    "bottleneck_unseen": "{text}; not observed: {names}",
    "bottleneck_no_limit": "none: no limit was reached",
    "bottleneck_generator": "not known: the generator itself was the limit, so every figure is a "
    "lower bound",
    "bottleneck_not_measured": "not known: no step can be believed",
    "bottleneck_not_the_cause": "not the cause: {names}",
    "bottleneck_next": "{what} ({reading})",
    "confidence_high": "high",
    "confidence_medium": "medium",
    "confidence_low": "low",
}

BOTTLENECK_ZH = {
    "bottleneck": "瓶颈",
    "advice": "建议",
    "next": "下一步",
    "bottleneck_named": "{title}（置信度：{confidence}）：{evidence}",
    "bottleneck_generator_named": "{title}，而不是服务（置信度：{confidence}）：{evidence}；"
    "所有数值都只是下限",
    "bottleneck_unknown": "未知：已观测的内容都不能解释这一极限",
    "bottleneck_unseen": "{text}；未观测：{names}",
    "bottleneck_no_limit": "无：没有达到任何极限",
    "bottleneck_generator": "未知：压测端自身就是极限，因此所有数值都只是下限",
    "bottleneck_not_measured": "未知：没有可信的台阶",
    "bottleneck_not_the_cause": "并非原因：{names}",
    "bottleneck_next": "{what}（{reading}）",
    "confidence_high": "高",
    "confidence_medium": "中",
    "confidence_low": "低",
}
