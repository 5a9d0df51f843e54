//! Can a connection be opened at all?

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use rustix::io::Errno;

use crate::failure::{FailureKind, LoadError};
use crate::plan::Recipe;

/// Open one connection to the first address and close it; the address that answered.
pub(crate) fn probe(recipe: &Recipe) -> Result<String, LoadError> {
    let address = recipe.addresses[0];
    let timeout = Duration::from_nanos(recipe.timeouts.connect);
    let stream = TcpStream::connect_timeout(&address, timeout).map_err(|error| {
        LoadError::Failure(connect_failure(&error), format!("{address}: {error}"))
    })?;
    let peer = stream
        .peer_addr()
        .map_err(|error| LoadError::Failure(FailureKind::ConnResetEarly, error.to_string()))?;
    Ok(peer.to_string())
}

fn connect_failure(error: &io::Error) -> FailureKind {
    match Errno::from_io_error(error) {
        Some(errno) => FailureKind::from_connect_errno(errno),
        None if error.kind() == io::ErrorKind::TimedOut => FailureKind::ConnTimeout,
        None => FailureKind::LocalOther,
    }
}
