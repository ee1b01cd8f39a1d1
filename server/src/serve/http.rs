//! `/metrics` and `/healthz`, for those who watch the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::auth::Users;
use crate::core::Hub;

/// Connections at a time; one more waits.
const CONNECTIONS: usize = 64;

/// How long a client may take for its request.
const REQUEST: Duration = Duration::from_secs(10);

/// How long a listener that has no more files rests.
const REST: Duration = Duration::from_millis(100);

/// Answers until the server has stopped.
pub(super) async fn serve(
    listener: TcpListener,
    hub: Arc<Hub>,
    users: Arc<Users>,
    ready: Arc<AtomicBool>,
) -> std::io::Result<()> {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = hub.shutdown().cancelled() => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let Some((stream, slot)) = accepted else { continue };
        let (hub, users, ready) = (Arc::clone(&hub), Arc::clone(&users), Arc::clone(&ready));
        connections.spawn(async move {
            let service = service_fn(|request: Request<Incoming>| {
                let response = answer(request.method(), request.uri().path(), &hub, &users, &ready);
                async move { Ok::<_, std::convert::Infallible>(response) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(REQUEST)
                .serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                () = hub.shutdown().cancelled() => {}
                // A client that goes away in the middle is no fault of ours.
                _ = connection => {}
            }
            drop(slot);
        });
    }
    connections.close();
    connections.wait().await;
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, slot)),
        Err(_) => {
            tokio::time::sleep(REST).await;
            None
        }
    }
}

fn answer(method: &Method, path: &str, hub: &Hub, users: &Users, ready: &AtomicBool) -> Response<String> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "expected GET\n".into());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match path {
        "/metrics" => {
            let mut response = text(StatusCode::OK, hub.metrics().text(hub, users));
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
        "/healthz" if hub.is_stopping() => text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n".into()),
        "/healthz" if !ready.load(Ordering::Relaxed) => {
            text(StatusCode::SERVICE_UNAVAILABLE, "opening datasets\n".into())
        }
        "/healthz" => text(StatusCode::OK, "ok\n".into()),
        _ => text(StatusCode::NOT_FOUND, "expected /metrics or /healthz\n".into()),
    }
}

fn text(status: StatusCode, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
