//! How fast are connections opened, and what happens when one is up?
//!
//! Slots that are new, and those that open ahead of need, take turns. A server has a short queue
//! for connections that it has not accepted yet, and a full one makes them wait for a second or
//! more: that would look like a slow service. Requests that need a new connection do not wait here.

use std::collections::VecDeque;

use rustix::event::epoll;

use super::Worker;
use crate::clock::{NS_PER_MS, NS_PER_S};
use crate::exchange::publish;
use crate::http1::{self, Wire};
use crate::slot::{Phase, Progress, Slot};

/// First connections of slots that are under way at the same time, on one thread.
const MAX_UNPROVEN: usize = 64;
/// Without an answer a connection counts as accepted so long after it came up.
const PROOF_LIMIT_NS: u64 = 25 * NS_PER_MS;
/// Over all threads; single-threaded servers accept more in a second while they answer.
const CONNECTIONS_PER_S: u64 = 2000;

/// How many slots may open their first connection now.
pub(super) struct Pace {
    /// Opened and neither answered nor failed nor old.
    unproven: usize,
    /// Those of them that are up: slot, generation, and when they count as accepted.
    up: VecDeque<(usize, u32, u64)>,
    gap_ns: u64,
    /// When the next connection would be due if they came evenly.
    even_ns: u64,
}

impl Pace {
    pub(super) fn new(threads: usize) -> Self {
        Self {
            unproven: 0,
            up: VecDeque::with_capacity(MAX_UNPROVEN),
            gap_ns: threads as u64 * NS_PER_S / CONNECTIONS_PER_S,
            even_ns: 0,
        }
    }

    /// When one more may be opened, as far as that is known; nobody waits for it before that.
    pub(super) fn due_ns(&self) -> u64 {
        if self.unproven < MAX_UNPROVEN {
            self.even_ns
                .saturating_sub(MAX_UNPROVEN as u64 * self.gap_ns)
        } else {
            self.up
                .front()
                .map_or(u64::MAX, |&(_, _, until_ns)| until_ns)
        }
    }

    /// Whether one more may be opened; it is counted then.
    pub(super) fn admit(&mut self, now_ns: u64) -> bool {
        if self.unproven >= MAX_UNPROVEN || self.due_ns() > now_ns {
            return false;
        }
        self.unproven += 1;
        self.even_ns = self.even_ns.max(now_ns) + self.gap_ns;
        true
    }
}

impl Worker {
    /// Have at least so many slots, and not twice as much memory as they need.
    pub(super) fn grow(&mut self, count: usize) {
        let more = count.saturating_sub(self.slots.len());
        self.slots.reserve_exact(more);
        self.slots.extend((0..more).map(|_| Slot::new()));
    }

    /// When `open_more` has something to do again.
    pub(super) fn opening_due_ns(&self) -> u64 {
        if self.is_open_loop() {
            self.warm_up_due_ns()
        } else if self.opening_cursor < self.wanted {
            self.pace.due_ns()
        } else {
            u64::MAX
        }
    }

    pub(super) fn set_slots(&mut self, count: usize) {
        self.leave_open_loop();
        if count == 0 {
            self.allowance.give_back();
        }
        self.wanted = count;
        self.opening_cursor = 0;
        self.grow(count);
        let vacant = self.slots[..count]
            .iter()
            .filter(|slot| slot.phase == Phase::Vacant);
        self.is_gathering = vacant.count() > MAX_UNPROVEN;
        for index in count..self.slots.len() {
            if !self.slots[index].is_busy() {
                self.close(index);
                self.retire(index);
            }
        }
    }

    /// Take up wanted slots that have no request, at the pace of new connections.
    pub(super) fn open_more(&mut self) {
        while self.opening_cursor < self.wanted {
            let index = self.opening_cursor;
            if self.slots[index].phase == Phase::Vacant {
                if !self.admit_first_attempt(index) {
                    return;
                }
                if self.is_gathering {
                    self.open_connection(index);
                } else {
                    self.take_up(index);
                }
            } else if !self.is_gathering {
                self.use_idle(index);
            }
            self.opening_cursor += 1;
        }
        if self.is_gathering {
            self.is_gathering = false;
            for index in 0..self.wanted {
                self.use_idle(index);
            }
        }
    }

    /// A slot that has waited with its connection begins.
    fn use_idle(&mut self, index: usize) {
        if self.slots[index].phase == Phase::Idle {
            self.slots[index].phase = Phase::Exchanging;
            self.take_up(index);
        }
    }

    /// Whether the slot may open its first connection now.
    pub(super) fn admit_first_attempt(&mut self, index: usize) -> bool {
        let now_ns = self.ledger.last_ns();
        while let Some(&(slot, generation, until_ns)) = self.pace.up.front() {
            let is_same = self.slots[slot].generation == generation;
            if is_same && self.slots[slot].is_first_attempt && until_ns > now_ns {
                break;
            }
            self.pace.up.pop_front();
            if is_same {
                self.end_first_attempt(slot);
            }
        }
        let is_admitted = self.pace.admit(now_ns);
        self.slots[index].is_first_attempt |= is_admitted;
        is_admitted
    }

    pub(super) fn end_first_attempt(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if slot.is_first_attempt {
            slot.is_first_attempt = false;
            self.pace.unproven -= 1;
        }
    }

    pub(super) fn open_connection(&mut self, index: usize) {
        let route = self.recipe.routes.nth(self.next_route);
        self.next_route = self.next_route.wrapping_add(1);
        let slot = &mut self.slots[index];
        slot.phase = Phase::Connecting;
        slot.connect_started_ns = self.ledger.last_ns();
        slot.is_fresh = slot.has_request;
        let token = join_token(index, slot.generation);
        let opened = route
            .open()
            .and_then(|socket| http1::watch(&self.epoll, &socket, token).map(|()| socket));
        match opened {
            Ok(socket) => {
                slot.socket = Some(socket);
                let deadline_ns = slot.connect_started_ns + self.recipe.timeouts.connect;
                self.scan_by(deadline_ns);
            }
            Err(kind) => self.fail(index, kind, self.ledger.last_ns()),
        }
    }

    pub(super) fn on_connected(&mut self, index: usize, flags: epoll::EventFlags) {
        let now_ns = self.ledger.last_ns();
        let slot = &mut self.slots[index];
        slot.phase = Phase::Exchanging;
        self.ledger.connections_open += 1;
        let connect_ns = slot.connected_ns - slot.connect_started_ns;
        let tls_ns = slot.tls.is_some().then(|| now_ns - slot.connected_ns);
        self.ledger.count_opened(connect_ns, tls_ns);
        if slot.is_first_attempt {
            let until_ns = now_ns + PROOF_LIMIT_NS;
            self.pace.up.push_back((index, slot.generation, until_ns));
        }
        self.make_ready(index);
        if !self.slots[index].has_request {
            self.slots[index].progress_ns = now_ns;
            if self.is_gathering && index < self.wanted {
                self.slots[index].phase = Phase::Idle;
            } else {
                self.go_on(index);
            }
            return;
        }
        if flags.contains(epoll::EventFlags::IN) && self.slots[index].tls.is_none() {
            let progress = self.slots[index].receive_early(&mut Wire {
                recipe: &self.recipe,
                ledger: &mut self.ledger,
                buffer: &mut self.buffer,
                plain: &mut self.plain,
                repeat: &mut self.repeat,
            });
            if progress != Progress::Pending {
                self.settle(index, progress);
                return;
            }
        }
        self.ledger
            .count_gap(now_ns - self.slots[index].taken_up_ns);
        self.write_request(index);
        // The new deadlines may be shorter than any that the last scan has seen.
        self.scan_by(now_ns + self.recipe.timeouts.shortest());
    }

    pub(super) fn make_ready(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if !slot.is_ready {
            slot.is_ready = true;
            self.ready += 1;
            publish(&self.mailbox.ready, self.ready);
        }
    }
}

/// What epoll keeps for a connection: its slot, and which of the slot's connections it is.
fn join_token(index: usize, generation: u32) -> u64 {
    u64::from(generation) << 32 | index as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_an_even_pace() {
        let mut pace = Pace::new(2);
        let start_ns = 7 * NS_PER_S;
        let mut admitted = 0;
        for step in 0..2000 {
            while pace.admit(start_ns + step * NS_PER_MS / 2) {
                admitted += 1;
                pace.unproven -= 1;
            }
        }
        // The burst is 64 and the one that is due; then 1,000 a second for each of two threads.
        assert_eq!(65 + 999, admitted);
    }

    #[test]
    fn no_more_are_unproven_than_a_queue_holds() {
        let mut pace = Pace::new(1);
        assert_eq!(64, (0..100).filter(|_| pace.admit(NS_PER_S)).count());
        assert_eq!(u64::MAX, pace.due_ns(), "nothing but an event can help");
        pace.up.push_back((0, 0, 9));
        assert_eq!(9, pace.due_ns());
    }
}
