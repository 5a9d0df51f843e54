//! How are planned starts made, and on which connection?
//!
//! Slots with an idle connection take turns, so that all connections, and what is behind them,
//! share the load. Some connections are opened ahead of need; others when a start needs them.

use std::collections::VecDeque;
use std::sync::Arc;

use rustix::event::epoll;

use super::Worker;
use crate::budget::Allowance;
use crate::clock::NS_PER_MS;
use crate::exchange::RateShare;
use crate::http1::Wire;
use crate::ledger::{NoSlot, OpenLoop, Start};
use crate::slot::{Phase, Surprise};
use crate::warning::WarningKind;

const FIRST_REST_NS: u64 = NS_PER_MS;
const MAX_REST_EXPONENT: u32 = 7;

/// Slots of the open loop that have no request, and the connections that are kept ahead of need.
#[derive(Default)]
pub(super) struct Warmth {
    /// Slots of the open loop; 0 in the closed loop.
    slots: usize,
    /// Slots with a connection, the one that waits longest first.
    idle: VecDeque<usize>,
    /// Slots without a connection.
    vacant: Vec<usize>,
    /// So many slots are to have a connection.
    wanted: usize,
    /// Unused connections lost in a row, since the last answer.
    losses: u32,
    rest_until_ns: u64,
}

impl Worker {
    #[inline]
    pub(super) fn is_open_loop(&self) -> bool {
        self.ledger.open_loop.is_some()
    }

    pub(super) fn set_rate(&mut self, share: RateShare) {
        self.take_due(NoSlot::Drop);
        if let Some(open_loop) = &mut self.ledger.open_loop {
            open_loop.change(share.schedule, share.max_in_flight);
        } else {
            self.allowance.give_back();
            self.ledger.open_loop = Some(OpenLoop::new(
                share.schedule,
                share.max_in_flight,
                self.recipe.timeouts.total,
                Allowance::new(Arc::clone(&self.budget)),
            ));
        }
        self.wanted = 0;
        self.is_gathering = false;
        self.warmth.wanted = share.warm;
        self.resize_open_loop(share.max_in_flight);
    }

    /// Sort every slot that has no request into the slots of the open loop, or retire it.
    fn resize_open_loop(&mut self, count: usize) {
        self.warmth.slots = count;
        self.grow(count);
        self.warmth.idle.clear();
        self.warmth.idle.reserve(count);
        self.warmth.vacant.clear();
        self.warmth.vacant.reserve(count);
        for index in (0..self.slots.len()).rev() {
            let phase = self.slots[index].phase;
            if index >= count && !self.slots[index].is_busy() {
                self.close(index);
                self.retire(index);
            } else if phase == Phase::Idle {
                self.warmth.idle.push_back(index);
            } else if matches!(phase, Phase::Vacant | Phase::BackOff) {
                self.slots[index].phase = Phase::Vacant;
                self.warmth.vacant.push(index);
            }
        }
    }

    /// The closed loop takes over: make what is due, and leave every idle connection to its slot.
    pub(super) fn leave_open_loop(&mut self) {
        if self.is_open_loop() {
            self.take_due(NoSlot::Drop);
            self.ledger.end_open_loop();
            self.warmth = Warmth::default();
        }
    }

    /// A batch of events has been handled: make the starts that are due.
    pub(super) fn start_planned(&mut self, is_batch_full: bool) {
        self.ledger.now();
        self.take_due(if is_batch_full {
            NoSlot::Wait
        } else {
            NoSlot::Drop
        });
        self.warm_up();
    }

    fn take_due(&mut self, no_slot: NoSlot) {
        self.ledger.take_planned(no_slot);
        while let Some(start) = self.ledger.next_start() {
            self.make(start);
        }
    }

    fn make(&mut self, start: Start) {
        let now_ns = self.ledger.now();
        self.ledger.count_lag(start);
        let Some(index) = self.find_slot() else {
            // Cannot be: no more starts become due than slots are free. The books balance anyway.
            self.ledger.end_cut(start.book, None);
            return;
        };
        self.ledger.begin_running();
        let slot = &mut self.slots[index];
        slot.begin_request(start.book, start.planned_ns, self.recipe.is_head);
        slot.ticket = self.ledger.audit.issue(now_ns);
        slot.taken_up_ns = now_ns;
        match slot.phase {
            Phase::Idle => {
                slot.phase = Phase::Exchanging;
                // The target may end a connection that has waited, as after an answer.
                slot.is_reused = true;
                self.write_request(index);
            }
            Phase::Vacant => self.open_connection(index),
            // The request goes out when the connection is up.
            _ => {}
        }
    }

    fn find_slot(&mut self) -> Option<usize> {
        while let Some(index) = self.warmth.idle.pop_front() {
            if !self.slots[index].is_idle_for_too_long(self.ledger.last_ns()) {
                return Some(index);
            }
            self.close(index);
            self.slots[index].phase = Phase::Vacant;
            self.warmth.vacant.push(index);
        }
        self.warmth.vacant.pop().or_else(|| {
            let slots = &self.slots[..self.warmth.slots];
            slots.iter().position(|slot| !slot.is_busy())
        })
    }

    /// The slot has no request any more: keep its connection, if it has one, for the next.
    pub(super) fn park(&mut self, index: usize) {
        self.rest(index);
        self.end_first_attempt(index);
        let slot = &mut self.slots[index];
        if slot.socket.is_some() {
            slot.phase = Phase::Idle;
            if slot.is_reused {
                self.warmth.losses = 0;
            }
            self.warmth.idle.push_back(index);
        } else {
            slot.phase = Phase::Vacant;
            self.warmth.vacant.push(index);
        }
    }

    /// Whether a slot belongs to the open loop.
    #[inline]
    pub(super) fn is_for_planned(&self, index: usize) -> bool {
        index < self.warmth.slots
    }

    /// When a connection is to be opened ahead of need.
    pub(super) fn warm_up_due_ns(&self) -> u64 {
        if self.connections() < self.warmth.wanted && !self.warmth.vacant.is_empty() {
            self.warmth.rest_until_ns.max(self.pace.due_ns())
        } else {
            u64::MAX
        }
    }

    fn connections(&self) -> usize {
        self.warmth.slots - self.warmth.vacant.len()
    }

    fn warm_up(&mut self) {
        while self.warm_up_due_ns() <= self.ledger.last_ns() {
            let Some(index) = self.warmth.vacant.pop() else {
                return;
            };
            if !self.admit_first_attempt(index) {
                self.warmth.vacant.push(index);
                return;
            }
            self.open_connection(index);
        }
    }

    /// Something happened on a connection that has no request.
    pub(super) fn on_idle_event(&mut self, index: usize, flags: epoll::EventFlags) {
        let surprise = self.slots[index].look_at_idle(
            &mut Wire {
                recipe: &self.recipe,
                ledger: &mut self.ledger,
                buffer: &mut self.buffer,
                plain: &mut self.plain,
                repeat: &mut self.repeat,
            },
            flags,
        );
        match surprise {
            Surprise::None => return,
            Surprise::End => self.ledger.count_closed_by_target(),
            // Nobody asked for them, so they are no answer to whatever is asked next.
            Surprise::Bytes => self.ledger.warn_of_idle(WarningKind::ProtoExtraData),
        }
        self.warmth.idle.retain(|&idle| idle != index);
        self.lose_unused(index);
    }

    /// A connection without a request is lost, or did not come up.
    pub(super) fn lose_unused(&mut self, index: usize) {
        self.close(index);
        self.end_first_attempt(index);
        if index < self.wanted {
            self.back_off(index);
        } else if self.is_for_planned(index) {
            let wait_ns = FIRST_REST_NS << self.warmth.losses;
            self.warmth.losses = (self.warmth.losses + 1).min(MAX_REST_EXPONENT);
            self.warmth.rest_until_ns = self.ledger.last_ns() + wait_ns;
            self.slots[index].phase = Phase::Vacant;
            self.warmth.vacant.push(index);
        } else {
            self.retire(index);
        }
    }
}
