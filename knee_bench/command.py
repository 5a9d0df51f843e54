"""What can be asked of `python -m knee_bench`?"""

import argparse
from collections.abc import Callable, Mapping, Sequence

from capacity.model.measured import Measured
from knee_bench import stepping, table
from knee_bench.cases import FIRST_TABLE_SEED, draw_case
from knee_bench.model import Answer, Case
from knee_bench.ours import ask_ours
from knee_bench.score import Score, score

Method = Callable[[Sequence[Measured]], Answer]

METHODS: Mapping[str, Method] = {"ours": ask_ours}
_WARNING = f"""\
SEEDS FROM {FIRST_TABLE_SEED:,} ARE FOR THE TABLE OF docs/knee.md ONLY.
Tune on seeds below: what was fitted to the table's curves makes the table worthless."""


def main(words: Sequence[str]) -> int:
    """Draw curves, ask the methods, print the table."""
    parser = argparse.ArgumentParser(prog="python -m knee_bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("knees", "stepping"), default="knees")
    parser.add_argument("--curves", type=int, default=200, help="how many curves, default 200")
    parser.add_argument(
        "--seed", type=int, default=1, help="the seed of the first; the rest follow"
    )
    parser.add_argument("--only", choices=sorted(METHODS), help="one method")
    parser.add_argument("--by", choices=sorted(_PARTS), help="a table of each kind or grid, too")
    parser.add_argument("--worst", type=int, default=0, help="list the worst cases of N*")
    given = parser.parse_args(words)
    if given.seed + given.curves > FIRST_TABLE_SEED:
        print(_WARNING)
    return _stepping(given) if given.what == "stepping" else _knees(given)


def _knees(given: argparse.Namespace) -> int:
    cases = [draw_case(given.seed + place) for place in range(given.curves)]
    methods = {given.only: METHODS[given.only]} if given.only else METHODS
    answers = {name: [ask(case.steps) for case in cases] for name, ask in methods.items()}
    print(table.states_line(cases))
    print(table.plain(table.HEADER, table.rows_of(_scores(cases, answers))))
    if given.by:
        _print_parts(given.by, cases, answers)
    for name in methods if given.worst else ():
        print(f"\nworst cases of {name}")
        print("\n".join(table.worst_lines(cases, answers[name], given.worst)))
    return 0


_PARTS: Mapping[str, Callable[[Case], str]] = {
    "kind": lambda case: case.curve.kind,
    "grid": lambda case: case.grid,
    "steps": lambda case: f"{len(case.steps):2d} steps",
}


def _stepping(given: argparse.Namespace) -> int:
    """So many curves in all, equally many of each class."""
    each = max(1, given.curves // len(stepping.CLASSES))
    parts = {
        name: stepping.compare([stepping.duel(given.seed + place, name) for place in range(each)])
        for name in stepping.CLASSES
    }
    print(table.plain(table.STEPPING_HEADER, table.stepping_rows(parts)))
    return 0


def _scores(cases: Sequence[Case], answers: Mapping[str, Sequence[Answer]]) -> dict[str, Score]:
    return {name: score(cases, given) for name, given in answers.items()}


def _print_parts(by: str, cases: Sequence[Case], answers: Mapping[str, Sequence[Answer]]) -> None:
    label = _PARTS[by]
    for name, given in answers.items():
        parts: dict[str, Score] = {}
        for part in sorted({label(case) for case in cases}):
            chosen = [place for place, case in enumerate(cases) if label(case) == part]
            parts[part] = score([cases[i] for i in chosen], [given[i] for i in chosen])
        print(f"\n{name} by {by}")
        print(table.plain(("curves", *table.HEADER), _with_counts(parts)))


def _with_counts(parts: Mapping[str, Score]) -> list[tuple[str, ...]]:
    rows = table.rows_of(parts)
    return [(str(part.curves), *row) for part, row in zip(parts.values(), rows, strict=True)]
