//! Are planned starts made when they were planned, and is the fate of each one known?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use loadgen::{Arrivals, Pool};
use support::{Books, Connection, OK, Server, Window, in_time, punctually, started, wait_until};

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn prompt_server() -> Server {
    Server::start(|mut connection| connection.answer_all(OK))
}

fn slow_server(service: Duration) -> Server {
    Server::start(move |mut connection| {
        while connection.read_request().is_some() {
            std::thread::sleep(service);
            connection.write(OK);
        }
    })
}

/// Window 1 lasts so long, with the rate set before it; then everything comes to its end.
fn run_window(pool: &Pool, duration: Duration) -> Books {
    let mut books = Books::new();
    books.read_for(pool, millis(100));
    books.begin_window(pool);
    books.read_for(pool, duration);
    books.begin_window(pool);
    books.read_for(pool, millis(20));
    books.finish(pool);
    books
}

/// Length of a window by its own stamps, which are the same on all threads.
fn span_s(window: &Window) -> f64 {
    window.intervals.last().unwrap().1 - window.intervals[0].0
}

#[test]
fn a_constant_rate_plans_exactly_as_many_starts_as_it_says() {
    for threads in [1, 3] {
        let server = prompt_server();
        let mut plan = server.plan();
        plan.threads = threads;
        let pool = started(&plan);
        pool.set_rate(1000.0, Arrivals::Constant, 50).unwrap();
        let books = run_window(&pool, millis(1500));
        let window = &books.windows[&1];
        let expected = 1000.0 * span_s(window);
        // The edges of a window fall between two starts: one more or less.
        assert!(
            (f64::from(u32::try_from(window.planned).unwrap()) - expected).abs() <= 1.0,
            "{} planned in {} s",
            window.planned,
            span_s(window)
        );
        let all = books.sum(|window| window.started);
        assert_eq!(server.requests(), all);
        assert_eq!(all, books.sum(|window| window.ok));
        assert_eq!(all, books.sum(|window| window.response.count()));
        assert_eq!(all, books.sum(|window| window.send_lag.count()));
    }
}

#[test]
fn poisson_starts_come_at_their_mean_rate() {
    let server = prompt_server();
    let pool = started(&server.plan());
    pool.set_rate(2000.0, Arrivals::Poisson, 100).unwrap();
    let books = run_window(&pool, millis(2000));
    let window = &books.windows[&1];
    let planned = f64::from(u32::try_from(window.planned).unwrap());
    let expected = 2000.0 * span_s(window);
    // Five standard deviations of a Poisson count.
    assert!(
        (planned - expected).abs() < 5.0 * expected.sqrt(),
        "{planned} of {expected}"
    );
    assert_eq!(server.requests(), books.sum(|window| window.ok));
}

#[test]
fn every_start_that_was_planned_during_a_stall_shows_its_part_of_it() {
    punctually(stall_in_a_plan);
}

fn stall_in_a_plan() -> Result<(), String> {
    let is_stalled = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_stalled);
    let server = Server::start(move |mut connection| {
        while connection.read_request().is_some() {
            while seen.load(Ordering::SeqCst) {
                std::thread::sleep(millis(1));
            }
            connection.write(OK);
        }
    });
    let mut plan = server.plan();
    plan.threads = 1;
    let pool = started(&plan);
    pool.set_rate(200.0, Arrivals::Constant, 300).unwrap();
    let mut books = Books::new();
    books.read_for(&pool, millis(200));
    books.begin_window(&pool);
    books.read_for(&pool, millis(500));
    is_stalled.store(true, Ordering::SeqCst);
    books.read_for(&pool, millis(500));
    is_stalled.store(false, Ordering::SeqCst);
    books.read_for(&pool, millis(1000));
    books.begin_window(&pool);
    books.finish(&pool);
    let window = &books.windows[&1];
    assert_eq!(0, window.dropped_no_slot + window.dropped_late);
    // Of 2 s at a constant rate, the starts within d of the stall's begin wait for 0.5 s - d: a
    // start waits longer than x with a chance of (0.5 - x) / 2, so P99 is 0.48 s and P90 0.3 s.
    for (quantile, expected_s) in [(0.99, 0.48), (0.9, 0.3)] {
        let response_s = window.response.quantile_s(quantile);
        in_time((response_s - expected_s).abs() < 0.06, || {
            format!("response time at {quantile}: {response_s} s")
        })?;
    }
    let median_s = window.response.quantile_s(0.5);
    in_time(median_s < 0.03, || format!("median of {median_s} s"))
}

#[test]
fn a_queue_before_the_only_slot_is_counted_as_drops_and_never_made_up_for() {
    punctually(one_slot_for_two_hundred);
}

fn one_slot_for_two_hundred() -> Result<(), String> {
    let server = slow_server(millis(50));
    let mut plan = server.plan();
    plan.threads = 2;
    let pool = started(&plan);
    pool.set_rate(200.0, Arrivals::Constant, 1).unwrap();
    let books = run_window(&pool, millis(1000));
    let window = &books.windows[&1];
    let expected = 200.0 * span_s(window);
    assert!((f64::from(u32::try_from(window.planned).unwrap()) - expected).abs() <= 1.0);
    // 50 ms and a little are 11 starts of 5 ms each, or 12 when the machine is busy.
    let rest = window.planned - window.started;
    assert_eq!(rest, window.dropped_no_slot);
    assert!(window.started <= 20, "{}", window.started);
    assert_eq!(1, server.accepts());
    in_time(window.started >= 12, || {
        format!("{} starts", window.started)
    })?;
    // What started was on time.
    let lag_s = window.send_lag.quantile_s(0.5);
    in_time(lag_s < 0.01, || format!("{lag_s} s late"))
}

#[test]
fn service_time_is_not_response_time_when_connections_are_opened_on_need() {
    // Each answer closes its connection, so every request but the warm ones opens one.
    let server = Server::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    });
    let pool = started(&server.plan());
    pool.set_rate(500.0, Arrivals::Constant, 100).unwrap();
    let books = run_window(&pool, millis(500));
    let window = &books.windows[&1];
    assert_eq!(window.started, window.ok);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    assert!(window.response.mean_s() > window.latency.mean_s());
}

#[test]
fn books_balance_while_open_and_closed_loop_take_turns() {
    let server = slow_server(millis(3));
    let pool = started(&server.plan());
    let mut books = Books::new();
    for round in 0..3 {
        pool.set_concurrency(6);
        books.read_for(&pool, millis(60));
        books.begin_window(&pool);
        pool.set_rate(800.0, Arrivals::Poisson, 20).unwrap();
        books.read_for(&pool, millis(60));
        books.begin_window(&pool);
        pool.set_rate(300.0, Arrivals::Constant, 2 + round).unwrap();
        books.read_for(&pool, millis(60));
        books.begin_window(&pool);
    }
    pool.set_concurrency(2);
    books.read_for(&pool, millis(60));
    let last = books.begin_window(&pool);
    books.read_for(&pool, millis(60));
    books.finish(&pool);
    assert_eq!(server.requests(), books.sum(|window| window.started));
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    assert!(books.sum(|window| window.dropped_no_slot) > 0);
    let closed = &books.windows[&last];
    assert_eq!((0, 0), (closed.response.count(), closed.send_lag.count()));
    assert_eq!(closed.planned, closed.started);
    assert!(closed.ok > 0);
}

#[test]
fn a_higher_rate_takes_over_without_a_gap_or_a_second_start() {
    punctually(three_rates);
}

fn three_rates() -> Result<(), String> {
    let server = prompt_server();
    let mut plan = server.plan();
    plan.threads = 1;
    let pool = started(&plan);
    let mut books = Books::new();
    let begun = Instant::now();
    for rate_qps in [100.0, 200.0, 400.0] {
        pool.set_rate(rate_qps, Arrivals::Constant, 20).unwrap();
        books.read_for(&pool, millis(500));
    }
    pool.set_concurrency(0);
    let seconds = begun.elapsed().as_secs_f64();
    books.finish(&pool);
    let planned = f64::from(u32::try_from(books.sum(|window| window.planned)).unwrap());
    // The last rate may have lasted a little longer than the others.
    let expected = 50.0 + 100.0 + 400.0 * (seconds - 1.0);
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    in_time((planned - expected).abs() < 12.0, || {
        format!("{planned} of {expected}")
    })
}

#[test]
fn connections_that_the_target_ends_between_requests_are_replaced_and_no_failure() {
    punctually(replaced_connections);
}

fn replaced_connections() -> Result<(), String> {
    let server = Server::start(|mut connection: Connection| {
        connection.read_request();
        connection.write(OK);
        // Long after the answer, and long before the next of 20 requests a second.
        std::thread::sleep(millis(20));
    });
    let mut plan = server.plan();
    plan.threads = 1;
    let pool = started(&plan);
    pool.set_rate(20.0, Arrivals::Constant, 4).unwrap();
    let books = run_window(&pool, millis(1000));
    assert_eq!(
        books.sum(|window| window.started),
        books.sum(|window| window.ok)
    );
    assert_eq!(server.requests(), books.sum(|window| window.ok));
    let closed = books.sum(|window| window.closed_by_target);
    in_time(closed >= server.requests() - 4, || {
        format!("{closed} closed of {}", server.requests())
    })
}

#[test]
fn bytes_on_an_idle_connection_are_never_the_next_answer() {
    punctually(bytes_between_requests);
}

fn bytes_between_requests() -> Result<(), String> {
    let server = Server::start(|mut connection: Connection| {
        let extra = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
        while connection.read_request().is_some() {
            connection.write(OK);
            std::thread::sleep(millis(10));
            connection.write(extra);
        }
    });
    let mut plan = server.plan();
    plan.threads = 1;
    let pool = started(&plan);
    pool.set_rate(10.0, Arrivals::Constant, 4).unwrap();
    let books = run_window(&pool, millis(1000));
    let all = books.sum(|window| window.started);
    assert_eq!(all, books.sum(|window| window.ok));
    let odd: u64 = books
        .rows
        .iter()
        .flat_map(|row| &row.warnings)
        .filter(|(kind, _)| kind.name() == "proto.extra_data")
        .map(|(_, count)| count)
        .sum();
    assert!(server.accepts() >= all, "no connection is used again");
    in_time(odd >= all - 2, || format!("{odd} of {all}"))
}

#[test]
fn a_target_that_ends_every_idle_connection_is_not_flooded() {
    let server = Server::start(drop);
    let mut plan = server.plan();
    plan.threads = 1;
    let pool = started(&plan);
    pool.set_rate(0.01, Arrivals::Poisson, 50).unwrap();
    let mut books = Books::new();
    books.read_for(&pool, millis(1000));
    books.finish(&pool);
    // After seven in a row the rest is 128 ms; up to four are open at once.
    assert!((5..100).contains(&server.accepts()), "{}", server.accepts());
    assert_eq!(0, books.sum(|window| window.started));
}

#[test]
fn a_rate_ends_at_the_allowed_number_of_requests_and_counts_the_rest() {
    let server = prompt_server();
    let mut plan = server.plan();
    plan.max_requests = 77;
    let pool = started(&plan);
    pool.set_rate(500.0, Arrivals::Constant, 20).unwrap();
    let books = run_window(&pool, millis(300));
    assert_eq!(77, books.sum(|window| window.started));
    assert_eq!(77, server.requests());
    let planned = books.sum(|window| window.planned);
    assert!(planned > 100);
    // On a busy machine a start may find all slots taken before the number is reached.
    let dropped = books.sum(|window| window.dropped_no_slot + window.dropped_late);
    let not_started = books.sum(|window| window.not_started);
    assert_eq!(planned - 77, not_started + dropped);
    assert!(not_started > 0);
}

#[test]
fn a_dead_target_fails_every_planned_start_and_nothing_else() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let pool = started(&support::plan(address));
    pool.set_rate(200.0, Arrivals::Constant, 10).unwrap();
    let books = run_window(&pool, millis(500));
    let all = books.sum(|window| window.started);
    assert_eq!(all, books.failures()["conn.refused"]);
    assert!(all > 80);
}

#[test]
fn cut_ends_planned_requests_and_the_plan_goes_on() {
    let server = Server::start(|mut connection: Connection| {
        if connection.number < 2 {
            connection.read_request();
            connection.read_request();
        }
        connection.answer_all(OK);
    });
    let mut plan = server.plan();
    plan.threads = 1;
    let pool = started(&plan);
    pool.set_rate(100.0, Arrivals::Constant, 8).unwrap();
    wait_until(|| server.requests() > 20);
    pool.cut();
    let mut books = Books::new();
    books.read_for(&pool, millis(200));
    books.finish(&pool);
    // Two that hang, and whatever else was in flight just then.
    assert!((2..=8).contains(&books.sum(|window| window.cut)));
    assert!(server.requests() > 30);
}

#[test]
fn impossible_rates_are_refused() {
    let pool = started(&prompt_server().plan());
    for (rate_qps, max_in_flight) in [(0.0, 1), (f64::NAN, 1), (-1.0, 1), (2e9, 1), (1.0, 0)] {
        let error = pool
            .set_rate(rate_qps, Arrivals::Constant, max_in_flight)
            .unwrap_err();
        assert_eq!("config", error.kind());
    }
}
