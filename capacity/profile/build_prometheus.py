"""How does `monitor.prometheus` become a place to ask, and somebody to ask as?

Secrets are named, never written there, and the URL holds none: it is shown and kept.
"""

import ssl

from capacity.model.plan import BasicAuth, Header, PrometheusSource, Secret
from capacity.profile.build_scenario import Sources
from capacity.profile.build_target import MAX_CA_BYTES, positive_duration_s, read_trust
from capacity.profile.files import read_file
from capacity.profile.problems import InputError, KeyPath
from capacity.profile.request_parts import check_header_name, check_header_value
from capacity.profile.schema import ClientTlsPart, PrometheusPart
from capacity.profile.secret_text import is_written_out, read_secret, written_out
from capacity.profile.target_url import TargetUrl, origin_path, parse_url
from capacity.units import format_duration

DEFAULT_TIMEOUT_S = 5.0
MAX_TIMEOUT_S = 60.0
MIN_EVERY_S = 1.0
MAX_EVERY_S = 300.0
MAX_TOKEN_BYTES = 64 * 1024

PROMETHEUS: KeyPath = ("monitor", "prometheus")
URL: KeyPath = (*PROMETHEUS, "url")


def build_prometheus(sources: Sources, part: PrometheusPart) -> PrometheusSource:
    """Read the source; what is wrong is noted and something harmless stands in."""
    problems = sources.problems
    trust, ca_file = read_trust((*PROMETHEUS, "tls"), part.tls, problems)
    certificate_file, key_file = _client_certificate(sources, part.tls)
    headers = _headers(sources, part)
    _refuse_two_identities(sources, part, headers)
    return PrometheusSource(
        url=problems.read(URL, _url, part.url, "http://localhost:9090"),
        headers=headers,
        bearer=_secret(sources, "bearer", part.bearer),
        bearer_file=_bearer_file(sources, part.bearer_file),
        basic=_basic(sources, part),
        trust=trust,
        ca_file=ca_file,
        client_certificate_file=certificate_file,
        client_key_file=key_file,
        proxy=problems.read((*PROMETHEUS, "proxy"), _proxy, part.proxy, None),
        timeout_s=problems.read(
            (*PROMETHEUS, "timeout"), _timeout_s, part.timeout, DEFAULT_TIMEOUT_S
        ),
        every_s=problems.read((*PROMETHEUS, "every"), _every_s, part.every, None),
        accept_partial=part.accept_partial is True,
    )


def _url(text: str) -> str:
    url = _plain_url(text, "write basic: {user, password} below prometheus")
    return _origin(url) + (origin_path(url.path).rstrip("/") if url.path else "")


def _proxy(text: str) -> str | None:
    url = _plain_url(text, "use a proxy that asks for no password")
    if url.path not in {"", "/"}:
        raise InputError("a proxy has no path", "write it like http://proxy:3128")
    return _origin(url)


def _plain_url(text: str, hint: str) -> TargetUrl:
    url = parse_url(text)
    if url.authorization is not None:
        raise InputError("the URL holds a user or a password", hint)
    if "?" in url.path:
        raise InputError("the URL holds a query", "end it after the path")
    return url


def _origin(url: TargetUrl) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}:{url.port}"


def _headers(sources: Sources, part: PrometheusPart) -> tuple[Header, ...]:
    return tuple(
        header
        for name, value in part.headers.items()
        for header in _header(sources, (*PROMETHEUS, "headers", name), name, value)
    )


def _header(sources: Sources, path: KeyPath, name: str, value: str) -> tuple[Header, ...]:
    def read(text: str) -> tuple[Header, ...]:
        check_header_name(name)
        if is_written_out(name, text):
            raise written_out(f"the header {name}")
        content = sources.lookup(path).expand(text).strip()
        check_header_value(name, content)
        return (Header(name, Secret(content)),)

    return sources.problems.read(path, read, value, ())


def _secret(sources: Sources, key: str, given: str | None) -> Secret | None:
    path: KeyPath = (*PROMETHEUS, *key.split("."))

    def read(text: str) -> Secret:
        return read_secret(text, f"monitor.prometheus.{key}", sources.lookup(path))

    return sources.problems.read(path, read, given, None)


def _bearer_file(sources: Sources, given: str | None) -> str | None:
    """The path of the token; its content is read when it is needed, for it may change."""
    path: KeyPath = (*PROMETHEUS, "bearer_file")
    folder = sources.problems.origins.of(path).folder

    def read(name: str) -> str:
        if not read_file(folder, name, MAX_TOKEN_BYTES).strip():
            raise InputError(f"{name!r} is empty", "put the token into it")
        return str(folder / name)

    return sources.problems.read(path, read, given, None)


def _basic(sources: Sources, part: PrometheusPart) -> BasicAuth | None:
    if part.basic is None:
        return None
    path: KeyPath = (*PROMETHEUS, "basic")
    if part.basic.user is None or part.basic.password is None:
        fault = InputError("basic needs user and password", "write {user: NAME, password: ...}")
        sources.problems.add_missing(path, fault)

    def read(text: str) -> str:
        user = sources.lookup((*path, "user")).expand_text(text)
        if ":" in user or not user.isprintable():
            raise InputError(
                "a user name for basic has no colon and no control character", "check the name"
            )
        return user

    user = sources.problems.read((*path, "user"), read, part.basic.user, "")
    password = _secret(sources, "basic.password", part.basic.password)
    return BasicAuth(user, Secret(b"") if password is None else password)


def _refuse_two_identities(
    sources: Sources, part: PrometheusPart, headers: tuple[Header, ...]
) -> None:
    given = [key for key in ("bearer", "bearer_file", "basic") if getattr(part, key) is not None]
    if any(header.name.lower() == "authorization" for header in headers):
        given.append("headers.Authorization")
    if len(given) > 1:
        fault = InputError(
            f"{' and '.join(given)} each say who asks, and a request has one Authorization",
            "keep one of them",
        )
        sources.problems.add_key((*PROMETHEUS, *given[1].split(".")), fault)


def _client_certificate(sources: Sources, part: ClientTlsPart) -> tuple[str | None, str | None]:
    """Certificate and key, which a server that asks for them needs both."""
    path: KeyPath = (*PROMETHEUS, "tls")
    if part.certificate is None and part.key is None:
        return None, None
    if part.certificate is None or part.key is None:
        fault = InputError(
            "a client certificate needs its key, and the key its certificate",
            "give both certificate: and key:, each a file in PEM form",
        )
        sources.problems.add_missing(path, fault)
        return None, None
    folders = [sources.problems.origins.of((*path, key)).folder for key in ("certificate", "key")]

    def read(certificate: str) -> tuple[str | None, str | None]:
        read_file(folders[0], certificate, MAX_CA_BYTES)
        read_file(folders[1], str(part.key), MAX_CA_BYTES)
        files = str(folders[0] / certificate), str(folders[1] / str(part.key))
        _check_pair(*files)
        return files

    nothing: tuple[str | None, str | None] = (None, None)
    return sources.problems.read((*path, "certificate"), read, part.certificate, nothing)


def _check_pair(certificate_file: str, key_file: str) -> None:
    try:
        # Without an answer of our own OpenSSL would ask for the password at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(
            certificate_file, key_file, password=""
        )
    except (ssl.SSLError, ValueError) as error:
        raise InputError(
            f"{certificate_file!r} and {key_file!r} are no certificate with its key",
            "name two .pem files that belong together; the key has no password",
        ) from error


def _timeout_s(text: str) -> float:
    timeout_s = positive_duration_s(text)
    if timeout_s > MAX_TIMEOUT_S:
        raise InputError(
            f"a timeout of {format_duration(timeout_s)} would hold up every step",
            f"write at most {format_duration(MAX_TIMEOUT_S)}",
        )
    return timeout_s


def _every_s(text: str) -> float:
    every_s = positive_duration_s(text)
    if not MIN_EVERY_S <= every_s <= MAX_EVERY_S:
        raise InputError(
            f"Prometheus is not asked every {format_duration(every_s)}",
            f"write from {format_duration(MIN_EVERY_S)} to {format_duration(MAX_EVERY_S)}",
        )
    return every_s
