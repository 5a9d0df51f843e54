//! Odd responses that are understood all the same: what is counted about them.

use super::*;

fn warned(input: &[u8]) -> Vec<&'static str> {
    let mut response = Response::new(false);
    let mut spill = Vec::new();
    for byte in input.chunks(1) {
        if response.feed(byte, &mut spill).unwrap() != Fed::More {
            break;
        }
    }
    let warnings = response.warnings();
    let mut whole = Response::new(false);
    whole.feed(input, &mut spill).unwrap();
    assert_eq!(warnings, whole.warnings(), "splits change nothing");
    WarningKind::ALL
        .iter()
        .filter(|kind| warnings.has(**kind))
        .map(|kind| kind.name())
        .collect()
}

#[test]
fn odd_heads_are_counted_and_ordinary_ones_are_not() {
    for (input, expected) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", vec![]),
        (
            "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
            vec!["proto.obs_fold"],
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length:\r\n\t0\r\n\r\n",
            vec!["proto.obs_fold"],
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            vec!["proto.te_and_content_length"],
        ),
        ("HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", vec![]),
        (
            "HTTP/1.1 205 Reset\r\nContent-Length: 1\r\n\r\nx",
            vec!["body.on_205"],
        ),
        (
            "HTTP/1.1 205 Reset\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            vec![],
        ),
        (
            "HTTP/1.1 205 Reset\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            vec!["body.on_205"],
        ),
        ("HTTP/1.1 205 Reset\r\n\r\nx", vec!["body.on_205"]),
        ("HTTP/1.1 205 Reset\r\n\r\n", vec![]),
    ] {
        assert_eq!(expected, warned(input.as_bytes()), "{input:?}");
    }
}

#[test]
fn the_hint_about_idle_connections_is_obeyed_less_a_second() {
    for (field, expected_s) in [
        ("", None),
        ("Keep-Alive: timeout=5\r\n", Some(4)),
        ("keep-alive: max=7, Timeout = 60\r\n", Some(59)),
        ("Keep-Alive: timeout=1\r\n", Some(0)),
        ("Keep-Alive: timeout=0\r\n", Some(0)),
        ("Keep-Alive: max=100\r\n", None),
        ("Keep-Alive: timeout=-5\r\n", None),
        ("Keep-Alive: timeout=99999999999999999999\r\n", None),
        ("Keep-Alive: timeout=999999\r\n", None),
        ("Keep-Alive: timeout\r\n", None),
    ] {
        let mut response = Response::new(false);
        let head = format!("HTTP/1.1 200 OK\r\n{field}Content-Length: 0\r\n\r\n");
        response.feed(head.as_bytes(), &mut Vec::new()).unwrap();
        let expected_ns = expected_s.map(|seconds: u64| seconds * NS_PER_S);
        assert_eq!(expected_ns, response.idle_limit_ns(), "{field:?}");
    }
}
