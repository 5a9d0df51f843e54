//! A server that remembers when it read each request and when it handed its answer to the kernel.
//!
//! `truth-server (log=FILE | count) SCRIPT...` listens on a free port of 127.0.0.1 and prints it.
//! It ends when its standard input ends, so that it cannot outlive who started it; with `count` it
//! keeps no log and then prints how many requests it has read and answered. One thread per
//! connection, blocking calls, no code of the engine.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use truth::act::Act;
use truth::clock::{monotonic_ns, sleep_until};
use truth::record::{Event, Record, append};
use truth::script::{BODY_PAUSE, LONG_BODY_PAUSE, Script};
use truth::server::GOODBYE;

const HEAD_END: &[u8] = b"\r\n\r\n";
const ID_FIELD: &[u8] = b"X-Id: ";
const STACK_BYTES: usize = 64 << 10;

/// What all connections share.
struct House {
    script: Script,
    log: Option<File>,
    read: AtomicU64,
    answered: AtomicU64,
    /// When the pause of all connections begins and ends.
    stall_ns: OnceLock<(u64, u64)>,
}

impl House {
    fn note(&self, record: Record) -> io::Result<()> {
        match record.event {
            Event::Read => drop(self.read.fetch_add(1, Ordering::Relaxed)),
            Event::Written => drop(self.answered.fetch_add(1, Ordering::Relaxed)),
            Event::Accepted | Event::Head | Event::Stalled => {}
        }
        self.log.as_ref().map_or(Ok(()), |log| append(log, record))
    }

    /// Where the pause lies, decided by the first request.
    fn stall(&self, first_read_ns: u64) -> (u64, u64) {
        *self.stall_ns.get_or_init(|| {
            let Some(stall) = self.script.stall else {
                return (0, 0);
            };
            let start_ns = first_read_ns + nanos(stall.after);
            // A log that refuses shows as a stall that the join does not know.
            let _ = self.note(Record {
                id: 0,
                at_ns: start_ns,
                connection: 0,
                bytes: u32::try_from(stall.length.as_micros()).unwrap_or(u32::MAX),
                event: Event::Stalled,
                act: Act::Answer,
            });
            (start_ns, start_ns + nanos(stall.length))
        })
    }
}

/// One connection and the request that is being treated on it.
struct Visit {
    house: Arc<House>,
    stream: TcpStream,
    connection: u32,
    id: u64,
    act: Act,
}

impl Visit {
    fn note(&self, event: Event, bytes: usize) -> io::Result<()> {
        self.house.note(Record {
            id: self.id,
            at_ns: monotonic_ns(),
            connection: self.connection,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            event,
            act: self.act,
        })
    }

    fn serve(&mut self) -> io::Result<()> {
        let mut request = Vec::with_capacity(1024);
        while self.read_request(&mut request)? {
            let read_ns = monotonic_ns();
            if request == GOODBYE {
                return Ok(());
            }
            self.id = number_in(&request).unwrap_or(0);
            self.act = self.house.script.act(self.id);
            self.house.note(Record {
                id: self.id,
                at_ns: read_ns,
                connection: self.connection,
                bytes: u32::try_from(request.len()).unwrap_or(u32::MAX),
                event: Event::Read,
                act: self.act,
            })?;
            request.clear();
            sleep_until(read_ns + nanos(self.house.script.service(self.id)));
            let (stall_start_ns, stall_end_ns) = self.house.stall(read_ns);
            if (stall_start_ns..stall_end_ns).contains(&monotonic_ns()) {
                sleep_until(stall_end_ns);
            }
            if !self.act()? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// One request without a body; false at the end of the connection.
    fn read_request(&mut self, request: &mut Vec<u8>) -> io::Result<bool> {
        let mut part = [0; 2048];
        while !request.ends_with(HEAD_END) {
            let count = self.stream.read(&mut part)?;
            if count == 0 {
                return Ok(false);
            }
            request.extend_from_slice(&part[..count]);
        }
        Ok(true)
    }

    /// Whether the connection goes on.
    fn act(&mut self) -> io::Result<bool> {
        let body = vec![b'x'; self.house.script.body_bytes(self.id)];
        let length = format!("Content-Length: {}\r\n", body.len());
        match self.act {
            Act::Answer => self.answer("200 OK", &length, &body, None)?,
            Act::Status => self.answer("503 Busy", &length, &body, None)?,
            Act::LastAnswer => {
                let fields = format!("{length}Connection: close\r\n");
                self.answer("200 OK", &fields, &body, None)?;
                return Ok(false);
            }
            Act::SlowBody => self.answer("200 OK", &length, &body, Some(BODY_PAUSE))?,
            Act::VerySlowBody => self.answer("200 OK", &length, &body, Some(LONG_BODY_PAUSE))?,
            Act::Chunked => {
                let mut coded = Vec::with_capacity(body.len() + 32);
                write!(coded, "1\r\n{}\r\n", char::from(body[0]))?;
                if body.len() > 1 {
                    write!(coded, "{:x}\r\n", body.len() - 1)?;
                    coded.extend_from_slice(&body[1..]);
                    coded.extend_from_slice(b"\r\n");
                }
                coded.extend_from_slice(b"0\r\n\r\n");
                self.answer("200 OK", "Transfer-Encoding: chunked\r\n", &coded, None)?;
            }
            Act::Close => return Ok(false),
            Act::Reset => {
                rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO))?;
                return Ok(false);
            }
            Act::Truncate => {
                let length = format!("Content-Length: {}\r\n", body.len() + 1);
                self.answer("200 OK", &length, &body, None)?;
                return Ok(false);
            }
            Act::Hang => {
                // The client gives up first.
                while self.stream.read(&mut [0; 64])? > 0 {}
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn answer(
        &mut self,
        status: &str,
        fields: &str,
        body: &[u8],
        pause: Option<Duration>,
    ) -> io::Result<()> {
        let mut bytes = format!("HTTP/1.1 {status}\r\n{fields}\r\n").into_bytes();
        let head_bytes = bytes.len();
        bytes.extend_from_slice(body);
        let Some(pause) = pause else {
            self.note(Event::Written, bytes.len())?;
            return self.stream.write_all(&bytes);
        };
        self.note(Event::Head, head_bytes)?;
        self.stream.write_all(&bytes[..head_bytes])?;
        sleep_until(monotonic_ns() + nanos(pause));
        self.note(Event::Written, bytes.len())?;
        self.stream.write_all(&bytes[head_bytes..])
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn number_in(request: &[u8]) -> Option<u64> {
    let at = request
        .windows(ID_FIELD.len())
        .position(|bytes| bytes == ID_FIELD)?;
    let digits = request.get(at + ID_FIELD.len()..)?;
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

fn accept_all(listener: &TcpListener, house: &Arc<House>) -> io::Result<()> {
    for connection in 0_u32.. {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let mut visit = Visit {
            house: Arc::clone(house),
            stream,
            connection,
            id: 0,
            act: Act::Answer,
        };
        visit.note(Event::Accepted, 0)?;
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn(move || {
                // A client that has gone is no fault of the server.
                let _ = visit.serve();
                if visit.act != Act::Reset {
                    let _ = visit.stream.shutdown(Shutdown::Both);
                }
            })?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (first, script) = words.split_first().ok_or("log=FILE or count is missing")?;
    let log = match first.strip_prefix("log=") {
        Some(path) => Some(File::options().create(true).append(true).open(path)?),
        None => None,
    };
    let house = Arc::new(House {
        script: Script::parse(script.iter().map(String::as_str))?,
        log,
        read: AtomicU64::new(0),
        answered: AtomicU64::new(0),
        stall_ns: OnceLock::new(),
    });
    let listener = TcpListener::bind("127.0.0.1:0")?;
    writeln!(io::stdout(), "{}", listener.local_addr()?.port())?;
    let guests = Arc::clone(&house);
    std::thread::spawn(move || accept_all(&listener, &guests));
    io::copy(&mut io::stdin(), &mut io::sink())?;
    let (read, answered) = (
        house.read.load(Ordering::Relaxed),
        house.answered.load(Ordering::Relaxed),
    );
    writeln!(io::stdout(), "read {read} answered {answered}")?;
    Ok(())
}
