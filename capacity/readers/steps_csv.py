"""What does a steps.csv say, ours or one that went through a spreadsheet?

Columns are known by their names, so their order and further ones do not matter. An empty cell is
not known. Rules are told by their texts and by whether they held: their values are not in the file.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from pathlib import Path

from capacity.analysis.measure import lost
from capacity.model.load import Arrivals, ClosedLoop, Load, OpenLoop
from capacity.model.measured import Believed, Measured, Steadiness, SteadyState
from capacity.model.plan import Purpose
from capacity.model.rules import Absolute, Judgement, Rule, RuleState
from capacity.model.run import Trust
from capacity.model.snapshot import LatencySummary, Schedule
from capacity.readers.cells import Row
from capacity.readers.steps_file import MAX_STEPS, StepsFile, fault, read_text, too_many
from capacity.units import ms_to_s

MAX_BYTES = 16 * 1024 * 1024
HINT = "name a steps.csv that capacity wrote; its columns are told in output/README.txt"
ONLY_STATES = "the windows of the limits: their values are those of whole holds"
_STATES = {
    "breaches": RuleState.BREACH,
    "held": RuleState.OK,
    "not_judged": RuleState.NO_DATA,
}
_NEEDED = ("concurrency", "qps")

ParseRule = Callable[[str], Rule]


def read_steps_csv(path: Path, parse_rule: ParseRule) -> StepsFile:
    """Every step, in the order in which they ran.

    `parse_rule` reads the text of a rule; ValueError when it cannot.
    """
    steps: list[Measured] = []
    for row in _rows(path, read_text(path, MAX_BYTES)):
        steps.append(_measured(row, len(steps), parse_rule))
        if len(steps) > MAX_STEPS:
            raise too_many(path)
    if not steps:
        raise fault(path, 1, "there is no step in the file", hint=HINT)
    return StepsFile(tuple(steps), (ONLY_STATES,))


def _rows(path: Path, text: str) -> Iterator[Row]:
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        _check_header(path, header)
        for cells in reader:
            if len(cells) not in (0, len(header)):
                detail = f"{len(cells)} cells under {len(header)} columns"
                raise fault(path, reader.line_num, detail, hint=HINT)
            if any(cells):
                yield Row(path, reader.line_num, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise fault(path, reader.line_num, f"is no table: {error}", hint=HINT) from error


def _check_header(path: Path, header: list[str]) -> None:
    lacking = [name for name in _NEEDED if name not in header]
    if lacking and len(header) == 1 and ";" in header[0]:
        raise fault(path, 1, "its columns are separated by semicolons", hint="save it with commas")
    if lacking:
        raise fault(path, 1, f"there is no column {' and no '.join(lacking)}", hint=HINT)


def _measured(row: Row, index: int, parse_rule: ParseRule) -> Measured:
    trust = row.choice("trust", Trust) or Trust.VALID
    ended_early = row.flag("ended_early")
    steadiness = _steadiness(row)
    judgements = tuple(
        _judgement(row, name, text, parse_rule) for name in _STATES for text in row.texts(name)
    )
    is_broken = any(judgement.state is RuleState.BREACH for judgement in judgements)
    believed = _believed(trust, steadiness, judgements, ended_early=ended_early)
    success_ratio = row.share("success_percent")
    return Measured(
        index=index,
        load=_load(row),
        purpose=row.choice("purpose", Purpose) or Purpose.LADDER,
        hold_s=row.number("hold_s"),
        qps=row.number("qps"),
        intervals=(),
        steadiness=steadiness,
        mean_s=_seconds(row, "mean_ms"),
        latency=_latency(row),
        success_ratio=success_ratio,
        judged=_judged(row),
        judgements=judgements,
        believed=believed,
        doubts=row.texts("reasons"),
        is_usable=trust is not Trust.INVALID and (not ended_early or is_broken),
        schedule=_schedule(row),
        steady_qps=row.number("steady_qps"),
        qps_error_ratio=row.ratio("qps_error_percent"),
    )


def _load(row: Row) -> Load:
    rate_qps = row.number("rate_qps")
    if rate_qps is None:
        return ClosedLoop(row.needed_count("concurrency", at_least=1))
    arrivals = row.choice("arrivals", Arrivals)
    if arrivals is None or rate_qps <= 0:
        raise row.wrong("rate_qps", "a rate above 0 with its arrivals beside it")
    return OpenLoop(rate_qps, arrivals, row.needed_count("max_in_flight", at_least=1))


def _schedule(row: Row) -> Schedule | None:
    """What became of planned starts; a closed loop plans none."""
    planned, no_slot = row.count("planned"), row.count("dropped_no_slot")
    late, unstarted = row.count("dropped_late"), row.count("not_started")
    if planned is None or no_slot is None or late is None or unstarted is None:
        return None
    return Schedule(planned, no_slot, late, unstarted)


def _steadiness(row: Row) -> Steadiness | None:
    state = row.choice("steady", SteadyState)
    if state is None:
        return None
    cut_s, extended_s = row.number("cut_s"), row.number("extended_s")
    return Steadiness(state, cut_s or 0.0, None, None, extended_s or 0.0)


def _believed(
    trust: Trust,
    steadiness: Steadiness | None,
    judgements: Sequence[Judgement],
    *,
    ended_early: bool,
) -> Believed:
    if trust is Trust.INVALID:
        return Believed.INVALID
    if ended_early:
        return Believed.CUT_SHORT
    if steadiness is not None and steadiness.state is SteadyState.DRIFTING:
        return Believed.NOT_STEADY
    return Believed.NOT_JUDGED if lost(judgements) else Believed.YES


def _judged(row: Row) -> int | None:
    parts = [row.count(name) for name in ("ok", "failed_target", "failed_network")]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _latency(row: Row) -> LatencySummary | None:
    """The percentiles that the file has; it never has the least latency."""
    count, mean_s = row.count("ok"), _seconds(row, "mean_ms")
    p50_s, max_s = _seconds(row, "p50_ms"), _seconds(row, "max_ms")
    if count is None or mean_s is None or p50_s is None or max_s is None:
        return None
    return LatencySummary(
        count=count,
        mean_s=mean_s,
        min_s=float("nan"),
        max_s=max_s,
        p50_s=p50_s,
        p90_s=_seconds(row, "p90_ms"),
        p95_s=_seconds(row, "p95_ms"),
        p99_s=_seconds(row, "p99_ms"),
        p999_s=_seconds(row, "p999_ms"),
        p99_low_s=_seconds(row, "p99_low_ms"),
        p99_high_s=_seconds(row, "p99_high_ms"),
    )


def _seconds(row: Row, name: str) -> float | None:
    milliseconds = row.number(name)
    return None if milliseconds is None else ms_to_s(milliseconds)


def _judgement(row: Row, name: str, text: str, parse_rule: ParseRule) -> Judgement:
    try:
        rule = parse_rule(text)
    except ValueError as error:
        raise row.wrong(name, f"rules that can be read ({error})") from error
    return Judgement(
        rule=rule,
        state=_STATES[name],
        observed=None,
        limit=rule.limit.value if isinstance(rule.limit, Absolute) else None,
        sample_count=0,
        window_start_s=0.0,
        window_end_s=0.0,
        reason="a steps.csv does not tell the value",
    )
