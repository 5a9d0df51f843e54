//! Authorities and the certificates they sign, made anew for every test.

use std::sync::Arc;

use loadgen::{Plan, TlsPlan};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        Self(CertifiedIssuer::self_signed(authority_params(), new_key()).unwrap())
    }

    /// An authority below this one.
    pub fn intermediate(&self) -> Self {
        Self(CertifiedIssuer::signed_by(authority_params(), new_key(), &self.0).unwrap())
    }

    pub fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    pub fn certificate(&self, names: &[&str]) -> Certificate {
        self.certificate_with(names, |_| {})
    }

    pub fn certificate_with(
        &self,
        names: &[&str],
        change: impl Fn(&mut CertificateParams),
    ) -> Certificate {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = new_key();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Certificate {
            chain: vec![certificate.der().clone()],
            key: key.serialize_der(),
        }
    }

    /// Believe this authority for the name `localhost`.
    pub fn trust(&self, plan: &mut Plan) {
        plan.tls = Some(TlsPlan {
            server_name: "localhost".into(),
            verify: true,
            ca_pem: Some(self.pem()),
        });
    }

    /// A server that asks its clients for certificates of this authority.
    pub fn demanding(&self, certificate: &Certificate) -> ServerConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .unwrap();
        ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(certificate.chain.clone(), certificate.private_key())
            .unwrap()
    }
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn new_key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
}

pub struct Certificate {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Certificate {
    pub fn self_signed(is_ca: bool) -> Self {
        let key = new_key();
        let mut params = CertificateParams::new(vec!["localhost".into()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "alone");
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        Self {
            chain: vec![params.self_signed(&key).unwrap().der().clone()],
            key: key.serialize_der(),
        }
    }

    pub fn config(&self) -> ServerConfig {
        self.config_with_staple(Vec::new())
    }

    /// The same with an answer about revocation that is sent along.
    pub fn config_with_staple(&self, staple: Vec<u8>) -> ServerConfig {
        ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert_with_ocsp(self.chain.clone(), self.private_key(), staple)
            .unwrap()
    }

    fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone().into())
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
