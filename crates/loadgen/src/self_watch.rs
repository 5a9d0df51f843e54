//! How busy is this load thread itself?

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::clock::thread_cpu_ns;

/// Shares of the wall time since the sample before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SelfLoad {
    pub cpu_ratio: f64,
    /// Not a number when the kernel does not tell.
    pub runqueue_wait_ratio: f64,
}

/// Samples the calling thread; must be made on the thread that it watches.
pub(crate) struct SelfWatch {
    schedstat: Option<File>,
    at_ns: u64,
    cpu_ns: u64,
    wait_ns: Option<u64>,
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
            last: SelfLoad {
                cpu_ratio: 0.0,
                runqueue_wait_ratio: if wait_ns.is_some() { 0.0 } else { f64::NAN },
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
            return self.last;
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
        };
        (self.at_ns, self.cpu_ns, self.wait_ns) = (now_ns, cpu_ns, wait_ns);
        self.last
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
    fn no_time_means_no_new_sample() {
        let mut watch = SelfWatch::new(5);
        assert!(watch.sample(5).cpu_ratio <= 0.0);
    }
}
