//! Who is too late, and who has waited long enough after a failure?
//!
//! One moment is kept before which neither can be the case; only then the slots are looked at.

use super::Worker;
use crate::clock::NS_PER_MS;
use crate::slot::Phase;

const FIRST_BACK_OFF_NS: u64 = NS_PER_MS;
const MAX_BACK_OFF_NS: u64 = 100 * NS_PER_MS;
/// Full batches of events put deadlines off by this much.
const MAX_FULL_NS: u64 = 100 * NS_PER_MS;
/// Failures in a row after which a slot is one of many that try in vain, and shares their pace.
const PACED_EXPONENT: u8 = 3;
/// From this number of slots on a scan costs enough to make it rarer.
const MANY_SLOTS: usize = 4096;

impl Worker {
    /// Let the slot rest: 1 ms, doubled with each failure in a row, up to 100 ms.
    pub(super) fn back_off(&mut self, index: usize) {
        self.rest(index);
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let slot = &mut self.slots[index];
        let wait_ns = (FIRST_BACK_OFF_NS << slot.back_off_exponent).min(MAX_BACK_OFF_NS);
        // Half of the wait is jitter, so that slots which failed together part again.
        let jitter_ns = self.random % (wait_ns / 2);
        slot.back_off_exponent = (slot.back_off_exponent + 1).min(7);
        slot.phase = Phase::BackOff;
        slot.progress_ns = self.ledger.last_ns() + wait_ns - jitter_ns;
        let wake_ns = slot.progress_ns;
        self.scan_by(wake_ns);
    }

    /// Look at the slots at this time, if not before.
    pub(super) fn scan_by(&mut self, time_ns: u64) {
        self.scan_due_ns = self.scan_due_ns.min(time_ns).max(self.earliest_scan_ns);
    }

    /// Whether somebody may have been too late at `looked_ns`, before the events of this turn were
    /// asked for. An answer that had come by then has been read now, so that a thread which did not
    /// run for a while never takes its own absence for a timeout of the target.
    pub(super) const fn is_scan_due(&self, looked_ns: u64, is_batch_full: bool) -> bool {
        // Behind a full batch more may wait; when they stay full, all have had their turn.
        let wait_ns = if is_batch_full { MAX_FULL_NS } else { 0 };
        looked_ns >= self.scan_due_ns.saturating_add(wait_ns)
    }

    /// Look at every slot: who was too late at `now_ns`, who had waited long enough?
    pub(super) fn scan(&mut self, now_ns: u64) {
        let pause_ns = if self.slots.len() > MANY_SLOTS { 5 } else { 1 } * NS_PER_MS;
        self.earliest_scan_ns = now_ns + pause_ns;
        // What starts after this moment cannot be late before that one.
        self.scan_due_ns = u64::MAX;
        let mut next_ns = now_ns + self.recipe.timeouts.shortest();
        for index in 0..self.slots.len() {
            let slot = &self.slots[index];
            if slot.phase == Phase::BackOff {
                if slot.progress_ns > now_ns {
                    next_ns = next_ns.min(slot.progress_ns);
                } else if slot.back_off_exponent < PACED_EXPONENT || self.admit_first_attempt(index)
                {
                    self.go_on(index);
                } else {
                    next_ns = next_ns.min(self.pace.due_ns()).max(now_ns + pause_ns);
                }
                continue;
            }
            let deadline = slot.deadline(&self.recipe.timeouts, self.recipe.request.len());
            match deadline {
                Some((deadline_ns, kind)) if deadline_ns <= now_ns => {
                    self.fail(index, kind, deadline_ns);
                }
                Some((deadline_ns, _)) => next_ns = next_ns.min(deadline_ns),
                None => {}
            }
        }
        self.scan_by(next_ns);
    }
}
