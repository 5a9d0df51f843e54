//! One row of the catalogue as a case: what the server does, and everything that must follow.

use std::sync::Arc;
use std::time::Duration;

use loadgen::{FailureKind, Plan, Pool};
use rustls::ServerConfig;

use crate::observe::{Mode, Seen, good_growth_bytes, observe};
use crate::server::{Act, HostileServer, Peer, Script, Then};

/// Of so many requests in the mixed mode one meets the misdeed.
const MIXED_EVERY: u64 = 20;
const MIB: u64 = 1 << 20;

/// How a request that met the misdeed is counted.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Class {
    Good,
    /// Good, and an anomaly is counted.
    Warned,
    Err,
    /// In the error rate, and in a column of its own.
    Soft,
    /// The probe before the run ends it; under load it is a failure of the configuration.
    Stop,
}

impl Class {
    pub const ALL: [Self; 5] = [Self::Good, Self::Warned, Self::Err, Self::Soft, Self::Stop];

    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warned => "ok+warn",
            Self::Err => "err",
            Self::Soft => "soft",
            Self::Stop => "stop",
        }
    }
}

/// What becomes of the connection after the misdeed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Conn {
    Reuse,
    Close,
}

impl Conn {
    pub fn name(self) -> &'static str {
        match self {
            Self::Reuse => "reuse",
            Self::Close => "close",
        }
    }
}

type Change = Box<dyn Fn(&mut Plan)>;

/// Class, kinds and connection: see `Case`.
pub type Expected = (Class, Vec<&'static str>, Conn);

/// A failure, and the end of the connection.
pub fn err(kinds: &[&'static str]) -> Expected {
    (Class::Err, kinds.to_vec(), Conn::Close)
}

/// A good answer.
pub fn good(conn: Conn) -> Expected {
    (Class::Good, Vec::new(), conn)
}

/// One case; a row of the catalogue has one or more.
pub struct Case {
    pub row: &'static str,
    pub what: String,
    pub class: Class,
    /// Failure or warning kinds that the misdeed may be called; more than one where the order of
    /// events is the network's. Empty for good answers.
    pub kinds: Vec<&'static str>,
    pub conn: Conn,
    act: Option<Act>,
    tls: Option<Arc<ServerConfig>>,
    status: Option<u16>,
    has_probe_fault: bool,
    waits: bool,
    is_heavy: bool,
    changes: Vec<Change>,
}

impl Case {
    pub fn new(
        row: &'static str,
        what: impl Into<String>,
        (class, kinds, conn): Expected,
        act: Act,
    ) -> Self {
        Self {
            row,
            what: what.into(),
            class,
            kinds,
            conn,
            act: Some(act),
            tls: None,
            status: None,
            has_probe_fault: class == Class::Stop,
            waits: false,
            is_heavy: false,
            changes: Vec::new(),
        }
    }

    /// Every request is answered with these bytes.
    pub fn answer(
        row: &'static str,
        what: impl Into<String>,
        expected: Expected,
        bytes: impl Into<Vec<u8>>,
        then: Then,
    ) -> Self {
        Self::new(row, what, expected, on_request(bytes, then))
    }

    pub fn with_plan(mut self, change: impl Fn(&mut Plan) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// The misdeed is a silence that a timer ends: hardly any CPU may be spent meanwhile.
    pub fn waiting(mut self, change: impl Fn(&mut Plan) + 'static) -> Self {
        self.waits = true;
        self.with_plan(change)
    }

    pub fn over_tls(
        mut self,
        config: Arc<ServerConfig>,
        change: impl Fn(&mut Plan) + 'static,
    ) -> Self {
        self.tls = Some(config);
        self.with_plan(change)
    }

    /// The probe before the run must find the same fault.
    pub fn found_by_probe(mut self) -> Self {
        self.has_probe_fault = true;
        self
    }

    /// The fault shows only with a request, so that no probe can find it.
    pub fn not_found_by_probe(mut self) -> Self {
        self.has_probe_fault = false;
        self
    }

    /// All answers of the misdeed have this status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Too many bytes for 64 connections at once.
    pub fn heavy(mut self) -> Self {
        self.is_heavy = true;
        self
    }

    /// Run the case alone with 1 and 64 in flight, and mixed into good answers.
    pub fn check(mut self) {
        let Some(act) = self.act.take() else {
            return;
        };
        let act = Arc::new(act);
        let [alone, many, mixed] = match (self.is_heavy, self.waits) {
            (true, _) => [2, 0, MIXED_EVERY],
            (false, true) => [2, 64, 3 * MIXED_EVERY],
            (false, false) => [6, 128, 10 * MIXED_EVERY],
        };
        let modes = [
            Mode::alone(1, alone),
            Mode::alone(64, many),
            Mode {
                in_flight: 10,
                requests: mixed,
                every: MIXED_EVERY,
            },
        ];
        good_growth_bytes();
        for mode in modes.into_iter().filter(|mode| mode.requests > 0) {
            let name = format!(
                "{} ({}), {} in flight, 1 of {}",
                self.row, self.what, mode.in_flight, mode.every
            );
            self.run(&name, mode, &act);
        }
    }

    fn run(&self, name: &str, mode: Mode, act: &Arc<Act>) {
        let hostile = self.serve(mode, act);
        let mut plan = hostile.server.plan();
        plan.threads = 1;
        plan.max_requests = mode.requests;
        for change in &self.changes {
            change(&mut plan);
        }
        if self.has_probe_fault && mode.every == 1 {
            let probed = self.serve(Mode::alone(1, 1), act);
            plan.addresses = vec![probed.server.address];
            let fault = Pool::new(&plan).unwrap().probe().unwrap_err();
            assert!(
                self.kinds.contains(&fault.kind()),
                "{name}: the probe says {fault}"
            );
            plan.addresses = vec![hostile.server.address];
        }
        let seen = observe(name, &plan, mode);
        self.check_counts(name, mode, &hostile, &seen);
        self.check_connections(name, mode, &hostile, &seen);
        let request_bytes = plan.body.as_ref().map_or(0, Vec::len) as u64;
        self.check_costs(name, mode, request_bytes, &seen);
    }

    fn serve(&self, mode: Mode, act: &Arc<Act>) -> HostileServer {
        HostileServer::start(Script {
            act: share(act),
            every: mode.every,
            at_once: mode.in_flight,
            tls: self.tls.clone(),
        })
    }

    /// The server's own count of what it did is our count.
    fn check_counts(&self, name: &str, mode: Mode, hostile: &HostileServer, seen: &Seen) {
        let (acts, good) = (hostile.acts(), hostile.good());
        assert_eq!(
            mode.requests,
            seen.books.sum(|window| window.started),
            "{name}"
        );
        assert_eq!(mode.requests, acts + good, "{name}: turns of the server");
        assert!(acts > 0, "{name}: nothing happened");
        let failures = seen.books.failures();
        let warnings = seen.books.warnings();
        let failed: u64 = failures.values().sum();
        match self.class {
            Class::Good => {
                assert_eq!(0, failed, "{name}: {failures:?}");
                assert!(warnings.is_empty(), "{name}: {warnings:?}");
            }
            Class::Warned => {
                assert_eq!(0, failed, "{name}: {failures:?}");
                assert_eq!(
                    vec![(self.kinds[0], acts)],
                    warnings.into_iter().collect::<Vec<_>>(),
                    "{name}"
                );
            }
            Class::Err | Class::Soft | Class::Stop => {
                assert_eq!(acts, failed, "{name}: {failures:?}");
                assert!(
                    failures.keys().all(|kind| self.kinds.contains(kind)),
                    "{name}: {failures:?}"
                );
                assert!(warnings.is_empty(), "{name}: {warnings:?}");
            }
        }
        assert_eq!(
            mode.requests - failed,
            seen.books.sum(|window| window.ok),
            "{name}"
        );
        if let Some(status) = self.status {
            let counted = seen
                .books
                .sum(|window| window.statuses.get(&status).copied().unwrap_or(0));
            assert_eq!(acts, counted, "{name}: answers with status {status}");
        }
    }

    fn check_connections(&self, name: &str, mode: Mode, hostile: &HostileServer, seen: &Seen) {
        let accepts = hostile.server.accepts();
        let closed = match (hostile.closes_all, self.conn) {
            (true, _) => mode.requests,
            (false, Conn::Close) => hostile.acts(),
            (false, Conn::Reuse) => {
                assert_eq!(mode.in_flight, accepts, "{name}: one connection per slot");
                return;
            }
        };
        // A slot that has ended its last request opens no further connection.
        assert!(
            (closed..=closed + mode.in_flight).contains(&accepts),
            "{name}: {accepts} accepts, {closed} connections to be closed"
        );
        let attempts = seen
            .books
            .sum(|window| window.opened + window.attempts_failed);
        assert_eq!(accepts, attempts, "{name}: attempts");
    }

    fn check_costs(&self, name: &str, mode: Mode, request_bytes: u64, seen: &Seen) {
        // The request is there once, and once more while it is put together in a growing buffer.
        let base = good_growth_bytes() + 3 * request_bytes;
        let bound = base + mode.in_flight * 64 * 1024 + 16 * MIB;
        assert!(
            seen.growth_bytes <= bound,
            "{name}: grew by {} bytes",
            seen.growth_bytes
        );
        let most_s = if self.waits { 0.5 } else { 1.05 } * seen.elapsed_s + 0.02;
        assert!(
            seen.cpu_s <= most_s,
            "{name}: {} s of CPU in {} s",
            seen.cpu_s,
            seen.elapsed_s
        );
        let is_resting = self.class != Class::Stop
            && self
                .kinds
                .iter()
                .all(|kind| kind_named(kind).is_some_and(FailureKind::needs_back_off));
        if is_resting && !self.kinds.is_empty() && seen.books.sum(|window| window.ok) == 0 {
            // Each slot rests 1, 2, 4 ... ms, less half of it, before it tries again.
            let rests = u32::try_from(mode.requests / mode.in_flight - 1).unwrap();
            let least_s = f64::from(2_u32.pow(rests) - 1) * 0.5e-3;
            assert!(
                seen.elapsed_s >= least_s,
                "{name}: {} s for {rests} rests",
                seen.elapsed_s
            );
        }
    }
}

/// An act that answers each request with the same bytes.
pub fn on_request(bytes: impl Into<Vec<u8>>, then: Then) -> Act {
    let bytes = bytes.into();
    Act::asked(move |peer: &mut Peer| {
        peer.write(&bytes);
        then
    })
}

/// The same act for the servers of several modes.
fn share(act: &Arc<Act>) -> Act {
    let shared = Arc::clone(act);
    let play = Box::new(move |peer: &mut Peer| match &*shared {
        Act::Accepted(act) | Act::Asked(act) | Act::AskedAgain(act) => act(peer),
    });
    match **act {
        Act::Accepted(_) => Act::Accepted(play),
        Act::Asked(_) => Act::Asked(play),
        Act::AskedAgain(_) => Act::AskedAgain(play),
    }
}

pub fn kind_named(name: &str) -> Option<FailureKind> {
    FailureKind::ALL
        .iter()
        .copied()
        .find(|kind| kind.name() == name)
}

/// Timeouts that tests can wait for; what is not named stays long.
pub fn first_byte_ms(count: u64) -> impl Fn(&mut Plan) {
    move |plan| plan.timeouts.first_byte = Duration::from_millis(count)
}

pub fn idle_ms(count: u64) -> impl Fn(&mut Plan) {
    move |plan| plan.timeouts.idle = Duration::from_millis(count)
}

pub fn total_ms(count: u64) -> impl Fn(&mut Plan) {
    move |plan| plan.timeouts.total = Duration::from_millis(count)
}

pub fn connect_ms(count: u64) -> impl Fn(&mut Plan) {
    move |plan| plan.timeouts.connect = Duration::from_millis(count)
}
