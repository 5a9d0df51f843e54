"""The short form of the burner test: a few rounds, and the arithmetic of the long form's table."""

from dataclasses import replace

import pytest

from tests.truth.burners import (
    SERVICES,
    Conditions,
    Round,
    conditions_of,
    latencies_between,
    measure,
    nearest_rank,
    summary,
    table_line,
)
from tests.truth.disturbances import QUOTAS

FINE = Round(conditions_of(0), "valid", (), 0.020, 0.021, 0.01)


@pytest.mark.parametrize("seed", [0, 4, 11])
def test_no_valid_step_beside_burners_has_a_wrong_p99(seed: int) -> None:
    """However busy the machine is, a P99 that is more than 10 % off is never called VALID."""
    one = measure(conditions_of(seed), hold_s=2.5)

    assert not one.is_false_valid, table_line(one)


def test_a_tool_that_is_held_back_says_so() -> None:
    """Stopped for half of the time, its step is INVALID, with a reason in milliseconds."""
    one = measure(Conditions(1, SERVICES[1], 0, QUOTAS[3]), hold_s=2.5)

    assert one.trust == "invalid"
    assert "a load thread woke up" in "; ".join(one.reasons)


def test_a_hundred_seeds_mix_everything_with_everything() -> None:
    """Each service meets each number of burners and each quota."""
    mixes = {(c.service, c.burners, c.quota) for c in map(conditions_of, range(75))}

    assert len(mixes) == 3 * 5 * len(QUOTAS)


@pytest.mark.parametrize(
    ("trust", "measured_s", "is_false"),
    [
        ("valid", 0.0219, False),
        ("valid", 0.0221, True),
        ("valid", 0.0179, True),
        ("suspect", 0.0300, False),
        ("valid", None, False),
    ],
)
def test_only_a_wrong_number_that_is_called_right_is_a_fault(
    trust: str, measured_s: float | None, *, is_false: bool
) -> None:
    """More than 10 % off in either direction, and VALID; a withheld P99 is no number."""
    one = replace(FINE, trust=trust, measured_p99_s=measured_s)

    assert one.is_false_valid == is_false


def test_the_summary_fails_a_run_with_one_wrong_round() -> None:
    """One false VALID is one too many; so are too many doubtful rounds on a quiet machine."""
    wrong = replace(FINE, measured_p99_s=0.030)
    doubtful = replace(FINE, trust="suspect")
    noisy = replace(doubtful, elsewhere_ratio=0.5)

    assert summary([FINE] * 20)[1]
    assert summary([FINE] * 19 + [doubtful])[1]
    assert summary([FINE] * 20 + [noisy] * 9)[1]
    assert not summary([FINE] * 18 + [doubtful] * 2)[1]
    text, passed = summary([FINE] * 20 + [wrong])
    assert not passed
    assert "VALID with a P99 more than 10% off: 1 (limit 0)" in text


def test_truth_is_taken_from_the_hold_alone() -> None:
    """Requests that arrived before or after it do not count; the rank is the plain one."""
    stamps = b"".join(
        number.to_bytes(8, "little")
        for pair in ((0, 9), (1_000_000_000, 1_500_000_000), (2_000_000_000, 2_100_000_000))
        for number in pair
    )

    assert latencies_between(stamps, 1.0, 2.0) == [0.5]
    assert nearest_rank([4.0, 1.0, 3.0, 2.0], 0.5) == 2.0
