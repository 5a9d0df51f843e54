//! What does the server remember, and how does that survive its death?
//!
//! One file of records of fixed size, each appended by one write before the answer leaves. What was
//! written is in the kernel's hands, so that even a killed server leaves the truth behind.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::act::Act;

/// Bytes of a record.
const RECORD_BYTES: usize = 32;

/// What happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Event {
    /// A connection was accepted.
    Accepted,
    /// A request had been read.
    Read,
    /// The first part of an answer was about to be written; `bytes` is its length.
    Head,
    /// The last part of an answer was about to be written; `bytes` is the length of it all.
    Written,
    /// All connections paused; `bytes` is for how many microseconds.
    Stalled,
}

impl Event {
    const ALL: [Self; 5] = [
        Self::Accepted,
        Self::Read,
        Self::Head,
        Self::Written,
        Self::Stalled,
    ];
}

/// One event on the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Record {
    /// The request's number; 0 where there is none.
    pub id: u64,
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    pub at_ns: u64,
    /// Connections are numbered from 0.
    pub connection: u32,
    /// See `Event`.
    pub bytes: u32,
    /// What happened.
    pub event: Event,
    /// What the server does with the request.
    pub act: Act,
}

impl Record {
    fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        bytes[..8].copy_from_slice(&self.id.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.at_ns.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.connection.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.bytes.to_le_bytes());
        bytes[24] = self.event as u8;
        bytes[25] = self.act as u8;
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; RECORD_BYTES] = bytes.try_into().ok()?;
        Some(Self {
            id: u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?),
            at_ns: u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?),
            connection: u32::from_le_bytes(bytes.get(16..20)?.try_into().ok()?),
            bytes: u32::from_le_bytes(bytes.get(20..24)?.try_into().ok()?),
            event: *Event::ALL.get(usize::from(bytes[24]))?,
            act: *Act::ALL.get(usize::from(bytes[25]))?,
        })
    }
}

/// Append a record; `file` must have been opened for appending.
///
/// # Errors
/// When the file refuses.
pub fn append(mut file: &File, record: Record) -> io::Result<()> {
    // One write, so that records of many threads never mix.
    file.write_all(&record.to_bytes())
}

/// Everything that a server has left behind.
///
/// # Errors
/// When the file cannot be read or is not of this form.
pub fn read_all(path: &Path) -> io::Result<Vec<Record>> {
    let bytes = std::fs::read(path)?;
    let records: Option<Vec<Record>> = bytes.chunks(RECORD_BYTES).map(Record::from_bytes).collect();
    records.ok_or_else(|| io::Error::other("not a log of the truth server"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_were() {
        for (event, act) in Event::ALL.into_iter().zip(Act::ALL) {
            let record = Record {
                id: 1_000_000_000_007,
                at_ns: u64::MAX / 3,
                connection: 9,
                bytes: 1234,
                event,
                act,
            };
            assert_eq!(Some(record), Record::from_bytes(&record.to_bytes()));
        }
        assert_eq!(None, Record::from_bytes(&[0; RECORD_BYTES - 1]));
        assert_eq!(None, Record::from_bytes(&[255; RECORD_BYTES]));
    }
}
