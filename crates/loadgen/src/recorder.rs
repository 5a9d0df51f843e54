//! What happened in one interval, counted without a lock?

use crate::failure::{FailureKind, KIND_COUNT};
use crate::histogram::Histogram;

const FIRST_STATUS: u16 = 100;
const STATUS_COUNT: usize = 500;

/// Counters and histograms of one window, thread and interval; all of them are deltas.
pub(crate) struct Tally {
    pub started: u64,
    pub ok: u64,
    pub failures: [u64; KIND_COUNT],
    pub cut: u64,
    statuses: [u64; STATUS_COUNT],
    pub sent_bytes: u64,
    pub received_bytes: u64,
    /// Ends inside the interval, whatever the window of the request.
    pub ended_ok: u64,
    pub ended_all: u64,
    pub opened: u64,
    pub attempts_failed: u64,
    pub closed_by_target: u64,
    pub latency: Histogram,
    pub failed_latency: Histogram,
    pub first_byte: Histogram,
    pub connect: Histogram,
}

impl Tally {
    pub(crate) fn new() -> Box<Self> {
        Box::new(Self {
            started: 0,
            ok: 0,
            failures: [0; KIND_COUNT],
            cut: 0,
            statuses: [0; STATUS_COUNT],
            sent_bytes: 0,
            received_bytes: 0,
            ended_ok: 0,
            ended_all: 0,
            opened: 0,
            attempts_failed: 0,
            closed_by_target: 0,
            latency: Histogram::new(),
            failed_latency: Histogram::new(),
            first_byte: Histogram::new(),
            connect: Histogram::new(),
        })
    }

    pub(crate) fn count_status(&mut self, status: u16) {
        if let Some(count) = self
            .statuses
            .get_mut(usize::from(status.wrapping_sub(FIRST_STATUS)))
        {
            *count += 1;
        }
    }

    /// The statuses that occurred, with their counts.
    pub(crate) fn statuses(&self) -> Vec<(u16, u64)> {
        (FIRST_STATUS..)
            .zip(self.statuses)
            .filter(|&(_, count)| count > 0)
            .collect()
    }

    /// The failures that occurred, with their counts.
    pub(crate) fn failures(&self) -> Vec<(FailureKind, u64)> {
        FailureKind::ALL
            .iter()
            .copied()
            .zip(self.failures)
            .filter(|&(_, count)| count > 0)
            .collect()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.started += other.started;
        self.ok += other.ok;
        self.cut += other.cut;
        self.sent_bytes += other.sent_bytes;
        self.received_bytes += other.received_bytes;
        self.ended_ok += other.ended_ok;
        self.ended_all += other.ended_all;
        self.opened += other.opened;
        self.attempts_failed += other.attempts_failed;
        self.closed_by_target += other.closed_by_target;
        for (own, theirs) in self.failures.iter_mut().zip(other.failures) {
            *own += theirs;
        }
        for (own, theirs) in self.statuses.iter_mut().zip(other.statuses) {
            *own += theirs;
        }
        self.latency.add(&other.latency);
        self.failed_latency.add(&other.failed_latency);
        self.first_byte.add(&other.first_byte);
        self.connect.add(&other.connect);
    }

    /// Forget everything, keep the memory.
    pub(crate) fn clear(&mut self) {
        self.started = 0;
        self.ok = 0;
        self.failures = [0; KIND_COUNT];
        self.cut = 0;
        self.statuses = [0; STATUS_COUNT];
        self.sent_bytes = 0;
        self.received_bytes = 0;
        self.ended_ok = 0;
        self.ended_all = 0;
        self.opened = 0;
        self.attempts_failed = 0;
        self.closed_by_target = 0;
        self.latency.clear();
        self.failed_latency.clear();
        self.first_byte.clear();
        self.connect.clear();
    }
}

/// The position of a row in its window.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Place {
    /// The n-th interval on the window's grid.
    Interval(u64),
    /// After the window was left: ends of requests that had started in it.
    Stragglers,
}

/// One tally on its way from a load thread to the control side.
pub(crate) struct Row {
    pub thread: usize,
    pub window: u32,
    pub place: Place,
    pub start_ns: u64,
    pub end_ns: u64,
    /// The window's last interval on this thread.
    pub is_last: bool,
    /// Requests of this window and thread that are still open.
    pub in_flight: u64,
    pub connections_open: u64,
    pub cpu_ratio: f64,
    pub runqueue_wait_ratio: f64,
    pub tally: Box<Tally>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy() -> Box<Tally> {
        let mut tally = Tally::new();
        tally.started = 3;
        tally.ok = 1;
        tally.failures[FailureKind::HttpStatus as usize] = 2;
        tally.count_status(200);
        tally.count_status(503);
        tally.count_status(503);
        tally.sent_bytes = 10;
        tally.received_bytes = 20;
        tally.ended_ok = 1;
        tally.ended_all = 3;
        tally.latency.record_ns(1_000);
        tally.failed_latency.record_ns(2_000);
        tally
    }

    #[test]
    fn adding_keeps_every_count() {
        let mut sum = busy();
        sum.add(&busy());
        assert_eq!(6, sum.started);
        assert_eq!(2, sum.ok);
        assert_eq!(vec![(FailureKind::HttpStatus, 4)], sum.failures());
        assert_eq!(vec![(200, 2), (503, 4)], sum.statuses());
        assert_eq!((20, 40), (sum.sent_bytes, sum.received_bytes));
        assert_eq!((2, 6), (sum.ended_ok, sum.ended_all));
        assert_eq!(2, sum.latency.count());
        assert_eq!(2, sum.failed_latency.count());
    }

    #[test]
    fn clearing_leaves_nothing() {
        let mut tally = busy();
        tally.clear();
        assert_eq!(
            0,
            tally.started + tally.ok + tally.sent_bytes + tally.ended_all
        );
        assert!(tally.statuses().is_empty());
        assert!(tally.failures().is_empty());
        assert_eq!(0, tally.latency.count() + tally.failed_latency.count());
    }

    #[test]
    fn statuses_outside_the_table_are_ignored() {
        let mut tally = Tally::new();
        tally.count_status(99);
        tally.count_status(600);
        assert!(tally.statuses().is_empty());
    }
}
