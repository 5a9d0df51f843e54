"""How does `capacity run` go from words on a command line to a verdict?

Reads like a table of contents: plan, consent, reachability, climb, findings, reports, exit code.
"""

import asyncio
import importlib
import os
import platform
import sys
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from capacity.analysis.findings import analyze
from capacity.commands.consent import ask_consent
from capacity.commands.demo_process import start_demo_service
from capacity.commands.hooking import make_hooks, refuse_unlisted
from capacity.commands.monitoring import facts_lines, make_monitors
from capacity.commands.preflight import check_descriptors, reachable, resolve, usable_from
from capacity.commands.process import SignalInterrupt, SystemClock
from capacity.commands.results import AnswerForm, print_answer, write_derived
from capacity.commands.run_options import overrides_from, run_options
from capacity.commands.standard_output import say
from capacity.histogram import core_version
from capacity.model.plan import EngineName, RunPlan
from capacity.model.run import Environment
from capacity.profile.describe import plan_lines
from capacity.profile.load import load_plan
from capacity.report.books import books_lines
from capacity.report.console import ConsoleLook, look_of, make_console
from capacity.report.texts import Language, pick_language
from capacity.search.ports import Engine, Monitor
from capacity.search.runner import find_capacity
from capacity.storage.run_folder import RunFolder, check_writable

# Imported by name when chosen: aiohttp alone costs a third of a second.
ENGINES = {
    EngineName.NATIVE: ("capacity.engines.native", "NativeEngine"),
    EngineName.AIOHTTP: ("capacity.engines.aiohttp", "AiohttpEngine"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How the run is shown and stored; none of it changes the load."""

    out: Path
    yes_target: str | None
    form: AnswerForm
    look: ConsoleLook
    language: Language


@click.command("run")
@run_options
@click.option("--dry-run", is_flag=True, help="Show the plan and end; nothing is sent.")
def command(*, dry_run: bool, **options: Any) -> int:
    """Climb WHAT (a profile or a URL) step by step and say what it can take.

    Stops by itself when a --stop rule is broken, names the knee and the largest load that met
    every limit, and writes graphs and data to output/NAME/TIME/.
    """
    plan = load_plan(*overrides_from(options), os.environ)
    if dry_run:
        return _show_plan(plan)
    return asyncio.run(_run(plan, _settings(options)))


@click.command("plan")
@run_options
def plan_command(**options: Any) -> int:
    """Show what `run` would do with the same arguments; nothing is sent."""
    return _show_plan(load_plan(*overrides_from(options), os.environ))


def _show_plan(plan: RunPlan) -> int:
    for line in plan_lines(plan, ()):
        say(line)
    say("nothing was sent")
    return 0


async def _run(plan: RunPlan, settings: Settings) -> int:
    check_writable(settings.out)
    check_descriptors(plan)
    addresses = usable_from(plan.source_addresses, resolve(plan.target))
    ask_consent(
        plan.target.host, addresses, allow_hosts=plan.allow_hosts, yes_target=settings.yes_target
    )
    refuse_unlisted(plan, settings.yes_target)
    with ExitStack() as stack:
        start_demo_service(plan, stack)
        addresses = reachable(plan.target, addresses, plan.source_addresses)
        engine = _make_engine(plan, addresses)
        stack.callback(engine.close)
        console = make_console(settings.look, sys.stderr)
        stack.callback(console.close)
        for line in (*plan_lines(plan, tuple(a for a, _ in addresses)), *engine.notes):
            console.note(line)
        monitors = await make_monitors(plan, stack)
        for line in (line for monitor in monitors for line in facts_lines(monitor.facts)):
            console.note(line)
        engine.start()
        for monitor in monitors:
            monitor.start()
        interrupt = SignalInterrupt()
        interrupt.listen(asyncio.get_running_loop())
        clock = SystemClock()
        environment = _environment(plan, engine, addresses, monitors)
        hooks = make_hooks(plan, clock)
        stack.callback(hooks.close)
        climb = find_capacity(plan, environment, engine, clock, interrupt, monitors, hooks)
        folder = stack.enter_context(RunFolder.create(settings.out, plan.name, clock.unix_s()))
        async with aclosing(climb) as events:
            async for event in events:
                folder.append(event)  # durable before anything else sees it
                console.show(event)
        console.close()
        findings = analyze(folder.run)
        run = folder.finish(findings)
    for line in books_lines(run, settings.language):
        console.note(line)
    derived = write_derived(run, findings, folder.path, settings.language)
    for note in derived.notes:
        click.echo(f"note: {note}", err=True)
    print_answer(
        run, findings, folder.path, derived, language=settings.language, form=settings.form
    )
    return findings.exit_code


def _make_engine(plan: RunPlan, addresses: tuple[tuple[str, int], ...]) -> Engine:
    module, name = ENGINES[plan.engine]
    make = getattr(importlib.import_module(module), name)
    engine: Engine = make(plan, addresses)
    return engine


def _environment(
    plan: RunPlan,
    engine: Engine,
    addresses: tuple[tuple[str, int], ...],
    monitors: tuple[Monitor, ...],
) -> Environment:
    return Environment(
        capacity_version=core_version(),
        core_version=core_version(),
        engine=plan.engine.value,
        engine_notes=engine.notes,
        python_version=platform.python_version(),
        platform=platform.platform(),
        cpu_count=os.cpu_count() or 1,
        addresses=tuple(address for address, _ in addresses),
        monitors=tuple(monitor.facts for monitor in monitors),
    )


def _settings(options: dict[str, Any]) -> Settings:
    form = AnswerForm.VERDICT
    if options["as_json"]:
        form = AnswerForm.JSON
    elif options["quiet"]:
        form = AnswerForm.ONE_LINE
    return Settings(
        out=options["out"],
        yes_target=options["yes_target"],
        form=form,
        look=look_of(
            sys.stderr,
            os.environ,
            quiet=options["quiet"],
            progress=options["progress"],
            no_color=options["no_color"],
            ascii_only=options["ascii_only"],
        ),
        language=pick_language(options["language"], os.environ),
    )
