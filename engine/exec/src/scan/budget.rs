//! How much a scan may do ahead, over all its partitions: a count that is taken and given back, never waited for.
//!
//! Nobody waits, so partitions cannot block each other: what does not fit is started later, by whoever is asked for
//! rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of things, of which some are taken.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    taken: AtomicUsize,
}

/// What was taken; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Permit {
    budget: Arc<Budget>,
    amount: usize,
}

impl Budget {
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, taken: AtomicUsize::new(0) })
    }

    /// Takes `amount` whether it fits or not.
    pub fn take(self: &Arc<Self>, amount: usize) -> Permit {
        self.taken.fetch_add(amount, Ordering::Relaxed);
        Permit { budget: Arc::clone(self), amount }
    }

    /// Takes `amount` where it fits.
    pub fn try_take(self: &Arc<Self>, amount: usize) -> Option<Permit> {
        let more = |taken: usize| taken.checked_add(amount).filter(|n| *n <= self.limit);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Permit { budget: Arc::clone(self), amount })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.budget.taken.fetch_sub(self.amount, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_until_something_is_given_back() {
        let budget = Budget::new(10);
        let first = budget.try_take(6);
        assert!(first.is_some());
        assert!(budget.try_take(5).is_none());
        drop(first);
        assert!(budget.try_take(5).is_some());
    }

    #[test]
    fn what_must_be_taken_counts_beyond_the_limit() {
        let budget = Budget::new(1);
        let must = budget.take(5);
        assert!(budget.try_take(1).is_none());
        drop(must);
        assert!(budget.try_take(1).is_some());
    }
}
