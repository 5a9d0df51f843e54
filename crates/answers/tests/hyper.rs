//! Does hyper read every answer as we do, but for the differences that are meant?

use std::collections::{BTreeMap, BTreeSet};

use answers::differences::{FROM_HYPER, explain, is_same};
use answers::mutation::mutations;
use answers::properties::{Cuts, check};
use answers::{corpus, hyper_reading};

const SEED: u64 = 1;
const MUTATIONS: usize = 30_000;

#[test]
fn hyper_and_the_core_read_alike() {
    let corpus = corpus::load().unwrap();
    let known = corpus
        .iter()
        .map(|case| (case.is_head_request, case.input.clone()));
    let (mut faults, mut seen) = (BTreeMap::new(), BTreeSet::new());
    let answers = known.chain(mutations(&corpus, SEED, MUTATIONS));
    for (index, (is_head_request, input)) in answers.enumerate() {
        let ours = check(is_head_request, &input, Cuts::Few).unwrap();
        let theirs = hyper_reading::read(is_head_request, &input).unwrap();
        if is_same(&input, &ours, &theirs) {
            continue;
        }
        if let Some(difference) = explain(&input, &ours, &theirs) {
            // Each difference has a case that shows it, whatever the seed.
            if index < corpus.len() {
                seen.insert(difference.name);
            }
        } else {
            let text = input[..input.len().min(300)].escape_ascii().to_string();
            faults.insert((ours.to_string(), theirs.kind()), text);
        }
    }
    assert!(faults.is_empty(), "{} kinds: {faults:#?}", faults.len());
    for difference in FROM_HYPER {
        assert!(
            seen.contains(difference.name),
            "never seen: {}",
            difference.name
        );
    }
}
