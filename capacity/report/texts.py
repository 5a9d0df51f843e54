"""Which words do people read, in English and in Chinese?

Only sentences and labels: metric names, rules, reasons from the run and the keys of files are
English everywhere. A test keeps keys and fields of both catalogues equal.
"""

from collections.abc import Mapping
from enum import StrEnum

from capacity.errors import UsageError
from capacity.report.texts_check import CHECK_EN, CHECK_ZH
from capacity.report.texts_resources import RESOURCES_EN, RESOURCES_ZH


class Language(StrEnum):
    """A language that has a catalogue."""

    EN = "en"
    ZH = "zh"


_EN = {
    # Loads within the sentences below.
    "load_closed": "{levels} concurrent",
    "load_open": "{levels}/s planned",
    # Verdict: label, then the sentence.
    "capacity": "Capacity",
    "capacity_found": "{qps} qps at {load} ({evidence}); beyond it: {rule}",
    "capacity_bound": "at least {qps} qps at {load} ({evidence}): "
    "no limit was met, so this is a lower bound",
    "capacity_none": "none: {detail}",
    "none_no_step": "no step was finished",
    "none_limit_broken": "the first step, {load}, already broke a limit: {fact}",
    "none_not_believed": "the first step, {load}, cannot be believed: {fact}",
    "none_cut_short": "the first step, {load}, was cut short",
    "none_not_steady": "the first step, {load}, was still drifting at its end",
    "none_not_judged": "the first step, {load}, could not be judged by {fact}",
    "evidence_p99": "p99 {p99}",
    "evidence_response": "p99 {p99} from the planned start, {service_p99} from the send",
    "evidence_no_p99": "p99 needs {needs} samples, has {has}",
    "evidence_success": "success {success}",
    "knee": "Knee",
    "knee_found": "{knee} concurrent ({low}-{high}), saturated at {qps} qps",
    "knee_too_few_steps": "not named: too few believable steps",
    "knee_not_reached": "not reached: throughput was still growing at {last}",
    "knee_below_range": "below {first}: throughput was flat from the first step on",
    "knee_unclear": "not named: the steps scatter too much to tell a bend from noise",
    "knee_open_loop": "not named: a knee is a number of requests in flight, and these steps set a "
    "rate; climb with -c to find it",
    "peak": "Peak",
    "peak_found": "{qps} qps at {load}",
    "peak_none": "none: no good answer in a step that can be believed",
    "stopped": "Stopped",
    "stopped_rule": "at {last} by the rule {rule} (it was {observed})",
    "stopped_errors": "at {last} by the rule {rule} (it was {observed}: {errors})",
    "stopped_dropped": "at {last} by the rule {rule} (it was {observed}: the service left none of "
    "{slots} slots free)",
    "stopped_rule_between": "after {last} by the rule {rule}",
    "stopped_ladder": "after {last}: every step was climbed, no rule fired",
    "stopped_fuse": "after {last}: {detail}",
    "stopped_generator": "the generator, not the service, was the limit at {last}",
    "stopped_target_down": "after {last}: {detail}",
    "stopped_metrics_lost": "after {last}: {detail}",
    "stopped_budget": "after {last}: the time given was used up ({detail})",
    "stopped_interrupted": "after {last} by Ctrl-C; finished steps are kept",
    "stopped_terminated": "after {last} by SIGTERM; finished steps are kept",
    "stopped_not_finished": "after {last}: the run was killed; finished steps are kept",
    "stopped_no_step": "before the first step was finished: {detail}",
    "valid": "Valid",
    "valid_all": "all {count} steps can be believed",
    "remarks": "Remarks",
    "remarks_some": "{doubtful} of {count} steps are doubtful (at {levels}); at {where}: {reason}",
    "not_valid": "Not valid",
    "not_valid_reason": "{reason} (at {levels}); the service may do better than this",
    "not_valid_no_step": "no step was finished",
    "warnings": "Warnings",
    "warnings_join": "; ",
    "warnings_soft": "{count} requests lost to a connection that was just being closed",
    "warnings_rejected": "{count} rejects (429 or 503)",
    "report": "Report",
    "stall": "Stall",
    "stall_seen": "at {load} nothing at all was answered for {gap} (stalls: {share} of the hold, "
    "{overlapping} requests in flight); the percentiles of a closed loop hide that",
    "failures": "Failures",
    "failures_seen": "at {load} {kind} {count}x, first {first} into the hold, last {last}",
    "failures_example": "; the first: {facts}",
    "sample_status": "status {status}",
    "sample_no_status": "no status",
    "sample_bytes": "{count} bytes",
    "sample_after": "after {latency}",
    "sample_not_sent": "not sent",
    "sample_reused": "on a used connection",
    "sample_fresh": "on a new connection",
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
    "title_knee": "Knee near {knee} concurrent: {qps} requests/s",
    "title_not_reached": "No knee up to {last}: {qps} requests/s and still growing",
    "title_below_range": "Saturated from the first step on: {qps} requests/s",
    "title_peak": "{qps} requests/s at {load}; too few steps for a knee",
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
    "mark_knee": "knee {knee} ({low}-{high})",
    "mark_capacity": "capacity {qps} qps at {load}",
    "mark_capacity_bound": "capacity at least {qps} qps at {load}",
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
    "capacity": "容量",
    "capacity_found": "{load} 时 {qps} qps（{evidence}）；再往上：{rule}",
    "capacity_bound": "{load} 时至少 {qps} qps（{evidence}）：未触及任何限制，此为下限",
    "capacity_none": "无：{detail}",
    "none_no_step": "没有完成任何台阶",
    "none_limit_broken": "第一个台阶（{load}）就已触及限制：{fact}",
    "none_not_believed": "第一个台阶（{load}）不可信：{fact}",
    "none_cut_short": "第一个台阶（{load}）被提前结束",
    "none_not_steady": "第一个台阶（{load}）到结束时仍未稳定",
    "none_not_judged": "第一个台阶（{load}）无法判定：{fact}",
    "evidence_p99": "p99 {p99}",
    "evidence_response": "p99 自计划发起起 {p99}，自发送起 {service_p99}",
    "evidence_no_p99": "p99 需要 {needs} 个样本，只有 {has} 个",
    "evidence_success": "成功率 {success}",
    "knee": "拐点",
    "knee_found": "并发 {knee}（{low}-{high}），饱和于 {qps} qps",
    "knee_too_few_steps": "无法给出：可信的台阶太少",
    "knee_not_reached": "未达到：{last} 时吞吐量仍在增长",
    "knee_below_range": "低于{first}：吞吐量从第一个台阶起就不再增长",
    "knee_unclear": "无法给出：各台阶波动太大，无法区分拐点与噪声",
    "knee_open_loop": "不给出：拐点是在途请求数，而这些台阶设定的是速率；用 -c 爬升可找到拐点",
    "peak": "峰值",
    "peak_found": "{load} 时 {qps} qps",
    "peak_none": "无：可信的台阶中没有成功的响应",
    "stopped": "停止",
    "stopped_rule": "在{last} 处触发规则 {rule}（实测 {observed}）",
    "stopped_errors": "在{last} 处触发规则 {rule}（实测 {observed}：{errors}）",
    "stopped_dropped": "在{last} 处触发规则 {rule}（实测 {observed}：{slots} 个槽位全部在等响应）",
    "stopped_rule_between": "在{last} 之后触发规则 {rule}",
    "stopped_ladder": "{last} 之后：所有台阶均已完成，没有规则触发",
    "stopped_fuse": "{last} 之后：{detail}",
    "stopped_generator": "{last} 处达到极限的是压测机，而不是被测服务",
    "stopped_target_down": "{last} 之后：{detail}",
    "stopped_metrics_lost": "{last} 之后：{detail}",
    "stopped_budget": "{last} 之后：给定的时间已用完（{detail}）",
    "stopped_interrupted": "{last} 之后被 Ctrl-C 中断；已完成的台阶均已保存",
    "stopped_terminated": "{last} 之后被 SIGTERM 终止；已完成的台阶均已保存",
    "stopped_not_finished": "{last} 之后进程被杀死；已完成的台阶均已保存",
    "stopped_no_step": "第一个台阶完成之前：{detail}",
    "valid": "有效",
    "valid_all": "全部 {count} 个台阶可信",
    "remarks": "有保留",
    "remarks_some": "{count} 个台阶中有 {doubtful} 个存疑（{levels}）；{where}：{reason}",
    "not_valid": "无效",
    "not_valid_reason": "{reason}（{levels}）；服务的实际能力可能更高",
    "not_valid_no_step": "没有完成任何台阶",
    "warnings": "警告",
    "warnings_join": "；",
    "warnings_soft": "{count} 个请求因连接恰好被关闭而丢失",
    "warnings_rejected": "{count} 个请求被拒绝（429 或 503）",
    "report": "报告",
    "stall": "停顿",
    "stall_seen": "{load} 时有 {gap} 没有任何响应（停顿占测量时间 {share}，当时在途 {overlapping} "
    "个请求）；闭环的百分位数看不出这一点",
    "failures": "失败",
    "failures_seen": "{load} 时 {kind} {count} 次，首次在测量开始后 {first}，末次 {last}",
    "failures_example": "；首例：{facts}",
    "sample_status": "状态码 {status}",
    "sample_no_status": "无状态码",
    "sample_bytes": "{count} 字节",
    "sample_after": "历时 {latency}",
    "sample_not_sent": "未发出",
    "sample_reused": "复用的连接",
    "sample_fresh": "新连接",
    "books": "各台阶的账目",
    "books_all": "合计",
    "books_balance": "发出 {started} = 成功 {ok} + 失败 {failed} + 截断 {cut}",
    "books_broken": "发出 {started}，但成功 {ok} + 失败 {failed} + 截断 {cut} = {ended}",
    "books_planned": "计划 {planned} = 发出 {started} + 无空位 {no_slot} + 过迟 {late} + "
    "停止 {not_started}",
    "books_planned_broken": "计划 {planned}，但发出 {started} + 无空位 {no_slot} + 过迟 {late} + "
    "停止 {not_started} = {made}",
    "title_knee": "拐点约在并发 {knee}：每秒 {qps} 个请求",
    "title_not_reached": "直到{last} 未见拐点：每秒 {qps} 个请求，仍在增长",
    "title_below_range": "从第一个台阶起已饱和：每秒 {qps} 个请求",
    "title_peak": "{load} 时每秒 {qps} 个请求；台阶太少，无法判断拐点",
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
    "mark_knee": "拐点 {knee}（{low}-{high}）",
    "mark_capacity": "容量 {qps} qps，{load}",
    "mark_capacity_bound": "容量至少 {qps} qps，{load}",
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

CATALOGUES: Mapping[Language, Mapping[str, str]] = {
    Language.EN: _EN | RESOURCES_EN | CHECK_EN,
    Language.ZH: _ZH | RESOURCES_ZH | CHECK_ZH,
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
