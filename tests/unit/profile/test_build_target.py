"""Tests of the target: timeouts, certificates and the built-in service."""

from pathlib import Path

import pytest
import trustme

from capacity.model.plan import DemoService, Timeouts, TlsTrust
from capacity.profile.overrides import Overrides
from tests.unit.profile.builders import SMALL, load, problems_of


def with_target(keys: str) -> str:
    """A profile whose target has more keys."""
    return SMALL.replace('8080/" }', f'8080/", {keys} }}')


@pytest.mark.parametrize(
    ("keys", "timeouts"),
    [
        ("", Timeouts(5.0, 30.0, 15.0, 30.0)),
        ("timeout: { total: 3s }", Timeouts(3.0, 3.0, 3.0, 3.0)),
        ("timeout: { total: 2m }", Timeouts(5.0, 30.0, 15.0, 120.0)),
        (
            "timeout: { connect: 1s, first_byte: 2s, idle: 3s, total: 4s }",
            Timeouts(1.0, 2.0, 3.0, 4.0),
        ),
        ("timeout: { first_byte: 60s }", Timeouts(5.0, 30.0, 15.0, 30.0)),
    ],
    ids=["default", "all shrink", "longer total", "all given", "never above the total"],
)
def test_the_total_bounds_the_other_timeouts(tmp_path: Path, keys: str, timeouts: Timeouts) -> None:
    """No part of a request may take longer than the whole."""
    assert load(tmp_path, with_target(keys)).target.timeouts == timeouts


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0s", "the duration must be longer than zero"),
        ("61m", "a timeout of 61m is longer than can be measured"),
        ("soon", "'soon' is not a duration"),
    ],
)
def test_refuses_timeouts_out_of_range(tmp_path: Path, value: str, message: str) -> None:
    """Latency is recorded up to one hour."""
    text = with_target(f"timeout: {{ idle: {value} }}")
    assert [found for _, found in problems_of(tmp_path, text)] == [message]


def test_a_ca_file_is_below_the_profile(tmp_path: Path) -> None:
    """The path is kept with its folder, so that it can be opened from anywhere."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    target = load(tmp_path, with_target("tls: { ca: ca.pem }")).target
    assert (target.trust, target.ca_file) == (TlsTrust.CA_FILE, str(tmp_path / "ca.pem"))


def test_a_ca_flag_replaces_a_profile_that_does_not_check(tmp_path: Path) -> None:
    """--cacert turns the checking of certificates on again."""
    ca_file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(ca_file)
    text = with_target("tls: { verify: false }")
    target = load(tmp_path, text, Overrides(ca_file=str(ca_file))).target
    assert (target.trust, target.ca_file) == (TlsTrust.CA_FILE, str(ca_file))


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ids=["empty", "text", "binary", "garbage in PEM form"],
)
def test_a_file_without_certificates_is_refused(tmp_path: Path, content: bytes) -> None:
    """A wrong file is noticed before the run, not at the first handshake."""
    (tmp_path / "ca.pem").write_bytes(content)
    assert problems_of(tmp_path, with_target("tls: { ca: ca.pem }")) == [
        ("shop.yaml:2:58", "'ca.pem' holds no certificate in PEM form")
    ]


def test_a_missing_base_url_is_named_at_the_target(tmp_path: Path) -> None:
    """The place is the part in which the key is missing."""
    text = "version: 1\ntarget: {}\nscenarios: { main: { request: {} } }\n"
    assert problems_of(tmp_path, text) == [("shop.yaml:2:9", "target.base_url is missing")]


def with_demo(keys: str, url: str = "http://127.0.0.1:8080/") -> str:
    """A profile with the built-in service."""
    return f"{SMALL}demo_service: {{ {keys} }}\n".replace("http://127.0.0.1:8080/", url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/", "http://localhost:8080/", "http://[::1]:8080/"]
)
def test_reads_the_demo_service(tmp_path: Path, url: str) -> None:
    """The service is started where base_url points, on this machine."""
    plan = load(tmp_path, with_demo("servers: 8, service_time: 10ms", url))
    assert plan.demo_service == DemoService(8, 0.01)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            with_demo("servers: 8"),
            ("shop.yaml:4:1", "demo_service needs servers and service_time"),
        ),
        (
            with_demo("servers: many, service_time: 1s"),
            ("shop.yaml:4:26", "demo_service.servers must be a whole number"),
        ),
        (
            with_demo("servers: 0, service_time: 1s"),
            ("shop.yaml:4:26", "0 servers cannot be started"),
        ),
        (
            with_demo("servers: 1, service_time: 0s"),
            ("shop.yaml:4:43", "the duration must be longer than zero"),
        ),
        (
            with_demo("servers: 1, service_time: 1s", "http://shop.test/"),
            ("shop.yaml:2:21", "demo_service is started on this machine and speaks plain HTTP"),
        ),
        (
            with_demo("servers: 1, service_time: 1s", "https://127.0.0.1:1/"),
            ("shop.yaml:2:21", "demo_service is started on this machine and speaks plain HTTP"),
        ),
    ],
    ids=["incomplete", "no number", "no servers", "no time", "another host", "https"],
)
def test_refuses_a_demo_service_that_cannot_be_started(
    tmp_path: Path, text: str, problem: tuple[str, str]
) -> None:
    """The target must be this machine, or the built-in service would not be what is measured."""
    assert problems_of(tmp_path, text) == [problem]
