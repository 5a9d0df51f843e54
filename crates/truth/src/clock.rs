//! What time is it, on the clock that all processes of this machine share?

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of `CLOCK_MONOTONIC`.
#[must_use]
#[expect(clippy::cast_sign_loss, reason = "this clock is never negative")]
pub fn monotonic_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Sleep until that moment; the kernel may be late, never early.
pub fn sleep_until(at_ns: u64) {
    loop {
        let left_ns = at_ns.saturating_sub(monotonic_ns());
        if left_ns == 0 {
            return;
        }
        std::thread::sleep(Duration::from_nanos(left_ns));
    }
}
