"""What was found before any load, and what of it stands in the way of a run?

An item is a fact with its state; words for people come from `what` and the hint's key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class CheckState(StrEnum):
    """OK needs nothing; a WARNING spoils or weakens a result; with a FAILED item a run is vain."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class CheckGroup(StrEnum):
    """What an item is about, in the order in which people read it."""

    PROFILE = "profile"
    GENERATOR = "generator"
    TARGET = "target"
    PROMETHEUS = "prometheus"
    RESOURCES = "resources"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class CheckHint:
    """What to do about it: the key of a sentence and its fields; `as_told` has the sentence."""

    key: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One line of the list. `subject` tells several items of one kind apart, or is empty."""

    group: CheckGroup
    state: CheckState
    what: str
    subject: str
    measured: str
    hint: CheckHint | None = None
