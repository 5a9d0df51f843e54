//! Do stamps and histograms agree with the samples, and with the server's clock?

use std::collections::BTreeMap;

use loadgen::{Histogram, Outcome};

use super::Case;
use crate::client::Window;
use crate::exact::Exact;
use crate::join::Pair;

/// Good requests from the first byte sent to the last byte read.
pub(super) fn latency(case: &Case) -> Vec<String> {
    compare(
        case,
        |window| &window.latency,
        |pair| pair.latency_ns().filter(|_| pair.is_ok()),
    )
}

/// Failed requests of which a byte was sent.
pub(super) fn failed_latency(case: &Case) -> Vec<String> {
    compare(
        case,
        |window| &window.failed_latency,
        |pair| pair.latency_ns().filter(|_| pair.failure().is_some()),
    )
}

/// Good requests from the first byte sent to the first byte read.
pub(super) fn first_byte(case: &Case) -> Vec<String> {
    compare(
        case,
        |window| &window.first_byte,
        |pair| pair.first_byte_ns().filter(|_| pair.is_ok()),
    )
}

/// Good planned requests from their planned start.
pub(super) fn response(case: &Case) -> Vec<String> {
    compare(
        case,
        |window| &window.response,
        |pair| pair.response_ns().filter(|_| pair.is_ok()),
    )
}

/// How late planned starts were made.
pub(super) fn send_lag(case: &Case) -> Vec<String> {
    compare(case, |window| &window.send_lag, Pair::send_lag_ns)
}

/// Good requests from the first byte read to the last.
pub(super) fn transfer(case: &Case) -> Vec<String> {
    compare(
        case,
        |window| &window.transfer,
        |pair| pair.transfer_ns().filter(|_| pair.is_ok()),
    )
}

/// Good requests that opened their connection, from its beginning to the last byte read.
pub(super) fn fresh_latency(case: &Case) -> Vec<String> {
    compare(
        case,
        |window| &window.fresh_latency,
        |pair| pair.fresh_latency_ns().filter(|_| pair.is_ok()),
    )
}

fn compare(
    case: &Case,
    histogram: fn(&Window) -> &Histogram,
    sample_ns: fn(&Pair) -> Option<u64>,
) -> Vec<String> {
    let exact: Exact = case.pairs.iter().filter_map(sample_ns).collect();
    let mut found = exact.differences(&case.said.merged(histogram));
    for (number, part) in case.by_window(Pair::begun_ns) {
        if !part.possible.is_empty() {
            continue;
        }
        let exact: Exact = part.certain.into_iter().filter_map(sample_ns).collect();
        let differences = exact.differences(histogram(&case.said.windows[&number]));
        found.extend(
            differences
                .iter()
                .map(|text| format!("window {number}: {text}")),
        );
    }
    found
}

/// Every stamp lies on the right side of the server's, and each event has a stamp of its own.
pub(super) fn clock(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    let mut last_end_ns: BTreeMap<usize, u64> = BTreeMap::new();
    for pair in &case.pairs {
        let entry = &pair.entry;
        if !matches!(entry.outcome, Outcome::Answered(_)) {
            continue;
        }
        let last_ns = last_end_ns.insert(entry.thread, entry.ended_ns);
        if last_ns.is_some_and(|last_ns| last_ns >= entry.ended_ns) {
            found.push(format!(
                "an end not later than the one before it: {entry:?}"
            ));
        }
        let Some(seen) = pair.seen else { continue };
        let first_ns = seen.head_ns.or(seen.written_ns).unwrap_or(u64::MAX);
        let is_in_order = entry.taken_up_ns <= entry.sent_ns
            && entry.sent_ns <= seen.read_ns
            && first_ns <= entry.first_byte_ns
            && seen.written_ns.unwrap_or(u64::MAX) <= entry.ended_ns;
        if !is_in_order {
            found.push(format!("{entry:?} against {seen:?}"));
        }
    }
    found
}

/// Shorter gaps are left out, and so are all but the longest of an interval.
const GAP_ERROR_NS: u64 = 1_000_000;

/// No answer came within a gap, and the server's pause is one.
pub(super) fn gaps(case: &Case) -> Vec<String> {
    let is_answered = |pair: &&Pair| matches!(pair.entry.outcome, Outcome::Answered(_));
    let answered = case.pairs.iter().filter(is_answered);
    let mut ends_ns: Vec<u64> = answered.map(|pair| pair.entry.ended_ns).collect();
    ends_ns.sort_unstable();
    let said: Vec<(u64, u64)> = case
        .said
        .windows
        .values()
        .flat_map(|window| window.gaps_ns.iter().copied())
        .collect();
    let mut found = Vec::new();
    for &(start_ns, end_ns) in &said {
        let first = ends_ns.partition_point(|&at_ns| at_ns <= start_ns);
        if ends_ns.get(first).is_some_and(|&at_ns| at_ns < end_ns) {
            found.push(format!("an answer within the gap {start_ns} to {end_ns}"));
        }
    }
    if let Some(stall_ns) = case.truth.stall_ns {
        let silences = ends_ns.windows(2).map(|two| (two[0], two[1]));
        let whole_ns = overlap(silences.clone(), stall_ns);
        let longest = silences.max_by_key(|&silence| overlap([silence].into_iter(), stall_ns));
        let longest_ns = overlap(longest.into_iter(), stall_ns);
        let said_ns = overlap(said.into_iter(), stall_ns);
        // Gaps of threads that are in different windows are not brought together.
        let least_ns = longest_ns.saturating_sub(GAP_ERROR_NS + case.overlap_ns(stall_ns));
        if !(least_ns..=whole_ns + GAP_ERROR_NS).contains(&said_ns) {
            found.push(format!(
                "{said_ns} ns of the pause instead of {least_ns} to {whole_ns} ns"
            ));
        }
    }
    found
}

fn overlap(spans: impl Iterator<Item = (u64, u64)>, (from_ns, to_ns): (u64, u64)) -> u64 {
    spans
        .map(|(start_ns, end_ns)| end_ns.min(to_ns).saturating_sub(start_ns.max(from_ns)))
        .sum()
}
