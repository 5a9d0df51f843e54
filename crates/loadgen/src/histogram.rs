//! How are durations counted, and how do the counts travel?
//!
//! `HdrHistogram` of nanoseconds, 3 significant digits, 1 ns to 1 h; larger values saturate. Sum,
//! minimum and maximum are kept beside it, exactly. On the wire it is the V2 form with deflate,
//! which the ports in other languages read, too, and behind its end the exact values.

use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};

use crate::failure::LoadError;

const LOWEST_NS: u64 = 1;
const HIGHEST_NS: u64 = 3_600_000_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;
const NS_PER_S: f64 = 1e9;
/// Larger blobs than this cannot come from a histogram of this shape.
const MAX_BLOB_BYTES: usize = 1 << 20;

/// The V2 form with deflate begins with this, then comes the length of what follows both.
const DEFLATE_COOKIE: [u8; 4] = 0x1c84_9314_u32.to_be_bytes();
const DEFLATE_HEAD_BYTES: usize = 8;
/// What stands behind a histogram's end: this, then sum, minimum and maximum.
const EXACT_COOKIE: [u8; 4] = *b"smm1";
const EXACT_BYTES: usize = 28;

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts of durations, with a relative error of at most 0.1 %.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: hdrhistogram::Histogram<u64>,
    exact: Exact,
}

/// What no bucket can say to the nanosecond.
#[expect(clippy::struct_field_names, reason = "every quantity ends in its unit")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Exact {
    sum_ns: u64,
    min_ns: u64,
    max_ns: u64,
}

impl Exact {
    const NOTHING: Self = Self {
        sum_ns: 0,
        min_ns: u64::MAX,
        max_ns: 0,
    };

    #[inline]
    fn record(&mut self, duration_ns: u64) {
        self.add(&Self {
            sum_ns: duration_ns,
            min_ns: duration_ns,
            max_ns: duration_ns,
        });
    }

    #[inline]
    fn add(&mut self, other: &Self) {
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
    }

    /// As near as the buckets tell, for a histogram that came without its exact values.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a sum that was rounded to buckets is no more exact than that"
    )]
    fn from_buckets(counts: &hdrhistogram::Histogram<u64>) -> Self {
        if counts.is_empty() {
            return Self::NOTHING;
        }
        Self {
            sum_ns: (counts.mean() * counts.len() as f64) as u64,
            min_ns: counts.min(),
            max_ns: counts.max().min(HIGHEST_NS),
        }
    }

    fn to_bytes(self) -> [u8; EXACT_BYTES] {
        let mut bytes = [0; EXACT_BYTES];
        bytes[..4].copy_from_slice(&EXACT_COOKIE);
        for (place, value) in [(4, self.sum_ns), (12, self.min_ns), (20, self.max_ns)] {
            bytes[place..place + 8].copy_from_slice(&value.to_be_bytes());
        }
        bytes
    }

    /// What stands behind a deflated histogram; `None` when nothing does, or something foreign.
    fn behind(blob: &[u8]) -> Option<Self> {
        let deflated = blob.strip_prefix(&DEFLATE_COOKIE)?;
        let length = u32::from_be_bytes(*deflated.first_chunk()?);
        let end = DEFLATE_HEAD_BYTES + usize::try_from(length).ok()?;
        let bytes = blob.get(end..)?.strip_prefix(&EXACT_COOKIE)?;
        let (values, []) = bytes.as_chunks::<8>() else {
            return None;
        };
        let &[sum_ns, min_ns, max_ns] = values else {
            return None;
        };
        Some(Self {
            sum_ns: u64::from_be_bytes(sum_ns),
            min_ns: u64::from_be_bytes(min_ns),
            max_ns: u64::from_be_bytes(max_ns),
        })
    }

    /// Whether these values and those buckets can be of the same samples.
    fn belongs_to(&self, counts: &hdrhistogram::Histogram<u64>) -> bool {
        counts.equivalent(self.min_ns, counts.min()) && counts.equivalent(self.max_ns, counts.max())
    }
}

impl Histogram {
    /// An empty histogram.
    #[must_use]
    pub fn new() -> Self {
        match hdrhistogram::Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS) {
            Ok(counts) => Self {
                counts,
                exact: Exact::NOTHING,
            },
            Err(_) => unreachable!("the bounds are constants that the library accepts"),
        }
    }

    /// Read `HdrHistogram` V2, plain or deflate; empty bytes give an empty histogram.
    ///
    /// # Errors
    /// `LoadError::Config` when the bytes are anything else.
    pub fn from_blob(blob: &[u8]) -> Result<Self, LoadError> {
        let mut own = Self::new();
        if blob.is_empty() {
            return Ok(own);
        }
        if blob.len() > MAX_BLOB_BYTES {
            return Err(LoadError::Config(format!(
                "a histogram of {} bytes is larger than any of ours",
                blob.len()
            )));
        }
        let foreign: hdrhistogram::Histogram<u64> = Deserializer::new()
            .deserialize(&mut &blob[..])
            .map_err(|error| LoadError::Config(format!("not an HdrHistogram V2: {error:?}")))?;
        own.add_counts(&foreign);
        own.exact = Exact::behind(blob)
            .filter(|exact| exact.belongs_to(&own.counts))
            .unwrap_or_else(|| Exact::from_buckets(&own.counts));
        Ok(own)
    }

    /// Add one duration; above 1 h it saturates.
    pub fn record_ns(&mut self, duration_ns: u64) {
        mutant!(DropSamples, 100 => return);
        mutant!(
            WholeMilliseconds,
            1 => return self.record_n_ns(duration_ns / 1_000_000 * 1_000_000, 1)
        );
        mutant!(
            ClampAboveSecond,
            1 => return self.record_n_ns(duration_ns.min(1_000_000_000), 1)
        );
        self.counts.saturating_record(duration_ns);
        self.exact.record(duration_ns.min(HIGHEST_NS));
    }

    /// Add the same duration `count` times.
    pub(crate) fn record_n_ns(&mut self, duration_ns: u64, count: u64) {
        if count > 0 {
            let duration_ns = duration_ns.min(HIGHEST_NS);
            self.counts.saturating_record_n(duration_ns, count);
            self.exact.add(&Exact {
                sum_ns: duration_ns.saturating_mul(count),
                min_ns: duration_ns,
                max_ns: duration_ns,
            });
        }
    }

    /// Add one duration in seconds.
    ///
    /// # Errors
    /// `LoadError::Config` when it is negative or not finite.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be positive; too large values saturate, as they should"
    )]
    pub fn record_s(&mut self, duration_s: f64) -> Result<(), LoadError> {
        if !duration_s.is_finite() || duration_s < 0.0 {
            return Err(LoadError::Config(format!(
                "a duration cannot be {duration_s} s"
            )));
        }
        self.record_ns((duration_s * NS_PER_S).round() as u64);
        Ok(())
    }

    /// Add all counts of another histogram.
    pub fn add(&mut self, other: &Self) {
        if !other.counts.is_empty() {
            self.add_counts(&other.counts);
            self.exact.add(&other.exact);
        }
    }

    fn add_counts(&mut self, other: &hdrhistogram::Histogram<u64>) {
        // Only a foreign range can refuse; its values then saturate one by one.
        if self.counts.add(other).is_err() {
            for value in other.iter_recorded() {
                self.counts
                    .saturating_record_n(value.value_iterated_to(), value.count_at_value());
            }
        }
    }

    /// Forget everything, keep the memory.
    pub fn clear(&mut self) {
        if !self.counts.is_empty() {
            self.counts.reset();
            self.exact = Exact::NOTHING;
        }
    }

    /// V2 with deflate, and the exact values behind it; empty bytes when nothing was recorded.
    ///
    /// # Errors
    /// `LoadError::Internal` when the library refuses.
    pub fn to_blob(&self) -> Result<Vec<u8>, LoadError> {
        let mut blob = Vec::new();
        if !self.counts.is_empty() {
            V2DeflateSerializer::new()
                .serialize(&self.counts, &mut blob)
                .map_err(|error| LoadError::Internal(format!("histogram: {error:?}")))?;
            blob.extend_from_slice(&self.exact.to_bytes());
        }
        Ok(blob)
    }

    /// Nearest-rank quantile (highest equivalent value, within the extremes); 0 when empty.
    #[must_use]
    pub fn quantile_s(&self, quantile: f64) -> f64 {
        // 0.07 * 100 is a little more than 7 in floating point; the rank is 7, not 8.
        let rank_ratio = quantile.clamp(0.0, 1.0) * (1.0 - 1e-12);
        let value_ns = self.counts.value_at_quantile(mutant!(
            RankOffByOne,
            1,
            self.rank_before(rank_ratio),
            rank_ratio
        ));
        if self.counts.is_empty() {
            return 0.0;
        }
        seconds(value_ns.max(self.exact.min_ns).min(self.exact.max_ns))
    }

    /// How many durations were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// Arithmetic mean of the samples themselves; 0 when empty.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts below 2^53 are exact, and a sum above it is off by less than 1e-15"
    )]
    pub fn mean_s(&self) -> f64 {
        seconds(self.exact.sum_ns) / self.counts.len().max(1) as f64
    }

    /// The smallest duration, exactly; 0 when empty.
    #[must_use]
    pub fn min_s(&self) -> f64 {
        // `min` of an empty one is above its maximum.
        seconds(self.exact.min_ns.min(self.exact.max_ns))
    }

    /// The largest duration, exactly; 0 when empty.
    #[must_use]
    pub fn max_s(&self) -> f64 {
        seconds(self.exact.max_ns)
    }
}

/// What is often done instead; for tests only.
#[cfg(feature = "mutants")]
impl Histogram {
    /// Add counts so that every percentile becomes the mean of both.
    pub(crate) fn average(&mut self, other: &Self) {
        let mut average = Self::new();
        let count = self.count() + other.count();
        for rank in 1..=count {
            #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
            let rank_ratio = rank as f64 / count as f64;
            let own_ns = self.counts.value_at_quantile(rank_ratio);
            average.record_ns(own_ns.midpoint(other.counts.value_at_quantile(rank_ratio)));
        }
        if self.counts.is_empty() || other.counts.is_empty() {
            self.add(other);
        } else {
            *self = average;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    fn rank_before(&self, rank_ratio: f64) -> f64 {
        (rank_ratio - 1.0 / self.count() as f64).max(0.0)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 ns are 104 days, far above 1 h"
)]
fn seconds(duration_ns: u64) -> f64 {
    duration_ns as f64 / NS_PER_S
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(expected: f64, actual: f64) {
        assert!(
            (actual - expected).abs() <= expected * 1e-3,
            "{actual} is not {expected}"
        );
    }

    #[test]
    fn empty_is_empty_everywhere() {
        let histogram = Histogram::new();
        assert_eq!(Vec::<u8>::new(), histogram.to_blob().unwrap());
        assert_eq!(0, Histogram::from_blob(b"").unwrap().count());
        near(0.0, histogram.quantile_s(0.99));
    }

    #[test]
    fn survives_the_way_through_a_blob() {
        let mut histogram = Histogram::new();
        for millis in 1..=1000_u32 {
            histogram.record_s(f64::from(millis) / 1e3).unwrap();
        }
        let read = Histogram::from_blob(&histogram.to_blob().unwrap()).unwrap();
        assert_eq!(1000, read.count());
        near(0.99, read.quantile_s(0.99));
        near(0.001, read.min_s());
        near(1.0, read.max_s());
        near(0.5005, read.mean_s());
    }

    #[test]
    fn sum_and_extremes_are_exact_on_every_way() {
        let mut first = Histogram::new();
        first.record_ns(1_234_567_891);
        first.record_ns(987_654_321);
        let mut second = Histogram::new();
        second.record_ns(5_555_555_557);
        first.add(&Histogram::from_blob(&second.to_blob().unwrap()).unwrap());
        let read = Histogram::from_blob(&first.to_blob().unwrap()).unwrap();
        let expected = Exact {
            sum_ns: 7_777_777_769,
            min_ns: 987_654_321,
            max_ns: 5_555_555_557,
        };
        assert_eq!(expected, read.exact);
        for (expected_s, actual_s) in [
            (0.987_654_321, read.min_s()),
            (5.555_555_557, read.max_s()),
            (5.555_555_557, read.quantile_s(1.0)),
            (7.777_777_769 / 3.0, read.mean_s()),
        ] {
            assert!((expected_s - actual_s).abs() < 1e-15, "{actual_s}");
        }
        first.record_n_ns(7, 3);
        assert_eq!((7_777_777_790, 7), (first.exact.sum_ns, first.exact.min_ns));
        first.clear();
        assert_eq!(Exact::NOTHING, first.exact);
    }

    #[test]
    fn exact_values_of_other_samples_are_not_believed() {
        let mut histogram = Histogram::new();
        histogram.record_ns(1_000_000);
        let mut blob = histogram.to_blob().unwrap();
        assert_eq!(1, Histogram::from_blob(&blob).unwrap().count());
        let end = blob.len();
        blob[end - 8..].copy_from_slice(&9_000_000_u64.to_be_bytes());
        near(0.001, Histogram::from_blob(&blob).unwrap().max_s());
        blob.truncate(end - EXACT_BYTES);
        near(0.001, Histogram::from_blob(&blob).unwrap().mean_s());
    }

    #[test]
    fn saturates_above_an_hour_and_refuses_nonsense() {
        let mut histogram = Histogram::new();
        histogram.record_s(1e9).unwrap();
        near(3600.0, histogram.max_s());
        for nonsense in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!("config", histogram.record_s(nonsense).unwrap_err().kind());
        }
        assert_eq!(1, histogram.count());
    }

    #[test]
    fn reads_foreign_shapes_and_refuses_garbage() {
        let mut foreign = hdrhistogram::Histogram::<u64>::new_with_bounds(1, 1 << 50, 2).unwrap();
        foreign.record(1 << 49).unwrap();
        foreign.record(5_000_000).unwrap();
        let mut blob = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&foreign, &mut blob)
            .unwrap();
        let read = Histogram::from_blob(&blob).unwrap();
        assert_eq!(2, read.count());
        near(3600.0, read.max_s());
        assert_eq!("config", Histogram::from_blob(b"junk").unwrap_err().kind());
    }

    #[test]
    fn quantiles_are_nearest_rank() {
        let mut histogram = Histogram::new();
        for duration_s in [0.01, 0.02, 0.03, 0.04] {
            histogram.record_s(duration_s).unwrap();
        }
        near(0.01, histogram.quantile_s(0.0));
        near(0.01, histogram.quantile_s(0.25));
        near(0.02, histogram.quantile_s(0.26));
        near(0.04, histogram.quantile_s(1.0));
    }
}
