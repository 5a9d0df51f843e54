//! Is every misdeed of a server an ordinary event, with its own name and a bounded cost?
//!
//! The rows B06 to B83 of `docs/bad-servers.md` against a server that commits them, alone with 1
//! and with 64 requests in flight, and as one answer in twenty among good ones. The rows before
//! that concern names; Python resolves them before the run and tests them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod answers;
mod case;
mod document;
mod observe;
mod rows_body;
mod rows_connection;
mod rows_framing;
mod rows_tls;
mod server;
#[path = "../support/mod.rs"]
mod support;

use std::sync::{Mutex, MutexGuard, PoisonError};

use case::Case;

/// Memory and CPU are those of the process, so one group runs at a time.
static TURN: Mutex<()> = Mutex::new(());

fn take_turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check(cases: fn() -> Vec<Case>) {
    let _turn = take_turn();
    for case in cases() {
        case.check();
    }
}

#[test]
fn connections_that_never_come() {
    let _turn = take_turn();
    for end in rows_connection::dead_ends() {
        rows_connection::check_alone(&end, 1);
        rows_connection::check_alone(&end, 64);
        rows_connection::check_mixed(&end);
    }
}

#[test]
fn connections_that_fail() {
    check(rows_connection::cases);
}

#[test]
fn tls() {
    check(rows_tls::cases);
}

#[test]
fn fixed_answers() {
    check(answers::cases);
}

#[test]
fn framing() {
    check(rows_framing::cases);
}

#[test]
fn bodies_and_redirects() {
    check(rows_body::cases);
}
