//! PostgreSQL's catalogue without PostgreSQL: relations made from plain metadata, and an interpreter of the queries
//! that clients send about them.
//!
//! A statement goes through [`prepare`] (names and types are resolved as PostgreSQL does) and [`Prepared::run`].
//! What names a relation or function that is not of the catalogue is left to the query engine.

mod bind;
mod cast;
mod error;
mod eval;
mod functions;
mod index;
mod lookup;
mod model;
mod names;
mod operators;
mod plan;
mod prepared;
mod relation;
mod relations;
mod session;
pub mod settings;
pub mod types;
mod value;

pub use error::PgError;
pub use index::CatalogIndex;
pub use model::{Catalog, Column, Function, FunctionKind, Role, Schema, Table, TableKind};
pub use prepared::{Answer, OutputColumn, Prepared, prepare};
pub use relation::{Relation, RelationColumn, Row, RowSource};
pub use session::{Session, Setting};
pub use value::{Array, Interval, Numeric, Value};
