//! Who wakes a load thread when nothing happens?

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

use crate::clock::timespec;
use crate::ledger::TICK_NS;

/// A timer that becomes readable at every tick.
pub(super) struct Ticker {
    timer: OwnedFd,
}

impl Ticker {
    /// Tick from `start_ns` on.
    pub(super) fn start(start_ns: u64) -> Result<Self, Errno> {
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
        )?;
        let ticks = Itimerspec {
            it_interval: timespec(TICK_NS),
            it_value: timespec(start_ns + TICK_NS),
        };
        timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME, &ticks)?;
        Ok(Self { timer })
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }

    /// Let it tick again: the kernel starts the next interval when this one has been read.
    pub(super) fn wind(&self) {
        let mut count = [0; 8];
        // It says how many ticks have passed, which the clock has said, too.
        let _ = rustix::io::read(&self.timer, &mut count);
    }
}
