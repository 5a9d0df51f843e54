"""What can be asked of `python -m knee_bench`?"""

import argparse
from collections.abc import Callable, Mapping, Sequence

from numpy.random import Generator

from capacity.model.measured import Measured
from knee_bench import document, stepping, table
from knee_bench.cases import FIRST_TABLE_SEED, draw_case
from knee_bench.model import Answer, Case, Noise
from knee_bench.noise import draw_noise, draw_quiet_noise
from knee_bench.ours import ask_ours
from knee_bench.published import all_beside
from knee_bench.rivals import RIVALS, is_here
from knee_bench.score import Score, score

Method = Callable[[Sequence[Measured]], Answer]

METHODS: Mapping[str, Method] = {"ours": ask_ours, **RIVALS}
_PARTS: Mapping[str, Callable[[Case], str]] = {
    "kind": lambda case: case.curve.kind,
    "grid": lambda case: case.grid,
    "steps": lambda case: f"{len(case.steps):2d} steps",
    "state": lambda case: case.state.value,
}
_CLIMBS_SHARE = 0.7
_WARNING = f"""\
SEEDS FROM {FIRST_TABLE_SEED:,} ARE FOR THE TABLE OF docs/knee.md ONLY.
Tune on seeds below: what was fitted to the table's curves makes the table worthless."""


def main(words: Sequence[str]) -> int:
    """Draw curves, ask the methods, print the table."""
    given = parse(words)
    if given.what != "page" and given.seed + given.curves > FIRST_TABLE_SEED:
        print(_WARNING)
    _COMMANDS[given.what](given)
    return 0


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The command line; ends the process with a message when it cannot be understood."""
    parser = argparse.ArgumentParser(prog="python -m knee_bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=tuple(_COMMANDS), default="knees")
    parser.add_argument("--curves", type=int, default=200, help="how many curves, default 200")
    parser.add_argument("--seed", type=int, default=1, help="that of the first; the rest follow")
    parser.add_argument("--only", choices=sorted(METHODS), help="one method")
    parser.add_argument("--by", choices=sorted(_PARTS), help="a table of each part, too")
    parser.add_argument("--worst", type=int, default=0, help="list the worst cases of N*")
    parser.add_argument("--quiet", action="store_true", help="little noise, as on a quiet machine")
    given = parser.parse_args(words)
    if given.curves < 1 or given.seed < 0:
        parser.error("--curves must be at least 1 and --seed must not be negative")
    return given


def _knees(given: argparse.Namespace) -> None:
    cases = _draw(given.seed, given.curves, draw_quiet_noise if given.quiet else draw_noise)
    names = [given.only] if given.only else [name for name in METHODS if is_here(name)]
    answers = {name: _ask(name, cases) for name in names}
    scores = {name: score(cases, each) for name, each in answers.items()}
    print(table.states_line(cases))
    print(table.plain(table.HEADER, table.rows_of(scores)))
    for name, each in answers.items():
        if given.by:
            print(f"\n{name} by {given.by}")
            parts = parts_of(cases, each, given.by)
            print(table.plain((given.by, *table.PART_HEADER), table.part_rows(parts)))
        if given.worst:
            print(f"\nworst cases of {name}")
            print("\n".join(table.worst_lines(cases, each, given.worst)))


def _draw(seed: int, curves: int, noise_of: Callable[[Generator], Noise]) -> list[Case]:
    return [draw_case(seed + place, noise_of) for place in range(curves)]


def _ask(name: str, cases: Sequence[Case]) -> list[Answer]:
    return [METHODS[name](case.steps) for case in cases]


def parts_of(cases: Sequence[Case], answers: Sequence[Answer], by: str) -> dict[str, Score]:
    """A score for each kind, list of loads, number of steps or state."""
    label = _PARTS[by]
    parts: dict[str, Score] = {}
    for part in sorted({label(case) for case in cases}):
        chosen = [place for place, case in enumerate(cases) if label(case) == part]
        parts[part] = score([cases[i] for i in chosen], [answers[i] for i in chosen])
    return parts


def _stepping(given: argparse.Namespace) -> None:
    parts = _compare(given.curves // len(stepping.CLASSES), given.seed)
    print(table.plain(table.STEPPING_HEADER, table.stepping_rows(parts)))


def _compare(each: int, seed: int) -> dict[str, stepping.Comparison]:
    """Equally many curves of each class."""
    places = range(max(1, each))
    return {
        name: stepping.compare([stepping.duel(seed + place, name) for place in places])
        for name in stepping.CLASSES
    }


def _published(_: argparse.Namespace) -> None:
    print(table.plain(table.PUBLISHED_HEADER, table.published_rows(all_beside())))


def _page(given: argparse.Namespace) -> None:
    """All figures of docs/knee.md, on the seeds that are kept for it."""
    cases = _draw(FIRST_TABLE_SEED, given.curves, draw_noise)
    answers = {name: _ask(name, cases) for name in METHODS if is_here(name)}
    scores = {name: score(cases, each) for name, each in answers.items()}
    quiet = _draw(FIRST_TABLE_SEED, given.curves, draw_quiet_noise)
    scores["ours, on a quiet machine"] = score(quiet, _ask("ours", quiet))
    kinds = parts_of(cases, answers["ours"], "kind")
    grids = parts_of(cases, answers["ours"], "grid")
    climbs = _compare(int(_CLIMBS_SHARE * given.curves) // len(stepping.CLASSES), FIRST_TABLE_SEED)
    sections = {
        "knees": document.knee_section(cases, scores, kinds, grids),
        "stepping": document.stepping_section(climbs, FIRST_TABLE_SEED),
        "published": document.published_section(all_beside()),
    }
    page = document.PAGE.read_text(encoding="utf-8")
    for name, body in sections.items():
        print(f"\n{body}")
        page = document.with_section(page, name, body)
    document.PAGE.write_text(page, encoding="utf-8")
    print(f"\nwritten: docs/{document.PAGE.name}")


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "knees": _knees,
    "stepping": _stepping,
    "published": _published,
    "page": _page,
}
