//! How is a connection encrypted, and what does each fault of TLS mean?

use crate::failure::{FailureKind, LoadError};
use crate::http1::Wire;
use crate::plan::TlsPlan;
use crate::slot::{Progress, Slot};

#[derive(Debug)]
pub(crate) struct TlsRecipe {}

impl TlsRecipe {
    pub(crate) fn new(_plan: &TlsPlan) -> Result<Self, LoadError> {
        Err(LoadError::Config("TLS is not built in yet".into()))
    }
}

pub(crate) struct TlsStream {}

impl TlsStream {
    pub(crate) fn new(_recipe: &TlsRecipe) -> Result<Self, FailureKind> {
        Ok(Self {})
    }

    pub(crate) fn wants_write(&self) -> bool {
        false
    }
}

impl Slot {
    pub(crate) fn handshake(&mut self, _wire: &mut Wire<'_>) -> Progress {
        Progress::Failed(FailureKind::TlsOther)
    }

    pub(crate) fn send_tls(&mut self, _wire: &mut Wire<'_>) -> Progress {
        Progress::Failed(FailureKind::TlsOther)
    }

    pub(crate) fn receive_tls(&mut self, _wire: &mut Wire<'_>, _is_hangup: bool) -> Progress {
        Progress::Failed(FailureKind::TlsOther)
    }
}
