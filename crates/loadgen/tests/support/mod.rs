//! Servers that do exactly what a test says, and books that must balance at every row.

// Every test binary uses its own part of this.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "shared by tests that each use a part; a test that cannot go on has failed"
)]

pub mod certificates;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use loadgen::{FailureKind, Histogram, Plan, Pool, Snapshot, Timeouts};

pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/// Longer than any test should take; a hang becomes a failure.
const PATIENCE: Duration = Duration::from_secs(20);

/// One accepted connection of a scripted server.
pub struct Connection {
    pub stream: TcpStream,
    /// The number of connections accepted before this one.
    pub number: u64,
    requests: Arc<AtomicU64>,
    unread: Vec<u8>,
}

impl Connection {
    /// The next whole request with its body; `None` at the end of the connection.
    pub fn read_request(&mut self) -> Option<Vec<u8>> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(length) =
                request_length(&self.unread).filter(|length| *length <= self.unread.len())
            {
                self.requests.fetch_add(1, Ordering::SeqCst);
                return Some(self.unread.drain(..length).collect());
            }
            match self.stream.read(&mut buffer) {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
            }
        }
    }

    pub fn write(&mut self, bytes: &[u8]) {
        // The client may have gone; that is what some tests are about.
        let _ = self.stream.write_all(bytes);
    }

    /// Answer every request with the same bytes until the client leaves.
    pub fn answer_all(&mut self, bytes: &[u8]) {
        while self.read_request().is_some() {
            self.write(bytes);
        }
    }

    /// End the connection with RST instead of FIN.
    pub fn reset(self) {
        rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO)).unwrap();
    }
}

/// The bytes of a whole request, once its head is there.
pub fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let body = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    Some(head + body)
}

/// A server on loopback with one thread per connection.
pub struct Server {
    pub address: SocketAddr,
    requests: Arc<AtomicU64>,
    accepts: Arc<AtomicU64>,
}

impl Server {
    pub fn start(script: impl Fn(Connection) + Send + Sync + 'static) -> Self {
        Self::start_on("127.0.0.1:0", script)
    }

    pub fn start_on(address: &str, script: impl Fn(Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            accepts: Arc::default(),
        };
        let (requests, accepts) = (Arc::clone(&server.requests), Arc::clone(&server.accepts));
        let script = Arc::new(script);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                stream.set_nodelay(true).unwrap();
                let connection = Connection {
                    stream,
                    number: accepts.fetch_add(1, Ordering::SeqCst),
                    requests: Arc::clone(&requests),
                    unread: Vec::new(),
                };
                let script = Arc::clone(&script);
                std::thread::spawn(move || script(connection));
            }
        });
        server
    }

    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    pub fn accepts(&self) -> u64 {
        self.accepts.load(Ordering::SeqCst)
    }

    pub fn plan(&self) -> Plan {
        plan(self.address)
    }
}

pub fn plan(address: SocketAddr) -> Plan {
    Plan {
        addresses: vec![address],
        source_addresses: Vec::new(),
        max_connections: 400,
        host_header: address.to_string(),
        tls: None,
        method: "GET".into(),
        path: b"/".to_vec(),
        headers: Vec::new(),
        body: None,
        ok_below_status: 400,
        max_requests: u64::MAX,
        threads: 2,
        timeouts: Timeouts {
            // 64 handshakes at once take long on a busy machine.
            connect: Duration::from_secs(15),
            first_byte: Duration::from_secs(5),
            idle: Duration::from_secs(5),
            total: Duration::from_secs(10),
        },
    }
}

pub fn started(plan: &Plan) -> Pool {
    let pool = Pool::new(plan).unwrap();
    pool.start().unwrap();
    pool
}

/// All rows of one window.
#[derive(Default)]
pub struct Window {
    pub planned: u64,
    pub dropped_no_slot: u64,
    pub dropped_late: u64,
    pub not_started: u64,
    pub started: u64,
    pub ok: u64,
    pub failures: BTreeMap<&'static str, u64>,
    pub warnings: BTreeMap<&'static str, u64>,
    pub cut: u64,
    pub statuses: BTreeMap<u16, u64>,
    pub sent_bytes: u64,
    pub received_bytes: u64,
    pub opened: u64,
    pub attempts_failed: u64,
    pub closed_by_target: u64,
    pub in_flight: u64,
    pub intervals: Vec<(f64, f64)>,
    pub is_complete: bool,
    is_over: bool,
    pub latency: Histogram,
    pub failed_latency: Histogram,
    pub response: Histogram,
    pub send_lag: Histogram,
    pub first_byte: Histogram,
    pub transfer: Histogram,
    pub connect: Histogram,
}

impl Window {
    /// Whether the window has been left; requests of it may still be in flight.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    fn add(&mut self, row: &Snapshot) {
        assert!(!self.is_complete, "a row after the last: {row:?}");
        let is_straggler = row.start_s >= row.end_s;
        if is_straggler {
            assert!(self.is_over, "stragglers before the window's end: {row:?}");
            assert_eq!(0, row.started + row.ended_all + row.connections_opened);
        } else {
            assert!(!self.is_over, "an interval after the window's end: {row:?}");
            self.intervals.push((row.start_s, row.end_s));
        }
        self.planned += row.planned;
        self.dropped_no_slot += row.dropped_no_slot;
        self.dropped_late += row.dropped_late;
        self.not_started += row.not_started;
        self.started += row.started;
        self.ok += row.ok;
        self.cut += row.cut;
        for (kind, count) in &row.failures {
            *self.failures.entry(kind.name()).or_default() += count;
        }
        for (kind, count) in &row.warnings {
            *self.warnings.entry(kind.name()).or_default() += count;
        }
        for (status, count) in &row.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.sent_bytes += row.sent_bytes;
        self.received_bytes += row.received_bytes;
        self.opened += row.connections_opened;
        self.attempts_failed += row.connections_failed;
        self.closed_by_target += row.connections_closed_by_target;
        self.in_flight = row.in_flight;
        self.is_over = row.window_over;
        self.is_complete = row.window_over && row.in_flight == 0;
        for (sum, blob) in [
            (&mut self.latency, &row.latency_blob),
            (&mut self.failed_latency, &row.failed_latency_blob),
            (&mut self.response, &row.response_blob),
            (&mut self.send_lag, &row.send_lag_blob),
            (&mut self.first_byte, &row.first_byte_blob),
            (&mut self.transfer, &row.transfer_blob),
            (&mut self.connect, &row.connect_blob),
        ] {
            sum.add(&Histogram::from_blob(blob).unwrap());
        }
        assert_eq!(
            self.started,
            self.ok + self.failed() + self.cut + self.in_flight,
            "the books do not balance: {row:?}"
        );
        assert_eq!(
            self.planned,
            self.started + self.dropped_no_slot + self.dropped_late + self.not_started,
            "the plan does not balance: {row:?}"
        );
        assert_eq!(self.ok, self.latency.count());
        assert_eq!(self.ok, self.first_byte.count());
        assert_eq!(self.ok, self.transfer.count());
    }
}

/// Everything that a pool has said.
pub struct Books {
    pub windows: BTreeMap<u32, Window>,
    pub rows: Vec<Snapshot>,
    current: u32,
}

impl Books {
    pub fn new() -> Self {
        Self {
            windows: BTreeMap::new(),
            rows: Vec::new(),
            current: 0,
        }
    }

    pub fn begin_window(&mut self, pool: &Pool) -> u32 {
        self.current += 1;
        pool.begin_window(self.current).unwrap();
        self.current
    }

    pub fn read_for(&mut self, pool: &Pool, duration: Duration) {
        let end = Instant::now() + duration;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            if let Some(row) = pool.poll(left).unwrap() {
                self.windows.entry(row.window).or_default().add(&row);
                self.rows.push(row);
            }
        }
    }

    pub fn read_until(&mut self, pool: &Pool, mut is_enough: impl FnMut(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_enough(self) {
            assert!(Instant::now() < end, "waited too long");
            self.read_for(pool, Duration::from_millis(5));
        }
    }

    /// Start nothing more, let everything end, and read all that belongs to the windows so far.
    pub fn finish(&mut self, pool: &Pool) {
        pool.set_concurrency(0);
        self.leave(pool);
    }

    /// Leave the window and read until every window but the new one is complete.
    pub fn leave(&mut self, pool: &Pool) {
        let next = self.begin_window(pool);
        self.read_until(pool, |books| {
            (0..next).all(|window| {
                books
                    .windows
                    .get(&window)
                    .is_some_and(|books| books.is_complete)
            })
        });
    }

    pub fn sum(&self, value: impl Fn(&Window) -> u64) -> u64 {
        self.windows.values().map(value).sum()
    }

    pub fn failures(&self) -> BTreeMap<&'static str, u64> {
        sum_by_kind(self.windows.values().map(|window| &window.failures))
    }

    pub fn warnings(&self) -> BTreeMap<&'static str, u64> {
        sum_by_kind(self.windows.values().map(|window| &window.warnings))
    }
}

type CountByKind = BTreeMap<&'static str, u64>;

fn sum_by_kind<'a>(windows: impl Iterator<Item = &'a CountByKind>) -> CountByKind {
    let mut sum = BTreeMap::new();
    for (kind, count) in windows.flatten() {
        *sum.entry(*kind).or_default() += count;
    }
    sum
}

/// Whether something came in time, which a machine that is busy with other things may spoil.
///
/// # Errors
/// With the words of `late` when it did not.
pub fn in_time(is_so: bool, late: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(late()) }
}

/// Try a body again, a few times, when something in it was late: a thread may wait for a core for
/// tens of milliseconds, but a wrong engine is late every time. What must hold on any machine is
/// asserted in the body and fails at once.
pub fn punctually(mut body: impl FnMut() -> Result<(), String>) {
    let late: Vec<String> = (0..6).map_while(|_| body().err()).collect();
    assert!(late.len() < 6, "late every time: {late:?}");
}

pub fn wait_until(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "waited too long");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Run one slot until `count` requests have ended, then everything to its end.
pub fn run_one_slot(plan: &Plan, count: u64) -> Books {
    let pool = started(plan);
    let mut books = Books::new();
    pool.set_concurrency(1);
    // Short windows, because a row comes at a window's end at the latest.
    books.read_for(&pool, Duration::from_millis(20));
    while books.sum(|window| window.ok + window.failed()) < count {
        books.begin_window(&pool);
        books.read_for(&pool, Duration::from_millis(20));
    }
    books.finish(&pool);
    books
}

/// The one failure kind of a run in which everything fails in the same way.
pub fn only_failure(plan: &Plan) -> &'static str {
    let books = run_one_slot(plan, 1);
    let failures = books.failures();
    assert_eq!(1, failures.len(), "{failures:?}");
    assert_eq!(0, books.sum(|window| window.ok));
    failures.into_keys().next().unwrap()
}

pub fn kind(kind: FailureKind) -> &'static str {
    kind.name()
}
