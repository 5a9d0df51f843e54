//! What is known of each single request, for a join with what its server knows?

use std::sync::{Arc, Mutex};

use crate::exchange::lock;
use crate::failure::FailureKind;
use crate::slot::Slot;

const ID_FIELD: &[u8] = b"\r\nX-Id: ";
const ID_DIGITS: usize = 16;
/// Numbers of one thread lie above those of the thread before it.
const IDS_PER_THREAD: u64 = 1_000_000_000_000;
/// Room made beforehand, so that keeping an entry is one write to memory.
const ENTRIES: usize = 1 << 20;

/// How a request ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// With a complete response of this status.
    Answered(u16),
    /// With this first cause.
    Failed(FailureKind),
    /// Dropped by us.
    Cut,
}

/// One request from its start to its end; times are nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What stood in `X-Id`.
    pub id: u64,
    /// The load thread.
    pub thread: usize,
    /// When the schedule wanted it to start; 0 without a schedule.
    pub planned_ns: u64,
    /// When a slot took it up.
    pub taken_up_ns: u64,
    /// When the connection it went over was begun.
    pub connect_started_ns: u64,
    /// Just before the write of its first byte; 0 when nothing was written.
    pub sent_ns: u64,
    /// When the first response byte had been read; 0 when there was none.
    pub first_byte_ns: u64,
    /// When the last response byte had been read, or the failure was noticed.
    pub ended_ns: u64,
    /// Request bytes taken by the connection.
    pub sent_bytes: usize,
    /// Whether a response had been completed on its connection before.
    pub is_reused: bool,
    /// How it ended.
    pub outcome: Outcome,
}

/// The name of a slot's request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    id: u64,
    taken_up_ns: u64,
}

impl Ticket {
    pub(crate) const EMPTY: Self = Self {
        id: 0,
        taken_up_ns: 0,
    };
}

/// Where the threads leave their entries when they end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<Entry>>>);

impl Sink {
    pub(crate) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut lock(&self.0))
    }
}

/// The entries of one thread.
#[derive(Debug, Default)]
pub(crate) struct Log {
    thread: usize,
    request: Vec<u8>,
    /// Where the digits begin; a request without the field is not audited.
    id_at: Option<usize>,
    next_id: u64,
    entries: Vec<Entry>,
    sink: Sink,
}

impl Log {
    pub(crate) fn new(thread: usize, request: &[u8], sink: &Sink) -> Self {
        let field_at = request
            .windows(ID_FIELD.len() + ID_DIGITS)
            .position(|bytes| {
                bytes.starts_with(ID_FIELD)
                    && bytes[ID_FIELD.len()..].iter().all(u8::is_ascii_digit)
            });
        Self {
            thread,
            request: request.to_vec(),
            id_at: field_at.map(|at| at + ID_FIELD.len()),
            next_id: thread as u64 * IDS_PER_THREAD,
            entries: Vec::with_capacity(if field_at.is_some() { ENTRIES } else { 0 }),
            sink: sink.clone(),
        }
    }

    /// Name a request that is taken up now.
    pub(crate) fn issue(&mut self, now_ns: u64) -> Ticket {
        self.next_id += 1;
        Ticket {
            id: self.next_id,
            taken_up_ns: now_ns,
        }
    }

    /// The request bytes with the ticket's number in them.
    pub(crate) fn render<'a>(&'a mut self, ticket: Ticket, request: &'a [u8]) -> &'a [u8] {
        let Some(at) = self.id_at else {
            return request;
        };
        let mut rest = ticket.id;
        for digit in self.request[at..at + ID_DIGITS].iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        &self.request
    }

    pub(crate) fn answered(&mut self, slot: &Slot, ended_ns: u64) {
        self.keep(slot, ended_ns, Outcome::Answered(slot.response.status()));
    }

    pub(crate) fn failed(&mut self, slot: &Slot, ended_ns: u64, kind: FailureKind) {
        self.keep(slot, ended_ns, Outcome::Failed(kind));
    }

    pub(crate) fn cut(&mut self, slot: &Slot, ended_ns: u64) {
        self.keep(slot, ended_ns, Outcome::Cut);
    }

    fn keep(&mut self, slot: &Slot, ended_ns: u64, outcome: Outcome) {
        if self.id_at.is_none() {
            return;
        }
        self.entries.push(Entry {
            id: slot.ticket.id,
            thread: self.thread,
            planned_ns: slot.planned_ns,
            taken_up_ns: slot.ticket.taken_up_ns,
            connect_started_ns: slot.connect_started_ns,
            sent_ns: slot.sent_ns,
            first_byte_ns: slot.first_byte_ns,
            ended_ns,
            sent_bytes: slot.sent_bytes,
            is_reused: slot.is_reused,
            outcome,
        });
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        lock(&self.sink.0).append(&mut self.entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_in_the_field_and_nowhere_else() {
        let request = b"GET / HTTP/1.1\r\nX-Id: 0000000000000000\r\n\r\n";
        let mut log = Log::new(2, request, &Sink::default());
        let ticket = log.issue(7);
        assert_eq!(
            b"GET / HTTP/1.1\r\nX-Id: 0002000000000001\r\n\r\n",
            log.render(ticket, request)
        );
    }

    #[test]
    fn a_request_without_the_field_is_neither_changed_nor_kept() {
        let request = b"GET / HTTP/1.1\r\nX-Id: 12\r\n\r\n";
        let sink = Sink::default();
        let mut log = Log::new(0, request, &sink);
        let ticket = log.issue(7);
        assert_eq!(&request[..], log.render(ticket, request));
        log.cut(&Slot::new(), 9);
        drop(log);
        assert!(sink.take().is_empty());
    }
}
