"""What did `capacity analyze X` name: a run, a steps.csv or a .dat, and what is in it?"""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from capacity.analysis.measure import measure
from capacity.analysis.rejudge import rejudge
from capacity.commands.stop_rules import stored_rule
from capacity.errors import StorageError
from capacity.files import read_start
from capacity.model.load import OpenLoop
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose, SearchPlan
from capacity.model.rules import Judgement, Rule
from capacity.model.run import EndReason, Run, RunEnd
from capacity.readers.dat import read_dat
from capacity.readers.steps_csv import read_steps_csv
from capacity.storage.run_folder import read_run

_HEAD_BYTES = 4096
_NOTHING_PLANNED = SearchPlan()


class SourceKind(StrEnum):
    """What the steps were read from."""

    RUN = "run"
    STEPS_CSV = "steps_csv"
    DAT = "dat"


@dataclass(frozen=True, slots=True)
class Source:
    """The steps of X, whatever it is, and the rules that they were judged by.

    `missing` is what only the reader of the file knows to be absent; `run` is there for a run.
    `search` says which steps were to follow the ladder, which a file does not tell;
    `end` is why the climb went no higher, as far as that is known.
    """

    kind: SourceKind
    path: Path
    steps: tuple[Measured, ...]
    rules: tuple[Rule, ...]
    missing: tuple[str, ...] = ()
    run: Run | None = None
    search: SearchPlan = _NOTHING_PLANNED
    end: RunEnd | None = None

    @property
    def is_rate_ladder(self) -> bool:
        """Whether the steps planned their starts, as the first one did."""
        return bool(self.steps) and isinstance(self.steps[0].load, OpenLoop)


def read_source(path: Path) -> Source:
    """Read X; its content decides what it is, not its name."""
    kind = _kind_of(path)
    if kind is SourceKind.RUN:
        run = read_run(path)
        steps = tuple(measure(step) for step in run.steps)
        search = run.plan.search
        return Source(kind, path, steps, run.plan.rules, run=run, search=search, end=run.end)
    if kind is SourceKind.STEPS_CSV:
        found = read_steps_csv(path, stored_rule)
        rules = _rules_of(found.steps)
        steps = _with_values(found.steps, rules)
        return Source(kind, path, steps, rules, found.missing, end=_end_of(steps))
    found = read_dat(path)
    return Source(kind, path, found.steps, (), found.missing)


def _kind_of(path: Path) -> SourceKind:
    if path.is_dir():
        return SourceKind.RUN
    try:
        head = read_start(path, _HEAD_BYTES)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be read: {error.strerror or error}",
            hint="name a run folder, its run.json, a steps.csv or a .dat file",
        ) from error
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return SourceKind.RUN
    first_line = text.partition(b"\n")[0]
    is_table = not first_line.startswith(b"#") and any(mark in first_line for mark in b",;")
    return SourceKind.STEPS_CSV if is_table else SourceKind.DAT


def _rules_of(steps: tuple[Measured, ...]) -> tuple[Rule, ...]:
    """Every rule that some step was judged by, in the order of the file."""
    rules = {judgement.rule.text: judgement.rule for step in steps for judgement in step.judgements}
    return tuple(rules.values())


def _end_of(steps: tuple[Measured, ...]) -> RunEnd | None:
    """The generator, where the climb went no higher than a step that cannot be believed."""
    climbed = [step for step in steps if step.purpose in (Purpose.LADDER, Purpose.RECHECK)]
    if not climbed or climbed[-1].breaches or climbed[-1].believed is not Believed.INVALID:
        return None
    last = climbed[-1]
    return RunEnd(EndReason.GENERATOR, "; ".join(last.doubts), None, last.index)


def _with_values(steps: tuple[Measured, ...], rules: tuple[Rule, ...]) -> tuple[Measured, ...]:
    """The steps, their judgements with the values of whole holds where these say the same."""
    anew = zip(steps, rejudge(steps, rules), strict=True)
    return tuple(
        replace(step, judgements=tuple(_valued(told, again.judgements) for told in step.judgements))
        for step, again in anew
    )


def _valued(told: Judgement, again: tuple[Judgement, ...]) -> Judgement:
    """A window may have broken what the whole hold did not: then its value is not known."""
    same = (one for one in again if one.rule == told.rule and one.state is told.state)
    return next(same, told)
