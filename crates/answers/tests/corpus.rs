//! Does every known answer mean what the corpus says, however it is cut?

use std::collections::BTreeSet;

use answers::corpus;
use answers::properties::{Cuts, check};

#[test]
fn every_case_has_the_outcome_written_beside_it() {
    let mut faults = Vec::new();
    for case in corpus::load().unwrap() {
        match check(case.is_head_request, &case.input, Cuts::Many) {
            Ok(outcome) if outcome.to_string() == case.expected => {}
            Ok(outcome) => faults.push(format!("{}: {} -> {outcome}", case.name, case.expected)),
            Err(fault) => faults.push(format!("{}: {fault}", case.name)),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn names_and_answers_are_unique() {
    let (mut names, mut answers) = (BTreeSet::new(), BTreeSet::new());
    for case in corpus::load().unwrap() {
        assert!(names.insert(case.name.clone()), "{} twice", case.name);
        assert!(
            answers.insert((case.is_head_request, case.input)),
            "the answer of {} is another one's",
            case.name
        );
    }
}
