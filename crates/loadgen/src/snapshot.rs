//! What does the outside see of one interval?

use crate::clock::seconds;
use crate::failure::{FailureKind, LoadError};
use crate::recorder::Tally;

/// One interval of one window, merged over threads; all counts and blobs are deltas.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The number given to `begin_window`.
    pub window: u32,
    /// Seconds on the monotonic clock; equal to `end_s` in rows of stragglers.
    pub start_s: f64,
    /// Seconds on the monotonic clock.
    pub end_s: f64,
    /// The window has been left.
    pub window_over: bool,
    /// Requests taken up.
    pub started: u64,
    /// Requests that ended ok.
    pub ok: u64,
    /// Requests that failed, by kind; zero counts are left out.
    pub failures: Vec<(FailureKind, u64)>,
    /// Requests dropped by us.
    pub cut: u64,
    /// Complete responses by status; zero counts are left out.
    pub statuses: Vec<(u16, u64)>,
    /// Request bytes taken by connections.
    pub sent_bytes: u64,
    /// Response bytes, framing included; with TLS, after decryption.
    pub received_bytes: u64,
    /// Requests that ended ok inside the interval, whatever their window.
    pub ended_ok: u64,
    /// Requests that ended in any way inside the interval, whatever their window.
    pub ended_all: u64,
    /// Requests of this window that are still open.
    pub in_flight: u64,
    /// Connections that are up.
    pub connections_open: u64,
    /// Connections that came up.
    pub connections_opened: u64,
    /// Attempts that did not lead to a connection.
    pub connections_failed: u64,
    /// Connections that the target ended.
    pub connections_closed_by_target: u64,
    /// Latency of ok requests, `HdrHistogram` V2.
    pub latency_blob: Vec<u8>,
    /// Latency of failed requests whose bytes were written.
    pub failed_latency_blob: Vec<u8>,
    /// Time to the first byte of ok requests.
    pub first_byte_blob: Vec<u8>,
    /// TCP and TLS set-up of new connections.
    pub connect_blob: Vec<u8>,
    /// CPU share of the busiest load thread.
    pub cpu_ratio: f64,
    /// Share of time that the worst load thread waited for a core; not a number if unknown.
    pub runqueue_wait_ratio: f64,
}

/// What the rows of a snapshot have in common besides their counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub window: u32,
    pub start_ns: u64,
    pub end_ns: u64,
    pub window_over: bool,
    pub in_flight: u64,
    pub connections_open: u64,
    pub cpu_ratio: f64,
    pub runqueue_wait_ratio: f64,
}

impl Snapshot {
    pub(crate) fn new(frame: Frame, tally: &Tally) -> Result<Self, LoadError> {
        Ok(Self {
            window: frame.window,
            start_s: seconds(frame.start_ns),
            end_s: seconds(frame.end_ns),
            window_over: frame.window_over,
            started: tally.started,
            ok: tally.ok,
            failures: tally.failures(),
            cut: tally.cut,
            statuses: tally.statuses(),
            sent_bytes: tally.sent_bytes,
            received_bytes: tally.received_bytes,
            ended_ok: tally.ended_ok,
            ended_all: tally.ended_all,
            in_flight: frame.in_flight,
            connections_open: frame.connections_open,
            connections_opened: tally.opened,
            connections_failed: tally.attempts_failed,
            connections_closed_by_target: tally.closed_by_target,
            latency_blob: tally.latency.to_blob()?,
            failed_latency_blob: tally.failed_latency.to_blob()?,
            first_byte_blob: tally.first_byte.to_blob()?,
            connect_blob: tally.connect.to_blob()?,
            cpu_ratio: frame.cpu_ratio,
            runqueue_wait_ratio: frame.runqueue_wait_ratio,
        })
    }
}
