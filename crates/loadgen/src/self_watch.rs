//! How busy is this load thread itself?

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::clock::{boot_ns, monotonic_ns, thread_cpu_ns};

/// Shares of the wall time since the sample before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SelfLoad {
    pub cpu_ratio: f64,
    /// Not a number when the kernel does not tell.
    pub runqueue_wait_ratio: f64,
    /// How long the machine was suspended; this time is in none of the ratios.
    pub suspended_ns: u64,
}

impl SelfLoad {
    pub(crate) const NONE: Self = Self {
        cpu_ratio: 0.0,
        runqueue_wait_ratio: 0.0,
        suspended_ns: 0,
    };

    /// The worse of two threads in every respect.
    pub(crate) fn worse(self, other: Self) -> Self {
        // Not `max`: an unknown share must not vanish behind a known one.
        let is_worse = other.runqueue_wait_ratio > self.runqueue_wait_ratio
            || other.runqueue_wait_ratio.is_nan();
        Self {
            cpu_ratio: self.cpu_ratio.max(other.cpu_ratio),
            runqueue_wait_ratio: if is_worse {
                other.runqueue_wait_ratio
            } else {
                self.runqueue_wait_ratio
            },
            suspended_ns: self.suspended_ns.max(other.suspended_ns),
        }
    }
}

/// Samples the calling thread; must be made on the thread that it watches.
pub(crate) struct SelfWatch {
    schedstat: Option<File>,
    at_ns: u64,
    cpu_ns: u64,
    wait_ns: Option<u64>,
    suspension: Suspension,
    last: SelfLoad,
}

impl SelfWatch {
    pub(crate) fn new(now_ns: u64) -> Self {
        let schedstat = File::open("/proc/thread-self/schedstat").ok();
        let wait_ns = schedstat.as_ref().and_then(read_wait_ns);
        Self {
            schedstat,
            at_ns: now_ns,
            cpu_ns: thread_cpu_ns(),
            wait_ns,
            suspension: Suspension::new(),
            last: SelfLoad {
                runqueue_wait_ratio: if wait_ns.is_some() { 0.0 } else { f64::NAN },
                ..SelfLoad::NONE
            },
        }
    }

    /// The load since the last sample; the same again when no time has passed.
    #[expect(
        clippy::cast_precision_loss,
        reason = "ratios of times far below 2^53 ns"
    )]
    pub(crate) fn sample(&mut self, now_ns: u64) -> SelfLoad {
        if now_ns <= self.at_ns {
            return SelfLoad {
                suspended_ns: 0,
                ..self.last
            };
        }
        let wall_ns = (now_ns - self.at_ns) as f64;
        let cpu_ns = thread_cpu_ns();
        let wait_ns = self.schedstat.as_ref().and_then(read_wait_ns);
        self.last = SelfLoad {
            cpu_ratio: cpu_ns.saturating_sub(self.cpu_ns) as f64 / wall_ns,
            runqueue_wait_ratio: match (self.wait_ns, wait_ns) {
                (Some(before_ns), Some(after_ns)) => {
                    after_ns.saturating_sub(before_ns) as f64 / wall_ns
                }
                _ => f64::NAN,
            },
            suspended_ns: self.suspension.grown_ns(),
        };
        (self.at_ns, self.cpu_ns, self.wait_ns) = (now_ns, cpu_ns, wait_ns);
        self.last
    }
}

/// How far the clock that counts suspensions is ahead of the one that does not.
struct Suspension {
    /// It is at most this.
    at_most_ns: u64,
}

impl Suspension {
    fn new() -> Self {
        let (_, at_most_ns) = Self::bounds_ns();
        Self { at_most_ns }
    }

    /// The growth since the last call, as far as it is certain.
    fn grown_ns(&mut self) -> u64 {
        let (at_least_ns, at_most_ns) = Self::bounds_ns();
        self.grow(at_least_ns, at_most_ns)
    }

    fn grow(&mut self, at_least_ns: u64, at_most_ns: u64) -> u64 {
        let grown_ns = at_least_ns.saturating_sub(self.at_most_ns);
        // Without growth the lower of two upper bounds holds for both moments.
        self.at_most_ns = if grown_ns > 0 {
            at_most_ns
        } else {
            self.at_most_ns.min(at_most_ns)
        };
        grown_ns
    }

    /// No two clocks can be read at once: the truth lies between two differences.
    fn bounds_ns() -> (u64, u64) {
        let before_ns = monotonic_ns();
        let boot_ns = boot_ns();
        let after_ns = monotonic_ns();
        (
            boot_ns.saturating_sub(after_ns),
            boot_ns.saturating_sub(before_ns),
        )
    }
}

/// The second field: nanoseconds spent runnable, waiting for a core.
fn read_wait_ns(schedstat: &File) -> Option<u64> {
    let mut line = [0; 96];
    let length = schedstat.read_at(&mut line, 0).ok()?;
    let text = std::str::from_utf8(&line[..length]).ok()?;
    text.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic_ns;

    #[test]
    fn a_spinning_thread_sees_its_own_cpu() {
        let start_ns = monotonic_ns();
        let mut watch = SelfWatch::new(start_ns);
        while watch.cpu_ns + 2_000_000 > thread_cpu_ns() {
            std::hint::spin_loop();
        }
        let load = watch.sample(monotonic_ns());
        assert!(load.cpu_ratio > 0.0 && load.cpu_ratio <= 1.05, "{load:?}");
    }

    #[test]
    fn only_certain_growth_is_a_suspension() {
        let mut suspension = Suspension { at_most_ns: 1_000 };
        assert_eq!(0, suspension.grow(990, 1_500), "a late second reading");
        assert_eq!(0, suspension.grow(999, 1_010));
        assert_eq!(7_000, suspension.grow(8_000, 8_005));
        assert_eq!(0, suspension.grow(8_004, 8_010));
    }

    #[test]
    fn a_machine_that_is_awake_was_not_suspended() {
        let mut suspension = Suspension::new();
        let grown_ns: u64 = (0..10_000).map(|_| suspension.grown_ns()).sum();
        assert_eq!(0, grown_ns);
    }

    #[test]
    fn the_worse_of_two_threads_counts() {
        let one = SelfLoad {
            cpu_ratio: 0.5,
            runqueue_wait_ratio: f64::NAN,
            suspended_ns: 1,
        };
        let two = SelfLoad {
            cpu_ratio: 0.25,
            runqueue_wait_ratio: 0.5,
            suspended_ns: 2,
        };
        for worse in [one.worse(two), two.worse(one)] {
            assert!((worse.cpu_ratio - 0.5).abs() < 1e-9);
            assert!(worse.runqueue_wait_ratio.is_nan(), "unknown stays unknown");
            assert_eq!(2, worse.suspended_ns);
        }
    }

    #[test]
    fn no_time_means_no_new_sample() {
        let mut watch = SelfWatch::new(5);
        assert!(watch.sample(5).cpu_ratio <= 0.0);
    }
}
