//! Are a few failures kept with what is known of them, and with nothing of what was sent?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use loadgen::{FailureKind, FailureSample, FailureSamples};
use support::{Books, OK, Server, in_time, punctually, run_one_slot};

const BUSY: &[u8] = b"HTTP/1.1 503 Busy\r\nContent-Length: 6\r\n\r\nsecret";

fn of_kind(books: &Books, kind: FailureKind) -> Vec<&FailureSamples> {
    let all = books.rows.iter().flat_map(|row| &row.failure_samples);
    all.filter(|seen| seen.kind == kind).collect()
}

fn samples(books: &Books, kind: FailureKind) -> Vec<FailureSample> {
    let seen = of_kind(books, kind);
    seen.iter().flat_map(|seen| seen.samples.clone()).collect()
}

#[test]
fn a_sample_holds_status_bytes_latency_and_reuse() {
    let server = Server::start(|mut connection| {
        connection.read_request();
        connection.write(OK);
        connection.read_request();
        std::thread::sleep(Duration::from_millis(10));
        connection.write(BUSY);
        connection.read_request();
        connection.write(&OK[..20]);
        connection.reset();
    });
    punctually(|| one_of_each(&server));
}

fn one_of_each(server: &Server) -> Result<(), String> {
    let mut plan = server.plan();
    plan.max_requests = 3;
    let books = run_one_slot(&plan, 3);
    let [busy] = samples(&books, FailureKind::HttpStatus)[..] else {
        unreachable!("one 503")
    };
    assert_eq!((503, BUSY.len() as u64), (busy.status, busy.received_bytes));
    assert!(busy.is_reused);
    let latency_s = busy.latency_s.unwrap();
    assert!(latency_s >= 0.010, "{latency_s} s");
    let [reset] = samples(&books, FailureKind::RespResetHeaders)[..] else {
        unreachable!("one reset")
    };
    assert_eq!(
        (0, 20, true),
        (reset.status, reset.received_bytes, reset.is_reused)
    );
    assert!(busy.at_s < reset.at_s);
    in_time(latency_s < 0.030, || format!("{latency_s} s"))
}

#[test]
fn a_refused_connection_has_neither_status_nor_latency() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut plan = support::plan(listener.local_addr().unwrap());
    drop(listener);
    plan.max_requests = 30;
    plan.threads = 1;
    let books = run_one_slot(&plan, 30);
    let seen = of_kind(&books, FailureKind::ConnRefused);
    let mut end_s = 0.0;
    for seen in seen {
        assert!((1..=5).contains(&seen.samples.len()), "{seen:?}");
        assert!(
            end_s < seen.first_s && seen.first_s <= seen.last_s,
            "{seen:?}"
        );
        end_s = seen.last_s;
        for sample in &seen.samples {
            assert!(seen.first_s <= sample.at_s && sample.at_s <= seen.last_s);
            let expected = FailureSample {
                at_s: sample.at_s,
                status: 0,
                received_bytes: 0,
                latency_s: None,
                is_reused: false,
            };
            assert_eq!(expected, *sample);
        }
    }
    let [first, last] = [0, books.rows.len() - 1].map(|index| &books.rows[index]);
    assert!(first.start_s < end_s && end_s < last.end_s);
}

#[test]
fn many_failures_leave_five_samples_an_interval() {
    let server = Server::start(|mut connection| connection.answer_all(BUSY));
    let mut plan = server.plan();
    plan.max_requests = 500;
    let books = run_one_slot(&plan, 500);
    assert_eq!(500, books.failures()["http.status"]);
    for row in &books.rows {
        let failed: u64 = row.failures.iter().map(|(_, count)| count).sum();
        let kept: usize = row
            .failure_samples
            .iter()
            .map(|seen| seen.samples.len())
            .sum();
        assert_eq!(failed.min(5), kept as u64);
    }
}
