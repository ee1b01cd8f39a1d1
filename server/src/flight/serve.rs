//! [`serve`]: sockets, TLS and HTTP/2 below the service.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::codegen::Service;

use super::connection::Connection;
use super::guarded::Guarded;
use super::options::FlightOptions;
use super::service::FlightSql;
use crate::auth::Users;
use crate::core::Hub;
use crate::tls::Tls;

/// Calls that run at a time on one connection.
const MOST_CALLS: u32 = 128;
/// The bytes of the headers of a call.
const MOST_HEADERS: u32 = 64 << 10;
/// How long nothing is accepted after the system refused a socket.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves Flight SQL until the hub is told to stop. With `tls` every client must use it.
///
/// # Errors
/// When the address of the listener cannot be told.
pub async fn serve(
    listener: TcpListener,
    hub: Arc<Hub>,
    users: Arc<Users>,
    tls: Option<Tls>,
    options: FlightOptions,
) -> io::Result<()> {
    tracing::info!(address = %listener.local_addr()?, tls = tls.is_some(), "Flight SQL listens");
    let shutdown = hub.shutdown().clone();
    let service = Arc::new(FlightSql::new(hub, users, options.clone()));
    let server = Arc::new(Server {
        grpc: FlightServiceServer::new(Guarded(Arc::clone(&service)))
            .max_decoding_message_size(options.message_bytes)
            .max_encoding_message_size(usize::MAX),
        tls: tls.map(|tls| TlsAcceptor::from(tls.speaking("h2").config)),
        shutdown: shutdown.clone(),
        kill: CancellationToken::new(),
        options,
    });
    let _killed_at_the_end = server.kill.clone().drop_guard();
    let sockets = Arc::new(Semaphore::new(server.options.sockets));
    let connections = TaskTracker::new();
    let sweeps = (server.options.session_orphaned.min(server.options.ticket_lifetime) / 4)
        .clamp(Duration::from_millis(20), Duration::from_secs(10));
    let mut sweep = tokio::time::interval(sweeps);
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            _ = sweep.tick() => service.sweep(),
            accepted = listener.accept() => match accepted {
                // Without a place the socket closes here: the client is told at once.
                Ok((stream, peer)) => if let Ok(place) = Arc::clone(&sockets).try_acquire_owned() {
                    let server = Arc::clone(&server);
                    connections.spawn(async move {
                        let _place = place;
                        server.connection(stream, peer).await;
                    });
                },
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    connections.close();
    if timeout(server.options.grace, connections.wait()).await.is_err() {
        server.kill.cancel();
        connections.wait().await;
    }
    Ok(())
}

struct Server {
    grpc: FlightServiceServer<Guarded>,
    tls: Option<TlsAcceptor>,
    shutdown: CancellationToken,
    /// Ends connections that did not end by themselves.
    kill: CancellationToken,
    options: FlightOptions,
}

impl Server {
    async fn connection(&self, stream: TcpStream, peer: SocketAddr) {
        // Small messages go out at once.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => self.http(stream, peer).await,
            Some(tls) => match timeout(self.options.greeting, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.http(stream, peer).await,
                Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
                Err(_) => tracing::debug!(%peer, "no TLS in time"),
            },
        }
    }

    async fn http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S, peer: SocketAddr) {
        let connection = Arc::new(Connection::new(peer));
        let spoken = connection.spoken().clone();
        let grpc = self.grpc.clone();
        let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            connection.spoken().cancel();
            request.extensions_mut().insert(Arc::clone(&connection));
            let mut grpc = grpc.clone();
            async move { grpc.call(request).await }
        });
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(MOST_CALLS)
            .max_header_list_size(MOST_HEADERS)
            .keep_alive_interval(self.options.keep_alive)
            .keep_alive_timeout(self.options.keep_alive);
        let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service));
        let greeting = async {
            if timeout(self.options.greeting, spoken.cancelled()).await.is_ok() {
                std::future::pending::<()>().await;
            }
        };
        let mut greeting = pin!(greeting);
        let mut stopping = false;
        loop {
            tokio::select! {
                biased;
                () = self.kill.cancelled() => return,
                () = self.shutdown.cancelled(), if !stopping => {
                    stopping = true;
                    serving.as_mut().graceful_shutdown();
                }
                served = serving.as_mut() => {
                    if let Err(error) = served {
                        tracing::debug!(%peer, %error, "a connection broke off");
                    }
                    return;
                }
                () = greeting.as_mut() => {
                    tracing::debug!(%peer, "no request in time");
                    return;
                }
            }
        }
    }
}
