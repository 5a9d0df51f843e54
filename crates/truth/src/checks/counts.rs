//! Do the engine's sums agree with the single requests?

use std::collections::BTreeMap;

use loadgen::Outcome;

use super::{Case, differ};
use crate::client::Window;
use crate::join::Pair;

/// `started = ok + failures + cut`, and a latency for each good one.
pub(super) fn identity(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    for (number, window) in &case.said.windows {
        let failed: u64 = window.failures.values().sum();
        let ended = window.ok + failed + window.cut + window.in_flight;
        found.extend(differ(
            &format!("sum of window {number}"),
            &window.started,
            &ended,
        ));
        let latencies = window.latency.count();
        found.extend(differ(
            &format!("latencies of window {number}"),
            &window.ok,
            &latencies,
        ));
    }
    found
}

/// `planned = started + dropped + not started`, and as many were planned as the schedule has.
pub(super) fn planned(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    for (number, window) in &case.said.windows {
        let made = window.started + window.not_made;
        found.extend(differ(
            &format!("planned in window {number}"),
            &window.planned,
            &made,
        ));
    }
    let starts = case.pairs.iter().map(|pair| pair.entry.planned_ns);
    let Some(any_ns) = starts.max().filter(|&any_ns| any_ns > 0) else {
        return found;
    };
    let parts = case.by_window(Pair::begun_ns);
    for (number, step_ns) in &case.said.schedules {
        let is_exact = parts
            .get(number)
            .is_some_and(|part| part.possible.is_empty());
        let window = &case.said.windows[number];
        if let Some((start_ns, end_ns)) = window.span_ns.filter(|_| is_exact) {
            // The starts before a moment, counted from the last one of all backwards.
            let after = |at_ns: u64| (any_ns.saturating_sub(at_ns) + step_ns) / step_ns;
            let expected = after(start_ns) - after(end_ns);
            let place = format!("schedule of window {number}");
            found.extend(differ(&place, &expected, &window.planned));
        }
    }
    found
}

/// Totals by outcome.
pub(super) fn requests(case: &Case) -> Vec<String> {
    let mut whole = Window::default();
    for window in case.said.windows.values() {
        whole.started += window.started;
        whole.ok += window.ok;
        whole.cut += window.cut;
        add_all(&mut whole.failures, &window.failures);
        add_all(&mut whole.statuses, &window.statuses);
    }
    compare("", &whole, &case.pairs.iter().collect::<Vec<_>>())
}

/// The same for each window, by the time at which a request was taken up.
pub(super) fn windows(case: &Case) -> Vec<String> {
    let parts = case.by_window(Pair::begun_ns);
    let mut found = Vec::new();
    for (number, window) in &case.said.windows {
        let Some(part) = parts.get(number) else {
            let nothing = Window::default();
            found.extend(differ(
                "started in no time",
                &nothing.started,
                &window.started,
            ));
            continue;
        };
        if part.possible.is_empty() {
            found.extend(compare(
                &format!("window {number}, "),
                window,
                &part.certain,
            ));
            continue;
        }
        let failed = window.failures.values().sum();
        for (name, is, said) in [
            ("started", (|_| true) as fn(&Pair) -> bool, window.started),
            ("ok", Pair::is_ok, window.ok),
            ("failed", |pair| pair.failure().is_some(), failed),
        ] {
            found.extend(part.differ(&format!("window {number}, {name}"), is, said));
        }
    }
    found
}

/// Ends are counted in the window in which they happen, whatever the window of the request.
pub(super) fn ends(case: &Case) -> Vec<String> {
    let is_late = |pair: &Pair| {
        let is_timeout = |kind: &str| kind.contains("timeout");
        pair.failure()
            .map_or(pair.entry.outcome == Outcome::Cut, is_timeout)
    };
    let late = case.pairs.iter().filter(|pair| is_late(pair)).count() as u64;
    let mut found = Vec::new();
    for (number, part) in case.by_window(|pair| pair.entry.ended_ns) {
        let window = &case.said.windows[&number];
        let place = format!("ends ok in window {number}");
        found.extend(part.differ(&place, Pair::is_ok, window.ended_ok));
        // A timeout ends at its deadline, and is noticed a little later; a cut may share its moment
        // with the window's edge.
        let others = window.ended_all.saturating_sub(late);
        let place = format!("ends in window {number}");
        let least = part.certain.iter().filter(|pair| !is_late(pair)).count() as u64;
        if least > window.ended_all {
            found.extend(differ(&place, &least, &window.ended_all));
        }
        let most = (part.certain.len() + part.possible.len()) as u64;
        if others > most {
            found.extend(differ(&place, &most, &window.ended_all));
        }
    }
    found
}

/// Bytes on the wire.
pub(super) fn bytes(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    let sent: u64 = case
        .pairs
        .iter()
        .map(|pair| pair.entry.sent_bytes as u64)
        .sum();
    found.extend(differ(
        "bytes sent",
        &sent,
        &case.said.sum(|window| window.sent_bytes),
    ));
    let (mut least, mut most) = (0, 0);
    for pair in &case.pairs {
        let Some(seen) = pair.seen else { continue };
        let is_certain = match pair.entry.outcome {
            Outcome::Answered(_) => true,
            Outcome::Failed(_) => {
                !case.is_killed
                    && seen
                        .written_ns
                        .is_none_or(|written_ns| written_ns <= pair.entry.ended_ns)
            }
            Outcome::Cut => false,
        };
        least += if is_certain { seen.answer_bytes } else { 0 };
        most += seen.answer_bytes;
        if pair.entry.sent_bytes as u64 != seen.request_bytes {
            found.push(format!(
                "request {} has {} bytes on the server, {} here",
                pair.entry.id, seen.request_bytes, pair.entry.sent_bytes
            ));
        }
    }
    let received = case.said.sum(|window| window.received_bytes);
    if !(least..=most).contains(&received) {
        found.push(format!(
            "bytes received: {received} instead of {least} to {most}"
        ));
    }
    found
}

/// Connections as the server has accepted and ended them.
pub(super) fn connections(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    let opened = case.said.sum(|window| window.opened);
    // What was cut as it connected is accepted and was never opened; what died with the server was
    // opened and may never have been accepted.
    let unused = |pair: &&Pair| pair.entry.outcome == Outcome::Cut && pair.entry.sent_ns == 0;
    let unused = case.pairs.iter().filter(unused).count() as u64;
    let is_possible = opened <= case.truth.accepted || case.is_killed;
    if !is_possible || opened + unused < case.truth.accepted {
        found.extend(differ("connections", &case.truth.accepted, &opened));
    }
    for pair in &case.pairs {
        // A connection that waited for a planned start counts as used.
        if pair.entry.planned_ns == 0
            && let Some(seen) = pair.seen
            && seen.is_reused != pair.entry.is_reused
        {
            found.push(format!(
                "request {} on connection {} counts as reused: {}",
                pair.entry.id, seen.connection, pair.entry.is_reused
            ));
        }
    }
    let closed = case
        .pairs
        .iter()
        .filter(|pair| is_closed_by_server(pair))
        .count() as u64;
    let said = case.said.sum(|window| window.closed_by_target);
    if !case.is_killed {
        found.extend(differ("closed by the target", &closed, &said));
    }
    found
}

fn is_closed_by_server(pair: &Pair) -> bool {
    use crate::act::Act;
    let is_ending = |act| {
        matches!(
            act,
            Act::LastAnswer | Act::Close | Act::Reset | Act::Truncate
        )
    };
    let has_met_it = match pair.entry.outcome {
        Outcome::Answered(_) => true,
        Outcome::Failed(kind) => !kind.name().starts_with("resp.timeout"),
        Outcome::Cut => false,
    };
    has_met_it && pair.seen.is_some_and(|seen| is_ending(seen.act))
}

fn compare(place: &str, window: &Window, pairs: &[&Pair]) -> Vec<String> {
    let mut failures = BTreeMap::new();
    let mut statuses = BTreeMap::new();
    for pair in pairs {
        if let Some(kind) = pair.failure() {
            *failures.entry(kind).or_default() += 1;
        }
        if let Outcome::Answered(status) = pair.entry.outcome {
            *statuses.entry(status).or_default() += 1;
        }
    }
    let count = |is: fn(&Pair) -> bool| pairs.iter().filter(|pair| is(pair)).count() as u64;
    let cut = count(|pair| pair.entry.outcome == Outcome::Cut);
    [
        differ(
            &format!("{place}started"),
            &(pairs.len() as u64),
            &window.started,
        ),
        differ(&format!("{place}ok"), &count(Pair::is_ok), &window.ok),
        differ(&format!("{place}cut"), &cut, &window.cut),
        differ(&format!("{place}failures"), &failures, &window.failures),
        differ(&format!("{place}statuses"), &statuses, &window.statuses),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn add_all<K: Copy + Ord>(sums: &mut BTreeMap<K, u64>, counts: &BTreeMap<K, u64>) {
    for (&key, count) in counts {
        *sums.entry(key).or_default() += count;
    }
}
