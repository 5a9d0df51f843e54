//! What happened in one interval, counted without a lock?

use crate::failure::{FailureKind, KIND_COUNT};
use crate::failure_log::FailureLog;
use crate::histogram::Histogram;
use crate::self_watch::SelfLoad;
use crate::stall::Gaps;
use crate::warning::{WARNING_COUNT, WarningKind, Warnings};

const FIRST_STATUS: u16 = 100;
const STATUS_COUNT: usize = 500;

/// Generates the tally, so that a new number is one line here and cannot be forgotten in a sum.
macro_rules! tally {
    (
        sums { $($(#[$sum_doc:meta])* $sum:ident,)* }
        histograms { $($(#[$histogram_doc:meta])* $histogram:ident,)* }
    ) => {
        /// Counters and histograms of one window, thread and interval; all of them are deltas.
        pub(crate) struct Tally {
            $($(#[$sum_doc])* pub $sum: u64,)*
            $($(#[$histogram_doc])* pub $histogram: Histogram,)*
            pub failures: [u64; KIND_COUNT],
            warnings: [u64; WARNING_COUNT],
            pub failure_log: FailureLog,
            statuses: [u64; STATUS_COUNT],
            /// Times without a complete answer; not a sum, see `add`.
            pub gaps: Gaps,
        }

        impl Tally {
            pub(crate) fn new() -> Box<Self> {
                Box::new(Self {
                    $($sum: 0,)*
                    $($histogram: Histogram::new(),)*
                    failures: [0; KIND_COUNT],
                    warnings: [0; WARNING_COUNT],
                    failure_log: FailureLog::new(),
                    statuses: [0; STATUS_COUNT],
                    gaps: Gaps::new(),
                })
            }

            /// Add what another thread has counted; of its gaps, leave what both have in common.
            pub(crate) fn add(&mut self, other: &Self) {
                $(self.$sum += other.$sum;)*
                $(mutant!(
                    MeanOfPercentiles,
                    1,
                    self.$histogram.average(&other.$histogram),
                    self.$histogram.add(&other.$histogram)
                );)*
                for (own, theirs) in self.failures.iter_mut().zip(other.failures) {
                    *own += theirs;
                }
                for (own, theirs) in self.warnings.iter_mut().zip(other.warnings) {
                    *own += theirs;
                }
                for (own, theirs) in self.statuses.iter_mut().zip(other.statuses) {
                    *own += theirs;
                }
                self.failure_log.add(&other.failure_log);
                self.gaps.intersect(&other.gaps);
            }

            /// Forget everything, keep the memory.
            pub(crate) fn clear(&mut self) {
                $(self.$sum = 0;)*
                $(self.$histogram.clear();)*
                self.failures = [0; KIND_COUNT];
                self.warnings = [0; WARNING_COUNT];
                self.failure_log.clear();
                self.statuses = [0; STATUS_COUNT];
                self.gaps.clear();
            }
        }
    };
}

tally! {
    sums {
        /// Starts that the schedule wanted; without a schedule every start is one.
        planned,
        dropped_no_slot,
        dropped_late,
        not_started,
        started,
        ok,
        cut,
        sent_bytes,
        received_bytes,
        /// Ends inside the interval, whatever the window of the request.
        ended_ok,
        ended_all,
        /// Time in flight of everything that ended inside the interval.
        ended_time_ns,
        /// Time integral of the slots that have a request taken up.
        running_ns,
        /// Time from taking a request up to sending it, for sends inside the interval.
        gap_ns,
        opened,
        attempts_failed,
        closed_by_target,
    }
    histograms {
        latency,
        /// Ok requests sent by one write and answered by one read, so that the latency is the time
        /// to the first byte, too; in none of those two before `spread_whole`.
        whole,
        failed_latency,
        first_byte,
        transfer,
        /// Of requests that opened their connection: from the start of the connection.
        fresh_latency,
        response,
        send_lag,
        connect,
        tls,
        /// Lateness of a tick of the loop itself.
        loop_lag,
    }
}

impl Tally {
    pub(crate) fn count_status(&mut self, status: u16) {
        if let Some(count) = self.statuses.get_mut(usize::from(
            mutant!(StatusRounded, 1, status / 100 * 100 + 1, status).wrapping_sub(FIRST_STATUS),
        )) {
            *count += 1;
        }
    }

    /// Put the answers that came whole where they belong besides.
    pub(crate) fn spread_whole(&mut self) {
        self.latency.add(&self.whole);
        self.first_byte.add(&self.whole);
        self.transfer.record_n_ns(0, self.whole.count());
        self.whole.clear();
    }

    /// The statuses that occurred, with their counts.
    pub(crate) fn statuses(&self) -> Vec<(u16, u64)> {
        (FIRST_STATUS..)
            .zip(self.statuses)
            .filter(|&(_, count)| count > 0)
            .collect()
    }

    #[cold]
    pub(crate) fn count_warnings(&mut self, warnings: Warnings) {
        for (count, kind) in self.warnings.iter_mut().zip(WarningKind::ALL) {
            *count += u64::from(warnings.has(*kind));
        }
    }

    /// The anomalies that occurred, with their counts.
    pub(crate) fn warnings(&self) -> Vec<(WarningKind, u64)> {
        WarningKind::ALL
            .iter()
            .copied()
            .zip(self.warnings)
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
    pub load: SelfLoad,
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
        let mut warnings = Warnings::none();
        warnings.add(WarningKind::ProtoObsFold);
        tally.count_warnings(warnings);
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
        assert_eq!(vec![(WarningKind::ProtoObsFold, 2)], sum.warnings());
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
        assert!(tally.warnings().is_empty());
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
