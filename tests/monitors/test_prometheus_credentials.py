"""Whom does the monitor believe, and as whom does it ask? A real Prometheus behind TLS says so."""

import base64
import os
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from capacity.model.plan import BasicAuth, Header, Secret, TlsTrust
from capacity.monitors.answers import Answer, Fault, FaultKind
from capacity.monitors.prometheus_api import PrometheusApi
from tests.monitors.prometheus_server import prometheus_server
from tests.monitors.sources import a_source
from tests.servers.prometheus_like import http, prometheus_like, success
from tests.servers.scripted import ScriptedServer, wait_for_end

PHRASE = "mild-cheese"
PHRASE_BCRYPT = "$2b$05$abcdefghijklmnopqrstuuZxWVUqgG83K/ptNg1IgqqqkRzCro0k6"
DENIED = http("Unauthorized", status="401 Unauthorized")


@dataclass(frozen=True, slots=True)
class Guarded:
    """A Prometheus that wants TLS, a client certificate and a password, and the files for it."""

    url: str
    ca_file: str
    client_file: str
    other_ca_file: str

    def ask(self, **changes: Any) -> Answer | Fault:
        """One query; without changes it has everything it needs."""
        settings: dict[str, Any] = {
            "trust": TlsTrust.CA_FILE,
            "ca_file": self.ca_file,
            "client_certificate_file": self.client_file,
            "basic": BasicAuth("reader", Secret(PHRASE.encode())),
        }
        return ask(self.url, **{**settings, **changes})


def ask(url: str, **changes: Any) -> Answer | Fault:
    """One query of a client that is made for it."""
    api = PrometheusApi(a_source(url, **changes))
    try:
        return api.vector("vector(1)", 1.0)
    finally:
        api.close()


def is_one(answer: Answer | Fault) -> bool:
    """Whether the query above was answered."""
    return isinstance(answer, Answer) and answer.series[0].samples == ((1.0, 1.0),)


def kind_of(answer: Answer | Fault) -> FaultKind:
    """The kind of what must be a fault."""
    assert isinstance(answer, Fault), answer
    assert PHRASE not in answer.detail
    return answer.kind


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A real Prometheus with `--web.config.file`."""
    folder = tmp_path_factory.mktemp("guarded")
    authority, stranger = trustme.CA(), trustme.CA()
    server_pair, client_pair = authority.issue_cert("127.0.0.1"), authority.issue_cert("reader")
    server_pair.private_key_pem.write_to_path(str(folder / "server.key"))
    server_pair.cert_chain_pems[0].write_to_path(str(folder / "server.pem"))
    client_pair.private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    stranger.cert_pem.write_to_path(str(folder / "other.pem"))
    web_config = f"""
tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
basic_auth_users:
  reader: {PHRASE_BCRYPT}
"""
    with prometheus_server(folder, web_config=web_config) as server:
        yield Guarded(
            server.url,
            ca_file=str(folder / "ca.pem"),
            client_file=str(folder / "client.pem"),
            other_ca_file=str(folder / "other.pem"),
        )


def test_answers_with_everything_it_wants(guarded: Guarded) -> None:
    """Authority, client certificate and password together open the door."""
    assert is_one(guarded.ask())


def test_certificates_need_not_be_believed(guarded: Guarded) -> None:
    """With `insecure` any certificate will do, and nothing is printed about it."""
    assert is_one(guarded.ask(trust=TlsTrust.INSECURE, ca_file=None))


def test_a_key_may_have_a_file_of_its_own(guarded: Guarded) -> None:
    """Certificate and key in two files are one pair."""
    assert is_one(guarded.ask(client_key_file=guarded.client_file))


@pytest.mark.parametrize("trust", [TlsTrust.SYSTEM, TlsTrust.CA_FILE])
def test_an_unknown_authority_is_not_believed(guarded: Guarded, trust: TlsTrust) -> None:
    """Neither the system nor another authority vouches for it, and the sentence says so."""
    ca_file = None if trust is TlsTrust.SYSTEM else guarded.other_ca_file
    fault = guarded.ask(trust=trust, ca_file=ca_file)
    assert kind_of(fault) is FaultKind.TLS
    assert isinstance(fault, Fault)
    assert fault.detail.startswith(f"{guarded.url}: its certificate is not believed: ")
    assert fault.is_permanent


def test_the_environment_vouches_for_nobody(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bundle named for other programs is not believed here."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", guarded.ca_file)
    monkeypatch.setenv("CURL_CA_BUNDLE", guarded.ca_file)
    assert kind_of(guarded.ask(trust=TlsTrust.SYSTEM, ca_file=None)) is FaultKind.TLS


def test_a_missing_client_certificate_is_named(guarded: Guarded) -> None:
    """The server closes the door, and the sentence says that it is about TLS."""
    fault = guarded.ask(client_certificate_file=None)
    assert kind_of(fault) is FaultKind.TLS
    assert isinstance(fault, Fault)
    assert fault.detail.startswith(f"{guarded.url}: it seems to want a client certificate")


@pytest.mark.parametrize("setting", ["ca_file", "client_certificate_file", "client_key_file"])
def test_a_file_that_is_not_there_is_named(guarded: Guarded, setting: str, tmp_path: Path) -> None:
    """A file of certificates that does not exist is a fault with its name."""
    missing = str(tmp_path / "missing.pem")
    fault = guarded.ask(**{setting: missing})
    assert kind_of(fault) is FaultKind.TLS
    assert isinstance(fault, Fault)
    assert missing in fault.detail


@pytest.mark.parametrize("setting", ["ca_file", "client_certificate_file"])
def test_a_file_without_certificates_is_named(
    guarded: Guarded, setting: str, tmp_path: Path
) -> None:
    """A file that holds something else is a fault of TLS."""
    (tmp_path / "odd.pem").write_text("no certificate")
    assert kind_of(guarded.ask(**{setting: str(tmp_path / "odd.pem")})) is FaultKind.TLS


@pytest.mark.parametrize(
    "basic",
    [None, BasicAuth("reader", Secret(b"wrong")), BasicAuth("other", Secret(PHRASE.encode()))],
    ids=["none", "wrong password", "wrong user"],
)
def test_a_wrong_password_is_not_authorised(guarded: Guarded, basic: BasicAuth | None) -> None:
    """A real 401 has its kind, is asked once, and comes back with every try."""
    fault = guarded.ask(basic=basic)
    assert kind_of(fault) is FaultKind.NOT_AUTHORISED
    assert fault == Fault(
        FaultKind.NOT_AUTHORISED, f"{guarded.url}: HTTP 401: 'Unauthorized'", is_permanent=True
    )


def test_a_server_that_hangs_in_the_handshake_is_left() -> None:
    """TLS that never begins ends with the time-out of the call."""
    with ScriptedServer(wait_for_end) as server:
        url = f"https://127.0.0.1:{server.port}"
        fault = ask(url, trust=TlsTrust.INSECURE, timeout_s=0.4)
    text = f"{url}: no whole answer within 0.4s"
    assert fault == Fault(FaultKind.TIMEOUT, text, is_permanent=False)


def test_a_server_without_tls_is_named() -> None:
    """Plain HTTP where TLS was expected is a fault of TLS."""
    with ScriptedServer(
        lambda connection: connection.sendall(b"HTTP/1.1 400 no\r\n\r\n")
    ) as server:
        fault = ask(f"https://127.0.0.1:{server.port}", trust=TlsTrust.INSECURE)
    assert kind_of(fault) is FaultKind.TLS


def test_a_drip_over_tls_ends_in_time() -> None:
    """The deadline holds through TLS, where one read may be many."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def drip(connection: Any) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            threading.Event().wait(0.02)

    with ScriptedServer(drip, tls=context) as server:
        url = f"https://127.0.0.1:{server.port}"
        fault = ask(url, trust=TlsTrust.INSECURE, timeout_s=0.6)
    text = f"{url}: no whole answer within 0.6s"
    assert fault == Fault(FaultKind.TIMEOUT, text, is_permanent=False)


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"bearer": Secret(b"abc.def")}, "Bearer abc.def"),
        (
            {"basic": BasicAuth("käse", Secret("würzig".encode()))},
            "Basic " + base64.b64encode("käse:würzig".encode()).decode(),
        ),
        ({"headers": (Header("authorization", Secret(b"Custom xyz")),)}, "Custom xyz"),
        ({}, None),
    ],
    ids=["bearer", "basic", "header", "nobody"],
)
def test_asks_as_whom_it_is_told(settings: dict[str, Any], wanted: str | None) -> None:
    """Each kind of credential becomes its header, and no other appears."""
    server, answers = prometheus_like(success([]))
    with server:
        assert ask(f"http://127.0.0.1:{server.port}", **settings) == Answer(())
    assert answers.asked[0].headers.get("authorization") == wanted


def test_sends_the_headers_of_the_profile() -> None:
    """A tenant's header goes with every query."""
    server, answers = prometheus_like(success([]))
    with server:
        headers = (Header("X-Scope-OrgID", Secret(b"staging")),)
        ask(f"http://127.0.0.1:{server.port}", headers=headers)
    assert answers.asked[0].headers["x-scope-orgid"] == "staging"


def test_a_token_file_is_read_again_when_its_token_is_refused(tmp_path: Path) -> None:
    """A token that was changed without a new time stamp is found after a 401, and only once."""
    path = tmp_path / "token"
    path.write_text("old\n")
    server, answers = prometheus_like(success([]), DENIED, success([]), DENIED)
    with server:
        source = a_source(f"http://127.0.0.1:{server.port}", bearer_file=str(path))
        api = PrometheusApi(source)
        assert api.vector("up", None) == Answer(())
        kept = path.stat().st_mtime_ns
        path.write_text("new\n")
        os.utime(path, ns=(kept, kept))
        assert api.vector("up", None) == Answer(())
        assert kind_of(api.vector("up", None)) is FaultKind.NOT_AUTHORISED
        api.close()
    sent = [asked.headers["authorization"] for asked in answers.asked]
    assert sent == ["Bearer old", "Bearer old", "Bearer new", "Bearer new"]


def test_a_token_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    """A rotated token is used before the old one is refused."""
    path = tmp_path / "token"
    path.write_text("old")
    server, answers = prometheus_like(success([]))
    with server:
        source = a_source(f"http://127.0.0.1:{server.port}", bearer_file=str(path))
        api = PrometheusApi(source)
        api.vector("up", None)
        path.write_text("new")
        os.utime(path, ns=(1, 1))
        api.vector("up", None)
        api.close()
    sent = [asked.headers["authorization"] for asked in answers.asked]
    assert sent == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (None, "No such file or directory"),
        (b" \n", "no token in it, or more than one word"),
        (b"two words", "no token in it, or more than one word"),
        (b"line\nline", "no token in it, or more than one word"),
        (b"caf\xe9", "no token in it, or more than one word"),
    ],
    ids=["no file", "empty", "two words", "two lines", "no ASCII"],
)
def test_a_token_file_without_a_token_is_named(
    tmp_path: Path, content: bytes | None, wanted: str
) -> None:
    """The file is named, what is in it is not, and nothing is sent."""
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    server, answers = prometheus_like(success([]))
    with server:
        fault = ask(f"http://127.0.0.1:{server.port}", bearer_file=str(path))
    assert fault == Fault(FaultKind.NOT_AUTHORISED, f"{path}: {wanted}", is_permanent=True)
    assert answers.asked == []


def test_a_bearer_token_that_is_none_is_not_shown() -> None:
    """A token that no header can carry is a fault that does not repeat it."""
    fault = ask("http://127.0.0.1:1", bearer=Secret(b"two words"))
    text = "the bearer token: no token in it, or more than one word"
    assert fault == Fault(FaultKind.NOT_AUTHORISED, text, is_permanent=True)


def test_a_header_that_cannot_be_sent_is_not_shown() -> None:
    """A header with a line end in it is refused without its value."""
    fault = ask("http://127.0.0.1:1", headers=(Header("X-Key", Secret(b"abc\r\ndef-ghi")),))
    assert isinstance(fault, Fault)
    assert "abc" not in fault.detail
    assert "def" not in fault.detail


def test_proxies_and_netrc_of_the_environment_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the profile says decides where a query goes and as whom."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server, answers = prometheus_like(success([]))
    with server:
        assert ask(f"http://127.0.0.1:{server.port}") == Answer(())
    assert "authorization" not in answers.asked[0].headers


def test_asks_over_the_proxy_of_the_profile() -> None:
    """An explicit proxy gets the whole address, and its own credentials."""
    server, answers = prometheus_like(success([]))
    with server:
        proxy = f"http://user:word@127.0.0.1:{server.port}"
        assert ask("http://prometheus.example:9090", proxy=proxy) == Answer(())
    (asked,) = answers.asked
    assert asked.target == "http://prometheus.example:9090/api/v1/query"
    wanted = "Basic " + base64.b64encode(b"user:word").decode()
    assert asked.headers["proxy-authorization"] == wanted


def test_a_proxy_that_is_gone_is_named() -> None:
    """It is not Prometheus that cannot be reached then; the proxy's password is not shown."""
    fault = ask("http://prometheus.example:9090", proxy="http://user:word@127.0.0.1:1")
    text = "http://prometheus.example:9090 over its proxy: connection refused"
    assert fault == Fault(FaultKind.UNREACHABLE, text, is_permanent=False)
