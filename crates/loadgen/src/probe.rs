//! Can a connection be opened at all, and is its certificate believed?
//!
//! The one place that blocks: it runs before any load.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustls::{ClientConnection, ProtocolVersion};

use crate::failure::{FailureKind, LoadError};
use crate::plan::Recipe;
use crate::tls::{TlsRecipe, failure_kind, is_record_start};

/// In TLS 1.3 a demand for a client certificate is an alert after the handshake; wait so long.
const LATE_ALERT_WAIT: Duration = Duration::from_millis(100);

/// Open one connection to the first address and close it; the address that answered.
pub(crate) fn probe(recipe: &Recipe) -> Result<String, LoadError> {
    let route = recipe.routes.nth(0);
    let timeout = Duration::from_nanos(recipe.timeouts.connect);
    let deadline = Instant::now() + timeout;
    let stream = route.open_and_wait(timeout).map_err(|errno| {
        let kind = FailureKind::from_connect_errno(errno);
        fault(route.target, kind, &errno.into())
    })?;
    if let Some(tls) = &recipe.tls {
        shake_hands(tls, &stream, deadline)
            .map_err(|(kind, error)| fault(route.target, kind, &error))?;
    }
    Ok(route.target.to_string())
}

type Fault = (FailureKind, io::Error);

fn fault(address: SocketAddr, kind: FailureKind, error: &io::Error) -> LoadError {
    LoadError::Failure(kind, format!("{address}: {error}"))
}

fn shake_hands(tls: &TlsRecipe, stream: &TcpStream, deadline: Instant) -> Result<(), Fault> {
    let mut session = tls.session().map_err(tls_fault)?;
    let mut is_first_read = true;
    while session.is_handshaking() {
        while session.wants_write() {
            session.write_tls(&mut &*stream).map_err(transfer_fault)?;
        }
        if session.is_handshaking() {
            read_record(&mut session, stream, deadline, is_first_read)?;
            is_first_read = false;
        }
    }
    while session.wants_write() {
        session.write_tls(&mut &*stream).map_err(transfer_fault)?;
    }
    if session.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return Ok(());
    }
    match read_record(
        &mut session,
        stream,
        Instant::now() + LATE_ALERT_WAIT,
        false,
    ) {
        // Silence is the good answer: no request has been sent.
        Err((FailureKind::TlsTimeout, _)) => Ok(()),
        other => other,
    }
}

fn read_record(
    session: &mut ClientConnection,
    mut stream: &TcpStream,
    deadline: Instant,
    is_first_read: bool,
) -> Result<(), Fault> {
    let left = deadline
        .saturating_duration_since(Instant::now())
        .max(Duration::from_millis(1));
    stream
        .set_read_timeout(Some(left))
        .map_err(transfer_fault)?;
    let mut buffer = [0; 4096];
    let count = stream.read(&mut buffer).map_err(transfer_fault)?;
    if count == 0 {
        let text = "the connection was closed during the handshake";
        return Err((FailureKind::TlsOther, io::Error::other(text)));
    }
    if is_first_read && !is_record_start(buffer[0]) {
        let text = "the answer is not TLS";
        return Err((FailureKind::TlsNotTls, io::Error::other(text)));
    }
    let mut rest = &buffer[..count];
    while !rest.is_empty() {
        session
            .read_tls(&mut rest)
            .map_err(|error| (FailureKind::TlsOther, error))?;
        session.process_new_packets().map_err(tls_fault)?;
    }
    Ok(())
}

fn tls_fault(error: rustls::Error) -> Fault {
    (failure_kind(&error), io::Error::other(error))
}

fn transfer_fault(error: io::Error) -> Fault {
    let kind = match Errno::from_io_error(&error) {
        Some(Errno::AGAIN) => FailureKind::TlsTimeout,
        Some(errno) => FailureKind::from_transfer_errno(errno, FailureKind::ConnResetEarly),
        None => FailureKind::TlsOther,
    };
    (kind, error)
}
