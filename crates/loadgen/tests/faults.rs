//! Does every fault of a target get its own name, at the right time?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::time::Duration;

use loadgen::Pool;
use support::{Books, Connection, OK, Server, only_failure, run_one_slot, started, wait_until};

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

fn failure_of(script: impl Fn(Connection) + Send + Sync + 'static) -> &'static str {
    only_failure(&Server::start(script).plan())
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
fn close_delimited_bodies_are_good_and_reopen() {
    let server = closing_after(b"HTTP/1.1 200 OK\r\n\r\nhello");
    let books = run_one_slot(&server.plan(), 10);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    assert_eq!(server.requests(), server.accepts());
    assert_eq!(
        server.requests(),
        books.sum(|window| window.closed_by_target)
    );
    assert_eq!(server.accepts(), books.sum(|window| window.opened));
}

#[test]
fn connection_close_reopens_without_a_failure() {
    let server =
        closing_after(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    let books = run_one_slot(&server.plan(), 10);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    assert_eq!(
        server.requests(),
        books.sum(|window| window.closed_by_target)
    );
    assert_eq!(server.accepts(), books.sum(|window| window.connect.count()));
}

#[test]
fn bytes_beyond_a_response_cost_the_connection() {
    let server = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n");
    let books = run_one_slot(&server.plan(), 5);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    assert_eq!(server.requests(), server.accepts());
    assert_eq!(0, books.sum(|window| window.closed_by_target));
}

#[test]
fn head_requests_have_no_body() {
    let server = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n");
    let mut plan = server.plan();
    plan.method = "HEAD".into();
    let books = run_one_slot(&plan, 10);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    assert_eq!(1, server.accepts());
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
fn statuses_decide_what_is_ok() {
    let server = answering(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    let books = run_one_slot(&server.plan(), 10);
    assert_eq!(server.requests(), books.failures()["http.status"]);
    assert_eq!(1, server.accepts());
    let failed: u64 = books.sum(|window| window.failed_latency.count());
    assert_eq!(server.requests(), failed);
    let mut plan = server.plan();
    plan.ok_below_status = 600;
    assert!(run_one_slot(&plan, 5).failures().is_empty());
}

#[test]
fn truncations_and_resets_are_told_apart() {
    for (bytes, at_eof, at_reset) in [
        (
            &b""[..],
            "resp.eof.before_status",
            "resp.reset.before_status",
        ),
        (b"HTTP/1.1 200", "resp.eof.headers", "resp.reset.headers"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            "resp.eof.body",
            "resp.reset.body",
        ),
    ] {
        assert_eq!(at_eof, only_failure(&closing_after(bytes).plan()));
        let reset = failure_of(move |mut connection| {
            connection.read_request();
            connection.write(bytes);
            // The bytes are to be read before the RST comes.
            std::thread::sleep(millis(20));
            connection.reset();
        });
        assert_eq!(at_reset, reset);
    }
    let reset = failure_of(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\n\r\nabc");
        std::thread::sleep(millis(20));
        connection.reset();
    });
    assert_eq!("resp.reset.body", reset, "close-delimited");
}

#[test]
fn a_half_closed_server_may_still_answer() {
    let server = Server::start(|mut connection| {
        connection.read_request();
        connection
            .stream
            .write_all(b"HTTP/1.1 200 OK\r\nConte")
            .unwrap();
        std::thread::sleep(millis(5));
        connection
            .stream
            .write_all(b"nt-Length: 0\r\n\r\n")
            .unwrap();
        connection.stream.shutdown(Shutdown::Write).unwrap();
        connection.read_request();
    });
    let books = run_one_slot(&server.plan(), 5);
    assert_eq!(
        0,
        books
            .failures()
            .get("resp.eof.headers")
            .copied()
            .unwrap_or(0)
    );
    assert!(books.sum(|window| window.ok) >= 5);
}

#[test]
fn the_keep_alive_race_has_its_own_name() {
    let fin = Server::start(|mut connection| {
        connection.read_request();
        connection.write(OK);
        connection.read_request();
    });
    let reset = Server::start(|mut connection| {
        connection.read_request();
        connection.write(OK);
        connection.read_request();
        connection.reset();
    });
    for server in [fin, reset] {
        let books = run_one_slot(&server.plan(), 10);
        let stale = books.failures()["conn.stale"];
        assert_eq!(1, books.failures().len());
        // The last one may have ended in a window that was not read.
        let closed = books.sum(|window| window.closed_by_target);
        assert!(stale - closed <= 1, "{closed} of {stale}");
        assert_eq!(server.requests(), books.sum(|window| window.started));
        // Stale requests do not wait: the race is nobody's fault.
        assert!(books.sum(|window| window.ok).abs_diff(stale) <= 1);
    }
}

#[test]
fn another_protocol_is_recognised_even_when_it_speaks_first() {
    let banner = failure_of(|mut connection| {
        connection.write(b"SSH-2.0-OpenSSH_9.2\r\n");
        connection.read_request();
    });
    assert_eq!("proto.not_http", banner);
    let early = Server::start(|mut connection| {
        connection.write(OK);
        connection.read_request();
    });
    // The bytes may also come just after our write; then they are an answer like any other.
    let pool = started(&early.plan());
    let mut books = Books::new();
    pool.set_concurrency(1);
    books.read_for(&pool, millis(100));
    pool.cut();
    books.finish(&pool);
    let failures = books.failures();
    assert!(
        failures
            .keys()
            .all(|kind| ["proto.early_response", "conn.stale"].contains(kind)),
        "{failures:?}"
    );
}

#[test]
fn bad_framing_is_named() {
    for (bytes, kind) in [
        (&b"HTTP/2.0 200 OK\r\n\r\n"[..], "proto.version"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "proto.content_length",
        ),
        (b"HTTP/1.1 101 Switching\r\n\r\n", "proto.unexpected_101"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "proto.te",
        ),
    ] {
        assert_eq!(kind, only_failure(&answering(bytes).plan()));
    }
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
fn an_early_refusal_of_a_large_body_counts_by_its_status() {
    let server = Server::start(|mut connection| {
        connection.write_after_first_byte(
            b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        );
    });
    let mut plan = server.plan();
    plan.method = "POST".into();
    plan.body = Some(vec![0; 16 << 20]);
    let books = run_one_slot(&plan, 3);
    let failures = books.failures();
    assert!(failures["http.status"] >= 3, "{failures:?}");
    assert_eq!(1, failures.len(), "{failures:?}");
}

#[test]
fn the_next_good_request_is_unaffected() {
    let server = Server::start(|mut connection| {
        if connection.number % 2 == 0 {
            connection.read_request();
            connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
        } else {
            for _ in 0..3 {
                connection.read_request();
                connection.write(OK);
            }
        }
    });
    let mut plan = server.plan();
    plan.threads = 1;
    let books = run_one_slot(&plan, 40);
    let failures = books.failures();
    assert!(failures["resp.eof.body"] >= 5, "{failures:?}");
    assert!(books.sum(|window| window.ok) >= 3 * (failures["resp.eof.body"] - 1));
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

trait Impatient {
    fn write_after_first_byte(&mut self, bytes: &[u8]);
}

impl Impatient for Connection {
    /// Answer without reading the request, then drain it so that the answer is not lost to an RST.
    fn write_after_first_byte(&mut self, bytes: &[u8]) {
        let mut buffer = vec![0; 65536];
        let _ = std::io::Read::read(&mut self.stream, &mut buffer);
        self.write(bytes);
        let _ = self.stream.shutdown(Shutdown::Write);
        while std::io::Read::read(&mut self.stream, &mut buffer).is_ok_and(|count| count > 0) {}
    }
}
