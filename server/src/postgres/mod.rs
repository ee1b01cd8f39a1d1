//! PostgreSQL's protocol: connections, logins, statements, and rows in PostgreSQL's types.
//!
//! ```text
//! serve ─→ startup (TLS, login) ─→ connection ─┬→ simple   ─┐
//!                                              └→ extended ─┴→ command ─→ plan ─→ execute ─→ encode ─→ channel
//!                                                                          ├→ catalogue: queries about tables, `select 1`
//!                                                                          └→ core: queries over data
//! ```
//!
//! A connection is one task. It reads a message, answers it, and reads the next; while it answers it looks whether the
//! client is still there, and a client that reads slowly makes only its own task wait.

mod backend;
mod cancel;
mod catalogue;
mod channel;
mod command;
mod connection;
mod copy;
mod encode;
mod execute;
mod extended;
mod frontend;
mod parameters;
mod placeholders;
mod plan;
mod position;
mod rows;
mod settings;
mod simple;
mod startup;
mod transaction;
mod types;
mod utility;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::auth::Users;
use crate::core::Hub;
use crate::tls::Tls;
use cancel::Secrets;
use catalogue::Shown;

/// How connections are held.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// How long a client may take until it is logged in.
    pub startup_timeout: Duration,
    /// The longest message of a client, in bytes.
    pub message_bytes: usize,
    /// How long a client may take for the end of its answer once the server stops.
    pub shutdown_grace: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            startup_timeout: Duration::from_secs(30),
            message_bytes: 64 << 20,
            shutdown_grace: Duration::from_secs(3),
        }
    }
}

/// What all connections of the protocol share.
#[derive(Debug)]
struct Server {
    hub: Arc<Hub>,
    users: Arc<Users>,
    tls: Option<Tls>,
    options: PostgresOptions,
    secrets: Secrets,
    shown: Shown,
}

/// Serves PostgreSQL's protocol until the hub is told to stop and the connections have said goodbye.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    hub: Arc<Hub>,
    users: Arc<Users>,
    tls: Option<Tls>,
    options: PostgresOptions,
) -> io::Result<()> {
    let tls = tls.map(|tls| tls.speaking("postgresql"));
    let shutdown = hub.shutdown().clone();
    let shown = Shown::new();
    let server = Arc::new(Server { hub, users, tls, options, secrets: Secrets::default(), shown });
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                tasks.spawn(startup::connect(Arc::clone(&server), stream, peer));
            }
            Err(error) => {
                // Out of files, or a client that went away at once: others are served all the same.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
    Ok(())
}
