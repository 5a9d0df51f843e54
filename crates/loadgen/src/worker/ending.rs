//! What follows from the end of a request, for its slot, its connection and the books?

use super::Worker;
use crate::exchange::publish;
use crate::failure::FailureKind;
use crate::slot::{Afterwards, Phase};

impl Worker {
    #[inline]
    pub(super) fn complete(&mut self, index: usize, afterwards: Afterwards) {
        let now_ns = self.ledger.last_ns();
        let slot = &mut self.slots[index];
        let status = slot.response.status();
        if slot.is_refusal_of_idle_connection(status) {
            self.fail(index, FailureKind::ConnStale, now_ns);
            return;
        }
        let warnings = slot.response.warnings();
        if !warnings.is_empty() {
            self.ledger.warn(slot.book, warnings);
        }
        slot.back_off_exponent = 0;
        self.ledger.audit.answered(slot, now_ns);
        let is_good = status < self.recipe.ok_below_status;
        if mutant!(StatusIgnored, 1, true, is_good) {
            let service = slot.service(now_ns);
            self.ledger.end_ok(slot.book, status, service);
        } else {
            self.ledger.end_with_status(slot.book, slot.failure(now_ns));
        }
        slot.is_fresh = false;
        slot.is_reused = true;
        if slot.is_first_attempt {
            self.end_first_attempt(index);
        }
        match afterwards {
            Afterwards::Reuse => {}
            Afterwards::ClosedByTarget => {
                self.ledger.count_closed_by_target();
                self.close(index);
            }
            Afterwards::CloseByUs => self.close(index),
        }
        self.go_on(index);
    }

    /// The request of a slot has ended: next one, or rest.
    #[inline]
    pub(super) fn go_on(&mut self, index: usize) {
        if index < self.wanted {
            self.take_up(index);
        } else if self.is_for_planned(index) {
            self.park(index);
        } else {
            self.close(index);
            self.retire(index);
        }
    }

    /// The request failed at `at_ns`, which for a timeout is its deadline.
    pub(super) fn fail(&mut self, index: usize, kind: FailureKind, at_ns: u64) {
        if !self.slots[index].is_busy() {
            self.ledger.count_attempt_failed();
            self.make_ready(index);
            self.lose_unused(index);
            return;
        }
        let flight_ns = self.count_flight(index);
        let slot = &self.slots[index];
        self.ledger.audit.failed(slot, at_ns, kind);
        self.ledger
            .end_failed(slot.book, kind, slot.failure(at_ns), flight_ns);
        if slot.phase == Phase::Exchanging {
            if kind.is_closed_by_target() {
                self.ledger.count_closed_by_target();
            }
        } else {
            self.ledger.count_attempt_failed();
        }
        self.close(index);
        self.make_ready(index);
        self.end_first_attempt(index);
        if index < self.wanted && kind.needs_back_off() {
            self.back_off(index);
        } else {
            self.go_on(index);
        }
    }

    /// How long the request that ends now was in flight; for one that was not sent, `None`.
    pub(super) fn count_flight(&mut self, index: usize) -> Option<u64> {
        let slot = &self.slots[index];
        let flight_ns = slot.flight_ns(self.ledger.last_ns());
        if flight_ns.is_none() {
            self.ledger
                .count_gap(self.ledger.last_ns() - slot.taken_up_ns);
        }
        flight_ns
    }

    /// Drop everything that is in flight.
    pub(super) fn cut(&mut self) {
        for index in 0..self.slots.len() {
            if self.slots[index].is_busy() {
                self.ledger
                    .audit
                    .cut(&self.slots[index], self.ledger.last_ns());
                let flight_ns = self.count_flight(index);
                self.ledger.end_cut(self.slots[index].book, flight_ns);
                self.close(index);
                if self.is_for_planned(index) {
                    self.park(index);
                } else {
                    self.retire(index);
                }
            }
        }
        self.opening_cursor = 0;
    }

    pub(super) fn close(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if matches!(slot.phase, Phase::Exchanging | Phase::Idle) && slot.socket.is_some() {
            self.ledger.connections_open -= 1;
        }
        slot.close();
    }

    /// The slot has no request any more and takes none up for now.
    pub(super) fn rest(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if slot.has_request {
            slot.has_request = false;
            self.ledger.end_running();
        }
    }

    pub(super) fn retire(&mut self, index: usize) {
        self.rest(index);
        let slot = &mut self.slots[index];
        slot.phase = Phase::Vacant;
        slot.back_off_exponent = 0;
        if slot.is_ready {
            slot.is_ready = false;
            self.ready -= 1;
            publish(&self.mailbox.ready, self.ready);
        }
        self.end_first_attempt(index);
    }
}
