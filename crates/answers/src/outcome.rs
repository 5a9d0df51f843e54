//! What does the load core make of an answer that comes in the given pieces and then ends?

use std::fmt::{Display, Formatter};

use loadgen::FailureKind;
use loadgen::reading::{AnswerReader, Oddities, Reading};

/// What came of one answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It said itself where it ends.
    Complete {
        /// The final status.
        status: u16,
        /// Whether its connection may carry another request.
        is_keep_alive: bool,
        /// Bytes that came after the answer.
        left_bytes: usize,
        /// What else it said.
        oddities: Oddities,
    },
    /// It was ended by the end of the connection, as it may.
    Closed {
        /// The final status.
        status: u16,
        /// What else it said.
        oddities: Oddities,
    },
    /// It was cut short or broke a rule.
    Failed(FailureKind),
}

impl Display for Outcome {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Complete {
                status,
                is_keep_alive,
                left_bytes,
                oddities,
            } => {
                let then = if *is_keep_alive { "keep" } else { "close" };
                write!(formatter, "{status} {then}")?;
                if *left_bytes > 0 {
                    write!(formatter, ", {left_bytes} left")?;
                }
                write_warnings(formatter, *oddities)
            }
            Self::Closed { status, oddities } => {
                write!(formatter, "{status} to the end")?;
                write_warnings(formatter, *oddities)
            }
            Self::Failed(kind) => write!(formatter, "{}", kind.name()),
        }
    }
}

fn write_warnings(formatter: &mut Formatter<'_>, oddities: Oddities) -> std::fmt::Result {
    oddities
        .warnings()
        .try_for_each(|kind| write!(formatter, ", {}", kind.name()))
}

/// Read pieces until the answer is over, then the end of the connection.
///
/// # Errors
/// A bound that the parser did not hold, or bytes that it claims without having been given them.
pub fn read<'a>(
    is_head_request: bool,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Outcome, String> {
    let mut reader = AnswerReader::new(is_head_request);
    let mut pieces = pieces.into_iter();
    while let Some(piece) = pieces.next() {
        let reading = reader.feed(piece);
        crate::properties::check_memory(&reader)?;
        match reading {
            Reading::More => {}
            Reading::Failed(kind) => return Ok(Outcome::Failed(kind)),
            Reading::Complete {
                status,
                is_keep_alive,
                used_bytes,
            } => {
                crate::properties::check_nothing_lost(&reader, used_bytes, piece)?;
                let after: usize = pieces.map(<[u8]>::len).sum();
                return Ok(Outcome::Complete {
                    status,
                    is_keep_alive,
                    left_bytes: piece.len() - used_bytes + after,
                    oddities: reader.oddities(),
                });
            }
        }
    }
    Ok(match reader.end() {
        Reading::Complete { status, .. } => Outcome::Closed {
            status,
            oddities: reader.oddities(),
        },
        Reading::Failed(kind) => Outcome::Failed(kind),
        Reading::More => return Err("the answer goes on after its connection".into()),
    })
}
