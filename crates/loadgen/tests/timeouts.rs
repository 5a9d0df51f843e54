//! Does each deadline fire at its time, under its own name?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use loadgen::Plan;
use support::{Books, Server, started, wait_until};

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Answers the first request of each connection with `bytes`, then stays silent.
fn silent_after(bytes: &'static [u8]) -> Server {
    Server::start(move |mut connection| {
        if connection.read_request().is_some() {
            connection.write(bytes);
            connection.read_request();
        }
    })
}

fn with_timeouts(mut plan: Plan, change: impl Fn(&mut Plan)) -> Plan {
    change(&mut plan);
    plan
}

/// One request that runs into a deadline: its kind, and its recorded latency in milliseconds.
fn timed_out(plan: &Plan) -> (&'static str, f64) {
    let pool = started(plan);
    let mut books = Books::new();
    let start = Instant::now();
    pool.set_concurrency(1);
    wait_until(|| pool.ready_connections() == 1);
    pool.set_concurrency(0);
    books.leave(&pool);
    assert!(start.elapsed() < millis(700), "late: {:?}", start.elapsed());
    assert_eq!(1, books.sum(|window| window.started));
    let window = &books.windows[&0];
    let kind = window.failures.keys().next().unwrap();
    (kind, window.failed_latency.max_s() * 1e3)
}

#[test]
fn timeouts_fire_at_their_deadline() {
    let body = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
    for (server, change, expected, deadline_ms) in [
        (
            silent_after(b""),
            (|plan: &mut Plan| plan.timeouts.first_byte = millis(150)) as fn(&mut Plan),
            "resp.timeout.first_byte",
            150.0,
        ),
        (
            silent_after(b"HTTP/1.1 200 OK\r\n"),
            |plan| plan.timeouts.idle = millis(120),
            "resp.timeout.headers",
            120.0,
        ),
        (
            silent_after(body),
            |plan| plan.timeouts.idle = millis(130),
            "resp.timeout.idle",
            130.0,
        ),
        (
            silent_after(body),
            |plan| plan.timeouts.total = millis(140),
            "resp.timeout.total",
            140.0,
        ),
    ] {
        let (kind, latency_ms) = timed_out(&with_timeouts(server.plan(), change));
        assert_eq!(expected, kind);
        assert!(
            latency_ms >= deadline_ms - 0.5 && latency_ms < deadline_ms + 30.0,
            "{kind} at {latency_ms} ms"
        );
    }
}

#[test]
fn a_drip_is_ended_by_the_total_timer() {
    let server = Server::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\n\r\n");
        while connection.stream.write_all(b"x").is_ok() {
            std::thread::sleep(millis(10));
        }
    });
    let plan = with_timeouts(server.plan(), |plan| {
        plan.timeouts.idle = millis(100);
        plan.timeouts.total = millis(250);
    });
    let (kind, latency_ms) = timed_out(&plan);
    assert_eq!("resp.timeout.total", kind);
    assert!((249.0..260.0).contains(&latency_ms), "{latency_ms} ms");
}
