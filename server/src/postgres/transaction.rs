//! [`Transaction`]: where a session stands between `BEGIN` and `COMMIT`.
//!
//! Nothing is written here, so that a transaction is about what clients see of it: its state, its settings, its cursors.

use pgwire::messages::response::TransactionStatus;

use super::settings::Snapshot;

/// Where a session stands.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    state: State,
    /// What a rollback goes back to.
    before: Option<Snapshot>,
    savepoints: Vec<Savepoint>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Between statements.
    #[default]
    Idle,
    /// In the statements of one message, which stand or fall together.
    Implicit,
    /// After `BEGIN`.
    Open,
    /// After an error.
    Failed,
}

#[derive(Debug)]
struct Savepoint {
    name: String,
    settings: Snapshot,
    /// How many cursors had been declared when it was made.
    cursors: u64,
}

impl Transaction {
    /// What the client is told.
    pub fn status(&self) -> TransactionStatus {
        match self.state {
            State::Idle | State::Implicit => TransactionStatus::Idle,
            State::Open => TransactionStatus::Transaction,
            State::Failed => TransactionStatus::Error,
        }
    }

    /// Whether only an end is accepted.
    pub fn failed(&self) -> bool {
        self.state == State::Failed
    }

    /// Whether a client has begun it.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open | State::Failed)
    }

    /// Whether a cursor may be declared that ends with it.
    pub fn is_block(&self) -> bool {
        self.state != State::Idle
    }

    /// Begins the one that the statements of a message are in.
    pub fn begin_implicit(&mut self, settings: impl FnOnce() -> Snapshot) {
        if self.state == State::Idle {
            self.state = State::Implicit;
            self.before = Some(settings());
        }
    }

    /// Whether the statements of the message are in one of their own.
    pub fn is_implicit(&self) -> bool {
        self.state == State::Implicit
    }

    /// Begins one; false where one is open already.
    pub fn begin(&mut self, settings: impl FnOnce() -> Snapshot) -> bool {
        if self.is_open() {
            return false;
        }
        if self.state == State::Idle {
            self.before = Some(settings());
        }
        self.state = State::Open;
        true
    }

    /// Notes an error.
    pub fn fail(&mut self) {
        if self.state == State::Open {
            self.state = State::Failed;
        }
    }

    /// Ends it, and gives what a rollback goes back to.
    pub fn end(&mut self) -> Option<Snapshot> {
        self.state = State::Idle;
        self.savepoints.clear();
        self.before.take()
    }

    /// Makes a savepoint.
    pub fn save(&mut self, name: String, settings: Snapshot, cursors: u64) {
        self.savepoints.push(Savepoint { name, settings, cursors });
    }

    /// Forgets a savepoint and those after it; false where there is none of that name.
    pub fn release(&mut self, name: &str) -> bool {
        let found = self.savepoints.iter().rposition(|s| s.name == name);
        if let Some(at) = found {
            self.savepoints.truncate(at);
        }
        found.is_some()
    }

    /// Goes back to a savepoint: gives its settings, and how many cursors stay.
    pub fn roll_back_to(&mut self, name: &str) -> Option<(Snapshot, u64)> {
        let at = self.savepoints.iter().rposition(|s| s.name == name)?;
        self.savepoints.truncate(at + 1);
        let savepoint = self.savepoints.last()?;
        self.state = State::Open;
        Some((savepoint.settings.clone(), savepoint.cursors))
    }
}
