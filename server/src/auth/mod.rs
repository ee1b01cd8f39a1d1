//! Who may come in.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::config::Rights;
use crate::error::{ServerError, code};

/// The users of a server.
#[derive(Debug, Default)]
pub struct Users {
    /// Whether everybody on this machine is let in.
    pub trust: bool,
    /// What each user may do.
    pub rights: HashMap<String, Arc<Rights>>,
    /// The passwords.
    pub passwords: HashMap<String, String>,
    /// The user of each token.
    pub tokens: HashMap<String, String>,
}

impl Users {
    /// What a user may do; `None` where there is no such user.
    pub fn rights(&self, user: &str) -> Option<Arc<Rights>> {
        self.rights.get(user).cloned().or_else(|| self.trust.then(Default::default))
    }

    /// Whether a peer is let in without a password.
    pub fn trusts(&self, peer: SocketAddr) -> bool {
        self.trust && peer.ip().is_loopback()
    }

    /// The rights of a user who knows the password.
    ///
    /// # Errors
    /// When there is no such user, or the password is another.
    pub fn check_password(&self, user: &str, password: &str) -> Result<Arc<Rights>, ServerError> {
        let wrong = || ServerError::new(code::INVALID_PASSWORD, format!("wrong password for user `{user}`"));
        match self.passwords.get(user) {
            Some(known) if known == password => self.rights(user).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }

    /// The user of a token, with the rights.
    ///
    /// # Errors
    /// When nobody has it.
    pub fn check_token(&self, token: &str) -> Result<(String, Arc<Rights>), ServerError> {
        let unknown = || ServerError::new(code::INVALID_AUTHORIZATION, "unknown token");
        let user = self.tokens.get(token).ok_or_else(unknown)?;
        Ok((user.clone(), self.rights(user).ok_or_else(unknown)?))
    }
}
