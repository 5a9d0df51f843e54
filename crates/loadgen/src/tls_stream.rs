//! How does a request travel over an encrypted connection?
//!
//! The same turns as in `http1`, with the TLS session between the socket and the response.

use std::io::{self, Read, Write};

use rustix::event::epoll::EventFlags;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustls::{ClientConnection, Error};

use crate::failure::FailureKind;
use crate::http1::{Wire, is_hangup};
use crate::slot::{Afterwards, Phase, Progress, Slot, Surprise};
use crate::tls::{TlsRecipe, failure_kind, is_record_start};
use crate::warning::WarningKind;

/// The session of one connection.
pub(crate) struct TlsStream {
    session: ClientConnection,
    has_received: bool,
    has_close_notify: bool,
    /// Received since the last byte of content, or since the connection came up.
    silent_bytes: usize,
}

/// What a target may send without a byte of content: some session tickets, and the part of a
/// record that is still incomplete. More is a flood that only keeps us busy.
const MAX_SILENT_BYTES: usize = 64 << 10;

impl TlsStream {
    pub(crate) fn new(recipe: &TlsRecipe) -> Result<Self, FailureKind> {
        recipe
            .session()
            .map(|session| Self {
                session,
                has_received: false,
                has_close_notify: false,
                silent_bytes: 0,
            })
            .map_err(|error| failure_kind(&error))
    }

    pub(crate) fn wants_write(&self) -> bool {
        self.session.wants_write()
    }

    /// Write encrypted bytes until none is left or the socket is full.
    fn flush(&mut self, socket: &OwnedFd) -> Result<(), Errno> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut SocketWriter(socket)) {
                Ok(_) => {}
                Err(error) => match Errno::from_io_error(&error) {
                    Some(Errno::AGAIN) => return Ok(()),
                    Some(Errno::INTR) => {}
                    other => return Err(other.unwrap_or(Errno::IO)),
                },
            }
        }
        Ok(())
    }

    /// Take encrypted bytes; what they held can be read afterwards.
    fn absorb(&mut self, rest: &mut &[u8]) -> Result<(), FailureKind> {
        if !self.has_received && !rest.first().copied().is_some_and(is_record_start) {
            return Err(FailureKind::TlsNotTls);
        }
        self.has_received = true;
        let taken_bytes = self
            .session
            .read_tls(rest)
            .map_err(|_| FailureKind::TlsOther)?;
        let state = self
            .session
            .process_new_packets()
            .map_err(|error: Error| failure_kind(&error))?;
        if state.plaintext_bytes_to_read() > 0 || self.session.is_handshaking() {
            self.silent_bytes = 0;
        } else {
            self.silent_bytes += taken_bytes;
        }
        if self.silent_bytes > MAX_SILENT_BYTES {
            return Err(FailureKind::TlsFlood);
        }
        Ok(())
    }

    /// Decrypted bytes, 0 when there are none for now.
    fn read(&mut self, plain: &mut [u8]) -> usize {
        match self.session.reader().read(plain) {
            Ok(0) => {
                self.has_close_notify = true;
                0
            }
            Ok(count) => count,
            // Nothing for now; an end without close_notify is seen on the socket.
            Err(_) => 0,
        }
    }
}

struct SocketWriter<'a>(&'a OwnedFd);

impl Write for SocketWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        send(self.0, bytes, SendFlags::NOSIGNAL).map_err(io::Error::from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Slot {
    /// Greet the target.
    pub(crate) fn begin_handshake(&mut self) -> Progress {
        let (Some(socket), Some(tls)) = (&self.socket, &mut self.tls) else {
            return Progress::Pending;
        };
        match tls.flush(socket) {
            Ok(()) => Progress::Pending,
            Err(errno) => Progress::Failed(FailureKind::from_transfer_errno(
                errno,
                FailureKind::ConnResetEarly,
            )),
        }
    }

    /// Something happened on a connection whose handshake is under way.
    pub(crate) fn handshake(&mut self, wire: &mut Wire<'_>, flags: EventFlags) -> Progress {
        wire.ledger.now();
        match self.begin_handshake() {
            Progress::Pending => self.receive_tls(wire, is_hangup(flags)),
            failed => failed,
        }
    }

    /// Encrypt and write what is left of the request.
    pub(crate) fn send_tls(&mut self, wire: &mut Wire<'_>) -> Progress {
        let (Some(socket), Some(tls)) = (&self.socket, &mut self.tls) else {
            return Progress::Pending;
        };
        loop {
            let rest = &wire.request(self.ticket)[self.sent_bytes..];
            // The session takes a part when its buffer is full.
            let count = if rest.is_empty() {
                0
            } else {
                tls.session.writer().write(rest).unwrap_or(0)
            };
            self.sent_bytes += count;
            wire.ledger.count_sent(self.book, count);
            if let Err(errno) = tls.flush(socket) {
                return self.read_after_broken_write(wire, errno);
            }
            if tls.wants_write() || count == 0 {
                return Progress::Pending;
            }
        }
    }

    /// Read and decrypt what has come. With `is_hangup` until the end.
    pub(crate) fn receive_tls(&mut self, wire: &mut Wire<'_>, is_hangup: bool) -> Progress {
        loop {
            let Some(socket) = &self.socket else {
                return Progress::Pending;
            };
            let count = match recv(socket, &mut *wire.buffer, RecvFlags::empty()) {
                Ok((count, _)) => count,
                Err(Errno::AGAIN) if !self.is_write_broken => return Progress::Pending,
                Err(Errno::INTR) => continue,
                Err(errno) => {
                    wire.ledger.now();
                    return self.lose_tls(errno);
                }
            };
            let now_ns = wire.ledger.now();
            if count == 0 {
                return self.end_of_tls_stream();
            }
            match self.decrypt(wire, count, now_ns) {
                Progress::Pending => {}
                progress => {
                    let is_buffer_full = count == wire.buffer.len();
                    return self.afterwards(progress, wire, is_hangup, is_buffer_full);
                }
            }
            if count < wire.buffer.len() && !is_hangup {
                return Progress::Pending;
            }
        }
    }

    /// What `count` bytes mean without a request: tickets are welcome, content is not.
    pub(crate) fn decrypt_idle(&mut self, wire: &mut Wire<'_>, count: usize) -> Surprise {
        let Some(tls) = &mut self.tls else {
            return Surprise::None;
        };
        let mut rest = &wire.buffer[..count];
        while !rest.is_empty() {
            if tls.absorb(&mut rest).is_err() {
                return Surprise::End;
            }
            if tls.read(wire.plain) > 0 {
                return Surprise::Bytes;
            }
        }
        if tls.has_close_notify {
            Surprise::End
        } else {
            Surprise::None
        }
    }

    /// Take `count` bytes from the buffer through the session to the response.
    fn decrypt(&mut self, wire: &mut Wire<'_>, count: usize, now_ns: u64) -> Progress {
        let Some(mut tls) = self.tls.take() else {
            return Progress::Pending;
        };
        let progress = self.decrypt_with(&mut tls, wire, count, now_ns);
        if let Some(socket) = &self.socket {
            // An alert, or a part of the handshake; a broken socket shows at the next read.
            let _ = tls.flush(socket);
        }
        let is_connected = self.phase == Phase::Handshaking && !tls.session.is_handshaking();
        let has_ended = tls.has_close_notify;
        self.tls = Some(tls);
        match progress {
            Progress::Pending if has_ended => self.end_of_tls_stream(),
            Progress::Pending if is_connected => Progress::Connected,
            Progress::Complete(Afterwards::Reuse) if has_ended => self.reopen(),
            other => other,
        }
    }

    fn decrypt_with(
        &mut self,
        tls: &mut TlsStream,
        wire: &mut Wire<'_>,
        count: usize,
        now_ns: u64,
    ) -> Progress {
        let mut rest = &wire.buffer[..count];
        let mut progress = Progress::Pending;
        while !rest.is_empty() {
            if let Err(kind) = tls.absorb(&mut rest) {
                // A complete response stays one, whatever comes behind it.
                return match progress {
                    Progress::Complete(_) => {
                        self.response.warn(WarningKind::ProtoExtraData);
                        Progress::Complete(Afterwards::CloseByUs)
                    }
                    _ => Progress::Failed(kind),
                };
            }
            loop {
                let plain_bytes = tls.read(wire.plain);
                if plain_bytes == 0 {
                    break;
                }
                if self.phase == Phase::Handshaking {
                    return Progress::Failed(FailureKind::ProtoEarlyResponse);
                }
                if matches!(progress, Progress::Complete(_)) {
                    self.response.warn(WarningKind::ProtoExtraData);
                    return Progress::Complete(Afterwards::CloseByUs);
                }
                let bytes = &wire.plain[..plain_bytes];
                progress = self.take(bytes, now_ns, wire.ledger, wire.repeat);
                if matches!(progress, Progress::Failed(_)) {
                    return progress;
                }
            }
        }
        progress
    }

    /// What the end of the connection means: `close_notify` tells an end from a truncation.
    fn end_of_tls_stream(&mut self) -> Progress {
        if self.phase == Phase::Handshaking {
            return Progress::Failed(FailureKind::TlsOther);
        }
        let has_close_notify = self.tls.as_ref().is_some_and(|tls| tls.has_close_notify);
        if self.response.is_until_close() && !has_close_notify {
            return Progress::Failed(FailureKind::RespEofTlsTruncated);
        }
        self.end_of_stream()
    }

    fn lose_tls(&self, errno: Errno) -> Progress {
        if self.phase == Phase::Handshaking {
            let kind = FailureKind::from_transfer_errno(errno, FailureKind::ConnResetEarly);
            return Progress::Failed(kind);
        }
        if errno == Errno::AGAIN {
            return self.lose_write();
        }
        self.reset(errno)
    }
}
