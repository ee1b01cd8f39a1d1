//! Servers on a loopback port: a web server of a directory, and an S3-compatible one. Each stops when it is dropped.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::Request;
use hyper::header::{AUTHORIZATION, RANGE};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

/// What a web server does wrong.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    None,
    /// It sends the whole file whatever range is asked for.
    NoRanges,
    /// It answers so many times that it is busy.
    Busy(usize),
    /// It finds nothing for who does not send this.
    Closed(&'static str),
}

/// A server that runs until it is dropped.
pub(super) struct Server {
    url: String,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// `http://127.0.0.1:port`.
    pub(super) fn url(&self) -> String {
        self.url.clone()
    }

    async fn listen() -> (TcpListener, String) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (listener, url)
    }

    /// Serves the files of `directory`.
    pub(super) async fn http(directory: PathBuf, fault: Fault) -> Self {
        let (listener, url) = Self::listen().await;
        let busy = Arc::new(AtomicUsize::new(if let Fault::Busy(times) = fault { times } else { 0 }));
        let files = TowerToHyperService::new(ServeDir::new(directory));
        let task = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                if busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let mut request = [0; 4096];
                    let _ = socket.read(&mut request).await;
                    let refusal = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    let _ = socket.write_all(refusal).await;
                    continue;
                }
                let files = files.clone();
                let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
                    match fault {
                        Fault::NoRanges => {
                            request.headers_mut().remove(RANGE);
                        }
                        Fault::Closed(key) if request.headers().get(AUTHORIZATION).is_none_or(|v| v != key) => {
                            *request.uri_mut() = "/nothing/here".parse().unwrap();
                        }
                        _ => {}
                    }
                    files.call(request)
                });
                tokio::spawn(async move {
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { url, task }
    }

    /// Serves `directory` as the bucket `bucket`, to everybody or to who has the keys.
    pub(super) async fn s3(directory: &Path, keys: Option<(&str, &str)>) -> Self {
        let (listener, url) = Self::listen().await;
        // The server keeps files of its own beside the buckets.
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(directory, root.path().join("bucket")).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root.path()).unwrap());
        if let Some((key, secret)) = keys {
            builder.set_auth(SimpleAuth::from_single(key, secret));
        }
        let service = builder.build();
        let task = tokio::spawn(async move {
            let _root = root;
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { url, task }
    }
}

/// Packs the files of a directory into a zip archive.
pub(super) fn pack(directory: &Path, archive: &Path, method: zip::CompressionMethod) {
    let mut writer = zip::ZipWriter::new(File::create(archive).unwrap());
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    let mut directories = vec![directory.to_path_buf()];
    while let Some(next) = directories.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            writer.start_file(path.strip_prefix(directory).unwrap().to_str().unwrap(), options).unwrap();
            writer.write_all(&std::fs::read(&path).unwrap()).unwrap();
        }
    }
    writer.finish().unwrap();
}
