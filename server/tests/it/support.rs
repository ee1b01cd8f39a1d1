//! Servers and clients of the tests.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use hyperslab::connectors::Registry;
use hyperslab::datafusion::object_store::local::LocalFileSystem;
use hyperslab::datafusion::object_store::path::Path;
use hyperslab::datafusion::object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};
use hyperslab::{Context, sample};
use hyperslab_server::auth::Users;
use hyperslab_server::config::Rights;
use hyperslab_server::core::{Hub, HubOptions};
use hyperslab_server::postgres::{self, PostgresOptions};
use hyperslab_server::tls::Tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

/// The sample `ersst.zarr`, written once for all tests of the process.
pub fn ersst() -> PathBuf {
    static FOLDER: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = sample::write(folder.path()).unwrap();
        (folder, path)
    });
    FOLDER.1.clone()
}

/// A server of PostgreSQL's protocol on a port of its own, over `ersst`.
pub struct Server {
    pub hub: Arc<Hub>,
    pub address: SocketAddr,
    pub task: JoinHandle<std::io::Result<()>>,
}

/// What a server is started with.
pub struct Setup {
    pub users: Users,
    pub tls: Option<Tls>,
    pub options: PostgresOptions,
}

impl Default for Setup {
    fn default() -> Self {
        Self { users: trusting(), tls: None, options: PostgresOptions::default() }
    }
}

/// Everybody may come in.
pub fn trusting() -> Users {
    Users::trusting(Default::default(), Rights::default()).unwrap()
}

impl Server {
    /// Over the sample, for everybody on this machine.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let context = Context::builder().build().unwrap();
        context.register("ersst", ersst().to_str().unwrap()).await.unwrap();
        Self::over(context, setup).await
    }

    /// Over a store that takes `delay` for each request, one after the other.
    pub async fn slow(delay: Duration) -> (Self, SlowStore) {
        Self::slow_with(delay, Setup::default()).await
    }

    pub async fn slow_with(delay: Duration, setup: Setup) -> (Self, SlowStore) {
        let store = SlowStore::new(Arc::new(LocalFileSystem::new_with_prefix(ersst()).unwrap()), delay);
        let registry = Registry::default().with_store("slow://d", Arc::new(store.clone()));
        let context = Context::builder().registry(registry).build().unwrap();
        context.register_with("ersst", "slow://d", Some("ZARR"), &Default::default()).await.unwrap();
        (Self::over(context, setup).await, store)
    }

    pub async fn over(context: Context, setup: Setup) -> Self {
        let hub = Hub::new(context, HubOptions::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = postgres::serve(listener, Arc::clone(&hub), Arc::new(setup.users), setup.tls, setup.options);
        Self { hub, address, task: tokio::spawn(served) }
    }

    /// A client's configuration.
    pub fn config(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.address.port()).user("ann").dbname("hyperslab");
        config
    }

    pub async fn client(&self) -> Client {
        let (client, connection) = self.config().connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    pub async fn raw(&self) -> Raw<TcpStream> {
        let mut raw = Raw { stream: TcpStream::connect(self.address).await.unwrap(), key: (0, 0) };
        raw.start(&[("user", "ann"), ("database", "hyperslab")]).await;
        raw.until_ready().await;
        raw
    }
}

/// A connection of which the tests see every message.
pub struct Raw<S> {
    pub stream: S,
    /// What a request to cancel names.
    pub key: (i32, i32),
}

/// A message of the server: its kind and body.
pub type Message = (u8, Vec<u8>);

impl<S: AsyncReadExt + AsyncWriteExt + Unpin> Raw<S> {
    pub async fn start(&mut self, parameters: &[(&str, &str)]) {
        let mut body = 196_608_i32.to_be_bytes().to_vec();
        for (name, value) in parameters {
            body.extend(text(name));
            body.extend(text(value));
        }
        body.push(0);
        self.send_bytes(&with_length(&body)).await;
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    pub async fn send(&mut self, kind: u8, body: &[u8]) {
        self.send_bytes(&message(kind, body)).await;
    }

    pub async fn query(&mut self, sql: &str) -> Vec<Message> {
        self.send(b'Q', &text(sql)).await;
        self.until_ready().await
    }

    /// The next message; `None` at the end of the connection.
    pub async fn next(&mut self) -> Option<Message> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head).await.ok()?;
        let length = i32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
        let mut body = vec![0; length - 4];
        self.stream.read_exact(&mut body).await.ok()?;
        if head[0] == b'K' {
            self.key = (number(&body[..4]), number(&body[4..8]));
        }
        Some((head[0], body))
    }

    /// The messages up to `ReadyForQuery`, or the end of the connection.
    pub async fn until_ready(&mut self) -> Vec<Message> {
        let mut all = Vec::new();
        while let Some(message) = self.next().await {
            let ready = message.0 == b'Z';
            all.push(message);
            if ready {
                break;
            }
        }
        all
    }
}

fn number(bytes: &[u8]) -> i32 {
    i32::from_be_bytes(bytes.try_into().unwrap())
}

/// Text with the zero byte at its end.
pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

pub fn with_length(body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as i32 + 4).to_be_bytes().to_vec();
    bytes.extend(body);
    bytes
}

pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(with_length(body));
    bytes
}

/// The kinds of messages, as a word.
pub fn kinds(messages: &[Message]) -> String {
    messages.iter().map(|(kind, _)| char::from(*kind)).collect()
}

/// A field of an error or notice.
pub fn field(message: &Message, field: u8) -> Option<String> {
    let mut rest = message.1.as_slice();
    loop {
        let (&kind, after) = rest.split_first()?;
        if kind == 0 {
            return None;
        }
        let end = after.iter().position(|b| *b == 0)?;
        if kind == field {
            return Some(String::from_utf8(after[..end].to_vec()).unwrap());
        }
        rest = &after[end + 1..];
    }
}

/// The code of the first error.
pub fn error_code(messages: &[Message]) -> Option<String> {
    messages.iter().find(|(kind, _)| *kind == b'E').and_then(|m| field(m, b'C'))
}

/// The tags of the commands that are complete.
pub fn tags(messages: &[Message]) -> Vec<String> {
    let complete = messages.iter().filter(|(kind, _)| *kind == b'C');
    complete.map(|(_, body)| String::from_utf8(body[..body.len() - 1].to_vec()).unwrap()).collect()
}

/// The state of the transaction in `ReadyForQuery`.
pub fn status(messages: &[Message]) -> char {
    messages.iter().rev().find(|(kind, _)| *kind == b'Z').map(|(_, body)| char::from(body[0])).unwrap()
}

/// The values of the rows, in text.
pub fn rows(messages: &[Message]) -> Vec<Vec<Option<String>>> {
    let rows = messages.iter().filter(|(kind, _)| *kind == b'D');
    rows.map(|(_, body)| {
        let mut rest = &body[2..];
        let mut values = Vec::new();
        while !rest.is_empty() {
            let length = number(&rest[..4]);
            rest = &rest[4..];
            match usize::try_from(length) {
                Err(_) => values.push(None),
                Ok(length) => {
                    values.push(Some(String::from_utf8_lossy(&rest[..length]).into_owned()));
                    rest = &rest[length..];
                }
            }
        }
        values
    })
    .collect()
}

/// A store that takes its time for each chunk, one after the other, and counts them.
#[derive(Debug, Clone)]
pub struct SlowStore {
    inner: Arc<dyn ObjectStore>,
    delay: Duration,
    turn: Arc<Semaphore>,
    begun: Arc<AtomicU64>,
}

impl SlowStore {
    fn new(inner: Arc<dyn ObjectStore>, delay: Duration) -> Self {
        Self { inner, delay, turn: Arc::new(Semaphore::new(1)), begun: Arc::default() }
    }

    /// How many requests it has begun to answer.
    pub fn reads(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Waits until it has begun some more.
    pub async fn wait_for(&self, more: u64) {
        let from = self.reads();
        while self.reads() < from + more {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Holds that after a second nothing is read any more.
    pub async fn expect_rest(&self) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let at_rest = self.reads();
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(self.reads(), at_rest, "chunks are still read");
    }

    async fn wait(&self, location: &Path) {
        // Metadata and coordinates are there at once.
        if !location.as_ref().starts_with("sst/") || location.as_ref().ends_with(".json") {
            return;
        }
        let _turn = self.turn.acquire().await.unwrap();
        self.begun.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.delay).await;
    }
}

impl fmt::Display for SlowStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlowStore({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for SlowStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.wait(location).await;
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.wait(location).await;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
