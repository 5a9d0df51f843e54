//! How does one request travel over one connection?
//!
//! System calls, time stamps and their meaning; what follows from it for the slot is decided in
//! `worker`. Every stamp is taken after the system call and before the bytes are looked at.

use rustix::event::epoll;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, getpeername, getsockname, recv, send, sockopt};

use crate::audit::Ticket;
use crate::failure::FailureKind;
use crate::ledger::Ledger;
use crate::plan::Recipe;
use crate::repeat::Repeat;
use crate::response::Fed;
use crate::slot::{Afterwards, Phase, Progress, Slot, Surprise};
use crate::tls_stream::TlsStream;
use crate::warning::WarningKind;

/// What all connections of a load thread share.
pub(crate) struct Wire<'a> {
    pub recipe: &'a Recipe,
    pub ledger: &'a mut Ledger,
    /// Where every read goes; nothing stays in it between two events.
    pub buffer: &'a mut [u8],
    /// Decrypted bytes, for TLS only.
    pub plain: &'a mut [u8],
    pub repeat: &'a mut Repeat,
}

impl Wire<'_> {
    /// The bytes of a request.
    #[inline]
    pub(crate) fn request(&mut self, ticket: Ticket) -> &[u8] {
        self.ledger.audit.render(ticket, &self.recipe.request)
    }
}

/// Watch a socket for its whole life: one registration, edge-triggered, both directions.
pub(crate) fn watch(epoll: &OwnedFd, socket: &OwnedFd, token: u64) -> Result<(), FailureKind> {
    let flags = epoll::EventFlags::IN
        | epoll::EventFlags::OUT
        | epoll::EventFlags::RDHUP
        | epoll::EventFlags::ET;
    epoll::add(epoll, socket, epoll::EventData::new_u64(token), flags)
        .map_err(FailureKind::from_connect_errno)
}

/// Whether nobody listens and the kernel has given this socket the very port it calls. A retry
/// loop meets that sooner or later; such a socket would answer itself and occupy the port.
fn is_connected_to_itself(socket: &OwnedFd) -> bool {
    match (getsockname(socket), getpeername(socket)) {
        (Ok(own), Ok(Some(peer))) => own == peer,
        _ => false,
    }
}

/// Whether the other side has ended its direction, or both are gone.
pub(crate) fn is_hangup(flags: epoll::EventFlags) -> bool {
    flags.intersects(epoll::EventFlags::RDHUP | epoll::EventFlags::HUP | epoll::EventFlags::ERR)
}

impl Slot {
    /// The connection attempt has come to an end.
    pub(crate) fn finish_connect(&mut self, wire: &mut Wire<'_>) -> Progress {
        self.connected_ns = wire.ledger.now();
        let Some(socket) = &self.socket else {
            return Progress::Pending;
        };
        match sockopt::socket_error(socket) {
            Ok(Ok(())) => {}
            Ok(Err(errno)) | Err(errno) => {
                return Progress::Failed(FailureKind::from_connect_errno(errno));
            }
        }
        if wire.recipe.is_on_loopback && is_connected_to_itself(socket) {
            return Progress::Failed(FailureKind::ConnRefused);
        }
        let Some(tls) = &wire.recipe.tls else {
            return Progress::Connected;
        };
        match TlsStream::new(tls) {
            Ok(stream) => self.tls = Some(Box::new(stream)),
            Err(kind) => return Progress::Failed(kind),
        }
        self.phase = Phase::Handshaking;
        self.begin_handshake()
    }

    /// A byte or an end that came before the request was written.
    pub(crate) fn receive_early(&mut self, wire: &mut Wire<'_>) -> Progress {
        let Some(socket) = &self.socket else {
            return Progress::Pending;
        };
        match recv(socket, &mut *wire.buffer, RecvFlags::empty()) {
            Ok((0, _)) => Progress::Failed(FailureKind::RespEofBeforeStatus),
            Ok((count, _)) if wire.buffer[..count].starts_with(b"HTTP/") => {
                Progress::Failed(FailureKind::ProtoEarlyResponse)
            }
            Ok(_) => Progress::Failed(FailureKind::ProtoNotHttp),
            Err(Errno::AGAIN | Errno::INTR) => Progress::Pending,
            Err(errno) => Progress::Failed(FailureKind::from_transfer_errno(
                errno,
                FailureKind::ConnResetEarly,
            )),
        }
    }

    /// Something happened on a connection that has no request.
    pub(crate) fn look_at_idle(
        &mut self,
        wire: &mut Wire<'_>,
        flags: epoll::EventFlags,
    ) -> Surprise {
        wire.ledger.now();
        if !is_hangup(flags) && !flags.contains(epoll::EventFlags::IN) {
            return Surprise::None;
        }
        loop {
            let Some(socket) = &self.socket else {
                return Surprise::None;
            };
            match recv(socket, &mut *wire.buffer, RecvFlags::empty()) {
                Ok((0, _)) => return Surprise::End,
                Ok((count, _)) if self.tls.is_some() => match self.decrypt_idle(wire, count) {
                    Surprise::None => {}
                    other => return other,
                },
                Ok(_) => return Surprise::Bytes,
                Err(Errno::AGAIN) => return Surprise::None,
                Err(Errno::INTR) => {}
                Err(_) => return Surprise::End,
            }
        }
    }

    /// Something happened on a connection with a request in flight.
    #[inline]
    pub(crate) fn exchange(&mut self, wire: &mut Wire<'_>, flags: epoll::EventFlags) -> Progress {
        if flags.contains(epoll::EventFlags::OUT) && !self.is_sent(wire.recipe.request.len()) {
            self.progress_ns = wire.ledger.now();
            let progress = self.send(wire);
            if progress != Progress::Pending {
                return progress;
            }
        }
        let is_hangup = is_hangup(flags);
        if is_hangup || flags.contains(epoll::EventFlags::IN) {
            return self.receive(wire, is_hangup);
        }
        Progress::Pending
    }

    /// Write what is left of the request.
    #[inline]
    pub(crate) fn send(&mut self, wire: &mut Wire<'_>) -> Progress {
        if self.tls.is_some() {
            return self.send_tls(wire);
        }
        let Some(socket) = &self.socket else {
            return Progress::Pending;
        };
        while self.sent_bytes < wire.recipe.request.len() {
            let rest = &wire.request(self.ticket)[self.sent_bytes..];
            match send(socket, rest, SendFlags::NOSIGNAL) {
                Ok(count) => {
                    self.sent_bytes += count;
                    wire.ledger.count_sent(self.book, count);
                }
                Err(Errno::AGAIN) => return Progress::Pending,
                Err(Errno::INTR) => {}
                Err(errno) => return self.read_after_broken_write(wire, errno),
            }
        }
        Progress::Pending
    }

    /// The answer may have come before the connection broke; it says more than the break.
    pub(crate) fn read_after_broken_write(
        &mut self,
        wire: &mut Wire<'_>,
        errno: Errno,
    ) -> Progress {
        self.is_write_broken = true;
        let kind = FailureKind::from_transfer_errno(errno, FailureKind::WriteReset);
        if kind != FailureKind::WriteReset {
            return Progress::Failed(kind);
        }
        self.receive(wire, true)
    }

    /// Read what has come. With `is_hangup` until the end, else until a read leaves room.
    #[inline]
    pub(crate) fn receive(&mut self, wire: &mut Wire<'_>, is_hangup: bool) -> Progress {
        if self.tls.is_some() {
            return self.receive_tls(wire, is_hangup);
        }
        loop {
            let Some(socket) = &self.socket else {
                return Progress::Pending;
            };
            match recv(socket.as_fd(), &mut *wire.buffer, RecvFlags::empty()) {
                Ok((0, _)) => {
                    wire.ledger.now();
                    return self.end_of_stream();
                }
                Ok((count, _)) => {
                    let now_ns = wire.ledger.now();
                    let bytes = &wire.buffer[..count];
                    let progress = self.take(bytes, now_ns, wire.ledger, wire.repeat);
                    if let Progress::Complete(_) = progress {
                        let is_buffer_full = count == wire.buffer.len();
                        return self.afterwards(progress, wire, is_hangup, is_buffer_full);
                    }
                    if progress != Progress::Pending || (count < wire.buffer.len() && !is_hangup) {
                        return progress;
                    }
                }
                Err(Errno::AGAIN) if self.is_write_broken => {
                    wire.ledger.now();
                    return self.lose_write();
                }
                Err(Errno::AGAIN) => return Progress::Pending,
                Err(Errno::INTR) => {}
                Err(errno) => {
                    wire.ledger.now();
                    return self.reset(errno);
                }
            }
        }
    }

    /// Feed response bytes that were read at `now_ns`.
    #[inline]
    pub(crate) fn take(
        &mut self,
        bytes: &[u8],
        now_ns: u64,
        ledger: &mut Ledger,
        repeat: &mut Repeat,
    ) -> Progress {
        ledger.count_received(self.book, bytes.len());
        if self.first_byte_ns == 0 {
            self.first_byte_ns = now_ns;
            self.written_ns = self.progress_ns;
        }
        self.received_bytes += bytes.len() as u64;
        self.progress_ns = now_ns;
        match repeat.feed(&mut self.response, bytes, &mut self.spill) {
            Ok(Fed::More) => Progress::Pending,
            Ok(Fed::Complete { used }) => Progress::Complete(if used < bytes.len() {
                self.response.warn(WarningKind::ProtoExtraData);
                Afterwards::CloseByUs
            } else if self.response.is_keep_alive() {
                Afterwards::Reuse
            } else {
                Afterwards::ClosedByTarget
            }),
            Err(kind) => Progress::Failed(kind),
        }
    }

    /// No reuse of a connection that is ending, or that still owes request bytes.
    #[inline]
    pub(crate) fn afterwards(
        &mut self,
        progress: Progress,
        wire: &mut Wire<'_>,
        is_hangup: bool,
        is_buffer_full: bool,
    ) -> Progress {
        match progress {
            Progress::Complete(Afterwards::Reuse) if is_hangup || self.is_write_broken => {
                self.reopen()
            }
            Progress::Complete(Afterwards::Reuse) if !self.is_sent(wire.recipe.request.len()) => {
                Progress::Complete(Afterwards::CloseByUs)
            }
            // A read that filled the buffer may have left something behind.
            Progress::Complete(Afterwards::Reuse) if is_buffer_full => self.look_behind(wire),
            other => other,
        }
    }

    /// The target has ended a connection that its response had promised to keep.
    #[cold]
    pub(crate) fn reopen(&mut self) -> Progress {
        self.response.warn(WarningKind::ConnReopened);
        Progress::Complete(Afterwards::ClosedByTarget)
    }

    /// Whether there are bytes, or an end, behind a complete response.
    #[cold]
    fn look_behind(&mut self, wire: &mut Wire<'_>) -> Progress {
        let (Some(socket), None) = (&self.socket, &self.tls) else {
            // What waits behind in a TLS connection need not be a part of a response.
            return Progress::Complete(Afterwards::CloseByUs);
        };
        match recv(socket, &mut *wire.buffer, RecvFlags::empty()) {
            Ok((0, _)) => self.reopen(),
            Ok(_) => {
                self.response.warn(WarningKind::ProtoExtraData);
                Progress::Complete(Afterwards::CloseByUs)
            }
            Err(Errno::AGAIN) => Progress::Complete(Afterwards::Reuse),
            // An interrupted or failed look shows nothing: a new connection is safe.
            Err(_) => Progress::Complete(Afterwards::CloseByUs),
        }
    }

    /// What a FIN means now.
    pub(crate) fn end_of_stream(&mut self) -> Progress {
        mutant!(
            TruncatedIsGood,
            1 => if self.response.status() == 200 {
                return Progress::Complete(Afterwards::ClosedByTarget);
            }
        );
        match self.response.failure_at_eof(&self.spill) {
            None => Progress::Complete(Afterwards::ClosedByTarget),
            Some(kind) => Progress::Failed(self.failure_of_loss(kind)),
        }
    }

    /// What an error of a read means now.
    pub(crate) fn reset(&self, errno: Errno) -> Progress {
        let reset = self.failure_of_loss(self.response.failure_at_reset());
        Progress::Failed(FailureKind::from_transfer_errno(errno, reset))
    }

    /// Nothing can be read after a broken write.
    pub(crate) fn lose_write(&self) -> Progress {
        Progress::Failed(self.failure_of_loss(FailureKind::WriteReset))
    }

    /// The keep-alive race and the broken write come before what was read about them.
    fn failure_of_loss(&self, kind: FailureKind) -> FailureKind {
        if self.is_reused && !self.response.has_bytes() {
            FailureKind::ConnStale
        } else if !self.is_write_broken {
            kind
        } else if self.sent_bytes == 0 {
            FailureKind::ConnResetEarly
        } else {
            FailureKind::WriteReset
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::SocketAddr;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};

    use super::*;
    use crate::clock::monotonic_ns;
    use crate::exchange::{Inbox, Mailbox};
    use crate::plan::tests::plan;

    #[test]
    fn a_socket_that_called_itself_is_seen() {
        let socket = socket_with(
            AddressFamily::INET,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            None,
        )
        .unwrap();
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        rustix::net::bind(&socket, &any).unwrap();
        let own = SocketAddr::try_from(getsockname(&socket).unwrap()).unwrap();
        connect(&socket, &own).unwrap();
        assert!(is_connected_to_itself(&socket));
    }

    #[test]
    fn a_proper_connection_is_not_one_to_itself() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(!is_connected_to_itself(&OwnedFd::from(stream)));
    }

    /// What becomes of a request whose answer fills the read that completes it.
    fn after_a_full_read(behind: &[u8], is_over: bool) -> (Progress, bool, bool) {
        const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.write_all(ANSWER).unwrap();
        theirs.write_all(behind).unwrap();
        if is_over {
            drop(theirs);
        }
        let mut slot = Slot::new();
        slot.phase = Phase::Exchanging;
        slot.socket = Some(ours.into());
        let recipe = Recipe::new(&plan()).unwrap();
        slot.sent_bytes = recipe.request.len();
        let mailbox = Arc::new(Mailbox::new().unwrap());
        let mut wire = Wire {
            recipe: &recipe,
            ledger: &mut Ledger::new(0, Arc::new(Inbox::new()), mailbox, monotonic_ns()),
            buffer: &mut [0; ANSWER.len()],
            plain: &mut [],
            repeat: &mut Repeat::new(),
        };
        let progress = slot.receive(&mut wire, false);
        let warnings = slot.response.warnings();
        (
            progress,
            warnings.has(WarningKind::ProtoExtraData),
            warnings.has(WarningKind::ConnReopened),
        )
    }

    #[test]
    fn what_a_full_read_left_behind_is_seen_before_the_next_request() {
        let complete = Progress::Complete;
        assert_eq!(
            (complete(Afterwards::Reuse), false, false),
            after_a_full_read(b"", false)
        );
        assert_eq!(
            (complete(Afterwards::CloseByUs), true, false),
            after_a_full_read(b"x", false)
        );
        assert_eq!(
            (complete(Afterwards::ClosedByTarget), false, true),
            after_a_full_read(b"", true)
        );
    }
}
