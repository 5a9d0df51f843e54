"""Which words stand on the graph of the resources? A title that states the finding, and labels."""

from collections.abc import Collection, Sequence

from capacity.model.resources import Direction, Member, Reading
from capacity.model.rules import Scope
from capacity.model.run import EndReason, Run, Step, Trust
from capacity.report.charts_resources_data import SHARE_OR_CORES, Panel, Series, has_value
from capacity.report.charts_words import caption, plain_ascii
from capacity.report.load_words import load_words
from capacity.report.resource_words import limit_shares, shortened, value_words
from capacity.report.texts import Language, say
from capacity.units import Unit

_SUBJECT_CELLS = 40
_NAME_CELLS = 28
_AXIS_KEYS = {
    Unit.RATIO: "axis_resource_percent",
    Unit.SECONDS: "axis_resource_seconds",
    Unit.QPS: "axis_resource_rate",
    Unit.PER_SECOND: "axis_resource_rate",
    Unit.BYTES: "axis_resource_bytes",
    Unit.BYTES_PER_SECOND: "axis_resource_bytes",
    Unit.CORES: "axis_resource_cores",
    Unit.COUNT: "axis_resource_count",
    Unit.NUMBER: "axis_resource_number",
}


def resources_title(
    run: Run, panels: Sequence[Panel], steps: Sequence[Step], language: Language
) -> str:
    """The quantity that ended the climb, else the most telling one, where it was worst."""
    names = [one.name for panel in panels for one in panel.series if has_value(one)]
    ended = _ended_by(run)
    first = [name for name in (ended, *SHARE_OR_CORES) if name in names]
    for name in (*first, *names):
        found = _worst(steps, name)
        if found is not None:
            return _title(run, *found, language)
    return say(language, "title_resources_none")


def _ended_by(run: Run) -> str | None:
    if run.end.reason is not EndReason.RULE:
        return None
    rules = (rule for rule in run.plan.rules if rule.text == run.end.rule)
    return next((rule.metric for rule in rules if rule.scope is Scope.RESOURCE), None)


def _worst(steps: Sequence[Step], name: str) -> tuple[Reading, Member, Step] | None:
    """The step at which the worst member was at its worst, of those that can be believed if any."""
    believable = [step for step in steps if step.validity.trust is not Trust.INVALID]
    known = [
        (reading, worst, step)
        for step in believable or steps
        for reading in step.resources
        if reading.name == name and (worst := reading.worst) is not None
    ]
    if not known:
        return None
    choose = max if known[0][0].direction is Direction.HIGH_IS_BAD else min
    return choose(known, key=lambda found: found[1].value)


def _title(run: Run, reading: Reading, worst: Member, step: Step, language: Language) -> str:
    value = value_words(reading.name, reading.unit, worst.value, limit_shares(run.plan), language)
    subject = shortened(worst.subject, _SUBJECT_CELLS)
    return say(
        language,
        "title_resources" if subject else "title_resources_whole",
        name=_name(reading.name),
        value=value,
        load=load_words(step.plan.load, language),
        subject=plain_ascii(subject),
    )


def resources_caption(run: Run, steps: Sequence[Step], language: Language) -> str:
    """How to read line and band, and how the numbers were taken."""
    return say(language, "caption_resources", caption=caption(run, steps, language))


def panel_axis(panel: Panel, language: Language) -> str:
    """What the left axis counts."""
    return say(language, _AXIS_KEYS[panel.unit], unit=panel.unit_text)


def series_word(one: Series, language: Language) -> str:
    """The quantity, and of how many members the worst is drawn."""
    name = _name(one.name)
    if not has_value(one):
        return say(language, "series_resource_unread", name=name)
    if one.most_members < 2:
        return say(language, "series_resource_single", name=name)
    return say(language, "series_resource", name=name, count=one.most_members)


def gaps_word(marks: Collection[str], language: Language) -> str:
    """What the marks at the upper edge mean, those that are there."""
    keys = {"?": "series_resource_no_data", "!": "series_resource_error"}
    return "   ".join(f"{mark} {say(language, key)}" for mark, key in keys.items() if mark in marks)


def _name(name: str) -> str:
    return plain_ascii(shortened(name, _NAME_CELLS))
