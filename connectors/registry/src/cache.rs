//! [`ChunkCache`]: stored bytes of chunks in memory, for a program that answers many questions about the same
//! datasets; each is fetched once, by whoever comes first.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use tokio::sync::OnceCell;

/// What an entry costs beside its bytes: its keys and what the tables need for it. Measured for short paths.
const ENTRY_BYTES: usize = 400;

/// Stored bytes of the chunks of open datasets, the least recently used of which go first. Clones are the same cache.
///
/// It holds what a dataset read while it was open: a store that is written anew has to be opened again, as for its
/// metadata. Files on local disks pass by, since the machine keeps them in memory on its own.
#[derive(Debug, Clone)]
pub struct ChunkCache {
    shared: Arc<Shared>,
}

/// Where the memory of a cache is accounted for.
pub trait CacheMemory: std::fmt::Debug + Send + Sync {
    /// Takes so many bytes, unless there are not as many left.
    fn try_grow(&self, bytes: usize) -> bool;

    /// Gives so many bytes back.
    fn shrink(&self, bytes: usize);
}

#[derive(Debug)]
struct Shared {
    limit: usize,
    memory: Option<Box<dyn CacheMemory>>,
    state: Mutex<State>,
    opened: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// One opening of a dataset, an object, and the range of it.
type Key = (u64, Path, Part);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    All,
    From(u64),
    Bounded(u64, u64),
    Last(u64),
    /// One of several ranges, of whose object nothing else is known.
    OneOf(u64, u64),
}

impl Part {
    fn of(range: Option<&GetRange>) -> Self {
        match range {
            None => Self::All,
            Some(GetRange::Offset(start)) => Self::From(*start),
            Some(GetRange::Bounded(range)) => Self::Bounded(range.start, range.end),
            Some(GetRange::Suffix(length)) => Self::Last(*length),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<Key, Entry>,
    /// The keys of finished entries by their last use.
    uses: BTreeMap<u64, Key>,
    clock: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    cell: Arc<OnceCell<Found>>,
    last_use: u64,
    /// 0 until it is finished.
    cost: usize,
}

/// What a store answered.
#[derive(Debug, Clone)]
enum Found {
    Object {
        meta: ObjectMeta,
        range: Range<u64>,
        bytes: Bytes,
    },
    /// A chunk that was never written.
    Nothing,
}

impl Found {
    fn cost(&self) -> usize {
        match self {
            Self::Object { bytes, .. } => bytes.len().saturating_add(ENTRY_BYTES),
            Self::Nothing => ENTRY_BYTES,
        }
    }
}

impl ChunkCache {
    /// A cache of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self::with(limit, None)
    }

    /// A cache of at most `limit` bytes, and of no more than `memory` has left.
    pub fn within(limit: usize, memory: impl CacheMemory + 'static) -> Self {
        Self::with(limit, Some(Box::new(memory)))
    }

    fn with(limit: usize, memory: Option<Box<dyn CacheMemory>>) -> Self {
        Self {
            shared: Arc::new(Shared {
                limit,
                memory,
                state: Mutex::default(),
                opened: AtomicU64::new(0),
                hits: AtomicU64::new(0),
                misses: AtomicU64::new(0),
            }),
        }
    }

    /// Bytes that it may hold.
    pub fn limit(&self) -> usize {
        self.shared.limit
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// How many reads it answered, and how many went to a store.
    pub fn hits_and_misses(&self) -> (u64, u64) {
        (self.shared.hits.load(Ordering::Relaxed), self.shared.misses.load(Ordering::Relaxed))
    }

    /// `store` as one opening of a dataset reads it.
    pub(crate) fn over(&self, store: Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
        let opening = self.shared.opened.fetch_add(1, Ordering::Relaxed);
        Arc::new(CachedStore { inner: store, cache: self.clone(), opening })
    }

    async fn get(&self, key: Key, read: impl Future<Output = Result<Found>>) -> Result<Found> {
        let cell = {
            let state = &mut *self.lock();
            state.clock += 1;
            let now = state.clock;
            let entry = state.entries.entry(key.clone()).or_insert_with(|| Entry {
                cell: Arc::default(),
                last_use: now,
                cost: 0,
            });
            let before = std::mem::replace(&mut entry.last_use, now);
            let cell = Arc::clone(&entry.cell);
            if let Some(key) = state.uses.remove(&before) {
                state.uses.insert(now, key);
            }
            cell
        };
        let count = if cell.initialized() { &self.shared.hits } else { &self.shared.misses };
        count.fetch_add(1, Ordering::Relaxed);
        match cell.get_or_try_init(|| read).await {
            Ok(found) => {
                let found = found.clone();
                self.keep(&key, &cell, found.cost());
                Ok(found)
            }
            Err(error) => {
                let state = &mut *self.lock();
                // The next one asks again; without others who wait for it, the entry would stay empty for ever.
                if state.entries.get(&key).is_some_and(|e| Arc::ptr_eq(&e.cell, &cell) && !e.cell.initialized()) {
                    state.entries.remove(&key);
                }
                Err(error)
            }
        }
    }

    /// What is known of a part already.
    fn known(&self, key: &Key) -> Option<Found> {
        let found = self.lock().entries.get(key)?.cell.get().cloned();
        if found.is_some() {
            self.shared.hits.fetch_add(1, Ordering::Relaxed);
        }
        found
    }

    /// Counts a finished entry, and lets others go where there is no room.
    fn keep(&self, key: &Key, cell: &Arc<OnceCell<Found>>, cost: usize) {
        let limit = self.shared.limit;
        let state = &mut *self.lock();
        let Some(entry) = state.entries.get_mut(key).filter(|e| e.cost == 0 && Arc::ptr_eq(&e.cell, cell)) else {
            return;
        };
        if cost > limit {
            state.entries.remove(key);
            return;
        }
        entry.cost = cost;
        let now = entry.last_use;
        while state.bytes + cost > limit || !self.grow(cost) {
            let Some((_, oldest)) = state.uses.pop_first() else {
                state.entries.remove(key);
                return;
            };
            let freed = state.entries.remove(&oldest).map_or(0, |e| e.cost);
            state.bytes -= freed;
            self.shared.memory.as_ref().inspect(|memory| memory.shrink(freed));
        }
        state.bytes += cost;
        state.uses.insert(now, key.clone());
    }

    fn grow(&self, bytes: usize) -> bool {
        self.shared.memory.as_ref().is_none_or(|memory| memory.try_grow(bytes))
    }

    // A panic elsewhere cannot leave the tables half written: nothing in between can fail.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store whose objects are kept.
#[derive(Debug)]
struct CachedStore {
    inner: Arc<dyn ObjectStore>,
    cache: ChunkCache,
    opening: u64,
}

impl std::fmt::Display for CachedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cached {}", self.inner)
    }
}

impl CachedStore {
    fn key(&self, location: &Path, part: Part) -> Key {
        (self.opening, location.clone(), part)
    }

    async fn read(&self, location: &Path, options: GetOptions) -> Result<Found> {
        match self.inner.get_opts(location, options).await {
            Ok(result) => {
                let (meta, range) = (result.meta.clone(), result.range.clone());
                Ok(Found::Object { meta, range, bytes: result.bytes().await? })
            }
            Err(Error::NotFound { .. }) => Ok(Found::Nothing),
            Err(error) => Err(error),
        }
    }
}

fn missing(location: &Path) -> Error {
    Error::NotFound { path: location.to_string(), source: "it was not there when it was read first".into() }
}

/// Whether an answer depends on nothing but the object and the range.
fn is_plain(options: &GetOptions) -> bool {
    !options.head
        && options.if_match.is_none()
        && options.if_none_match.is_none()
        && options.if_modified_since.is_none()
        && options.if_unmodified_since.is_none()
        && options.version.is_none()
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for CachedStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if !is_plain(&options) {
            return self.inner.get_opts(location, options).await;
        }
        let key = self.key(location, Part::of(options.range.as_ref()));
        match self.cache.get(key, self.read(location, options)).await? {
            Found::Object { meta, range, bytes } => Ok(GetResult {
                payload: GetResultPayload::Stream(stream::once(async move { Ok(bytes) }).boxed()),
                meta,
                range,
                attributes: Default::default(),
            }),
            Found::Nothing => Err(missing(location)),
        }
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let known: Vec<Option<Found>> = ranges
            .iter()
            .map(|range| self.cache.known(&self.key(location, Part::OneOf(range.start, range.end))))
            .collect();
        let wanted: Vec<Range<u64>> =
            ranges.iter().zip(&known).filter(|(_, found)| found.is_none()).map(|(range, _)| range.clone()).collect();
        // Neighbours come in one request, as the store does it.
        let mut read = match wanted.is_empty() {
            true => Vec::new(),
            false => self.inner.get_ranges(location, &wanted).await?,
        }
        .into_iter();
        let mut parts = Vec::with_capacity(ranges.len());
        for (range, found) in ranges.iter().zip(known) {
            parts.push(match found {
                Some(Found::Object { bytes, .. }) => bytes,
                Some(Found::Nothing) => return Err(missing(location)),
                None => {
                    let bytes = read.next().ok_or_else(|| Error::Generic {
                        store: "cache",
                        source: format!("fewer ranges of `{location}` came than were asked for").into(),
                    })?;
                    self.keep_range(location, range, &bytes).await;
                    bytes
                }
            });
        }
        Ok(parts)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

impl CachedStore {
    /// Keeps a range that came with others.
    async fn keep_range(&self, location: &Path, range: &Range<u64>, bytes: &Bytes) {
        let meta = ObjectMeta {
            location: location.clone(),
            last_modified: Default::default(),
            size: range.end,
            e_tag: None,
            version: None,
        };
        // A part of a buffer would keep the whole of it in memory.
        let bytes = Bytes::copy_from_slice(bytes);
        let found = Found::Object { meta, range: range.clone(), bytes };
        // Another may be on its way already; then that one is kept.
        let _ = self.cache.get(self.key(location, Part::OneOf(range.start, range.end)), async { Ok(found) }).await;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
