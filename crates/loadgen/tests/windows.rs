//! Do counts, windows and their edges hold to the last request?
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadgen::Pool;
use support::{Books, OK, Server, in_time, punctually, run_one_slot, started, wait_until};

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[test]
fn every_request_is_found_on_the_server() {
    let server = Server::start(|mut connection| connection.answer_all(OK));
    let pool = started(&server.plan());
    let mut books = Books::new();
    pool.set_concurrency(7);
    books.read_for(&pool, millis(300));
    books.finish(&pool);
    assert_eq!(server.requests(), books.sum(|window| window.started));
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    assert_eq!(7, server.accepts());
    assert_eq!(7, books.sum(|window| window.opened));
    let request_bytes = books.sum(|window| window.sent_bytes) / server.requests();
    assert_eq!(
        request_bytes * server.requests(),
        books.sum(|window| window.sent_bytes)
    );
    assert_eq!(
        OK.len() as u64 * server.requests(),
        books.sum(|window| window.received_bytes)
    );
    assert_eq!(server.requests(), books.windows[&0].statuses[&200]);
}

#[test]
fn windows_balance_while_the_concurrency_changes() {
    let server = Server::start(|mut connection| {
        while connection.read_request().is_some() {
            std::thread::sleep(millis(3));
            connection.write(OK);
        }
    });
    let mut before = 0;
    punctually(|| {
        let books = changing_concurrency(&server);
        let requests = server.requests() - std::mem::replace(&mut before, server.requests());
        assert_eq!(requests, books.sum(|window| window.started));
        assert_eq!(requests, books.sum(|window| window.ok));
        let intervals: Vec<_> = books
            .windows
            .values()
            .flat_map(|window| window.intervals.iter().copied())
            .collect();
        intervals.windows(2).try_for_each(|pair| {
            // One thread may hear late of an edge; a lost window would be 60 ms every time.
            let gap_s = (pair[1].0 - pair[0].1).abs();
            in_time(gap_s < 0.03, || format!("a gap: {pair:?}"))
        })
    });
}

fn changing_concurrency(server: &Server) -> Books {
    let pool = started(&server.plan());
    let mut books = Books::new();
    for concurrency in [1, 5, 12, 3, 9, 0, 4] {
        pool.set_concurrency(concurrency);
        books.read_for(&pool, millis(60));
        books.begin_window(&pool);
        books.read_for(&pool, millis(60));
        books.begin_window(&pool);
    }
    books.finish(&pool);
    books
}

#[test]
fn intervals_follow_a_grid_of_seconds() {
    let server = Server::start(|mut connection| {
        while connection.read_request().is_some() {
            std::thread::sleep(millis(10));
            connection.write(OK);
        }
    });
    punctually(|| on_the_grid(&server));
}

fn on_the_grid(server: &Server) -> Result<(), String> {
    let pool = started(&server.plan());
    let mut books = Books::new();
    pool.set_concurrency(2);
    books.begin_window(&pool);
    books.read_for(&pool, millis(2300));
    books.finish(&pool);
    let lengths: Vec<f64> = books.windows[&1]
        .intervals
        .iter()
        .map(|(start_s, end_s)| end_s - start_s)
        .collect();
    assert_eq!(3, lengths.len());
    // All threads may hear of the edge late; from then on the grid is exact.
    let is_on_grid = (lengths[0] - 1.0).abs() < 0.03 && (lengths[1] - 1.0).abs() < 0.002;
    in_time(is_on_grid && lengths[2] < 0.9, || format!("{lengths:?}"))
}

#[test]
fn idle_threads_report_in_time() {
    let server = Server::start(|mut connection| connection.answer_all(OK));
    let pool = started(&server.plan());
    let row = pool.poll(millis(1500)).unwrap().unwrap();
    assert_eq!((0, 0, false), (row.window, row.started, row.window_over));
    assert!(row.latency_blob.is_empty());
    pool.begin_window(1).unwrap();
    let row = pool.poll(millis(500)).unwrap().unwrap();
    assert_eq!((0, true, 0), (row.window, row.window_over, row.in_flight));
}

#[test]
fn stragglers_belong_to_the_window_they_started_in() {
    let server = Server::start(|mut connection| {
        while connection.read_request().is_some() {
            std::thread::sleep(millis(150));
            connection.write(OK);
        }
    });
    let pool = started(&server.plan());
    let mut books = Books::new();
    pool.set_concurrency(3);
    wait_until(|| server.requests() == 3);
    books.begin_window(&pool);
    books.read_for(&pool, millis(60));
    let first = &books.windows[&0];
    assert_eq!((3, 0, 3), (first.started, first.ok, first.in_flight));
    books.read_until(&pool, |books| books.windows[&0].is_complete);
    assert_eq!(3, books.windows[&0].ok);
    assert_eq!(3, books.windows[&0].latency.count());
    books.finish(&pool);
    assert_eq!(0, books.windows[&1].in_flight);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    let ended: u64 = books.rows.iter().map(|row| row.ended_ok).sum();
    assert!(ended >= 3, "ends of stragglers count where they end");
}

#[test]
fn long_stragglers_are_reported_every_second() {
    let server = Server::start(|mut connection| {
        connection.read_request();
        std::thread::sleep(millis(1500));
        connection.write(OK);
        connection.read_request();
    });
    let pool = started(&server.plan());
    let mut books = Books::new();
    pool.set_concurrency(1);
    wait_until(|| server.requests() == 1);
    pool.set_concurrency(0);
    books.leave(&pool);
    let stragglers: Vec<(u64, u64)> = books
        .rows
        .iter()
        .filter(|row| row.window == 0 && row.start_s == row.end_s)
        .map(|row| (row.ok, row.in_flight))
        .collect();
    assert_eq!(vec![(0, 1), (1, 0)], stragglers);
}

#[test]
fn cut_ends_everything_and_says_so() {
    let server = Server::start(|mut connection| {
        connection.read_request();
        connection.read_request();
    });
    let pool = started(&server.plan());
    let mut books = Books::new();
    pool.set_concurrency(5);
    wait_until(|| server.requests() == 5);
    pool.set_concurrency(0);
    books.begin_window(&pool);
    books.read_until(&pool, |books| {
        books.windows.get(&0).is_some_and(support::Window::is_over)
    });
    assert_eq!(5, books.windows[&0].in_flight);
    pool.cut();
    books.read_until(&pool, |books| books.windows[&0].is_complete);
    assert_eq!((5, 5), (books.windows[&0].started, books.windows[&0].cut));
    wait_until(|| pool.ready_connections() == 0);
}

#[test]
fn slots_go_on_after_a_cut_when_they_are_still_wanted() {
    let server = Server::start(|mut connection| {
        if connection.number < 4 {
            connection.read_request();
            connection.read_request();
        }
        connection.answer_all(OK);
    });
    let pool = started(&server.plan());
    let mut books = Books::new();
    pool.set_concurrency(4);
    wait_until(|| server.requests() == 4);
    pool.cut();
    wait_until(|| server.requests() > 50 && server.accepts() == 8);
    books.finish(&pool);
    assert_eq!(4, books.sum(|window| window.cut));
    assert_eq!(8, server.accepts());
    assert_eq!(server.requests(), books.sum(|window| window.started));
}

#[test]
fn only_the_difference_is_opened_and_dealt_exactly() {
    let server = Server::start(|mut connection| connection.answer_all(OK));
    let mut plan = server.plan();
    plan.threads = 3;
    let pool = started(&plan);
    let mut books = Books::new();
    for (concurrency, accepts) in [(5, 5), (8, 8), (8, 8), (11, 11)] {
        pool.set_concurrency(concurrency);
        wait_until(|| pool.ready_connections() == concurrency);
        wait_until(|| server.accepts() >= accepts);
        assert_eq!(accepts, server.accepts());
    }
    pool.set_concurrency(2);
    wait_until(|| pool.ready_connections() == 2);
    books.read_for(&pool, millis(30));
    books.leave(&pool);
    books.leave(&pool);
    assert_eq!(2, books.rows.last().unwrap().connections_open);
    books.finish(&pool);
    assert_eq!(11, server.accepts());
    assert_eq!(0, books.sum(|window| window.closed_by_target));
}

#[test]
fn many_slots_open_at_a_limited_pace() {
    let server = Server::start(|mut connection| connection.answer_all(OK));
    let pool = started(&server.plan());
    let mut books = Books::new();
    pool.set_concurrency(300);
    wait_until(|| pool.ready_connections() == 300);
    books.finish(&pool);
    assert_eq!(300, books.sum(|window| window.opened));
    assert_eq!(server.requests(), books.sum(|window| window.ok));
}

#[test]
fn many_new_slots_wait_for_one_another_with_their_connections() {
    let server = Server::start(|mut connection| connection.answer_all(OK));
    let mut plan = server.plan();
    plan.threads = 1;
    let pool = started(&plan);
    let mut books = Books::new();
    pool.set_concurrency(400);
    wait_until(|| server.requests() > 0);
    // The last 64 may be on their way; the pace alone would have let the first begin with some 70.
    let ready = pool.ready_connections();
    assert!(ready >= 336, "only {ready} were up");
    wait_until(|| server.requests() > 1000 && pool.ready_connections() == 400);
    books.finish(&pool);
    assert_eq!(400, books.sum(|window| window.opened));
    assert_eq!(server.requests(), books.sum(|window| window.ok));
}

#[test]
fn addresses_are_used_in_turn() {
    let first = Server::start(|mut connection| connection.answer_all(OK));
    let second = Server::start(|mut connection| connection.answer_all(OK));
    let mut plan = first.plan();
    plan.addresses.push(second.address);
    let pool = started(&plan);
    pool.set_concurrency(8);
    wait_until(|| pool.ready_connections() == 8);
    wait_until(|| first.accepts() + second.accepts() == 8);
    assert_eq!((4, 4), (first.accepts(), second.accepts()));
}

#[test]
fn ipv6_works_like_ipv4() {
    let server = Server::start_on("[::1]:0", |mut connection| connection.answer_all(OK));
    let books = run_one_slot(&server.plan(), 10);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    let pool = Pool::new(&server.plan()).unwrap();
    assert_eq!(server.address.to_string(), pool.probe().unwrap());
}

#[test]
fn a_pool_starts_once_and_closes_twice() {
    let server = Server::start(|mut connection| connection.answer_all(OK));
    let pool = started(&server.plan());
    assert_eq!("config", pool.start().unwrap_err().kind());
    assert_eq!("config", pool.begin_window(0).unwrap_err().kind());
    pool.set_concurrency(3);
    wait_until(|| pool.ready_connections() == 3);
    pool.close();
    pool.close();
    while pool.poll(millis(0)).unwrap().is_some() {}
    assert_eq!("config", pool.start().unwrap_err().kind());
}

#[test]
fn a_slow_reader_loses_nothing() {
    let server = Server::start(|mut connection| connection.answer_all(OK));
    let pool = started(&server.plan());
    let mut books = Books::new();
    pool.set_concurrency(2);
    for _ in 0..40 {
        books.begin_window(&pool);
        std::thread::sleep(millis(8));
    }
    books.finish(&pool);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
}

#[test]
fn no_request_beyond_the_allowed_number_is_started() {
    let server = Server::start(|mut connection| connection.answer_all(OK));
    let mut plan = server.plan();
    plan.max_requests = 333;
    let pool = started(&plan);
    let mut books = Books::new();
    pool.set_concurrency(8);
    wait_until(|| server.requests() == 333);
    books.read_for(&pool, millis(50));
    books.finish(&pool);
    assert_eq!(333, books.sum(|window| window.ok));
    assert_eq!(333, server.requests());
    assert_eq!(333, books.sum(|window| window.started));
}

#[test]
fn source_addresses_are_used_in_turn() {
    let peers = Arc::new(Mutex::new(BTreeMap::<String, u64>::new()));
    let seen = Arc::clone(&peers);
    let server = Server::start(move |mut connection| {
        let peer = connection.stream.peer_addr().unwrap().ip().to_string();
        *seen.lock().unwrap().entry(peer).or_default() += 1;
        connection.answer_all(OK);
    });
    let mut plan = server.plan();
    plan.source_addresses = vec![[127, 0, 0, 3].into(), [127, 0, 0, 4].into()];
    let pool = started(&plan);
    pool.set_concurrency(8);
    wait_until(|| peers.lock().unwrap().values().sum::<u64>() == 8);
    pool.close();
    let expected = BTreeMap::from([("127.0.0.3".into(), 4), ("127.0.0.4".into(), 4)]);
    assert_eq!(expected, *peers.lock().unwrap());
}
