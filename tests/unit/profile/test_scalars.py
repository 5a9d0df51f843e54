"""Tests of plain YAML words: only what both versions of YAML agree on is read."""

import pytest

from capacity.profile.problems import InputError
from capacity.profile.scalars import Scalar, read_plain

TRUTH = "is a truth value in YAML 1.1 and text in YAML 1.2"
OCTAL = "is an octal number in YAML 1.1"
EXPONENT = "is text in YAML 1.1 and a number in YAML 1.2"
UNDERSCORE = "is a number in YAML 1.1 and text in YAML 1.2"
BASED = "is a number in one version of YAML and text in another"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("42", 42),
        ("-7", -7),
        ("1.5", 1.5),
        ("0.25", 0.25),
        (".5", 0.5),
        ("30s", "30s"),
        ("1,2,4", "1,2,4"),
        ("1..1024x2", "1..1024x2"),
        ("status<400", "status<400"),
        ("127.0.0.1", "127.0.0.1"),
        ("nowhere", "nowhere"),
        ("2026", 2026),
        ("e3", "e3"),
        ("y", "y"),
    ],
)
def test_reads_what_is_plain(word: str, value: Scalar) -> None:
    """Numbers, truth values, nothing and text keep their kind."""
    read = read_plain(word, "it")
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("no", TRUTH),
        ("Yes", TRUTH),
        ("on", TRUTH),
        ("OFF", TRUTH),
        ("1:30", "is a number to base 60 in YAML 1.1"),
        ("12:30:45", "is a number to base 60 in YAML 1.1"),
        ("0644", OCTAL),
        ("-012", OCTAL),
        ("0o17", BASED),
        ("0x1F", BASED),
        ("0b11", BASED),
        ("1e3", EXPONENT),
        ("1.5E+3", EXPONENT),
        ("1_000", UNDERSCORE),
        ("1_0.5", UNDERSCORE),
        ("2026-11-21", "is a date in YAML 1.1"),
        ("2026-11-21 04:12:07", "is a date in YAML 1.1"),
        (".inf", "is no number that can be used here"),
        ("-.Inf", "is no number that can be used here"),
        (".nan", "is no number that can be used here"),
        ("9" * 19, "has more digits than a number can keep"),
    ],
)
def test_refuses_what_versions_of_yaml_read_differently(word: str, meaning: str) -> None:
    """A trap is never silently something else, and quotes are always a way out."""
    with pytest.raises(InputError) as caught:
        read_plain(word, "it")
    assert caught.value.message == f"it {meaning}"
    assert "in quotes" in caught.value.hint
