//! [`Tls`]: the certificate that the server shows, and whether anybody may come without.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::{ServerError, code};

/// What a listener encrypts with.
#[derive(Debug, Clone)]
pub struct Tls {
    /// For `tokio_rustls`.
    pub config: Arc<ServerConfig>,
    /// Whether a client that does not encrypt is refused.
    pub required: bool,
    /// The hash of the certificate that a login by SCRAM can be bound to; `None` where there is none for its kind.
    end_point: Option<Vec<u8>>,
}

impl Tls {
    /// Reads a certificate with its chain, and its key, from files of PEM.
    ///
    /// # Errors
    /// When a file cannot be read, or the two do not belong together.
    pub fn from_files(certificate: &Path, key: &Path, required: bool) -> Result<Self, ServerError> {
        let cannot = |what: &Path, error: &dyn std::fmt::Display| {
            let error = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            ServerError::new(code::INVALID_PARAMETER_VALUE, format!("cannot read `{}`: {error}", what.display()))
        };
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|e| cannot(certificate, &e))?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|e| cannot(key, &e))?;
        let Some(first) = chain.first() else {
            return Err(cannot(certificate, &"no certificate is in it, expected PEM"));
        };
        let end_point = end_point(first);
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(|e| cannot(certificate, &e))?;
        Ok(Self { config: Arc::new(config), required, end_point })
    }

    /// The same for one protocol, by its name in TLS (ALPN): `h2`, `postgresql`. A client that names none is served.
    #[must_use]
    pub fn speaking(&self, protocol: &str) -> Self {
        let mut config = ServerConfig::clone(&self.config);
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Self { config: Arc::new(config), ..self.clone() }
    }

    /// The hash of the certificate, for [`crate::auth::ScramServer::bound_to`].
    pub fn end_point(&self) -> Option<&[u8]> {
        self.end_point.as_deref()
    }
}

/// `tls-server-end-point` of RFC 5929: the certificate under the hash of its signature, SHA-256 in place of weaker ones.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let hash = match signature_oid(certificate)? {
        // 1.2.840.113549.1.1.n: RSA with MD5, SHA-1, SHA-256, SHA-384, SHA-512.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04 | 0x05 | 0x0b] => &ring::digest::SHA256,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c] => &ring::digest::SHA384,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d] => &ring::digest::SHA512,
        // 1.2.840.10045.4.1 and .4.3.n: ECDSA with SHA-1, SHA-256, SHA-384, SHA-512.
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02] => {
            &ring::digest::SHA256
        }
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03] => &ring::digest::SHA384,
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04] => &ring::digest::SHA512,
        // Ed25519 and PSS name no hash, or several.
        _ => return None,
    };
    Some(ring::digest::digest(hash, certificate).as_ref().to_vec())
}

/// The algorithm in `SEQUENCE { to be signed, SEQUENCE { OID, … }, … }`.
fn signature_oid(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const OID: u8 = 0x06;
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (_, rest) = element(certificate, SEQUENCE)?;
    let (algorithm, _) = element(rest, SEQUENCE)?;
    Some(element(algorithm, OID)?.0)
}

/// The contents of the DER element at the front, if it has this tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length & 0x80 {
        0 => (usize::from(*length), rest),
        _ => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f)).filter(|(d, _)| d.len() <= 4)?;
            (digits.iter().fold(0usize, |sum, digit| (sum << 8) | usize::from(*digit)), rest)
        }
    };
    (*first == tag).then(|| rest.split_at_checked(length)).flatten()
}
