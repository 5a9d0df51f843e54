"""Tests of the plan: secrets stay closed, origins and durations are derived."""

import pytest

from capacity.model.plan import Header, Secret, Target, Timeouts, TlsTrust
from tests.unit.builders import a_secret_plan


@pytest.mark.parametrize("shown", [str, repr, "{}".format, "{!r:>10}".format])
def test_a_secret_never_shows_its_content(shown: object) -> None:
    """Every text form is the same word; only reveal opens it."""
    assert callable(shown)
    assert shown(Secret(b"hunter2")).strip() == "[redacted]"
    assert Secret(b"hunter2").reveal() == b"hunter2"


def test_a_secret_is_a_value() -> None:
    """Equal contents are equal, have one hash and the same length; other types differ."""
    assert Secret(b"ab") == Secret(b"ab")
    assert hash(Secret(b"ab")) == hash(Secret(b"ab"))
    assert Secret(b"ab") != Secret(b"cd")
    assert Secret(b"ab") != b"ab"
    assert len(Secret(b"abc")) == 3


def test_a_header_shows_its_name_only() -> None:
    """The text form of a header carries no credential."""
    assert repr(Header("X-Key", Secret(b"hunter2"))) == "Header(name='X-Key', value=[redacted])"


def test_a_whole_plan_shows_no_secret() -> None:
    """The text form of a plan holds neither header value nor body nor path."""
    shown = repr(a_secret_plan(header=b"Bearer k1", body=b"b0dy", path=b"/v1/items?key=k2"))
    assert [secret for secret in ("k1", "b0dy", "k2") if secret in shown] == []


@pytest.mark.parametrize(
    ("host", "origin"),
    [("shop.test", "https://shop.test:8443"), ("::1", "https://[::1]:8443")],
)
def test_the_origin_of_a_target(host: str, origin: str) -> None:
    """The origin is scheme, host and port; an IPv6 address stands in brackets."""
    timeouts = Timeouts(1.0, 1.0, 1.0, 1.0)
    assert Target("https", host, 8443, TlsTrust.SYSTEM, None, timeouts).origin == origin
