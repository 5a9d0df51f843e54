//! What does a request cost when a client does nothing but receive, send and wait?
//!
//! `floor ADDRESS CONNECTIONS SECONDS REQUEST_FILE` keeps one request in flight on each connection and
//! prints how many answers came. It neither parses nor times them: the length of the first answer is
//! the length of all. One timer in the epoll set ends the run, so that not even a clock is read.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

const BUFFER_BYTES: usize = 64 * 1024;
const EVENTS_AT_ONCE: usize = 512;
/// Token of the timer; connections have their index.
const TIMER: u64 = u64::MAX;

struct Connection {
    socket: TcpStream,
    missing_bytes: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, connections, seconds, request_file] = arguments.as_slice() else {
        return Err("usage: floor ADDRESS CONNECTIONS SECONDS REQUEST_FILE".into());
    };
    let request = std::fs::read(request_file)?;
    let answer_bytes = measure_answer(address, &request)?;
    let mut pool = connect_all(address, connections.parse()?, answer_bytes)?;
    let answers = keep_busy(&mut pool, &request, answer_bytes, seconds.parse()?)?;
    writeln!(io::stdout(), "answers {answers}")?;
    Ok(())
}

/// The whole length of one answer, taken from its head.
fn measure_answer(address: &str, request: &[u8]) -> Result<usize, Box<dyn Error>> {
    let mut socket = TcpStream::connect(address)?;
    socket.write_all(request)?;
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    loop {
        let count = socket.read(&mut part)?;
        if count == 0 {
            return Err("the server closed before its answer was whole".into());
        }
        answer.extend_from_slice(&part[..count]);
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"));
        let body_bytes: usize = length
            .ok_or("an answer without Content-Length")?
            .trim()
            .parse()?;
        return Ok(end + 4 + body_bytes);
    }
}

fn connect_all(
    address: &str,
    count: usize,
    answer_bytes: usize,
) -> Result<Vec<Connection>, Box<dyn Error>> {
    let mut pool = Vec::with_capacity(count);
    for _ in 0..count {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        pool.push(Connection {
            socket,
            missing_bytes: answer_bytes,
        });
    }
    Ok(pool)
}

/// Answers received until the timer fires.
fn keep_busy(
    pool: &mut [Connection],
    request: &[u8],
    answer_bytes: usize,
    seconds: u64,
) -> Result<u64, Box<dyn Error>> {
    let poller = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let timer = start_timer(Duration::from_secs(seconds))?;
    epoll::add(
        &poller,
        &timer,
        epoll::EventData::new_u64(TIMER),
        epoll::EventFlags::IN,
    )?;
    for (index, connection) in (0..).zip(pool.iter_mut()) {
        let socket = connection.socket.as_fd();
        epoll::add(
            &poller,
            socket,
            epoll::EventData::new_u64(index),
            epoll::EventFlags::IN,
        )?;
        send(&mut connection.socket, request)?;
    }
    let mut events = Vec::with_capacity(EVENTS_AT_ONCE);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut answers = 0;
    loop {
        events.clear();
        epoll::wait(&poller, spare_capacity(&mut events), None)?;
        for event in &events {
            let token = event.data.u64();
            if token == TIMER {
                return Ok(answers);
            }
            let connection = &mut pool[usize::try_from(token)?];
            let received_bytes = connection.socket.read(&mut buffer)?;
            if received_bytes == 0 || received_bytes > connection.missing_bytes {
                return Err("the server closed, or sent more than its first answer".into());
            }
            connection.missing_bytes -= received_bytes;
            if connection.missing_bytes == 0 {
                connection.missing_bytes = answer_bytes;
                answers += 1;
                send(&mut connection.socket, request)?;
            }
        }
    }
}

fn start_timer(after: Duration) -> io::Result<impl AsFd> {
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC)?;
    let zero = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let value = Timespec::try_from(after).map_err(|_| ErrorKind::InvalidInput)?;
    let once = Itimerspec {
        it_interval: zero,
        it_value: value,
    };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &once)?;
    Ok(timer)
}

/// A request that does not fit into an empty socket buffer is too large for this client.
fn send(socket: &mut TcpStream, request: &[u8]) -> io::Result<()> {
    if socket.write(request)? == request.len() {
        return Ok(());
    }
    Err(io::Error::new(
        ErrorKind::WriteZero,
        "a request was sent in part",
    ))
}
