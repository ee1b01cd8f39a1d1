//! [`ScramServer`]: the server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), with and without channel binding.
//!
//! ```text
//! client-first ─→ first ─→ server-first        client-final ─→ finish ─→ server-final
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use super::verifier::{KEY, Verifier, hmac, sha256};
use crate::error::{ServerError, code};

/// The mechanism without channel binding.
pub const SCRAM_SHA_256: &str = "SCRAM-SHA-256";
/// The mechanism with channel binding, over TLS.
pub const SCRAM_SHA_256_PLUS: &str = "SCRAM-SHA-256-PLUS";

/// The only way to bind to a channel that PostgreSQL has.
const END_POINT: &str = "tls-server-end-point";

/// One login. Make it with [`super::Users::scram`].
#[derive(Debug)]
pub struct ScramServer {
    user: String,
    verifier: Verifier,
    /// Whether there is such a user; for others the exchange runs to its end and fails there.
    known: bool,
    /// Counts logins that are refused.
    refused: Arc<AtomicU64>,
    /// The hash of the certificate of the connection.
    end_point: Option<Vec<u8>>,
    mechanism: Option<&'static str>,
    /// The server's part of the nonce, where a test says it.
    nonce: Option<String>,
    state: State,
}

#[derive(Debug)]
enum State {
    Begin,
    Challenged(Challenge),
    End,
}

/// What was said until the server's challenge.
#[derive(Debug)]
struct Challenge {
    gs2_header: String,
    bound: bool,
    client_first_bare: String,
    server_first: String,
    nonce: String,
}

impl ScramServer {
    pub(super) fn new(user: &str, verifier: Verifier, known: bool, refused: Arc<AtomicU64>) -> Self {
        Self {
            user: user.into(),
            verifier,
            known,
            refused,
            end_point: None,
            mechanism: None,
            nonce: None,
            state: State::Begin,
        }
    }

    #[cfg(test)]
    pub(super) fn say_nonce(&mut self, nonce: &str) {
        self.nonce = Some(nonce.into());
    }

    /// Over TLS: binds the login to the certificate, where [`crate::tls::Tls::end_point`] gives its hash.
    #[must_use]
    pub fn bound_to(mut self, end_point: Option<&[u8]>) -> Self {
        self.end_point = end_point.map(<[u8]>::to_vec);
        self
    }

    /// The mechanisms to offer, the best first.
    pub fn mechanisms(&self) -> &'static [&'static str] {
        match self.end_point {
            Some(_) => &[SCRAM_SHA_256_PLUS, SCRAM_SHA_256],
            None => &[SCRAM_SHA_256],
        }
    }

    /// Notes which mechanism the client chose.
    ///
    /// # Errors
    /// When it was not offered.
    pub fn choose(&mut self, mechanism: &str) -> Result<(), ServerError> {
        let offered = self.mechanisms();
        self.mechanism = offered.iter().copied().find(|offer| *offer == mechanism);
        match self.mechanism {
            Some(_) => Ok(()),
            None => Err(malformed(format!("no mechanism `{mechanism}`, expected one of {}", offered.join(", ")))),
        }
    }

    /// Answers the client's first message with the challenge.
    ///
    /// # Errors
    /// When the message is none, or asks for what is not offered.
    pub fn first(&mut self, client_first: &str) -> Result<String, ServerError> {
        if !matches!(std::mem::replace(&mut self.state, State::End), State::Begin) {
            return Err(malformed("a first message of SCRAM comes once"));
        }
        let (flag, rest) = client_first.split_once(',').ok_or_else(|| malformed("expected `n,`, `y,` or `p=`"))?;
        let bound = self.check_binding(flag)?;
        let (authzid, bare) = rest.split_once(',').ok_or_else(|| malformed("expected `,` after the user to act as"))?;
        if !authzid.is_empty() {
            return Err(ServerError::new(code::FEATURE_NOT_SUPPORTED, "one user cannot log in as another"));
        }
        let client_nonce = nonce_of(bare)?;
        let ours = match self.nonce.take() {
            Some(nonce) => nonce,
            None => STANDARD.encode(super::random::<18>()?),
        };
        let nonce = format!("{client_nonce}{ours}");
        let salt = STANDARD.encode(&self.verifier.salt);
        let server_first = format!("r={nonce},s={salt},i={}", self.verifier.iterations);
        self.state = State::Challenged(Challenge {
            gs2_header: format!("{flag},,"),
            bound,
            client_first_bare: bare.to_string(),
            server_first: server_first.clone(),
            nonce,
        });
        Ok(server_first)
    }

    /// Answers the client's proof with the server's own. After this the user is who they say.
    ///
    /// # Errors
    /// When the password is wrong, there is no such user, or the message is none.
    pub fn finish(&mut self, client_final: &str) -> Result<String, ServerError> {
        let State::Challenged(challenge) = std::mem::replace(&mut self.state, State::End) else {
            return Err(malformed("a final message of SCRAM comes after the first"));
        };
        let (without_proof, proof) =
            client_final.rsplit_once(",p=").ok_or_else(|| malformed("expected a proof, `p=`"))?;
        let mut parts = without_proof.split(',');
        let mut part = |key: &str| parts.next().and_then(|part| part.strip_prefix(key));
        let binding = part("c=").ok_or_else(|| malformed("expected a channel binding, `c=`"))?;
        let nonce = part("r=").ok_or_else(|| malformed("expected a nonce, `r=`"))?;
        let binding = STANDARD.decode(binding).map_err(|_| malformed("the channel binding is no base64"))?;
        let proof: [u8; KEY] = STANDARD
            .decode(proof)
            .ok()
            .and_then(|proof| proof.try_into().ok())
            .ok_or_else(|| malformed("the proof is no base64 of 32 bytes"))?;

        let mut expected = challenge.gs2_header.clone().into_bytes();
        if challenge.bound {
            expected.extend_from_slice(self.end_point.as_deref().unwrap_or_default());
        }
        if binding != expected {
            return Err(ServerError::new(code::INVALID_AUTHORIZATION, "the login is not bound to this connection")
                .hint("something between client and server may read along"));
        }
        if nonce != challenge.nonce {
            return Err(malformed("the nonce is not the one of the challenge"));
        }

        let message: [&[u8]; 5] = [
            challenge.client_first_bare.as_bytes(),
            b",",
            challenge.server_first.as_bytes(),
            b",",
            without_proof.as_bytes(),
        ];
        let signature = hmac(&self.verifier.stored_key, &message);
        let mut client_key = [0; KEY];
        for ((key, proof), signature) in client_key.iter_mut().zip(proof).zip(signature) {
            *key = proof ^ signature;
        }
        let proved: bool = sha256(&client_key).ct_eq(&self.verifier.stored_key).into();
        let server_signature = hmac(&self.verifier.server_key, &message);
        match proved && self.known {
            true => Ok(format!("v={}", STANDARD.encode(server_signature))),
            false => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Err(super::wrong_password(&self.user))
            }
        }
    }

    /// Whether the client binds to the channel, as its flag and its mechanism say.
    fn check_binding(&self, flag: &str) -> Result<bool, ServerError> {
        let plus = self.mechanism.map(|mechanism| mechanism == SCRAM_SHA_256_PLUS);
        match flag {
            "n" if plus != Some(true) => Ok(false),
            // "The server has none": if it has, somebody has taken it off the offer.
            "y" if self.end_point.is_some() => {
                Err(ServerError::new(code::INVALID_AUTHORIZATION, "the offer of channel binding did not arrive")
                    .hint("something between client and server may read along"))
            }
            "y" if plus != Some(true) => Ok(false),
            _ => match flag.strip_prefix("p=") {
                Some(END_POINT) if self.end_point.is_some() && plus != Some(false) => Ok(true),
                Some(_) => Err(malformed("that channel binding is not offered")),
                None => Err(malformed("expected `n`, `y` or `p=` that goes with the mechanism")),
            },
        }
    }
}

/// The client's nonce in `n=<user>,r=<nonce>`. The user is the one of the connection, whatever this says, as in
/// PostgreSQL.
fn nonce_of(bare: &str) -> Result<&str, ServerError> {
    let mut parts = bare.split(',');
    if !parts.next().is_some_and(|part| part.starts_with("n=")) {
        return Err(malformed("expected a user, `n=`"));
    }
    parts
        .next()
        .and_then(|part| part.strip_prefix("r="))
        .filter(|nonce| !nonce.is_empty() && nonce.bytes().all(|b| b.is_ascii_graphic()))
        .ok_or_else(|| malformed("expected a nonce of printable characters, `r=`"))
}

fn malformed(what: impl std::fmt::Display) -> ServerError {
    ServerError::new(code::PROTOCOL_VIOLATION, format!("a message of SCRAM is malformed: {what}"))
}
