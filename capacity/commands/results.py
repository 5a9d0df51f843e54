"""What is made of a finished run: graphs, tables and the answer on standard output."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from capacity.commands.standard_output import say
from capacity.model.findings import Findings
from capacity.model.load import RateLadder
from capacity.model.run import Run
from capacity.report.fonts import chart_font
from capacity.report.texts import Language
from capacity.report.verdict import verdict_lines
from capacity.report.writer import WRITERS
from capacity.storage.dat import write_dat


class AnswerForm(StrEnum):
    """How the answer is printed."""

    VERDICT = "verdict"
    ONE_LINE = "one_line"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Derived:
    """The files made from a run, and why some could not be made."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...]


def write_derived(run: Run, findings: Findings, folder: Path, language: Language) -> Derived:
    """Write graphs, steps.csv and the .dat file into `folder`; existing files are an error.

    A climb by rate has no .dat file, and a note says so.
    """
    if not run.steps:
        return Derived((), ("no step was finished, so there is nothing to draw",))
    paths = [path for write in WRITERS.values() for path in write(run, findings, folder, language)]
    notes = [note for note in (chart_font(language).note,) if note is not None]
    if isinstance(run.plan.ladder, RateLadder):
        notes.append("a .dat file has a column for concurrency only, so a climb by rate has none")
    else:
        dat = folder / f"{run.plan.name}.dat"
        write_dat(dat, run.steps)
        paths.append(dat)
    return Derived(tuple(paths), tuple(notes))


def print_answer(
    run: Run,
    findings: Findings,
    folder: Path,
    derived: Derived,
    *,
    language: Language,
    form: AnswerForm,
) -> None:
    """Print the answer on standard output; the JSON form is run.json, as stored in `folder`."""
    if form is AnswerForm.JSON:
        say((folder / "run.json").read_text())
        return
    graphs = ", ".join(path.name for path in derived.paths if path.suffix == ".png")
    place = f"{folder}/ ({graphs})" if graphs else f"{folder}/"
    lines = verdict_lines(run, findings, language, report_place=place)
    for line in lines[:1] if form is AnswerForm.ONE_LINE else lines:
        say(line)
