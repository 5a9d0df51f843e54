//! How is the load steered from outside?

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::audit::Sink;
use crate::budget::Budget;
use crate::clock::{NS_PER_MS, monotonic_ns};
use crate::descriptors;
use crate::exchange::{Command, Inbox, Mailbox, RateShare, lock};
use crate::failure::LoadError;
use crate::merge::{Merge, Merged};
use crate::plan::{Plan, Recipe};
use crate::schedule::{Arrivals, Schedule, Share};
use crate::snapshot::Snapshot;
use crate::worker::{Seat, Shared, Worker};

/// A window begins this long after the call, so that every thread has heard of it in time.
const WINDOW_NOTICE_NS: u64 = 5 * NS_PER_MS;
/// Windows are at least this long.
const WINDOW_SPACING_NS: u64 = NS_PER_MS;
/// One start in some days, and one each nanosecond.
const MIN_RATE_QPS: f64 = 1e-6;
const MAX_RATE_QPS: f64 = 1e9;
/// Connections are opened ahead of need for a service that answers within this time.
const COVERED_LATENCY_S: f64 = 0.05;
const FEWEST_WARM: usize = 4;
const MOST_WARM: usize = 1024;
/// Cleared tallies that wait for reuse, per thread.
const SPARES_PER_THREAD: usize = 3;

/// Threads and connections that keep N requests in flight; survives from step to step.
pub struct Pool {
    recipe: Arc<Recipe>,
    mailboxes: Vec<Arc<Mailbox>>,
    inbox: Arc<Inbox>,
    budget: Arc<Budget>,
    sink: Sink,
    control: Mutex<Control>,
    reader: Mutex<Merge>,
}

/// What only the steering side needs.
struct Control {
    threads: Vec<JoinHandle<Result<(), LoadError>>>,
    state: State,
    window: u32,
    window_at_ns: u64,
    /// How many rates were set; each has arrivals of its own, the same in every run.
    rates: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    New,
    Running,
    Closed,
}

impl Pool {
    /// Check the plan and raise the descriptor limit; nothing is sent.
    ///
    /// # Errors
    /// `LoadError::Config` for an impossible plan, a local failure when descriptors are short.
    pub fn new(plan: &Plan) -> Result<Self, LoadError> {
        let recipe = Arc::new(Recipe::new(plan)?);
        descriptors::make_room(plan.max_connections)?;
        let mailboxes = (0..plan.threads)
            .map(|_| Mailbox::new().map(Arc::new))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            recipe,
            inbox: Arc::new(Inbox::new()),
            budget: Arc::new(Budget::new(plan.max_requests, plan.threads)),
            sink: Sink::default(),
            reader: Mutex::new(Merge::new(mailboxes.len())),
            mailboxes,
            control: Mutex::new(Control {
                threads: Vec::new(),
                state: State::New,
                window: 0,
                window_at_ns: 0,
                rates: 0,
            }),
        })
    }

    /// Open one connection, with TLS if asked, send no request, and close it.
    ///
    /// # Errors
    /// The failure that kept the connection from coming up.
    pub fn probe(&self) -> Result<String, LoadError> {
        crate::probe::probe(&self.recipe)
    }

    /// Start the threads; window 0 begins.
    ///
    /// # Errors
    /// When it was started or closed before, or the machine refuses a thread.
    pub fn start(&self) -> Result<(), LoadError> {
        let mut control = lock(&self.control);
        if control.state != State::New {
            return Err(LoadError::Config("a pool is started once".into()));
        }
        let start_ns = monotonic_ns();
        control.state = State::Running;
        control.window_at_ns = start_ns;
        for (thread, mailbox) in self.mailboxes.iter().enumerate() {
            let seat = Seat::new(Shared {
                thread,
                threads: self.mailboxes.len(),
                recipe: Arc::clone(&self.recipe),
                mailbox: Arc::clone(mailbox),
                inbox: Arc::clone(&self.inbox),
                budget: Arc::clone(&self.budget),
                sink: self.sink.clone(),
                start_ns,
            })?;
            let handle = std::thread::Builder::new()
                .name(format!("load-{thread}"))
                .spawn(move || Worker::new(seat).run())
                .map_err(|error| LoadError::Internal(format!("cannot start a thread: {error}")))?;
            control.threads.push(handle);
        }
        Ok(())
    }

    /// Keep so many requests in flight, dealt exactly over the threads.
    pub fn set_concurrency(&self, concurrency: usize) {
        let threads = self.mailboxes.len();
        for (thread, mailbox) in self.mailboxes.iter().enumerate() {
            let share = Share { thread, threads };
            mailbox.post(Command::SetSlots(deal(concurrency, share)));
        }
    }

    /// Plan `rate_qps` starts a second from now on, until `set_concurrency` ends it. A start that
    /// finds `max_in_flight` requests in flight is counted as dropped, and never made up for.
    ///
    /// # Errors
    /// `LoadError::Config` for a rate or a number that is not possible.
    pub fn set_rate(
        &self,
        rate_qps: f64,
        arrivals: Arrivals,
        max_in_flight: usize,
    ) -> Result<(), LoadError> {
        if !(MIN_RATE_QPS..=MAX_RATE_QPS).contains(&rate_qps) || max_in_flight == 0 {
            return Err(LoadError::Config(format!(
                "{rate_qps} starts a second with {max_in_flight} in flight cannot be planned"
            )));
        }
        let mut control = lock(&self.control);
        control.rates += 1;
        let start_ns = monotonic_ns() + WINDOW_NOTICE_NS;
        // A thread without a slot could only drop its share.
        let threads = self.mailboxes.len().min(max_in_flight);
        let warm = warm_connections(rate_qps).min(max_in_flight);
        for (thread, mailbox) in self.mailboxes.iter().enumerate() {
            if thread >= threads {
                mailbox.post(Command::SetSlots(0));
                continue;
            }
            let share = Share { thread, threads };
            let schedule = Schedule::new(arrivals, rate_qps, start_ns, share, control.rates);
            mailbox.post(Command::SetRate(RateShare {
                schedule,
                max_in_flight: deal(max_in_flight, share),
                warm: deal(warm, share),
            }));
        }
        Ok(())
    }

    /// Slots that had a connection, or a failed attempt at one.
    #[must_use]
    pub fn ready_connections(&self) -> usize {
        self.mailboxes
            .iter()
            .map(|mailbox| mailbox.ready.load(Ordering::Relaxed))
            .sum()
    }

    /// Requests that start from now on belong to `window`.
    ///
    /// # Errors
    /// `LoadError::Config` unless the number is above the one before.
    pub fn begin_window(&self, window: u32) -> Result<(), LoadError> {
        let mut control = lock(&self.control);
        if window <= control.window {
            return Err(LoadError::Config(format!(
                "window {window} does not follow window {}",
                control.window
            )));
        }
        let at_ns = (monotonic_ns() + WINDOW_NOTICE_NS)
            .max(control.window_at_ns.saturating_add(WINDOW_SPACING_NS));
        control.window = window;
        control.window_at_ns = at_ns;
        for mailbox in &self.mailboxes {
            mailbox.post(Command::BeginWindow { window, at_ns });
        }
        Ok(())
    }

    /// The next snapshot, oldest first; `None` when `timeout` passes without one.
    ///
    /// # Errors
    /// `LoadError::Internal` when a load thread has died.
    pub fn poll(&self, timeout: Duration) -> Result<Option<Snapshot>, LoadError> {
        let deadline = Instant::now() + timeout;
        let mut merge = lock(&self.reader);
        let mut rows = Vec::new();
        loop {
            if let Some(merged) = merge.next() {
                return self.finish(merged).map(Some);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            self.inbox.take(&mut rows, left);
            if rows.is_empty() {
                return self.check_threads().map(|()| None);
            }
            for row in rows.drain(..) {
                self.mailboxes[row.thread]
                    .rows_waiting
                    .fetch_sub(1, Ordering::Relaxed);
                merge.push(row);
            }
        }
    }

    fn finish(&self, merged: Merged) -> Result<Snapshot, LoadError> {
        let snapshot = Snapshot::new(merged.frame, &merged.sum);
        let keep_at_most = SPARES_PER_THREAD * self.mailboxes.len();
        for tally in merged.spent.into_iter().chain([merged.sum]) {
            self.inbox.give_back(tally, keep_at_most);
        }
        snapshot
    }

    fn check_threads(&self) -> Result<(), LoadError> {
        let mut control = lock(&self.control);
        let lost = control.threads.iter().position(JoinHandle::is_finished);
        let Some(position) = lost.filter(|_| control.state == State::Running) else {
            return Ok(());
        };
        match control.threads.swap_remove(position).join() {
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) | Err(_) => Err(LoadError::Internal("a load thread has died".into())),
        }
    }

    /// Drop every request in flight; it counts as cut.
    pub fn cut(&self) {
        for mailbox in &self.mailboxes {
            mailbox.post(Command::Cut);
        }
    }

    /// Every request that has ended, once the pool is closed.
    #[cfg(feature = "audit")]
    pub fn take_audit(&self) -> Vec<crate::audit::Entry> {
        self.sink.take()
    }

    /// End the threads and their connections; safe to call twice.
    pub fn close(&self) {
        let mut control = lock(&self.control);
        control.state = State::Closed;
        for mailbox in &self.mailboxes {
            mailbox.post(Command::Stop);
        }
        for handle in control.threads.drain(..) {
            // A thread that died has been reported by `poll`.
            let _ = handle.join();
        }
    }
}

/// A thread's part of `count`; all parts together are `count`.
fn deal(count: usize, share: Share) -> usize {
    count / share.threads + usize::from(share.thread < count % share.threads)
}

/// Connections that a service of `COVERED_LATENCY_S` needs at this rate.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and a rate is not negative"
)]
fn warm_connections(rate_qps: f64) -> usize {
    ((rate_qps * COVERED_LATENCY_S).ceil() as usize).clamp(FEWEST_WARM, MOST_WARM)
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}
