"""What is a case of synthetic series, and what does promtool say about it?

The queries come out of the quantities themselves, so that what is tested is what is shipped. An
Expression is evaluated by promtool. Of Samples promtool checks which series are selected and what
they are a share of; their reduction is the monitor's own, on the same samples.
"""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, isnan
from pathlib import Path

from capacity.model.resources import (
    Expression,
    Growth,
    Limit,
    Quantity,
    Reading,
    ReadingState,
    Samples,
)
from capacity.monitors.answers import Answer, Series
from capacity.monitors.evaluate_samples import SamplesAnswer, evaluate_samples, witness_query
from capacity.monitors.members import NOTHING_KNOWN
from capacity.monitors.window import Window

# Samples every 15 s up to the window's end; none lies on its left edge, which Prometheus 3 leaves
# out and 2 does not. The window holds four.
SPACING_S = 15
WINDOW = Window(241.0, 300.0, None)
_PIECE = re.compile(r"(?P<first>[-+.0-9a-z]+?)(?:(?P<step>[-+][.0-9]+))?(?:x(?P<times>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class Case:
    """`series` are lines `metric{labels} values` of promtool; those behind a `-` must not count.

    `want` has the value of each member: by its subject for Samples, by its labels for an
    Expression. `limits` are the labels and values of what Samples are a share of. `says` is a
    part of the reading's reason, and `may_stop` false if its samples are too few for a decision.
    With `has_no_limit` it is known that no limit is set.
    """

    quantity: str
    about: str
    series: Sequence[str]
    want: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    says: str = ""
    may_stop: bool = True
    has_no_limit: bool = False

    @property
    def state(self) -> ReadingState:
        """What the reading must be."""
        if any(not isnan(value) for value in self.want.values()):
            return ReadingState.READ
        return ReadingState.NO_LIMIT if self.has_no_limit else ReadingState.NO_DATA

    @property
    def id(self) -> str:
        """Its name in the test's output."""
        return f"{self.quantity}: {self.about}"


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a case; `counts` is false for one that must not be selected."""

    name: str
    labels: str
    values: str
    counts: bool

    @property
    def samples(self) -> tuple[tuple[float, float], ...]:
        """Time and value of each sample inside the window."""
        made = enumerate(expand(self.values))
        inside = [(float(i * SPACING_S), value) for i, value in made if value is not None]
        return tuple((t, v) for t, v in inside if WINDOW.start_unix_s <= t <= WINDOW.end_unix_s)


def label_pairs(labels: str) -> dict[str, str]:
    """Labels as a mapping; the values have no quotes in them."""
    return dict(re.findall(r'(\w+)="([^"]*)"', labels))


def expand(values: str) -> list[float | None]:
    """The samples of promtool's notation; None where there is none."""
    made: list[float | None] = []
    for piece in values.split():
        match = _PIECE.fullmatch(piece.replace("_", "nan"))
        assert match is not None, piece
        times = int(match["times"] or 0)
        if piece.startswith("_"):
            made += [None] * max(times, 1)
        elif piece == "stale":
            made.append(None)
        else:
            first, step = float(match["first"]), float(match["step"] or 0)
            made += [first + step * index for index in range(times + 1)]
    return made


def lines_of(case: Case) -> list[Line]:
    """The case's series, taken apart."""
    made = []
    for text in case.series:
        match = re.fullmatch(r"(- )?(\w+)(?:\{(.*)\})? +([^{}]+)", text)
        assert match is not None, text
        made.append(Line(match[2], match[3] or "", match[4], counts=match[1] is None))
    return made


def rule_test(case: Case, quantity: Quantity) -> str:
    """The file that promtool reads; JSON is YAML."""
    lines = lines_of(case)
    match quantity.source:
        case Expression(query=query):
            checks = _value_checks(query, case.want)
        case Samples(selector=selector, share_of=whole):
            checks = [_selection_check(selector, lines)]
            match whole:
                case Limit(query=query):
                    checks += _value_checks(query, case.limits)
                case Growth(selector=other):
                    checks.append(_selection_check(other, lines))
        case None:
            raise AssertionError(f"{quantity.name} is not asked of Prometheus")
    group = {
        "interval": f"{SPACING_S}s",
        "input_series": [
            {"series": f"{line.name}{{{line.labels}}}", "values": line.values} for line in lines
        ],
        "promql_expr_test": checks,
    }
    return json.dumps({"rule_files": [], "evaluation_interval": "15s", "tests": [group]})


def _check(query: str, wanted: Mapping[str, float]) -> dict[str, object]:
    length_s = WINDOW.end_unix_s - WINDOW.start_unix_s
    return {
        "expr": query.replace("$window", f"{length_s:.0f}s"),
        "eval_time": f"{WINDOW.end_unix_s:.0f}s",
        "exp_samples": [
            {"labels": f"{{{labels}}}", "value": value} for labels, value in wanted.items()
        ],
    }


def _value_checks(query: str, wanted: Mapping[str, float]) -> list[dict[str, object]]:
    """The numbers, rounded as PromQL rounds them, and how many values are none."""
    numbers = {labels: _rounded(value) for labels, value in wanted.items() if not isnan(value)}
    others = len(wanted) - len(numbers)
    return [
        _check(f"round(({query}) == ({query}), 0.000001)", numbers),
        _check(f"count(({query}) != ({query}))", {"": float(others)} if others else {}),
    ]


def _rounded(value: float) -> float:
    return floor(value * 1e6 + 0.5) / 1e6


def _selection_check(selector: str, lines: Sequence[Line]) -> dict[str, object]:
    counts = {
        line.labels: float(len(line.samples)) for line in _selected(selector, lines) if line.samples
    }
    return _check(f"count_over_time({selector}[$window])", counts)


def _selected(selector: str, lines: Sequence[Line]) -> list[Line]:
    name = selector.partition("{")[0]
    return [line for line in lines if line.counts and line.name == name]


def reading_of(case: Case, quantity: Quantity, source: Samples) -> Reading:
    """What the monitor makes of the series that promtool has found to be the selected ones."""
    lines = lines_of(case)

    def answer(selector: str) -> Answer:
        return Answer(
            tuple(
                Series({"__name__": line.name, **label_pairs(line.labels)}, line.samples)
                for line in _selected(selector, lines)
            )
        )

    whole: Answer | None = None
    match source.share_of:
        case Limit():
            whole = Answer(
                tuple(
                    Series(label_pairs(labels), ((WINDOW.end_unix_s, value),))
                    for labels, value in case.limits.items()
                )
            )
        case Growth(selector=selector):
            whole = answer(selector)
        case None:
            pass  # it is no share
    query = witness_query(source, whole)
    came = SamplesAnswer(answer(source.selector), whole, None if query is None else answer(query))
    return evaluate_samples(quantity, source, WINDOW, came, NOTHING_KNOWN)


def run_promtool(folder: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """What promtool complains about, by the key of the text; one process for all of them."""
    paths = {key: folder / f"case_{index}.yml" for index, key in enumerate(texts)}
    for key, path in paths.items():
        path.write_text(texts[key])
    command = ["promtool", "test", "rules", *map(str, paths.values())]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    parts = re.split(r"^Unit Testing:\s+(\S+)\n", done.stdout, flags=re.MULTILINE)
    said = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {key: said.get(str(path), "promtool did not run it") for key, path in paths.items()}
