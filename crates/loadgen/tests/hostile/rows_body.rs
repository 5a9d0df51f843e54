//! B73 to B83: what a body holds and where an answer points. Nothing is decoded or followed.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use loadgen::Plan;

use crate::case::Class::Err;
use crate::case::Conn::Reuse;
use crate::case::{Case, good};
use crate::server::Then::Keep;

const REDIRECT: &str = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        // What is on the wire is counted, so memory does not depend on what it would become.
        Case::answer("B73", "a bomb", good(Reuse), bomb(), Keep),
        Case::answer(
            "B77",
            "a redirect, where only 2xx is ok",
            (Err, vec!["http.status"], Reuse),
            REDIRECT,
            Keep,
        )
        .with_status(302)
        .with_plan(|plan| plan.ok_below_status = 300),
        Case::answer(
            "B82",
            "a status that the profile does not accept",
            (Err, vec!["http.status"], Reuse),
            "HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n",
            Keep,
        )
        .with_status(418),
    ];
    for status in [301, 302, 307, 308] {
        let bytes = REDIRECT.replace("302", &status.to_string());
        let case = Case::answer(
            "B81",
            format!("{status} to a POST"),
            good(Reuse),
            bytes,
            Keep,
        );
        cases.push(case.with_status(status).with_plan(post));
    }
    cases
}

fn post(plan: &mut Plan) {
    plan.method = "POST".into();
    plan.body = Some(b"once".to_vec());
}

/// 64 MiB of zeros, packed.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..64 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let body = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), &body].concat()
}
