//! PostgreSQL's catalogue without PostgreSQL: relations made from plain metadata, and an interpreter of the queries
//! that clients send about them.
//!
//! A statement goes through `prepare` (names and types are resolved as PostgreSQL does) and `Prepared::run`.
//! What names a relation or function that is not of the catalogue is left to the query engine.

mod error;
mod index;
mod model;
mod relation;
mod relations;
mod session;
pub mod types;
mod value;

pub use error::PgError;
pub use index::CatalogIndex;
pub use model::{Catalog, Column, Function, FunctionKind, Role, Schema, Table, TableKind};
pub use relation::{Relation, RelationColumn, Row, RowSource};
pub use session::{Session, Setting};
pub use value::{Array, Interval, Numeric, Value};
