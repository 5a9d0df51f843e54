//! What do both sides say about one and the same request?

use std::collections::BTreeMap;

use loadgen::{Entry, Outcome};

use crate::act::Act;
use crate::client::Said;
use crate::record::{Event, Record};

/// What the server knows of a request; times are nanoseconds of the clock both sides share.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Over which connection it came.
    pub connection: u32,
    /// Whether another one had come over it before.
    pub is_reused: bool,
    /// What was done with it.
    pub act: Act,
    /// Length of the request.
    pub request_bytes: u64,
    /// It had been read then.
    pub read_ns: u64,
    /// The first part of its answer left after this; `None` when it left in one.
    pub head_ns: Option<u64>,
    /// The last part of its answer left after this; `None` without one.
    pub written_ns: Option<u64>,
    /// Bytes of its answer so far.
    pub answer_bytes: u64,
}

impl Seen {
    /// From the request read to the answer written; `None` without an answer.
    #[must_use]
    pub fn duration_ns(&self) -> Option<u64> {
        self.written_ns?.checked_sub(self.read_ns)
    }
}

/// All that the server knows.
#[derive(Debug, Default)]
pub struct Truth {
    /// By number.
    pub requests: BTreeMap<u64, Seen>,
    /// Connections accepted.
    pub accepted: u64,
    /// Beginning and end of the pause of all connections.
    pub stall_ns: Option<(u64, u64)>,
    /// Numbers that were read more than once.
    pub repeated: Vec<u64>,
}

impl Truth {
    /// Put a server's records together.
    #[must_use]
    pub fn new(records: &[Record]) -> Self {
        let mut truth = Self::default();
        let mut last_on: BTreeMap<u32, u64> = BTreeMap::new();
        for record in records {
            truth.take(record, &mut last_on);
        }
        truth
    }

    fn take(&mut self, record: &Record, last_on: &mut BTreeMap<u32, u64>) {
        let at_ns = record.at_ns;
        match record.event {
            Event::Accepted => self.accepted += 1,
            Event::Stalled => {
                self.stall_ns = Some((at_ns, at_ns + u64::from(record.bytes) * 1000));
            }
            Event::Read => {
                let before = last_on.insert(record.connection, record.id);
                let seen = Seen {
                    connection: record.connection,
                    is_reused: before.is_some(),
                    act: record.act,
                    request_bytes: u64::from(record.bytes),
                    read_ns: at_ns,
                    head_ns: None,
                    written_ns: None,
                    answer_bytes: 0,
                };
                if self.requests.insert(record.id, seen).is_some() {
                    self.repeated.push(record.id);
                }
            }
            Event::Head | Event::Written => {
                if let Some(seen) = self.requests.get_mut(&record.id) {
                    seen.answer_bytes = u64::from(record.bytes);
                    if record.event == Event::Head {
                        seen.head_ns = Some(at_ns);
                    } else {
                        seen.written_ns = Some(at_ns);
                    }
                }
            }
        }
    }
}

/// One request from both sides.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The client's side.
    pub entry: Entry,
    /// The server's side, if it has read the request.
    pub seen: Option<Seen>,
}

impl Pair {
    /// Every request of the client, with the server's side of it.
    #[must_use]
    pub fn join(said: &Said, truth: &Truth) -> Vec<Self> {
        let both = |&entry: &Entry| Self {
            entry,
            seen: truth.requests.get(&entry.id).copied(),
        };
        said.entries.iter().map(both).collect()
    }

    /// Whether it ended with a good answer.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(self.entry.outcome, Outcome::Answered(status) if status < 400)
    }

    /// The name of its failure.
    #[must_use]
    pub const fn failure(&self) -> Option<&'static str> {
        match self.entry.outcome {
            Outcome::Answered(status) if status < 400 => None,
            Outcome::Answered(_) => Some("http.status"),
            Outcome::Failed(kind) => Some(kind.name()),
            Outcome::Cut => None,
        }
    }

    /// From the first byte sent to the end; `None` when nothing was sent.
    #[must_use]
    pub const fn latency_ns(&self) -> Option<u64> {
        match self.entry.sent_ns {
            0 => None,
            sent_ns => self.entry.ended_ns.checked_sub(sent_ns),
        }
    }

    /// From the first byte sent to the first byte of the answer.
    #[must_use]
    pub const fn first_byte_ns(&self) -> Option<u64> {
        self.entry.first_byte_ns.checked_sub(self.entry.sent_ns)
    }

    /// What decides the window of a request: its planned start, or else when it was taken up.
    #[must_use]
    pub const fn begun_ns(&self) -> u64 {
        match self.entry.planned_ns {
            0 => self.entry.taken_up_ns,
            planned_ns => planned_ns,
        }
    }

    /// From the planned start to the end; `None` without a schedule.
    #[must_use]
    pub const fn response_ns(&self) -> Option<u64> {
        match self.entry.planned_ns {
            0 => None,
            planned_ns => self.entry.ended_ns.checked_sub(planned_ns),
        }
    }

    /// How late a planned start was made; `None` without a schedule.
    #[must_use]
    pub const fn send_lag_ns(&self) -> Option<u64> {
        match self.entry.planned_ns {
            0 => None,
            planned_ns => self.entry.taken_up_ns.checked_sub(planned_ns),
        }
    }

    /// From the first byte of the answer to its last.
    #[must_use]
    pub const fn transfer_ns(&self) -> Option<u64> {
        self.entry.ended_ns.checked_sub(self.entry.first_byte_ns)
    }

    /// From the beginning of its connection to the end; `None` when it found one open.
    #[must_use]
    pub const fn fresh_latency_ns(&self) -> Option<u64> {
        if self.entry.is_reused {
            return None;
        }
        self.entry
            .ended_ns
            .checked_sub(self.entry.connect_started_ns)
    }
}
