//! [`Secrets`]: who may cancel the statement of a connection.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::core::Hub;
use crate::error::{ServerError, code};

/// The secret of each connection, by the number of its session.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    secrets: Mutex<HashMap<i32, i32>>,
}

impl Secrets {
    /// Makes the secret of a session.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub fn issue(&self, id: i32) -> Result<i32, ServerError> {
        let mut bytes = [0; 4];
        let random = rustls::crypto::ring::default_provider().secure_random;
        random.fill(&mut bytes).map_err(|_| ServerError::new(code::INTERNAL_ERROR, "there are no random numbers"))?;
        let secret = i32::from_be_bytes(bytes);
        self.lock().insert(id, secret);
        Ok(secret)
    }

    /// Forgets a session that has ended.
    pub fn forget(&self, id: i32) {
        self.lock().remove(&id);
    }

    /// Stops what a session runs, if the secret is its own. The client is told nothing either way.
    pub fn cancel(&self, hub: &Hub, id: i32, secret: i32) {
        let known = self.lock().get(&id) == Some(&secret);
        match hub.session(id).filter(|_| known) {
            Some(session) => session.cancel(),
            None => tracing::warn!(session = id, "a request to cancel had a wrong secret or no session"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, i32>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
