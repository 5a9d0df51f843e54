"""How often does the tool find what servers of known capacity carry? `python -m tests.known`.

Real servers on loopback, `capacity run URL -d 5s` with everything else left alone. A run in which
the tool said that this machine was its limit is no answer; it is counted apart and tried again.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.known.services import KNOWN, Known
from tests.known.trial import Range, Trial, measured_path_s, play

_ENOUGH_RATIO = 0.9
_ATTEMPTS = 4


def main(words: Sequence[str]) -> int:
    """Play the runs, print the table; 0 when 9 of 10 runs are right for each server."""
    asked = _parse(words)
    servers = [KNOWN[name] for name in asked.servers]
    rounds = [(known, number) for number in range(asked.runs) for known in servers]
    bench = _Bench(asked.hold, asked.out, measured_path_s())
    _say(f"the way there and back: {1e6 * bench.path_s:.0f} us by wrk")
    with ThreadPoolExecutor(asked.side_by_side) as pool:
        found = list(pool.map(lambda one: bench.trials(*one), rounds))
    is_right = True
    _say(f"{'server':<9} {'truth':>15}   {'runs':>4} {'void':>4}  capacity  knee inside  seconds")
    for known in servers:
        trials = [trial for played in found for trial in played if trial.server == known.name]
        is_right &= bench.row(known, trials)
    return 0 if is_right else 1


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.known", description=__doc__)
    parser.add_argument("servers", nargs="*", default=list(KNOWN), metavar="SERVER")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--hold", default="5s")
    parser.add_argument("--side-by-side", type=int, default=1, metavar="N")
    parser.add_argument("--out", type=Path, default=Path("build/known"))
    return parser.parse_args(words)


@dataclass(frozen=True, slots=True)
class _Bench:
    """What is the same for every run: the hold, where results go, and the way there and back."""

    hold: str
    out: Path
    path_s: float

    def trials(self, known: Known, number: int) -> list[Trial]:
        """One run and, while this machine was the limit, another; each is told at once."""
        trials: list[Trial] = []
        for attempt in range(_ATTEMPTS):
            name = f"{known.name}-{number}-{attempt}"
            trial = play(known, "-d", self.hold, out=self.out / name)
            trials.append(trial)
            self._tell(known, trial, name)
            if not trial.is_void:
                break
        return trials

    def row(self, known: Known, trials: Sequence[Trial]) -> bool:
        """Print the row of a server; whether enough of its runs are right."""
        valid = [trial for trial in trials if not trial.is_void]
        capacity = sum(trial.is_capacity_right(known) for trial in valid)
        knee = sum(trial.is_knee_inside(known, self.path_s) for trial in valid)
        seconds = sum(trial.duration_s for trial in valid) / max(len(valid), 1)
        _say(
            f"{known.name:<9} {known.capacity_qps:>7.1f}/s {known.knee_with(self.path_s):>5.2f}   "
            f"{len(valid):>4} {len(trials) - len(valid):>4}  {capacity:>5}/{len(valid):<3} "
            f"{knee:>6}/{len(valid):<5} {seconds:>7.0f}"
        )
        return bool(valid) and min(capacity, knee) >= _ENOUGH_RATIO * len(valid)

    def _tell(self, known: Known, trial: Trial, name: str) -> None:
        kept = json.dumps(asdict(trial), indent=1, ensure_ascii=False)
        (self.out / f"{name}.json").write_text(kept, encoding="utf-8")
        wrong = [
            word
            for word, is_right in (
                ("capacity", trial.is_capacity_right(known)),
                ("knee", trial.is_knee_inside(known, self.path_s)),
            )
            if not is_right
        ]
        state = f"wrong: {' and '.join(wrong)}" if wrong else "right"
        lines = [
            f"{name}: {'void' if trial.is_void else state}; "
            f"capacity {_text(trial.capacity)} of {known.capacity_qps:.1f}, "
            f"knee {_text(trial.knee)} of {known.knee_with(self.path_s):.2f}; "
            f"{', '.join(trial.checks)}; {trial.end}, exit {trial.exit_code}, "
            f"{trial.duration_s:.0f} s, {trial.missed} requests apart",
            *(f"    {step}" for step in trial.steps),
        ]
        _say("\n".join(lines))


def _text(found: Range | None) -> str:
    return "none" if found is None else f"{found.value:.2f} ({found.low:.2f}..{found.high:.2f})"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
