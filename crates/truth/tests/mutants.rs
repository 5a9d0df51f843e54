//! Does the suite notice every seeded defect?
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and its table is for people"
)]

use std::path::Path;

use loadgen::Mutant;
use truth::mutants::{Hunt, hunt_all};

/// On a busy machine a defect may have had no occasion; then it gets another.
const SEEDS: [u64; 3] = [11, 12, 13];

#[test]
fn the_page_names_every_defect() {
    let page = include_str!("../../../docs/truth.md");
    for mutant in Mutant::ALL {
        let row = format!("| `{}` | {} |", mutant.name(), mutant.defect());
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn every_defect_is_caught_and_the_true_engine_passes() {
    let mut at_large: Vec<Mutant> = Mutant::ALL.to_vec();
    assert!(at_large.len() >= 15);
    for seed in SEEDS {
        let hunts = hunt_all(Path::new(env!("CARGO_BIN_EXE_truth")), &at_large, seed).unwrap();
        for Hunt { mutant, caught_by } in hunts {
            println!("{} with seed {seed}: {caught_by:?}", mutant.name());
            if mutant == Mutant::None {
                assert!(caught_by.is_empty(), "the engine itself: {caught_by:?}");
            } else if !caught_by.is_empty() {
                at_large.retain(|&other| other != mutant);
            }
        }
        if at_large.is_empty() {
            return;
        }
    }
    assert!(at_large.is_empty(), "not caught: {at_large:?}");
}
