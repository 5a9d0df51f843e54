"""The contract of names: both halves know the same kinds, in the same order."""

from capacity import _core
from capacity.model.snapshot import FailureKind, WarningKind


def test_failure_kinds_are_equal_in_both_languages() -> None:
    """Name, side and order; a kind that one half lacks would break a run in its middle."""
    assert [(kind.value, kind.side.value) for kind in FailureKind] == _core.failure_kinds()


def test_warning_kinds_are_equal_in_both_languages() -> None:
    """The same for odd answers."""
    assert [kind.value for kind in WarningKind] == _core.warning_kinds()
