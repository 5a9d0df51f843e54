//! What is kept of a head that comes in pieces, and when is it worth another look?

/// Status line and fields of one head; no more is ever kept.
pub(crate) const MAX_HEAD_BYTES: usize = 64 << 10;
/// An ordinary head fits; its memory stays with the connection.
const KEPT_SPILL_BYTES: usize = 4 << 10;

/// Append: the room doubles as usual, but never beyond the bound of a head.
pub(crate) fn keep(bytes: &[u8], spill: &mut Vec<u8>) {
    let wanted = spill.len() + bytes.len();
    if wanted > spill.capacity() {
        let capacity = wanted.max(2 * spill.capacity()).min(MAX_HEAD_BYTES);
        spill.reserve_exact(capacity - spill.len());
    }
    spill.extend_from_slice(bytes);
}

/// Empty the spill; memory that only an odd head needed is given back.
pub(crate) fn release(spill: &mut Vec<u8>) {
    if spill.capacity() > KEPT_SPILL_BYTES {
        *spill = Vec::new();
    } else {
        spill.clear();
    }
}

/// Whether a line with something in it is followed by an empty one. Empty lines alone may come
/// before a status line, for ever if it were for some: no reason to look at all of them again.
pub(crate) fn has_end_of_head(bytes: &[u8]) -> bool {
    let is_before_empty_line = |end: usize| {
        let after = &bytes[end + 1..];
        bytes[end] == b'\n' && (after.starts_with(b"\n") || after.starts_with(b"\r\n"))
    };
    let is_empty_line = |end: usize| {
        let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
        line.is_empty() || line.ends_with(b"\n")
    };
    (0..bytes.len()).any(|end| is_before_empty_line(end) && !is_empty_line(end))
}
