//! What running answers have come to between units, so that each unit goes on where the one before stopped.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::execution::memory_pool::MemoryReservation;
use tokio::sync::Mutex as AsyncMutex;

use super::run::Carries;
use crate::scan::Unit;

/// How many states are kept behind the one that comes next: units may be asked for a little out of order.
const KEPT: u64 = 3;

/// The ranges of a unit across the dimension of a window.
type Key = Vec<Vec<Range<u64>>>;

/// The running answers of a scan.
#[derive(Debug, Default)]
pub(crate) struct Lines(Mutex<HashMap<Key, Arc<AsyncMutex<States>>>>);

/// The states between the units that follow each other, by the number of the unit after them.
#[derive(Debug, Default)]
pub(crate) struct States(BTreeMap<u64, Kept>);

#[derive(Debug)]
struct Kept {
    carries: Vec<Carries>,
    _memory: MemoryReservation,
}

impl Lines {
    /// The states of the units that follow `unit` along `dimension`.
    pub fn of(&self, unit: &Unit, dimension: usize) -> Arc<AsyncMutex<States>> {
        let across = unit.selection.dimensions.iter().enumerate().filter(|(d, _)| *d != dimension);
        let key = across.map(|(_, selected)| selected.ranges().to_vec()).collect();
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lines.entry(key).or_default())
    }
}

impl States {
    /// The state nearest to `target` on the way to it, which starts at `start` with none.
    pub fn nearest(&self, target: u64, is_forward: bool, start: u64) -> (u64, Vec<Carries>) {
        let found = match is_forward {
            true => self.0.range(..=target).next_back(),
            false => self.0.range(target..).next(),
        };
        found.map_or((start, Vec::new()), |(at, kept)| (*at, kept.carries.clone()))
    }

    /// Keeps the state called `at`. On the way back all are kept: units come from the other side.
    pub fn keep(&mut self, at: u64, carries: Vec<Carries>, memory: MemoryReservation, is_forward: bool) {
        self.0.insert(at, Kept { carries, _memory: memory });
        if let Some(old) = at.checked_sub(KEPT).filter(|_| is_forward) {
            self.0.remove(&old);
        }
    }
}
