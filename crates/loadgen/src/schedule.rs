//! When is the next request planned to start?
//!
//! Pure: a rate in, moments out. The schedule never looks at what became of its starts, so it is
//! never moved: that is what tells an open loop from a closed one.

use crate::clock::NS_PER_S;

/// How planned starts are spread over time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arrivals {
    /// At equal distances.
    Constant,
    /// Like independent users: exponential distances.
    Poisson,
}

/// The starts that are planned on one of several threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    start_ns: u64,
    next_ns: u64,
    spacing: Spacing,
}

#[derive(Clone, Copy, Debug)]
enum Spacing {
    /// Each moment is computed from its index, so errors do not add up.
    ByIndex {
        index: u64,
        step: u64,
        ns_per_start: f64,
    },
    ByChance {
        random: u64,
        mean_gap_ns: f64,
    },
}

/// One thread's place among those that share a schedule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub thread: usize,
    pub threads: usize,
}

impl Schedule {
    /// Thread k of K takes the starts k, K + k, ... of a constant rate, or a K-th of a random one.
    pub(crate) fn new(
        arrivals: Arrivals,
        rate_qps: f64,
        start_ns: u64,
        share: Share,
        seed: u64,
    ) -> Self {
        let ns_per_start = to_f64(NS_PER_S) / rate_qps;
        let spacing = match arrivals {
            Arrivals::Constant => Spacing::ByIndex {
                index: share.thread as u64,
                step: share.threads as u64,
                ns_per_start,
            },
            Arrivals::Poisson => Spacing::ByChance {
                random: seed ^ mix(share.thread as u64),
                mean_gap_ns: ns_per_start * to_f64(share.threads as u64),
            },
        };
        let mut schedule = Self {
            start_ns,
            next_ns: start_ns,
            spacing,
        };
        match &schedule.spacing {
            Spacing::ByIndex {
                index,
                ns_per_start,
                ..
            } => schedule.next_ns = moment(start_ns, *index, *ns_per_start),
            Spacing::ByChance { .. } => schedule.advance(),
        }
        schedule
    }

    /// No start is planned before this moment.
    pub(crate) const fn start_ns(&self) -> u64 {
        self.start_ns
    }

    /// The planned start to come.
    #[inline]
    pub(crate) const fn next_ns(&self) -> u64 {
        self.next_ns
    }

    /// Go on to the start after that.
    #[inline]
    pub(crate) fn advance(&mut self) {
        match &mut self.spacing {
            Spacing::ByIndex {
                index,
                step,
                ns_per_start,
            } => {
                *index += *step;
                self.next_ns = moment(self.start_ns, *index, *ns_per_start);
            }
            Spacing::ByChance {
                random,
                mean_gap_ns,
            } => {
                *random = random.wrapping_add(GOLDEN_GAMMA);
                let gap_ns = -unit(mix(*random)).ln() * *mean_gap_ns;
                self.next_ns = self.next_ns.saturating_add(to_u64(gap_ns));
            }
        }
    }
}

fn moment(start_ns: u64, index: u64, ns_per_start: f64) -> u64 {
    start_ns.saturating_add(to_u64(to_f64(index) * ns_per_start))
}

/// The step of `SplitMix64`, a generator that passes statistical tests with one word of state.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of `SplitMix64`.
pub(crate) const fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Uniform in (0, 1]: never 0, whose logarithm is not finite.
fn unit(random: u64) -> f64 {
    to_f64((random >> 11) + 1) / to_f64(1 << 53)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact below 2^53; indexes and spans of a run stay far below"
)]
const fn to_f64(value: u64) -> f64 {
    value as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and spans are not negative"
)]
fn to_u64(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(arrivals: Arrivals, rate_qps: f64, threads: usize, until_ns: u64) -> Vec<u64> {
        let mut starts = Vec::new();
        for thread in 0..threads {
            let share = Share { thread, threads };
            let mut schedule = Schedule::new(arrivals, rate_qps, 1000, share, 7);
            while schedule.next_ns() < 1000 + until_ns {
                starts.push(schedule.next_ns() - 1000);
                schedule.advance();
            }
        }
        starts.sort_unstable();
        starts
    }

    #[test]
    fn threads_share_a_constant_rate_exactly() {
        for threads in [1, 2, 3, 7] {
            assert_eq!(
                vec![0, 333_333_333, 666_666_667, 1_000_000_000, 1_333_333_333],
                starts(Arrivals::Constant, 3.0, threads, 1_666_666_666)
            );
        }
    }

    #[test]
    fn a_constant_rate_does_not_drift_within_a_day() {
        let share = Share {
            thread: 0,
            threads: 1,
        };
        let mut schedule = Schedule::new(Arrivals::Constant, 3.0, 5, share, 0);
        if let Spacing::ByIndex { index, .. } = &mut schedule.spacing {
            *index = 3 * 86_400 - 1;
        }
        schedule.advance();
        assert_eq!(5 + 86_400 * NS_PER_S, schedule.next_ns());
    }

    #[test]
    fn poisson_gaps_have_the_mean_and_the_variance_of_their_kind() {
        for threads in [1, 4] {
            let starts = starts(Arrivals::Poisson, 1e6, threads, NS_PER_S / 4);
            let gaps: Vec<f64> = starts
                .windows(2)
                .map(|pair| to_f64(pair[1] - pair[0]))
                .collect();
            let count = to_f64(gaps.len() as u64);
            let mean = gaps.iter().sum::<f64>() / count;
            let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count;
            // 250,000 gaps: the mean has a deviation of 0.2 %, the variance one of 0.6 %.
            assert!((mean / 1000.0 - 1.0).abs() < 0.01, "mean {mean}");
            assert!((variance / 1e6 - 1.0).abs() < 0.03, "variance {variance}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_arrivals_and_threads_differ() {
        let share = |thread| Share { thread, threads: 2 };
        let first =
            |thread, seed| Schedule::new(Arrivals::Poisson, 10.0, 0, share(thread), seed).next_ns();
        assert_eq!(first(0, 7), first(0, 7));
        assert_ne!(first(0, 7), first(1, 7));
        assert_ne!(first(0, 7), first(0, 8));
    }

    #[test]
    fn chance_is_never_zero() {
        assert!(unit(0) > 0.0);
        assert!(unit(u64::MAX) <= 1.0);
    }
}
