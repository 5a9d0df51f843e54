//! Keeps N HTTP/1.1 requests in flight on a living pool of connections, counted window by window.
//!
//! `Plan` says what to send; `Pool` sends it and yields a `Snapshot` per interval. Each request has
//! exactly one end, so for every window `started = ok + failures + cut + in_flight` holds.

#![forbid(unsafe_code)]

#[macro_use]
mod mutants;

mod audit;
mod budget;
mod chunked;
mod clock;
mod descriptors;
mod exchange;
mod failure;
mod failure_log;
mod framing;
mod histogram;
mod http1;
mod ledger;
mod merge;
mod plan;
mod pool;
mod probe;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod reading;
mod recorder;
mod repeat;
mod response;
mod route;
mod schedule;
mod self_watch;
mod slot;
mod snapshot;
mod spill;
mod stall;
mod tls;
mod tls_stream;
mod warning;
mod worker;

#[cfg(feature = "audit")]
pub use audit::{Entry, Outcome};
pub use failure::{FailureKind, LoadError, Side};
pub use histogram::Histogram;
#[cfg(feature = "mutants")]
pub use mutants::{Mutant, select};
pub use plan::{Plan, Timeouts, TlsPlan};
pub use pool::Pool;
pub use schedule::Arrivals;
pub use snapshot::{FailureSample, FailureSamples, Snapshot};
pub use warning::WarningKind;

/// The version of the engine, equal to that of the Python package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
