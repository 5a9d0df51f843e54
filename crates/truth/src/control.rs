//! What would the simplest possible client measure at the same server?
//!
//! One thread and one connection for each request in flight, blocking calls, a stamp before the
//! write and one after the last read. It cannot be late for itself, and it shares no code with the
//! engine.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::clock::monotonic_ns;

const FIRST_ID: u64 = 9_000_000_000_000_000;
const IDS_PER_THREAD: u64 = 1_000_000_000_000;
const LENGTH_FIELD: &str = "Content-Length: ";

/// One request of the control client.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What stood in `X-Id`.
    pub id: u64,
    /// From before the write until after the last read.
    pub latency_ns: u64,
}

/// Keep `concurrency` requests in flight for so long.
///
/// # Errors
/// When the server does not answer every request properly.
pub fn run(address: SocketAddr, concurrency: u64, hold: Duration) -> io::Result<Vec<Sample>> {
    let end_ns = monotonic_ns() + u64::try_from(hold.as_nanos()).unwrap_or(u64::MAX);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..concurrency)
            .map(|thread| {
                scope.spawn(move || ask(address, FIRST_ID + thread * IDS_PER_THREAD, end_ns))
            })
            .collect();
        let mut samples = Vec::new();
        for thread in threads {
            let asked = thread
                .join()
                .map_err(|_| io::Error::other("a thread has died"))?;
            samples.extend(asked?);
        }
        Ok(samples)
    })
}

fn ask(address: SocketAddr, first_id: u64, end_ns: u64) -> io::Result<Vec<Sample>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut samples = Vec::with_capacity(1 << 16);
    let mut buffer = vec![0; 64 << 10];
    let mut id = first_id;
    while monotonic_ns() < end_ns {
        id += 1;
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nX-Id: {id:016}\r\n\r\n");
        let sent_ns = monotonic_ns();
        stream.write_all(request.as_bytes())?;
        let mut filled = 0;
        loop {
            let count = stream.read(&mut buffer[filled..])?;
            filled += count;
            if count == 0 || is_whole(&buffer[..filled]) {
                break;
            }
        }
        let latency_ns = monotonic_ns() - sent_ns;
        if !is_whole(&buffer[..filled]) {
            return Err(io::Error::other("an answer broke off"));
        }
        samples.push(Sample { id, latency_ns });
    }
    Ok(samples)
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(head_bytes) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..head_bytes]);
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix(LENGTH_FIELD));
    length
        .and_then(|length| length.parse::<usize>().ok())
        .is_some_and(|length| answer.len() == head_bytes + 4 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert!(is_whole(answer));
        for cut in 0..answer.len() {
            assert!(!is_whole(&answer[..cut]), "{cut} bytes");
        }
    }
}
