use super::*;

#[test]
fn a_late_turn_is_late_for_every_tick_that_fell_due() {
    let inbox = Arc::new(Inbox::new());
    let mailbox = Arc::new(Mailbox::new().unwrap());
    let mut ledger = Ledger::new(0, inbox, mailbox, monotonic_ns());
    ledger.last_ns = ledger.tick_due_ns + 2 * TICK_NS + 7;
    ledger.tick();
    let lag = &ledger.books[0].tally.loop_lag;
    assert_eq!(3, lag.count());
    for (quantile, late_ns) in [(0.0, 7.0), (0.5, 1e7), (1.0, 2e7)] {
        let lag_ns = lag.quantile_s(quantile) * 1e9;
        assert!(
            (lag_ns - late_ns).abs() <= late_ns * 1e-3 + 7.0,
            "{lag_ns} ns"
        );
    }
    ledger.tick();
    assert_eq!(3, ledger.books[0].tally.loop_lag.count(), "each tick once");
}
