//! How do the load threads and the control side talk without stopping one another?
//!
//! Locks are taken at interval edges and when a command arrives, never per request.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::failure::LoadError;
use crate::recorder::{Row, Tally};
use crate::schedule::Schedule;

/// One thread's part of an open loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RateShare {
    pub schedule: Schedule,
    pub max_in_flight: usize,
    /// Connections that are opened before they are needed.
    pub warm: usize,
}

/// What a load thread is told to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    /// Keep so many slots busy on this thread.
    SetSlots(usize),
    /// Plan starts from now on, independent of what becomes of them.
    SetRate(RateShare),
    /// Requests that start at or after `at_ns` belong to `window`.
    BeginWindow { window: u32, at_ns: u64 },
    /// Drop what is in flight.
    Cut,
    /// End the thread.
    Stop,
}

/// A value that is right whatever happened to another holder of the lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Commands for one load thread, and the little it shows at any time.
pub(crate) struct Mailbox {
    commands: Mutex<Vec<Command>>,
    wake: OwnedFd,
    /// Slots that had a connection, or a failed attempt at one.
    pub ready: AtomicUsize,
    /// Rows on their way; the thread joins intervals when the reader is slow.
    pub rows_waiting: AtomicUsize,
}

impl Mailbox {
    pub(crate) fn new() -> Result<Self, LoadError> {
        Ok(Self {
            commands: Mutex::new(Vec::with_capacity(16)),
            wake: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
                .map_err(|errno| LoadError::from_setup("make an eventfd", errno))?,
            ready: AtomicUsize::new(0),
            rows_waiting: AtomicUsize::new(0),
        })
    }

    pub(crate) fn wake_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    pub(crate) fn post(&self, command: Command) {
        lock(&self.commands).push(command);
        // A full counter means that the thread is being woken already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    /// Move the waiting commands to `taken`.
    pub(crate) fn take(&self, taken: &mut Vec<Command>) {
        let mut counter = [0; 8];
        let _ = rustix::io::read(&self.wake, &mut counter);
        taken.append(&mut lock(&self.commands));
    }
}

/// Rows from all load threads, and cleared tallies on their way back.
pub(crate) struct Inbox {
    rows: Mutex<VecDeque<Row>>,
    arrived: Condvar,
    spares: Mutex<Vec<Box<Tally>>>,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            rows: Mutex::new(VecDeque::with_capacity(64)),
            arrived: Condvar::new(),
            spares: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn push(&self, row: Row) {
        lock(&self.rows).push_back(row);
        self.arrived.notify_one();
    }

    /// Wait until rows are there or `timeout` has passed, then move them to `taken`.
    pub(crate) fn take(&self, taken: &mut Vec<Row>, timeout: Duration) {
        let rows = lock(&self.rows);
        let (mut rows, _) = self
            .arrived
            .wait_timeout_while(rows, timeout, |rows| rows.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        taken.extend(rows.drain(..));
    }

    pub(crate) fn spare(&self) -> Box<Tally> {
        let spare = lock(&self.spares).pop();
        spare.unwrap_or_else(Tally::new)
    }

    pub(crate) fn give_back(&self, mut tally: Box<Tally>, keep_at_most: usize) {
        tally.clear();
        let mut spares = lock(&self.spares);
        if spares.len() < keep_at_most {
            spares.push(tally);
        }
    }
}

/// Say how many slots of this thread are ready.
pub(crate) fn publish(counter: &AtomicUsize, value: usize) {
    counter.store(value, Ordering::Relaxed);
}
