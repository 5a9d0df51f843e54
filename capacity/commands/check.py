"""What would stand in the way of a run? Everything that can be found out without load.

Reads like a table of contents: profile, this machine, target, Prometheus, resources, process.
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from capacity.commands.check_machine import item_of_error, machine_items, read_machine
from capacity.commands.check_resources import resource_items
from capacity.commands.check_target import target_items
from capacity.commands.demo_process import start_demo_service
from capacity.commands.run_options import overrides_from, run_options
from capacity.commands.standard_output import say
from capacity.errors import CapacityError, MachineError
from capacity.model.check import CheckGroup, CheckHint, CheckItem, CheckState
from capacity.model.plan import RunPlan
from capacity.model.rules import Action
from capacity.profile.load import load_plan
from capacity.report.check_list import check_json, check_lines
from capacity.report.console_look import look_of
from capacity.report.texts import pick_language
from capacity.search.timetable import likely_duration_s
from capacity.units import format_duration

_NOT_READY = MachineError.exit_code


@click.command("check")
@run_options
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
def command(*, strict: bool, **options: Any) -> int:
    """Look at everything a run of WHAT needs, without any load.

    Takes the arguments of `run`. Ends with exit code 3 when something stands in the way.
    """
    plan = load_plan(*overrides_from(options), os.environ)
    items = find_items(plan, options["out"], options["yes_target"])
    if options["as_json"]:
        say(check_json(items))
    else:
        look = look_of(
            sys.stdout,
            os.environ,
            quiet=False,
            progress="none",
            no_color=True,
            ascii_only=options["ascii_only"],
        )
        language = pick_language(options["language"], os.environ)
        for line in check_lines(
            items, language, ascii_only=look.ascii_only, brief=options["quiet"]
        ):
            say(line)
    states = {item.state for item in items}
    bad = {CheckState.FAILED, CheckState.WARNING} if strict else {CheckState.FAILED}
    return _NOT_READY if states & bad else 0


def find_items(plan: RunPlan, out: Path, yes_target: str | None) -> tuple[CheckItem, ...]:
    """Every item, in the order of the groups; the profile's own demo service is up meanwhile."""
    items = [*profile_items(plan), *machine_items(read_machine(out), plan)]
    with ExitStack() as stack:
        try:
            start_demo_service(plan, stack)
        except CapacityError as error:
            return (*items, item_of_error(CheckGroup.TARGET, "demo_service", error))
        return (*items, *target_items(plan, yes_target), *resource_items(plan))


def profile_items(plan: RunPlan) -> tuple[CheckItem, ...]:
    """What the plan says itself; that it is valid was found when it was read."""
    steps = len(plan.ladder.loads)
    likely = format_duration(likely_duration_s(plan))
    items = [_of_profile(CheckState.OK, "plan", f"{plan.name}: {steps} steps, likely {likely}")]
    stopping = sum(rule.action is Action.STOP for rule in plan.rules)
    if stopping:
        items.append(_of_profile(CheckState.OK, "stop_rules", str(stopping)))
    else:
        hint = CheckHint("no_stop_rule")
        items.append(_of_profile(CheckState.WARNING, "stop_rules", "0", hint))
    items += [_of_profile(CheckState.WARNING, "note", note) for note in plan.notes]
    return tuple(items)


def _of_profile(
    state: CheckState, what: str, measured: str, hint: CheckHint | None = None
) -> CheckItem:
    return CheckItem(CheckGroup.PROFILE, state, what, "", measured, hint)
