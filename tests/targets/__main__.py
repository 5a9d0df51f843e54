"""How well is the bottleneck named where it is known? `python -m tests.targets`.

Real services on loopback, each with one bottleneck, in short runs of the command. A run in which
this machine was the limit is no answer; it is told as void and tried again.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.lab.lab import Lab, lab
from tests.targets.confusion import table
from tests.targets.page import write_page
from tests.targets.play import Play, play
from tests.targets.record import record
from tests.targets.registry import TARGETS, target
from tests.targets.score import Outcome, Score, deviants, outcome
from tests.targets.target import Target

_ATTEMPTS = 3
# What is not known is an answer, too.
_NOT_KEPT = (Outcome.WRONG, Outcome.VOID)
_PAGE = Path("docs/bottlenecks.md")


def main(words: Sequence[str]) -> int:
    """Play the zoo, print its table; 0 when every bar is held."""
    asked = _parse(words)
    targets = [target(name) for name in asked.names] or [*TARGETS]
    ways = [True, False] if asked.blind else [True]
    playable = [one for one in targets if _is_playable(one)]
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder), is_plain=True) as parts:
        keeper = _Keeper(parts, asked.out, asked.record)

        def every(one: Target) -> list[Play]:
            numbers = range(asked.repetitions)
            return [
                found
                for number in numbers
                for is_watched in ways
                for found in keeper.plays(one, number, is_watched=is_watched)
            ]

        with ThreadPoolExecutor(asked.side_by_side) as pool:
            plays = [found for several in pool.map(every, playable) for found in several]
    score = Score(playable, plays)
    _say(table(score))
    misses = score.misses()
    _say("\n".join(["", *(f"missed: {miss}" for miss in misses)]) if misses else "all bars held")
    if asked.page:
        write_page(_PAGE, table(score))
    return 1 if misses else 0


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.targets", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--blind", action="store_true", help="each also with its monitors off")
    parser.add_argument("--record", type=Path, metavar="DIR", help="keep runs as golden input")
    parser.add_argument("--page", action="store_true", help=f"write the table into {_PAGE}")
    parser.add_argument("--side-by-side", type=int, default=1, metavar="N")
    parser.add_argument("--out", type=Path, default=Path("build/zoo"))
    return parser.parse_args(words)


def _is_playable(one: Target) -> bool:
    reason = one.why_not()
    if reason is not None:
        _say(f"{one.name}: not played, {reason}")
    return reason is None


@dataclass(frozen=True, slots=True)
class _Keeper:
    """What is the same for every run: the lab, and where results go."""

    parts: Lab
    out: Path
    kept: Path | None

    def plays(self, one: Target, number: int, *, is_watched: bool) -> list[Play]:
        """One run and, while this machine was the limit, another; each is told at once."""
        plays: list[Play] = []
        for attempt in range(_ATTEMPTS):
            way = "watched" if is_watched else "blind"
            folder = self.out / f"{one.name}-{way}-{number}-{attempt}"
            shutil.rmtree(folder, ignore_errors=True)
            found = play(one, self.parts, folder, is_watched=is_watched)
            plays.append(found)
            self._tell(one, found)
            if not found.void_because:
                break
        if self.kept is not None and outcome(one, plays[-1]) not in _NOT_KEPT:
            record(plays[-1], self.kept)
        return plays

    def _tell(self, one: Target, found: Play) -> None:
        judged = outcome(one, found)
        sure = f" ({found.confidence})" if found.confidence else ""
        others = f", then {', '.join(found.others)}" if found.others else ""
        lines = [
            f"{one.name:<20} {'watched' if found.is_watched else 'blind':<8} {judged:<8} "
            f"{found.named}{sure}{others}; exit {found.exit_code}, {found.duration_s:.0f} s",
            *([f"    void: {found.void_because}"] if found.void_because else []),
            *(
                f"    {off.figure} {off.told:g}, instruments {off.seen:g} ({off.ratio:+.1%})"
                for off in deviants(found)
            ),
        ]
        if judged is Outcome.WRONG:
            lines.append(f"    in truth {one.kind}; {found.run_json}")
        _say("\n".join(lines))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
