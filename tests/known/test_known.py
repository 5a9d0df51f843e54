"""The short form of `make known`: one run each, with holds of a second and wider bars."""

from pathlib import Path

import pytest

from tests.known.services import KNOWN
from tests.known.trial import Trial, play

_ATTEMPTS = 4


@pytest.mark.parametrize(
    ("name", "ladder"),
    [("limiter", "1..64x4"), ("usl", "1..256x4")],  # higher up the falling curve only takes time
)
def test_finds_what_the_server_was_built_to_carry(name: str, ladder: str, tmp_path: Path) -> None:
    """Capacity within 5 % and the knee within 15 %, verified, and no request lost between them."""
    known = KNOWN[name]
    trial = _undisturbed(name, "-c", ladder, "-d", "1s", out=tmp_path)
    assert trial.missed == 0
    assert trial.capacity is not None, trial.steps
    assert trial.capacity.value == pytest.approx(known.capacity_qps, rel=0.05), trial.steps
    assert trial.knee is not None, trial.steps
    assert trial.knee.low < 1.15 * known.knee, trial.steps
    assert trial.knee.high > known.knee / 1.15, trial.steps
    assert trial.checks[0] == "verification held", trial.steps


def _undisturbed(name: str, *flags: str, out: Path) -> Trial:
    """A run in which this machine was not the limit, if it is left alone in one of some."""
    for attempt in range(_ATTEMPTS):
        trial = play(KNOWN[name], *flags, out=out / str(attempt))
        if not trial.is_void:
            break
    return trial
