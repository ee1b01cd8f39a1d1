//! [`UserPool`]: the part of the shared memory that one user's statements may hold.

use std::fmt::{Display, Formatter};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyperslab::datafusion::error::{DataFusionError, Result};
use hyperslab::datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// A limit of one user on top of the pool that all share.
#[derive(Debug)]
pub(super) struct UserPool {
    user: String,
    limit: usize,
    used: AtomicUsize,
    shared: Arc<dyn MemoryPool>,
}

impl UserPool {
    /// `limit` bytes of `shared`.
    pub fn new(user: &str, limit: usize, shared: Arc<dyn MemoryPool>) -> Self {
        Self { user: user.to_string(), limit, used: AtomicUsize::new(0), shared }
    }
}

impl Display for UserPool {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "memory of user `{}`: {} of {} bytes", self.user, self.reserved(), self.limit)
    }
}

impl MemoryPool for UserPool {
    fn name(&self) -> &str {
        "user"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.shared.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.shared.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.shared.grow(reservation, additional);
        self.used.fetch_add(additional, Ordering::Relaxed);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.shared.shrink(reservation, shrink);
        self.used.fetch_sub(shrink, Ordering::Relaxed);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let grown = |used: usize| used.checked_add(additional).filter(|sum| *sum <= self.limit);
        if self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_err() {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "user `{}` holds {} bytes of memory and asks for {additional} more, expected at most {} together",
                self.user,
                self.reserved(),
                self.limit
            )));
        }
        self.shared.try_grow(reservation, additional).inspect_err(|_| {
            self.used.fetch_sub(additional, Ordering::Relaxed);
        })
    }

    fn reserved(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit)
    }
}
