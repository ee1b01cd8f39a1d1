//! [`Server`]: from a configuration to listeners that serve, and to their end.
//!
//! ```text
//! Config ─→ start: context, health, datasets, listeners ─→ run ─→ stop: no more connections ─→ grace ─→ shutdown
//! ```

mod http;
mod open;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::auth::Users;
use crate::config::Config;
use crate::core::{Hub, HubOptions};
use crate::error::{ServerError, code};
use crate::flight::{self, FlightOptions};
use crate::postgres::{self, PostgresOptions};
use crate::tls::Tls;

/// How long connections may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// How often a server that stops looks whether statements still run.
const STILL_RUNNING: Duration = Duration::from_millis(20);

/// A server that has opened its datasets and its listeners.
#[derive(Debug)]
pub struct Server {
    hub: Arc<Hub>,
    users: Arc<Users>,
    tls: Option<Tls>,
    postgres: Vec<TcpListener>,
    flight: Vec<TcpListener>,
    addresses: Addresses,
    grace: Duration,
    ready: Arc<AtomicBool>,
    tasks: JoinSet<std::io::Result<()>>,
}

/// Where a server listens, with the ports that the system gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// PostgreSQL's protocol.
    pub postgres: Vec<SocketAddr>,
    /// Arrow Flight SQL.
    pub flight: Vec<SocketAddr>,
    /// Metrics and health.
    pub http: Vec<SocketAddr>,
}

impl Server {
    /// Opens what a configuration names. Health answers while datasets are opened, the others from [`Self::run`] on.
    ///
    /// # Errors
    /// When a file, an address or a dataset cannot be opened.
    pub async fn start(config: &Config) -> Result<Self, ServerError> {
        let users = Arc::new(config.load_users()?);
        let tls = config.load_tls()?;
        let (database, connections) = (config.database.clone(), config.connections);
        let mut options = HubOptions { database, connections, ..HubOptions::default() };
        options.running = config.statements.unwrap_or(options.running);
        let hub = Hub::new(open::context(config)?, options);
        let ready = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        let mut addresses = Addresses::default();
        // All addresses are taken before a dataset is opened: one that is taken by another process shows at once.
        let (http, at) = listen(&config.http, "http").await?;
        addresses.http = at;
        let (postgres, at) = listen(&config.postgres, "postgres").await?;
        addresses.postgres = at;
        let (flight, at) = listen(&config.flight, "flight").await?;
        addresses.flight = at;
        for listener in http {
            tasks.spawn(http::serve(listener, Arc::clone(&hub), Arc::clone(&users), Arc::clone(&ready)));
        }
        open::datasets(hub.context(), &config.datasets).await?;
        let grace = config.shutdown_grace;
        Ok(Self { hub, users, tls, postgres, flight, addresses, grace, ready, tasks })
    }

    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What its connections share.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Who may come in.
    pub fn users(&self) -> &Arc<Users> {
        &self.users
    }

    /// Serves until `stop`. Then no connection is taken any more, running statements have the grace of the
    /// configuration to end, and those that are left are stopped.
    ///
    /// # Errors
    /// When a listener fails.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        for listener in self.postgres.drain(..) {
            let (hub, users) = (Arc::clone(&self.hub), Arc::clone(&self.users));
            let (tls, options) = (self.tls.clone(), PostgresOptions::default());
            self.tasks.spawn(postgres::serve(listener, hub, users, tls, options));
        }
        for listener in self.flight.drain(..) {
            let (hub, users) = (Arc::clone(&self.hub), Arc::clone(&self.users));
            let (tls, options) = (self.tls.clone(), FlightOptions::default());
            self.tasks.spawn(flight::serve(listener, hub, users, tls, options));
        }
        self.ready.store(true, Ordering::Relaxed);
        tokio::pin!(stop);
        let failed = tokio::select! {
            () = &mut stop => None,
            ended = self.tasks.join_next() => ended,
        };
        self.hub.drain();
        if failed.is_none() {
            let still = async {
                while self.hub.metrics().running() > 0 {
                    tokio::time::sleep(STILL_RUNNING).await;
                }
            };
            // Whether they ended or were not granted more time, the rest is the same.
            let _ = tokio::time::timeout(self.grace, still).await;
        }
        self.hub.shutdown().cancel();
        let goodbye = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
        match failed {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(ServerError::new(code::IO_ERROR, format!("a listener failed: {error}"))),
            Some(Err(error)) => Err(ServerError::new(code::INTERNAL_ERROR, format!("a listener failed: {error}"))),
        }
    }
}

async fn listen(addresses: &[SocketAddr], section: &str) -> Result<(Vec<TcpListener>, Vec<SocketAddr>), ServerError> {
    let mut listeners = Vec::new();
    let mut real = Vec::new();
    for address in addresses {
        let cannot = |error: std::io::Error| {
            ServerError::new(code::IO_ERROR, format!("cannot listen on `{address}`: {error}"))
                .hint(format!("another port with `{section}.port`, any free one with `0`"))
        };
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        real.push(listener.local_addr().map_err(cannot)?);
        listeners.push(listener);
    }
    Ok((listeners, real))
}
