use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use super::*;
use crate::clock::{READS, monotonic_ns};
use crate::plan::tests::plan;
use crate::recorder::Tally;

const CONNECTIONS: usize = 16;

/// Answers whatever comes, for ever.
fn start_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut buffer = [0; 1024];
                while stream.read(&mut buffer).is_ok_and(|count| count > 0) {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            });
        }
    });
    address
}

/// Keep all connections busy for so long, on the thread of the test; what was counted then.
fn run_for(duration: Duration) -> Box<Tally> {
    let mut plan = plan();
    plan.addresses = vec![start_server()];
    let inbox = Arc::new(Inbox::new());
    let mailbox = Arc::new(Mailbox::new().unwrap());
    let mut worker = Worker::new(
        Seat::new(Shared {
            thread: 0,
            threads: 1,
            recipe: Arc::new(Recipe::new(&plan).unwrap()),
            mailbox: Arc::clone(&mailbox),
            inbox: Arc::clone(&inbox),
            budget: Arc::new(Budget::new(u64::MAX, 1)),
            sink: Sink::default(),
            start_ns: monotonic_ns(),
        })
        .unwrap(),
    );
    mailbox.post(Command::SetSlots(CONNECTIONS));
    std::thread::spawn(move || {
        std::thread::sleep(duration);
        mailbox.post(Command::Stop);
    });
    worker.run().unwrap();
    let mut sum = Tally::new();
    sum.add(worker.ledger.current_tally());
    let mut rows = Vec::new();
    inbox.take(&mut rows, Duration::ZERO);
    for row in rows {
        sum.add(&row.tally);
    }
    sum
}

#[test]
fn a_request_in_steady_state_costs_one_clock_read() {
    let before = READS.get();
    let tally = run_for(Duration::from_millis(600));
    // What is not a request: ticks, connections, commands and the end.
    let set_up = 3 * CONNECTIONS as u64 + 10;
    let reads = READS.get() - before - tally.loop_lag.count() - set_up;
    assert!(tally.ok > 1000, "{} requests", tally.ok);
    assert!(
        reads * 100 <= tally.ok * 101,
        "{reads} reads for {} requests",
        tally.ok
    );
}
