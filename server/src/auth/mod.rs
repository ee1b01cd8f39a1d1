//! [`Users`]: who may come in, how they show who they are, and what each may do.

mod scram;
mod verifier;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use subtle::{ConditionallySelectable, ConstantTimeEq};

pub use scram::{SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramServer};
pub use verifier::{ITERATIONS, Verifier};

use crate::config::Rights;
use crate::error::{ServerError, code};
use verifier::{KEY, hmac, sha256};

/// The bytes of a salt, as PostgreSQL's.
const SALT: usize = 16;

/// A token that is shorter could be tried out.
const SHORTEST_TOKEN: usize = 20;

/// What begins the line of a token.
const TOKEN: &str = "SHA-256$";

/// Who may come in.
#[derive(Debug)]
pub struct Users {
    /// Whoever connects from this machine is who they say.
    trust: bool,
    verifiers: HashMap<String, Verifier>,
    tokens: Vec<Token>,
    rights: HashMap<String, Arc<Rights>>,
    /// Of users without rights of their own.
    others: Arc<Rights>,
    mock: Mock,
    /// Logins that were refused.
    refused: Arc<AtomicU64>,
}

/// A bearer token: whose it is, and its SHA-256. Tokens are long and random, so that one hash is enough.
#[derive(Debug)]
struct Token {
    user: String,
    hash: [u8; KEY],
}

/// Makes the same verifier each time for a user who is not there, so that nobody can tell.
struct Mock {
    secret: [u8; KEY],
    iterations: std::num::NonZeroU32,
}

impl std::fmt::Debug for Mock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mock").finish_non_exhaustive()
    }
}

impl Users {
    /// Everybody who connects from this machine, without a password. `rights` are of users by name, `others` of all
    /// else.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn trusting(rights: HashMap<String, Rights>, others: Rights) -> Result<Self, ServerError> {
        Self::new(true, "", rights, others)
    }

    /// The users of a file of verifiers and tokens: one `user:verifier` a line, as [`Verifier`] and [`token_line`]
    /// write them; lines that begin with `#` and empty ones say nothing.
    ///
    /// # Errors
    /// When a line is none of these, or the system gives no random numbers.
    pub fn from_lines(text: &str, rights: HashMap<String, Rights>, others: Rights) -> Result<Self, ServerError> {
        Self::new(false, text, rights, others)
    }

    fn new(trust: bool, text: &str, rights: HashMap<String, Rights>, others: Rights) -> Result<Self, ServerError> {
        let mut verifiers = HashMap::new();
        let mut tokens = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| {
                // The line itself is not repeated: it is a secret.
                ServerError::new(code::INVALID_PARAMETER_VALUE, format!("line {} of the users: {what}", number + 1))
                    .hint("`hyperslab passwd USER` writes such a line")
            };
            // A user may have a `:` in their name, a secret has its own.
            let at = [line.rfind(":SCRAM-SHA-256$"), line.rfind(&format!(":{TOKEN}"))].into_iter().flatten().max();
            let (user, secret) = at
                .and_then(|at| Some((line.get(..at)?, line.get(at.saturating_add(1)..)?)))
                .filter(|(user, _)| !user.is_empty())
                .ok_or_else(|| wrong("expected `user:SCRAM-SHA-256$…` or `user:SHA-256$…`"))?;
            if let Some(hash) = secret.strip_prefix(TOKEN) {
                let hash = STANDARD.decode(hash).ok().and_then(|hash| hash.try_into().ok());
                let hash = hash.ok_or_else(|| wrong("expected the base64 of 32 bytes after `SHA-256$`"))?;
                tokens.push(Token { user: user.to_string(), hash });
            } else {
                let verifier = Verifier::parse(secret).ok_or_else(|| {
                    wrong("expected `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>` after the user")
                })?;
                if verifiers.insert(user.to_string(), verifier).is_some() {
                    return Err(wrong(&format!("user `{user}` is there twice")));
                }
            }
        }
        // What most users have, so that one who is not there looks like them.
        let iterations = verifiers.values().map(|v| v.iterations).max().unwrap_or(ITERATIONS);
        let rights = rights.into_iter().map(|(user, rights)| (user, Arc::new(rights))).collect();
        let mock = Mock { secret: random()?, iterations };
        let refused = Arc::default();
        Ok(Self { trust, verifiers, tokens, rights, others: Arc::new(others), mock, refused })
    }

    /// The users of the file, sorted.
    pub fn names(&self) -> Vec<&str> {
        let tokens = self.tokens.iter().map(|token| token.user.as_str());
        let mut names: Vec<&str> = self.verifiers.keys().map(String::as_str).chain(tokens).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Logins with a wrong password or token, since the start.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// What a user may do; `None` when there is no such user. Whoever is trusted is a user.
    pub fn rights(&self, user: &str) -> Option<Arc<Rights>> {
        let known = self.trust || self.verifiers.contains_key(user) || self.tokens.iter().any(|t| t.user == user);
        known.then(|| self.rights_of(user))
    }

    /// Whether whoever connects from `peer` is who they say, without a password.
    pub fn trusts(&self, peer: SocketAddr) -> bool {
        self.trust && peer.ip().to_canonical().is_loopback()
    }

    /// A login of `user` by SCRAM. One who is not there is asked all the same, and refused at the end.
    pub fn scram(&self, user: &str) -> ScramServer {
        let (verifier, known) = self.verifier(user);
        ScramServer::new(user, verifier, known, Arc::clone(&self.refused))
    }

    /// Checks a password that came in plain text, inside of TLS or from this machine. It computes for milliseconds.
    ///
    /// # Errors
    /// When it is wrong, or there is no such user.
    pub fn check_password(&self, user: &str, password: &str) -> Result<Arc<Rights>, ServerError> {
        let (verifier, known) = self.verifier(user);
        match verifier.is_of(password) && known {
            true => Ok(self.rights_of(user)),
            false => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Err(wrong_password(user))
            }
        }
    }

    /// The user of a bearer token.
    ///
    /// # Errors
    /// When it is nobody's.
    pub fn check_token(&self, token: &str) -> Result<(String, Arc<Rights>), ServerError> {
        let hash = sha256(token.as_bytes());
        // Looks at all of them, so that the time tells nothing of the place.
        let mut found = 0u32;
        for (number, token) in (1u32..).zip(&self.tokens) {
            found.conditional_assign(&number, token.hash.ct_eq(&hash));
        }
        (found as usize)
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map(|token| (token.user.clone(), self.rights_of(&token.user)))
            .ok_or_else(|| {
                self.refused.fetch_add(1, Ordering::Relaxed);
                ServerError::new(code::INVALID_AUTHORIZATION, "the bearer token is not valid")
            })
    }

    fn rights_of(&self, user: &str) -> Arc<Rights> {
        Arc::clone(self.rights.get(user).unwrap_or(&self.others))
    }

    fn verifier(&self, user: &str) -> (Verifier, bool) {
        let mock = self.mock.verifier(user);
        match self.verifiers.get(user) {
            Some(verifier) => (verifier.clone(), true),
            None => (mock, false),
        }
    }
}

impl Mock {
    fn verifier(&self, user: &str) -> Verifier {
        let part = |what: &[u8]| hmac(&self.secret, &[what, user.as_bytes()]);
        let salt = part(b"salt ").into_iter().take(SALT).collect();
        Verifier { iterations: self.iterations, salt, stored_key: part(b"stored "), server_key: part(b"server ") }
    }
}

/// The line of the users' file for a password.
///
/// # Errors
/// When the user or the password cannot be one, or the system gives no random numbers.
pub fn password_line(user: &str, password: &str) -> Result<String, ServerError> {
    check_user(user)?;
    if password.is_empty() {
        return Err(ServerError::new(code::INVALID_PARAMETER_VALUE, "the password is empty"));
    }
    Ok(format!("{user}:{}", Verifier::new(password, &random::<SALT>()?, ITERATIONS)))
}

/// The line of the users' file for a bearer token.
///
/// # Errors
/// When the user cannot be one, or the token could be tried out.
pub fn token_line(user: &str, token: &str) -> Result<String, ServerError> {
    check_user(user)?;
    if token.len() < SHORTEST_TOKEN || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(ServerError::new(
            code::INVALID_PARAMETER_VALUE,
            format!("the token cannot be one, expected {SHORTEST_TOKEN} printable characters or more without blanks"),
        )
        .hint("`openssl rand -hex 32` makes one"));
    }
    Ok(format!("{user}:{TOKEN}{}", STANDARD.encode(sha256(token.as_bytes()))))
}

fn check_user(user: &str) -> Result<(), ServerError> {
    match user.is_empty() || user.starts_with('#') || user.trim() != user || user.contains(char::is_control) {
        false => Ok(()),
        true => Err(ServerError::new(
            code::INVALID_PARAMETER_VALUE,
            format!("`{user}` cannot be a user, expected a name without blanks around it that does not begin with `#`"),
        )),
    }
}

/// The same words for a user who is not there.
fn wrong_password(user: &str) -> ServerError {
    ServerError::new(code::INVALID_PASSWORD, format!("password authentication failed for user `{user}`"))
}

fn random<const N: usize>() -> Result<[u8; N], ServerError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| ServerError::new(code::INTERNAL_ERROR, "the system gives no random numbers"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
