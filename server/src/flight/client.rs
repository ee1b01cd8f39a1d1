//! [`Client`]: somebody who has come in: the session, what was set for it, what it has prepared.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::prepared::Prepared;
use super::random;
use crate::core::Session;
use crate::error::{ServerError, code};

/// Transactions that a client may have open.
const MOST_TRANSACTIONS: usize = 100;

/// What a client has set for its statements.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settings {
    /// The longest that a statement may take.
    pub statement_timeout: Option<Duration>,
    /// Whether text comes as views, which newer clients read.
    pub views: bool,
}

/// Somebody who has come in. The session ends with it.
#[derive(Debug)]
pub(super) struct Client {
    session: Arc<Session>,
    settings: Mutex<Settings>,
    prepared: Mutex<HashMap<Vec<u8>, Arc<Prepared>>>,
    transactions: Mutex<HashSet<Vec<u8>>>,
    last_used: Mutex<Instant>,
    busy: AtomicUsize,
    connections: AtomicUsize,
    closed: AtomicBool,
}

impl Client {
    pub fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            settings: Mutex::default(),
            prepared: Mutex::default(),
            transactions: Mutex::default(),
            last_used: Mutex::new(Instant::now()),
            busy: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        }
    }

    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }

    pub fn user(&self) -> &str {
        self.session.user()
    }

    pub fn settings(&self) -> Settings {
        *lock(&self.settings)
    }

    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.settings));
    }

    /// The client takes no more requests.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        lock(&self.prepared).clear();
        lock(&self.transactions).clear();
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub fn attach(&self) {
        self.connections.fetch_add(1, Ordering::AcqRel);
    }

    pub fn detach(&self) {
        self.connections.fetch_sub(1, Ordering::AcqRel);
        self.touch();
    }

    /// Whether nobody has asked anything for `idle`, or for `orphaned` with all connections closed.
    pub fn is_idle(&self, idle: Duration, orphaned: Duration) -> bool {
        let since = lock(&self.last_used).elapsed();
        let most = match self.connections.load(Ordering::Acquire) {
            0 => orphaned.min(idle),
            _ => idle,
        };
        self.busy.load(Ordering::Acquire) == 0 && since > most
    }

    fn touch(&self) {
        *lock(&self.last_used) = Instant::now();
    }

    /// Keeps a prepared statement; its handle.
    pub fn prepare(&self, statement: Prepared, most: usize) -> Result<Vec<u8>, ServerError> {
        let mut prepared = lock(&self.prepared);
        if prepared.len() >= most {
            return Err(ServerError::new(
                code::LIMIT_EXCEEDED,
                format!("{} prepared statements are open, expected at most {most}", prepared.len()),
            )
            .hint("close those that are no longer needed"));
        }
        // The first bytes lead to the session from any connection, the others make it a secret.
        let mut handle = self.session.id().to_be_bytes().to_vec();
        handle.extend(random::bytes::<16>()?);
        prepared.insert(handle.clone(), Arc::new(statement));
        Ok(handle)
    }

    pub fn prepared(&self, handle: &[u8]) -> Result<Arc<Prepared>, ServerError> {
        lock(&self.prepared).get(handle).cloned().ok_or_else(no_prepared)
    }

    pub fn close_prepared(&self, handle: &[u8]) {
        lock(&self.prepared).remove(handle);
    }

    /// Begins a transaction. It changes nothing, since nothing here is written in one; clients want it to be there.
    pub fn begin(&self) -> Result<Vec<u8>, ServerError> {
        let mut transactions = lock(&self.transactions);
        if transactions.len() >= MOST_TRANSACTIONS {
            return Err(ServerError::new(
                code::LIMIT_EXCEEDED,
                format!("{} transactions are open, expected at most {MOST_TRANSACTIONS}", transactions.len()),
            ));
        }
        let id = random::bytes::<16>()?.to_vec();
        transactions.insert(id.clone());
        Ok(id)
    }

    pub fn end(&self, transaction: &[u8]) -> Result<(), ServerError> {
        match lock(&self.transactions).remove(transaction) {
            true => Ok(()),
            false => Err(no_transaction()),
        }
    }

    /// Refuses a statement in a transaction that is not open.
    pub fn check_transaction(&self, transaction: Option<&[u8]>) -> Result<(), ServerError> {
        match transaction {
            Some(id) if !id.is_empty() && !lock(&self.transactions).contains(id) => Err(no_transaction()),
            _ => Ok(()),
        }
    }
}

/// The number of the session that a handle belongs to.
pub(super) fn session_of(handle: &[u8]) -> Result<i32, ServerError> {
    let id = handle.first_chunk::<4>().ok_or_else(no_prepared)?;
    Ok(i32::from_be_bytes(*id))
}

pub(super) fn no_prepared() -> ServerError {
    ServerError::new(code::INVALID_STATEMENT_NAME, "there is no such prepared statement")
        .hint("it was closed, or its session has ended")
}

fn no_transaction() -> ServerError {
    ServerError::new(code::INVALID_PARAMETER_VALUE, "there is no such transaction")
}

/// A client while it is served: it is not idle.
#[derive(Debug)]
pub(super) struct Busy(Arc<Client>);

impl Busy {
    pub fn new(client: Arc<Client>) -> Self {
        client.busy.fetch_add(1, Ordering::AcqRel);
        Self(client)
    }

    pub fn client(&self) -> &Arc<Client> {
        &self.0
    }
}

impl Clone for Busy {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.0))
    }
}

impl std::ops::Deref for Busy {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.touch();
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
