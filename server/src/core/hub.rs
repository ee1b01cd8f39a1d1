//! [`Hub`]: what all connections share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hyperslab::Context;
use hyperslab::datafusion::execution::memory_pool::MemoryPool;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::memory::UserPool;
use super::session::Session;
use crate::config::Rights;
use crate::error::{ServerError, code};

/// Which protocol a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// PostgreSQL's.
    Postgres,
    /// Arrow Flight SQL.
    Flight,
}

/// What a hub is made with.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// What clients see as the name of the database.
    pub database: String,
    /// Connections at a time, over all users.
    pub connections: usize,
    /// Statements that compute at the same time; the others wait for their turn. One whose client has not yet taken
    /// what is ready does not count.
    pub running: usize,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self { database: "hyperslab".into(), connections: 200, running: running() }
    }
}

/// Enough to keep all processors at work while some statements wait for their stores, and not so many that each has
/// only a sliver of the memory.
fn running() -> usize {
    std::thread::available_parallelism().map_or(4, |n| n.get().saturating_mul(2))
}

/// The datasets, limits and connections of a server.
#[derive(Debug)]
pub struct Hub {
    context: Context,
    options: HubOptions,
    sessions: Mutex<HashMap<i32, Weak<Session>>>,
    /// The memory of each user who has a limit of their own.
    pools: Mutex<HashMap<String, Arc<UserPool>>>,
    next_id: AtomicI32,
    shutdown: CancellationToken,
    turns: Arc<Semaphore>,
}

impl Hub {
    /// A server over the datasets of `context`.
    pub fn new(context: Context, options: HubOptions) -> Arc<Self> {
        let turns = Arc::new(Semaphore::new(options.running.clamp(1, Semaphore::MAX_PERMITS)));
        Arc::new(Self {
            context,
            options,
            sessions: Mutex::default(),
            pools: Mutex::default(),
            next_id: AtomicI32::new(1),
            shutdown: CancellationToken::new(),
            turns,
        })
    }

    /// The session whose datasets and tables all connections see.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// What clients see as the name of the database.
    pub fn database(&self) -> &str {
        &self.options.database
    }

    /// Ends when the server is told to stop: connections say goodbye, statements end.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// What a statement waits for before it computes.
    pub(super) fn turns(&self) -> &Arc<Semaphore> {
        &self.turns
    }

    /// A session for a user who has come in.
    ///
    /// # Errors
    /// When the server or the user has as many connections as are allowed, or the server stops.
    pub fn connect(
        self: &Arc<Self>,
        user: &str,
        rights: Arc<Rights>,
        protocol: Protocol,
    ) -> Result<Arc<Session>, ServerError> {
        if self.shutdown.is_cancelled() {
            return Err(ServerError::new(code::ADMIN_SHUTDOWN, "the server stops"));
        }
        let mut sessions = self.sessions();
        sessions.retain(|_, session| session.strong_count() > 0);
        let open: Vec<_> = sessions.values().filter_map(Weak::upgrade).collect();
        let of_user = open.iter().filter(|s| s.user() == user).count();
        if open.len() >= self.options.connections {
            return Err(ServerError::new(
                code::TOO_MANY_CONNECTIONS,
                format!("{} connections are open, expected at most {}", open.len(), self.options.connections),
            ));
        }
        if let Some(most) = rights.connections.filter(|most| of_user >= *most) {
            return Err(ServerError::new(
                code::TOO_MANY_CONNECTIONS,
                format!("user `{user}` has {of_user} connections open, expected at most {most}"),
            ));
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let session = Arc::new(Session::try_new(Arc::clone(self), id, user, rights, protocol)?);
        sessions.insert(id, Arc::downgrade(&session));
        Ok(session)
    }

    /// The open session called `id`.
    pub fn session(&self, id: i32) -> Option<Arc<Session>> {
        self.sessions().get(&id).and_then(Weak::upgrade)
    }

    /// The open sessions.
    pub fn open_sessions(&self) -> Vec<Arc<Session>> {
        self.sessions().values().filter_map(Weak::upgrade).collect()
    }

    /// The memory that all statements of a user share, where the user has a limit.
    pub(super) fn memory_of(&self, user: &str, rights: &Rights) -> Option<Arc<dyn MemoryPool>> {
        let limit = usize::try_from(rights.memory?).unwrap_or(usize::MAX);
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry(user.to_string()).or_insert_with(|| {
            let shared = Arc::clone(&self.context.session().runtime_env().memory_pool);
            Arc::new(UserPool::new(user, limit, shared))
        });
        Some(Arc::clone(pool) as Arc<dyn MemoryPool>)
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<i32, Weak<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
