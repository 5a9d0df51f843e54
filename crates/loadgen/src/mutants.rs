//! Would the tests notice if the engine told something false?
//!
//! `mutant!` marks where a defect could sit. Without the test-only feature `mutants` it is the true
//! expression and nothing else. With it a test selects one defect, for the whole process.

/// `mutant!(Name, n, defect, truth)`: one time in `n` the defect, if it is selected; else the truth.
/// `mutant!(Name, n => defect)`: the same for a defect that is a statement on top.
#[cfg(feature = "mutants")]
macro_rules! mutant {
    ($name:ident, $nth:literal, $defect:expr, $truth:expr) => {
        if crate::mutants::Mutant::$name.strikes($nth) {
            $defect
        } else {
            $truth
        }
    };
    ($name:ident, $nth:literal => $defect:expr) => {
        if crate::mutants::Mutant::$name.strikes($nth) {
            $defect
        }
    };
}

/// The truth.
#[cfg(not(feature = "mutants"))]
macro_rules! mutant {
    ($name:ident, $nth:literal, $defect:expr, $truth:expr) => {
        $truth
    };
    ($name:ident, $nth:literal => $defect:expr) => {};
}

#[cfg(feature = "mutants")]
pub use defects::{Mutant, select};

#[cfg(feature = "mutants")]
mod defects {
    use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

    static SELECTED: AtomicU8 = AtomicU8::new(0);
    static PASSED: AtomicU64 = AtomicU64::new(0);

    macro_rules! mutants {
        ($($(#[doc = $defect:literal])* $variant:ident = $name:literal,)*) => {
            /// A seeded defect.
            #[derive(Clone, Copy, Debug, Eq, PartialEq)]
            #[repr(u8)]
            pub enum Mutant {
                /// None at all.
                None,
                $($(#[doc = $defect])* $variant,)*
            }

            impl Mutant {
                /// Every defect.
                pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

                /// Its name, for people and for command lines.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {
                        Self::None => "none",
                        $(Self::$variant => $name,)*
                    }
                }

                /// What it does.
                #[must_use]
                pub fn defect(self) -> &'static str {
                    match self {
                        Self::None => "",
                        $(Self::$variant => concat!($($defect,)*).trim_ascii(),)*
                    }
                }
            }
        };
    }

    mutants! {
        /// the response time of a planned start begins when it was sent
        ResponseFromSend = "response-from-send",
        /// planned starts without a free slot are forgotten
        DropsForgotten = "drops-forgotten",
        /// one sample in a hundred is not recorded
        DropSamples = "drop-samples",
        /// one good request in a hundred is forgotten, its start included
        ForgetRequests = "forget-requests",
        /// one good request in a hundred is counted twice, its start included
        CountTwice = "count-twice",
        /// the latency begins with the connection
        IncludeConnect = "include-connect",
        /// the latency ends with the first bytes of the answer
        StampAtHeaders = "stamp-at-headers",
        /// the time to the first byte is taken at the last one
        FirstByteLate = "first-byte-late",
        /// percentiles take the sample before theirs
        RankOffByOne = "rank-off-by-one",
        /// answers of a bad status enter the good latencies
        FailuresInGood = "failures-in-good",
        /// the status of an answer is not looked at
        StatusIgnored = "status-ignored",
        /// statuses are counted by their hundreds
        StatusRounded = "status-rounded",
        /// threads are merged by the mean of their percentiles
        MeanOfPercentiles = "mean-of-percentiles",
        /// what is in flight at a window's edge is forgotten, its start included
        LoseInFlight = "lose-in-flight",
        /// good requests count in the window of their end
        AttributeByEnd = "attribute-by-end",
        /// ends count in the window of the request's start
        EndsByStart = "ends-by-start",
        /// requests that time out are forgotten, their start included
        TimeoutsForgotten = "timeouts-forgotten",
        /// durations are whole milliseconds
        WholeMilliseconds = "whole-milliseconds",
        /// durations end at one second
        ClampAboveSecond = "clamp-above-second",
        /// one clock read in three is saved, and the time before it taken again
        StaleClock = "stale-clock",
        /// requests cut at the end are good
        CutAsGood = "cut-as-good",
        /// one part in fifty of what was received is not counted
        BytesLost = "bytes-lost",
        /// failures take no time
        FailedInNoTime = "failed-in-no-time",
        /// a new connection of a slot passes for a used one
        ReuseMiscounted = "reuse-miscounted",
        /// one connection in five is not counted
        ConnectionsLost = "connections-lost",
        /// connections that the target ends are not counted
        ClosesLost = "closes-lost",
        /// rows are dropped when the reader is slow
        RowsDropped = "rows-dropped",
        /// an answer that breaks off is complete
        TruncatedIsGood = "truncated-is-good",
        /// a time without answers is kept to its half
        GapsHalved = "gaps-halved",
    }

    /// From now on this defect is in the engine, in the whole process.
    pub fn select(mutant: Mutant) {
        SELECTED.store(mutant as u8, Ordering::SeqCst);
    }

    impl Mutant {
        /// Whether this is the selected one and it is the `nth` time.
        pub(crate) fn strikes(self, nth: u64) -> bool {
            SELECTED.load(Ordering::Relaxed) == self as u8
                && PASSED.fetch_add(1, Ordering::Relaxed) % nth == nth - 1
        }

        /// The defect of that name.
        #[must_use]
        pub fn named(name: &str) -> Option<Self> {
            Self::ALL
                .iter()
                .copied()
                .find(|mutant| mutant.name() == name)
        }
    }
}
