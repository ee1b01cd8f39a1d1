//! The blocks that are being worked on: which segment comes next, and what the finished ones merge to.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryReservation;

use super::prepared::BlockState;
use super::tasks::{Task, Tasks};

/// The progress of all blocks, shared by the partitions.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Open>>,
}

/// The states of a segment or a block, and the memory that is set aside for them.
#[derive(Debug)]
pub(crate) struct Held {
    pub states: BlockState,
    pub memory: MemoryReservation,
}

/// A block of which some segments are finished.
#[derive(Debug, Default)]
struct Open {
    /// The first segments, merged, and how many they are.
    merged: Option<Held>,
    count: u64,
    /// Finished segments that come after one that is not.
    waiting: BTreeMap<u64, Held>,
}

impl Blocks {
    /// The next segment that nobody works on.
    pub fn claim(&self, tasks: &Tasks) -> Option<Task> {
        let more = |next: u64| (next < tasks.count()).then(|| next + 1);
        self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|number| tasks.task(number))
    }

    /// Hands in a finished segment; gives the block where it was the last one.
    ///
    /// # Errors
    /// When states cannot be merged.
    pub fn finish(&self, tasks: &Tasks, task: &Task, held: Held) -> Result<Option<Held>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let block = open.entry(task.block).or_default();
        block.waiting.insert(task.segment, held);
        while let Some(next) = block.waiting.remove(&block.count) {
            match &mut block.merged {
                Some(merged) => merged.states.merge(next.states)?,
                None => block.merged = Some(next),
            }
            block.count += 1;
        }
        if block.count < tasks.segments() {
            return Ok(None);
        }
        Ok(open.remove(&task.block).and_then(|block| block.merged))
    }
}
