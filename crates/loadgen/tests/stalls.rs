//! Is a time without answers noticed, and told from a thread that is alone with it?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use loadgen::{Histogram, Snapshot};
use support::{Books, OK, Server, in_time, punctually, started};

const STALL: Duration = Duration::from_millis(300);

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Two threads with a connection each; what is due to rest does so once, for `STALL`.
fn run(is_stalled: impl Fn(u64) -> bool + Send + Sync + 'static) -> Vec<Snapshot> {
    let is_due = Arc::new(AtomicBool::new(false));
    let is_due_here = Arc::clone(&is_due);
    let server = Server::start(move |mut connection| {
        let mut has_stalled = false;
        while connection.read_request().is_some() {
            if is_due_here.load(Ordering::Relaxed) && !has_stalled && is_stalled(connection.number)
            {
                has_stalled = true;
                std::thread::sleep(STALL);
            }
            std::thread::sleep(millis(1));
            connection.write(OK);
        }
    });
    let pool = started(&server.plan());
    let mut books = Books::new();
    pool.set_concurrency(2);
    support::wait_until(|| pool.ready_connections() == 2);
    let window = books.begin_window(&pool);
    books.read_for(&pool, millis(100));
    is_due.store(true, Ordering::Relaxed);
    books.read_for(&pool, millis(600));
    books.leave(&pool);
    books.finish(&pool);
    books.rows.retain(|row| row.window == window);
    books.rows
}

#[test]
fn a_stall_of_the_target_is_one_gap_of_its_length() {
    punctually(stalled_once);
}

fn stalled_once() -> Result<(), String> {
    let rows = run(|_| true);
    let longest_s = rows.iter().map(|row| row.longest_gap_s).fold(0.0, f64::max);
    let gaps: Vec<_> = rows.iter().flat_map(|row| &row.gaps).collect();
    let long: Vec<_> = gaps.iter().filter(|(a, b)| b - a > 0.2).collect();
    let longest: Vec<f64> = long.iter().map(|(a, b)| b - a).collect();
    let is_one_of_them = longest
        .iter()
        .any(|long_s| (long_s - longest_s).abs() < 1e-9);
    assert!(is_one_of_them, "{longest_s} s is none of {longest:?}");
    for row in &rows {
        for &(start_s, end_s) in &row.gaps {
            assert!(row.start_s <= start_s && start_s < end_s && end_s <= row.end_s);
        }
        assert!(row.gaps.len() <= 32);
        assert!(row.gaps.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    }
    // The two may begin to rest one after the other.
    let is_one = long.len() == 1 && (0.295..0.45).contains(&longest_s);
    in_time(is_one, || format!("{longest_s} s, and {gaps:?}"))
}

#[test]
fn a_connection_that_stalls_alone_is_no_gap() {
    punctually(|| {
        let rows = run(|number| number == 0);
        let longest_s = rows.iter().map(|row| row.longest_gap_s).fold(0.0, f64::max);
        assert!(
            rows.iter().any(|row| !row.gaps.is_empty()),
            "the pace of 1 ms is seen"
        );
        in_time(longest_s < 0.2, || format!("{longest_s} s"))
    });
}

#[test]
fn a_thread_without_load_has_the_whole_interval_as_its_gap() {
    punctually(without_load);
}

fn without_load() -> Result<(), String> {
    let server = Server::start(|mut connection| connection.answer_all(OK));
    let pool = started(&server.plan());
    let mut books = Books::new();
    let window = books.begin_window(&pool);
    books.read_for(&pool, millis(150));
    books.leave(&pool);
    let row = books.rows.iter().find(|row| row.window == window).unwrap();
    let [(start_s, end_s)] = row.gaps[..] else {
        unreachable!("one gap: {:?}", row.gaps)
    };
    // The threads may hear of the window one after the other.
    assert!((row.longest_gap_s - (end_s - start_s)).abs() < 1e-9);
    let is_whole = start_s - row.start_s < 0.02 && row.end_s - end_s < 0.02;
    in_time(is_whole, || format!("{:?} of {row:?}", row.gaps))
}

#[test]
fn every_load_thread_ticks_a_hundred_times_a_second() {
    punctually(ticking);
}

fn ticking() -> Result<(), String> {
    let server = Server::start(|mut connection| connection.answer_all(OK));
    let pool = started(&server.plan());
    let mut books = Books::new();
    pool.set_concurrency(2);
    let window = books.begin_window(&pool);
    books.read_for(&pool, millis(500));
    books.leave(&pool);
    let mut lag = Histogram::new();
    let mut window_s = 0.0;
    for row in books.rows.iter().filter(|row| row.window == window) {
        lag.add(&Histogram::from_blob(&row.loop_lag_blob).unwrap());
        window_s += row.end_s - row.start_s;
        assert!(row.suspended_s <= 0.0);
    }
    let expected = 2.0 * window_s / 0.010;
    let ticks = f64::from(u32::try_from(lag.count()).unwrap());
    in_time((ticks - expected).abs() <= 4.0, || {
        format!("{ticks} ticks instead of {expected}")
    })?;
    let lag_s = lag.quantile_s(0.5);
    in_time(lag_s < 0.010, || format!("{lag_s} s late"))
}
