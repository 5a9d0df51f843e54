//! How much longer than the server took does the engine say it took?
//!
//! On a busy machine every client is late. So a plain blocking client asks the same server at the
//! same time, and the engine may be a little worse than that one at most.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::checks::{Case, Fault};
use crate::client::{Load, Said};
use crate::control;
use crate::exact::Exact;
use crate::join::{Pair, Truth};
use crate::script::Script;
use crate::server::Server;

const MAX_P50_S: f64 = 150e-6;
const MAX_P99_S: f64 = 1e-3;
const MAX_RATIO_TO_CONTROL: f64 = 1.25;

/// What one client added to the server's durations.
#[derive(Clone, Copy, Debug)]
pub struct Overhead {
    /// Median, in seconds.
    pub p50_s: f64,
    /// In seconds.
    pub p99_s: f64,
    /// By which share the client's P99.9 lies above that of the server's durations.
    pub tail_ratio: f64,
}

impl Overhead {
    /// From (client's latency, server's duration) of each request.
    fn new(both_ns: &[(u64, u64)]) -> Self {
        let added: Exact = both_ns.iter().map(|(ours, theirs)| ours - theirs).collect();
        let ours: Exact = both_ns.iter().map(|both| both.0).collect();
        let theirs: Exact = both_ns.iter().map(|both| both.1).collect();
        Self {
            p50_s: added.quantile_s(0.5),
            p99_s: added.quantile_s(0.99),
            tail_ratio: ours.quantile_s(0.999) / theirs.quantile_s(0.999) - 1.0,
        }
    }
}

impl fmt::Display for Overhead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50_us, p99_us) = (self.p50_s * 1e6, self.p99_s * 1e6);
        let tail_percent = self.tail_ratio * 100.0;
        write!(
            formatter,
            "{p50_us:.0} us | {p99_us:.0} us | {tail_percent:+.2} %"
        )
    }
}

/// Both clients at one server.
#[derive(Debug)]
pub struct Comparison {
    /// What the engine added.
    pub engine: Overhead,
    /// What the plain client added.
    pub control: Overhead,
    /// Requests of the engine.
    pub count: usize,
    /// What else was false about the engine.
    pub faults: Vec<Fault>,
}

impl Comparison {
    /// Let both ask the same server at the same time.
    ///
    /// # Errors
    /// When one of the three cannot run.
    pub fn make(
        program: &Path,
        script: &Script,
        concurrency: u32,
        hold: Duration,
    ) -> Result<Self, Box<dyn Error>> {
        let server = Server::start(program, script)?;
        let load = Load::steady(1, concurrency as usize, hold, 1);
        let (said, samples) = std::thread::scope(|scope| {
            let beside = scope.spawn(|| control::run(server.address, concurrency.into(), hold));
            let said = Said::run(&load, server.address, |_| ());
            (said, beside.join())
        });
        let said = said?;
        let samples = samples.map_err(|_| "the control client has died")??;
        let mut truth = Truth::new(&server.finish()?);
        let controlled: Option<Vec<(u64, u64)>> = samples
            .iter()
            .map(|sample| {
                let seen = truth.requests.remove(&sample.id)?;
                Some((sample.latency_ns, seen.duration_ns()?))
            })
            .collect();
        truth.accepted -= u64::from(concurrency);
        let pairs = Pair::join(&said, &truth);
        let engine: Vec<(u64, u64)> = pairs
            .iter()
            .filter(|pair| pair.is_ok())
            .filter_map(|pair| Some((pair.latency_ns()?, pair.seen?.duration_ns()?)))
            .collect();
        let case = Case {
            said,
            truth,
            pairs,
            first_byte_timeout: load.first_byte_timeout,
            is_killed: false,
        };
        Ok(Self {
            engine: Overhead::new(&engine),
            control: Overhead::new(&controlled.ok_or("a request is missing on the server")?),
            count: engine.len(),
            faults: case.faults(),
        })
    }

    /// Whether the engine adds little, or little more than the plain client.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let is_within = |limit: f64, engine: f64, control: f64| {
            engine <= limit.max(control * MAX_RATIO_TO_CONTROL)
        };
        let (engine, control) = (&self.engine, &self.control);
        self.faults.is_empty()
            && is_within(MAX_P50_S, engine.p50_s, control.p50_s)
            && is_within(MAX_P99_S, engine.p99_s, control.p99_s)
    }
}
