//! Is each request known on both sides, and is its end what the server did to it?

use std::collections::BTreeSet;

use loadgen::Outcome;

use super::Case;
use crate::act::Act;
use crate::join::{Pair, Seen};

/// Both sides know the same requests, each of them once.
pub(super) fn ids(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    let ours: BTreeSet<u64> = case.pairs.iter().map(|pair| pair.entry.id).collect();
    if ours.len() != case.pairs.len() {
        found.push(format!(
            "{} requests share a number",
            case.pairs.len() - ours.len()
        ));
    }
    for id in &case.truth.repeated {
        found.push(format!("request {id} was read twice"));
    }
    for id in case.truth.requests.keys().filter(|id| !ours.contains(id)) {
        found.push(format!("the server has read {id}, which nobody sent"));
    }
    for pair in case.pairs.iter().filter(|pair| pair.seen.is_none()) {
        let is_lost = pair.entry.sent_bytes > 0 && !may_be_unread(case, pair);
        if is_lost || pair.is_ok() {
            found.push(format!("the server knows nothing of {:?}", pair.entry));
        }
    }
    found
}

/// What died with the server, or was cut as it was sent, may never have been read.
fn may_be_unread(case: &Case, pair: &Pair) -> bool {
    match pair.entry.outcome {
        Outcome::Answered(_) => false,
        Outcome::Failed(_) => case.is_killed,
        Outcome::Cut => true,
    }
}

/// What the client met is what the server did.
pub(super) fn outcomes(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    for pair in &case.pairs {
        let is_true = match pair.seen {
            Some(seen) => is_outcome_of(case, pair, seen),
            None => is_possible_unread(case, pair),
        };
        if !is_true {
            found.push(format!(
                "{:?} does not follow from {:?}",
                pair.entry, pair.seen
            ));
        }
    }
    found
}

fn is_outcome_of(case: &Case, pair: &Pair, seen: Seen) -> bool {
    match pair.entry.outcome {
        Outcome::Cut => pair.entry.ended_ns >= case.said.cut_ns,
        Outcome::Answered(status) => {
            let expected = if seen.act == Act::Status { 503 } else { 200 };
            let is_complete = seen.act.is_good() || seen.act == Act::Status;
            is_complete && status == expected && seen.written_ns.is_some()
        }
        Outcome::Failed(kind) => {
            let is_late =
                kind.name() == "resp.timeout.first_byte" && has_met_deadline(case, pair, seen);
            is_late || kind.name() == failure_of(seen) || is_death(case, kind.name(), seen)
        }
    }
}

fn failure_of(seen: Seen) -> &'static str {
    match (seen.act, seen.is_reused) {
        (Act::Close | Act::Reset, true) => "conn.stale",
        (Act::Close, false) => "resp.eof.before_status",
        (Act::Reset, false) => "resp.reset.before_status",
        (Act::Truncate, _) => "resp.eof.body",
        (Act::Hang, _) => "resp.timeout.first_byte",
        _ => "none",
    }
}

/// It ended exactly at its deadline, and no answer had left the server by then.
fn has_met_deadline(case: &Case, pair: &Pair, seen: Seen) -> bool {
    let deadline_ns = u128::from(pair.entry.sent_ns) + case.first_byte_timeout.as_nanos();
    let first_ns = seen.head_ns.or(seen.written_ns);
    u128::from(pair.entry.ended_ns) == deadline_ns
        && first_ns.is_none_or(|first_ns| first_ns + SCHEDULING_NS > pair.entry.ended_ns)
}

/// Between the stamp and the write, and between the arrival and the read, other threads may run.
const SCHEDULING_NS: u64 = 100_000_000;

/// The server died with this request in its hands.
fn is_death(case: &Case, kind: &str, seen: Seen) -> bool {
    let has_lost =
        kind.starts_with("resp.eof") || kind.starts_with("resp.reset") || kind == "conn.stale";
    case.is_killed && has_lost && (seen.written_ns.is_none() || !kind.ends_with("none"))
}

fn is_possible_unread(case: &Case, pair: &Pair) -> bool {
    match pair.entry.outcome {
        Outcome::Cut => pair.entry.ended_ns >= case.said.cut_ns,
        Outcome::Failed(kind) => case.is_killed && kind.side().name() == "target",
        Outcome::Answered(_) => false,
    }
}
