//! B29 to B72: where an answer begins, ends, and what holds it together.

use std::time::Duration;

use crate::case::Class::{Soft, Warned};
use crate::case::Conn::{Close, Reuse};
use crate::case::{Case, Expected, err, good, idle_ms, total_ms};
use crate::rows_connection::cork;
use crate::server::Then::{Fin, Keep, Reset, Silence};
use crate::server::{Act, Peer, Then};

pub fn cases() -> Vec<Case> {
    let mut cases = slow_answers();
    cases.extend(long_answers());
    cases.extend(races());
    cases.extend(requests_with_a_body());
    cases.extend(answers_to_head());
    cases.extend(informational_answers());
    cases.extend(late_answers());
    cases
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// After a request `head`, then `piece` again and again until the client leaves.
fn drip(head: &'static str, piece: Vec<u8>, pause: Duration) -> Act {
    Act::asked(move |peer: &mut Peer| {
        peer.write(head.as_bytes());
        peer.drip(&piece, pause);
        Silence
    })
}

fn slow_answers() -> Vec<Case> {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n";
    let no_length = "HTTP/1.1 200 OK\r\n\r\n";
    vec![
        Case::new(
            "B29",
            "a head that never ends, byte by byte",
            err(&["resp.timeout.headers"]),
            drip("HTTP/1.1 200 OK\r\nA: ", b"b".to_vec(), millis(10)),
        )
        .waiting(total_ms(400)),
        Case::answer(
            "B36",
            "the rest of the body never comes",
            err(&["resp.timeout.idle"]),
            length,
            Silence,
        )
        .waiting(idle_ms(400)),
        Case::new(
            "B36",
            "the rest of the body drips",
            err(&["resp.timeout.total"]),
            drip(length, b"x".to_vec(), millis(10)),
        )
        .waiting(total_ms(400)),
        Case::new(
            "B66",
            "a body without length drips on",
            err(&["resp.timeout.total"]),
            drip(no_length, b"x".to_vec(), millis(10)),
        )
        .waiting(total_ms(400)),
        Case::new(
            "B66",
            "a body without length never ends",
            err(&["body.too_large"]),
            drip(no_length, vec![b'x'; 1 << 20], Duration::ZERO),
        )
        .heavy(),
    ]
}

fn long_answers() -> Vec<Case> {
    let piece = vec![b'x'; 16 << 10];
    let too_large = || err(&["proto.header_too_large"]);
    vec![
        Case::new(
            "B46",
            "an extension that never ends",
            err(&["proto.chunk_ext"]),
            drip(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=",
                piece.clone(),
                Duration::ZERO,
            ),
        ),
        Case::new(
            "B48",
            "trailers that never end",
            err(&["proto.trailer"]),
            drip(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                b"A: b\r\n".repeat(1000),
                Duration::ZERO,
            ),
        ),
        Case::new(
            "B49",
            "fields without end",
            too_large(),
            drip(
                "HTTP/1.1 200 OK\r\n",
                b"A: b\r\n".repeat(1000),
                Duration::ZERO,
            ),
        ),
        Case::new(
            "B50",
            "a value of 10 MB in fragments",
            too_large(),
            drip("HTTP/1.1 200 OK\r\nA: ", piece, Duration::ZERO),
        ),
    ]
}

fn races() -> Vec<Case> {
    vec![
        Case::new(
            "B30",
            "FIN together with the answer",
            (Warned, vec!["conn.reopened"], Close),
            Act::asked(|peer: &mut Peer| {
                cork(peer);
                peer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                Fin
            }),
        ),
        Case::new(
            "B31",
            "FIN instead of the second answer",
            stale(),
            Act::asked_again(|_| Fin),
        ),
        Case::new(
            "B31",
            "RST instead of the second answer",
            stale(),
            Act::asked_again(|_| Reset),
        ),
        Case::new(
            "B33",
            "FIN instead of the first answer",
            err(&["resp.eof.before_status"]),
            Act::accepted(|peer: &mut Peer| {
                peer.read_request();
                Fin
            }),
        ),
        Case::new(
            "B33",
            "RST instead of the first answer",
            err(&["resp.reset.before_status"]),
            Act::accepted(|peer: &mut Peer| {
                peer.read_request();
                Reset
            }),
        ),
    ]
}

fn requests_with_a_body() -> Vec<Case> {
    let refused = b"HTTP/1.1 413 Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let upload = |size: usize| {
        move |plan: &mut loadgen::Plan| {
            plan.method = "POST".into();
            plan.body = Some(vec![0; size]);
        }
    };
    let refuse = move |then: Then| {
        Act::accepted(move |peer: &mut Peer| {
            // A part of the request has come, the rest is under way.
            let _ = peer.read(&mut [0; 4096]);
            peer.write(refused);
            then
        })
    };
    vec![
        Case::answer(
            "B61",
            "200 instead of 100",
            good(Reuse),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            Keep,
        )
        .with_plan(upload(1000))
        .with_plan(|plan| {
            plan.headers
                .push(("Expect".into(), b"100-continue".to_vec()));
        }),
        Case::new(
            "B62",
            "413 while the body is under way, then FIN",
            err(&["http.status"]),
            refuse(Fin),
        )
        .with_plan(upload(4 << 20))
        .with_status(413),
        Case::new(
            "B62",
            "413 while the body is under way, then RST",
            err(&["http.status", "write.reset"]),
            refuse(Reset),
        )
        .with_plan(upload(4 << 20)),
    ]
}

fn informational_answers() -> Vec<Case> {
    let hints = "HTTP/1.1 102 Processing\r\n\r\n";
    vec![
        Case::new(
            "B58",
            "102 now and then",
            good(Reuse),
            Act::asked(move |peer: &mut Peer| {
                for _ in 0..3 {
                    peer.write(hints.as_bytes());
                    std::thread::sleep(millis(10));
                }
                peer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                Keep
            }),
        ),
        Case::new(
            "B58",
            "102 and no answer",
            err(&["resp.timeout.headers"]),
            Act::asked(move |peer: &mut Peer| {
                peer.write(hints.as_bytes());
                Silence
            }),
        )
        .waiting(idle_ms(400)),
        Case::new(
            "B59",
            "102 for ever",
            err(&["proto.too_many_1xx"]),
            drip("", hints.into(), millis(1)),
        ),
    ]
}

fn late_answers() -> Vec<Case> {
    vec![
        // What comes when the next request has been written is its answer, as far as one can tell.
        Case::new(
            "B32",
            "garbage instead of the second answer",
            err(&["proto.not_http"]),
            Act::asked_again(|peer: &mut Peer| {
                peer.write(b"garbage");
                Silence
            }),
        ),
        Case::new(
            "B71",
            "408 on a used connection",
            stale(),
            Act::asked_again(|peer: &mut Peer| {
                peer.write(b"HTTP/1.1 408 Late\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                Fin
            }),
        ),
        Case::new(
            "B71",
            "408 to the first request",
            err(&["http.status"]),
            Act::accepted(|peer: &mut Peer| {
                peer.read_request();
                peer.write(b"HTTP/1.1 408 Late\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                Fin
            }),
        )
        .with_status(408),
    ]
}

fn answers_to_head() -> Vec<Case> {
    vec![
        Case::answer(
            "B64",
            "HEAD answered with a body",
            (Warned, vec!["proto.extra_data"], Close),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            Keep,
        )
        .with_plan(|plan| plan.method = "HEAD".into()),
        Case::answer(
            "B64",
            "HEAD answered with a length",
            good(Reuse),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            Keep,
        )
        .with_plan(|plan| plan.method = "HEAD".into()),
    ]
}

/// The keep-alive race, which no party could have avoided.
fn stale() -> Expected {
    (Soft, vec!["conn.stale"], Close)
}
