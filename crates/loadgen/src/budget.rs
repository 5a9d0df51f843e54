//! How do several threads together never start more requests than allowed?
//!
//! Each thread draws a portion and counts it down alone, so the hot loop shares nothing. Portions
//! shrink towards the end, down to single requests; the last one allowed is started, too.

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
    pub(crate) fn draw(&self) -> u64 {
        let mut portion = 0;
        let drawn = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                portion = (left / self.portions).clamp(1, LARGEST_PORTION);
                left.checked_sub(portion)
            });
        drawn.map_or(0, |_| portion)
    }

    /// What a thread does not need any more.
    pub(crate) fn give_back(&self, portion: u64) {
        self.left.fetch_add(portion, Ordering::Relaxed);
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
    fn what_is_given_back_can_be_drawn_again() {
        let budget = Budget::new(1, 1);
        assert_eq!(1, budget.draw());
        assert_eq!(0, budget.draw());
        budget.give_back(1);
        assert_eq!(1, budget.draw());
    }
}
