"""On which side of the edge is the limit? Two finished runs are compared, without load."""

import os
from pathlib import Path

import click

from capacity.analysis.findings import EXIT_NO_CAPACITY, EXIT_NOT_VALID, EXIT_OK
from capacity.analysis.paths import PathSource, compare_paths, is_comparable, role_of_second
from capacity.commands.analyze import findings_of, limits_of
from capacity.commands.analyze_source import read_source
from capacity.commands.output_folder import OutputFolder, check_folder, write_new
from capacity.commands.standard_output import say
from capacity.errors import UsageError
from capacity.model.paths import PathComparison, PathVerdict, SecondRole
from capacity.report.charts import save_png
from capacity.report.charts_paths import paths_figure
from capacity.report.fonts import chart_font
from capacity.report.texts import Language, pick_language
from capacity.report.verdict_paths import paths_lines, paths_table
from capacity.storage.encoding import json_text
from capacity.storage.paths import paths_json

PATHS_FILE = "paths.json"
PATHS_GRAPH = "paths_qps_p50.png"
_EXIT_CODES = {
    PathVerdict.INCONCLUSIVE: EXIT_NO_CAPACITY,
    PathVerdict.GENERATOR: EXIT_NOT_VALID,
}


@click.command("compare-paths")
@click.argument("outside", metavar="OUTSIDE", type=click.Path(path_type=Path))
@click.argument("inside", metavar="INSIDE", type=click.Path(path_type=Path))
@click.option(
    "--second",
    type=click.Choice(["auto", "inside", "baseline"]),
    default="auto",
    show_default=True,
    help="What INSIDE is: the same request straight to the service, or one that costs it "
    "nothing (/healthz). auto: a baseline if only the request differs.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@click.option(
    "-o",
    "--out",
    type=OutputFolder(),
    metavar="DIR",
    help="Write paths.json and a graph there; default: nothing is written.",
)
@click.option(
    "--lang", "language", type=click.Choice(["auto", "en", "zh"]), default="auto", show_default=True
)
def command(
    *, outside: Path, inside: Path, second: str, as_json: bool, out: Path | None, language: str
) -> int:
    """Say on which side of the edge the limit is, and what the way costs.

    OUTSIDE and INSIDE are finished runs of one service, through the edge and straight to it: run
    folders, run.json, steps.csv or .dat. Exit code 0 with an answer, 4 without, 5 when the
    generator was the limit of a run and what it reached does not decide.
    """
    picked = pick_language(language, os.environ)
    first, other = _source(outside), _source(inside)
    if outside.resolve() == inside.resolve() or (first.run and first.run == other.run):
        raise UsageError(
            f"{outside} and {inside} are the same run",
            hint="name a run through the edge and one straight to the service",
        )
    if not is_comparable(first, other):
        raise UsageError(
            f"{outside} and {inside} cannot be compared: one sets a concurrency, one a rate",
            hint="make both runs with --concurrency, or both with --rate",
        )
    role = role_of_second(first.run, other.run) if second == "auto" else SecondRole(second)
    comparison = compare_paths(first, other, role)
    code = _EXIT_CODES.get(comparison.verdict, EXIT_OK)
    text = json_text(paths_json(comparison, code))
    if out is not None:
        _write(comparison, text, out, picked)
    if as_json:
        say(text.removesuffix("\n"))
        return code
    for line in (*paths_lines(comparison, picked), *paths_table(comparison, picked)):
        say(line)
    return code


def _source(path: Path) -> PathSource:
    source = read_source(path)
    stops_from, rules = limits_of(source, ())
    return PathSource(str(path), source.steps, findings_of(source, rules, stops_from), source.run)


def _write(comparison: PathComparison, text: str, out: Path, language: Language) -> None:
    check_folder(out)
    write_new(out / PATHS_FILE, text)
    if not comparison.outside.curve and not comparison.inside.curve:
        click.echo("note: no step can be believed, so there is nothing to draw", err=True)
        return
    save_png(paths_figure(comparison, language), out / PATHS_GRAPH)
    note = chart_font(language).note
    if note is not None:
        click.echo(f"note: {note}", err=True)
