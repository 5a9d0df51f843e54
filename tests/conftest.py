"""Which tests may be tried again? Those that live on real time, real servers and free cores."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# Pure: what fails there once is wrong.
_PURE = (TESTS / "unit", TESTS / "knee_bench")
# A machine that is shared may take the cores away for longer than any bound of a test allows.
_TRIES_MORE = 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests on a real machine more than one try; the summary names each that needed one."""
    for item in items:
        if not any(item.path.is_relative_to(folder) for folder in _PURE):
            item.add_marker(pytest.mark.flaky(reruns=_TRIES_MORE))
