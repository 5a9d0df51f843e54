//! Why was a request not ok, and who has to act?

use rustix::io::Errno;
use thiserror::Error;

/// Who has to act on a failure. Only target and network enter the target's error rate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The service under load.
    Target,
    /// The way there.
    Network,
    /// This machine or process.
    Local,
    /// What the user wrote.
    Config,
}

impl Side {
    /// The stable machine name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Network => "network",
            Self::Local => "local",
            Self::Config => "config",
        }
    }
}

macro_rules! failure_kinds {
    ($($variant:ident = $name:literal, $side:ident;)*) => {
        /// The first cause, in time order, that kept a request from being ok.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[repr(u8)]
        pub enum FailureKind {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl FailureKind {
            /// Every kind, in the order of the enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable machine name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The side to blame.
            #[must_use]
            pub const fn side(self) -> Side {
                match self { $(Self::$variant => Side::$side,)* }
            }
        }
    };
}

failure_kinds! {
    ConnRefused = "conn.refused", Target;
    ConnResetEarly = "conn.reset_early", Target;
    ConnTimeout = "conn.timeout", Network;
    ConnUnreachable = "conn.unreachable", Network;
    ConnStale = "conn.stale", Target;
    TlsCertExpired = "tls.cert.expired", Target;
    TlsCertNotYet = "tls.cert.not_yet", Target;
    TlsCertName = "tls.cert.name", Target;
    TlsCertUntrusted = "tls.cert.untrusted", Target;
    TlsCertOther = "tls.cert.other", Target;
    TlsVersion = "tls.version", Target;
    TlsAlert = "tls.alert", Target;
    TlsHandshakeRefused = "tls.alert.handshake_failure", Target;
    TlsClientCertRequired = "tls.alert.certificate_required", Config;
    TlsNotTls = "tls.not_tls", Config;
    TlsAlpn = "tls.alpn", Config;
    TlsFlood = "tls.flood", Target;
    TlsTimeout = "tls.timeout", Target;
    TlsOther = "tls.other", Target;
    WriteReset = "write.reset", Target;
    WriteStall = "write.stall", Target;
    RespEofBeforeStatus = "resp.eof.before_status", Target;
    RespEofHeaders = "resp.eof.headers", Target;
    RespEofBody = "resp.eof.body", Target;
    RespEofTlsTruncated = "resp.eof.tls_truncated", Target;
    RespResetBeforeStatus = "resp.reset.before_status", Target;
    RespResetHeaders = "resp.reset.headers", Target;
    RespResetBody = "resp.reset.body", Target;
    RespTimeoutFirstByte = "resp.timeout.first_byte", Target;
    RespTimeoutHeaders = "resp.timeout.headers", Target;
    RespTimeoutIdle = "resp.timeout.idle", Target;
    RespTimeoutTotal = "resp.timeout.total", Target;
    ProtoNotHttp = "proto.not_http", Target;
    ProtoVersion = "proto.version", Target;
    ProtoStatus = "proto.status", Target;
    ProtoHeader = "proto.header", Target;
    ProtoHeaderTooLarge = "proto.header_too_large", Target;
    ProtoContentLength = "proto.content_length", Target;
    ProtoTe = "proto.te", Target;
    ProtoChunk = "proto.chunk", Target;
    ProtoChunkExt = "proto.chunk_ext", Target;
    ProtoTrailer = "proto.trailer", Target;
    ProtoTooMany1xx = "proto.too_many_1xx", Target;
    ProtoUnexpected101 = "proto.unexpected_101", Target;
    ProtoEarlyResponse = "proto.early_response", Target;
    BodyTooLarge = "body.too_large", Target;
    HttpStatus = "http.status", Target;
    CheckFailed = "check.failed", Target;
    LocalFd = "local.fd", Local;
    LocalPorts = "local.ports", Local;
    LocalMemory = "local.memory", Local;
    LocalOther = "local.other", Local;
}

/// How many kinds exist; the length of every table indexed by kind.
pub(crate) const KIND_COUNT: usize = FailureKind::ALL.len();

impl FailureKind {
    /// What an errno of `socket`, `connect` or the connect result means.
    #[must_use]
    pub fn from_connect_errno(errno: Errno) -> Self {
        match errno {
            Errno::CONNREFUSED => Self::ConnRefused,
            Errno::CONNRESET | Errno::CONNABORTED | Errno::PIPE => Self::ConnResetEarly,
            Errno::TIMEDOUT => Self::ConnTimeout,
            Errno::HOSTUNREACH | Errno::NETUNREACH | Errno::NETDOWN | Errno::HOSTDOWN => {
                Self::ConnUnreachable
            }
            other => Self::from_local_errno(other),
        }
    }

    /// What an errno means once the target can no longer be the cause.
    fn from_local_errno(errno: Errno) -> Self {
        match errno {
            Errno::MFILE | Errno::NFILE => Self::LocalFd,
            Errno::ADDRNOTAVAIL => Self::LocalPorts,
            Errno::NOBUFS | Errno::NOMEM => Self::LocalMemory,
            _ => Self::LocalOther,
        }
    }

    /// What an errno of `send` or `recv` means, `reset` being the kind of a lost connection.
    #[must_use]
    pub fn from_transfer_errno(errno: Errno, reset: Self) -> Self {
        match errno {
            Errno::CONNRESET | Errno::CONNABORTED | Errno::PIPE | Errno::TIMEDOUT => reset,
            other => Self::from_connect_errno(other),
        }
    }

    /// Whether the slot has to wait before it tries again: the next attempt would end the same way
    /// at once, and without a pause a dead port becomes a spin.
    #[must_use]
    pub const fn needs_back_off(self) -> bool {
        match self {
            Self::ConnRefused
            | Self::ConnResetEarly
            | Self::ConnTimeout
            | Self::ConnUnreachable
            | Self::WriteReset
            | Self::RespEofBeforeStatus
            | Self::RespResetBeforeStatus
            | Self::ProtoNotHttp
            | Self::ProtoVersion
            | Self::ProtoEarlyResponse => true,
            _ => self.is_tls() || matches!(self.side(), Side::Local),
        }
    }

    /// Whether the target has ended the connection.
    #[must_use]
    pub const fn is_closed_by_target(self) -> bool {
        matches!(
            self,
            Self::ConnStale
                | Self::ConnResetEarly
                | Self::WriteReset
                | Self::RespEofBeforeStatus
                | Self::RespEofHeaders
                | Self::RespEofBody
                | Self::RespEofTlsTruncated
                | Self::RespResetBeforeStatus
                | Self::RespResetHeaders
                | Self::RespResetBody
        )
    }

    const fn is_tls(self) -> bool {
        self as u8 >= Self::TlsCertExpired as u8 && self as u8 <= Self::TlsOther as u8
    }
}

/// A fault before or outside single requests.
#[derive(Clone, Debug, Error)]
pub enum LoadError {
    /// The plan cannot work as written.
    #[error("{0}")]
    Config(String),
    /// A fault of our own.
    #[error("{0}")]
    Internal(String),
    /// The same faults that end requests, met outside of one.
    #[error("{1}")]
    Failure(FailureKind, String),
}

impl LoadError {
    /// A failure kind's name, `config` or `internal`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Config(_) => "config",
            Self::Internal(_) => "internal",
            Self::Failure(kind, _) => kind.name(),
        }
    }

    /// A local fault of a system call while the engine is set up.
    pub(crate) fn from_setup(action: &str, errno: Errno) -> Self {
        Self::Failure(
            FailureKind::from_local_errno(errno),
            format!("cannot {action}: {errno}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        for (index, kind) in FailureKind::ALL.iter().enumerate() {
            assert_eq!(index, *kind as usize);
        }
        assert_eq!("conn.refused", FailureKind::ALL[0].name());
        assert_eq!(52, KIND_COUNT);
    }

    #[test]
    fn local_errnos_blame_this_machine() {
        for (errno, kind) in [
            (Errno::MFILE, FailureKind::LocalFd),
            (Errno::NFILE, FailureKind::LocalFd),
            (Errno::ADDRNOTAVAIL, FailureKind::LocalPorts),
            (Errno::NOMEM, FailureKind::LocalMemory),
            (Errno::ACCESS, FailureKind::LocalOther),
        ] {
            assert_eq!(kind, FailureKind::from_connect_errno(errno));
            assert_eq!(Side::Local, kind.side());
            assert!(kind.needs_back_off());
        }
    }

    #[test]
    fn only_failures_without_an_answer_back_off() {
        assert!(FailureKind::TlsNotTls.needs_back_off());
        assert!(FailureKind::ConnRefused.needs_back_off());
        assert!(!FailureKind::ConnStale.needs_back_off());
        assert!(!FailureKind::HttpStatus.needs_back_off());
        assert!(!FailureKind::RespEofBody.needs_back_off());
    }
}
