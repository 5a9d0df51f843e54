"""Tests of the soak: its short form, and that it would tell."""

from capacity.model.snapshot import Counts
from tests.truth import soak
from tests.truth.soak import Sample, Soak


def test_nothing_grows_and_nothing_is_lost_under_half_load() -> None:
    """The same claims as of the hour's run, after some seconds."""
    run = soak.run(10.0)

    assert run.faults == []
    assert run.counts.ok > 1000


def test_growth_and_losses_are_told() -> None:
    """Memory and descriptors of the second half are held against the first."""
    flat, grown = Sample(50 << 20, 12), Sample(60 << 20, 14)
    counts = Counts(started=10, ok=9)
    run = Soak(counts=counts, read=9, answered=8, samples=[flat] * 4 + [grown] * 4)

    assert run.faults == [
        "10 started, 9 read",
        "9 ok, 8 answered",
        "10 started, 9 ok",
        "memory grew by 10485760 bytes",
        "descriptors: [14]",
    ]
