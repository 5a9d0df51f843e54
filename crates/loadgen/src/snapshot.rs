//! What does the outside see of one interval?

use crate::clock::seconds;
use crate::failure::{FailureKind, LoadError};
use crate::failure_log::Trace;
use crate::recorder::Tally;
use crate::self_watch::SelfLoad;
use crate::warning::WarningKind;

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
    /// Starts that the schedule wanted; in the closed loop every start is one.
    pub planned: u64,
    /// Planned starts for which no slot was free.
    pub dropped_no_slot: u64,
    /// Planned starts that came too late to make sense.
    pub dropped_late: u64,
    /// Planned starts that the end of the load prevented.
    pub not_started: u64,
    /// Requests taken up.
    pub started: u64,
    /// Requests that ended ok.
    pub ok: u64,
    /// Requests that failed, by kind; zero counts are left out.
    pub failures: Vec<(FailureKind, u64)>,
    /// Odd answers, by kind; zero counts are left out. They ended as they would have without.
    pub warnings: Vec<(WarningKind, u64)>,
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
    /// Time integral of the slots that have a request taken up, connecting included.
    pub running_s: f64,
    /// Time from taking a request up to the write of its first byte (or to its failure before
    /// that), summed over the slots; up to the edges, `running_s` is this and `ended_time_s`.
    pub gap_s: f64,
    /// Time from the first request byte to the end, of all requests that ended in the interval.
    pub ended_time_s: f64,
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
    /// Latency of ok requests, first request byte to last response byte; `HdrHistogram` V2.
    pub latency_blob: Vec<u8>,
    /// Latency of failed requests whose bytes were written.
    pub failed_latency_blob: Vec<u8>,
    /// Last request byte to first response byte of ok requests.
    pub first_byte_blob: Vec<u8>,
    /// First to last response byte of ok requests.
    pub transfer_blob: Vec<u8>,
    /// Ok requests that opened their connection: from the start of the connection to the last byte.
    pub fresh_latency_blob: Vec<u8>,
    /// Open loop: planned start to last byte of ok requests.
    pub response_blob: Vec<u8>,
    /// Open loop: planned to actual start of every request.
    pub send_lag_blob: Vec<u8>,
    /// TCP set-up of new connections.
    pub connect_blob: Vec<u8>,
    /// TLS handshakes of new connections.
    pub tls_blob: Vec<u8>,
    /// How late a tick of 10 ms came, over all load threads.
    pub loop_lag_blob: Vec<u8>,
    /// The longest time without a complete answer on any thread that ended in this interval or
    /// reaches to its end; it may have begun before the interval, in the same window.
    pub longest_gap_s: f64,
    /// The longest of these times as (start, end), cut at the edges of the interval, in order.
    pub gaps: Vec<(f64, f64)>,
    /// Kinds of failure with their first samples.
    pub failure_samples: Vec<FailureSamples>,
    /// CPU share of the busiest load thread.
    pub cpu_ratio: f64,
    /// Share of time that the worst load thread waited for a core; not a number if unknown.
    pub runqueue_wait_ratio: f64,
    /// How long the machine was suspended.
    pub suspended_s: f64,
}

/// When a kind of failure occurred in one interval.
#[derive(Clone, Debug)]
pub struct FailureSamples {
    /// What they have in common.
    pub kind: FailureKind,
    /// Seconds on the monotonic clock.
    pub first_s: f64,
    /// Seconds on the monotonic clock.
    pub last_s: f64,
    /// A few of them, oldest first.
    pub samples: Vec<FailureSample>,
}

/// Facts about one failed request; never a byte of it or of its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FailureSample {
    /// Seconds on the monotonic clock.
    pub at_s: f64,
    /// 0 when no final head was complete.
    pub status: u16,
    /// Response bytes, framing included.
    pub received_bytes: u64,
    /// From the first request byte; `None` when none was written.
    pub latency_s: Option<f64>,
    /// The connection had carried a complete response before.
    pub is_reused: bool,
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
    pub longest_gap_ns: u64,
    pub load: SelfLoad,
}

impl FailureSamples {
    fn new(kind: FailureKind, trace: &Trace) -> Self {
        let samples = trace.samples().iter().map(|failure| FailureSample {
            at_s: seconds(failure.at_ns),
            status: failure.status,
            received_bytes: failure.received_bytes,
            latency_s: failure.latency_ns.map(seconds),
            is_reused: failure.is_reused,
        });
        Self {
            kind,
            first_s: seconds(trace.first_ns),
            last_s: seconds(trace.last_ns),
            samples: samples.collect(),
        }
    }
}

impl Snapshot {
    pub(crate) fn new(frame: Frame, tally: &Tally) -> Result<Self, LoadError> {
        let gaps = tally.gaps.in_order().iter();
        let traces = tally.failure_log.traces();
        Ok(Self {
            window: frame.window,
            start_s: seconds(frame.start_ns),
            end_s: seconds(frame.end_ns),
            window_over: frame.window_over,
            planned: tally.planned,
            dropped_no_slot: tally.dropped_no_slot,
            dropped_late: tally.dropped_late,
            not_started: tally.not_started,
            started: tally.started,
            ok: tally.ok,
            failures: tally.failures(),
            warnings: tally.warnings(),
            cut: tally.cut,
            statuses: tally.statuses(),
            sent_bytes: tally.sent_bytes,
            received_bytes: tally.received_bytes,
            ended_ok: tally.ended_ok,
            ended_all: tally.ended_all,
            running_s: seconds(tally.running_ns),
            gap_s: seconds(tally.gap_ns),
            ended_time_s: seconds(tally.ended_time_ns),
            in_flight: frame.in_flight,
            connections_open: frame.connections_open,
            connections_opened: tally.opened,
            connections_failed: tally.attempts_failed,
            connections_closed_by_target: tally.closed_by_target,
            latency_blob: tally.latency.to_blob()?,
            failed_latency_blob: tally.failed_latency.to_blob()?,
            first_byte_blob: tally.first_byte.to_blob()?,
            transfer_blob: tally.transfer.to_blob()?,
            fresh_latency_blob: tally.fresh_latency.to_blob()?,
            response_blob: tally.response.to_blob()?,
            send_lag_blob: tally.send_lag.to_blob()?,
            connect_blob: tally.connect.to_blob()?,
            tls_blob: tally.tls.to_blob()?,
            loop_lag_blob: tally.loop_lag.to_blob()?,
            longest_gap_s: seconds(frame.longest_gap_ns),
            gaps: gaps
                .map(|gap| (seconds(gap.start_ns), seconds(gap.end_ns)))
                .collect(),
            failure_samples: traces
                .map(|(kind, trace)| FailureSamples::new(kind, trace))
                .collect(),
            cpu_ratio: frame.load.cpu_ratio,
            runqueue_wait_ratio: frame.load.runqueue_wait_ratio,
            suspended_s: seconds(frame.load.suspended_ns),
        })
    }
}
