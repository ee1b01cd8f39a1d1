//! A store that writes down what is asked of it, so that tests can hold a query to the requests it makes.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

/// Wraps a store and records each request as a line: `GET key`, `GET key 10-20` (end excluded), `GET key 10-`,
/// `GET key last 20`, `HEAD key`, `LIST prefix`.
#[derive(Debug, Clone)]
pub struct RecordingStore {
    inner: Arc<dyn ObjectStore>,
    log: Arc<Log>,
}

#[derive(Debug, Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    requests: AtomicU64,
    bytes: Arc<AtomicU64>,
}

impl RecordingStore {
    /// Records what is asked of `inner`. Clones share one record.
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, log: Arc::default() }
    }

    /// The requests since the last call, in the order they were made.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines())
    }

    /// How many requests were made so far.
    pub fn requests(&self) -> u64 {
        self.log.requests.load(Ordering::Relaxed)
    }

    /// How many bytes the answers had so far.
    pub fn bytes(&self) -> u64 {
        self.log.bytes.load(Ordering::Relaxed)
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.log.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn record(&self, line: String) {
        self.log.requests.fetch_add(1, Ordering::Relaxed);
        self.lines().push(line);
    }

    fn record_list(&self, prefix: Option<&Path>) {
        self.record(format!("LIST {}", prefix.map_or("", |p| p.as_ref())));
    }
}

impl fmt::Display for RecordingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordingStore({})", self.inner)
    }
}

fn line_of(location: &Path, options: &GetOptions) -> String {
    let method = if options.head { "HEAD" } else { "GET" };
    match &options.range {
        None => format!("{method} {location}"),
        Some(GetRange::Bounded(r)) => format!("{method} {location} {}-{}", r.start, r.end),
        Some(GetRange::Offset(start)) => format!("{method} {location} {start}-"),
        Some(GetRange::Suffix(n)) => format!("{method} {location} last {n}"),
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for RecordingStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.record(format!("PUT {location}"));
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.record(format!("PUT {location} in parts"));
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.record(line_of(location, &options));
        let head = options.head;
        let result = self.inner.get_opts(location, options).await?;
        if head {
            return Ok(result);
        }
        let GetResult { payload, meta, range, attributes } = result;
        let payload = match payload {
            GetResultPayload::Stream(stream) => {
                let bytes = Arc::clone(&self.log.bytes);
                let counted = stream.inspect(move |part| {
                    if let Ok(part) = part {
                        bytes.fetch_add(part.len() as u64, Ordering::Relaxed);
                    }
                });
                GetResultPayload::Stream(counted.boxed())
            }
            file => {
                self.log.bytes.fetch_add(range.end.saturating_sub(range.start), Ordering::Relaxed);
                file
            }
        };
        Ok(GetResult { payload, meta, range, attributes })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        for range in ranges {
            self.record(format!("GET {location} {}-{}", range.start, range.end));
        }
        let parts = self.inner.get_ranges(location, ranges).await?;
        self.log.bytes.fetch_add(parts.iter().map(|p| p.len() as u64).sum(), Ordering::Relaxed);
        Ok(parts)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.record_list(prefix);
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.record_list(prefix);
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.record_list(prefix);
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.record(format!("COPY {from} {to}"));
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.record(format!("RENAME {from} {to}"));
        self.inner.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn requests_are_lines_and_bytes_are_counted() {
        let inner = Arc::new(InMemory::new());
        let key = Path::from("a/0.0");
        inner.put(&key, PutPayload::from_static(b"0123456789")).await.unwrap();
        let store = RecordingStore::new(inner);
        store.get(&key).await.unwrap().bytes().await.unwrap();
        store.get_range(&key, 2..5).await.unwrap();
        store.get_ranges(&key, &[0..1, 4..6]).await.unwrap();
        let last = GetOptions { range: Some(GetRange::Suffix(4)), ..Default::default() };
        store.get_opts(&key, last).await.unwrap().bytes().await.unwrap();
        store.head(&key).await.unwrap();
        store.list_with_delimiter(Some(&Path::from("a"))).await.unwrap();
        assert!(store.get(&Path::from("b")).await.is_err());
        assert_eq!(
            store.take(),
            [
                "GET a/0.0",
                "GET a/0.0 2-5",
                "GET a/0.0 0-1",
                "GET a/0.0 4-6",
                "GET a/0.0 last 4",
                "HEAD a/0.0",
                "LIST a",
                "GET b"
            ]
        );
        assert!(store.take().is_empty());
        assert_eq!((store.requests(), store.bytes()), (8, 10 + 3 + 3 + 4));
    }
}
