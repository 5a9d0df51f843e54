//! Where do two readers of the same answer differ on purpose?

use loadgen::FailureKind;

use crate::hyper_reading::Theirs;
use crate::outcome::Outcome;

/// A difference that is meant, and why.
pub struct Difference {
    /// A few words.
    pub name: &'static str,
    /// Why ours is the better reading for a load generator.
    pub why: &'static str,
    applies: fn(&[u8], &Outcome, &Theirs) -> bool,
}

/// Every difference to hyper that is meant.
pub const FROM_HYPER: &[Difference] = &[
    Difference {
        name: "101",
        why: "hyper hands the connection over to a new protocol; our requests never ask for one",
        applies: |_, ours, theirs| {
            is(ours, FailureKind::ProtoUnexpected101)
                && matches!(theirs, Theirs::Complete { status: 101, .. })
        },
    },
    Difference {
        name: "a status of 600 and above",
        why: "no class of RFC 9110 holds it; hyper takes any three digits",
        applies: |_, ours, theirs| {
            let (Theirs::Complete { status, .. } | Theirs::Closed { status }) = theirs else {
                return false;
            };
            is(ours, FailureKind::ProtoStatus) && *status >= 600
        },
    },
    Difference {
        name: "more than eight informational answers",
        why: "hyper reads them for ever, and a request would never end",
        applies: |input, ours, _| {
            is(ours, FailureKind::ProtoTooMany1xx) && count(input, b"HTTP/1.") > 9
        },
    },
    Difference {
        name: "codings other than chunked alone",
        why: "hyper looks at the last coding only, or reads to the end; what we cannot decode has no \
              known end, so it is no good answer",
        applies: |input, ours, _| {
            is(ours, FailureKind::ProtoTe) && count(input, b"transfer-encoding") > 0
        },
    },
    Difference {
        name: "a length and a coding",
        why: "both read the coding; hyper uses the connection again, we do not, since another party \
              on the way may have believed the length",
        applies: |input, ours, theirs| {
            let (Some(our_status), Some(their_status)) = (kept(ours, false), kept_by(theirs))
            else {
                return false;
            };
            our_status == their_status
                && count(input, b"transfer-encoding") > 0
                && count(input, b"content-length") > 0
        },
    },
    Difference {
        name: "a connection field with bytes above 127",
        why: "hyper overlooks a field that is not ASCII; we compare option by option",
        applies: |input, ours, theirs| {
            let (Outcome::Complete { status, .. }, Theirs::Complete { status: other, .. }) =
                (ours, theirs)
            else {
                return false;
            };
            status == other && count(input, b"connection") > 0 && !input.is_ascii()
        },
    },
    Difference {
        name: "blanks after a chunk size",
        why: "RFC 9112 has no room for them; hyper is kind to servers that pad",
        applies: |input, ours, _| is(ours, FailureKind::ProtoChunk) && has_padded_size(input),
    },
    Difference {
        name: "control characters in a chunk extension",
        why: "a lone CR or NUL there is how two readers are set at odds; hyper skips to the line end",
        applies: |input, ours, _| {
            is(ours, FailureKind::ProtoChunk) && has_control_in_extension(input)
        },
    },
    Difference {
        name: "more than 16 digits of a chunk size",
        why: "no 64 bit number needs them; hyper lets zeros go on for ever",
        applies: |input, ours, _| {
            let is_digit = u8::is_ascii_hexdigit;
            is(ours, FailureKind::ProtoChunk)
                && input.windows(17).any(|digits| digits.iter().all(is_digit))
        },
    },
    Difference {
        name: "trailers",
        why: "hyper looks for the empty line only; we hold trailers to the rules of fields",
        applies: |_, ours, _| is(ours, FailureKind::ProtoTrailer),
    },
    Difference {
        name: "the last byte of the bound on extensions",
        why: "16 KiB are the first too many to hyper, and the last allowed to us",
        applies: |input, ours, theirs| {
            matches!(theirs, Theirs::Failed(_))
                && kept(ours, true).is_some()
                && input.len() > 16 << 10
        },
    },
];

fn is(ours: &Outcome, kind: FailureKind) -> bool {
    *ours == Outcome::Failed(kind)
}

/// The status of a complete answer whose connection is kept, or is not.
fn kept(ours: &Outcome, wanted: bool) -> Option<u16> {
    match ours {
        Outcome::Complete {
            status,
            is_keep_alive,
            ..
        } if *is_keep_alive == wanted => Some(*status),
        _ => None,
    }
}

fn kept_by(theirs: &Theirs) -> Option<u16> {
    match theirs {
        Theirs::Complete {
            status,
            is_keep_alive: true,
            ..
        } => Some(*status),
        _ => None,
    }
}

/// How often a word stands in the input, in letters of any size.
fn count(input: &[u8], word: &[u8]) -> usize {
    input
        .windows(word.len())
        .filter(|window| window.eq_ignore_ascii_case(word))
        .count()
}

/// Whether a line is a chunk size with blanks behind it.
fn has_padded_size(input: &[u8]) -> bool {
    input.split(|&byte| byte == b'\n').any(|line| {
        let size = line
            .split(|byte| b";\r".contains(byte))
            .next()
            .unwrap_or(line);
        let digits = size.trim_ascii_end();
        digits.len() < size.len() && !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit)
    })
}

fn has_control_in_extension(input: &[u8]) -> bool {
    input.split(|&byte| byte == b'\n').any(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let extension = line.iter().skip_while(|byte| byte.is_ascii_hexdigit());
        extension.clone().next() == Some(&b';')
            && extension
                .clone()
                .any(|byte| byte.is_ascii_control() && *byte != b'\t')
    })
}

/// Whether both say the same: refused, or the same status, end and keep-alive.
#[must_use]
pub fn is_same(input: &[u8], ours: &Outcome, theirs: &Theirs) -> bool {
    match (ours, theirs) {
        (Outcome::Failed(_), Theirs::Failed(_)) => true,
        (Outcome::Closed { status, .. }, Theirs::Closed { status: theirs }) => status == theirs,
        (
            Outcome::Complete {
                status,
                is_keep_alive,
                left_bytes,
                ..
            },
            Theirs::Complete {
                status: their_status,
                is_keep_alive: their_keep_alive,
                given_bytes,
                step_bytes,
            },
        ) => {
            let used_bytes = input.len() - left_bytes;
            status == their_status
                && is_keep_alive == their_keep_alive
                && (used_bytes..used_bytes + step_bytes).contains(given_bytes)
        }
        _ => false,
    }
}

/// The difference that explains what both made of an input.
#[must_use]
pub fn explain(input: &[u8], ours: &Outcome, theirs: &Theirs) -> Option<&'static Difference> {
    FROM_HYPER
        .iter()
        .find(|difference| (difference.applies)(input, ours, theirs))
}
