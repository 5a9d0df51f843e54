"""Which words do people read, in English and in Chinese?

Only sentences and labels: metric names, rules, reasons from the run and the keys of files are
English everywhere. A test keeps keys and fields of both catalogues equal.
"""

from collections import ChainMap
from collections.abc import Mapping
from enum import StrEnum

from capacity.errors import UsageError
from capacity.report.texts_analyze import ANALYZE_EN, ANALYZE_ZH
from capacity.report.texts_bottleneck import BOTTLENECK_EN, BOTTLENECK_ZH
from capacity.report.texts_bottleneck_page import BOTTLENECK_PAGE_EN, BOTTLENECK_PAGE_ZH
from capacity.report.texts_check import CHECK_EN, CHECK_ZH
from capacity.report.texts_hooks import HOOKS_EN, HOOKS_ZH
from capacity.report.texts_paths import PATHS_EN, PATHS_ZH
from capacity.report.texts_resources import RESOURCES_EN, RESOURCES_ZH
from capacity.report.texts_verdict import VERDICT_EN, VERDICT_ZH


class Language(StrEnum):
    """A language that has a catalogue."""

    EN = "en"
    ZH = "zh"


_EN = {
    # Loads within the sentences below.
    "load_closed": "{levels} concurrent",
    "load_open": "{levels}/s planned",
    "step_for": "{load}, {purpose}",
    "purpose_recheck": "recheck",
    "purpose_refine": "refine",
    "purpose_verify": "verify",
    "purpose_confirm": "confirm",
    "purpose_recovery": "recovery",
    # Books.
    "books": "Books of each hold",
    "books_all": "all",
    "books_balance": "{started} started = {ok} ok + {failed} failed + {cut} cut",
    "books_broken": "{started} started, but {ok} ok + {failed} failed + {cut} cut = {ended}",
    "books_planned": "{planned} planned = {started} started + {no_slot} without a slot + "
    "{late} too late + {not_started} stopped",
    "books_planned_broken": "{planned} planned, but {started} started + {no_slot} without a slot + "
    "{late} too late + {not_started} stopped = {made}",
    # Graphs.
    "title_knee": "Knee near {knee} concurrent, saturates at {qps} requests/s",
    "title_not_reached": "No knee up to {load}: {qps} requests/s and still growing",
    "title_below_range": "Saturated from the first step on: {qps} requests/s",
    "title_peak": "{qps} requests/s at {load}; too few steps for a knee",
    "title_unclear": "{qps} requests/s at {load}; the steps scatter too much for a knee",
    "title_open_loop": "{qps} requests/s at {load}, the highest rate that met every limit",
    "title_open_loop_none": "No rate met every limit; the most was {qps} requests/s at {load}",
    "title_none": "No good answer in a step that can be believed",
    "title_not_valid": "Not valid: {title}",
    "title_success_all": "Every request succeeded, up to {last}",
    "title_success_least": "Lowest success rate {success} at {load}",
    "title_success_none": "No request could be judged",
    "axis_concurrency": "Concurrency (requests in flight, log scale)",
    "axis_rate": "Planned starts per second (log scale)",
    "axis_qps": "QPS (good answers per second)",
    "axis_ttlb": "Time to last byte (ms)",
    "axis_response": "Response time from the planned start (ms)",
    "axis_success": "Share of requests (%)",
    "series_qps": "QPS (left)",
    "series_mean": "TTLB mean (right)",
    "series_p99": "TTLB P99 (right)",
    "series_planned": "planned (left)",
    "series_response_mean": "response mean (right)",
    "series_response_p99": "response P99 (right)",
    "series_service_p99": "service P99, from the send (right)",
    "series_success": "success rate",
    "series_doubtful": "hollow: doubtful or invalid step",
    "series_fit": "fitted curve, 90% band",
    "series_ladder": "measured again later",
    "series_refine": "step that fills a gap",
    "series_recheck": "measured again",
    "series_verify": "verification",
    "series_recovery": "afterwards, at light load",
    "mark_knee": "knee {knee}{range}",
    "mark_n95": "95% of {qps} qps at {n95}{range}",
    "mark_capacity": "capacity {qps} qps{range} at {load}",
    "mark_capacity_bound": "capacity at least {qps} qps{range} at {load}",
    "mark_limit": "limits hold up to {largest}",
    "mark_confirm": "planned starts at {rate}/s",
    "mark_confirm_doubted": "planned starts at {rate}/s: invalid",
    "mark_confirm_p99": "planned starts at {rate}/s, P99 {p99}",
    "mark_stop": "stopped: {reason}",
    "inset_title": "99 to 100 %",
    "note_missing": "no good answer at {levels}",
    "caption": "{loop}, hold {hold} per step, {origin}, run {run_id}",
    "loop_closed": "closed loop",
    "loop_constant": "open loop, evenly spaced starts",
    "loop_poisson": "open loop, Poisson starts",
    "reason_ladder": "every step was climbed",
    "reason_fuse": "a fuse",
    "reason_generator": "the generator was the limit",
    "reason_target_down": "no request succeeded",
    "reason_metrics_lost": "the data of a rule were missing",
    "reason_budget": "the time given was used up",
    "reason_interrupted": "Ctrl-C",
    "reason_terminated": "SIGTERM",
    "reason_not_finished": "the run was killed",
    "family_conn": "no connection",
    "family_tls": "TLS",
    "family_timeout": "time-out",
    "family_broken": "connection broken",
    "family_proto": "not valid HTTP",
    "family_http": "HTTP status",
    "family_check": "check failed",
    # Notes.
    "font_missing": "no installed font can draw Chinese, so the graphs are in English; "
    "install one, for example the package fonts-noto-cjk",
}

_ZH = {
    "load_closed": "并发 {levels}",
    "load_open": "计划速率 {levels}/s",
    "step_for": "{load}，{purpose}",
    "purpose_recheck": "重测",
    "purpose_refine": "补充",
    "purpose_verify": "复核",
    "purpose_confirm": "确认",
    "purpose_recovery": "恢复",
    "books": "各台阶的账目",
    "books_all": "合计",
    "books_balance": "发出 {started} = 成功 {ok} + 失败 {failed} + 截断 {cut}",
    "books_broken": "发出 {started}，但成功 {ok} + 失败 {failed} + 截断 {cut} = {ended}",
    "books_planned": "计划 {planned} = 发出 {started} + 无空位 {no_slot} + 过迟 {late} + "
    "停止 {not_started}",
    "books_planned_broken": "计划 {planned}，但发出 {started} + 无空位 {no_slot} + 过迟 {late} + "
    "停止 {not_started} = {made}",
    "title_knee": "拐点约在并发 {knee}，饱和于每秒 {qps} 个请求",
    "title_not_reached": "直到{load} 未见拐点：每秒 {qps} 个请求，仍在增长",
    "title_below_range": "从第一个台阶起已饱和：每秒 {qps} 个请求",
    "title_peak": "{load} 时每秒 {qps} 个请求；台阶太少，无法判断拐点",
    "title_unclear": "{load} 时每秒 {qps} 个请求；波动太大，无法判断拐点",
    "title_open_loop": "{load} 时每秒 {qps} 个请求，为满足全部限制的最高速率",
    "title_open_loop_none": "没有速率满足全部限制；最多为{load} 时每秒 {qps} 个请求",
    "title_none": "可信的台阶中没有成功的响应",
    "title_not_valid": "无效：{title}",
    "title_success_all": "直到{last} 全部请求成功",
    "title_success_least": "最低成功率 {success}，出现在{load}",
    "title_success_none": "没有可判定的请求",
    "axis_concurrency": "并发数（在途请求数，对数坐标）",
    "axis_rate": "每秒计划发起数（对数坐标）",
    "axis_qps": "每秒请求数 QPS（成功响应）",
    "axis_ttlb": "末字节时间 TTLB（毫秒）",
    "axis_response": "自计划发起起的响应时间（毫秒）",
    "axis_success": "请求占比（%）",
    "series_qps": "QPS（左轴）",
    "series_mean": "TTLB 平均值（右轴）",
    "series_p99": "TTLB P99（右轴）",
    "series_planned": "计划（左轴）",
    "series_response_mean": "响应时间平均值（右轴）",
    "series_response_p99": "响应时间 P99（右轴）",
    "series_service_p99": "服务时间 P99，自发送起（右轴）",
    "series_success": "成功率",
    "series_doubtful": "空心：存疑或无效的台阶",
    "series_fit": "拟合曲线，90% 带",
    "series_ladder": "后来重新测量",
    "series_refine": "补充的台阶",
    "series_recheck": "重新测量",
    "series_verify": "复核",
    "series_recovery": "随后的轻负载",
    "mark_knee": "拐点 {knee}{range}",
    "mark_n95": "{qps} qps 的 95%：{n95}{range}",
    "mark_capacity": "容量 {qps} qps{range}，{load}",
    "mark_capacity_bound": "容量至少 {qps} qps{range}，{load}",
    "mark_limit": "满足限制直到{largest}",
    "mark_confirm": "计划速率 {rate}/s",
    "mark_confirm_doubted": "计划速率 {rate}/s：无效",
    "mark_confirm_p99": "计划速率 {rate}/s，P99 {p99}",
    "mark_stop": "停止：{reason}",
    "inset_title": "99 至 100 %",
    "note_missing": "{levels} 没有成功的响应",
    "loop_closed": "闭环",
    "loop_constant": "开环，等间隔发起",
    "loop_poisson": "开环，泊松到达",
    "caption": "{loop}，每个台阶测量 {hold}，{origin}，运行 {run_id}",
    "reason_ladder": "所有台阶均已完成",
    "reason_fuse": "触及保险上限",
    "reason_generator": "压测机达到极限",
    "reason_target_down": "没有请求成功",
    "reason_metrics_lost": "规则所需的监控数据缺失",
    "reason_budget": "给定的时间已用完",
    "reason_interrupted": "Ctrl-C",
    "reason_terminated": "SIGTERM",
    "reason_not_finished": "进程被杀死",
    "family_conn": "无法连接",
    "family_tls": "TLS",
    "family_timeout": "超时",
    "family_broken": "连接中断",
    "family_proto": "HTTP 格式错误",
    "family_http": "HTTP 状态码",
    "family_check": "检查未通过",
    "font_missing": "没有已安装的字体能显示中文，图表改用英文；"
    "请安装一种，例如软件包 fonts-noto-cjk",
}

_PARTS_EN = (
    VERDICT_EN,
    BOTTLENECK_EN,
    BOTTLENECK_PAGE_EN,
    RESOURCES_EN,
    CHECK_EN,
    ANALYZE_EN,
    PATHS_EN,
    HOOKS_EN,
)
_PARTS_ZH = (
    VERDICT_ZH,
    BOTTLENECK_ZH,
    BOTTLENECK_PAGE_ZH,
    RESOURCES_ZH,
    CHECK_ZH,
    ANALYZE_ZH,
    PATHS_ZH,
    HOOKS_ZH,
)

CATALOGUES: Mapping[Language, Mapping[str, str]] = {
    Language.EN: dict(ChainMap(_EN, *_PARTS_EN)),
    Language.ZH: dict(ChainMap(_ZH, *_PARTS_ZH)),
}


def say(language: Language, key: str, **fields: object) -> str:
    """The text of `key` with its fields filled in."""
    return CATALOGUES[language][key].format(**fields)


def pick_language(option: str, environ: Mapping[str, str]) -> Language:
    """`en`, `zh`, or `auto`: the first of LC_ALL, LC_MESSAGES and LANG that is set decides."""
    if option != "auto":
        try:
            return Language(option)
        except ValueError:
            raise UsageError(
                f"--lang: there is no language {option!r}", hint="use auto, en or zh"
            ) from None
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value:
            return Language.ZH if value.lower().startswith("zh") else Language.EN
    return Language.EN
