"""How are graphs and tables made again from a run folder, without load?"""

import os
from pathlib import Path

import click

from capacity.analysis.findings import analyze
from capacity.commands.output_folder import OutputFolder, check_folder
from capacity.commands.results import AnswerForm, print_answer, write_derived
from capacity.report.books import books_lines
from capacity.report.texts import pick_language
from capacity.storage.run_folder import read_run


@click.command("report")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=OutputFolder(),
    metavar="DIR",
    help="Where the files go; default: into RUN, or RUN/report-N when it has them already.",
)
@click.option(
    "--lang", "language", type=click.Choice(["auto", "en", "zh"]), default="auto", show_default=True
)
def command(*, run_folder: Path, out: Path | None, language: str) -> int:
    """Draw graphs and tables again from RUN, a run folder or its run.json.

    A run that was killed is drawn from its finished steps. Nothing is ever overwritten.
    """
    run = read_run(run_folder)
    findings = analyze(run)
    source = run_folder if run_folder.is_dir() else run_folder.parent
    folder = _free_folder(source) if out is None else out
    check_folder(folder)
    picked = pick_language(language, os.environ)
    derived = write_derived(run, findings, folder, picked)
    for line in books_lines(run, picked):
        click.echo(line, err=True)
    for note in derived.notes:
        click.echo(f"note: {note}", err=True)
    print_answer(run, findings, folder, derived, language=picked, form=AnswerForm.VERDICT)
    return 0


def _free_folder(run_folder: Path) -> Path:
    """The run's own folder if nothing was drawn there yet, else a new one inside it."""
    if not (run_folder / "steps.csv").exists():
        return run_folder
    number = 1
    while (folder := run_folder / f"report-{number}").exists():
        number += 1
    return folder
