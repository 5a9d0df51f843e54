"""Tests of the Prometheus of a profile: where it is asked, as whom, and what is refused."""

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from capacity.model.plan import BasicAuth, Header, PrometheusSource, Secret, TlsTrust
from capacity.profile.describe import plan_lines
from tests.unit.profile.builders import SMALL, full_problems_of, load, problems_of

ENVIRON = {"TOKEN": "hunter2", "PASSWORD": "hunter2"}


def with_prometheus(keys: str) -> str:
    """A profile that reads one query from a Prometheus with these keys, in line 5."""
    return f"{SMALL}monitor:\n  prometheus: {{ {keys} }}\n  queries: {{ a: x }}\n"


def source_of(folder: Path, keys: str) -> PrometheusSource:
    """The source in the plan."""
    monitor = load(folder, with_prometheus(keys), environ=ENVIRON).monitor
    assert monitor is not None
    assert monitor.prometheus is not None
    return monitor.prometheus


def test_a_url_is_enough(tmp_path: Path) -> None:
    """Nobody in particular asks, and each query has five seconds."""
    assert source_of(tmp_path, "url: 'http://Prom.test:9090/'") == PrometheusSource(
        url="http://prom.test:9090",
        headers=(),
        bearer=None,
        bearer_file=None,
        basic=None,
        trust=TlsTrust.SYSTEM,
        ca_file=None,
        client_certificate_file=None,
        client_key_file=None,
        proxy=None,
        timeout_s=5.0,
        every_s=None,
        accept_partial=False,
    )


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("http://h", "http://h:80"),
        ("https://h/prometheus/", "https://h:443/prometheus"),
        ("http://[::1]:9090", "http://[::1]:9090"),
        ("http://h/a b", None),
        ("http://h/ä", "http://h:80/%C3%A4"),
    ],
)
def test_the_url_is_kept_without_the_slash_at_its_end(
    tmp_path: Path, url: str, read: str | None
) -> None:
    """A path before the API is kept, for a Prometheus behind a proxy."""
    if read is None:
        assert problems_of(tmp_path, with_prometheus(f"url: '{url}'"))[0][0] == "shop.yaml:5:22"
    else:
        assert source_of(tmp_path, f"url: '{url}'").url == read


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    """Each key lands in its field."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    source = source_of(
        tmp_path,
        "url: 'https://h', headers: { X-Scope-OrgID: staging }, bearer: '${env:TOKEN}', "
        "tls: { ca: ca.pem }, proxy: 'http://proxy:3128', timeout: 3s, every: 5s, "
        "accept_partial: true",
    )
    assert source.headers == (Header("X-Scope-OrgID", Secret(b"staging")),)
    assert (source.bearer, source.proxy) == (Secret(b"hunter2"), "http://proxy:3128")
    assert (source.trust, source.ca_file) == (TlsTrust.CA_FILE, str(tmp_path / "ca.pem"))
    assert (source.timeout_s, source.every_s, source.accept_partial) == (3.0, 5.0, True)


def test_the_ways_to_say_who_asks(tmp_path: Path) -> None:
    """A token in a file stays a path, because it may be renewed; a password is brought in."""
    (tmp_path / "token").write_text("t0ken\n", encoding="utf-8")
    by_file = source_of(tmp_path, "url: 'http://h', bearer_file: token")
    assert (by_file.bearer, by_file.bearer_file) == (None, str(tmp_path / "token"))
    basic = source_of(
        tmp_path, "url: 'http://h', basic: { user: ann, password: '${env:PASSWORD}' }"
    )
    assert basic.basic == BasicAuth("ann", Secret(b"hunter2"))
    insecure = source_of(tmp_path, "url: 'https://h', tls: { verify: false }")
    assert insecure.trust is TlsTrust.INSECURE


def a_certificate(folder: Path) -> None:
    """A client certificate with its key, and a key that is another's."""
    authority = trustme.CA()
    ours, others = authority.issue_cert("client.test"), authority.issue_cert("other.test")
    ours.private_key_pem.write_to_path(folder / "key.pem")
    ours.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    others.private_key_pem.write_to_path(folder / "other.pem")


def test_a_client_certificate_is_a_pair_of_files(tmp_path: Path) -> None:
    """Both paths are kept with their folder."""
    a_certificate(tmp_path)
    source = source_of(tmp_path, "url: 'https://h', tls: { certificate: cert.pem, key: key.pem }")
    assert source.client_certificate_file == str(tmp_path / "cert.pem")
    assert source.client_key_file == str(tmp_path / "key.pem")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("certificate: cert.pem", "a client certificate needs its key, and the key its"),
        ("key: key.pem", "a client certificate needs its key, and the key its"),
        ("certificate: no.pem, key: key.pem", "cannot read 'no.pem'"),
        ("certificate: cert.pem, key: no.pem", "cannot read 'no.pem'"),
        ("certificate: cert.pem, key: other.pem", "are no certificate with its key"),
        ("certificate: cert.pem, key: cert.pem", "are no certificate with its key"),
    ],
)
def test_half_a_client_certificate_is_refused(tmp_path: Path, keys: str, message: str) -> None:
    """Found when the profile is read, not when the first query fails."""
    a_certificate(tmp_path)
    ((_, found),) = problems_of(tmp_path, with_prometheus(f"url: 'https://h', tls: {{ {keys} }}"))
    assert message in found


def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it(tmp_path: Path) -> None:
    """OpenSSL would ask at the terminal, in the middle of a pipeline."""
    a_certificate(tmp_path)
    key = serialization.load_pem_private_key((tmp_path / "key.pem").read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"hunter2"),
    )
    (tmp_path / "key.pem").write_bytes(locked)
    keys = "url: 'https://h', tls: { certificate: cert.pem, key: key.pem }"
    (problem,) = full_problems_of(tmp_path, with_prometheus(keys))
    assert problem.hint.endswith("the key has no password")


@pytest.mark.parametrize(
    ("keys", "message", "hint"),
    [
        ("url: 'http://a:hunter2@h'", "the URL holds a user or a password", "write basic: {user"),
        ("url: 'http://h/?x=hunter2'", "the URL holds a query", "end it after the path"),
        ("url: 'h:9090'", "the URL does not begin with http://", "write http://h:9090"),
        ("url: 'http://h', proxy: 'http://a:hunter2@p'", "the URL holds a user or", "use a proxy"),
        ("url: 'http://h', proxy: 'http://p/x'", "a proxy has no path", "write it like http"),
        ("url: 'http://h', bearer: hunter2", "monitor.prometheus.bearer is a secret", "put it"),
        ("url: 'http://h', bearer: '${env:NO}'", "the variable of ${env:NO} is not", "export NO"),
        (
            "url: 'http://h', basic: { user: a, password: hunter2 }",
            "monitor.prometheus.basic.password is a secret",
            "put it into",
        ),
        ("url: 'http://h', basic: { user: a }", "basic needs user and password", "write {user"),
        (
            "url: 'http://h', basic: { user: 'a:b', password: '${env:TOKEN}' }",
            "a user name for basic has no colon",
            "check the name",
        ),
        (
            "url: 'http://h', headers: { Authorization: hunter2 }",
            "the header Authorization is a secret",
            "put it into",
        ),
        ("url: 'http://h', headers: { 'A B': x }", "'A B' is not a header name", "use letters"),
        ("url: 'http://h', headers: { A: \"x\\ny\" }", "the value of header A holds a line", ""),
        ("url: 'http://h', bearer_file: none", "cannot read 'none'", "the path starts at"),
        ("url: 'http://h', bearer_file: empty", "'empty' is empty", "put the token into it"),
        ("url: 'http://h', timeout: 61s", "a timeout of 61s would hold up every step", "write at"),
        ("url: 'http://h', timeout: 0s", "the duration must be longer than zero", "write it like"),
        ("url: 'http://h', every: 500ms", "Prometheus is not asked every 500ms", "write from 1s"),
        ("url: 'http://h', every: 6m", "Prometheus is not asked every 6m", "write from 1s to 5m"),
        (
            "url: 'http://h', bearer: '${env:TOKEN}', basic: { user: a, password: '${env:TOKEN}' }",
            "bearer and basic each say who asks",
            "keep one of them",
        ),
        (
            "url: 'http://h', bearer_file: token, headers: { authorization: '${env:TOKEN}' }",
            "bearer_file and headers.Authorization each say who asks",
            "keep one of them",
        ),
        ("timeout: 3s", "monitor.prometheus.url is missing", "write http://HOST:9090"),
    ],
)
def test_refuses_with_a_remedy_and_without_the_secret(
    tmp_path: Path, keys: str, message: str, hint: str
) -> None:
    """One slip gives one problem, and no message repeats what may be a secret."""
    (tmp_path / "token").write_text("t0ken", encoding="utf-8")
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    (problem,) = full_problems_of(tmp_path, with_prometheus(keys), environ=ENVIRON)
    assert problem.message.startswith(message)
    assert problem.hint.startswith(hint)
    assert "hunter2" not in f"{problem.message} {problem.hint}"


def test_no_text_form_of_the_plan_shows_a_secret(tmp_path: Path) -> None:
    """Token, password and tenant are in the plan for the monitor alone."""
    keys = "url: 'http://h', headers: { X-Scope-OrgID: hunter2 }, bearer: '${env:TOKEN}'"
    plan = load(tmp_path, with_prometheus(keys), environ=ENVIRON)
    assert "hunter2" not in repr(plan)
    assert "hunter2" not in "\n".join(plan_lines(plan, ()))


def test_an_unquoted_number_as_a_secret_is_not_repeated(tmp_path: Path) -> None:
    """A trap of YAML is told without the word that fell into it."""
    ((_, message),) = problems_of(tmp_path, with_prometheus("url: 'http://h', bearer: 0123"))
    assert message == "this value is an octal number in YAML 1.1"
