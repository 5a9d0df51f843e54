//! What does an engine without the audit keep? Nothing.

use crate::failure::FailureKind;
use crate::slot::Slot;

/// Holds nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket;

/// Holds nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sink();

/// Holds nothing.
#[derive(Debug, Default)]
pub(crate) struct Log();

impl Ticket {
    pub(crate) const EMPTY: Self = Self;
}

#[allow(
    clippy::unused_self,
    reason = "the same calls as with the feature, and none of them is compiled to anything"
)]
impl Log {
    pub(crate) const fn new(_thread: usize, _request: &[u8], _sink: &Sink) -> Self {
        Self()
    }

    #[inline]
    pub(crate) const fn issue(&mut self, _now_ns: u64) -> Ticket {
        Ticket
    }

    #[inline]
    pub(crate) const fn render<'a>(&mut self, _ticket: Ticket, request: &'a [u8]) -> &'a [u8] {
        request
    }

    #[inline]
    pub(crate) const fn answered(&mut self, _slot: &Slot, _ended_ns: u64) {}

    #[inline]
    pub(crate) const fn failed(&mut self, _slot: &Slot, _ended_ns: u64, _kind: FailureKind) {}

    #[inline]
    pub(crate) const fn cut(&mut self, _slot: &Slot, _ended_ns: u64) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_without_the_audit_has_no_room_for_it() {
        assert_eq!(
            0,
            size_of::<Ticket>() + size_of::<Sink>() + size_of::<Log>()
        );
    }
}
