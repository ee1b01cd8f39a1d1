//! Rows by the names of their columns: making them, and reading those of another relation.

use std::collections::HashMap;
use std::sync::Arc;

use crate::index::CatalogIndex;
use crate::relation::{RelationColumn, Row};
use crate::session::Session;
use crate::value::Value;

/// The columns of a relation by name.
#[derive(Debug, Default)]
pub(super) struct Shape {
    at: HashMap<String, usize>,
}

impl Shape {
    pub(super) fn new(columns: &[RelationColumn]) -> Self {
        Self { at: columns.iter().enumerate().map(|(at, c)| (c.name.clone(), at)).collect() }
    }

    /// A row with these values; every other column is NULL.
    pub(super) fn row<const N: usize>(&self, values: [(&str, Value); N]) -> Row {
        self.with(&vec![Value::Null; self.at.len()], values)
    }

    /// A row that is another one but for these values.
    pub(super) fn with<const N: usize>(&self, row: &[Value], values: [(&str, Value); N]) -> Row {
        let mut cells = row.to_vec();
        for (name, value) in values {
            let cell = self.at.get(name).and_then(|at| cells.get_mut(*at));
            debug_assert!(cell.is_some(), "no column {name}");
            if let Some(cell) = cell {
                *cell = value;
            }
        }
        cells.into()
    }

    /// A way to read rows of this shape.
    pub(super) fn read<'a>(&'a self, row: &'a [Value]) -> Cells<'a> {
        Cells { shape: self, row }
    }
}

/// The rows of a relation of `pg_catalog`, read by the names of its columns.
#[derive(Debug, Default)]
pub(super) struct Reader {
    shape: Shape,
    rows: Arc<Vec<Row>>,
}

impl Reader {
    /// A relation whose rows do not depend on the session.
    pub(super) fn new(index: &CatalogIndex, relation: &str) -> Self {
        Self::of(index, &Session::default(), relation)
    }

    /// A relation as a session sees it.
    pub(super) fn of(index: &CatalogIndex, session: &Session, relation: &str) -> Self {
        let found = index.find("pg_catalog", relation);
        let columns = found.and_then(|at| index.relations().get(at)).map_or(&[][..], |r| &r.columns);
        let rows = found.map_or_else(Arc::default, |at| index.rows(at, session));
        Self { shape: Shape::new(columns), rows }
    }

    /// The rows with a way to read them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Cells<'_>> {
        self.rows.iter().map(|row| Cells { shape: &self.shape, row })
    }

    /// The first row for each number in the column `oid`.
    pub(super) fn by_oid(&self) -> HashMap<u32, Cells<'_>> {
        self.iter().map(|cells| (cells.oid("oid"), cells)).collect()
    }
}

/// A row whose values are read by name.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    shape: &'a Shape,
    row: &'a [Value],
}

impl<'a> Cells<'a> {
    /// A value as it is.
    pub(super) fn get(&self, name: &str) -> &'a Value {
        let found = self.shape.at.get(name).and_then(|at| self.row.get(*at));
        debug_assert!(found.is_some(), "no column {name}");
        found.unwrap_or(&Value::Null)
    }

    /// A value of its own.
    pub(super) fn value(&self, name: &str) -> Value {
        self.get(name).clone()
    }

    /// A whole number, 0 for NULL.
    pub(super) fn int(&self, name: &str) -> i64 {
        self.get(name).as_int().unwrap_or(0)
    }

    /// An object number, 0 for none.
    pub(super) fn oid(&self, name: &str) -> u32 {
        u32::try_from(self.int(name)).unwrap_or(0)
    }

    /// Text, empty for NULL.
    pub(super) fn text(&self, name: &str) -> &'a str {
        self.get(name).as_str().unwrap_or("")
    }

    /// Whether a value is true.
    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name).is_true()
    }
}
