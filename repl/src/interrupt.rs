//! Ctrl-C: the first ends the running query in good order, a second that comes before that is done ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::failure::Failure;

/// Listens for Ctrl-C.
#[derive(Debug, Clone, Default)]
pub struct Interrupts {
    pending: Arc<AtomicUsize>,
    pressed: Arc<Notify>,
}

impl Interrupts {
    /// Takes Ctrl-C over from the system, for the whole process.
    pub fn install() -> Result<Self, Failure> {
        let interrupts = Self::default();
        let heard = interrupts.clone();
        ctrlc::set_handler(move || heard.press()).map_err(|e| Failure::of("cannot listen for Ctrl-C", e))?;
        Ok(interrupts)
    }

    fn press(&self) {
        if self.pending.fetch_add(1, Ordering::SeqCst) > 0 {
            // The query does not let go. Nothing is lost but a `.partial` file.
            #[allow(clippy::disallowed_methods)]
            std::process::exit(130);
        }
        self.pressed.notify_waiters();
    }

    /// Runs `work`, unless Ctrl-C comes first, or came before it began.
    pub async fn guard<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        // From here on a press is heard, so that none is lost between the look and the wait.
        let pressed = self.pressed.notified();
        let interrupted = async {
            if self.pending.load(Ordering::SeqCst) == 0 {
                pressed.await;
            }
            self.pending.store(0, Ordering::SeqCst);
            Err(Failure::Interrupted)
        };
        tokio::select! {
            biased;
            failure = interrupted => failure,
            done = work => done,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_press_ends_the_work_under_way_and_not_the_next() {
        let interrupts = Interrupts::default();
        let presser = interrupts.clone();
        let endless = async {
            presser.press();
            std::future::pending::<Result<(), Failure>>().await
        };
        assert!(matches!(interrupts.guard(endless).await, Err(Failure::Interrupted)));
        assert_eq!(interrupts.guard(async { Ok(1) }).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_press_before_the_work_ends_it() {
        let interrupts = Interrupts::default();
        interrupts.press();
        assert!(matches!(interrupts.guard(async { Ok(1) }).await, Err(Failure::Interrupted)));
        assert_eq!(interrupts.guard(async { Ok(1) }).await.unwrap(), 1);
    }
}
