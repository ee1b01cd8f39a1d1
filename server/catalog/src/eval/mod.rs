//! Runs a plan: expressions here, `query` the steps of a query, `join` the rows of `FROM`, `group` aggregates, `window`
//! window functions.

mod expr;
mod group;
mod join;
mod query;
mod subquery;
mod window;

pub(crate) use query::{AGGREGATES, SETS, WINDOWS};

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::error::PgError;
use crate::index::CatalogIndex;
use crate::relation::Row;
use crate::session::Session;
use crate::value::{Key, Value};

/// How many steps lie between two looks at whether to stop.
const STEPS: u64 = 2048;
/// A statement that makes more rows than this on its way fails.
const MOST_ROWS: usize = 5_000_000;
/// A statement that makes more bytes of long text than this fails.
const MOST_BYTES: usize = 256 << 20;
/// Shorter texts are not counted.
const LONG_TEXT: usize = 256;

/// Rows by the value of one column.
pub(crate) type ColumnIndex = HashMap<Key, Vec<Row>>;

/// One execution of a statement: what it may read, and what it has worked out so far.
pub(crate) struct Run<'a> {
    pub catalog: &'a CatalogIndex,
    pub session: &'a Session,
    pub params: &'a [Value],
    stop: &'a dyn Fn() -> bool,
    steps: Cell<u64>,
    rows: Cell<usize>,
    bytes: Cell<usize>,
    pub sleep: Cell<Duration>,
    /// Where the next drawn number comes from.
    pub random: Cell<u64>,
    empty: Row,
    relations: RefCell<HashMap<usize, Arc<Vec<Row>>>>,
    indexes: RefCell<HashMap<(usize, usize), Arc<ColumnIndex>>>,
    subqueries: RefCell<HashMap<usize, Arc<Vec<Row>>>>,
    members: RefCell<HashMap<usize, Arc<Members>>>,
    ctes: RefCell<HashMap<usize, Arc<Vec<Row>>>>,
    pub regexes: RefCell<HashMap<(String, bool), regex::Regex>>,
}

/// The rows of a subquery as a set, and whether any of them has a NULL.
pub(crate) struct Members {
    pub rows: HashSet<Key>,
    pub has_null: bool,
    pub any: bool,
}

/// The tuple that an expression reads, and those of the queries around it.
#[derive(Clone, Copy)]
pub(crate) struct Env<'a> {
    pub tuple: &'a [Row],
    pub parent: Option<&'a Env<'a>>,
}

/// The rows of all slots.
pub(crate) type Tuple = Box<[Row]>;

impl<'a> Run<'a> {
    pub fn new(
        catalog: &'a CatalogIndex,
        session: &'a Session,
        params: &'a [Value],
        stop: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            catalog,
            session,
            params,
            stop,
            steps: Cell::new(0),
            rows: Cell::new(0),
            bytes: Cell::new(0),
            sleep: Cell::new(Duration::ZERO),
            random: Cell::new(0),
            empty: Arc::from([]),
            relations: RefCell::default(),
            indexes: RefCell::default(),
            subqueries: RefCell::default(),
            members: RefCell::default(),
            ctes: RefCell::default(),
            regexes: RefCell::default(),
        }
    }

    /// Counts a step, and now and then asks whether to stop.
    pub fn tick(&self) -> Result<(), PgError> {
        let steps = self.steps.get().wrapping_add(1);
        self.steps.set(steps);
        if steps.is_multiple_of(STEPS) && (self.stop)() {
            return Err(PgError::new("57014", "canceling statement due to user request"));
        }
        Ok(())
    }

    /// Counts rows that are made, so that a statement cannot fill the memory.
    pub fn count_rows(&self, more: usize) -> Result<(), PgError> {
        self.tick()?;
        let rows = self.rows.get().saturating_add(more);
        self.rows.set(rows);
        if rows > MOST_ROWS {
            return Err(PgError::new("54000", format!("more than {MOST_ROWS} rows in a catalogue query"))
                .with_hint("narrow the query down, or ask the query engine for a table"));
        }
        Ok(())
    }

    /// Counts the bytes of a value that was made.
    pub fn count_bytes(&self, value: &Value) -> Result<(), PgError> {
        let length = match value {
            Value::Text(s) => s.len(),
            Value::Bytes(b) => b.len(),
            Value::Array(a) => a.elements.len().saturating_mul(size_of::<Value>()),
            _ => 0,
        };
        if length < LONG_TEXT {
            return Ok(());
        }
        let bytes = self.bytes.get().saturating_add(length);
        self.bytes.set(bytes);
        if bytes > MOST_BYTES {
            return Err(PgError::new("53200", format!("more than {MOST_BYTES} bytes in a catalogue query")));
        }
        Ok(())
    }

    /// The rows of a relation, the same during the whole statement.
    fn relation(&self, at: usize) -> Arc<Vec<Row>> {
        if let Some(rows) = self.relations.borrow().get(&at) {
            return Arc::clone(rows);
        }
        let rows = self.catalog.rows(at, self.session);
        self.relations.borrow_mut().insert(at, Arc::clone(&rows));
        rows
    }

    /// The rows of a relation by the value of a column.
    fn column_index(&self, relation: usize, column: usize) -> Result<Arc<ColumnIndex>, PgError> {
        if let Some(index) = self.indexes.borrow().get(&(relation, column)) {
            return Ok(Arc::clone(index));
        }
        let mut index = ColumnIndex::new();
        for row in self.relation(relation).iter() {
            self.tick()?;
            if let Some(value) = row.get(column).filter(|v| !v.is_null()) {
                index.entry(Key(vec![value.clone()])).or_default().push(Arc::clone(row));
            }
        }
        let index = Arc::new(index);
        self.indexes.borrow_mut().insert((relation, column), Arc::clone(&index));
        Ok(index)
    }

    fn blank(&self, width: usize) -> Tuple {
        std::iter::repeat_n(Arc::clone(&self.empty), width).collect()
    }
}
