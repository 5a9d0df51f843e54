//! When did nothing come back at all?
//!
//! A thread keeps its longest times without a complete answer; what all threads have in common is
//! what the target did not answer anybody. A closed loop cannot show that in its percentiles: few
//! requests are in flight during a stall, however long it is.

/// Shorter times are not told from the pace of a fast service.
pub(crate) const MIN_GAP_NS: u64 = 100_000;
/// Per thread and interval; of an interval of 1 s every gap above 8 ms is kept.
const KEPT_GAPS: usize = 128;

/// A time without a complete answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Gap {
    pub start_ns: u64,
    pub end_ns: u64,
}

impl Gap {
    pub(crate) const fn length_ns(self) -> u64 {
        self.end_ns.saturating_sub(self.start_ns)
    }
}

/// The longest gaps of an interval, in the order of time.
#[derive(Debug)]
pub(crate) struct Gaps {
    kept: Vec<Gap>,
}

impl Gaps {
    pub(crate) fn new() -> Self {
        Self {
            kept: Vec::with_capacity(KEPT_GAPS),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }

    pub(crate) fn in_order(&self) -> &[Gap] {
        &self.kept
    }

    /// Keep a gap that lies behind all others, unless `KEPT_GAPS` others are as long.
    #[cold]
    pub(crate) fn push(&mut self, gap: Gap) {
        if gap.length_ns() < MIN_GAP_NS {
            return;
        }
        if self.kept.len() == KEPT_GAPS {
            let shortest = self.shortest();
            if self.kept[shortest].length_ns() >= gap.length_ns() {
                return;
            }
            self.kept.remove(shortest);
        }
        self.kept.push(gap);
    }

    /// Leave what lies in a gap of the other thread, too.
    pub(crate) fn intersect(&mut self, other: &Self) {
        let mut common = Self::new();
        let (mut own, mut theirs) = (0, 0);
        while let (Some(&one), Some(&two)) = (self.kept.get(own), other.kept.get(theirs)) {
            common.push(Gap {
                start_ns: one.start_ns.max(two.start_ns),
                end_ns: one.end_ns.min(two.end_ns),
            });
            if one.end_ns <= two.end_ns {
                own += 1;
            } else {
                theirs += 1;
            }
        }
        *self = common;
    }

    /// Leave the `count` longest.
    pub(crate) fn keep_longest(&mut self, count: usize) {
        while self.kept.len() > count {
            self.kept.remove(self.shortest());
        }
    }

    fn shortest(&self) -> usize {
        let by_length = self.kept.iter().enumerate();
        by_length
            .min_by_key(|(_, gap)| gap.length_ns())
            .map_or(0, |(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn gaps(ends_ms: &[(u64, u64)]) -> Gaps {
        let mut gaps = Gaps::new();
        for &(start_ms, end_ms) in ends_ms {
            gaps.push(Gap {
                start_ns: start_ms * MS,
                end_ns: end_ms * MS,
            });
        }
        gaps
    }

    fn ends_ms(gaps: &Gaps) -> Vec<(u64, u64)> {
        let ends = gaps.in_order().iter();
        ends.map(|gap| (gap.start_ns / MS, gap.end_ns / MS))
            .collect()
    }

    #[test]
    fn threads_have_in_common_what_both_were_without() {
        for (one, two, expected) in [
            (&[(0, 10)][..], &[(5, 20)][..], &[(5, 10)][..]),
            (&[(0, 10)], &[(10, 20)], &[]),
            (&[(0, 10)], &[], &[]),
            (
                &[(0, 30)],
                &[(1, 2), (4, 8), (29, 40)],
                &[(1, 2), (4, 8), (29, 30)],
            ),
            (
                &[(0, 4), (6, 9)],
                &[(3, 7), (8, 9)],
                &[(3, 4), (6, 7), (8, 9)],
            ),
        ] {
            let mut common = gaps(one);
            common.intersect(&gaps(two));
            assert_eq!(expected, ends_ms(&common), "{one:?} and {two:?}");
            let mut other_way = gaps(two);
            other_way.intersect(&gaps(one));
            assert_eq!(expected, ends_ms(&other_way), "{two:?} and {one:?}");
        }
    }

    #[test]
    fn the_longest_are_kept_in_the_order_of_time() {
        let many: Vec<_> = (0..300)
            .map(|k| (1000 * k, 1000 * k + 1 + k % 150))
            .collect();
        let mut kept = gaps(&many);
        assert_eq!(KEPT_GAPS, kept.in_order().len());
        kept.keep_longest(3);
        assert_eq!(
            vec![(149_000, 149_150), (298_000, 298_149), (299_000, 299_150)],
            ends_ms(&kept)
        );
    }

    #[test]
    fn the_pace_of_a_fast_service_is_no_gap() {
        let mut kept = Gaps::new();
        kept.push(Gap {
            start_ns: 5,
            end_ns: 4 + MIN_GAP_NS,
        });
        assert!(kept.in_order().is_empty());
    }
}
