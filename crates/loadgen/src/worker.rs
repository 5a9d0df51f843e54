//! What does one load thread do, from event to event?
//!
//! It owns its slots and their connections for good. When a response is complete the next request
//! is written in the same turn; time that passes is noticed by a scan over the slots, not by
//! timers.

mod ending;
mod opening;
mod planned;
mod ticker;
mod waiting;

use std::num::NonZeroU64;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::fd::OwnedFd;
use rustix::thread::set_current_timer_slack;

use self::opening::Pace;
use self::planned::Warmth;
use self::ticker::Ticker;
use crate::audit::{Log, Sink};
use crate::budget::{Allowance, Budget};
use crate::clock::timespec;
use crate::exchange::{Command, Inbox, Mailbox};
use crate::failure::LoadError;
use crate::http1::{self, Wire};
use crate::ledger::Ledger;
use crate::plan::Recipe;
use crate::repeat::Repeat;
use crate::slot::{Phase, Progress, Slot};

const EVENTS_PER_WAIT: usize = 512;
/// In the open loop starts wait until a batch of events has been handled.
const EVENTS_PER_PLANNED_WAIT: usize = 64;
const BUFFER_BYTES: usize = 64 << 10;
/// A decrypted record has at most 16 KiB.
const PLAIN_BYTES: usize = 16 << 10;
const WAKE_TOKEN: u64 = u64::MAX;
const TICK_TOKEN: u64 = u64::MAX - 1;

/// What a thread shares with the control side.
pub(crate) struct Shared {
    pub thread: usize,
    /// How many threads share the load.
    pub threads: usize,
    pub recipe: Arc<Recipe>,
    pub mailbox: Arc<Mailbox>,
    pub inbox: Arc<Inbox>,
    pub budget: Arc<Budget>,
    pub sink: Sink,
    pub start_ns: u64,
}

/// What a thread needs before it exists, so that its faults are told to the one who starts it.
pub(crate) struct Seat {
    shared: Shared,
    epoll: OwnedFd,
    ticker: Ticker,
}

impl Seat {
    pub(crate) fn new(shared: Shared) -> Result<Self, LoadError> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)
            .map_err(|errno| LoadError::from_setup("make an epoll", errno))?;
        epoll::add(
            &epoll,
            shared.mailbox.wake_fd(),
            epoll::EventData::new_u64(WAKE_TOKEN),
            epoll::EventFlags::IN,
        )
        .map_err(|errno| LoadError::from_setup("watch an eventfd", errno))?;
        let ticker = Ticker::start(shared.start_ns)
            .map_err(|errno| LoadError::from_setup("start a timer", errno))?;
        epoll::add(
            &epoll,
            ticker.as_fd(),
            epoll::EventData::new_u64(TICK_TOKEN),
            epoll::EventFlags::IN,
        )
        .map_err(|errno| LoadError::from_setup("watch a timer", errno))?;
        Ok(Self {
            shared,
            epoll,
            ticker,
        })
    }
}

/// One load thread.
pub(crate) struct Worker {
    recipe: Arc<Recipe>,
    mailbox: Arc<Mailbox>,
    budget: Arc<Budget>,
    allowance: Allowance,
    epoll: OwnedFd,
    ticker: Ticker,
    ledger: Ledger,
    buffer: Box<[u8]>,
    plain: Box<[u8]>,
    repeat: Repeat,
    slots: Vec<Slot>,
    /// Slots below this index are to be kept busy.
    wanted: usize,
    /// Slots below this index have been looked at since the last change of `wanted`.
    opening_cursor: usize,
    /// New slots open their connections and wait for one another.
    is_gathering: bool,
    pace: Pace,
    warmth: Warmth,
    ready: usize,
    next_route: usize,
    random: u64,
    /// No deadline and no end of a back-off lies before this moment.
    scan_due_ns: u64,
    earliest_scan_ns: u64,
    is_stopping: bool,
}

impl Worker {
    /// Must run on the load thread itself, because it starts to watch its own CPU.
    pub(crate) fn new(seat: Seat) -> Self {
        let Seat {
            shared,
            epoll,
            ticker,
        } = seat;
        let Shared {
            thread,
            threads,
            recipe,
            mailbox,
            inbox,
            budget,
            sink,
            start_ns,
        } = shared;
        let mut ledger = Ledger::new(thread, inbox, Arc::clone(&mailbox), start_ns);
        ledger.audit = Log::new(thread, &recipe.request, &sink);
        let plain_bytes = if recipe.tls.is_some() { PLAIN_BYTES } else { 0 };
        Self {
            ledger,
            recipe,
            mailbox,
            allowance: Allowance::new(Arc::clone(&budget)),
            budget,
            epoll,
            ticker,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            plain: vec![0; plain_bytes].into_boxed_slice(),
            repeat: Repeat::new(),
            slots: Vec::new(),
            wanted: 0,
            opening_cursor: 0,
            is_gathering: false,
            pace: Pace::new(threads),
            warmth: Warmth::default(),
            ready: 0,
            // Threads start at different addresses, so few connections spread, too.
            next_route: thread,
            random: (start_ns ^ (thread as u64) << 32) | 1,
            scan_due_ns: u64::MAX,
            earliest_scan_ns: 0,
            is_stopping: false,
        }
    }

    /// Serve events until told to stop.
    pub(crate) fn run(&mut self) -> Result<(), LoadError> {
        // The usual 50 us would be a part of every latency; a refusal leaves just that.
        let _ = set_current_timer_slack(NonZeroU64::new(1));
        let mut many = Vec::with_capacity(EVENTS_PER_WAIT);
        let mut few = Vec::with_capacity(EVENTS_PER_PLANNED_WAIT);
        let mut commands = Vec::with_capacity(16);
        while !self.is_stopping {
            let events = if self.is_open_loop() {
                &mut few
            } else {
                &mut many
            };
            let looked_ns = self.ledger.last_ns();
            self.wait(events)?;
            if events.is_empty() {
                self.ledger.now();
            }
            for event in events.iter() {
                // The struct is packed: copy, do not borrow.
                let (token, flags) = (event.data.u64(), event.flags);
                match token {
                    WAKE_TOKEN => self.obey(&mut commands),
                    TICK_TOKEN => {
                        self.ticker.wind();
                        self.ledger.now();
                    }
                    _ => self.on_event(token, flags),
                }
            }
            let is_batch_full = events.len() == events.capacity();
            if self.is_open_loop() {
                self.start_planned(is_batch_full);
            } else {
                self.open_more();
            }
            self.ledger.tick();
            self.ledger.report_stragglers();
            if self.is_scan_due(looked_ns, is_batch_full) {
                self.scan(looked_ns);
            }
        }
        Ok(())
    }

    fn wait(&self, events: &mut Vec<epoll::Event>) -> Result<(), LoadError> {
        events.clear();
        let due_ns = self
            .ledger
            .due_ns()
            .min(self.scan_due_ns)
            .min(self.opening_due_ns());
        let last_ns = self.ledger.last_ns();
        // The ticker wakes the loop anyway; a time-out of its own costs the kernel a timer a wait.
        let is_before_tick = due_ns < self.ledger.tick_due_ns();
        let timeout = is_before_tick.then(|| timespec(due_ns.saturating_sub(last_ns)));
        match epoll::wait(&self.epoll, spare_capacity(events), timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(errno) => Err(LoadError::Internal(format!("epoll_wait: {errno}"))),
        }
    }

    fn obey(&mut self, commands: &mut Vec<Command>) {
        self.mailbox.take(commands);
        self.ledger.now();
        for command in commands.drain(..) {
            match command {
                Command::SetSlots(count) => self.set_slots(count),
                Command::SetRate(share) => self.set_rate(share),
                Command::BeginWindow { window, at_ns } => self.ledger.begin_window(window, at_ns),
                Command::Cut => self.cut(),
                Command::Stop => self.is_stopping = true,
            }
        }
    }

    /// Start the slot's next request, on its connection or on a new one.
    #[inline]
    fn take_up(&mut self, index: usize) {
        if !self.allowance.take() {
            self.close(index);
            self.retire(index);
            return;
        }
        if self.slots[index].is_idle_for_too_long(self.ledger.last_ns()) {
            self.close(index);
        }
        if !self.slots[index].is_busy() {
            self.ledger.begin_running();
        }
        let slot = &mut self.slots[index];
        if slot.socket.is_none() {
            slot.taken_up_ns = self.ledger.last_ns();
            self.ledger.now();
        }
        let book = self.ledger.start();
        slot.begin_request(book, 0, self.recipe.is_head);
        slot.ticket = self.ledger.audit.issue(self.ledger.last_ns());
        if slot.socket.is_some() {
            self.write_request(index);
        } else {
            self.open_connection(index);
        }
    }

    #[inline]
    fn write_request(&mut self, index: usize) {
        let now_ns = self.ledger.last_ns();
        let slot = &mut self.slots[index];
        slot.sent_ns = now_ns;
        slot.progress_ns = now_ns;
        let progress = slot.send(&mut Wire {
            recipe: &self.recipe,
            ledger: &mut self.ledger,
            buffer: &mut self.buffer,
            plain: &mut self.plain,
            repeat: &mut self.repeat,
        });
        self.settle(index, progress);
    }

    #[inline]
    fn on_event(&mut self, token: u64, flags: epoll::EventFlags) {
        let Some((index, generation)) = split_token(token) else {
            return;
        };
        let slot = &mut self.slots[index];
        if slot.generation != generation {
            return;
        }
        let mut wire = Wire {
            recipe: &self.recipe,
            ledger: &mut self.ledger,
            buffer: &mut self.buffer,
            plain: &mut self.plain,
            repeat: &mut self.repeat,
        };
        let progress = match slot.phase {
            Phase::Exchanging => slot.exchange(&mut wire, flags),
            Phase::Handshaking => slot.handshake(&mut wire, flags),
            Phase::Connecting => slot.finish_connect(&mut wire),
            Phase::Idle => {
                self.on_idle_event(index, flags);
                return;
            }
            Phase::Vacant | Phase::BackOff => Progress::Pending,
        };
        if progress == Progress::Connected {
            self.on_connected(index, flags);
            let slot = &self.slots[index];
            let is_told_once = http1::is_hangup(flags) || slot.phase == Phase::Idle;
            if is_told_once && slot.generation == generation {
                self.read_to_end(index, flags);
            }
        } else {
            self.settle(index, progress);
        }
    }

    /// The end of the stream was announced before the request was written; it is not told again.
    fn read_to_end(&mut self, index: usize, flags: epoll::EventFlags) {
        if self.slots[index].phase == Phase::Idle {
            self.on_idle_event(index, flags);
            return;
        }
        let progress = self.slots[index].receive(
            &mut Wire {
                recipe: &self.recipe,
                ledger: &mut self.ledger,
                buffer: &mut self.buffer,
                plain: &mut self.plain,
                repeat: &mut self.repeat,
            },
            true,
        );
        self.settle(index, progress);
    }

    #[inline]
    fn settle(&mut self, index: usize, progress: Progress) {
        match progress {
            Progress::Pending | Progress::Connected => {}
            Progress::Complete(afterwards) => self.complete(index, afterwards),
            Progress::Failed(kind) => self.fail(index, kind, self.ledger.last_ns()),
        }
    }
}

#[inline]
fn split_token(token: u64) -> Option<(usize, u32)> {
    let index = usize::try_from(token & u64::from(u32::MAX)).ok()?;
    Some((index, u32::try_from(token >> 32).ok()?))
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
