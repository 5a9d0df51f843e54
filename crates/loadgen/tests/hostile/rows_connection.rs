//! B06 to B15 and B69: before and below the first byte of HTTP.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use loadgen::Pool;

use crate::case::Conn::{Close, Reuse};
use crate::case::{Case, connect_ms, err, first_byte_ms, good, idle_ms};
use crate::observe::{Mode, observe, plan_for};
use crate::server::Then::{Fin, Keep, Reset, Silence};
use crate::server::{Act, HostileServer, Peer, Script};

pub fn cases() -> Vec<Case> {
    let mut cases = ended_connections();
    cases.extend(slow_connections());
    cases
}

fn ended_connections() -> Vec<Case> {
    vec![
        // Which of the two it is depends on whether our request was faster than the RST.
        Case::new(
            "B10",
            "RST at once",
            err(&["conn.reset_early", "resp.reset.before_status"]),
            Act::accepted(|peer: &mut Peer| {
                rustix::net::sockopt::set_socket_linger(peer.tcp(), Some(Duration::ZERO)).unwrap();
                Keep
            }),
        ),
        Case::new(
            "B11",
            "FIN at once",
            err(&["resp.eof.before_status"]),
            Act::accepted(|_| Fin),
        ),
        Case::new(
            "B14",
            "half of the connection is closed behind the answer",
            good(Close),
            Act::asked(|peer: &mut Peer| {
                cork(peer);
                peer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
                Fin
            }),
        ),
    ]
}

fn slow_connections() -> Vec<Case> {
    vec![
        Case::new(
            "B15",
            "a part of the answer is lost and comes again",
            good(Reuse),
            Act::asked(|peer: &mut Peer| {
                peer.write(b"HTTP/1.1 200 OK\r\nContent-Le");
                std::thread::sleep(Duration::from_millis(40));
                peer.write(b"ngth: 2\r\n\r\nok");
                Keep
            }),
        ),
        Case::new(
            "B12",
            "a request that nobody reads",
            err(&["write.stall"]),
            Act::accepted(|peer: &mut Peer| {
                // Buffers that do not grow until the whole request is in them.
                rustix::net::sockopt::set_socket_recv_buffer_size(peer.tcp(), 4096).unwrap();
                std::thread::sleep(Duration::from_secs(3));
                Reset
            }),
        )
        .waiting(idle_ms(400))
        .with_plan(|plan| {
            plan.method = "POST".into();
            plan.body = Some(vec![0; 8 << 20]);
        }),
        Case::answer(
            "B13",
            "no answer",
            err(&["resp.timeout.first_byte"]),
            "",
            Silence,
        )
        .waiting(first_byte_ms(400)),
    ]
}

/// What is written from here on goes out together with the FIN.
pub fn cork(peer: &Peer) {
    rustix::net::sockopt::set_tcp_cork(peer.tcp(), true).unwrap();
}

/// An address where no connection can be made, and what keeps it so.
pub struct DeadEnd {
    pub row: &'static str,
    pub what: &'static str,
    pub kind: &'static str,
    pub address: SocketAddr,
    /// Each attempt waits for the connect timer.
    waits: bool,
    _held: Vec<OwnedFd>,
}

pub fn dead_ends() -> Vec<DeadEnd> {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (full, held) = full_listener();
    vec![
        DeadEnd {
            row: "B06",
            what: "nobody listens",
            kind: "conn.refused",
            address: closed,
            waits: false,
            _held: Vec::new(),
        },
        DeadEnd {
            row: "B07",
            what: "no answer to the SYN",
            kind: "conn.timeout",
            address: full,
            waits: true,
            _held: Vec::new(),
        },
        DeadEnd {
            row: "B08",
            what: "a full accept queue",
            kind: "conn.timeout",
            address: full,
            waits: true,
            _held: held,
        },
        // TCP to a broadcast address is refused by the kernel itself: nothing is sent.
        DeadEnd {
            row: "B09",
            what: "no route",
            kind: "conn.unreachable",
            address: ([127, 255, 255, 255], 9).into(),
            waits: false,
            _held: Vec::new(),
        },
    ]
}

/// `listen(0)` has room for one connection; further SYNs meet silence.
fn full_listener() -> (SocketAddr, Vec<OwnedFd>) {
    use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listen(&socket, 0).unwrap();
    let address = SocketAddr::try_from(getsockname(&socket).unwrap()).unwrap();
    let occupant = TcpStream::connect(address).unwrap();
    (address, vec![socket, occupant.into()])
}

/// Every attempt fails, is counted, and rests before the next; nothing spins.
pub fn check_alone(end: &DeadEnd, in_flight: u64) {
    let name = format!("{} ({}), {in_flight} in flight", end.row, end.what);
    let mode = Mode::alone(in_flight, if end.waits { in_flight } else { 5 * in_flight });
    let mut plan = plan_for(end.address);
    plan.max_requests = mode.requests;
    connect_ms(200)(&mut plan);
    let probed = Pool::new(&plan).unwrap().probe().unwrap_err();
    assert_eq!(end.kind, probed.kind(), "{name}: {probed}");
    let seen = observe(&name, &plan, mode);
    let failures = seen.books.failures().into_iter().collect::<Vec<_>>();
    assert_eq!(vec![(end.kind, mode.requests)], failures, "{name}");
    assert_eq!(
        mode.requests,
        seen.books.sum(|window| window.attempts_failed),
        "{name}"
    );
    // 1, 2, 4 and 8 ms, each less half of it.
    let least_s = if end.waits { 0.2 } else { 7.5e-3 };
    assert!(seen.elapsed_s >= least_s, "{name}: {} s", seen.elapsed_s);
    assert!(
        seen.cpu_s <= 0.5 * seen.elapsed_s + 0.02,
        "{name}: {} s of CPU",
        seen.cpu_s
    );
}

/// One address of twenty is a dead end: only its attempts fail.
pub fn check_mixed(end: &DeadEnd) {
    let name = format!("{} ({}), mixed", end.row, end.what);
    let mode = Mode::alone(10, 200);
    let good = HostileServer::start(Script {
        act: Act::accepted(|_| Fin),
        every: u64::MAX,
        at_once: 1,
        tls: None,
    });
    let mut plan = plan_for(good.server.address);
    plan.addresses = vec![good.server.address; 19];
    plan.addresses.push(end.address);
    plan.max_requests = mode.requests;
    connect_ms(200)(&mut plan);
    let seen = observe(&name, &plan, mode);
    let failures = seen.books.failures().into_iter().collect::<Vec<_>>();
    assert_eq!(vec![(end.kind, 10)], failures, "{name}");
    assert_eq!(190, seen.books.sum(|window| window.ok), "{name}");
    assert_eq!(190, good.good(), "{name}");
}
