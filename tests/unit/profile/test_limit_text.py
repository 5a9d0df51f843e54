"""Tests of limits in the unit of their metric: read, written, and bounded."""

import pytest

from capacity.profile.limit_text import (
    duration_to_text,
    limit_to_text,
    number_to_text,
    read_limit,
)
from capacity.profile.problems import InputError
from capacity.units import Unit


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        (Unit.RATIO, "85%"),
        (Unit.SECONDS, "250ms"),
        (Unit.QPS, "800qps"),
        (Unit.PER_SECOND, "0.5/s"),
        (Unit.BYTES, "512MiB"),
        (Unit.BYTES_PER_SECOND, "1.5MB/s"),
        (Unit.CORES, "0.5cores"),
        (Unit.COUNT, "3"),
        (Unit.NUMBER, "0.95"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_unit_is_written_as_it_is_read(unit: Unit, text: str) -> None:
    """One row for each unit; a new one must be added here."""
    assert limit_to_text(unit, read_limit(unit, text)) == text


def test_every_unit_has_a_way_to_be_written() -> None:
    """A unit that rules could not name would be found only when somebody wrote one."""
    assert {unit for unit in Unit if limit_to_text(unit, 0.0)} == set(Unit)


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0.0, "0B"),
        (1.0, "1B"),
        (1500.0, "1.5kB"),
        (1536.0, "1.5KiB"),
        (1025.0, "1.025kB"),
        (1025.5, "1025.5B"),
    ],
)
def test_a_size_takes_the_largest_unit_that_fits(size_bytes: float, text: str) -> None:
    """Powers of 1024 and of 1000 are both exact, whichever was written."""
    assert limit_to_text(Unit.BYTES, size_bytes) == text


def test_digits_are_kept_without_an_exponent() -> None:
    """What people read has no e in it, and what the program reads again has all digits."""
    assert (number_to_text(1e-7), number_to_text(2e9)) == ("0.0000001", "2000000000")
    assert (duration_to_text(150.0), duration_to_text(0.1234)) == ("150s", "0.1234s")


@pytest.mark.parametrize("text", ["999999999999999k", "0.00000000000001"])
def test_a_limit_out_of_all_bounds_is_refused(text: str) -> None:
    """Its digits would not fit into a rule that can be read again."""
    with pytest.raises(InputError, match="is no limit that can be met"):
        read_limit(Unit.NUMBER, text)
