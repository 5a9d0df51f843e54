//! Do client and server say the same about every single request?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::time::Duration;

use truth::act::Act;
use truth::checks::Case;
use truth::runs::{Run, gauntlet, killed, planned, services};

fn true_case(run: &Run) -> Case {
    let case = run
        .make(Path::new(env!("CARGO_BIN_EXE_truth-server")))
        .unwrap();
    let faults = case.faults();
    let shown: Vec<String> = faults.iter().take(10).map(ToString::to_string).collect();
    assert!(
        faults.is_empty(),
        "{} faults in {} of {} requests with seed {}:\n{}",
        faults.len(),
        run.name,
        case.pairs.len(),
        run.script.seed,
        shown.join("\n")
    );
    case
}

#[test]
fn everything_a_server_may_do_is_told_as_it_was() {
    for seed in [1, 2] {
        let case = true_case(&gauntlet(seed));
        for act in Act::ALL {
            let has_met = case.truth.requests.values().any(|seen| seen.act == act);
            assert!(has_met, "no {}", act.name());
        }
        assert!(case.said.sum(|window| window.cut) > 0);
        assert!(case.said.windows.len() > 25);
    }
}

#[test]
fn a_killed_server_leaves_no_request_unexplained() {
    for seed in [3, 4] {
        let case = true_case(&killed(seed));
        let refused = case
            .said
            .sum(|window| *window.failures.get("conn.refused").unwrap_or(&0));
        assert!(refused > 0);
    }
}

#[test]
fn planned_starts_are_made_or_told_as_dropped() {
    for seed in [6, 7] {
        let case = true_case(&planned(seed));
        // The pause takes more starts than there are slots.
        assert!(case.said.sum(|window| window.not_made) > 20);
        assert_eq!(1, case.said.schedules.len());
    }
}

#[test]
fn services_of_every_shape_are_measured_as_they_are() {
    for run in services(5, Duration::from_millis(900)) {
        let case = true_case(&run);
        assert!(case.pairs.len() > 300, "{}: {}", run.name, case.pairs.len());
    }
}
