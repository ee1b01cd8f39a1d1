//! [`Command`]: what a statement asks for, told by its first words. The protocol's own commands are parsed here; queries
//! are left as text for those who plan them.

mod copy;
mod cursor;
mod lex;
mod parse;
mod settings;
#[cfg(test)]
mod tests;

pub(super) use copy::{Copy, CopyFormat, ForceQuote};
pub(super) use lex::split;
pub(super) use parse::parse;

/// A part of a text, and where it begins in the text of the client, in characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub text: String,
    pub offset: usize,
}

/// What a statement asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Begin {
        started: bool,
    },
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    Savepoint(String),
    Release(String),
    RollbackTo(String),
    /// Settings and their values; `None` for the default.
    Set {
        settings: Vec<(String, Option<String>)>,
        local: bool,
        transaction: bool,
    },
    /// A setting of the query engine: the whole statement.
    SetEngine {
        name: String,
        text: Text,
    },
    Reset(Option<String>),
    /// A setting; `None` for all.
    Show(Option<String>),
    Discard(Discard),
    /// `None` for all.
    Deallocate(Option<String>),
    Prepare {
        name: String,
        types: Vec<u32>,
        body: Text,
    },
    Execute {
        name: String,
        values: Vec<Option<String>>,
    },
    /// Nobody notifies, so that listening is no work.
    Listen,
    Unlisten,
    Declare {
        name: String,
        binary: bool,
        hold: bool,
        scroll: bool,
        body: Text,
    },
    Fetch {
        name: String,
        rows: Fetch,
        moves: bool,
    },
    /// `None` for all.
    Close(Option<String>),
    Copy(Copy),
    /// A query, for the catalogue or the query engine.
    Query(Text),
    /// Another statement, for the query engine: its first word is its tag.
    Engine {
        tag: String,
        text: Text,
    },
}

/// What `DISCARD` forgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Discard {
    All,
    Plans,
    /// Sequences and temporary tables, of which there are none.
    Other(&'static str),
}

/// Which rows of a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fetch {
    /// The next ones.
    Forward(u64),
    All,
    /// One row, after leaving out those before it.
    Relative(u64),
    /// One row by its number from 1.
    Absolute(u64),
    /// Anything that goes back.
    Backward,
}

impl Command {
    /// Whether it is accepted in a transaction that has failed.
    pub fn ends_failure(&self) -> bool {
        matches!(self, Self::Commit { .. } | Self::Rollback { .. } | Self::RollbackTo(_))
    }
}
