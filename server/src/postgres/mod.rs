//! Stand-in.
#![allow(missing_docs)]
use std::sync::Arc;
#[derive(Debug, Default)]
pub struct PostgresOptions {}
pub async fn serve(
    listener: tokio::net::TcpListener,
    hub: Arc<crate::core::Hub>,
    _users: Arc<crate::auth::Users>,
    _tls: Option<crate::tls::Tls>,
    _options: PostgresOptions,
) -> std::io::Result<()> {
    let _l = listener;
    hub.shutdown().cancelled().await;
    Ok(())
}
