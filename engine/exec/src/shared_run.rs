//! What the partitions of one run of a plan share.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Something that is made for the first partition of a run and handed to the others. It is kept until the last of
/// them starts: the first may have ended by then.
#[derive(Debug)]
pub(crate) struct SharedRun<T> {
    run: Arc<Mutex<Run<T>>>,
}

#[derive(Debug)]
struct Run<T> {
    shared: Option<Arc<T>>,
    started: HashSet<usize>,
}

impl<T> SharedRun<T> {
    /// What `partition` of `count` shares with the others of its run.
    pub fn get(&self, partition: usize, count: usize, make: impl FnOnce() -> T) -> Arc<T> {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        // A partition that starts once more belongs to another run.
        let is_new = run.started.insert(partition);
        let shared = run.shared.take().filter(|_| is_new).unwrap_or_else(|| {
            run.started = HashSet::from([partition]);
            Arc::new(make())
        });
        if run.started.len() < count {
            run.shared = Some(Arc::clone(&shared));
        }
        shared
    }
}

impl<T> Default for SharedRun<T> {
    fn default() -> Self {
        Self { run: Arc::new(Mutex::new(Run { shared: None, started: HashSet::new() })) }
    }
}

impl<T> Clone for SharedRun<T> {
    fn clone(&self) -> Self {
        Self { run: Arc::clone(&self.run) }
    }
}
