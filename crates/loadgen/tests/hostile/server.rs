//! A server that misbehaves in a set share of its turns, and knows exactly how often it did.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{Server, request_length};

/// A good answer that a HEAD request may have, too.
pub const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const GOOD_AND_CLOSE: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
/// Bytes that are to be read before an RST destroys them get so much time.
const BEFORE_RESET: Duration = Duration::from_millis(20);
/// An act waits at most so long for the connections that are to be open beside it.
const GATE_PATIENCE: Duration = Duration::from_secs(5);

/// What the server does to the connection after an act.
#[derive(Clone, Copy)]
pub enum Then {
    /// Read the next request.
    Keep,
    /// End our direction, and wait until the client has ended its own: no RST.
    Fin,
    /// End both directions with RST, some time after the last byte.
    Reset,
    /// Say nothing more until the client leaves.
    Silence,
}

type Play = Box<dyn Fn(&mut Peer) -> Then + Send + Sync>;

/// One kind of misdeed, and the moment at which the server commits it.
pub enum Act {
    /// Before anything has been read or, with TLS, shaken. The other connections end after one
    /// answer, so that every request meets a new one.
    Accepted(Play),
    /// After a whole request.
    Asked(Play),
    /// After a whole request on a connection that has been used before.
    AskedAgain(Play),
}

impl Act {
    pub fn accepted(play: impl Fn(&mut Peer) -> Then + Send + Sync + 'static) -> Self {
        Self::Accepted(Box::new(play))
    }

    pub fn asked(play: impl Fn(&mut Peer) -> Then + Send + Sync + 'static) -> Self {
        Self::Asked(Box::new(play))
    }

    pub fn asked_again(play: impl Fn(&mut Peer) -> Then + Send + Sync + 'static) -> Self {
        Self::AskedAgain(Box::new(play))
    }
}

/// The server's side of one connection.
pub struct Peer {
    wire: Wire,
    unread: Vec<u8>,
}

enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Peer {
    pub fn tcp(&self) -> &TcpStream {
        match &self.wire {
            Wire::Plain(stream) => stream,
            Wire::Tls(stream) => &stream.sock,
        }
    }

    /// The TLS session after `start_tls`.
    pub fn session(&mut self) -> &mut ServerConnection {
        match &mut self.wire {
            Wire::Plain(_) => panic!("a session before start_tls"),
            Wire::Tls(stream) => &mut stream.conn,
        }
    }

    pub fn start_tls(&mut self, config: &Arc<ServerConfig>) {
        let session = ServerConnection::new(Arc::clone(config)).unwrap();
        let stream = self.tcp().try_clone().unwrap();
        self.wire = Wire::Tls(Box::new(StreamOwned::new(session, stream)));
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.wire {
            Wire::Plain(stream) => stream.read(buffer),
            Wire::Tls(stream) => stream.read(buffer),
        }
    }

    /// Whether a whole request has come before the end of the connection.
    pub fn read_request(&mut self) -> bool {
        let mut buffer = [0; 4096];
        loop {
            if let Some(length) = request_length(&self.unread) {
                let here = length.min(self.unread.len());
                self.unread.drain(..here);
                return self.skip(length - here);
            }
            match self.read(&mut buffer) {
                Ok(0) | Err(_) => return false,
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
            }
        }
    }

    /// Read the rest of a body without keeping it.
    fn skip(&mut self, mut left: usize) -> bool {
        let mut buffer = vec![0; left.min(1 << 16)];
        while left > 0 {
            let most = left.min(buffer.len());
            match self.read(&mut buffer[..most]) {
                Ok(0) | Err(_) => return false,
                Ok(count) => left -= count,
            }
        }
        true
    }

    /// Whether the bytes could be written: the client may have gone, for good reasons.
    pub fn write(&mut self, bytes: &[u8]) -> bool {
        match &mut self.wire {
            Wire::Plain(stream) => stream.write_all(bytes).is_ok(),
            Wire::Tls(stream) => stream
                .write_all(bytes)
                .and_then(|()| stream.flush())
                .is_ok(),
        }
    }

    /// Write the same bytes again and again until the client leaves, `pause` in between.
    pub fn drip(&mut self, bytes: &[u8], pause: Duration) {
        while self.write(bytes) {
            std::thread::sleep(pause);
        }
    }

    /// Read and forget until the client leaves.
    pub fn drain(&mut self) {
        let mut buffer = vec![0; 1 << 16];
        while self.tcp().read(&mut buffer).is_ok_and(|count| count > 0) {}
    }

    fn finish(mut self, then: Then) {
        match then {
            Then::Keep => {}
            Then::Fin => {
                let _ = self.tcp().shutdown(Shutdown::Write);
                self.drain();
            }
            Then::Reset => {
                std::thread::sleep(BEFORE_RESET);
                let linger = Some(Duration::ZERO);
                rustix::net::sockopt::set_socket_linger(self.tcp(), linger).unwrap();
            }
            Then::Silence => self.drain(),
        }
    }
}

/// How one hostile server behaves.
pub struct Script {
    pub act: Act,
    /// One turn in so many is an act; 1 means all of them.
    pub every: u64,
    /// So many connections are open before the first act.
    pub at_once: u64,
    pub tls: Option<Arc<ServerConfig>>,
}

#[derive(Default)]
struct Counts {
    turns: AtomicU64,
    acts: AtomicU64,
    good: AtomicU64,
    accepts: AtomicU64,
}

/// A running script.
pub struct HostileServer {
    pub server: Server,
    /// No connection carries more than one request.
    pub closes_all: bool,
    counts: Arc<Counts>,
}

impl HostileServer {
    pub fn start(script: Script) -> Self {
        let counts = Arc::new(Counts::default());
        let closes_all = matches!(script.act, Act::Accepted(_));
        let shared = Arc::clone(&counts);
        let server = Server::start(move |connection| {
            shared.accepts.fetch_add(1, Ordering::SeqCst);
            let peer = Peer {
                wire: Wire::Plain(connection.stream),
                unread: Vec::new(),
            };
            serve(&script, &shared, peer);
        });
        Self {
            server,
            closes_all,
            counts,
        }
    }

    /// How often the server has misbehaved.
    pub fn acts(&self) -> u64 {
        self.counts.acts.load(Ordering::SeqCst)
    }

    /// How often it has answered as it should.
    pub fn good(&self) -> u64 {
        self.counts.good.load(Ordering::SeqCst)
    }
}

fn serve(script: &Script, counts: &Counts, mut peer: Peer) {
    wait_for_others(script, counts);
    if let Act::Accepted(act) = &script.act
        && is_turn(script, counts)
    {
        let then = act(&mut peer);
        peer.finish(then);
        return;
    }
    if let Some(config) = &script.tls {
        peer.start_tls(config);
    }
    let mut is_used = false;
    while peer.read_request() {
        let act = match &script.act {
            Act::Asked(act) => Some(act),
            Act::AskedAgain(act) if is_used => Some(act),
            _ => None,
        };
        is_used = true;
        let then = match act {
            Some(act) if is_turn(script, counts) => act(&mut peer),
            _ => answer_well(script, counts, &mut peer),
        };
        if !matches!(then, Then::Keep) {
            peer.finish(then);
            return;
        }
    }
}

fn answer_well(script: &Script, counts: &Counts, peer: &mut Peer) -> Then {
    counts.good.fetch_add(1, Ordering::SeqCst);
    if matches!(script.act, Act::Accepted(_)) {
        peer.write(GOOD_AND_CLOSE);
        return Then::Fin;
    }
    peer.write(GOOD);
    Then::Keep
}

fn is_turn(script: &Script, counts: &Counts) -> bool {
    let turn = counts.turns.fetch_add(1, Ordering::SeqCst) + 1;
    let is_act = turn.is_multiple_of(script.every);
    if is_act {
        counts.acts.fetch_add(1, Ordering::SeqCst);
    }
    is_act
}

/// So that N in flight are N connections at the same time, and not a few fast ones in turn.
fn wait_for_others(script: &Script, counts: &Counts) {
    let end = Instant::now() + GATE_PATIENCE;
    while counts.accepts.load(Ordering::SeqCst) < script.at_once && Instant::now() < end {
        std::thread::sleep(Duration::from_micros(200));
    }
}
