//! What a server bears: many connections at once ([`load`]), how soon it stops reading ([`stop`]), and what a query
//! costs through it ([`throughput`]).
//!
//! Server and clients are in one process and speak over loopback, so that store, memory pool and answers are seen
//! from both ends.

mod counter;
pub mod load;
pub mod stop;
pub mod throughput;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use hyperslab::Context;
use hyperslab_server::auth::Users;
use hyperslab_server::config::Rights;
use hyperslab_server::core::{Hub, HubOptions};
use hyperslab_server::flight::{self, FlightOptions};
use hyperslab_server::postgres::{self, PostgresOptions};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_postgres::{Client, NoTls};
use tonic::transport::{Channel, Endpoint};

use counter::Counter;

/// What can go wrong.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Bytes that a client over Arrow Flight SQL takes before it says so: what comes over loopback is there at once.
const WINDOW: u32 = 8 << 20;

/// A server on loopback.
#[derive(Debug)]
pub struct Served {
    /// What its connections share.
    pub hub: Arc<Hub>,
    postgres: SocketAddr,
    flight: SocketAddr,
    tasks: JoinSet<std::io::Result<()>>,
}

impl Served {
    /// Serves the datasets of `context` to whoever comes, over both protocols.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(context: Context) -> Result<Self, Failure> {
        let hub = Hub::new(context, HubOptions::default());
        let users = Arc::new(Users::trusting(HashMap::new(), Rights::default())?);
        let (postgres, flight) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
        let (postgres_at, flight_at) = (postgres.local_addr()?, flight.local_addr()?);
        let mut tasks = JoinSet::new();
        let options = PostgresOptions::default();
        tasks.spawn(postgres::serve(postgres, Arc::clone(&hub), Arc::clone(&users), None, options));
        tasks.spawn(flight::serve(flight, Arc::clone(&hub), users, None, FlightOptions::default()));
        Ok(Self { hub, postgres: postgres_at, flight: flight_at, tasks })
    }

    /// A connection over PostgreSQL's protocol, and the task that moves its bytes: aborting it closes the socket.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn connect(&self) -> Result<(Client, JoinHandle<()>), Failure> {
        let (host, port) = (self.postgres.ip(), self.postgres.port());
        let parameters = format!("host={host} port={port} user=bench dbname={}", self.hub.database());
        let (client, connection) = tokio_postgres::connect(&parameters, NoTls).await?;
        let moved = tokio::spawn(async move {
            // Its end is seen by the client.
            let _ = connection.await;
        });
        Ok((client, moved))
    }

    /// A connection that counts rows.
    ///
    /// # Errors
    /// When the server refuses.
    async fn counter(&self) -> Result<Counter, Failure> {
        Counter::connect(self.postgres, self.hub.database()).await
    }

    /// A connection for Arrow Flight SQL.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn channel(&self) -> Result<Channel, Failure> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.flight))?;
        let endpoint = endpoint.max_frame_size(1 << 20).initial_stream_window_size(WINDOW);
        Ok(endpoint.initial_connection_window_size(WINDOW).connect().await?)
    }

    /// Stops the server, once its clients are gone.
    ///
    /// # Errors
    /// When a listener has failed.
    pub async fn end(mut self) -> Result<(), Failure> {
        self.hub.shutdown().cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}
