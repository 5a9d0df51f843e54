//! Where does a chunked body end?
//!
//! A state machine over bytes: no buffer, whatever the splits. Data is skipped by count. Strict:
//! hexadecimal sizes, CRLF line ends, bounded extensions and trailers.

use crate::failure::FailureKind;
use crate::response::MAX_BODY_BYTES;

const MAX_EXTENSION_BYTES: u16 = 16 << 10;
const MAX_TRAILER_BYTES: u16 = 16 << 10;
/// Enough for every 64 bit number; more digits are padding without a purpose.
const MAX_SIZE_DIGITS: u8 = 16;

/// What one piece of input led to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ChunkProgress {
    /// The body goes on.
    More,
    /// The body, trailers included, ended after `used` bytes.
    Complete { used: usize },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
}

/// One chunked body being read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Chunked {
    /// The size being read, then the data bytes left.
    left: u64,
    extension_bytes: u16,
    trailer_bytes: u16,
    size_digits: u8,
    has_data: bool,
    state: State,
}

impl Chunked {
    pub(crate) const fn new() -> Self {
        Self {
            left: 0,
            extension_bytes: 0,
            trailer_bytes: 0,
            size_digits: 0,
            has_data: false,
            state: State::Size,
        }
    }

    /// Take the next body bytes.
    pub(crate) fn feed(&mut self, input: &[u8]) -> Result<ChunkProgress, FailureKind> {
        let mut used = 0;
        while used < input.len() {
            if self.state == State::Data {
                used += self.skip_data(input.len() - used);
                continue;
            }
            let byte = input[used];
            used += 1;
            if self.state == State::EndLf {
                return if byte == b'\n' {
                    Ok(ChunkProgress::Complete { used })
                } else {
                    Err(FailureKind::ProtoTrailer)
                };
            }
            self.state = self.step(byte)?;
        }
        Ok(ChunkProgress::More)
    }

    /// Whether a chunk had content.
    pub(crate) const fn has_data(&self) -> bool {
        self.has_data
    }

    fn skip_data(&mut self, available: usize) -> usize {
        let taken = usize::try_from(self.left).map_or(available, |left| left.min(available));
        self.left -= taken as u64;
        if self.left == 0 {
            self.state = State::DataCr;
        }
        taken
    }

    fn step(&mut self, byte: u8) -> Result<State, FailureKind> {
        match self.state {
            State::Size => self.step_size(byte),
            State::Extension => self.step_extension(byte),
            State::SizeLf => self.end_size(byte),
            State::DataCr => expect(byte, b'\r', State::DataLf, FailureKind::ProtoChunk),
            State::DataLf => expect(byte, b'\n', State::Size, FailureKind::ProtoChunk),
            State::TrailerStart if byte == b'\r' => Ok(State::EndLf),
            State::TrailerStart | State::TrailerName => self.step_trailer_name(byte),
            State::TrailerValue => self.step_trailer_value(byte),
            State::TrailerLf => expect(byte, b'\n', State::TrailerStart, FailureKind::ProtoTrailer),
            // Both are handled before the step.
            State::Data | State::EndLf => Ok(self.state),
        }
    }

    fn step_size(&mut self, byte: u8) -> Result<State, FailureKind> {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b'\r' if self.size_digits > 0 => return Ok(State::SizeLf),
            b';' if self.size_digits > 0 => return Ok(State::Extension),
            _ => return Err(FailureKind::ProtoChunk),
        };
        if self.size_digits == MAX_SIZE_DIGITS {
            return Err(FailureKind::ProtoChunk);
        }
        self.size_digits += 1;
        self.left = self.left << 4 | u64::from(digit);
        Ok(State::Size)
    }

    fn step_extension(&mut self, byte: u8) -> Result<State, FailureKind> {
        match byte {
            b'\r' => return Ok(State::SizeLf),
            b'\t' | b' '..=b'~' | 0x80.. => {}
            _ => return Err(FailureKind::ProtoChunk),
        }
        self.extension_bytes += 1;
        if self.extension_bytes > MAX_EXTENSION_BYTES {
            return Err(FailureKind::ProtoChunkExt);
        }
        Ok(State::Extension)
    }

    fn end_size(&mut self, byte: u8) -> Result<State, FailureKind> {
        if byte != b'\n' {
            return Err(FailureKind::ProtoChunk);
        }
        self.size_digits = 0;
        match self.left {
            0 => Ok(State::TrailerStart),
            1..=MAX_BODY_BYTES => {
                self.has_data = true;
                Ok(State::Data)
            }
            _ => Err(FailureKind::BodyTooLarge),
        }
    }

    fn step_trailer_name(&mut self, byte: u8) -> Result<State, FailureKind> {
        self.count_trailer()?;
        match byte {
            b':' if self.state == State::TrailerName => Ok(State::TrailerValue),
            _ if is_token(byte) => Ok(State::TrailerName),
            _ => Err(FailureKind::ProtoTrailer),
        }
    }

    fn step_trailer_value(&mut self, byte: u8) -> Result<State, FailureKind> {
        self.count_trailer()?;
        match byte {
            b'\r' => Ok(State::TrailerLf),
            b'\t' | b' '..=b'~' | 0x80.. => Ok(State::TrailerValue),
            _ => Err(FailureKind::ProtoTrailer),
        }
    }

    fn count_trailer(&mut self) -> Result<(), FailureKind> {
        self.trailer_bytes += 1;
        if self.trailer_bytes > MAX_TRAILER_BYTES {
            return Err(FailureKind::ProtoTrailer);
        }
        Ok(())
    }
}

fn expect(byte: u8, wanted: u8, next: State, otherwise: FailureKind) -> Result<State, FailureKind> {
    if byte == wanted {
        Ok(next)
    } else {
        Err(otherwise)
    }
}

/// A character of a field name (RFC 9110, tokens).
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
