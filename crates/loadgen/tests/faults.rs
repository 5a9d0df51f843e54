//! Is an ordinary target served well, and does a slot that fails go on as it should?
//!
//! What a target can do wrong is in `hostile/`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::net::TcpListener;
use std::time::Duration;

use loadgen::Pool;
use support::{Books, OK, Server, run_one_slot, started, wait_until};

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn answering(bytes: &'static [u8]) -> Server {
    Server::start(move |mut connection| connection.answer_all(bytes))
}

/// Answers the first request of each connection with `bytes`, then closes.
fn closing_after(bytes: &'static [u8]) -> Server {
    Server::start(move |mut connection| {
        if connection.read_request().is_some() {
            connection.write(bytes);
        }
    })
}

#[test]
fn bodies_of_every_framing_are_good() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 304 Same\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
    ] {
        let server = answering(bytes);
        let books = run_one_slot(&server.plan(), 20);
        assert_eq!(
            server.requests(),
            books.sum(|window| window.ok),
            "{bytes:?}"
        );
        assert_eq!(1, server.accepts());
    }
}

#[test]
fn large_bodies_come_whole() {
    let body = vec![b'x'; 300_000];
    let mut response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    response.push_str(std::str::from_utf8(&body).unwrap());
    let bytes: &'static [u8] = response.leak().as_bytes();
    let server = answering(bytes);
    let books = run_one_slot(&server.plan(), 20);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    assert_eq!(
        bytes.len() as u64 * server.requests(),
        books.sum(|window| window.received_bytes)
    );
}

#[test]
fn responses_in_single_bytes_are_good() {
    let server = Server::start(|mut connection| {
        while connection.read_request().is_some() {
            for byte in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
            {
                connection.write(&[*byte]);
            }
        }
    });
    let books = run_one_slot(&server.plan(), 10);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
}

#[test]
fn connection_close_reopens_without_a_failure() {
    let server =
        closing_after(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    let books = run_one_slot(&server.plan(), 10);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    // The last one may have been opened, and have ended, in a window that was not read.
    let closed = books.sum(|window| window.closed_by_target);
    assert!(server.requests() - closed <= 1, "{closed} closed");
    wait_until(|| server.accepts() == server.requests());
    let connected = books.sum(|window| window.connect.count());
    assert!(server.accepts() - connected <= 1, "{connected} connected");
}

#[test]
fn large_request_bodies_arrive_whole() {
    let server = answering(OK);
    let mut plan = server.plan();
    plan.method = "POST".into();
    plan.body = Some(vec![b'b'; 3_000_000]);
    let books = run_one_slot(&plan, 3);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    assert!(books.sum(|window| window.sent_bytes) > 3_000_000 * server.requests());
}

#[test]
fn refused_slots_back_off_and_count_every_attempt() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let plan = support::plan(address);
    let pool = started(&plan);
    let mut books = Books::new();
    pool.set_concurrency(2);
    wait_until(|| pool.ready_connections() == 2);
    books.read_for(&pool, millis(1000));
    books.finish(&pool);
    let refused = books.failures()["conn.refused"];
    assert_eq!(refused, books.sum(|window| window.started));
    assert_eq!(refused, books.sum(|window| window.attempts_failed));
    assert_eq!(0, books.sum(|window| window.failed_latency.count()));
    // 1, 2, 4 ... 64, 100, 100 ms with jitter: about 20 attempts per slot and second.
    assert!((20..=90).contains(&refused), "{refused} attempts");
}

#[test]
fn slots_come_back_when_the_target_does() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let pool = started(&support::plan(address));
    let mut books = Books::new();
    pool.set_concurrency(3);
    books.read_for(&pool, millis(50));
    let server = Server::start_on(&address.to_string(), |mut connection| {
        connection.answer_all(OK);
    });
    wait_until(|| server.accepts() == 3 && server.requests() > 20);
    books.finish(&pool);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    assert_eq!(1, books.failures().len());
}

#[test]
fn a_probe_names_the_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = Pool::new(&support::plan(address))
        .unwrap()
        .probe()
        .unwrap_err();
    assert_eq!("conn.refused", error.kind());
    assert!(error.to_string().contains(&address.to_string()));
}
