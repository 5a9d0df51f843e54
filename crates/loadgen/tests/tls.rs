//! Does TLS believe the right certificates, name each fault, and keep the framing honest?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use loadgen::{Histogram, Plan, Pool, Snapshot, TlsPlan};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use support::{Books, Connection, OK, Server, only_failure, run_one_slot, started, wait_until};

type Tls = StreamOwned<ServerConnection, std::net::TcpStream>;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    fn certificate(&self, names: &[&str]) -> Certificate {
        self.certificate_with(names, |_| {})
    }

    fn certificate_with(
        &self,
        names: &[&str],
        change: impl Fn(&mut CertificateParams),
    ) -> Certificate {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Certificate {
            chain: vec![certificate.der().clone()],
            key: key.serialize_der(),
        }
    }
}

struct Certificate {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Certificate {
    fn config(&self) -> ServerConfig {
        let key = PrivateKeyDer::Pkcs8(self.key.clone().into());
        ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key)
            .unwrap()
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A TLS server; the script gets the stream after the accept, before the handshake.
fn serve(config: ServerConfig, script: impl Fn(&mut Tls) + Send + Sync + 'static) -> Server {
    let config = Arc::new(config);
    Server::start(move |connection: Connection| {
        let session = ServerConnection::new(Arc::clone(&config)).unwrap();
        script(&mut StreamOwned::new(session, connection.stream));
    })
}

fn answer_all(tls: &mut Tls, bytes: &[u8]) {
    while read_head(tls) {
        if tls.write_all(bytes).is_err() {
            return;
        }
    }
}

fn read_head(tls: &mut Tls) -> bool {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match tls.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return false,
        }
    }
    true
}

fn plan(address: SocketAddr, authority: &Authority) -> Plan {
    let mut plan = support::plan(address);
    plan.tls = Some(TlsPlan {
        server_name: "localhost".into(),
        verify: true,
        ca_pem: Some(authority.pem()),
    });
    plan
}

fn probe(plan: &Plan) -> Result<String, &'static str> {
    Pool::new(plan)
        .unwrap()
        .probe()
        .map_err(|error| error.kind())
}

#[test]
fn the_handshake_is_timed_apart_from_the_connection_and_the_request() {
    let authority = Authority::new();
    let certificate = authority.certificate(&["localhost"]);
    let server = serve(certificate.config(), |tls| {
        std::thread::sleep(Duration::from_millis(40));
        answer_all(tls, OK);
    });
    let mut plan = plan(server.address, &authority);
    plan.max_requests = 5;
    let books = run_one_slot(&plan, 5);
    let parts = |blob: fn(&Snapshot) -> &Vec<u8>| {
        let mut sum = Histogram::new();
        for row in &books.rows {
            sum.add(&Histogram::from_blob(blob(row)).unwrap());
        }
        sum
    };
    let connect = parts(|row| &row.connect_blob);
    let tls = parts(|row| &row.tls_blob);
    let fresh = parts(|row| &row.fresh_latency_blob);
    let latency = parts(|row| &row.latency_blob);
    assert_eq!(
        [1, 1, 1, 5],
        [&connect, &tls, &fresh, &latency].map(Histogram::count)
    );
    assert!(connect.max_s() < 0.020, "{} s", connect.max_s());
    assert!(latency.quantile_s(0.5) < 0.020);
    assert!(tls.min_s() > 0.030, "{} s", tls.min_s());
    assert!(fresh.min_s() > tls.min_s() + connect.min_s());
}

#[test]
fn requests_over_tls_are_counted_like_any_other() {
    let authority = Authority::new();
    let certificate = authority.certificate(&["localhost"]);
    let server = serve(certificate.config(), |tls| answer_all(tls, OK));
    let plan = plan(server.address, &authority);
    assert_eq!(Ok(server.address.to_string()), probe(&plan));
    let pool = started(&plan);
    let mut books = Books::new();
    pool.set_concurrency(4);
    books.read_for(&pool, Duration::from_millis(200));
    books.finish(&pool);
    assert!(books.failures().is_empty(), "{:?}", books.failures());
    let ok = books.sum(|window| window.ok);
    assert!(ok > 20);
    assert_eq!(
        OK.len() as u64 * ok,
        books.sum(|window| window.received_bytes)
    );
    assert_eq!(4, books.sum(|window| window.connect.count()));
    assert_eq!(5, server.accepts(), "four slots and the probe");
}

#[test]
fn large_bodies_pass_in_both_directions() {
    let authority = Authority::new();
    let certificate = authority.certificate(&["localhost"]);
    let body_bytes = 2_000_000;
    let server = serve(certificate.config(), move |tls| {
        while read_head(tls) {
            let mut body = vec![0; body_bytes];
            tls.read_exact(&mut body).unwrap();
            write!(
                tls,
                "HTTP/1.1 200 OK\r\nContent-Length: {body_bytes}\r\n\r\n"
            )
            .unwrap();
            tls.write_all(&body).unwrap();
        }
    });
    let mut plan = plan(server.address, &authority);
    plan.method = "POST".into();
    plan.body = Some(vec![7; body_bytes]);
    let books = run_one_slot(&plan, 3);
    assert!(books.failures().is_empty(), "{:?}", books.failures());
    let ok = books.sum(|window| window.ok);
    assert!(books.sum(|window| window.received_bytes) > ok * body_bytes as u64);
    assert!(books.sum(|window| window.sent_bytes) > ok * body_bytes as u64);
}

#[test]
fn every_bad_certificate_has_its_name() {
    let authority = Authority::new();
    let stranger = Authority::new();
    let expired = authority.certificate_with(&["localhost"], |params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let not_yet = authority.certificate_with(&["localhost"], |params| {
        params.not_before = rcgen::date_time_ymd(2100, 1, 1);
        params.not_after = rcgen::date_time_ymd(2101, 1, 1);
    });
    for (certificate, kind) in [
        (expired, "tls.cert.expired"),
        (not_yet, "tls.cert.not_yet"),
        (authority.certificate(&["other.test"]), "tls.cert.name"),
        (stranger.certificate(&["localhost"]), "tls.cert.untrusted"),
        (self_signed(false), "tls.cert.untrusted"),
        (self_signed(true), "tls.cert.untrusted"),
    ] {
        let server = serve(certificate.config(), |tls| answer_all(tls, OK));
        let mut plan = plan(server.address, &authority);
        assert_eq!(Err(kind), probe(&plan));
        assert_eq!(kind, only_failure(&plan));
        plan.tls.as_mut().unwrap().verify = false;
        assert!(probe(&plan).is_ok());
        assert!(run_one_slot(&plan, 3).failures().is_empty());
    }
}

fn self_signed(is_ca: bool) -> Certificate {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::new(vec!["localhost".into()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "alone");
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    Certificate {
        chain: vec![params.self_signed(&key).unwrap().der().clone()],
        key: key.serialize_der(),
    }
}

#[test]
fn addresses_are_checked_like_names() {
    let authority = Authority::new();
    let certificate = authority.certificate(&["127.0.0.1"]);
    let server = serve(certificate.config(), |tls| answer_all(tls, OK));
    let mut plan = plan(server.address, &authority);
    plan.tls.as_mut().unwrap().server_name = "127.0.0.1".into();
    assert!(run_one_slot(&plan, 3).failures().is_empty());
    plan.tls.as_mut().unwrap().server_name = "127.0.0.2".into();
    assert_eq!(Err("tls.cert.name"), probe(&plan));
}

#[test]
fn plain_http_on_a_tls_port_is_a_configuration_fault() {
    let authority = Authority::new();
    let server = Server::start(|mut connection| {
        let mut buffer = [0; 1024];
        let _ = connection.stream.read(&mut buffer);
        connection.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    let plan = plan(server.address, &authority);
    assert_eq!(Err("tls.not_tls"), probe(&plan));
    assert_eq!("tls.not_tls", only_failure(&plan));
}

#[test]
fn a_stalled_handshake_ends_with_the_connect_timer() {
    let authority = Authority::new();
    let server = Server::start(|mut connection| {
        let mut buffer = [0; 1024];
        while connection
            .stream
            .read(&mut buffer)
            .is_ok_and(|count| count > 0)
        {}
    });
    let mut plan = plan(server.address, &authority);
    plan.timeouts.connect = Duration::from_millis(150);
    assert_eq!(Err("tls.timeout"), probe(&plan));
    let pool = started(&plan);
    let mut books = Books::new();
    pool.set_concurrency(1);
    wait_until(|| server.accepts() == 2);
    books.finish(&pool);
    // What happens to connections is counted where it happens, not where the request began.
    books.leave(&pool);
    assert_eq!(1, books.failures()["tls.timeout"]);
    assert_eq!(1, books.sum(|window| window.attempts_failed));
}

#[test]
fn a_demanded_client_certificate_is_named() {
    let authority = Authority::new();
    let certificate = authority.certificate(&["localhost"]);
    let mut roots = RootCertStore::empty();
    roots.add(authority.0.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .unwrap();
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            certificate.chain.clone(),
            PrivateKeyDer::Pkcs8(certificate.key.clone().into()),
        )
        .unwrap();
    let server = serve(config, |tls| answer_all(tls, OK));
    let plan = plan(server.address, &authority);
    assert_eq!(Err("tls.alert.certificate_required"), probe(&plan));
    assert_eq!("tls.alert.certificate_required", only_failure(&plan));
}

#[test]
fn an_end_without_close_notify_is_judged_by_the_framing() {
    let authority = Authority::new();
    let certificate = authority.certificate(&["localhost"]);
    let until_close = b"HTTP/1.1 200 OK\r\n\r\nhello";
    let framed = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    let short = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello";
    for (bytes, has_close_notify, expected) in [
        (&framed[..], false, None),
        (&framed[..], true, None),
        (&until_close[..], true, None),
        (&until_close[..], false, Some("resp.eof.tls_truncated")),
        (&short[..], true, Some("resp.eof.body")),
    ] {
        let server = serve(certificate.config(), move |tls| {
            if read_head(tls) {
                tls.write_all(bytes).unwrap();
                if has_close_notify {
                    tls.conn.send_close_notify();
                }
                tls.flush().unwrap();
            }
        });
        let books = run_one_slot(&plan(server.address, &authority), 3);
        let failures = books.failures();
        assert_eq!(expected, failures.keys().next().copied(), "{failures:?}");
        assert!(expected.is_some() || books.sum(|window| window.ok) >= 3);
    }
}

#[test]
fn the_keep_alive_race_exists_under_tls_too() {
    let authority = Authority::new();
    let certificate = authority.certificate(&["localhost"]);
    let server = serve(certificate.config(), |tls| {
        read_head(tls);
        tls.write_all(OK).unwrap();
        read_head(tls);
    });
    let books = run_one_slot(&plan(server.address, &authority), 6);
    let failures = books.failures();
    assert_eq!(
        vec!["conn.stale"],
        failures.keys().copied().collect::<Vec<_>>()
    );
    assert!(books.sum(|window| window.ok) >= 2);
}

#[test]
fn a_connection_ended_after_its_handshake_is_noticed_at_once() {
    let authority = Authority::new();
    let certificate = authority.certificate(&["localhost"]);
    let server = serve(certificate.config(), |tls| {
        while tls.conn.is_handshaking() {
            if tls.conn.complete_io(&mut tls.sock).is_err() {
                return;
            }
        }
        // Half of the connection only: no RST will tell.
        let _ = tls.sock.shutdown(std::net::Shutdown::Write);
        std::thread::sleep(Duration::from_secs(4));
    });
    let books = run_one_slot(&plan(server.address, &authority), 3);
    let failures = books.failures();
    assert_eq!(
        vec!["resp.eof.before_status"],
        failures.keys().copied().collect::<Vec<_>>()
    );
}
