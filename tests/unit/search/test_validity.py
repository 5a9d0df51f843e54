"""Tests of capacity.search.validity."""

import pytest

from capacity.model.run import Trust
from capacity.model.snapshot import Counts, FailureKind, GeneratorLoad
from capacity.search.validity import check_validity, is_generator_fault

FINE = Counts(started=100, ok=100)
IDLE = GeneratorLoad(0.10, 0.01, None)


@pytest.mark.parametrize(
    ("load", "trust", "reason"),
    [
        pytest.param(IDLE, Trust.VALID, None, id="idle"),
        pytest.param(
            GeneratorLoad(0.90, 0.0, None),
            Trust.SUSPECT,
            "a load thread used 90% of a core",
            id="busy thread",
        ),
        pytest.param(
            GeneratorLoad(0.97, 0.0, None),
            Trust.INVALID,
            "a load thread used 97% of a core",
            id="full thread",
        ),
        pytest.param(
            GeneratorLoad(0.3, 0.10, None),
            Trust.SUSPECT,
            "a load thread waited for a core 10% of the time",
            id="shared core",
        ),
        pytest.param(
            GeneratorLoad(0.3, 0.25, None),
            Trust.INVALID,
            "a load thread waited for a core 25% of the time",
            id="starved",
        ),
        pytest.param(
            GeneratorLoad(0.3, 0.0, 0.020),
            Trust.SUSPECT,
            "the generator's loop was 20ms late",
            id="late loop",
        ),
        pytest.param(None, Trust.SUSPECT, "the generator's own load is unknown", id="unknown"),
    ],
)
def test_generator_load_decides_trust(
    load: GeneratorLoad | None, trust: Trust, reason: str | None
) -> None:
    """The generator's own load makes a step suspect or invalid, with the reason in words."""
    validity = check_validity(FINE, load)
    assert validity.trust is trust
    assert validity.reasons == (() if reason is None else (reason,))


def test_books_that_do_not_balance_are_invalid() -> None:
    """One request without an end voids the step."""
    validity = check_validity(Counts(started=101, ok=100), IDLE)
    assert validity.trust is Trust.INVALID
    assert validity.reasons == ("the books do not balance: 101 started, 100 ended",)


def test_local_failures_are_invalid_and_named() -> None:
    """Our own ports running out is never the target's failure."""
    counts = Counts(started=103, ok=100, failures={FailureKind.LOCAL_PORTS: 3})
    validity = check_validity(counts, IDLE)
    assert validity.trust is Trust.INVALID
    assert validity.reasons == ("3 requests failed on our own side: local.ports",)
    assert is_generator_fault(counts, IDLE)


def test_step_in_which_everything_was_cut_is_invalid_but_not_our_fault() -> None:
    """No request ended: there is nothing to believe, and nobody to blame here."""
    counts = Counts(started=5, cut=5)
    assert check_validity(counts, IDLE).reasons == (
        "no request that began in the hold has ended; hold longer",
    )
    assert not is_generator_fault(counts, IDLE)


def test_target_failures_leave_the_step_valid() -> None:
    """A failing service is a result, not a fault of the measurement."""
    counts = Counts(started=100, ok=10, failures={FailureKind.HTTP_STATUS: 90})
    assert check_validity(counts, IDLE).trust is Trust.VALID
    assert not is_generator_fault(counts, IDLE)


def test_suspect_load_is_no_generator_fault() -> None:
    """Only a load beyond the INVALID limits ends the climb."""
    assert not is_generator_fault(FINE, GeneratorLoad(0.90, 0.1, None))
    assert is_generator_fault(FINE, GeneratorLoad(0.96, 0.0, None))
    assert not is_generator_fault(FINE, None)
