//! Do the properties hold for broken copies of known answers?

use answers::corpus;
use answers::mutation::mutations;
use answers::properties::{Cuts, check};

/// More are tried by the fuzzer; these are the same in every run.
const SEEDS: std::ops::Range<u64> = 0..8;
const MUTATIONS_PER_SEED: usize = 50_000;

#[test]
fn broken_answers_hurt_nobody() {
    let corpus = corpus::load().unwrap();
    for seed in SEEDS {
        for (is_head_request, input) in mutations(&corpus, seed, MUTATIONS_PER_SEED) {
            if let Err(fault) = check(is_head_request, &input, Cuts::Few) {
                panic!(
                    "seed {seed}, HEAD {is_head_request}, {}: {fault}",
                    input.escape_ascii()
                );
            }
        }
    }
}
