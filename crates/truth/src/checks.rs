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

const CHECKS: [Check; 18] = [
    ("identity", counts::identity),
    ("planned", counts::planned),
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
    ("response", times::response),
    ("send lag", times::send_lag),
    ("gaps", times::gaps),
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

    /// The pairs of each window by a time of theirs. A thread that hears late of a new window leaves
    /// the one before later than others do; where windows overlap, a pair may belong to either.
    fn by_window(&self, at_ns: fn(&Pair) -> u64) -> BTreeMap<u32, Part<'_>> {
        let windows = self.said.windows.iter();
        let spans: Vec<(u32, u64, u64)> = windows
            .filter_map(|(&window, sums)| sums.span_ns.map(|(start, end)| (window, start, end)))
            .collect();
        let mut parts: BTreeMap<u32, Part<'_>> = BTreeMap::new();
        for pair in &self.pairs {
            let at_ns = at_ns(pair);
            let is_within = |&&(_, start_ns, end_ns): &&_| (start_ns..end_ns).contains(&at_ns);
            let within: Vec<u32> = spans.iter().filter(is_within).map(|span| span.0).collect();
            for window in &within {
                let part = parts.entry(*window).or_default();
                if within.len() == 1 {
                    part.certain.push(pair);
                } else {
                    part.possible.push(pair);
                }
            }
        }
        parts
    }

    /// For how much of this time windows overlapped.
    fn overlap_ns(&self, (from_ns, to_ns): (u64, u64)) -> u64 {
        let spans = self.said.windows.values().filter_map(|sums| sums.span_ns);
        let mut reached_ns = 0;
        let mut overlap_ns = 0;
        for (start_ns, end_ns) in spans {
            let both_end_ns = u64::min(reached_ns, end_ns).min(to_ns);
            overlap_ns += both_end_ns.saturating_sub(start_ns.max(from_ns));
            reached_ns = reached_ns.max(end_ns);
        }
        overlap_ns
    }
}

/// The pairs of one window.
#[derive(Debug, Default)]
struct Part<'a> {
    certain: Vec<&'a Pair>,
    /// They may belong to another window, too.
    possible: Vec<&'a Pair>,
}

impl Part<'_> {
    /// A line when a count cannot be right.
    fn differ(&self, name: &str, is: impl Fn(&Pair) -> bool, said: u64) -> Option<String> {
        let count = |pairs: &[&Pair]| pairs.iter().filter(|pair| is(pair)).count() as u64;
        let least = count(&self.certain);
        let most = least + count(&self.possible);
        (!(least..=most).contains(&said))
            .then(|| format!("{name}: {said} instead of {least} to {most}"))
    }
}

/// A line when two values differ.
fn differ<T: PartialEq + fmt::Debug>(name: &str, expected: &T, actual: &T) -> Option<String> {
    (expected != actual).then(|| format!("{name}: {actual:?} instead of {expected:?}"))
}
