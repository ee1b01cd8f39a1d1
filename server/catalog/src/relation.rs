//! A catalogue relation: its columns, and how its rows are made.

use std::fmt;
use std::sync::Arc;

use crate::index::CatalogIndex;
use crate::session::Session;
use crate::value::Value;

/// A row of a relation, shared by all statements that read it.
pub type Row = Arc<[Value]>;

/// A table or view of `pg_catalog` or `information_schema`.
#[derive(Debug)]
pub struct Relation {
    /// `pg_catalog` or `information_schema`.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its number in `pg_class`, which `tableoid` shows.
    pub oid: u32,
    /// What `*` stands for, in order.
    pub columns: Vec<RelationColumn>,
    /// Where its rows come from; each has one value for each column.
    pub rows: RowSource,
}

/// A column of a catalogue relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationColumn {
    /// Its name.
    pub name: String,
    /// The number of its type, see [`crate::types`]; for a domain that of the type below it, as clients see it.
    pub type_oid: u32,
    /// What narrows the type; -1 for nothing.
    pub typmod: i32,
}

/// Makes the rows of a relation that is the same for all sessions.
pub type SharedRows = Box<dyn Fn(&CatalogIndex) -> Vec<Row> + Send + Sync>;

/// Makes the rows of a relation that depends on the session.
pub type SessionRows = Box<dyn Fn(&CatalogIndex, &Session) -> Vec<Row> + Send + Sync>;

/// How often the rows of a relation are made.
pub enum RowSource {
    /// Once for an index, on first use.
    Shared(SharedRows),
    /// For each statement, because they depend on the session.
    Session(SessionRows),
}

impl RowSource {
    /// Rows that are the same for all sessions.
    pub fn shared(make: impl Fn(&CatalogIndex) -> Vec<Row> + Send + Sync + 'static) -> Self {
        Self::Shared(Box::new(make))
    }

    /// Rows that depend on the session.
    pub fn session(make: impl Fn(&CatalogIndex, &Session) -> Vec<Row> + Send + Sync + 'static) -> Self {
        Self::Session(Box::new(make))
    }
}

impl fmt::Debug for RowSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared(_) => "Shared",
            Self::Session(_) => "Session",
        })
    }
}
