"""Which words tell of profile and logs at the limit? A part of the catalogues, both languages."""

HOOKS_EN = {
    "purpose_profile": "profile",
    "series_profile": "while its code was watched",
    "profile": "Profile",
    "profile_taken": "{name} is the hottest function, {flat} of {samples} samples{cores} "
    "at {load}; see {file}",
    "profile_cores": ", {cores} cores busy",
    "profile_failed": "none: {reason}",
    "logs": "Logs",
    "logs_taken": "{files}",
    "logs_failed": "{name} failed: {reason}",
    "page_profile": "Where the service spent its time",
    "page_profile_failed": "There is no profile: {reason}.",
    "page_profile_taken": "A profile of {seconds} at {load}, {samples} samples{cores}. The raw "
    "file is {file}. The numbers of that step are no answer: watching slows a service down.",
    "page_profile_taken_unknown": "A profile at {load}, {samples} samples. The raw file is {file}. "
    "The numbers of that step are no answer: watching slows a service down.",
    "page_profile_flat": "Hottest by their own time",
    "page_profile_cumulative": "Hottest with what they call",
    "page_function": "function",
    "page_flat": "own time",
    "page_cumulative": "with what it calls",
    "page_logs": "Logs at the end of the climb",
    "page_log_taken": "{name}: {file}, {size}{notes}",
    "page_log_cut": ", the end of a longer one",
    "page_log_redacted": ", with secrets taken out in {count} places",
    "page_log_failed": "{name}: {reason}",
}

HOOKS_ZH = {
    "purpose_profile": "剖析",
    "series_profile": "剖析代码时",
    "profile": "剖析",
    "profile_taken": "{load} 时最热的函数是 {name}，占 {samples} 个样本的 {flat}{cores}；见 {file}",
    "profile_cores": "，占用 {cores} 个核",
    "profile_failed": "无：{reason}",
    "logs": "日志",
    "logs_taken": "{files}",
    "logs_failed": "{name} 失败：{reason}",
    "page_profile": "服务的时间花在哪里",
    "page_profile_failed": "没有剖析结果：{reason}。",
    "page_profile_taken": "在{load} 时剖析 {seconds}，共 {samples} 个样本{cores}。"
    "原始文件为 {file}。该台阶的数字不计入结果：剖析会拖慢服务。",
    "page_profile_taken_unknown": "在{load} 时剖析，共 {samples} 个样本。原始文件为 {file}。"
    "该台阶的数字不计入结果：剖析会拖慢服务。",
    "page_profile_flat": "按自身耗时最热的函数",
    "page_profile_cumulative": "按含被调用者耗时最热的函数",
    "page_function": "函数",
    "page_flat": "自身",
    "page_cumulative": "含被调用者",
    "page_logs": "爬升结束时的日志",
    "page_log_taken": "{name}：{file}，{size}{notes}",
    "page_log_cut": "，仅保留末尾",
    "page_log_redacted": "，{count} 处机密已隐去",
    "page_log_failed": "{name}：{reason}",
}
