//! How is the engine driven, and what does it say?

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use loadgen::{Arrivals, Entry, Histogram, LoadError, Plan, Pool, Snapshot, Timeouts};

use crate::clock::monotonic_ns;

/// Longer than the end of any run may take.
const PATIENCE: Duration = Duration::from_secs(20);
const NS_PER_S: u64 = 1_000_000_000;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// One window of load.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// Requests in flight; with a rate, at most.
    pub concurrency: usize,
    /// Planned starts a second, at equal distances; `None` for a closed loop.
    pub rate_qps: Option<u32>,
    /// How long.
    pub hold: Duration,
    /// Whether rows are read meanwhile, or left to wait.
    pub is_read: bool,
}

/// All that is asked of the engine.
#[derive(Clone, Debug)]
pub struct Load {
    /// Load threads.
    pub threads: usize,
    /// Each is a window of its own.
    pub stages: Vec<Stage>,
    /// The deadline that requests without an answer meet.
    pub first_byte_timeout: Duration,
    /// Whether the last requests are cut instead of awaited.
    pub is_cut: bool,
}

impl Load {
    /// One window after another with the same concurrency.
    #[must_use]
    pub fn steady(threads: usize, concurrency: usize, hold: Duration, windows: usize) -> Self {
        let stage = Stage {
            concurrency,
            rate_qps: None,
            hold,
            is_read: true,
        };
        Self {
            threads,
            stages: vec![stage; windows],
            first_byte_timeout: Duration::from_secs(3),
            is_cut: false,
        }
    }

    fn max_concurrency(&self) -> usize {
        let concurrencies = self.stages.iter().map(|stage| stage.concurrency);
        concurrencies.max().unwrap_or(0)
    }

    fn plan(&self, address: SocketAddr) -> Plan {
        Plan {
            addresses: vec![address],
            source_addresses: Vec::new(),
            max_connections: self.max_concurrency(),
            host_header: address.to_string(),
            tls: None,
            method: "GET".into(),
            path: b"/".to_vec(),
            headers: vec![("X-Id".into(), b"0000000000000000".to_vec())],
            body: None,
            ok_below_status: 400,
            max_requests: u64::MAX,
            threads: self.threads,
            timeouts: Timeouts {
                connect: CONNECT_TIMEOUT,
                first_byte: self.first_byte_timeout,
                idle: IDLE_TIMEOUT,
                total: TOTAL_TIMEOUT,
            },
        }
    }
}

/// All rows of one window, added up.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// From the first to the last of its intervals, on the monotonic clock.
    pub span_ns: Option<(u64, u64)>,
    /// Planned.
    pub planned: u64,
    /// Planned and never made, for whatever reason.
    pub not_made: u64,
    /// Taken up.
    pub started: u64,
    /// Good.
    pub ok: u64,
    /// By name of the kind.
    pub failures: BTreeMap<&'static str, u64>,
    /// Dropped by us.
    pub cut: u64,
    /// Of the last row.
    pub in_flight: u64,
    /// Complete responses.
    pub statuses: BTreeMap<u16, u64>,
    /// Ends inside the window, whatever the window of the request.
    pub ended_ok: u64,
    /// The same for all ends.
    pub ended_all: u64,
    /// Request bytes.
    pub sent_bytes: u64,
    /// Response bytes.
    pub received_bytes: u64,
    /// Connections that came up.
    pub opened: u64,
    /// Connections that the target ended.
    pub closed_by_target: u64,
    /// Good requests.
    pub latency: Histogram,
    /// Good requests.
    pub first_byte: Histogram,
    /// Good requests, from the first to the last byte of the answer.
    pub transfer: Histogram,
    /// Good requests that opened their connection, from its beginning.
    pub fresh_latency: Histogram,
    /// Good requests, from their planned start.
    pub response: Histogram,
    /// Planned starts.
    pub send_lag: Histogram,
    /// Failed requests.
    pub failed_latency: Histogram,
    /// Times without an answer on any thread.
    pub gaps_ns: Vec<(u64, u64)>,
    is_over: bool,
}

impl Window {
    fn add(&mut self, row: &Snapshot) -> Result<(), LoadError> {
        if row.start_s < row.end_s {
            let (start_ns, end_ns) = (nanos(row.start_s), nanos(row.end_s));
            let (first_ns, last_ns) = self.span_ns.unwrap_or((start_ns, end_ns));
            self.span_ns = Some((first_ns.min(start_ns), last_ns.max(end_ns)));
        }
        self.planned += row.planned;
        self.not_made += row.dropped_no_slot + row.dropped_late + row.not_started;
        self.started += row.started;
        self.ok += row.ok;
        self.cut += row.cut;
        self.in_flight = row.in_flight;
        self.ended_ok += row.ended_ok;
        self.ended_all += row.ended_all;
        self.sent_bytes += row.sent_bytes;
        self.received_bytes += row.received_bytes;
        self.opened += row.connections_opened;
        self.closed_by_target += row.connections_closed_by_target;
        self.is_over |= row.window_over;
        let gaps = row.gaps.iter();
        self.gaps_ns
            .extend(gaps.map(|&(start_s, end_s)| (nanos(start_s), nanos(end_s))));
        for &(kind, count) in &row.failures {
            *self.failures.entry(kind.name()).or_default() += count;
        }
        for &(status, count) in &row.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        for (sum, blob) in [
            (&mut self.latency, &row.latency_blob),
            (&mut self.first_byte, &row.first_byte_blob),
            (&mut self.transfer, &row.transfer_blob),
            (&mut self.fresh_latency, &row.fresh_latency_blob),
            (&mut self.response, &row.response_blob),
            (&mut self.send_lag, &row.send_lag_blob),
            (&mut self.failed_latency, &row.failed_latency_blob),
        ] {
            sum.add(&Histogram::from_blob(blob)?);
        }
        Ok(())
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times of this machine's clock, given in seconds with every nanosecond"
)]
fn nanos(time_s: f64) -> u64 {
    (time_s * 1e9).round() as u64
}

/// What the engine says about a run, and what its audit has kept of it.
#[derive(Debug, Default)]
pub struct Said {
    /// By number, the empty one after the last stage included.
    pub windows: BTreeMap<u32, Window>,
    /// Every request, thread after thread, each in the order of its ends.
    pub entries: Vec<Entry>,
    /// Windows that lie within one schedule, and the distance of its starts.
    pub schedules: BTreeMap<u32, u64>,
    /// When the rest was cut; nothing was before.
    pub cut_ns: u64,
}

impl Said {
    /// Run a load against `address`; `before` is called with the number of each stage.
    ///
    /// # Errors
    /// When the engine fails, or does not come to its end.
    pub fn run(
        load: &Load,
        address: SocketAddr,
        mut before: impl FnMut(usize),
    ) -> Result<Self, LoadError> {
        let pool = Pool::new(&load.plan(address))?;
        let mut said = Self {
            cut_ns: u64::MAX,
            ..Self::default()
        };
        pool.start()?;
        let mut window = 0;
        for (index, stage) in load.stages.iter().enumerate() {
            window += 1;
            before(index);
            pool.begin_window(window)?;
            said.steer(&pool, window, stage, &load.stages[..index])?;
            if stage.is_read {
                said.read_for(&pool, stage.hold)?;
            } else {
                std::thread::sleep(stage.hold);
            }
        }
        if load.is_cut {
            said.cut_ns = monotonic_ns();
            pool.cut();
        }
        pool.set_concurrency(0);
        pool.begin_window(window + 1)?;
        said.read_to_end(&pool, window)?;
        // What ended late is counted in the window after the last.
        pool.begin_window(window + 2)?;
        said.read_to_end(&pool, window + 1)?;
        pool.close();
        said.entries = pool.take_audit();
        Ok(said)
    }

    fn steer(
        &mut self,
        pool: &Pool,
        window: u32,
        stage: &Stage,
        before: &[Stage],
    ) -> Result<(), LoadError> {
        let Some(rate_qps) = stage.rate_qps else {
            pool.set_concurrency(stage.concurrency);
            return Ok(());
        };
        let mut rates_before = before.iter().rev().map(|stage| stage.rate_qps);
        if rates_before.next() != Some(Some(rate_qps)) {
            return pool.set_rate(rate_qps.into(), Arrivals::Constant, stage.concurrency);
        }
        // The schedule goes on, so the window before this one ended within it.
        if rates_before.next() == Some(Some(rate_qps)) {
            let step_ns = NS_PER_S / u64::from(rate_qps);
            self.schedules.insert(window - 1, step_ns);
        }
        Ok(())
    }

    fn read_for(&mut self, pool: &Pool, duration: Duration) -> Result<(), LoadError> {
        let end = Instant::now() + duration;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            if let Some(row) = pool.poll(left)? {
                self.windows.entry(row.window).or_default().add(&row)?;
            }
        }
        Ok(())
    }

    fn read_to_end(&mut self, pool: &Pool, last: u32) -> Result<(), LoadError> {
        let end = Instant::now() + PATIENCE;
        while !self.has_ended(last) {
            if Instant::now() > end {
                return Err(LoadError::Internal(
                    "a window does not come to its end".into(),
                ));
            }
            self.read_for(pool, Duration::from_millis(10))?;
        }
        Ok(())
    }

    fn has_ended(&self, last: u32) -> bool {
        (0..=last).all(|window| {
            let window = self.windows.get(&window);
            window.is_some_and(|window| window.is_over && window.in_flight == 0)
        })
    }

    /// A sum over all windows.
    pub fn sum(&self, value: impl Fn(&Window) -> u64) -> u64 {
        self.windows.values().map(value).sum()
    }

    /// A histogram over all windows.
    pub fn merged(&self, value: impl Fn(&Window) -> &Histogram) -> Histogram {
        let mut sum = Histogram::new();
        for window in self.windows.values() {
            sum.add(value(window));
        }
        sum
    }
}
