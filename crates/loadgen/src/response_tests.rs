//! What the corpus of answers cannot show: resets, large bodies, and the cost in memory and work.

use std::cell::Cell;

use super::*;

#[test]
fn a_reset_means_what_was_missing() {
    for (input, expected) in [
        ("", FailureKind::RespResetBeforeStatus),
        ("HTTP", FailureKind::RespResetHeaders),
        (
            "HTTP/1.1 100 Continue\r\n\r\n",
            FailureKind::RespResetHeaders,
        ),
        ("HTTP/1.1 200 OK\r\n\r\n", FailureKind::RespResetBody),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na",
            FailureKind::RespResetBody,
        ),
    ] {
        let mut response = Response::new(false);
        assert_eq!(
            Ok(Fed::More),
            response.feed(input.as_bytes(), &mut Vec::new())
        );
        assert_eq!(expected, response.failure_at_reset(), "{input:?}");
    }
}

/// Bytes of a body that are taken in pieces of `piece_bytes` before it is refused.
fn taken_bytes(head: &str, data: &[u8], piece_bytes: usize) -> u64 {
    let (mut response, mut spill) = (Response::new(false), Vec::new());
    assert_eq!(Ok(Fed::More), response.feed(head.as_bytes(), &mut spill));
    let mut taken_bytes = 0;
    for piece in data.chunks(piece_bytes).cycle() {
        match response.feed(piece, &mut spill) {
            Ok(Fed::More) => taken_bytes += piece.len() as u64,
            end => {
                assert_eq!(Err(FailureKind::BodyTooLarge), end);
                break;
            }
        }
    }
    taken_bytes
}

#[test]
fn a_body_is_bounded_on_the_wire() {
    // 4 KiB with its framing, so that the bound falls between two chunks.
    let chunk = [b"ff9\r\n", &[b'x'; 0xff9][..], b"\r\n"].concat();
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        for piece_bytes in [chunk.len(), 1000] {
            assert_eq!(MAX_BODY_BYTES, taken_bytes(head, &chunk, piece_bytes));
        }
    }
}

thread_local! {
    static PARSED_BYTES: Cell<usize> = const { Cell::new(0) };
}

/// Called by the parser for every look at a head.
pub(super) fn note_parse(bytes: usize) {
    PARSED_BYTES.set(PARSED_BYTES.get() + bytes);
}

#[test]
fn a_dripping_head_costs_a_few_looks_at_each_byte() {
    let end = "HTTP/1.1 204 No\r\n\r\n";
    for (name, drip) in [
        (
            "value",
            format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(60_000)),
        ),
        (
            "fields",
            format!("HTTP/1.1 200 OK\r\n{}", "A: b\r\n".repeat(250)),
        ),
        ("empty lines", "\r\n".repeat(30_000) + end),
        ("line feeds", "\n".repeat(60_000) + end),
        (
            "answers before the answer",
            "HTTP/1.1 103 E\r\n\r\n".repeat(8) + end,
        ),
        ("CR and LF", "\n\r".repeat(30_000)),
    ] {
        let (mut response, mut spill) = (Response::new(false), Vec::new());
        PARSED_BYTES.set(0);
        for piece in drip.as_bytes().chunks(1) {
            // How it ends is what other tests are about.
            if response.feed(piece, &mut spill) != Ok(Fed::More) {
                break;
            }
        }
        let parsed_bytes = PARSED_BYTES.get();
        assert!(
            parsed_bytes <= 4 * drip.len(),
            "{name}: {parsed_bytes} bytes parsed"
        );
    }
}

#[test]
fn a_large_spill_gives_its_memory_back() {
    let mut response = Response::new(false);
    let mut spill = Vec::new();
    let head = format!(
        "HTTP/1.1 200 OK\r\nA: {}\r\nContent-Length: 0\r\n\r\n",
        "b".repeat(60_000)
    );
    for piece in head.as_bytes().chunks(10_000) {
        response.feed(piece, &mut spill).unwrap();
    }
    assert_eq!(200, response.status());
    assert_eq!(0, spill.capacity());
}
