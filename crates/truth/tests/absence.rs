//! Is a time in which the engine itself did not run taken for a fault of the target?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

#[test]
fn a_stopped_engine_meets_no_timeouts() {
    let engine = Command::new(env!("CARGO_BIN_EXE_truth"))
        .args(["busy", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_child(&engine);
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(150));
        kill_process(pid, Signal::STOP).unwrap();
        // Longer than the deadline of every request in flight.
        std::thread::sleep(Duration::from_millis(300));
        kill_process(pid, Signal::CONT).unwrap();
    }
    let output = engine.wait_with_output().unwrap();
    assert_eq!("", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success());
}
