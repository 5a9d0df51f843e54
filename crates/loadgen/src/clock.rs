//! What time is it, on the one clock that never jumps?

use rustix::time::{ClockId, Timespec, clock_gettime};

pub(crate) const NS_PER_S: u64 = 1_000_000_000;
pub(crate) const NS_PER_MS: u64 = 1_000_000;

#[cfg(test)]
thread_local! {
    /// How often this thread has asked.
    pub(crate) static READS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Nanoseconds on the monotonic clock of this machine.
#[inline]
pub(crate) fn monotonic_ns() -> u64 {
    #[cfg(test)]
    READS.set(READS.get() + 1);
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// Nanoseconds on the clock that also counts while the machine is suspended.
pub(crate) fn boot_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Boottime))
}

/// Nanoseconds of CPU that the calling thread has used.
pub(crate) fn thread_cpu_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::ThreadCPUTime))
}

/// Seconds, for the outside.
#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 ns are 104 days of uptime at full precision; after that it is still 2 ns"
)]
pub(crate) fn seconds(time_ns: u64) -> f64 {
    time_ns as f64 / 1e9
}

/// A duration, or a moment of the monotonic clock, as the kernel takes it.
#[expect(
    clippy::cast_possible_wrap,
    reason = "seconds that were unsigned before"
)]
pub(crate) const fn timespec(time_ns: u64) -> Timespec {
    Timespec {
        tv_sec: (time_ns / NS_PER_S) as i64,
        tv_nsec: (time_ns % NS_PER_S) as i64,
    }
}

#[expect(clippy::cast_sign_loss, reason = "these clocks are never negative")]
const fn nanoseconds(time: Timespec) -> u64 {
    time.tv_sec as u64 * NS_PER_S + time.tv_nsec as u64
}
