//! Which statements of the engine are false?
//!
//! Every check is exact: a difference of one request or one nanosecond too much is a fault. Only
//! histograms may be off by their 0.1 %.

mod counts;
mod requests;
mod times;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::client::Said;
use crate::join::{Pair, Truth};

/// One run, seen from both sides.
#[derive(Debug)]
pub struct Case {
    /// The engine's side.
    pub said: Said,
    /// The server's side.
    pub truth: Truth,
    /// Both sides of each request.
    pub pairs: Vec<Pair>,
    /// The deadline that a missing answer meets.
    pub first_byte_timeout: Duration,
    /// Whether the server died on the way.
    pub is_killed: bool,
}

/// A statement that is not true.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which check has found it.
    pub check: &'static str,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.check, self.text)
    }
}

/// A name, and what it finds in a run.
type Check = (&'static str, fn(&Case) -> Vec<String>);

const CHECKS: [Check; 14] = [
    ("identity", counts::identity),
    ("requests", counts::requests),
    ("windows", counts::windows),
    ("ends", counts::ends),
    ("bytes", counts::bytes),
    ("connections", counts::connections),
    ("ids", requests::ids),
    ("outcomes", requests::outcomes),
    ("latency", times::latency),
    ("failed latency", times::failed_latency),
    ("first byte", times::first_byte),
    ("transfer", times::transfer),
    ("fresh latency", times::fresh_latency),
    ("clock", times::clock),
];

impl Case {
    /// Every fault of the run.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let found = CHECKS.iter().flat_map(|(check, find)| {
            let texts = find(self).into_iter();
            texts.map(|text| Fault { check, text })
        });
        found.collect()
    }

    /// The pairs of each window, by when their request was taken up. `None` where the windows of
    /// the threads overlap because one of them heard of the change late; then that is not exact.
    fn by_window(&self) -> Option<BTreeMap<u32, Vec<&Pair>>> {
        let spans: Vec<(u32, u64, u64)> = self
            .said
            .windows
            .iter()
            .filter_map(|(&window, sums)| sums.span_ns.map(|(start, end)| (window, start, end)))
            .collect();
        if spans.windows(2).any(|two| two[0].2 > two[1].1) {
            return None;
        }
        let mut parts: BTreeMap<u32, Vec<&Pair>> = BTreeMap::new();
        for pair in &self.pairs {
            let at_ns = pair.entry.taken_up_ns;
            let place = spans.partition_point(|&(_, start_ns, _)| start_ns <= at_ns);
            if let Some(&(window, _, _)) = place.checked_sub(1).and_then(|index| spans.get(index)) {
                parts.entry(window).or_default().push(pair);
            }
        }
        Some(parts)
    }
}

/// A line when two values differ.
fn differ<T: PartialEq + fmt::Debug>(name: &str, expected: &T, actual: &T) -> Option<String> {
    (expected != actual).then(|| format!("{name}: {actual:?} instead of {expected:?}"))
}
