//! Whom does a TLS connection believe, and what does each fault of TLS mean?
//!
//! Sessions are never resumed, so every new connection pays for a full handshake. Revocation is not
//! checked.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct,
    Error, PeerIncompatible, PeerMisbehaved, RootCertStore, SignatureScheme,
};

use crate::failure::{FailureKind, LoadError};
use crate::plan::TlsPlan;

/// A checked `TlsPlan`, shared by all connections.
#[derive(Debug)]
pub(crate) struct TlsRecipe {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl TlsRecipe {
    pub(crate) fn new(plan: &TlsPlan) -> Result<Self, LoadError> {
        let name = ServerName::try_from(plan.server_name.clone()).map_err(|_| {
            LoadError::Config(format!(
                "{:?} is neither a host name nor an address",
                plan.server_name
            ))
        })?;
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| LoadError::Internal(error.to_string()))?;
        let mut config = if plan.verify {
            builder
                .with_root_certificates(authorities(plan.ca_pem.as_deref())?)
                .with_no_client_auth()
        } else {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(BelieveAll { provider }))
                .with_no_client_auth()
        };
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            name,
        })
    }

    /// A new session that waits to greet the target.
    pub(crate) fn session(&self) -> Result<ClientConnection, Error> {
        ClientConnection::new(Arc::clone(&self.config), self.name.clone())
    }
}

/// The given authorities, or those of the system.
fn authorities(ca_pem: Option<&[u8]>) -> Result<RootCertStore, LoadError> {
    let mut store = RootCertStore::empty();
    let Some(pem) = ca_pem else {
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if store.is_empty() {
            return Err(LoadError::Config(
                "this system has no certificate authorities; name a file of them".into(),
            ));
        }
        return Ok(store);
    };
    for certificate in CertificateDer::pem_slice_iter(pem) {
        certificate
            .map_err(|error| error.to_string())
            .and_then(|certificate| store.add(certificate).map_err(|error| error.to_string()))
            .map_err(|error| LoadError::Config(format!("the authorities' file: {error}")))?;
    }
    if store.is_empty() {
        return Err(LoadError::Config(
            "the authorities' file holds no certificate".into(),
        ));
    }
    Ok(store)
}

/// Believes every certificate; the handshake itself is still checked.
#[derive(Debug)]
struct BelieveAll {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for BelieveAll {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Whether the first byte of a connection can start a TLS record.
pub(crate) const fn is_record_start(byte: u8) -> bool {
    matches!(byte, 20..=24)
}

/// What an error of the TLS library means.
pub(crate) fn failure_kind(error: &Error) -> FailureKind {
    match error {
        Error::InvalidCertificate(error) => certificate_failure(error),
        Error::NoCertificatesPresented => FailureKind::TlsCertOther,
        Error::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRequired => FailureKind::TlsClientCertRequired,
            AlertDescription::ProtocolVersion => FailureKind::TlsVersion,
            AlertDescription::HandshakeFailure => FailureKind::TlsHandshakeRefused,
            AlertDescription::NoApplicationProtocol => FailureKind::TlsAlpn,
            _ => FailureKind::TlsAlert,
        },
        Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedApplicationProtocol) => {
            FailureKind::TlsAlpn
        }
        Error::PeerMisbehaved(
            PeerMisbehaved::TooManyEmptyFragments
            | PeerMisbehaved::TooManyKeyUpdateRequests
            | PeerMisbehaved::TooManyRenegotiationRequests
            | PeerMisbehaved::TooManyWarningAlertsReceived,
        ) => FailureKind::TlsFlood,
        Error::PeerIncompatible(
            PeerIncompatible::NoCipherSuitesInCommon
            | PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => FailureKind::TlsVersion,
        Error::FailedToGetCurrentTime | Error::FailedToGetRandomBytes => FailureKind::LocalOther,
        _ => FailureKind::TlsOther,
    }
}

fn certificate_failure(error: &CertificateError) -> FailureKind {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            FailureKind::TlsCertExpired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            FailureKind::TlsCertNotYet
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            FailureKind::TlsCertName
        }
        // A bad signature is nearly always an authority that was made anew under its old name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            FailureKind::TlsCertUntrusted
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
            // What nearly every self-signed certificate looks like.
            Some(webpki::Error::CaUsedAsEndEntity) => FailureKind::TlsCertUntrusted,
            _ => FailureKind::TlsCertOther,
        },
        _ => FailureKind::TlsCertOther,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_name() {
        for (error, kind) in [
            (
                Error::AlertReceived(AlertDescription::CertificateRequired),
                FailureKind::TlsClientCertRequired,
            ),
            (
                Error::AlertReceived(AlertDescription::ProtocolVersion),
                FailureKind::TlsVersion,
            ),
            (
                Error::AlertReceived(AlertDescription::HandshakeFailure),
                FailureKind::TlsHandshakeRefused,
            ),
            (
                Error::AlertReceived(AlertDescription::InternalError),
                FailureKind::TlsAlert,
            ),
            (
                Error::AlertReceived(AlertDescription::NoApplicationProtocol),
                FailureKind::TlsAlpn,
            ),
            (
                Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedApplicationProtocol),
                FailureKind::TlsAlpn,
            ),
            (
                Error::PeerMisbehaved(PeerMisbehaved::TooManyEmptyFragments),
                FailureKind::TlsFlood,
            ),
            (
                Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
                FailureKind::TlsVersion,
            ),
            (
                Error::InvalidCertificate(CertificateError::Expired),
                FailureKind::TlsCertExpired,
            ),
            (
                Error::InvalidCertificate(CertificateError::NotValidYet),
                FailureKind::TlsCertNotYet,
            ),
            (
                Error::InvalidCertificate(CertificateError::UnknownIssuer),
                FailureKind::TlsCertUntrusted,
            ),
            (
                Error::InvalidCertificate(CertificateError::BadSignature),
                FailureKind::TlsCertUntrusted,
            ),
            (
                Error::InvalidCertificate(CertificateError::InvalidPurpose),
                FailureKind::TlsCertOther,
            ),
            (Error::DecryptError, FailureKind::TlsOther),
        ] {
            assert_eq!(kind, failure_kind(&error), "{error}");
        }
    }

    #[test]
    fn impossible_tls_plans_are_refused() {
        for (server_name, ca_pem) in [
            ("not a name", None),
            ("localhost", Some(b"no certificate".to_vec())),
            (
                "localhost",
                Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()),
            ),
        ] {
            let error = TlsRecipe::new(&TlsPlan {
                server_name: server_name.into(),
                verify: true,
                ca_pem,
            });
            assert_eq!("config", error.map(|_| ()).unwrap_err().kind());
        }
    }
}
