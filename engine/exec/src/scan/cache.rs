//! Decoded chunks that several units need: each is read once, by whoever comes first, and kept while there is room.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryReservation;
use hyperslab_array::Variable;
use tokio::sync::OnceCell;

/// The source of a variable, and one of its chunks.
type Key = (SourceId, Vec<u64>);

/// What tells the sources of variables apart while they are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SourceId(usize);

impl SourceId {
    /// The source of `variable`.
    pub fn of(variable: &Variable) -> Self {
        Self(Arc::as_ptr(&variable.source).cast::<()>() as usize)
    }
}

/// Decoded chunks, the least recently used of which go first.
#[derive(Debug)]
pub(crate) struct ChunkCache {
    limit: usize,
    reservation: MemoryReservation,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<Key, Entry>,
    /// The keys of finished entries by their last use.
    uses: BTreeMap<u64, Key>,
    /// Finished entries of each source.
    counts: HashMap<SourceId, usize>,
    clock: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    cell: Arc<OnceCell<ArrayRef>>,
    last_use: u64,
    /// 0 until it is finished.
    bytes: usize,
}

impl ChunkCache {
    /// A cache that keeps `limit` bytes, as far as `reservation` can grow.
    pub fn new(limit: usize, reservation: MemoryReservation) -> Self {
        Self { limit, reservation, state: Mutex::default() }
    }

    /// The chunk called `key`; `read` brings it, unless it is there or on its way.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn get(&self, key: Key, read: impl Future<Output = Result<ArrayRef>>) -> Result<ArrayRef> {
        let cell = {
            let mut state = self.lock();
            state.clock += 1;
            let now = state.clock;
            let entry = state.entries.entry(key.clone()).or_insert_with(|| Entry {
                cell: Arc::default(),
                last_use: now,
                bytes: 0,
            });
            let before = std::mem::replace(&mut entry.last_use, now);
            let cell = Arc::clone(&entry.cell);
            if let Some(key) = state.uses.remove(&before) {
                state.uses.insert(now, key);
            }
            cell
        };
        let array = Arc::clone(cell.get_or_try_init(|| read).await?);
        self.keep(&key, &cell, &array);
        Ok(array)
    }

    /// Counts a finished chunk, and lets others go where there is no room.
    fn keep(&self, key: &Key, cell: &Arc<OnceCell<ArrayRef>>, array: &ArrayRef) {
        let bytes = array.get_array_memory_size().max(1);
        let state = &mut *self.lock();
        let Some(entry) = state.entries.get_mut(key).filter(|e| e.bytes == 0 && Arc::ptr_eq(&e.cell, cell)) else {
            return;
        };
        entry.bytes = bytes;
        let now = entry.last_use;
        while state.bytes + bytes > self.limit || self.reservation.try_grow(bytes).is_err() {
            let Some(freed) = state.evict(key) else {
                // The newest chunk of a variable stays within the limit of the scan's memory only.
                if self.reservation.try_grow(bytes).is_err() {
                    state.entries.remove(key);
                    return;
                }
                break;
            };
            self.reservation.shrink(freed);
        }
        state.bytes += bytes;
        *state.counts.entry(key.0).or_default() += 1;
        state.uses.insert(now, key.clone());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Drops the least recently used chunk, but never the last one of a variable other than `newest`'s: it is the one
    /// that the next unit needs.
    fn evict(&mut self, newest: &Key) -> Option<usize> {
        let is_last = |key: &Key| self.counts.get(&key.0).is_none_or(|n| *n <= 1);
        let (&last_use, key) = self.uses.iter().find(|(_, key)| key.0 == newest.0 || !is_last(key))?;
        let key = key.clone();
        self.uses.remove(&last_use);
        if let Some(count) = self.counts.get_mut(&key.0) {
            *count -= 1;
        }
        let bytes = self.entries.remove(&key)?.bytes;
        self.bytes -= bytes;
        Some(bytes)
    }
}
