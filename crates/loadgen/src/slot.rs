//! One unit of concurrency: which request is in flight on it, and when is that too late?

use rustix::fd::OwnedFd;

use crate::audit::Ticket;
use crate::failure::FailureKind;
use crate::failure_log::Failure;
use crate::plan::TimeoutsNs;
use crate::response::Response;
use crate::tls_stream::TlsStream;

/// The status of a server that has waited long enough for a request.
const REQUEST_TIMEOUT: u16 = 408;

/// What a slot is busy with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// Not wanted, or not taken up yet.
    Vacant,
    /// Waiting after a failure; nothing is in flight.
    BackOff,
    /// A connection is up and has no request.
    Idle,
    Connecting,
    Handshaking,
    /// The request is being written or its response read.
    Exchanging,
}

/// What became of a slot's request after one event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    /// It goes on.
    Pending,
    /// The connection is up, TLS included; the request is still to be written.
    Connected,
    /// The response is complete.
    Complete(Afterwards),
    Failed(FailureKind),
}

/// What becomes of the connection after a complete response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Afterwards {
    Reuse,
    /// The target asked for its end, or has ended it.
    ClosedByTarget,
    /// Bytes beyond the response: nothing on it can be believed any more.
    CloseByUs,
}

/// What came on a connection that has no request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Surprise {
    None,
    /// The target has ended it.
    End,
    /// Bytes that nobody asked for.
    Bytes,
}

/// The parts of the time that an ok request has taken.
#[expect(clippy::struct_field_names, reason = "names end in their unit")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Service {
    /// First request byte to last response byte.
    pub latency_ns: u64,
    /// Last request byte to first response byte.
    pub first_byte_ns: u64,
    /// First to last response byte.
    pub transfer_ns: u64,
    /// From the start of the connection, when the request has opened it.
    pub since_connect_ns: Option<u64>,
    /// From the planned start, in the open loop.
    pub since_planned_ns: Option<u64>,
}

/// A slot and the connection it owns.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, one byte each"
)]
pub(crate) struct Slot {
    pub socket: Option<OwnedFd>,
    pub tls: Option<Box<TlsStream>>,
    /// Which of the slot's connections this is; older events are ignored.
    pub generation: u32,
    pub phase: Phase,
    /// A request is in flight; without one a connection is opened ahead of need.
    pub has_request: bool,
    /// A response has been completed on this connection, or it has waited for its first request.
    pub is_reused: bool,
    /// The request in flight opened this connection.
    pub is_fresh: bool,
    /// Counted as ready: a connection was up, or an attempt has failed.
    pub is_ready: bool,
    /// Counted in the pace of new slots.
    pub is_first_attempt: bool,
    /// The connection refused further request bytes.
    pub is_write_broken: bool,
    pub back_off_exponent: u8,
    /// The ledger's number of the window in which the request started.
    pub book: usize,
    /// Request bytes taken by the connection.
    pub sent_bytes: usize,
    /// When the slot became free for this request; kept for one that opens its connection.
    pub taken_up_ns: u64,
    pub connect_started_ns: u64,
    /// When the request was planned to start; 0 in the closed loop.
    pub planned_ns: u64,
    /// When TCP was up.
    pub connected_ns: u64,
    /// Just before the write of the first request byte; 0 before that.
    pub sent_ns: u64,
    /// 0 before the first response byte.
    pub first_byte_ns: u64,
    /// The last progress before the first response byte: the write of the last request byte.
    pub written_ns: u64,
    /// When the last byte moved; in `BackOff` the moment to go on.
    pub progress_ns: u64,
    /// Response bytes of this request.
    pub received_bytes: u64,
    pub response: Response,
    pub spill: Vec<u8>,
    pub ticket: Ticket,
}

impl Slot {
    pub(crate) const fn new() -> Self {
        Self {
            socket: None,
            tls: None,
            generation: 0,
            phase: Phase::Vacant,
            has_request: false,
            is_reused: false,
            is_fresh: false,
            is_ready: false,
            is_first_attempt: false,
            is_write_broken: false,
            back_off_exponent: 0,
            book: 0,
            sent_bytes: 0,
            taken_up_ns: 0,
            connect_started_ns: 0,
            planned_ns: 0,
            connected_ns: 0,
            sent_ns: 0,
            first_byte_ns: 0,
            written_ns: 0,
            progress_ns: 0,
            received_bytes: 0,
            response: Response::new(false),
            spill: Vec::new(),
            ticket: Ticket::EMPTY,
        }
    }

    /// Forget the request before; the connection stays.
    #[inline]
    pub(crate) fn begin_request(&mut self, book: usize, planned_ns: u64, is_head: bool) {
        self.has_request = true;
        self.book = book;
        self.planned_ns = planned_ns;
        self.sent_bytes = 0;
        self.sent_ns = 0;
        self.first_byte_ns = 0;
        self.received_bytes = 0;
        self.response = Response::new(is_head);
    }

    /// Drop the connection, if there is one.
    pub(crate) fn close(&mut self) {
        self.socket = None;
        self.tls = None;
        self.generation = self.generation.wrapping_add(1);
        self.is_reused = mutant!(ReuseMiscounted, 1, self.is_reused, false);
        self.is_fresh = false;
        self.is_write_broken = false;
        self.spill.clear();
    }

    /// Whether the target has probably ended the idle connection by now, by what it said itself.
    #[inline]
    pub(crate) fn is_idle_for_too_long(&self, now_ns: u64) -> bool {
        self.socket.is_some()
            && self
                .response
                .idle_limit_ns()
                .is_some_and(|limit_ns| now_ns.saturating_sub(self.progress_ns) > limit_ns)
    }

    /// A server that has waited too long for a request says so and closes. When our next request
    /// crosses that, it is the keep-alive race in words.
    pub(crate) fn is_refusal_of_idle_connection(&self, status: u16) -> bool {
        status == REQUEST_TIMEOUT && self.is_reused && !self.response.is_keep_alive()
    }

    /// Whether a request is in flight.
    pub(crate) const fn is_busy(&self) -> bool {
        self.has_request
    }

    /// The parts of the time that the request has taken until now, when its response is complete.
    #[inline]
    pub(crate) fn service(&self, now_ns: u64) -> Service {
        let from_ns = mutant!(
            IncludeConnect,
            1,
            self.connect_started_ns
                .max(self.sent_ns * u64::from(!self.is_fresh)),
            self.sent_ns
        );
        let first_byte_ns = mutant!(FirstByteLate, 1, now_ns, self.first_byte_ns);
        let end_ns = mutant!(StampAtHeaders, 1, self.first_byte_ns, now_ns);
        Service {
            latency_ns: end_ns - from_ns,
            first_byte_ns: first_byte_ns - self.written_ns,
            transfer_ns: end_ns - self.first_byte_ns,
            since_connect_ns: self.is_fresh.then(|| end_ns - self.connect_started_ns),
            since_planned_ns: (self.planned_ns > 0)
                .then(|| end_ns - mutant!(ResponseFromSend, 1, self.sent_ns, self.planned_ns)),
        }
    }

    /// What is remembered of the request when it fails at `at_ns`.
    pub(crate) fn failure(&self, at_ns: u64) -> Failure {
        Failure {
            at_ns,
            status: self.response.status(),
            received_bytes: self.received_bytes,
            latency_ns: (self.sent_ns > 0).then(|| at_ns.saturating_sub(self.sent_ns)),
            is_reused: self.is_reused,
        }
    }

    /// How long the request has been in flight; `None` when none of its bytes was written.
    #[inline]
    pub(crate) fn flight_ns(&self, now_ns: u64) -> Option<u64> {
        (self.sent_ns > 0).then(|| now_ns - self.sent_ns)
    }

    /// Whether the connection has taken the whole request.
    pub(crate) fn is_sent(&self, request_bytes: usize) -> bool {
        self.sent_bytes == request_bytes && self.tls.as_ref().is_none_or(|tls| !tls.wants_write())
    }

    /// When this slot's request is too late, and how it is called then; `None` when it is not busy.
    pub(crate) fn deadline(
        &self,
        timeouts: &TimeoutsNs,
        request_bytes: usize,
    ) -> Option<(u64, FailureKind)> {
        match self.phase {
            Phase::Vacant | Phase::BackOff | Phase::Idle => None,
            Phase::Connecting => Some((
                self.connect_started_ns + timeouts.connect,
                FailureKind::ConnTimeout,
            )),
            Phase::Handshaking => Some((
                self.connect_started_ns + timeouts.connect,
                FailureKind::TlsTimeout,
            )),
            Phase::Exchanging => {
                let (step_ns, kind, kind_of_total) = self.exchange_timeout(timeouts, request_bytes);
                let step_deadline_ns = self.progress_ns + step_ns;
                let total_deadline_ns = self.sent_ns + timeouts.total;
                Some(if step_deadline_ns <= total_deadline_ns {
                    (step_deadline_ns, kind)
                } else {
                    (total_deadline_ns, kind_of_total)
                })
            }
        }
    }

    fn exchange_timeout(
        &self,
        timeouts: &TimeoutsNs,
        request_bytes: usize,
    ) -> (u64, FailureKind, FailureKind) {
        if self.response.has_bytes() {
            if self.response.is_in_head() {
                let kind = FailureKind::RespTimeoutHeaders;
                (timeouts.idle, kind, kind)
            } else {
                (
                    timeouts.idle,
                    FailureKind::RespTimeoutIdle,
                    FailureKind::RespTimeoutTotal,
                )
            }
        } else if self.is_sent(request_bytes) {
            let kind = FailureKind::RespTimeoutFirstByte;
            (timeouts.first_byte, kind, FailureKind::RespTimeoutTotal)
        } else {
            let kind = FailureKind::WriteStall;
            (timeouts.idle, kind, kind)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: TimeoutsNs = TimeoutsNs {
        connect: 10,
        first_byte: 40,
        idle: 20,
        total: 100,
    };

    fn exchanging(sent_bytes: usize) -> Slot {
        let mut slot = Slot::new();
        slot.phase = Phase::Exchanging;
        slot.sent_bytes = sent_bytes;
        slot.sent_ns = 1000;
        slot.progress_ns = 1000;
        slot
    }

    fn fed(input: &[u8], progress_ns: u64) -> Slot {
        let mut slot = exchanging(5);
        slot.progress_ns = progress_ns;
        slot.response.feed(input, &mut slot.spill).unwrap();
        slot
    }

    #[test]
    fn a_slot_is_small() {
        assert!(size_of::<Slot>() <= 256, "{} bytes", size_of::<Slot>());
    }

    #[test]
    fn an_idle_connection_is_left_before_the_target_leaves_it() {
        let head = b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=3\r\nContent-Length: 0\r\n\r\n";
        let mut slot = fed(head, 1000);
        assert!(!slot.is_idle_for_too_long(u64::MAX), "no connection");
        slot.socket = Some(std::fs::File::open("/dev/null").unwrap().into());
        assert!(!slot.is_idle_for_too_long(1000 + 2_000_000_000));
        assert!(slot.is_idle_for_too_long(1001 + 2_000_000_000));
    }

    #[test]
    fn a_request_timeout_on_a_used_connection_is_the_keep_alive_race() {
        let leaving = b"HTTP/1.1 408 Late\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        let mut slot = fed(leaving, 1000);
        assert!(!slot.is_refusal_of_idle_connection(408), "first request");
        slot.is_reused = true;
        assert!(slot.is_refusal_of_idle_connection(408));
        assert!(!slot.is_refusal_of_idle_connection(503));
        let mut staying = fed(b"HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n", 1000);
        staying.is_reused = true;
        assert!(!staying.is_refusal_of_idle_connection(408), "it stays open");
    }

    #[test]
    fn each_phase_has_its_deadline() {
        let mut connecting = Slot::new();
        connecting.phase = Phase::Connecting;
        connecting.connect_started_ns = 500;
        let body = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
        for (slot, expected) in [
            (Slot::new(), None),
            (connecting, Some((510, FailureKind::ConnTimeout))),
            (exchanging(3), Some((1020, FailureKind::WriteStall))),
            (
                exchanging(5),
                Some((1040, FailureKind::RespTimeoutFirstByte)),
            ),
            (
                fed(b"HT", 1050),
                Some((1070, FailureKind::RespTimeoutHeaders)),
            ),
            (
                fed(b"HT", 1090),
                Some((1100, FailureKind::RespTimeoutHeaders)),
            ),
            (fed(body, 1050), Some((1070, FailureKind::RespTimeoutIdle))),
            (fed(body, 1090), Some((1100, FailureKind::RespTimeoutTotal))),
        ] {
            assert_eq!(expected, slot.deadline(&TIMEOUTS, 5));
        }
    }
}
