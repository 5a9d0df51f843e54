//! What does hyper's client make of the same bytes?
//!
//! Its framing, chunked coding and keep-alive are code of its own; the lines of a head go through
//! the same library as ours, which the comparison with llhttp makes up for. No socket, no runtime:
//! the bytes are given a step at a time, and both futures are polled by hand.

use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::{Method, Request};

/// A long input is given in this many steps, since hyper parses a head anew at each.
const MAX_STEPS: usize = 10_000;
/// Futures that are not done after so many polls, and one for each new byte, wait for more bytes.
const IDLE_POLLS: usize = 4;

/// What hyper says about one answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Theirs {
    /// It ended before its connection did.
    Complete {
        /// The final status.
        status: u16,
        /// Whether the client takes another request.
        is_keep_alive: bool,
        /// Bytes that had been given when it ended; it may have ended `step_bytes - 1` earlier.
        given_bytes: usize,
        /// Bytes given at once.
        step_bytes: usize,
    },
    /// It was ended by the end of the connection.
    Closed {
        /// The final status.
        status: u16,
    },
    /// It was refused or cut short.
    Failed(String),
}

impl Theirs {
    /// A word or two, without numbers.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Complete {
                is_keep_alive: true,
                ..
            } => "complete, keep",
            Self::Complete { .. } => "complete, close",
            Self::Closed { .. } => "to the end",
            Self::Failed(_) => "failed",
        }
    }
}

#[derive(Default)]
struct Wire {
    given: Vec<u8>,
    read_bytes: usize,
    is_ended: bool,
}

struct Connection(Rc<RefCell<Wire>>);

impl Read for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        let mut wire = self.0.borrow_mut();
        let waiting = &wire.given[wire.read_bytes..];
        let taken = waiting.len().min(buffer.remaining());
        if taken == 0 && !wire.is_ended {
            return Poll::Pending;
        }
        buffer.put_slice(&waiting[..taken]);
        wire.read_bytes += taken;
        Poll::Ready(Ok(()))
    }
}

impl Write for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        request: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(request.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Let hyper send a request and read `input` as its answer, then the end of the connection.
///
/// # Errors
/// hyper could not be brought to send its request.
pub fn read(is_head_request: bool, input: &[u8]) -> Result<Theirs, String> {
    let wire = Rc::new(RefCell::new(Wire::default()));
    let mut context = Context::from_waker(Waker::noop());
    let handshake = http1::Builder::new()
        .max_headers(256)
        .max_buf_size(64 << 10)
        .allow_obsolete_multiline_headers_in_responses(true)
        .handshake::<_, Empty<Bytes>>(Connection(Rc::clone(&wire)));
    let Poll::Ready(Ok((mut sender, connection))) = pin!(handshake).poll(&mut context) else {
        return Err("hyper does not begin".into());
    };
    let sending = sender.send_request(request(is_head_request)?);
    let answer = async {
        let response = sending.await?;
        let status = response.status().as_u16();
        response.into_body().collect().await?;
        Ok::<u16, hyper::Error>(status)
    };
    let (mut answer, mut connection) = (pin!(answer), pin!(connection));
    let mut is_open = true;
    let step_bytes = input.len().div_ceil(MAX_STEPS).max(1);
    let mut run = |context: &mut Context<'_>| {
        let mut done = None;
        for _ in 0..IDLE_POLLS + step_bytes {
            if done.is_none()
                && let Poll::Ready(result) = answer.as_mut().poll(context)
            {
                done = Some(result);
            }
            is_open = is_open && connection.as_mut().poll(context).is_pending();
        }
        done.map(|result| (result, is_open))
    };
    if run(&mut context).is_some() {
        return Err("hyper has an answer before there is one".into());
    }
    for step in input.chunks(step_bytes) {
        wire.borrow_mut().given.extend_from_slice(step);
        if let Some((result, is_open)) = run(&mut context) {
            let given_bytes = wire.borrow().given.len();
            return Ok(match result {
                Ok(status) => Theirs::Complete {
                    status,
                    is_keep_alive: is_open && sender.poll_ready(&mut context).is_ready(),
                    given_bytes,
                    step_bytes,
                },
                Err(error) => Theirs::Failed(tell(&error)),
            });
        }
    }
    wire.borrow_mut().is_ended = true;
    match run(&mut context) {
        Some((Ok(status), _)) => Ok(Theirs::Closed { status }),
        Some((Err(error), _)) => Ok(Theirs::Failed(tell(&error))),
        None => Err("hyper waits for more after the end".into()),
    }
}

fn request(is_head_request: bool) -> Result<Request<Empty<Bytes>>, String> {
    let method = if is_head_request {
        Method::HEAD
    } else {
        Method::GET
    };
    Request::builder()
        .method(method)
        .header("host", "loopback")
        .body(Empty::new())
        .map_err(|error| error.to_string())
}

fn tell(error: &hyper::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}
