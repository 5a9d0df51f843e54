//! How do tests and fuzzers read an answer with the very parser of the core, and with nothing else?

use crate::failure::FailureKind;
use crate::response::{Fed, Response};
use crate::warning::{WarningKind, Warnings};

/// What else was read out of an answer than its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Oddities {
    warnings: Warnings,
    idle_limit_ns: Option<u64>,
}

impl Oddities {
    /// The anomalies, in the order of their kinds.
    pub fn warnings(self) -> impl Iterator<Item = WarningKind> {
        let kinds = WarningKind::ALL.iter().copied();
        kinds.filter(move |kind| self.warnings.has(*kind))
    }
}

/// What the bytes so far led to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading {
    /// The answer goes on.
    More,
    /// The answer ended after `used_bytes` of the last piece.
    Complete {
        /// The final status.
        status: u16,
        /// Whether its connection may carry another request.
        is_keep_alive: bool,
        /// Bytes of the last piece that belong to the answer.
        used_bytes: usize,
    },
    /// The answer is no good.
    Failed(FailureKind),
}

/// One answer being read.
#[derive(Debug)]
pub struct AnswerReader {
    response: Response,
    spill: Vec<u8>,
}

impl AnswerReader {
    /// Ready for the first byte of an answer.
    #[must_use]
    pub const fn new(is_head_request: bool) -> Self {
        Self {
            response: Response::new(is_head_request),
            spill: Vec::new(),
        }
    }

    /// Take the next bytes; only after `More`.
    pub fn feed(&mut self, piece: &[u8]) -> Reading {
        match self.response.feed(piece, &mut self.spill) {
            Ok(Fed::More) => Reading::More,
            Ok(Fed::Complete { used }) => self.complete(used),
            Err(kind) => Reading::Failed(kind),
        }
    }

    /// The other side has ended the connection; only after `More`.
    pub fn end(&mut self) -> Reading {
        match self.response.failure_at_eof(&self.spill) {
            Some(kind) => Reading::Failed(kind),
            None => self.complete(0),
        }
    }

    /// What was odd about the answer so far.
    #[must_use]
    pub fn oddities(&self) -> Oddities {
        Oddities {
            warnings: self.response.warnings(),
            idle_limit_ns: self.response.idle_limit_ns(),
        }
    }

    /// Bytes of a split head that wait for the rest of it.
    #[must_use]
    pub const fn kept_bytes(&self) -> usize {
        self.spill.len()
    }

    /// Memory behind the kept bytes.
    #[must_use]
    pub const fn held_bytes(&self) -> usize {
        self.spill.capacity()
    }

    const fn complete(&self, used_bytes: usize) -> Reading {
        Reading::Complete {
            status: self.response.status(),
            is_keep_alive: self.response.is_keep_alive(),
            used_bytes,
        }
    }
}
