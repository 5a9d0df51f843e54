//! Does each deadline fire at its time, under its own name?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use loadgen::Plan;
use support::{Books, Server, in_time, punctually, started, wait_until};

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

/// One request runs into a deadline, under its name: never before, and hardly after it.
fn times_out(plan: &Plan, expected: &str, deadline_ms: f64) -> Result<(), String> {
    let pool = started(plan);
    let mut books = Books::new();
    let start = Instant::now();
    pool.set_concurrency(1);
    wait_until(|| pool.ready_connections() == 1);
    pool.set_concurrency(0);
    books.leave(&pool);
    let elapsed = start.elapsed();
    assert_eq!(1, books.sum(|window| window.started));
    let window = &books.windows[&0];
    assert_eq!(vec![&expected], window.failures.keys().collect::<Vec<_>>());
    let latency_ms = window.failed_latency.max_s() * 1e3;
    let said = format!("{expected} at {latency_ms} ms, {elapsed:?}");
    assert!(latency_ms >= deadline_ms - 0.5, "{said}");
    let is_soon = latency_ms < deadline_ms + 10.0 && elapsed < millis(700);
    in_time(is_soon, || said)
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
        let plan = with_timeouts(server.plan(), change);
        punctually(|| times_out(&plan, expected, deadline_ms));
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
    punctually(|| times_out(&plan, "resp.timeout.total", 250.0));
}
