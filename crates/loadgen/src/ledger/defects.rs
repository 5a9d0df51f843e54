//! What would books look like that balance and are false nevertheless? For tests only.

use std::sync::atomic::Ordering;

use super::{Failure, FailureKind, Ledger, MAX_ROWS_WAITING, Service};

impl Ledger {
    /// As if the request had never been.
    pub(super) fn forget(&mut self, book: usize) {
        let tally = &mut self.books[book].tally;
        if tally.started > 0 {
            tally.started -= 1;
        } else {
            // Its start has been told already, so that only a wrong end can balance it.
            tally.cut += 1;
        }
        self.end(book, None);
    }

    /// As if the request had been two.
    pub(super) fn count_once_more(&mut self, book: usize, service: Service) {
        let tally = &mut self.books[book].tally;
        tally.started += 1;
        tally.ok += 1;
        tally.latency.record_ns(service.latency_ns);
        tally.first_byte.record_ns(service.first_byte_ns);
        tally.transfer.record_ns(service.transfer_ns);
    }

    /// As if there had been nothing, because nobody has taken what was sent before.
    pub(super) fn drop_if_reader_is_slow(&mut self, index: usize) {
        if self.mailbox.rows_waiting.load(Ordering::Relaxed) >= MAX_ROWS_WAITING {
            self.books[index].tally.clear();
        }
    }

    /// As if a failure's time told something about good requests.
    pub(super) fn mix_into_good(&mut self, book: usize, failure: Failure) {
        let latency_ns = failure.latency_ns.unwrap_or(0);
        self.books[book].tally.latency.record_ns(latency_ns);
    }

    /// As if a request that timed out had never been.
    pub(super) fn forgets_timeout(&mut self, book: usize, kind: FailureKind) -> bool {
        let is_timeout = kind.name().contains("timeout");
        if is_timeout {
            self.forget(book);
        }
        is_timeout
    }

    /// As if what we cut had been answered.
    pub(super) fn end_cut_as_good(&mut self, book: usize, flight_ns: Option<u64>) {
        let tally = &mut self.books[book].tally;
        tally.ok += 1;
        tally.latency.record_ns(flight_ns.unwrap_or(0));
        self.end(book, flight_ns);
    }

    /// As if what is in flight in the current window had never been.
    pub(super) fn forget_in_flight(&mut self) {
        let book = &mut self.books[self.current];
        book.tally.started = book.tally.started.saturating_sub(book.in_flight);
    }
}
