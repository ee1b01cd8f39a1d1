//! [`Clients`]: who calls: by a token of ours, a token of the configuration, a password, or from this machine.
//!
//! ```text
//! Handshake (Basic) ─→ a session with a token, which comes with each call and expires
//! Bearer of the configuration, Basic, nobody (trusted) ─→ a session for as long as the connection is open
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use tonic::metadata::MetadataMap;

use super::client::{Busy, Client, no_prepared, session_of};
use super::connection::Connection;
use super::options::FlightOptions;
use super::prepared::Prepared;
use super::random;
use crate::auth::Users;
use crate::config::Rights;
use crate::core::{Hub, Protocol};
use crate::error::{ServerError, code};

/// The header that names the caller.
pub(super) const AUTHORIZATION: &str = "authorization";
/// The header of clients that took their token from the body of the handshake.
const TOKEN_HEADER: &str = "auth-token-bin";
/// Who it is that is trusted and gives no name.
const NOBODY: &str = "anonymous";
/// Clients differ in whether they pad.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A user with a password. It has no `Debug`, so that no log has the password.
pub(super) struct Login {
    pub user: String,
    pub password: String,
}

/// Those who have come in.
#[derive(Debug)]
pub(super) struct Clients {
    hub: Arc<Hub>,
    users: Arc<Users>,
    /// Those who have a token of ours.
    by_token: Mutex<HashMap<String, Arc<Client>>>,
    /// All, by the number of the session.
    by_session: Mutex<HashMap<i32, Weak<Client>>>,
}

impl Clients {
    pub fn new(hub: Arc<Hub>, users: Arc<Users>) -> Self {
        Self { hub, users, by_token: Mutex::default(), by_session: Mutex::default() }
    }

    /// A token for somebody who shows a password, or is trusted.
    ///
    /// # Errors
    /// When the password is wrong, or there are too many sessions.
    pub async fn log_in(&self, login: Option<Login>, connection: &Arc<Connection>) -> Result<String, ServerError> {
        let (user, rights) = self.admit(login, connection).await?;
        let client = self.open(&user, rights)?;
        let token = random::token()?;
        connection.attach(&token, &client)?;
        lock(&self.by_token).insert(token.clone(), client);
        Ok(token)
    }

    /// Who makes a call.
    ///
    /// # Errors
    /// When the caller does not say, or is not let in.
    pub async fn caller(&self, headers: &MetadataMap, connection: &Arc<Connection>) -> Result<Busy, ServerError> {
        let credential = Credential::of(headers)?;
        let key = credential.key();
        if let Some(client) = connection.client(key) {
            return Ok(Busy::new(client));
        }
        // The first calls of a client often come together; they are one session.
        let _one_at_a_time = connection.opening().lock().await;
        if let Some(client) = connection.client(key) {
            return Ok(Busy::new(client));
        }
        let client = match &credential {
            Credential::Token(token) => {
                let ours = lock(&self.by_token).get(token).cloned();
                match ours {
                    Some(client) => client,
                    None => {
                        let (user, rights) = self.users.check_token(token).map_err(|e| expired(&e))?;
                        self.open(&user, rights)?
                    }
                }
            }
            Credential::Password(header) => {
                let (user, rights) = self.admit(Some(basic(header)?), connection).await?;
                self.open(&user, rights)?
            }
            Credential::None => {
                let (user, rights) = self.admit(None, connection).await?;
                self.open(&user, rights)?
            }
        };
        connection.attach(key, &client)?;
        Ok(Busy::new(client))
    }

    async fn admit(&self, login: Option<Login>, connection: &Connection) -> Result<(String, Arc<Rights>), ServerError> {
        let trusted = self.users.trusts(connection.peer());
        match login {
            Some(login) if trusted => {
                let rights = self.users.rights(&login.user).ok_or_else(|| unknown_user(&login.user))?;
                Ok((login.user, rights))
            }
            None if trusted => {
                let rights = self.users.rights(NOBODY).ok_or_else(|| unknown_user(NOBODY))?;
                Ok((NOBODY.to_string(), rights))
            }
            Some(Login { user, password }) => {
                // Thousands of hashes: not on a thread that serves others.
                let users = Arc::clone(&self.users);
                let name = user.clone();
                let checked = tokio::task::spawn_blocking(move || users.check_password(&name, &password)).await;
                let rights = checked.map_err(|e| ServerError::new(code::INTERNAL_ERROR, e.to_string()))??;
                Ok((user, rights))
            }
            None => Err(ServerError::new(code::INVALID_AUTHORIZATION, "the call does not say who makes it")
                .hint("log in with user and password, or send a token as `authorization: Bearer …`")),
        }
    }

    fn open(&self, user: &str, rights: Arc<Rights>) -> Result<Arc<Client>, ServerError> {
        let session = self.hub.connect(user, rights, Protocol::Flight)?;
        let id = session.id();
        let client = Arc::new(Client::new(session));
        let mut by_session = lock(&self.by_session);
        by_session.retain(|_, client| client.strong_count() > 0);
        by_session.insert(id, Arc::downgrade(&client));
        Ok(client)
    }

    /// A prepared statement of the caller, made on this connection or another one.
    ///
    /// # Errors
    /// When there is none, or it is somebody else's.
    pub fn prepared(&self, handle: &[u8], caller: &Busy) -> Result<(Busy, Arc<Prepared>), ServerError> {
        let id = session_of(handle)?;
        let owner = match caller.session().id() == id {
            true => caller.clone(),
            false => {
                let client = lock(&self.by_session).get(&id).and_then(Weak::upgrade).ok_or_else(no_prepared)?;
                Busy::new(client)
            }
        };
        if owner.user() != caller.user() {
            return Err(no_prepared());
        }
        let prepared = owner.prepared(handle)?;
        Ok((owner, prepared))
    }

    /// Ends the session of a client, whoever holds its token.
    pub fn close(&self, client: &Arc<Client>) {
        client.close();
        lock(&self.by_token).retain(|_, other| !Arc::ptr_eq(other, client));
    }

    /// Ends the sessions that nobody uses.
    pub fn sweep(&self, options: &FlightOptions) {
        let mut by_token = lock(&self.by_token);
        by_token.retain(|_, client| {
            let keep = !client.is_closed() && !client.is_idle(options.session_idle, options.session_orphaned);
            if !keep {
                client.close();
            }
            keep
        });
    }
}

/// What a call says about its caller.
enum Credential {
    Token(String),
    /// The whole of the header.
    Password(String),
    None,
}

impl Credential {
    fn of(headers: &MetadataMap) -> Result<Self, ServerError> {
        if let Some(header) = headers.get(AUTHORIZATION) {
            let header = header.to_str().map_err(|_| not_understood())?;
            return match header.split_once(' ') {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Self::Token(token.trim().into())),
                Some((scheme, _)) if scheme.eq_ignore_ascii_case("basic") => Ok(Self::Password(header.into())),
                _ => Err(not_understood()),
            };
        }
        if let Some(token) = headers.get_bin(TOKEN_HEADER) {
            let token = token.to_bytes().map_err(|_| not_understood())?;
            return String::from_utf8(token.to_vec()).map(Self::Token).map_err(|_| not_understood());
        }
        Ok(Self::None)
    }

    fn key(&self) -> &str {
        match self {
            Self::Token(key) | Self::Password(key) => key,
            Self::None => "",
        }
    }
}

/// User and password of a header `Basic …`; `None` where there is no such header.
///
/// # Errors
/// When it cannot be read.
pub(super) fn basic_login(headers: &MetadataMap) -> Result<Option<Login>, ServerError> {
    match headers.get(AUTHORIZATION) {
        None => Ok(None),
        Some(header) => basic(header.to_str().map_err(|_| not_understood())?).map(Some),
    }
}

fn basic(header: &str) -> Result<Login, ServerError> {
    let encoded = match header.split_once(' ') {
        Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => encoded.trim(),
        _ => return Err(not_understood()),
    };
    let bytes = BASE64.decode(encoded).map_err(|_| not_understood())?;
    let text = String::from_utf8(bytes).map_err(|_| not_understood())?;
    let (user, password) = text.split_once(':').ok_or_else(not_understood)?;
    Ok(Login { user: user.to_string(), password: password.to_string() })
}

fn not_understood() -> ServerError {
    ServerError::new(code::INVALID_AUTHORIZATION, "cannot read the header `authorization`")
        .hint("expected `Basic` with user and password in base64, or `Bearer` with a token")
}

fn unknown_user(user: &str) -> ServerError {
    ServerError::new(code::INVALID_AUTHORIZATION, format!("there is no user `{user}`"))
}

fn expired(error: &ServerError) -> ServerError {
    ServerError::new(error.code, error.message.clone())
        .hint("log in again: the token of a session ends when nobody uses it")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
