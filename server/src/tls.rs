//! [`Tls`]: the server's certificate.

use std::sync::Arc;

/// TLS of a server.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The certificate and the key.
    pub config: Arc<rustls::ServerConfig>,
    /// Whether clients must use it.
    pub required: bool,
}
