//! Into which parts is the time of a request split, and do they add up?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::Read;
use std::time::Duration;

use loadgen::{Histogram, Plan, Pool, Snapshot};
use support::{Books, OK, Server, in_time, punctually, run_one_slot, started};

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn sleep_ms(count: u64) {
    std::thread::sleep(millis(count));
}

fn sum(books: &Books, blob: impl Fn(&Snapshot) -> &Vec<u8>) -> Histogram {
    let mut sum = Histogram::new();
    for row in &books.rows {
        sum.add(&Histogram::from_blob(blob(row)).unwrap());
    }
    sum
}

fn total_s(books: &Books, value: impl Fn(&Snapshot) -> f64) -> f64 {
    books.rows.iter().map(value).sum()
}

/// Never earlier, and hardly later.
fn about_ms(expected_ms: f64, measured_s: f64) -> Result<(), String> {
    let late_ms = measured_s * 1e3 - expected_ms;
    let said = format!("{measured_s} s instead of {expected_ms} ms");
    assert!(late_ms >= expected_ms * -0.001, "{said}");
    in_time(late_ms < 15.0, || said)
}

fn median_s(histogram: &Histogram) -> f64 {
    histogram.quantile_s(0.5)
}

#[test]
fn the_first_byte_and_the_transfer_are_told_apart() {
    let server = Server::start(|mut connection| {
        while connection.read_request().is_some() {
            sleep_ms(20);
            connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
            sleep_ms(30);
            connection.write(b"cd");
        }
    });
    punctually(|| {
        let books = run_one_slot(&server.plan(), 6);
        let ok = books.sum(|window| window.ok);
        let [first_byte, transfer, latency] = [
            sum(&books, |row| &row.first_byte_blob),
            sum(&books, |row| &row.transfer_blob),
            sum(&books, |row| &row.latency_blob),
        ];
        assert_eq!(
            [ok, ok, ok],
            [&first_byte, &transfer, &latency].map(Histogram::count)
        );
        about_ms(20.0, median_s(&first_byte))?;
        about_ms(50.0, median_s(&latency))?;
        // Who sees the first byte late sees the rest sooner after it.
        let transfer_s = median_s(&transfer);
        in_time((transfer_s - 0.030).abs() < 0.015, || {
            format!("{transfer_s} s")
        })
    });
}

#[test]
fn an_answer_that_comes_whole_has_no_transfer() {
    let server = Server::start(|mut connection| {
        while connection.read_request().is_some() {
            sleep_ms(5);
            connection.write(OK);
        }
    });
    punctually(|| whole_answers(&server));
}

fn whole_answers(server: &Server) -> Result<(), String> {
    let books = run_one_slot(&server.plan(), 10);
    let transfer = sum(&books, |row| &row.transfer_blob);
    let first_byte = sum(&books, |row| &row.first_byte_blob);
    let latency = sum(&books, |row| &row.latency_blob);
    let ok = books.sum(|window| window.ok);
    assert_eq!(
        [ok, ok, ok],
        [&first_byte, &transfer, &latency].map(Histogram::count)
    );
    assert!(transfer.max_s() <= 0.0);
    for quantile in [0.0, 0.5, 1.0] {
        let [one_s, two_s] = [&latency, &first_byte].map(|parts| parts.quantile_s(quantile));
        assert!((one_s - two_s).abs() <= 0.0, "{one_s} is not {two_s}");
    }
    about_ms(5.0, latency.min_s())
}

#[test]
fn the_time_of_writing_is_not_waited_for_the_first_byte() {
    let server = Server::start(|mut connection| {
        sleep_ms(60);
        while connection.read_request().is_some() {
            sleep_ms(20);
            connection.write(OK);
        }
    });
    let mut plan = server.plan();
    plan.method = "POST".into();
    plan.body = Some(vec![b'x'; 16 << 20]);
    plan.max_requests = 1;
    let books = run_one_slot(&plan, 1);
    let latency = sum(&books, |row| &row.latency_blob);
    let first_byte = sum(&books, |row| &row.first_byte_blob);
    assert_eq!([1, 1], [latency.count(), first_byte.count()]);
    assert!(latency.min_s() >= 0.080, "{} s", latency.min_s());
    assert!(first_byte.min_s() >= 0.020, "{} s", first_byte.min_s());
    let written_s = latency.min_s() - first_byte.max_s();
    assert!(written_s >= 0.055, "only {written_s} s of writing");
}

#[test]
fn requests_that_opened_their_connection_are_apart() {
    let server = Server::start(|mut connection| {
        for _ in 0..2 {
            connection.read_request();
            sleep_ms(3);
            connection.write(OK);
        }
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
    punctually(|| fresh_and_used(&server));
}

fn fresh_and_used(server: &Server) -> Result<(), String> {
    let mut plan = server.plan();
    plan.max_requests = 12;
    let books = run_one_slot(&plan, 12);
    let fresh = sum(&books, |row| &row.fresh_latency_blob);
    let connect = sum(&books, |row| &row.connect_blob);
    let latency = sum(&books, |row| &row.latency_blob);
    assert_eq!(
        [4, 4, 12],
        [&fresh, &connect, &latency].map(Histogram::count)
    );
    assert!(fresh.min_s() > connect.min_s() + 0.003, "both are in it");
    assert_eq!(0, sum(&books, |row| &row.tls_blob).count());
    about_ms(3.0, fresh.min_s())
}

/// Everything has ended, and every row of it has been read.
fn read_all(pool: &Pool, books: &mut Books) {
    pool.set_concurrency(0);
    books.leave(pool);
    books.leave(pool);
}

#[test]
fn the_slots_time_is_time_in_flight_and_gaps_to_the_last_nanosecond() {
    let server = Server::start(|mut connection| {
        let number = connection.number;
        while connection.read_request().is_some() {
            sleep_ms(2);
            match number % 4 {
                0 => connection.write(OK),
                1 => {
                    connection.write(OK);
                    return;
                }
                2 => connection.write(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"),
                _ => {
                    connection.write(b"HTTP/1.1 200 OK\r\n");
                    return connection.reset();
                }
            }
        }
    });
    let pool = started(&server.plan());
    let mut books = Books::new();
    for concurrency in [1, 9, 4, 12] {
        pool.set_concurrency(concurrency);
        books.read_for(&pool, millis(80));
        books.begin_window(&pool);
    }
    pool.cut();
    books.read_for(&pool, millis(20));
    read_all(&pool, &mut books);
    assert!(books.sum(support::Window::failed) > 5);
    let running_s = total_s(&books, |row| row.running_s);
    let flight_s = total_s(&books, |row| row.ended_time_s);
    let gap_s = total_s(&books, |row| row.gap_s);
    assert!(gap_s > 0.0 && flight_s > 0.5, "{gap_s} s and {flight_s} s");
    assert!(
        (running_s - flight_s - gap_s).abs() < 1e-6,
        "{running_s} s are not {flight_s} s and {gap_s} s"
    );
}

#[test]
fn slots_that_are_kept_busy_run_all_the_time() {
    let server = Server::start(|mut connection| {
        while connection.read_request().is_some() {
            sleep_ms(4);
            connection.write(OK);
        }
    });
    // The stamps of a single thread leave no room; several hear of a window one after the other.
    punctually(|| kept_busy(&server, 1, 1e-6));
    punctually(|| kept_busy(&server, 2, 0.05));
}

fn kept_busy(server: &Server, threads: usize, error_slots: f64) -> Result<(), String> {
    let mut plan = server.plan();
    plan.threads = threads;
    let pool = started(&plan);
    let mut books = Books::new();
    pool.set_concurrency(5);
    support::wait_until(|| pool.ready_connections() == 5);
    let window = books.begin_window(&pool);
    books.read_for(&pool, millis(300));
    // All are busy until it is over; a window begins a little after it is asked for.
    books.begin_window(&pool);
    books.read_until(&pool, |books| {
        books
            .windows
            .get(&window)
            .is_some_and(support::Window::is_over)
    });
    read_all(&pool, &mut books);
    let rows = || books.rows.iter().filter(|row| row.window == window);
    let hold_s: f64 = rows().map(|row| row.end_s - row.start_s).sum();
    let running_s: f64 = rows().map(|row| row.running_s).sum();
    let flight_s: f64 = rows().map(|row| row.ended_time_s).sum();
    let gap_s: f64 = rows().map(|row| row.gap_s).sum();
    assert!(
        gap_s <= 0.0,
        "{gap_s} s between an answer and the next request"
    );
    in_time((running_s / hold_s - 5.0).abs() < error_slots, || {
        format!("{running_s} s in {hold_s} s on {threads}")
    })?;
    let edge_s = 2.0 * 5.0 * 0.030;
    in_time((flight_s - running_s).abs() < edge_s, || {
        format!("{flight_s} s in flight")
    })
}

#[test]
fn slots_that_rest_after_a_failure_do_not_run() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plan = support::plan(listener.local_addr().unwrap());
    drop(listener);
    punctually(|| resting(&plan));
}

fn resting(plan: &Plan) -> Result<(), String> {
    let pool = started(plan);
    let mut books = Books::new();
    pool.set_concurrency(4);
    books.read_for(&pool, millis(300));
    read_all(&pool, &mut books);
    let running_s = total_s(&books, |row| row.running_s);
    let failed = books.sum(support::Window::failed);
    assert!((running_s - total_s(&books, |row| row.gap_s)).abs() < 1e-6);
    assert!(total_s(&books, |row| row.ended_time_s) <= 0.0);
    in_time(failed >= 12, || format!("only {failed} tries"))?;
    in_time(running_s < 0.3, || format!("{running_s} s of 1.2 s"))
}

#[test]
fn a_slow_reader_of_requests_is_no_reason_to_lose_time() {
    let server = Server::start(|mut connection| {
        let mut byte = [0];
        while connection
            .stream
            .read(&mut byte)
            .is_ok_and(|count| count > 0)
        {}
    });
    let mut plan = server.plan();
    plan.timeouts.first_byte = millis(40);
    plan.max_requests = 3;
    punctually(|| {
        let books = run_one_slot(&plan, 3);
        about_ms(120.0, total_s(&books, |row| row.ended_time_s))
    });
}
