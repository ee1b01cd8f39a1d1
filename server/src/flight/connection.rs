//! [`Connection`]: one TCP connection, and the clients that speak through it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::client::Client;
use crate::error::{ServerError, code};

/// Clients that share a connection, such as those behind a proxy.
const MOST_CLIENTS: usize = 64;

/// One TCP connection. Clients without a token of their own have a session for as long as it is open.
#[derive(Debug)]
pub(super) struct Connection {
    peer: SocketAddr,
    /// By what they say of themselves in each call.
    clients: Mutex<Vec<(String, Attached)>>,
    opening: tokio::sync::Mutex<()>,
    spoken: CancellationToken,
}

impl Connection {
    pub fn new(peer: SocketAddr) -> Self {
        Self {
            peer,
            clients: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            spoken: CancellationToken::new(),
        }
    }

    /// The other end.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Held while a session is opened.
    pub fn opening(&self) -> &tokio::sync::Mutex<()> {
        &self.opening
    }

    /// Ends when the first request has come.
    pub fn spoken(&self) -> &CancellationToken {
        &self.spoken
    }

    /// The client that said `credential` before on this connection.
    pub fn client(&self, credential: &str) -> Option<Arc<Client>> {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.iter().find(|(c, attached)| c == credential && !attached.0.is_closed()).map(|(_, a)| Arc::clone(&a.0))
    }

    /// Keeps a client for as long as the connection is open.
    ///
    /// # Errors
    /// When too many clients share it.
    pub fn attach(&self, credential: &str, client: &Arc<Client>) -> Result<(), ServerError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|(c, attached)| c != credential && !attached.0.is_closed());
        if clients.len() >= MOST_CLIENTS {
            return Err(ServerError::new(
                code::TOO_MANY_CONNECTIONS,
                format!("{} clients share this connection, expected at most {MOST_CLIENTS}", clients.len()),
            ));
        }
        clients.push((credential.to_string(), Attached::new(client)));
        Ok(())
    }
}

/// A client with one more connection open.
#[derive(Debug)]
struct Attached(Arc<Client>);

impl Attached {
    fn new(client: &Arc<Client>) -> Self {
        client.attach();
        Self(Arc::clone(client))
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.0.detach();
    }
}
