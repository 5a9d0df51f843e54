"""What is caught in a monitor's thread, and what goes through."""

import pytest

from capacity.monitors.caught import Caught


def test_only_errors_are_caught() -> None:
    """Ctrl-C goes through."""
    with Caught() as nothing:
        pass
    assert nothing.error is None
    with pytest.raises(KeyboardInterrupt), Caught():
        raise KeyboardInterrupt
