"""How does the text of a limit become a rule, where no plan says which resources there are?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from capacity.errors import UsageError
from capacity.model.rules import METRICS, Rule
from capacity.profile.problems import InputError
from capacity.profile.rule_text import Resources, parse_rule
from capacity.units import Unit

# What a plan adds to a rule that it changed: `(10s shortened to half of the hold)`.
_NOTE = re.compile(r" \([^()]{1,100}\)$")
_METRIC = re.compile(r"\s*([A-Za-z][A-Za-z0-9_.]{0,99})", re.ASCII)


def stop_rules(texts: Sequence[str], units: Mapping[str, Unit]) -> tuple[Rule, ...]:
    """The rules of `--stop`; `units` has the resources that were read, as far as that is known."""
    rules = []
    for text in texts:
        try:
            rules.append(parse_rule(text, Resources(units, {}, {})))
        except InputError as error:
            raise UsageError(f"--stop {text!a}: {error.message}", hint=error.hint) from error
    return tuple(rules)


def stored_rule(text: str) -> Rule:
    """A rule that capacity wrote itself, with its note; of a resource its limit tells the unit.

    InputError, which is a ValueError, when no rule reads like that.
    """
    bare = _NOTE.sub("", text)
    try:
        rule = parse_rule(bare)
    except InputError:
        found = [one for unit in Unit if (one := _about(bare, unit)) is not None]
        if not found:
            raise
        # Written again it is the same text only in its own unit.
        rule = next((one for one in found if one.text == bare), found[0])
    return replace(rule, text=text)


def _about(text: str, unit: Unit) -> Rule | None:
    """The rule, if its metric is a resource of this unit."""
    metric = _METRIC.match(text)
    if metric is None or metric.group(1) in METRICS:
        return None
    try:
        return parse_rule(text, Resources({metric.group(1): unit}, {}, {}))
    except InputError:
        return None
