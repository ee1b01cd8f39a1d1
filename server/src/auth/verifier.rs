//! [`Verifier`]: what the server keeps of a password, in PostgreSQL's own text: enough to check it, not to log in with.

use std::fmt::{Display, Formatter};
use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac, pbkdf2};
use subtle::ConstantTimeEq;

/// The bytes of a SHA-256.
pub(super) const KEY: usize = 32;

const METHOD: &str = "SCRAM-SHA-256$";

/// The iterations that a new verifier gets, as PostgreSQL's.
pub const ITERATIONS: NonZeroU32 = match NonZeroU32::new(4096) {
    Some(iterations) => iterations,
    None => NonZeroU32::MIN,
};

/// More than this would keep a core busy for seconds at each login.
const MOST_ITERATIONS: u32 = 10_000_000;

/// `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`: what PostgreSQL keeps in `pg_authid`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    pub(super) iterations: NonZeroU32,
    pub(super) salt: Vec<u8>,
    pub(super) stored_key: [u8; KEY],
    pub(super) server_key: [u8; KEY],
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        // With the keys a password can be guessed at leisure.
        f.debug_struct("Verifier").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

impl Verifier {
    /// The verifier of a password.
    pub fn new(password: &str, salt: &[u8], iterations: NonZeroU32) -> Self {
        let salted = salted(password, salt, iterations);
        let client_key = hmac(&salted, &[b"Client Key"]);
        Self {
            iterations,
            salt: salt.to_vec(),
            stored_key: sha256(&client_key),
            server_key: hmac(&salted, &[b"Server Key"]),
        }
    }

    /// Whether `password` is the one. Takes the same time whatever the answer.
    pub fn is_of(&self, password: &str) -> bool {
        let other = Self::new(password, &self.salt, self.iterations);
        let same = self.stored_key.ct_eq(&other.stored_key) & self.server_key.ct_eq(&other.server_key);
        same.into()
    }

    /// Reads PostgreSQL's text; `None` when it is none. What it says is not repeated: it is a secret.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, keys) = text.strip_prefix(METHOD)?.split_once('$')?;
        let (iterations, salt) = head.split_once(':')?;
        let (stored, server) = keys.split_once(':')?;
        let iterations = iterations.parse::<NonZeroU32>().ok().filter(|i| i.get() <= MOST_ITERATIONS)?;
        let salt = STANDARD.decode(salt).ok().filter(|salt| !salt.is_empty())?;
        Some(Self { iterations, salt, stored_key: key(stored)?, server_key: key(server)? })
    }
}

impl Display for Verifier {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let [salt, stored, server] =
            [self.salt.as_slice(), &self.stored_key, &self.server_key].map(|bytes| STANDARD.encode(bytes));
        write!(f, "{METHOD}{}:{salt}${stored}:{server}", self.iterations)
    }
}

fn key(text: &str) -> Option<[u8; KEY]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// The password as SCRAM sees it. One that SASLprep refuses is taken as it is, as PostgreSQL does on both sides.
fn salted(password: &str, salt: &[u8], iterations: NonZeroU32) -> [u8; KEY] {
    let prepared = stringprep::saslprep(password).unwrap_or(std::borrow::Cow::Borrowed(password));
    let mut key = [0; KEY];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, prepared.as_bytes(), &mut key);
    key
}

/// HMAC-SHA-256 over `parts` one after the other.
pub(super) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; KEY] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    fixed(context.sign().as_ref())
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; KEY] {
    fixed(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn fixed(bytes: &[u8]) -> [u8; KEY] {
    let mut key = [0; KEY];
    for (to, from) in key.iter_mut().zip(bytes) {
        *to = *from;
    }
    key
}
