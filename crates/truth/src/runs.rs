//! Which runs are made, and how is one of them made?

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use crate::act::Act;
use crate::checks::Case;
use crate::client::{Load, Said, Stage};
use crate::join::{Pair, Truth};
use crate::script::{Script, Service, Stall};
use crate::server::Server;

/// Windows of the reader that comes late, and their length.
const UNREAD_WINDOWS: usize = 25;
const UNREAD_WINDOW: Duration = Duration::from_millis(8);

/// A server, a load, and when the server is killed.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it is about.
    pub name: &'static str,
    /// The server's side.
    pub script: Script,
    /// The client's side.
    pub load: Load,
    /// The stage in which the server is killed.
    pub killed_in: Option<usize>,
}

impl Run {
    /// Make the run and bring both sides together.
    ///
    /// # Errors
    /// When the server or the engine cannot run at all.
    pub fn make(&self, server: &Path) -> Result<Case, Box<dyn Error>> {
        let mut server = Server::start(server, &self.script)?;
        let mut killed = Ok(());
        let said = Said::run(&self.load, server.address, |stage| {
            if self.killed_in == Some(stage) {
                killed = server.kill();
            }
        })?;
        killed?;
        let truth = Truth::new(&server.finish()?);
        Ok(Case {
            pairs: Pair::join(&said, &truth),
            said,
            truth,
            first_byte_timeout: self.load.first_byte_timeout,
            is_killed: self.killed_in.is_some(),
        })
    }
}

/// Everything that a server may do to a client and a reader to the engine, in two seconds.
#[must_use]
pub fn gauntlet(seed: u64) -> Run {
    let mut script = Script::plain(seed, Service::Exponential(2000.0));
    script.shares = vec![
        (Act::Chunked, 0.10),
        (Act::LastAnswer, 0.03),
        (Act::SlowBody, 0.05),
        (Act::Status, 0.06),
        (Act::Close, 0.02),
        (Act::Reset, 0.02),
        (Act::Truncate, 0.02),
    ];
    script.certain = vec![(Act::VerySlowBody, 20), (Act::Hang, 30), (Act::Hang, 300)];
    script.stall = Some(Stall {
        after: Duration::from_millis(500),
        length: Duration::from_millis(120),
    });
    let stage = |concurrency, millis, is_read| Stage {
        concurrency,
        rate_qps: None,
        hold: Duration::from_millis(millis),
        is_read,
    };
    let mut stages = vec![stage(4, 250, true), stage(12, 700, true)];
    stages.extend((0..UNREAD_WINDOWS).map(|_| Stage {
        concurrency: 8,
        rate_qps: None,
        hold: UNREAD_WINDOW,
        is_read: false,
    }));
    stages.extend([stage(3, 150, true), stage(10, 400, true)]);
    Run {
        name: "gauntlet",
        script,
        load: Load {
            threads: 2,
            stages,
            first_byte_timeout: Duration::from_millis(400),
            is_cut: true,
        },
        killed_in: None,
    }
}

/// A server that is killed in the middle of the load.
#[must_use]
pub fn killed(seed: u64) -> Run {
    let mut run = gauntlet(seed);
    run.name = "killed server";
    run.script.certain.clear();
    run.load.stages.truncate(2);
    run.load.stages.push(Stage {
        concurrency: 12,
        rate_qps: None,
        hold: Duration::from_millis(150),
        is_read: true,
    });
    run.load.is_cut = false;
    run.killed_in = Some(2);
    run
}

/// Starts planned by the clock, more of them than fit during a pause, between two closed loops.
#[must_use]
pub fn planned(seed: u64) -> Run {
    let mut script = Script::plain(seed, Service::Exponential(3000.0));
    script.shares = vec![(Act::Status, 0.05), (Act::SlowBody, 0.05)];
    script.stall = Some(Stall {
        after: Duration::from_millis(700),
        length: Duration::from_millis(150),
    });
    let stage = |rate_qps, millis| Stage {
        concurrency: 24,
        rate_qps,
        hold: Duration::from_millis(millis),
        is_read: true,
    };
    Run {
        name: "planned",
        script,
        load: Load {
            threads: 2,
            stages: vec![
                stage(None, 200),
                stage(Some(1000), 300),
                stage(Some(1000), 600),
                stage(Some(1000), 200),
                stage(None, 150),
            ],
            first_byte_timeout: Duration::from_secs(3),
            is_cut: false,
        },
        killed_in: None,
    }
}

/// So many requests at once that the engine is busy all the time; who stops its process for longer
/// than the deadline must not find timeouts.
#[must_use]
pub fn busy(seed: u64) -> Run {
    let mut load = Load::steady(1, 64, Duration::from_millis(1500), 1);
    load.first_byte_timeout = Duration::from_millis(200);
    Run {
        name: "busy",
        script: Script::plain(seed, Service::Constant(0.0)),
        load,
        killed_in: None,
    }
}

/// Services of every shape, each held for so long.
#[must_use]
pub fn services(seed: u64, hold: Duration) -> Vec<Run> {
    let stall = Stall {
        after: hold / 3,
        length: Duration::from_millis(300),
    };
    [
        ("constant", Service::Constant(2000.0), None),
        ("bimodal", Service::Bimodal(1000.0, 20_000.0, 0.05), None),
        ("exponential", Service::Exponential(3000.0), None),
        ("log-normal", Service::LogNormal(2000.0, 1.0), None),
        ("pareto", Service::Pareto(1000.0, 1.5), None),
        ("stalled", Service::Exponential(2000.0), Some(stall)),
    ]
    .into_iter()
    .map(|(name, service, stall)| {
        let mut script = Script::plain(seed, service);
        script.stall = stall;
        Run {
            name,
            script,
            load: Load::steady(2, 16, hold / 2, 2),
            killed_in: None,
        }
    })
    .collect()
}
