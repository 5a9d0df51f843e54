//! Which planned starts are due, and what becomes of each?
//!
//! A planned start belongs to the window in which it was planned, however late the thread comes to
//! it: before an edge is passed, every start that was planned before the edge is given its fate.

use std::collections::VecDeque;

use super::Ledger;
use crate::budget::Allowance;
use crate::schedule::Schedule;

/// The starts that one load thread has to make.
pub(crate) struct OpenLoop {
    schedule: Schedule,
    /// Takes over at its start.
    coming: Option<Schedule>,
    /// Requests that may be in flight at the same time.
    max_in_flight: u64,
    /// A start that is later than this makes no sense any more.
    patience_ns: u64,
    allowance: Allowance,
    /// Counted as started: they wait only for the loop to come to them.
    due: VecDeque<Start>,
}

/// A planned start that is to be made at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Start {
    pub planned_ns: u64,
    pub book: usize,
}

/// What happens to a start that finds every slot busy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NoSlot {
    /// It is dropped.
    Drop,
    /// Answers may wait unread; look again after them.
    Wait,
}

impl OpenLoop {
    pub(crate) fn new(
        schedule: Schedule,
        max_in_flight: usize,
        patience_ns: u64,
        allowance: Allowance,
    ) -> Self {
        Self {
            schedule,
            coming: None,
            max_in_flight: max_in_flight as u64,
            patience_ns,
            allowance,
            due: VecDeque::with_capacity(max_in_flight),
        }
    }

    /// Another schedule takes over at its start; no start of the one before is lost until then.
    pub(crate) fn change(&mut self, coming: Schedule, max_in_flight: usize) {
        self.coming = Some(coming);
        self.max_in_flight = max_in_flight as u64;
        self.due
            .reserve(max_in_flight.saturating_sub(self.due.len()));
    }

    fn next_ns(&self) -> u64 {
        let next_ns = self.schedule.next_ns();
        match &self.coming {
            Some(coming) if next_ns >= coming.start_ns() => coming.next_ns(),
            _ => next_ns,
        }
    }

    fn advance(&mut self) {
        if self
            .coming
            .is_some_and(|coming| self.schedule.next_ns() >= coming.start_ns())
            && let Some(coming) = self.coming.take()
        {
            self.schedule = coming;
        }
        self.schedule.advance();
    }
}

impl Ledger {
    /// When the next start is planned.
    pub(crate) fn next_start_ns(&self) -> u64 {
        self.open_loop.as_ref().map_or(u64::MAX, OpenLoop::next_ns)
    }

    /// Give every start that was planned until now its fate.
    pub(crate) fn take_planned(&mut self, no_slot: NoSlot) {
        self.take_planned_before(self.last_ns + 1, self.last_ns, no_slot);
    }

    pub(super) fn take_planned_before(&mut self, until_ns: u64, now_ns: u64, no_slot: NoSlot) {
        let Some(open_loop) = &mut self.open_loop else {
            return;
        };
        let book = &mut self.books[self.current];
        loop {
            let planned_ns = open_loop.next_ns();
            if planned_ns >= until_ns {
                return;
            }
            let in_flight = self.running + open_loop.due.len() as u64;
            let is_late = now_ns.saturating_sub(planned_ns) > open_loop.patience_ns;
            let is_full = in_flight >= open_loop.max_in_flight;
            if is_full && !is_late && no_slot == NoSlot::Wait {
                return;
            }
            open_loop.advance();
            mutant!(DropsForgotten, 1 => if is_full { continue });
            book.tally.planned += 1;
            if is_late {
                book.tally.dropped_late += 1;
            } else if is_full {
                book.tally.dropped_no_slot += 1;
            } else if !open_loop.allowance.take() {
                book.tally.not_started += 1;
            } else {
                book.tally.started += 1;
                book.in_flight += 1;
                open_loop.due.push_back(Start {
                    planned_ns,
                    book: self.current,
                });
            }
        }
    }

    /// The next start that is to be made.
    pub(crate) fn next_start(&mut self) -> Option<Start> {
        self.open_loop.as_mut()?.due.pop_front()
    }

    /// A planned start is made now.
    pub(crate) fn count_lag(&mut self, start: Start) {
        let lag_ns = self.last_ns.saturating_sub(start.planned_ns);
        self.books[start.book].tally.send_lag.record_ns(lag_ns);
    }

    /// Plan no further start; those that are due must have been made.
    pub(crate) fn end_open_loop(&mut self) {
        if let Some(mut open_loop) = self.open_loop.take() {
            open_loop.allowance.give_back();
        }
    }
}
