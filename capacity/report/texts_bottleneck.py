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
    "bottleneck_unwatched": "{text}; no resource of the service was seen, so give the run a "
    "monitor",
    "bottleneck_no_limit": "none: no limit was reached",
    "bottleneck_generator": "not known: the generator itself was the limit, so every figure is a "
    "lower bound",
    "bottleneck_not_measured": "not known: no step can be believed",
    "bottleneck_not_the_cause": "not the cause: {names}",
    "bottleneck_next": "{what} ({reading})",
    "title_bottleneck_named": "{title} (confidence {confidence})",
    "title_bottleneck_unknown": "No resource that was seen explains the limit",
    "title_bottleneck_no_limit": "No limit was reached: no resource ran out",
    "title_bottleneck_generator": "The load generator was the limit, not the service",
    "title_bottleneck_not_measured": "No step can be believed",
    "series_throughput": "throughput, as a shape",
    "series_full": "used up",
    "series_few": "hollow: doubtful step, or few samples",
    "series_turn": "all of the throughput from {load} on",
    "series_first": "moved first: {load}",
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
    "bottleneck_unwatched": "{text}；未观测到服务的任何资源，请为运行配置监控",
    "bottleneck_no_limit": "无：没有达到任何极限",
    "bottleneck_generator": "未知：压测端自身就是极限，因此所有数值都只是下限",
    "bottleneck_not_measured": "未知：没有可信的台阶",
    "bottleneck_not_the_cause": "并非原因：{names}",
    "bottleneck_next": "{what}（{reading}）",
    "title_bottleneck_named": "{title}（置信度：{confidence}）",
    "title_bottleneck_unknown": "已观测的资源都不能解释这一极限",
    "title_bottleneck_no_limit": "未达到极限：没有资源耗尽",
    "title_bottleneck_generator": "极限在压测端，而不在服务",
    "title_bottleneck_not_measured": "没有可信的台阶",
    "series_throughput": "吞吐量（仅示形状）",
    "series_full": "满载线",
    "series_few": "空心：台阶存疑，或样本太少",
    "series_turn": "从{load} 起吞吐量不再增长",
    "series_first": "最先变化：{load}",
    "confidence_high": "高",
    "confidence_medium": "中",
    "confidence_low": "低",
}
