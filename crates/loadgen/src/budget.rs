//! How do several threads together never start more requests than allowed?
//!
//! Each thread draws a portion and counts it down alone, so the hot loop shares nothing. Portions
//! shrink towards the end, down to single requests; the last one allowed is started, too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const LARGEST_PORTION: u64 = 4096;
/// Portions are this small against what is left, so that no thread holds the rest alone.
const PORTIONS_PER_THREAD: u64 = 4;

/// Requests that no thread has drawn yet.
pub(crate) struct Budget {
    left: AtomicU64,
    portions: u64,
}

impl Budget {
    pub(crate) fn new(max_requests: u64, threads: usize) -> Self {
        Self {
            left: AtomicU64::new(max_requests),
            portions: PORTIONS_PER_THREAD * threads as u64,
        }
    }

    /// A portion for one thread; 0 when nothing is left.
    #[cold]
    fn draw(&self) -> u64 {
        let mut portion = 0;
        let drawn = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                portion = (left / self.portions).clamp(1, LARGEST_PORTION);
                left.checked_sub(portion)
            });
        drawn.map_or(0, |_| portion)
    }

    fn give_back(&self, portion: u64) {
        self.left.fetch_add(portion, Ordering::Relaxed);
    }
}

/// What one thread has drawn and not used yet.
pub(crate) struct Allowance {
    budget: Arc<Budget>,
    left: u64,
}

impl Allowance {
    pub(crate) const fn new(budget: Arc<Budget>) -> Self {
        Self { budget, left: 0 }
    }

    /// Whether one more request may start; it is used up then.
    #[inline]
    pub(crate) fn take(&mut self) -> bool {
        if self.left == 0 {
            self.left = self.budget.draw();
        }
        let may_start = self.left > 0;
        self.left -= u64::from(may_start);
        may_start
    }

    /// Leave the rest to others.
    pub(crate) fn give_back(&mut self) {
        self.budget.give_back(std::mem::take(&mut self.left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_portions_together_are_the_budget() {
        for max_requests in [0, 1, 7, 333, 1_000_000] {
            let budget = Budget::new(max_requests, 3);
            let portions: Vec<u64> = std::iter::repeat_with(|| budget.draw())
                .take_while(|&portion| portion > 0)
                .collect();
            assert_eq!(max_requests, portions.iter().sum::<u64>());
            assert!(portions.is_empty() || portions.last() == Some(&1));
        }
    }

    #[test]
    fn what_is_given_back_can_be_taken_by_another() {
        let budget = Arc::new(Budget::new(9, 1));
        let mut first = Allowance::new(Arc::clone(&budget));
        let mut second = Allowance::new(budget);
        assert!(first.take());
        first.give_back();
        assert_eq!(8, (0..20).filter(|_| second.take()).count());
    }
}
