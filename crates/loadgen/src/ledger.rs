//! To which window and interval does an event belong?
//!
//! One ledger per load thread. Every event asks `now`, which first closes what ended before that
//! moment; so starts and ends are attributed exactly, however late the thread comes to them.

mod planned;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(crate) use self::planned::{NoSlot, OpenLoop, Start};
use crate::audit::Log;
use crate::clock::{NS_PER_MS, NS_PER_S, monotonic_ns};
use crate::exchange::{Inbox, Mailbox};
use crate::failure::FailureKind;
use crate::failure_log::Failure;
use crate::recorder::{Place, Row, Tally};
use crate::self_watch::{SelfLoad, SelfWatch};
use crate::slot::Service;
use crate::stall::{Gap, MIN_GAP_NS};
use crate::warning::{WarningKind, Warnings};

#[cfg(feature = "mutants")]
mod defects;

const INTERVAL_NS: u64 = NS_PER_S;
/// How late the loop comes to this tick is how late it comes to an answer that waits for it.
pub(crate) const TICK_NS: u64 = 10 * NS_PER_MS;
/// Rows on their way above which this thread joins intervals instead of sending more.
const MAX_ROWS_WAITING: usize = 16;

/// The requests that started in one window on this thread.
struct Book {
    window: u32,
    is_free: bool,
    is_left: bool,
    in_flight: u64,
    stragglers_due_ns: u64,
    tally: Box<Tally>,
}

/// The books of one load thread.
pub(crate) struct Ledger {
    thread: usize,
    inbox: Arc<Inbox>,
    mailbox: Arc<Mailbox>,
    books: Vec<Book>,
    current: usize,
    coming: VecDeque<(u32, u64)>,
    /// Where the grid of the current window starts; the same on all threads.
    grid_ns: u64,
    interval: u64,
    row_start_ns: u64,
    /// The next moment at which a row ends.
    edge_ns: u64,
    last_ns: u64,
    stragglers_due_ns: u64,
    tick_due_ns: u64,
    /// Slots that have a request taken up, and until when their time has been counted.
    running: u64,
    running_until_ns: u64,
    /// The last complete answer, or the edge after it.
    last_answer_ns: u64,
    self_watch: SelfWatch,
    pub connections_open: u64,
    /// The starts that are planned, in the open loop.
    pub open_loop: Option<OpenLoop>,
    pub audit: Log,
}

impl Ledger {
    pub(crate) fn new(
        thread: usize,
        inbox: Arc<Inbox>,
        mailbox: Arc<Mailbox>,
        start_ns: u64,
    ) -> Self {
        let first = Book {
            window: 0,
            is_free: false,
            is_left: false,
            in_flight: 0,
            stragglers_due_ns: u64::MAX,
            tally: inbox.spare(),
        };
        Self {
            thread,
            inbox,
            mailbox,
            books: vec![first],
            current: 0,
            coming: VecDeque::with_capacity(4),
            grid_ns: start_ns,
            interval: 0,
            row_start_ns: start_ns,
            edge_ns: start_ns + INTERVAL_NS,
            last_ns: start_ns,
            stragglers_due_ns: u64::MAX,
            tick_due_ns: start_ns + TICK_NS,
            running: 0,
            running_until_ns: start_ns,
            last_answer_ns: start_ns,
            self_watch: SelfWatch::new(start_ns),
            connections_open: 0,
            open_loop: None,
            audit: Log::default(),
        }
    }

    /// What has been counted since the last edge.
    #[cfg(test)]
    pub(crate) fn current_tally(&self) -> &Tally {
        &self.books[self.current].tally
    }

    /// Read the clock and close every interval that ended before it.
    #[inline]
    pub(crate) fn now(&mut self) -> u64 {
        mutant!(StaleClock, 3 => return self.last_ns);
        let now_ns = monotonic_ns();
        if now_ns >= self.edge_ns {
            self.roll(now_ns);
        }
        self.last_ns = now_ns;
        now_ns
    }

    /// The time of the event being handled.
    #[inline]
    pub(crate) const fn last_ns(&self) -> u64 {
        self.last_ns
    }

    /// When this ledger wants to be looked at although nothing happens.
    pub(crate) fn due_ns(&self) -> u64 {
        self.edge_ns
            .min(self.stragglers_due_ns)
            .min(self.next_start_ns())
    }

    /// When the next tick falls due.
    pub(crate) const fn tick_due_ns(&self) -> u64 {
        self.tick_due_ns
    }

    /// One turn of the loop is over: note how late it came to the ticks that fell due in it.
    #[inline]
    pub(crate) fn tick(&mut self) {
        while self.last_ns >= self.tick_due_ns {
            let tally = &mut self.books[self.current].tally;
            tally.loop_lag.record_ns(self.last_ns - self.tick_due_ns);
            self.tick_due_ns += TICK_NS;
        }
    }

    /// From `at_ns` on, or from now when that is over, requests belong to `window`.
    pub(crate) fn begin_window(&mut self, window: u32, at_ns: u64) {
        self.coming.push_back((window, at_ns));
        self.find_edge();
        if self.last_ns >= self.edge_ns {
            self.roll(self.last_ns);
        }
    }

    /// Send the rows of stragglers that are due.
    pub(crate) fn report_stragglers(&mut self) {
        if self.last_ns < self.stragglers_due_ns {
            return;
        }
        for index in 0..self.books.len() {
            if self.books[index].stragglers_due_ns <= self.last_ns {
                self.books[index].stragglers_due_ns = self.last_ns + INTERVAL_NS;
                self.send_stragglers(index);
            }
        }
        self.find_stragglers_due();
    }

    /// A slot was taken up: its request belongs to the current window. The book's number.
    #[inline]
    pub(crate) fn start(&mut self) -> usize {
        let book = &mut self.books[self.current];
        book.tally.planned += 1;
        book.tally.started += 1;
        book.in_flight += 1;
        self.current
    }

    #[inline]
    pub(crate) fn count_sent(&mut self, book: usize, bytes: usize) {
        self.books[book].tally.sent_bytes += bytes as u64;
    }

    #[inline]
    pub(crate) fn count_received(&mut self, book: usize, bytes: usize) {
        self.books[book].tally.received_bytes += mutant!(BytesLost, 50, 0, bytes as u64);
    }

    /// A slot that had none has a request taken up.
    pub(crate) fn begin_running(&mut self) {
        self.count_running(self.last_ns);
        self.running += 1;
    }

    /// A slot has no request any more and takes none up for now.
    pub(crate) fn end_running(&mut self) {
        self.count_running(self.last_ns);
        self.running -= 1;
    }

    fn count_running(&mut self, until_ns: u64) {
        let span_ns = until_ns.saturating_sub(self.running_until_ns);
        self.books[self.current].tally.running_ns += self.running * span_ns;
        self.running_until_ns = until_ns;
    }

    /// A request was sent, or has failed before that, so long after it was taken up.
    pub(crate) fn count_gap(&mut self, gap_ns: u64) {
        self.books[self.current].tally.gap_ns += gap_ns;
    }

    /// A request ended ok.
    #[inline]
    pub(crate) fn end_ok(&mut self, book: usize, status: u16, service: Service) {
        mutant!(ForgetRequests, 100 => return self.forget(book));
        mutant!(CountTwice, 100 => self.count_once_more(book, service));
        let counted_in = mutant!(AttributeByEnd, 1, self.current, book);
        let tally = &mut self.books[counted_in].tally;
        tally.ok += 1;
        tally.count_status(status);
        if service.first_byte_ns == service.latency_ns {
            tally.whole.record_ns(service.latency_ns);
        } else {
            tally.latency.record_ns(service.latency_ns);
            tally.first_byte.record_ns(service.first_byte_ns);
            tally.transfer.record_ns(service.transfer_ns);
        }
        if let Some(latency_ns) = service.since_connect_ns {
            tally.fresh_latency.record_ns(latency_ns);
        }
        if let Some(response_ns) = service.since_planned_ns {
            tally.response.record_ns(response_ns);
        }
        let ended_in = mutant!(EndsByStart, 1, book, self.current);
        self.books[ended_in].tally.ended_ok += 1;
        self.count_answer();
        self.end(book, Some(service.latency_ns));
    }

    /// A complete response had a status that is not ok.
    pub(crate) fn end_with_status(&mut self, book: usize, failure: Failure) {
        self.books[book].tally.count_status(failure.status);
        mutant!(FailuresInGood, 1 => self.mix_into_good(book, failure));
        self.count_answer();
        self.end_failed(book, FailureKind::HttpStatus, failure, failure.latency_ns);
    }

    /// A request failed after `flight_ns`, `None` when it was not sent.
    pub(crate) fn end_failed(
        &mut self,
        book: usize,
        kind: FailureKind,
        failure: Failure,
        flight_ns: Option<u64>,
    ) {
        mutant!(TimeoutsForgotten, 1 => if self.forgets_timeout(book, kind) { return });
        let tally = &mut self.books[book].tally;
        tally.failures[kind as usize] += 1;
        tally.failure_log.note(kind, failure);
        if let Some(latency_ns) = failure.latency_ns {
            tally
                .failed_latency
                .record_ns(mutant!(FailedInNoTime, 1, 0, latency_ns));
        }
        self.end(book, flight_ns);
    }

    /// An answer was odd; how its request ended is counted apart.
    pub(crate) fn warn(&mut self, book: usize, warnings: Warnings) {
        self.books[book].tally.count_warnings(warnings);
    }

    /// Something odd came without a request; it is told in the current window.
    pub(crate) fn warn_of_idle(&mut self, kind: WarningKind) {
        let mut warnings = Warnings::none();
        warnings.add(kind);
        self.warn(self.current, warnings);
    }

    /// A request was cut by us.
    pub(crate) fn end_cut(&mut self, book: usize, flight_ns: Option<u64>) {
        mutant!(CutAsGood, 1 => return self.end_cut_as_good(book, flight_ns));
        self.books[book].tally.cut += 1;
        self.end(book, flight_ns);
    }

    /// A connection came up.
    pub(crate) fn count_opened(&mut self, connect_ns: u64, tls_ns: Option<u64>) {
        let tally = &mut self.books[self.current].tally;
        tally.opened += mutant!(ConnectionsLost, 5, 0, 1);
        tally.connect.record_ns(connect_ns);
        if let Some(tls_ns) = tls_ns {
            tally.tls.record_ns(tls_ns);
        }
    }

    pub(crate) fn count_attempt_failed(&mut self) {
        self.books[self.current].tally.attempts_failed += 1;
    }

    pub(crate) fn count_closed_by_target(&mut self) {
        self.books[self.current].tally.closed_by_target += mutant!(ClosesLost, 1, 0, 1);
    }

    /// A complete answer came: a time without one is over.
    #[inline]
    fn count_answer(&mut self) {
        if self.last_ns - self.last_answer_ns >= MIN_GAP_NS {
            self.end_gap(self.last_ns);
        }
        self.last_answer_ns = self.last_ns;
    }

    #[cold]
    fn end_gap(&mut self, end_ns: u64) {
        mutant!(GapsHalved, 1 => self.last_answer_ns = self.last_answer_ns.midpoint(end_ns));
        self.books[self.current].tally.gaps.push(Gap {
            start_ns: self.last_answer_ns,
            end_ns,
        });
    }

    #[inline]
    fn end(&mut self, book: usize, flight_ns: Option<u64>) {
        let tally = &mut self.books[self.current].tally;
        tally.ended_all += 1;
        tally.ended_time_ns += flight_ns.unwrap_or(0);
        let ended = &mut self.books[book];
        ended.in_flight -= 1;
        if ended.in_flight == 0 && ended.is_left {
            self.close_book(book);
        }
    }

    #[cold]
    fn close_book(&mut self, book: usize) {
        self.send_stragglers(book);
        self.books[book].is_free = true;
        self.books[book].stragglers_due_ns = u64::MAX;
        self.find_stragglers_due();
    }

    #[cold]
    fn roll(&mut self, now_ns: u64) {
        while now_ns >= self.edge_ns {
            let edge_ns = self.edge_ns;
            self.take_planned_before(edge_ns, now_ns, NoSlot::Drop);
            match self.coming.front() {
                Some(&(window, at_ns)) if at_ns <= edge_ns => {
                    self.coming.pop_front();
                    self.leave_window(window, at_ns, edge_ns, now_ns);
                }
                _ => {
                    let is_reader_slow =
                        self.mailbox.rows_waiting.load(Ordering::Relaxed) >= MAX_ROWS_WAITING;
                    if !is_reader_slow {
                        self.send_interval(edge_ns, now_ns, false);
                    }
                    self.interval += 1;
                }
            }
            self.find_edge();
        }
    }

    fn leave_window(&mut self, window: u32, grid_ns: u64, edge_ns: u64, now_ns: u64) {
        mutant!(LoseInFlight, 1 => self.forget_in_flight());
        self.send_interval(edge_ns, now_ns, true);
        let left = &mut self.books[self.current];
        left.is_left = true;
        left.is_free = left.in_flight == 0;
        if !left.is_free {
            left.stragglers_due_ns = edge_ns + INTERVAL_NS;
        }
        self.current = self.open_book(window);
        self.find_stragglers_due();
        self.grid_ns = grid_ns;
        self.interval = (edge_ns - grid_ns) / INTERVAL_NS;
    }

    fn open_book(&mut self, window: u32) -> usize {
        let place = self.books.iter().position(|book| book.is_free);
        let index = place.unwrap_or(self.books.len());
        if place.is_none() {
            self.books.push(Book {
                window,
                is_free: false,
                is_left: false,
                in_flight: 0,
                stragglers_due_ns: u64::MAX,
                tally: self.inbox.spare(),
            });
        }
        let book = &mut self.books[index];
        book.window = window;
        book.is_free = false;
        book.is_left = false;
        book.stragglers_due_ns = u64::MAX;
        index
    }

    /// The next edge: the end of the interval on the grid, or the next window if that is sooner.
    fn find_edge(&mut self) {
        let grid_edge_ns = self.grid_ns + (self.interval + 1) * INTERVAL_NS;
        self.edge_ns = match self.coming.front() {
            Some(&(_, at_ns)) => at_ns.max(self.last_ns).min(grid_edge_ns),
            None => grid_edge_ns,
        };
    }

    fn find_stragglers_due(&mut self) {
        self.stragglers_due_ns = self
            .books
            .iter()
            .map(|book| book.stragglers_due_ns)
            .min()
            .unwrap_or(u64::MAX);
    }

    fn send_interval(&mut self, end_ns: u64, now_ns: u64, is_last: bool) {
        self.count_running(end_ns);
        self.end_gap(end_ns);
        self.last_answer_ns = end_ns;
        let load = self.self_watch.sample(now_ns);
        let row = Row {
            thread: self.thread,
            window: self.books[self.current].window,
            place: Place::Interval(self.interval),
            start_ns: self.row_start_ns,
            end_ns,
            is_last,
            in_flight: self.books[self.current].in_flight,
            connections_open: self.connections_open,
            load,
            tally: self.swap_tally(self.current),
        };
        self.row_start_ns = end_ns;
        self.send(row);
    }

    fn send_stragglers(&mut self, index: usize) {
        mutant!(LoseInFlight, 1 => self.books[index].tally.clear());
        let row = Row {
            thread: self.thread,
            window: self.books[index].window,
            place: Place::Stragglers,
            start_ns: self.last_ns,
            end_ns: self.last_ns,
            is_last: true,
            in_flight: self.books[index].in_flight,
            connections_open: self.connections_open,
            load: SelfLoad::NONE,
            tally: self.swap_tally(index),
        };
        self.send(row);
    }

    fn swap_tally(&mut self, index: usize) -> Box<Tally> {
        mutant!(RowsDropped, 1 => self.drop_if_reader_is_slow(index));
        std::mem::replace(&mut self.books[index].tally, self.inbox.spare())
    }

    fn send(&self, row: Row) {
        self.mailbox.rows_waiting.fetch_add(1, Ordering::Relaxed);
        self.inbox.push(row);
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
