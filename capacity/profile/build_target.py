"""How does the `target` part of a profile become a Target?"""

import ssl

from capacity.model.plan import DemoService, Target, Timeouts, TlsTrust
from capacity.profile.files import read_file
from capacity.profile.problems import InputError, KeyPath, Problems, read_unit
from capacity.profile.schema import DemoServicePart, TargetPart, TimeoutPart, TlsPart
from capacity.profile.target_url import TargetUrl, parse_url
from capacity.units import format_duration, parse_duration_s

DEFAULT_TIMEOUTS = Timeouts(connect_s=5.0, first_byte_s=30.0, idle_s=15.0, total_s=30.0)
MAX_TIMEOUT_S = 3600.0
MAX_CA_BYTES = 4 * 1024 * 1024
MAX_SERVERS = 10_000

BASE_URL: KeyPath = ("target", "base_url")
_UNREAD_URL = TargetUrl("http", "localhost", 80, "", None)


def build_url(part: TargetPart, problems: Problems) -> TargetUrl:
    """Read base_url; a wrong or missing one is noted and stands in as localhost."""
    if part.base_url is None:
        problems.add_missing(
            BASE_URL, InputError("target.base_url is missing", "write http://HOST:PORT/")
        )
    return problems.read(BASE_URL, parse_url, part.base_url, _UNREAD_URL)


def build_target(part: TargetPart, url: TargetUrl, problems: Problems) -> Target:
    """Put the target together from its URL and the other keys."""
    trust, ca_file = read_trust(("target", "tls"), part.tls, problems)
    return Target(
        scheme=url.scheme,
        host=url.host,
        port=url.port,
        trust=trust,
        ca_file=ca_file,
        timeouts=_timeouts(part.timeout, problems),
    )


def positive_duration_s(text: str) -> float:
    """Read a duration that must be longer than zero."""
    duration_s = read_unit(parse_duration_s, text)
    if duration_s == 0:
        raise InputError("the duration must be longer than zero", "write it like 30s")
    return duration_s


def build_demo_service(
    part: DemoServicePart | None, url: TargetUrl, problems: Problems
) -> DemoService | None:
    """Read demo_service; it is started on base_url's port, so that must be on this machine."""
    if part is None:
        return None
    path: KeyPath = ("demo_service",)
    if part.servers is None or part.service_time is None:
        problems.add_missing(
            path,
            InputError("demo_service needs servers and service_time", "write servers: 8, ..."),
        )
    if not url.is_loopback or url.scheme != "http":
        problems.add(
            BASE_URL,
            InputError(
                "demo_service is started on this machine and speaks plain HTTP",
                "set base_url to http://127.0.0.1:18080/, or remove demo_service",
            ),
        )
    return DemoService(
        servers=problems.read((*path, "servers"), _servers, part.servers, 1),
        service_time_s=problems.read(
            (*path, "service_time"), positive_duration_s, part.service_time, 1.0
        ),
    )


def _servers(count: int) -> int:
    if not 1 <= count <= MAX_SERVERS:
        raise InputError(f"{count} servers cannot be started", f"write 1 to {MAX_SERVERS}")
    return count


def _timeout_s(text: str) -> float:
    timeout_s = positive_duration_s(text)
    if timeout_s > MAX_TIMEOUT_S:
        raise InputError(
            f"a timeout of {format_duration(timeout_s)} is longer than can be measured",
            f"write at most {format_duration(MAX_TIMEOUT_S)}",
        )
    return timeout_s


def _timeouts(part: TimeoutPart, problems: Problems) -> Timeouts:
    def read(key: str, given: str | None, default_s: float) -> float:
        return problems.read(("target", "timeout", key), _timeout_s, given, default_s)

    total_s = read("total", part.total, DEFAULT_TIMEOUTS.total_s)
    return Timeouts(
        connect_s=min(total_s, read("connect", part.connect, DEFAULT_TIMEOUTS.connect_s)),
        first_byte_s=min(
            total_s, read("first_byte", part.first_byte, DEFAULT_TIMEOUTS.first_byte_s)
        ),
        idle_s=min(total_s, read("idle", part.idle, DEFAULT_TIMEOUTS.idle_s)),
        total_s=total_s,
    )


def read_trust(tls: KeyPath, part: TlsPart, problems: Problems) -> tuple[TlsTrust, str | None]:
    """Whose certificates are believed, as the `tls` mapping at this path says it."""
    path = (*tls, "ca")
    if part.ca is None:
        return (TlsTrust.INSECURE if part.verify is False else TlsTrust.SYSTEM), None
    if part.verify is False:
        problems.add(
            path,
            InputError(
                "a CA file has no effect when certificates are not checked", "keep one of them"
            ),
        )
    folder = problems.origins.of(path).folder

    def read(name: str) -> str:
        _check_certificates(name, read_file(folder, name, MAX_CA_BYTES))
        return str(folder / name)

    return TlsTrust.CA_FILE, problems.read(path, read, part.ca, part.ca)


def _check_certificates(name: str, content: bytes) -> None:
    text = content.decode("ascii", "ignore")  # comments between certificates may be anything
    try:
        if "-----BEGIN CERTIFICATE-----" not in text:
            raise ssl.SSLError
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except ssl.SSLError as error:
        raise InputError(
            f"{name!r} holds no certificate in PEM form", "name a .pem file"
        ) from error
