//! What do the samples themselves say, without any histogram?

use loadgen::Histogram;

/// Percentiles may be off by this much; minimum, maximum and mean may not.
const QUANTILE_ERROR: f64 = 0.001;
/// Two stamps of one clock cannot be told apart below this; it is the rounding of seconds.
const ROUNDING_S: f64 = 2e-9;
const QUANTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// Sorted durations in nanoseconds.
#[derive(Clone, Debug)]
pub struct Exact(Vec<u64>);

impl FromIterator<u64> for Exact {
    fn from_iter<I: IntoIterator<Item = u64>>(durations_ns: I) -> Self {
        let mut sorted: Vec<u64> = durations_ns.into_iter().collect();
        sorted.sort_unstable();
        Self(sorted)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and durations far below 2^53"
)]
impl Exact {
    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// The nearest-rank quantile in seconds; not a number when there is nothing.
    #[must_use]
    pub fn quantile_s(&self, quantile: f64) -> f64 {
        let rank = (quantile * self.0.len() as f64 - 1e-9).ceil().max(1.0) as usize;
        self.at(rank - 1)
    }

    /// Arithmetic mean in seconds; not a number when there is nothing.
    #[must_use]
    pub fn mean_s(&self) -> f64 {
        let sum_ns: u64 = self.0.iter().sum();
        sum_ns as f64 / self.0.len() as f64 / 1e9
    }

    /// The largest one in seconds.
    #[must_use]
    pub fn max_s(&self) -> f64 {
        self.at(self.0.len().wrapping_sub(1))
    }

    fn at(&self, index: usize) -> f64 {
        self.0.get(index).map_or(f64::NAN, |&ns| ns as f64 / 1e9)
    }

    /// What in `histogram` does not agree with the samples.
    #[must_use]
    pub fn differences(&self, histogram: &Histogram) -> Vec<String> {
        if histogram.count() != self.0.len() as u64 {
            return vec![format!(
                "{} samples instead of {}",
                histogram.count(),
                self.0.len()
            )];
        }
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut compare = |name: String, expected: f64, actual: f64, error: f64| {
            if (actual - expected).abs() > expected * error + ROUNDING_S {
                found.push(format!("{name} is {actual} s instead of {expected} s"));
            }
        };
        compare("minimum".into(), self.at(0), histogram.min_s(), 0.0);
        compare("maximum".into(), self.max_s(), histogram.max_s(), 0.0);
        compare("mean".into(), self.mean_s(), histogram.mean_s(), 0.0);
        for quantile in QUANTILES {
            let (expected, actual) = (self.quantile_s(quantile), histogram.quantile_s(quantile));
            compare(
                format!("P{}", quantile * 100.0),
                expected,
                actual,
                QUANTILE_ERROR,
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(expected: f64, actual: f64) {
        assert!(
            (expected - actual).abs() < 1e-12,
            "{actual} is not {expected}"
        );
    }

    #[test]
    fn quantiles_are_nearest_rank() {
        let exact: Exact = [40_000_000, 10_000_000, 30_000_000, 20_000_000]
            .into_iter()
            .collect();
        near(0.01, exact.quantile_s(0.25));
        near(0.02, exact.quantile_s(0.26));
        near(0.04, exact.quantile_s(0.99));
        near(0.025, exact.mean_s());
    }

    #[test]
    fn a_histogram_of_the_same_samples_agrees_and_another_does_not() {
        let samples_ns: Vec<u64> = (1..=5000).map(|sample| sample * 1_237).collect();
        let exact: Exact = samples_ns.iter().copied().collect();
        let mut histogram = Histogram::new();
        for &sample_ns in &samples_ns {
            histogram.record_ns(sample_ns);
        }
        assert_eq!(Vec::<String>::new(), exact.differences(&histogram));
        let fewer: Exact = samples_ns.iter().copied().skip(1).collect();
        assert_eq!(1, fewer.differences(&histogram).len());
        let shifted: Exact = samples_ns
            .iter()
            .map(|sample_ns| sample_ns + 20_000)
            .collect();
        assert!(shifted.differences(&histogram).len() >= 3);
    }
}
