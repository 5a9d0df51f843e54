//! Chunked bodies, bytes beyond the end, and the bounds against a hostile target.

use std::cell::Cell;

use super::tests::Expected::{Bad, Done, Open};
use super::tests::{Case, check, feed_pieces, feed_whole};
use super::*;

const CHUNKED: &[Case] = &[
    ("empty", "0\r\n\r\n", Done(200, true, 0)),
    (
        "two chunks",
        "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
        Done(200, true, 0),
    ),
    (
        "extensions",
        "3;a=b;c=\"d\"\r\nabc\r\n0;z\r\n\r\n",
        Done(200, true, 0),
    ),
    ("trailers", "0\r\nX-A: b\r\nY: \r\n\r\n", Done(200, true, 0)),
    (
        "leading zeros",
        "0003\r\nabc\r\n000\r\n\r\n",
        Done(200, true, 0),
    ),
    (
        "no last chunk",
        "3\r\nabc\r\n",
        Open(Some(FailureKind::RespEofBody)),
    ),
    (
        "no end of trailers",
        "0\r\nX: y\r\n",
        Open(Some(FailureKind::RespEofBody)),
    ),
    ("not hex", "x\r\n", Bad(FailureKind::ProtoChunk)),
    ("sign", "+3\r\nabc", Bad(FailureKind::ProtoChunk)),
    ("prefix", "0x3\r\nabc", Bad(FailureKind::ProtoChunk)),
    ("space", "3 \r\nabc", Bad(FailureKind::ProtoChunk)),
    ("no digits", "\r\n", Bad(FailureKind::ProtoChunk)),
    (
        "overflow",
        "10000000000000000\r\n",
        Bad(FailureKind::ProtoChunk),
    ),
    (
        "no CRLF after data",
        "1\r\nabc",
        Bad(FailureKind::ProtoChunk),
    ),
    (
        "bare LF after size",
        "1\na\r\n",
        Bad(FailureKind::ProtoChunk),
    ),
    (
        "bare CR after size",
        "1\ra\r\n",
        Bad(FailureKind::ProtoChunk),
    ),
    (
        "bare LF after data",
        "1\r\na\n0",
        Bad(FailureKind::ProtoChunk),
    ),
    (
        "control in extension",
        "1;\u{1}\r\n",
        Bad(FailureKind::ProtoChunk),
    ),
    (
        "chunk above the bound",
        "4000001\r\n",
        Bad(FailureKind::BodyTooLarge),
    ),
    (
        "trailer without colon",
        "0\r\nabc\r\n\r\n",
        Bad(FailureKind::ProtoTrailer),
    ),
    (
        "trailer without name",
        "0\r\n: a\r\n\r\n",
        Bad(FailureKind::ProtoTrailer),
    ),
    (
        "trailer with bare LF",
        "0\r\na: b\n",
        Bad(FailureKind::ProtoTrailer),
    ),
    ("end without LF", "0\r\n\rx", Bad(FailureKind::ProtoTrailer)),
];

#[test]
fn chunked_bodies_end_where_they_end() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for &(name, body, expected) in CHUNKED {
        check(name, false, format!("{HEAD}{body}").as_bytes(), expected);
    }
}

#[test]
fn bytes_beyond_the_response_are_seen() {
    for (is_head_request, input, expected) in [
        (
            false,
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz",
            Done(200, true, 2),
        ),
        (false, "HTTP/1.1 204 N\r\n\r\nbody", Done(204, true, 4)),
        (
            false,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nz",
            Done(200, true, 1),
        ),
        (
            true,
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
            Done(200, true, 4),
        ),
        (
            true,
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n",
            Done(200, true, 0),
        ),
        (true, "HTTP/1.1 200 OK\r\n\r\n", Done(200, true, 0)),
    ] {
        assert_eq!(
            expected,
            feed_whole(is_head_request, input.as_bytes()),
            "{input:?}"
        );
    }
}

#[test]
fn informational_responses_are_bounded() {
    let informational = "HTTP/1.1 103 Early Hints\r\n\r\n";
    let last = "HTTP/1.1 204 No\r\n\r\n";
    let eight = informational.repeat(8) + last;
    assert_eq!(Done(204, true, 0), feed_whole(false, eight.as_bytes()));
    let nine = informational.repeat(9) + last;
    assert_eq!(
        Bad(FailureKind::ProtoTooMany1xx),
        feed_whole(false, nine.as_bytes())
    );
}

#[test]
fn heads_are_bounded() {
    let too_many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(257));
    let most = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{}\r\n",
        "A: b\r\n".repeat(255)
    );
    let too_long = format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(70_000));
    for piece_bytes in [1, 1000, 1 << 16] {
        for (input, expected) in [
            (&too_many, Bad(FailureKind::ProtoHeaderTooLarge)),
            (&most, Done(200, true, 0)),
            (&too_long, Bad(FailureKind::ProtoHeaderTooLarge)),
        ] {
            let pieces = input.as_bytes().chunks(piece_bytes);
            assert_eq!(expected, feed_pieces(false, input.len(), pieces));
        }
    }
}

#[test]
fn bodies_extensions_and_trailers_are_bounded() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let extension = format!("{HEAD}1;{}", "e".repeat(17_000));
    let trailers = format!("{HEAD}0\r\n{}", "A: b\r\n".repeat(5_000));
    for (input, expected) in [
        (extension, Bad(FailureKind::ProtoChunkExt)),
        (trailers, Bad(FailureKind::ProtoTrailer)),
    ] {
        let pieces = input.as_bytes().chunks(777);
        assert_eq!(expected, feed_pieces(false, input.len(), pieces));
    }
    let data = vec![b'x'; 1 << 20];
    let pieces =
        std::iter::once(&b"HTTP/1.1 200 OK\r\n\r\n"[..]).chain(std::iter::repeat_n(&data[..], 65));
    assert_eq!(
        Bad(FailureKind::BodyTooLarge),
        feed_pieces(false, usize::MAX, pieces)
    );
    let chunk = [b"100000\r\n", &data[..], b"\r\n"].concat();
    let pieces = std::iter::once(HEAD.as_bytes()).chain(std::iter::repeat_n(&chunk[..], 65));
    assert_eq!(
        Bad(FailureKind::BodyTooLarge),
        feed_pieces(false, usize::MAX, pieces)
    );
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
