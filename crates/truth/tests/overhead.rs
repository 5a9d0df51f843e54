//! Does the engine say little more than the server took?
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and its table is for people"
)]

use std::path::Path;
use std::time::Duration;

use truth::overhead::Comparison;
use truth::runs::services;

/// A machine that is busy with other things may spoil some rounds; a wrong stamp spoils all.
const ROUNDS: u64 = 6;

#[test]
fn latencies_are_those_of_the_server_and_hardly_more() {
    let hold = Duration::from_millis(700);
    for (index, concurrency) in [(0, 1), (1, 16), (2, 4), (4, 16)] {
        let is_good = (0..ROUNDS).any(|seed| {
            let run = &services(seed, hold)[index];
            let program = Path::new(env!("CARGO_BIN_EXE_truth-server"));
            let both = Comparison::make(program, &run.script, concurrency, hold).unwrap();
            println!(
                "{} at {concurrency}: engine {}, control {}, {} requests, {:?}",
                run.name, both.engine, both.control, both.count, both.faults
            );
            assert!(both.faults.is_empty(), "{:?}", both.faults);
            both.is_good()
        });
        assert!(is_good, "service {index} at {concurrency} in flight");
    }
}
