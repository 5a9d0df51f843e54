//! What do the fields of a head say about the end of its body and about its connection?
//!
//! Only the fields that decide this are looked at; the others pass by their length.

use crate::failure::FailureKind;

/// The target has not said how long it keeps an idle connection.
pub(crate) const NO_IDLE_LIMIT: u16 = u16::MAX;

/// What the fields of a head say about its body and connection.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts of one head"
)]
pub(crate) struct Framing {
    pub has_content_length: bool,
    /// `None` when the fields contradict one another or are not a number.
    pub content_length: Option<u64>,
    pub has_transfer_encoding: bool,
    /// The codings are exactly `chunked`.
    pub is_chunked: bool,
    pub asks_to_close: bool,
    pub asks_to_keep: bool,
    /// How long the target keeps an idle connection, less a second.
    pub idle_limit_s: Option<u16>,
}

impl Framing {
    pub(crate) fn read(fields: &[httparse::Header<'_>]) -> Result<Self, FailureKind> {
        let mut framing = Self::default();
        for field in fields {
            // The length first: it rules out nearly every field.
            match field.name.len() {
                14 if field.name.eq_ignore_ascii_case("content-length") => {
                    framing.add_content_length(field.value);
                }
                17 if field.name.eq_ignore_ascii_case("transfer-encoding") => {
                    framing.is_chunked = !framing.has_transfer_encoding
                        && trim(field.value).eq_ignore_ascii_case(b"chunked");
                    framing.has_transfer_encoding = true;
                }
                10 if field.name.eq_ignore_ascii_case("connection") => {
                    for option in field.value.split(|&byte| byte == b',').map(trim) {
                        framing.asks_to_close |= option.eq_ignore_ascii_case(b"close");
                        framing.asks_to_keep |= option.eq_ignore_ascii_case(b"keep-alive");
                    }
                }
                10 if field.name.eq_ignore_ascii_case("keep-alive") => {
                    framing.idle_limit_s = idle_limit_s(field.value);
                }
                0 => return Err(FailureKind::ProtoHeader),
                _ => {}
            }
        }
        Ok(framing)
    }

    /// Equal repetitions are believed, anything else is not (RFC 9110, Content-Length).
    fn add_content_length(&mut self, value: &[u8]) {
        for number in value.split(|&byte| byte == b',').map(trim) {
            let length = parse_length(number);
            self.content_length = if self.has_content_length && self.content_length != length {
                None
            } else {
                length
            };
            self.has_content_length = true;
            if self.content_length.is_none() {
                return;
            }
        }
    }
}

/// Digits only: no sign, no separator, no overflow.
fn parse_length(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |length, &byte| {
        if !byte.is_ascii_digit() {
            return None;
        }
        length.checked_mul(10)?.checked_add(u64::from(byte - b'0'))
    })
}

/// The `timeout` of a Keep-Alive field less a second, for the way of the next request.
fn idle_limit_s(value: &[u8]) -> Option<u16> {
    let timeout_s = value.split(|&byte| byte == b',').find_map(|parameter| {
        let (name, number) =
            parameter.split_at_checked(parameter.iter().position(|&b| b == b'=')?)?;
        if !trim(name).eq_ignore_ascii_case(b"timeout") {
            return None;
        }
        parse_length(trim(&number[1..]))
    })?;
    Some(u16::try_from(timeout_s.saturating_sub(1)).unwrap_or(NO_IDLE_LIMIT))
}

fn trim(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}
