"""Does the tool name the bottleneck of a few real services? All of them: `make zoo`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.lab import Lab, lab
from tests.targets.play import Play, play
from tests.targets.registry import target
from tests.targets.score import Outcome, deviants, is_confidently_wrong, outcome
from tests.targets.target import Target

_ATTEMPTS = 3
_WATCHED = ("cpu-limit", "pool", "pacing")
_BLIND = ("slow-start", "no-limit")
# They need little CPU, so that they may be played side by side; four loads of each are enough.
_SHORT = tuple(replace(target(name), concurrencies="1,4,8,16") for name in (*_WATCHED, *_BLIND))


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One Prometheus for all of them."""
    for one in _SHORT:
        reason = one.why_not()
        if reason is not None:
            pytest.skip(reason)
    with lab(tmp_path_factory.mktemp("zoo"), is_plain=True) as parts:
        yield parts


def test_what_limits_a_service_is_named_with_true_figures_or_not_claimed(
    zoo: Lab, tmp_path: Path
) -> None:
    """With monitors its class goes first, and every figure is what the kernel or the service saw.

    Without, what is said of it is right, or that it is not known.
    """

    def first(one: Target) -> Play:
        """The first run in which this machine was not the limit."""
        for attempt in range(_ATTEMPTS):
            folder = tmp_path / f"{one.name}-{attempt}"
            found = play(one, zoo, folder, is_watched=one.name in _WATCHED)
            if outcome(one, found) is not Outcome.VOID:
                break
        return found

    with ThreadPoolExecutor(len(_SHORT)) as side_by_side:
        plays = [*zip(_SHORT, side_by_side.map(first, _SHORT), strict=True)]
    watched = [(one, found) for one, found in plays if found.is_watched]
    assert [(one.name, found.named) for one, found in watched] == [
        (one.name, one.kind) for one, _ in watched
    ]
    assert [deviants(found) for _, found in watched] == [()] * len(_WATCHED)
    assert not [found for one, found in plays if is_confidently_wrong(one, found)]
