"""Does the tool name the bottleneck of a few real services? All of them: `make zoo`."""

from collections.abc import Iterator, Sequence
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
# They need little CPU, so that they may be played side by side; four loads of each are enough.
_SHORT = tuple(
    replace(target(name), concurrencies="1,4,8,16") for name in ("cpu-limit", "pool", "pacing")
)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One Prometheus for all of them."""
    for one in _SHORT:
        reason = one.why_not()
        if reason is not None:
            pytest.skip(reason)
    with lab(tmp_path_factory.mktemp("zoo"), is_plain=True) as parts:
        yield parts


def played(parts: Lab, folder: Path, *, is_watched: bool) -> Sequence[tuple[Target, Play]]:
    """Of each the first run in which this machine was not the limit."""

    def first(one: Target) -> tuple[Target, Play]:
        for attempt in range(_ATTEMPTS):
            found = play(one, parts, folder / f"{one.name}-{attempt}", is_watched=is_watched)
            if outcome(one, found) is not Outcome.VOID:
                break
        return one, found

    with ThreadPoolExecutor(len(_SHORT)) as side_by_side:
        return tuple(side_by_side.map(first, _SHORT))


def test_the_bottleneck_is_named_first_with_true_figures(zoo: Lab, tmp_path: Path) -> None:
    """By its class, and what is said of it is what the kernel or the service itself counted."""
    plays = played(zoo, tmp_path, is_watched=True)
    assert [(one.name, one.kind) for one, _ in plays] == [
        (one.name, found.named) for one, found in plays
    ]
    assert [deviants(found) for _, found in plays] == [()] * len(plays)


def test_without_monitors_nothing_wrong_is_claimed(zoo: Lab, tmp_path: Path) -> None:
    """Callers see three plateaus; what is said of them is right, or that it is not known."""
    plays = played(zoo, tmp_path, is_watched=False)
    wrong = [
        (one.name, found.named, found.confidence)
        for one, found in plays
        if is_confidently_wrong(one, found)
    ]
    assert wrong == []
