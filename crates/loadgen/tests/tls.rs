//! Does load travel over TLS like any other, and whom is believed?
//!
//! What a target can do wrong is in `hostile/`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use loadgen::{Arrivals, Histogram, Plan, Pool, Snapshot};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use support::certificates::{Authority, Certificate};
use support::{
    Books, Connection, OK, Server, in_time, punctually, run_one_slot, started, wait_until,
};

type Tls = StreamOwned<ServerConnection, std::net::TcpStream>;

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
    authority.trust(&mut plan);
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
    punctually(|| timed_apart(&plan));
}

fn timed_apart(plan: &Plan) -> Result<(), String> {
    let books = run_one_slot(plan, 5);
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
    assert!(fresh.min_s() > tls.min_s() + connect.min_s());
    let [connect_s, latency_s] = [connect.max_s(), latency.quantile_s(0.5)];
    in_time(connect_s < 0.020, || format!("{connect_s} s"))?;
    in_time(latency_s < 0.020, || format!("{latency_s} s"))?;
    // The server rests after it has the connection; when the client is late, part of that is over.
    in_time(tls.min_s() > 0.030, || format!("{} s", tls.min_s()))
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
fn tickets_on_a_connection_opened_ahead_of_need_are_no_surprise() {
    let authority = Authority::new();
    let certificate = authority.certificate(&["localhost"]);
    let server = serve(certificate.config(), |tls| answer_all(tls, OK));
    let mut plan = plan(server.address, &authority);
    plan.threads = 1;
    let pool = started(&plan);
    let mut books = Books::new();
    pool.set_rate(100.0, Arrivals::Constant, 4).unwrap();
    wait_until(|| server.accepts() == 4);
    books.read_for(&pool, Duration::from_millis(500));
    books.finish(&pool);
    assert!(books.failures().is_empty(), "{:?}", books.failures());
    assert!(books.sum(|window| window.ok) > 30);
    assert!(books.rows.iter().all(|row| row.warnings.is_empty()));
    assert_eq!(4, server.accepts(), "none was lost, so none was replaced");
    assert_eq!(0, books.sum(|window| window.closed_by_target));
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
fn without_checks_every_certificate_is_believed() {
    let authority = Authority::new();
    let stranger = Authority::new().certificate(&["other.test"]);
    for certificate in [stranger, Certificate::self_signed(true)] {
        let server = serve(certificate.config(), |tls| answer_all(tls, OK));
        let mut plan = plan(server.address, &authority);
        assert!(probe(&plan).is_err());
        plan.tls.as_mut().unwrap().verify = false;
        assert!(probe(&plan).is_ok());
        assert!(run_one_slot(&plan, 3).failures().is_empty());
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
