//! What is remembered of single failures, in bounded space?
//!
//! Facts only: never a byte of a request or of its answer, so there is nothing to redact.

use crate::failure::{FailureKind, KIND_COUNT};

/// Per kind, thread and interval; and again per kind and interval.
const KEPT_SAMPLES: usize = 5;

/// Facts about one failed request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    pub at_ns: u64,
    /// 0 when no final head was complete.
    pub status: u16,
    pub received_bytes: u64,
    /// Known when its bytes were written.
    pub latency_ns: Option<u64>,
    pub is_reused: bool,
}

impl Failure {
    const NONE: Self = Self {
        at_ns: 0,
        status: 0,
        received_bytes: 0,
        latency_ns: None,
        is_reused: false,
    };
}

/// One kind in one interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trace {
    pub first_ns: u64,
    pub last_ns: u64,
    sample_count: usize,
    samples: [Failure; KEPT_SAMPLES],
}

impl Trace {
    const EMPTY: Self = Self {
        first_ns: u64::MAX,
        last_ns: 0,
        sample_count: 0,
        samples: [Failure::NONE; KEPT_SAMPLES],
    };

    pub(crate) fn samples(&self) -> &[Failure] {
        &self.samples[..self.sample_count]
    }

    fn note(&mut self, failure: Failure) {
        self.first_ns = self.first_ns.min(failure.at_ns);
        self.last_ns = self.last_ns.max(failure.at_ns);
        if self.sample_count < KEPT_SAMPLES {
            self.samples[self.sample_count] = failure;
            self.sample_count += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        let mut all = [self.samples(), other.samples()].concat();
        all.sort_by_key(|failure| failure.at_ns);
        self.first_ns = self.first_ns.min(other.first_ns);
        self.last_ns = self.last_ns.max(other.last_ns);
        self.sample_count = 0;
        for failure in all {
            self.note(failure);
        }
    }
}

/// The first failures of each kind in one interval.
pub(crate) struct FailureLog {
    traces: Box<[Trace; KIND_COUNT]>,
}

impl FailureLog {
    pub(crate) fn new() -> Self {
        Self {
            traces: Box::new([Trace::EMPTY; KIND_COUNT]),
        }
    }

    pub(crate) fn note(&mut self, kind: FailureKind, failure: Failure) {
        self.traces[kind as usize].note(failure);
    }

    /// The kinds that occurred.
    pub(crate) fn traces(&self) -> impl Iterator<Item = (FailureKind, &Trace)> {
        let by_kind = FailureKind::ALL.iter().copied().zip(self.traces.iter());
        by_kind.filter(|(_, trace)| trace.sample_count > 0)
    }

    /// Add what another thread has seen; the oldest samples stay.
    pub(crate) fn add(&mut self, other: &Self) {
        for (kind, theirs) in other.traces() {
            self.traces[kind as usize].add(theirs);
        }
    }

    pub(crate) fn clear(&mut self) {
        for trace in self.traces.iter_mut() {
            if trace.sample_count > 0 {
                *trace = Trace::EMPTY;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(kind: FailureKind, times_ns: impl IntoIterator<Item = u64>) -> FailureLog {
        let mut log = FailureLog::new();
        for at_ns in times_ns {
            let failure = Failure {
                at_ns,
                ..Failure::NONE
            };
            log.note(kind, failure);
        }
        log
    }

    fn seen(log: &FailureLog) -> Vec<(FailureKind, u64, u64, Vec<u64>)> {
        log.traces()
            .map(|(kind, trace)| {
                let times_ns = trace.samples().iter().map(|sample| sample.at_ns);
                (kind, trace.first_ns, trace.last_ns, times_ns.collect())
            })
            .collect()
    }

    #[test]
    fn the_first_five_and_the_last_time_are_kept() {
        let log = log(FailureKind::ConnRefused, 3..=20);
        assert_eq!(
            vec![(FailureKind::ConnRefused, 3, 20, vec![3, 4, 5, 6, 7])],
            seen(&log)
        );
    }

    #[test]
    fn the_oldest_of_all_threads_stay() {
        let mut sum = log(FailureKind::ConnRefused, [10, 30, 50, 70]);
        sum.add(&log(FailureKind::ConnRefused, [20, 40, 60, 80]));
        sum.add(&log(FailureKind::HttpStatus, [5]));
        assert_eq!(
            vec![
                (FailureKind::ConnRefused, 10, 80, vec![10, 20, 30, 40, 50]),
                (FailureKind::HttpStatus, 5, 5, vec![5]),
            ],
            seen(&sum)
        );
        sum.clear();
        assert!(seen(&sum).is_empty());
    }
}
