"""How does one picture of a running run look on a terminal? Drawing only: a Picture goes in.

Text is always handed to rich as Text, never as markup, and without control characters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from capacity.model.load import RateLadder
from capacity.model.plan import Purpose, StepPlan
from capacity.model.rules import Judgement, RuleState
from capacity.model.run import Phase, Trust
from capacity.report.console_phase import hold_words, next_words, phase_words
from capacity.report.console_plain import end_line
from capacity.report.console_resources import (
    awaited_line,
    cell,
    column_name,
    reading_of,
    telling_names,
)
from capacity.report.console_state import Current, Picture, Row, closeness
from capacity.report.load_words import show_level
from capacity.report.resource_words import limit_shares, reading_words
from capacity.report.shown import cells, printable, show_p99, show_success
from capacity.report.texts import Language
from capacity.units import format_duration, format_qps, format_ratio

_UNKNOWN = "-"
_BAR_CELLS = 24
# Lines around the rows of the table: header, progress, blanks, sparklines, rules, self, hint.
_LINES_AROUND = 14
_LEAST_ROWS = 3
# What two of the columns are called in an open loop.
_OPEN_LOOP_NAMES = {"C": "rate/s", "TTLB": "resp."}
# Name and least width, so that the table does not move while values change.
_COLUMNS = {
    " ": 1,
    "C": 5,
    "QPS": 7,
    "gain": 6,
    "TTLB": 7,
    "p50": 7,
    "p99": 8,
    "ok": 7,
    "own cpu": 7,
    "valid": 5,
}
_COLUMN_GAP = 2
_RESOURCE_WIDTH = 5
_MOST_RESOURCES = 2
# What makes room on a narrow terminal: the generator has a line of its own, and growth is seen.
_MAY_GO = ("p50", "own cpu", "gain")


@dataclass(frozen=True, slots=True)
class Symbols:
    """The characters that depend on what the terminal can show."""

    full: str
    empty: str
    spark: str
    trusted: str
    doubtful: str
    broken: str
    running: str


UTF8_SYMBOLS = Symbols("█", "░", "▁▂▃▄▅▆▇█", "✓", "?", "✗", "…")
ASCII_SYMBOLS = Symbols("#", ".", "_.-~=+*#", "OK", "??", "NO", "..")


@dataclass(frozen=True, slots=True)
class LiveView:
    """One picture, ready for rich; the number of rows follows the height of the terminal."""

    picture: Picture
    symbols: Symbols

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Header, progress, table, sparklines, rules, ourselves, messages, hint."""
        del console
        picture = self.picture
        names = telling_names(picture.plan, _MOST_RESOURCES)
        rules = _rules(picture.judgements, options.max_width)
        height = options.max_height - _LINES_AROUND - len(names) - max(0, len(rules) - 1)
        rows = [*picture.rows, *([picture.current.row] if picture.current is not None else [])]
        yield _line(_header(picture), "bold")
        yield _line(self._progress(picture))
        yield Text("")
        yield self._table(rows[-max(_LEAST_ROWS, height) :], names, options.max_width)
        climbed = [row for row in rows if row.purpose is Purpose.LADDER]
        yield _line(self._sparklines(climbed, names), "cyan")
        yield Text("")
        yield from (_line(line) for line in rules)
        if picture.current is not None:
            for name in names:
                yield _line(_service(picture, picture.current, name))
            yield _line(_self(picture.current))
        for message in picture.messages:
            yield _line(f" ! {message}", "yellow")
        if picture.end is None:
            yield _line(" Ctrl-C: stop and keep results    twice: abort", "dim")
        else:
            yield _line(f" {end_line(picture.end)}")

    def _progress(self, picture: Picture) -> str:
        current = picture.current
        if picture.awaited is not None:
            return awaited_line(picture.awaited)
        if current is None:
            count = len(picture.rows)
            return f"{count} {'step' if count == 1 else 'steps'} finished"
        plan, is_hold = current.plan, current.phase is Phase.HOLD
        done = [row.purpose for row in picture.rows]
        beside = sum(1 for purpose in done if purpose is not Purpose.LADDER)
        step = phase_words(plan, picture.plan, done, picture.total_steps + beside)
        if current.phase is Phase.DRAIN:
            return f"{step}  waiting for {current.in_flight} answers"
        planned_s = plan.hold_s if is_hold else plan.settle_s
        share = min(1.0, current.elapsed_s / planned_s) if planned_s > 0 else 1.0
        cells = round(share * _BAR_CELLS)
        bar = self.symbols.full * cells + self.symbols.empty * (_BAR_CELLS - cells)
        seconds = hold_words(current.elapsed_s, planned_s, plan.hold_max_s if is_hold else None)
        parts = [step, bar, f"{current.phase.value} {seconds}", _afterwards(picture, plan)]
        return "  ".join(part for part in parts if part)

    def _table(self, rows: list[Row], names: Sequence[str], width: int) -> Table:
        table = Table(box=None, padding=(0, 1), header_style="bold", pad_edge=False)
        is_open = isinstance(self.picture.plan.ladder, RateLadder)
        columns = _fitting(names, width, _widest_mark(rows))
        for name, least in columns.items():
            shown = _OPEN_LOOP_NAMES.get(name, name) if is_open else name
            shown = column_name(name) if name in names else shown
            table.add_column(Text(shown), justify="right", no_wrap=True, min_width=least)
        for row in rows:
            cells = self._cells(row, names)
            style = "bold" if row.trust is None else None
            table.add_row(*(Text(cells[name]) for name in columns), style=style)
        return table

    def _cells(self, row: Row, names: Sequence[str]) -> dict[str, str]:
        latency = row.latency
        return {
            " ": _mark(row),
            "C": _level_cell(row),
            "QPS": _or_unknown(row.qps, format_qps),
            "gain": _UNKNOWN if row.gain is None else f"{row.gain * 100:+.0f}%",
            "TTLB": _UNKNOWN if latency is None else format_duration(latency.mean_s),
            "p50": _UNKNOWN if latency is None else format_duration(latency.p50_s),
            "p99": show_p99(latency) or _UNKNOWN,
            "ok": _or_unknown(row.success_ratio, show_success),
            "own cpu": _or_unknown(row.cpu_ratio, format_ratio),
            "valid": self._trust(row.trust),
            **{name: cell(reading_of(row.resources, name)) for name in names},
        }

    def _trust(self, trust: Trust | None) -> str:
        match trust:
            case None:
                return self.symbols.running
            case Trust.VALID:
                return self.symbols.trusted
            case Trust.SUSPECT:
                return self.symbols.doubtful
            case Trust.INVALID:
                return self.symbols.broken

    def _sparklines(self, rows: list[Row], names: Sequence[str]) -> str:
        qps = sparkline([row.qps for row in rows], self.symbols.spark)
        p99 = sparkline(
            [None if row.latency is None else row.latency.p99_s for row in rows],
            self.symbols.spark,
        )
        told = [f"QPS {qps}", f"p99 {p99}"]
        for name in names:
            readings = [reading_of(row.resources, name) for row in rows]
            worst = [None if reading is None else reading.worst for reading in readings]
            values = [None if member is None else member.value for member in worst]
            told.append(f"{column_name(name)} {sparkline(values, self.symbols.spark)}")
        return f" {'   '.join(told)}"


def _mark(row: Row) -> str:
    """What a row is for, where that is not the ladder; the running one has an arrow."""
    word = "" if row.purpose is Purpose.LADDER else row.purpose.value
    return f"> {word}".rstrip() if row.trust is None else word


def _level_cell(row: Row) -> str:
    """The level; a rate says that it is one where it stands below concurrencies."""
    level = show_level(row.load)
    return f"{level}/s" if row.purpose is Purpose.CONFIRM else level


def _widest_mark(rows: Sequence[Row]) -> int:
    """Room for the longest word of all as soon as there is one, so that nothing moves later."""
    is_plain = all(row.purpose is Purpose.LADDER for row in rows)
    return 1 if is_plain else max(len(f"> {purpose.value}") for purpose in Purpose)


def _fitting(names: Sequence[str], width: int, mark: int) -> dict[str, int]:
    """The columns with their least widths, resources before our own; on 80 columns fewer."""
    columns = {**_COLUMNS, " ": mark}
    valid = columns.pop("valid")
    columns |= dict.fromkeys(names, _RESOURCE_WIDTH)
    columns["valid"] = valid
    for name in _MAY_GO if names or mark > 1 else ():
        needed = sum(max(least, len(name)) for name, least in columns.items())
        if needed + _COLUMN_GAP * (len(columns) - 1) > width:
            del columns[name]
    return columns


def sparkline(values: list[float | None], levels: str) -> str:
    """One character a value, from zero to the highest; a space where there is no value."""
    highest = max((value for value in values if value is not None), default=0.0)
    top = len(levels) - 1
    return "".join(
        " " if value is None else levels[max(0, round(top * value / highest)) if highest > 0 else 0]
        for value in values
    )


def _line(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style, no_wrap=True, overflow="crop")


def _header(picture: Picture) -> str:
    plan = picture.plan
    return f"capacity  {plan.name}  {plan.target.origin}  {plan.engine.value} engine"


def _afterwards(picture: Picture, plan: StepPlan) -> str:
    """What comes next, or of a load that is measured once more what it was suspected of."""
    if plan.purpose is not Purpose.RECHECK:
        return next_words(plan, picture.plan)
    before = [row.suspicion for row in picture.rows if row.load == plan.load and row.suspicion]
    return f"was {before[-1]}" if before else ""


def _rules(judgements: tuple[Judgement, ...], width: int) -> list[str]:
    """Every rule with the value it is judged by; the one nearest to its limit is named.

    As many stand in a line as fit, so that none is cut off.
    """
    known = [(near, j) for j in judgements if (near := closeness(j)) is not None]
    nearest = max(known, key=lambda pair: pair[0])[1] if known else None
    lines: list[str] = []
    for judgement in judgements:
        part = _rule(judgement) + (" (closest)" if judgement is nearest else "")
        longer = f"{lines[-1]}   {part}" if lines else f" rules  {part}"
        if lines and cells(longer) > width:
            lines.append(f"        {part}")
        else:
            lines[-1:] = [longer]
    return lines


def _rule(judgement: Judgement) -> str:
    rule = judgement.rule
    if judgement.state is RuleState.ERROR:
        return f"{rule.metric} not readable"
    if judgement.observed is None or judgement.limit is None:
        return f"{rule.metric} no data yet"
    return f"{rule.metric} {rule.unit.show(judgement.observed)} / {rule.unit.show(judgement.limit)}"


def _service(picture: Picture, current: Current, name: str) -> str:
    """The latest reading of the running step, and whose it is."""
    reading = reading_of(current.row.resources, name)
    label = f" {column_name(name):<7}"
    if reading is None:
        return f"{label} not read yet"
    return f"{label} {reading_words(reading, limit_shares(picture.plan), Language.EN)}"


def _self(current: Current) -> str:
    cpu = _or_unknown(current.row.cpu_ratio, format_ratio)
    return (
        f" self   core cpu {cpu}  in flight {current.in_flight}"
        f"  connections {current.connections_open}"
    )


def _or_unknown(value: float | None, show: Callable[[float], str]) -> str:
    return _UNKNOWN if value is None else show(value)
