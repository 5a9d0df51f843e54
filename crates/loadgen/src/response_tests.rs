//! Tables of responses: where they end, what they are called, and that splits change nothing.

use super::*;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Expected {
    /// Complete: status, keep-alive, bytes left over.
    Done(u16, bool, usize),
    /// Still going on; what a FIN would mean (`None`: the proper end).
    Open(Option<FailureKind>),
    Bad(FailureKind),
}

use Expected::{Bad, Done, Open};

pub(super) fn feed_pieces<'a>(
    is_head_request: bool,
    total: usize,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Expected {
    let mut response = Response::new(is_head_request);
    let mut spill = Vec::new();
    let mut fed_bytes = 0;
    for piece in pieces {
        match response.feed(piece, &mut spill) {
            Ok(Fed::More) => fed_bytes += piece.len(),
            Ok(Fed::Complete { used }) => {
                let left_over = total - fed_bytes - used;
                return Done(response.status(), response.is_keep_alive(), left_over);
            }
            Err(kind) => return Bad(kind),
        }
    }
    Open(response.failure_at_eof(&spill))
}

pub(super) fn feed_whole(is_head_request: bool, input: &[u8]) -> Expected {
    feed_pieces(is_head_request, input.len(), [input])
}

/// The same whole, split at every position, and byte by byte.
pub(super) fn check(name: &str, is_head_request: bool, input: &[u8], expected: Expected) {
    assert_eq!(
        expected,
        feed_whole(is_head_request, input),
        "{name}: whole"
    );
    for position in 1..input.len() {
        let (left, right) = input.split_at(position);
        let actual = feed_pieces(is_head_request, input.len(), [left, right]);
        assert_eq!(expected, actual, "{name}: split at {position}");
    }
    let actual = feed_pieces(is_head_request, input.len(), input.chunks(1));
    assert_eq!(expected, actual, "{name}: byte by byte");
}

/// A name, the bytes of the target, and what they mean.
pub(super) type Case = (&'static str, &'static str, Expected);

fn check_table(table: &[Case]) {
    for (name, input, expected) in table {
        check(name, false, input.as_bytes(), *expected);
    }
}

const COMPLETE: &[Case] = &[
    (
        "length",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        Done(200, true, 0),
    ),
    (
        "length 0",
        "HTTP/1.1 500 No\r\ncontent-length:0\r\n\r\n",
        Done(500, true, 0),
    ),
    (
        "no reason",
        "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        Done(200, true, 0),
    ),
    (
        "bare LF head",
        "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
        Done(200, true, 0),
    ),
    (
        "blank lines first",
        "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        Done(200, true, 0),
    ),
    (
        "obs-fold",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        Done(200, true, 0),
    ),
    (
        "asks to close",
        "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 0\r\n\r\n",
        Done(200, false, 0),
    ),
    (
        "1.0 closes",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        Done(200, false, 0),
    ),
    (
        "1.0 keeps",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
        Done(200, true, 0),
    ),
    (
        "equal lengths",
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab",
        Done(200, true, 0),
    ),
    ("204", "HTTP/1.1 204 No\r\n\r\n", Done(204, true, 0)),
    (
        "304 with length",
        "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n",
        Done(304, true, 0),
    ),
    (
        "205 with body",
        "HTTP/1.1 205 R\r\nContent-Length: 1\r\n\r\nx",
        Done(205, true, 0),
    ),
    (
        "last status",
        "HTTP/1.1 599 X\r\nContent-Length: 0\r\n\r\n",
        Done(599, true, 0),
    ),
    (
        "100 first",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        Done(200, true, 0),
    ),
    (
        "1xx thrice",
        "HTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 204 N\r\n\r\n",
        Done(204, true, 0),
    ),
];

#[test]
fn complete_responses_end_where_they_end() {
    check_table(COMPLETE);
}

const CONTRADICTING: &[Case] = &[
    (
        "two lengths",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        Bad(FailureKind::ProtoContentLength),
    ),
    (
        "two in one",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n",
        Bad(FailureKind::ProtoContentLength),
    ),
    (
        "bad, then good",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\nContent-Length: 2\r\n\r\n",
        Bad(FailureKind::ProtoContentLength),
    ),
    (
        "empty",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        Bad(FailureKind::ProtoContentLength),
    ),
    (
        "plus",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
        Bad(FailureKind::ProtoContentLength),
    ),
    (
        "minus",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        Bad(FailureKind::ProtoContentLength),
    ),
    (
        "underscore",
        "HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
        Bad(FailureKind::ProtoContentLength),
    ),
    (
        "hex",
        "HTTP/1.1 200 OK\r\nContent-Length: 0xa\r\n\r\n",
        Bad(FailureKind::ProtoContentLength),
    ),
    (
        "overflow",
        "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
        Bad(FailureKind::ProtoContentLength),
    ),
    (
        "9e18",
        "HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\n",
        Bad(FailureKind::BodyTooLarge),
    ),
    (
        "both, chunked wins",
        "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Done(200, false, 0),
    ),
    (
        "gzip",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        Bad(FailureKind::ProtoTe),
    ),
    (
        "chunked twice",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        Bad(FailureKind::ProtoTe),
    ),
    (
        "chunked in two fields",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        Bad(FailureKind::ProtoTe),
    ),
    (
        "chunked not last",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        Bad(FailureKind::ProtoTe),
    ),
    (
        "chunked by 1.0",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        Bad(FailureKind::ProtoTe),
    ),
];

#[test]
fn contradicting_framings_are_refused() {
    check_table(CONTRADICTING);
}

const OUTSIDE_THE_RULES: &[Case] = &[
    (
        "another protocol",
        "SSH-2.0-OpenSSH_9.2\r\n",
        Bad(FailureKind::ProtoNotHttp),
    ),
    (
        "an alert of TLS",
        "\x15\x03\x03\0\x02\x02\x28",
        Bad(FailureKind::TlsNotTls),
    ),
    (
        "not quite an alert of TLS",
        "\x15\x04HTTP/1.1",
        Bad(FailureKind::ProtoNotHttp),
    ),
    ("0.9", "<html>", Bad(FailureKind::ProtoNotHttp)),
    (
        "2.0",
        "HTTP/2.0 200 OK\r\n\r\n",
        Bad(FailureKind::ProtoVersion),
    ),
    (
        "3.7",
        "HTTP/3.7 200 OK\r\n\r\n",
        Bad(FailureKind::ProtoVersion),
    ),
    (
        "status 99",
        "HTTP/1.1 99 X\r\n\r\n",
        Bad(FailureKind::ProtoStatus),
    ),
    (
        "status 099",
        "HTTP/1.1 099 X\r\n\r\n",
        Bad(FailureKind::ProtoStatus),
    ),
    (
        "status 1000",
        "HTTP/1.1 1000 X\r\n\r\n",
        Bad(FailureKind::ProtoStatus),
    ),
    (
        "status 2OO",
        "HTTP/1.1 2OO X\r\n\r\n",
        Bad(FailureKind::ProtoStatus),
    ),
    (
        "status 600",
        "HTTP/1.1 600 X\r\n\r\n",
        Bad(FailureKind::ProtoStatus),
    ),
    (
        "space before colon",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        Bad(FailureKind::ProtoHeader),
    ),
    (
        "no name",
        "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
        Bad(FailureKind::ProtoHeader),
    ),
    (
        "no colon",
        "HTTP/1.1 200 OK\r\nabc\r\n\r\n",
        Bad(FailureKind::ProtoHeader),
    ),
    (
        "zero byte",
        "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
        Bad(FailureKind::ProtoHeader),
    ),
    (
        "CR in value",
        "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
        Bad(FailureKind::ProtoHeader),
    ),
    (
        "101",
        "HTTP/1.1 101 Switch\r\n\r\n",
        Bad(FailureKind::ProtoUnexpected101),
    ),
];

#[test]
fn heads_outside_the_rules_are_refused() {
    check_table(OUTSIDE_THE_RULES);
    let obs_text = b"HTTP/1.1 200 OK\r\nA: \xff\xfe\r\nContent-Length: 0\r\n\r\n";
    check("obs-text", false, obs_text, Done(200, true, 0));
}

#[test]
fn an_end_of_the_connection_means_what_was_missing() {
    check_table(&[
        (
            "half a head",
            "HTTP/1.1 200 OK\r\nCont",
            Open(Some(FailureKind::RespEofHeaders)),
        ),
        (
            "only a 1xx",
            "HTTP/1.1 100 Continue\r\n\r\n",
            Open(Some(FailureKind::RespEofHeaders)),
        ),
        (
            "half a body",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
            Open(Some(FailureKind::RespEofBody)),
        ),
        ("until close", "HTTP/1.1 200 OK\r\n\r\nabc", Open(None)),
    ]);
    assert_eq!(
        Open(Some(FailureKind::RespEofBeforeStatus)),
        feed_whole(false, b"")
    );
    let mut response = Response::new(false);
    assert_eq!(
        FailureKind::RespResetBeforeStatus,
        response.failure_at_reset()
    );
    response.feed(b"HTTP", &mut Vec::new()).unwrap();
    assert_eq!(FailureKind::RespResetHeaders, response.failure_at_reset());
    let mut response = Response::new(false);
    response
        .feed(b"HTTP/1.1 200 OK\r\n\r\n", &mut Vec::new())
        .unwrap();
    assert_eq!(FailureKind::RespResetBody, response.failure_at_reset());
}
