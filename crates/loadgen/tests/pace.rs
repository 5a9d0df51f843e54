//! Is a target that is gone tried again at a pace that hurts nobody, and used again at once?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use support::{Books, OK, Server, plan, started, wait_until};

const SLOTS: usize = 400;

#[test]
fn a_dead_port_is_tried_at_the_pace_of_new_connections_and_used_when_it_is_back() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let pool = started(&plan(address));
    let mut books = Books::new();
    pool.set_concurrency(SLOTS);
    books.read_for(&pool, Duration::from_millis(500));
    let begun = Instant::now();
    books.begin_window(&pool);
    books.read_for(&pool, Duration::from_millis(1500));
    books.begin_window(&pool);
    let seconds = begun.elapsed().as_secs_f64();
    books.read_for(&pool, Duration::from_millis(100));
    let window = &books.windows[&1];
    let attempts = f64::from(u32::try_from(window.attempts_failed).unwrap());
    // 400 slots that wait for 50 to 100 ms each would try more than 4,000 times a second.
    assert!(
        attempts < 2000.0 * seconds + 200.0,
        "{attempts} in {seconds} s"
    );
    assert!(attempts > 100.0, "it is tried all the time");
    assert_eq!(window.attempts_failed, window.failures["conn.refused"]);

    let server = Server::start_on(&address.to_string(), |mut connection| {
        connection.answer_all(OK);
    });
    wait_until(|| server.accepts() >= SLOTS as u64);
    books.finish(&pool);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
}
