//! What does a run of so many requests count, and what does it cost?

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use loadgen::Plan;

use crate::server::{Act, GOOD, HostileServer, Script, Then};
use crate::support::{self, Books, Window, started};

/// A run takes milliseconds; a hang becomes a failure.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many requests there are, how many of them at once, and how many meet the misdeed.
#[derive(Clone, Copy)]
pub struct Mode {
    pub in_flight: u64,
    pub requests: u64,
    pub every: u64,
}

impl Mode {
    pub const fn alone(in_flight: u64, requests: u64) -> Self {
        Self {
            in_flight,
            requests,
            every: 1,
        }
    }
}

/// What a run has cost, besides its books.
pub struct Seen {
    pub books: Books,
    pub elapsed_s: f64,
    pub cpu_s: f64,
    pub growth_bytes: u64,
}

/// Send all requests of the plan and look at the process meanwhile.
pub fn observe(name: &str, plan: &Plan, mode: Mode) -> Seen {
    let resting_bytes = resident_bytes();
    let begin = Instant::now();
    let pool = started(plan);
    let mut books = Books::new();
    let mut largest_bytes = 0;
    let mut length = Duration::from_millis(4);
    pool.set_concurrency(usize::try_from(mode.in_flight).unwrap());
    while books.sum(|window| window.ok + window.failed()) < mode.requests {
        assert!(begin.elapsed() < PATIENCE, "{name}: still going on");
        // Short windows, because a row comes at a window's end at the latest; but not many.
        let left = books.begin_window(&pool) - 1;
        books.read_until(&pool, |books| {
            books.windows.get(&left).is_some_and(Window::is_over)
        });
        books.read_for(&pool, length);
        length = (length * 3 / 2).min(Duration::from_millis(200));
        largest_bytes = largest_bytes.max(resident_bytes());
    }
    let elapsed_s = begin.elapsed().as_secs_f64();
    books.finish(&pool);
    pool.close();
    let cpu_s = books
        .rows
        .iter()
        .map(|row| row.cpu_ratio * (row.end_s - row.start_s))
        .sum();
    Seen {
        books,
        elapsed_s,
        cpu_s,
        growth_bytes: largest_bytes.saturating_sub(resting_bytes),
    }
}

/// What the pool and its books take for themselves while 64 connections get good answers for a
/// second.
pub fn good_growth_bytes() -> u64 {
    static GROWTH_BYTES: OnceLock<u64> = OnceLock::new();
    *GROWTH_BYTES.get_or_init(|| {
        let mode = Mode::alone(64, 6400);
        let good = HostileServer::start(Script {
            act: Act::asked(|peer| {
                std::thread::sleep(Duration::from_millis(10));
                peer.write(GOOD);
                Then::Keep
            }),
            every: mode.every,
            at_once: mode.in_flight,
            tls: None,
        });
        let mut plan = plan_for(good.server.address);
        plan.max_requests = mode.requests;
        observe("good answers", &plan, mode).growth_bytes
    })
}

/// Memory of this process that is really there, the servers included.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}

/// A plan for addresses without a hostile server behind them.
pub fn plan_for(address: std::net::SocketAddr) -> Plan {
    let mut plan = support::plan(address);
    plan.threads = 1;
    plan
}
