"""How is the answer drawn again from steps that were kept, with other limits, without load?"""

import os
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import click

from capacity.analysis.bottleneck.diagnosis import diagnose
from capacity.analysis.findings import EXIT_NO_CAPACITY, EXIT_NOT_VALID, EXIT_OK, analyze_steps
from capacity.analysis.missing import WHOLE_HOLDS
from capacity.analysis.rejudge import rejudge
from capacity.commands.analyze_source import Source, SourceKind, read_source
from capacity.commands.output_folder import OutputFolder, check_folder, write_new
from capacity.commands.results import write_derived
from capacity.commands.standard_output import say
from capacity.commands.stop_rules import stop_rules
from capacity.model.findings import Capacity, Findings
from capacity.model.rules import Rule
from capacity.profile.rule_text import DEFAULT_STOPS
from capacity.readers.steps_csv import ONLY_STATES
from capacity.report.analysed import analysed_lines, not_valid_lines
from capacity.report.steps_csv_resources import quantities_of
from capacity.report.texts import Language, pick_language
from capacity.report.texts import say as say_in
from capacity.report.verdict import findings_lines, verdict_lines
from capacity.storage.encoding import json_text
from capacity.storage.findings import Analysed, findings_json
from capacity.units import Unit

FINDINGS_FILE = "findings.json"
# What four columns can be held against.
_KNOWN_IN_DAT = ("error_rate", "gain")


class StopsFrom(StrEnum):
    """Whose limits the steps are held against."""

    SOURCE = "source"
    COMMAND_LINE = "command_line"
    DEFAULTS = "defaults"
    NONE = "none"


@click.command("analyze")
@click.argument("path", metavar="X", type=click.Path(path_type=Path))
@click.option(
    "--stop",
    "stops",
    multiple=True,
    metavar="RULE",
    help="A limit in place of all of its own, held against whole holds; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option(
    "-o",
    "--out",
    type=OutputFolder(),
    metavar="DIR",
    help="Write findings.json there, and of a run graphs and tables; default: nothing is written.",
)
@click.option(
    "--lang", "language", type=click.Choice(["auto", "en", "zh"]), default="auto", show_default=True
)
def command(
    *, path: Path, stops: tuple[str, ...], as_json: bool, out: Path | None, language: str
) -> int:
    """Draw the answer again from X, without load.

    X is a run folder, a run.json, a steps.csv, or a .dat file with the columns concurrency, QPS,
    mean_ms and success_percent. Nothing is ever overwritten.
    """
    picked = pick_language(language, os.environ)
    source = read_source(path)
    stops_from, rules = limits_of(source, stops)
    findings = findings_of(source, rules, stops_from)
    code = _exit_code(findings)
    analysed = Analysed(
        kind=source.kind.value,
        file=str(path),
        step_count=len(source.steps),
        stops_from=stops_from.value,
        stops=tuple(rule.text for rule in rules),
    )
    text = json_text(findings_json(findings, analysed, code))
    if out is not None:
        _write(source, findings, text, out, picked)
    if as_json:
        say(text.removesuffix("\n"))
        return code
    for line in _lines(source, findings, analysed, out or path, picked):
        say(line)
    return code


def limits_of(source: Source, stops: Sequence[str]) -> tuple[StopsFrom, tuple[Rule, ...]]:
    """The limits of --stop take the place of all others; a .dat file has none of its own."""
    if stops:
        return StopsFrom.COMMAND_LINE, stop_rules(stops, _units(source))
    if source.kind is SourceKind.DAT:
        rules = stop_rules(DEFAULT_STOPS, {})
        return StopsFrom.DEFAULTS, tuple(rule for rule in rules if rule.metric in _KNOWN_IN_DAT)
    return (StopsFrom.SOURCE if source.rules else StopsFrom.NONE), source.rules


def _units(source: Source) -> dict[str, Unit]:
    """The resources that a limit can be about: what the run read, or a table names."""
    named = {rule.metric: rule.resource_unit for rule in source.rules}
    units = {name: unit for name, unit in named.items() if unit is not None}
    return units if source.run is None else quantities_of(source.run) | units


def findings_of(source: Source, rules: tuple[Rule, ...], stops_from: StopsFrom) -> Findings:
    """What its steps say when they are held against these limits."""
    is_new = stops_from in (StopsFrom.COMMAND_LINE, StopsFrom.DEFAULTS)
    steps = rejudge(source.steps, rules) if is_new else source.steps
    missing = source.missing
    if is_new:
        missing = (*(words for words in missing if words != ONLY_STATES), WHOLE_HOLDS)
    found = analyze_steps(
        steps,
        is_rate_ladder=source.is_rate_ladder,
        end=source.end,
        rules=rules,
        search=source.search,
        missing=missing,
    )
    if source.run is None:
        return found
    return replace(found, diagnosis=diagnose(source.run, found.knee, found.capacity))


def _exit_code(findings: Findings) -> int:
    """How the run was ended is no matter here; whether there is an answer is."""
    if findings.exit_code == EXIT_NOT_VALID:
        return EXIT_NOT_VALID
    return EXIT_OK if isinstance(findings.capacity, Capacity) else EXIT_NO_CAPACITY


def _lines(
    source: Source, findings: Findings, analysed: Analysed, place: Path, language: Language
) -> tuple[str, ...]:
    head = analysed_lines(
        language,
        kind=analysed.kind,
        file=analysed.file,
        step_count=analysed.step_count,
        stops_from=analysed.stops_from,
        rules=analysed.stops,
    )
    if source.run is None:
        return (*head, *_not_valid(source, language), *findings_lines(findings, language))
    folder = place if place.is_dir() else place.parent
    return (*head, *verdict_lines(source.run, findings, language, report_place=f"{folder}/"))


def _not_valid(source: Source, language: Language) -> tuple[str, ...]:
    """Of a table it is known when the generator was the limit."""
    end = source.end
    if end is None or end.step_index is None:
        return ()
    return not_valid_lines(language, end.detail, source.steps[end.step_index].load)


def _write(source: Source, findings: Findings, text: str, out: Path, language: Language) -> None:
    check_folder(out)
    write_new(out / FINDINGS_FILE, text)
    if source.run is None:
        click.echo(f"note: {say_in(language, 'analyze_no_graphs', folder=f'{out}/')}", err=True)
        return
    for note in write_derived(source.run, findings, out, language).notes:
        click.echo(f"note: {note}", err=True)
