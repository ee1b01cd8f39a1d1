//! [`Tickets`]: statements that were planned in one request and are fetched in another, on any connection of the user.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::client::Client;
use super::random;
use super::statement::Planned;
use crate::error::{ServerError, code};

/// A ticket: 256 bits that nobody can guess, good once, for its user.
pub(super) type Ticket = [u8; 32];

/// What stops a statement, whichever part of it runs.
#[derive(Debug, Default)]
pub(super) struct Stop {
    stopped: AtomicBool,
    current: Mutex<CancellationToken>,
}

impl Stop {
    /// Stops what runs now, and what would run next.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        lock(&self.current).cancel();
    }

    /// The part with this token runs from now on.
    pub fn follow(&self, token: &CancellationToken) {
        *lock(&self.current) = token.clone();
        if self.stopped.load(Ordering::SeqCst) {
            token.cancel();
        }
    }
}

/// A statement that waits to be fetched.
#[derive(Debug)]
pub(super) struct Waiting {
    pub client: Arc<Client>,
    pub planned: Planned,
    pub since: Instant,
}

/// The statements that wait to be fetched, and those that run.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    waiting: Mutex<HashMap<Ticket, Waiting>>,
    running: Mutex<HashMap<Ticket, (String, Arc<Stop>)>>,
}

impl Tickets {
    /// A ticket for a planned statement.
    ///
    /// # Errors
    /// When the client has too many that it did not fetch.
    pub fn issue(&self, client: &Arc<Client>, planned: Planned, most: usize) -> Result<Ticket, ServerError> {
        let ticket = random::bytes()?;
        let mut waiting = lock(&self.waiting);
        let open = waiting.values().filter(|w| Arc::ptr_eq(&w.client, client)).count();
        if open >= most {
            return Err(ServerError::new(
                code::LIMIT_EXCEEDED,
                format!("{open} results wait to be fetched, expected at most {most}"),
            )
            .hint("fetch them with `DoGet`, or cancel them"));
        }
        waiting.insert(ticket, Waiting { client: Arc::clone(client), planned, since: Instant::now() });
        Ok(ticket)
    }

    /// The statement of a ticket, which is good only once.
    ///
    /// # Errors
    /// When there is none, or it is somebody else's.
    pub fn redeem(self: &Arc<Self>, ticket: &[u8], user: &str) -> Result<(Waiting, Running), ServerError> {
        let ticket = Ticket::try_from(ticket).map_err(|_| unknown())?;
        let mut waiting = lock(&self.waiting);
        if waiting.get(&ticket).is_none_or(|w| w.client.user() != user) {
            return Err(unknown());
        }
        let found = waiting.remove(&ticket).ok_or_else(unknown)?;
        let stop = Arc::<Stop>::default();
        lock(&self.running).insert(ticket, (user.to_string(), Arc::clone(&stop)));
        Ok((found, Running { tickets: Arc::clone(self), ticket, stop }))
    }

    /// Stops the statement of a ticket, or forgets it; false where there is none.
    pub fn cancel(&self, ticket: &[u8], user: &str) -> bool {
        let Ok(ticket) = Ticket::try_from(ticket) else { return false };
        let mut waiting = lock(&self.waiting);
        if waiting.get(&ticket).is_some_and(|w| w.client.user() == user) {
            return waiting.remove(&ticket).is_some();
        }
        drop(waiting);
        match lock(&self.running).get(&ticket) {
            Some((owner, stop)) if owner == user => {
                stop.stop();
                true
            }
            _ => false,
        }
    }

    /// Forgets what a client did not fetch.
    pub fn forget(&self, client: &Arc<Client>) {
        lock(&self.waiting).retain(|_, w| !Arc::ptr_eq(&w.client, client));
    }

    /// Forgets what nobody fetched for `lifetime`.
    pub fn sweep(&self, lifetime: Duration) {
        lock(&self.waiting).retain(|_, w| w.since.elapsed() < lifetime);
    }
}

/// A statement that is fetched; it can be stopped until this is dropped.
#[derive(Debug)]
pub(super) struct Running {
    tickets: Arc<Tickets>,
    ticket: Ticket,
    pub stop: Arc<Stop>,
}

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.tickets.running).remove(&self.ticket);
    }
}

fn unknown() -> ServerError {
    ServerError::new(code::INVALID_CURSOR_NAME, "there is no such ticket")
        .hint("a ticket is good once, for its own user, and for a few minutes: run the statement again")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
