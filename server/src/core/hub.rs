//! [`Hub`]: what all connections share.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hyperslab::Context;
use hyperslab::datafusion::execution::memory_pool::MemoryPool;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::memory::UserPool;
use super::session::Session;
use crate::config::Rights;
use crate::error::{ServerError, code};
use crate::metrics::Metrics;

/// Which protocol a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// PostgreSQL's.
    Postgres,
    /// Arrow Flight SQL.
    Flight,
}

impl Protocol {
    /// Its name in the log and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Flight => "flight",
        }
    }
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
    pools: Mutex<HashMap<String, Weak<UserPool>>>,
    next_id: AtomicI32,
    /// Whether no connection is taken any more.
    draining: AtomicBool,
    shutdown: CancellationToken,
    turns: Arc<Semaphore>,
    metrics: Metrics,
    /// What relative paths in statements and grants are relative to.
    folder: PathBuf,
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
            draining: AtomicBool::new(false),
            shutdown: CancellationToken::new(),
            turns,
            metrics: Metrics::default(),
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
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

    /// Takes no connection any more; those that are open go on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the server stops, or has been told to.
    pub fn is_stopping(&self) -> bool {
        self.draining.load(Ordering::Relaxed) || self.shutdown.is_cancelled()
    }

    /// What has been counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
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
        if self.is_stopping() {
            return Err(ServerError::new(code::ADMIN_SHUTDOWN, "the server stops"));
        }
        let mut sessions = self.sessions();
        sessions.retain(|_, session| session.strong_count() > 0);
        let open: Vec<_> = sessions.values().filter_map(Weak::upgrade).collect();
        let of_user = open.iter().filter(|s| s.user() == user).count();
        let refused = if open.len() >= self.options.connections {
            Some(format!("{} connections are open, expected at most {}", open.len(), self.options.connections))
        } else {
            rights
                .connections
                .filter(|most| of_user >= *most)
                .map(|most| format!("user `{user}` has {of_user} connections open, expected at most {most}"))
        };
        if let Some(message) = refused {
            self.metrics.connection_refused(protocol);
            return Err(ServerError::new(code::TOO_MANY_CONNECTIONS, message));
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

    /// The memory that all statements of a user share, where the user has a limit. It is forgotten with the last
    /// session of the user.
    pub(super) fn memory_of(&self, user: &str, rights: &Rights) -> Option<Arc<dyn MemoryPool>> {
        let limit = usize::try_from(rights.memory?).unwrap_or(usize::MAX);
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|_, pool| pool.strong_count() > 0);
        if let Some(pool) = pools.get(user).and_then(Weak::upgrade) {
            return Some(pool);
        }
        let shared = Arc::clone(&self.context.session().runtime_env().memory_pool);
        let pool = Arc::new(UserPool::new(user, limit, shared));
        pools.insert(user.to_string(), Arc::downgrade(&pool));
        Some(pool)
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<i32, Weak<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
