//! What clients ask about the server and its tables. It comes from metadata alone: nothing is opened or read.

mod columns;
mod keys;
mod sql_info;
mod tables;
mod types;

pub(super) use columns::described;
pub(super) use keys::{foreign_keys, primary_keys};
pub(super) use sql_info::sql_info;
pub(super) use tables::{catalogs, schemas, table_types, tables};
pub(super) use types::type_info;

#[cfg(test)]
mod tests;
