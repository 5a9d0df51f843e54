"""What do the four columns of wrktest.sh say: `concurrency QPS mean_ms success_percent`?

Blanks between, no header, lines that begin with `#` are comments. A line that the script writes
for a failed step, blanks and `-nan`, is left out and told. A file that holds anything else is
refused with the line, so that nobody gets a curve from the wrong file.
"""

import re
from pathlib import Path

from capacity.model.load import ClosedLoop
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose
from capacity.readers.steps_file import (
    MAX_STEPS,
    StepsFile,
    fault,
    is_measured,
    read_text,
    too_many,
)
from capacity.units import ms_to_s

MAX_BYTES = 1024 * 1024
HINT = "a .dat file has the columns: concurrency QPS mean_ms success_percent"
WHICH_ANSWERS = "whether failed answers are in the QPS: files of other tools count them as well"
_NAMES = ("concurrency", "QPS", "mean_ms", "success_percent")
_MAX_NAMED = 5
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
_NOT_A_NUMBER = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def read_dat(path: Path) -> StepsFile:
    """Every step of a .dat file, ascending; equal concurrencies stay in their order."""
    text = read_text(path, MAX_BYTES)
    rows: list[tuple[int, float, float, float]] = []
    left_out: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split()
        if not cells or cells[0].startswith("#"):
            continue
        if any(_NOT_A_NUMBER.fullmatch(cell) for cell in cells):
            left_out.append(number)
            continue
        rows.append(_row(path, number, cells))
        if len(rows) > MAX_STEPS:
            raise too_many(path)
    if not rows:
        raise fault(path, 1, "there is no step in the file", hint=HINT)
    rows.sort(key=lambda row: row[0])
    steps = tuple(_measured(index, *row) for index, row in enumerate(rows))
    return StepsFile(steps, (WHICH_ANSWERS, *_told(left_out, rows)))


def _row(path: Path, number: int, cells: list[str]) -> tuple[int, float, float, float]:
    if len(cells) != len(_NAMES):
        raise fault(path, number, f"{len(cells)} columns instead of {len(_NAMES)}", hint=HINT)
    if _COUNT.fullmatch(cells[0]) is None or int(cells[0]) < 1:
        raise fault(
            path, number, f"concurrency must be a whole number from 1, not {cells[0]!a}", hint=HINT
        )
    qps, mean_ms, success_percent = (
        _number(path, number, name, cell) for name, cell in zip(_NAMES[1:], cells[1:], strict=True)
    )
    for name, value in (("QPS", qps), ("mean_ms", mean_ms)):
        if value < 0:
            raise fault(path, number, f"{name} must be 0 or more, not {value:g}", hint=HINT)
    if success_percent > 100:
        detail = f"success_percent must be at most 100, not {success_percent:g}"
        raise fault(path, number, detail, hint=HINT)
    return int(cells[0]), qps, mean_ms, success_percent


def _number(path: Path, number: int, name: str, cell: str) -> float:
    value = float(cell) if _NUMBER.fullmatch(cell) else None
    if value is None or not is_measured(value):
        shown = cell if len(cell) <= 40 else f"{cell[:40]}..."
        raise fault(path, number, f"{name} must be a number, not {shown!a}", hint=HINT)
    return value


def _measured(
    index: int, concurrency: int, qps: float, mean_ms: float, success_percent: float
) -> Measured:
    return Measured(
        index=index,
        load=ClosedLoop(concurrency),
        purpose=Purpose.LADDER,
        hold_s=None,
        qps=qps,
        intervals=(),
        steadiness=None,
        # A printed zero is how a tool without samples says that it has none.
        mean_s=ms_to_s(mean_ms) if mean_ms > 0 else None,
        latency=None,
        # The script subtracts socket errors from answers: with more of them it is below zero.
        success_ratio=max(success_percent, 0.0) / 100,
        judged=None,
        judgements=(),
        believed=Believed.YES,
        doubts=(),
        is_usable=True,
    )


def _told(left_out: list[int], rows: list[tuple[int, float, float, float]]) -> tuple[str, ...]:
    below = [concurrency for concurrency, _, _, success_percent in rows if success_percent < 0]
    told = (
        (left_out, "the numbers of lines {}, which are left out"),
        (below, "the success at {} concurrent, which was below 0 % and is read as 0 %"),
    )
    return tuple(words.format(_some(numbers)) for numbers, words in told if numbers)


def _some(numbers: list[int]) -> str:
    more = len(numbers) - _MAX_NAMED
    shown = ", ".join(str(number) for number in numbers[:_MAX_NAMED])
    return shown if more <= 0 else f"{shown} and {more} more"
