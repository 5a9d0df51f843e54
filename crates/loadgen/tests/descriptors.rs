//! Is our own lack of descriptors told apart from faults of the target?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::net::TcpListener;
use std::time::Duration;

use loadgen::Pool;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::{Books, started, wait_until};

const LIMIT: u64 = 100;

// The limit holds for the whole process, so this test has a binary of its own.
#[test]
fn the_soft_limit_is_raised_and_the_hard_one_is_a_local_failure() {
    // Nobody accepts, and one listener alone would not queue so many.
    let listeners: Vec<_> = (0..2)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(LIMIT / 2),
            maximum: Some(LIMIT),
        },
    )
    .unwrap();
    let mut plan = support::plan(listeners[0].local_addr().unwrap());
    plan.addresses.push(listeners[1].local_addr().unwrap());
    plan.max_connections = 1;
    let error = Pool::new(&plan).map(|_| ()).unwrap_err();
    assert_eq!("local.fd", error.kind());
    assert_eq!(
        "1 connections need 101 open files and the hard limit is 100; \
         raise it in this shell with: sudo prlimit --pid $$ --nofile=101:101",
        error.to_string()
    );
    plan.max_connections = 0;
    let pool = started(&plan);
    assert_eq!(Some(LIMIT), getrlimit(Resource::Nofile).current);
    let mut books = Books::new();
    pool.set_concurrency(128);
    wait_until(|| pool.ready_connections() == 128);
    books.read_for(&pool, Duration::from_millis(100));
    pool.set_concurrency(0);
    pool.cut();
    books.finish(&pool);
    let failures = books.failures();
    assert_eq!(
        vec!["local.fd"],
        failures.keys().copied().collect::<Vec<_>>()
    );
    assert!(failures["local.fd"] >= 128 - LIMIT);
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
