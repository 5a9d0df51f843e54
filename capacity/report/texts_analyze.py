"""Which words does an analysis without load have, in English and in Chinese?

A part of the catalogues.
"""

ANALYZE_EN = {
    "analyze_source": "Analysed",
    "analyze_of_run": "{count} steps of the run {file}",
    "analyze_of_steps_csv": "{count} steps of the table {file}",
    "analyze_of_dat": "{count} steps of {file}, four numbers each",
    "analyze_stops": "Limits",
    "analyze_from_source": "its own: {rules}",
    "analyze_from_command_line": "of --stop, in place of its own: {rules}",
    "analyze_from_defaults": "defaults, for it names none: {rules}",
    "analyze_from_none": "none",
    "analyze_no_graphs": "graphs are drawn of runs only: {folder} has the findings alone",
}

ANALYZE_ZH = {
    "analyze_source": "对象",
    "analyze_of_run": "运行 {file} 的 {count} 步",
    "analyze_of_steps_csv": "表格 {file} 的 {count} 步",
    "analyze_of_dat": "{file} 的 {count} 步，每步四个数",
    "analyze_stops": "限值",
    "analyze_from_source": "其自身的规则：{rules}",
    "analyze_from_command_line": "来自 --stop，取代其自身的规则：{rules}",
    "analyze_from_defaults": "默认规则（文件中没有）：{rules}",
    "analyze_from_none": "无",
    "analyze_no_graphs": "只有运行才能绘图：{folder} 中只有分析结果",
}
