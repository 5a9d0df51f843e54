//! Is our own lack of descriptors told apart from faults of the target?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::net::TcpListener;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::{Books, started, wait_until};

const LIMIT: u64 = 64;

// The limit holds for the whole process, so this test has a binary of its own.
#[test]
fn the_soft_limit_is_raised_and_the_hard_one_is_a_local_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(LIMIT / 2),
            maximum: Some(LIMIT),
        },
    )
    .unwrap();
    let pool = started(&support::plan(listener.local_addr().unwrap()));
    assert_eq!(Some(LIMIT), getrlimit(Resource::Nofile).current);
    let mut books = Books::new();
    pool.set_concurrency(100);
    wait_until(|| pool.ready_connections() == 100);
    books.read_for(&pool, Duration::from_millis(100));
    pool.set_concurrency(0);
    pool.cut();
    books.finish(&pool);
    let failures = books.failures();
    assert_eq!(
        vec!["local.fd"],
        failures.keys().copied().collect::<Vec<_>>()
    );
    assert!(failures["local.fd"] >= 100 - LIMIT);
    let cut = books.sum(|window| window.cut);
    assert!(
        (LIMIT / 2..LIMIT).contains(&cut),
        "{cut} connections were up"
    );
    assert_eq!(
        failures["local.fd"],
        books.sum(|window| window.attempts_failed)
    );
}
