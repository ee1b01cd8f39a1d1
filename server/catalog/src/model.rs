//! What a server shows, as plain data: databases, schemas, tables, columns, roles and functions.

/// Everything that the catalogue relations are made from.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// The name of the one database.
    pub database: String,
    /// The schemas of the user's tables, without `pg_catalog` and `information_schema`.
    pub schemas: Vec<Schema>,
    /// Who may connect.
    pub roles: Vec<Role>,
    /// Functions of the query engine that PostgreSQL does not have.
    pub functions: Vec<Function>,
}

/// A schema and its tables.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Its name, as written.
    pub name: String,
    /// What `pg_description` says about it.
    pub comment: Option<String>,
    /// Its tables and views.
    pub tables: Vec<Table>,
}

/// A table or view.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Its name, as written.
    pub name: String,
    /// What `relkind` says.
    pub kind: TableKind,
    /// What `pg_description` says about it.
    pub comment: Option<String>,
    /// Its columns in order; the first is number 1.
    pub columns: Vec<Column>,
    /// How many rows it has, if that is known without reading it.
    pub rows: Option<u64>,
    /// A fixed number; without it, one is derived from schema and name and stays the same between runs.
    pub oid: Option<u32>,
}

/// What a table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TableKind {
    /// An ordinary table, `r`.
    #[default]
    Table,
    /// A view, `v`.
    View,
}

/// A column of a table.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// Its name, as written.
    pub name: String,
    /// The number of its type, see [`crate::types`].
    pub type_oid: u32,
    /// What narrows the type, for example a length; -1 for nothing.
    pub typmod: i32,
    /// Whether no value is NULL.
    pub not_null: bool,
    /// What `pg_description` says about it.
    pub comment: Option<String>,
}

/// Somebody who may connect.
#[derive(Debug, Clone, Default)]
pub struct Role {
    /// The name that `current_user` has.
    pub name: String,
    /// Whether the role may do everything.
    pub superuser: bool,
    /// Whether one can connect as this role.
    pub login: bool,
}

/// A function of the query engine.
#[derive(Debug, Clone, Default)]
pub struct Function {
    /// Its name; functions are shown in the schema `public`.
    pub name: String,
    /// What it is.
    pub kind: FunctionKind,
    /// The types of its arguments.
    pub arguments: Vec<u32>,
    /// The type of its answer.
    pub returns: u32,
    /// What `pg_description` says about it.
    pub comment: Option<String>,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FunctionKind {
    /// One answer for each row, `f`.
    #[default]
    Scalar,
    /// One answer for each group, `a`.
    Aggregate,
    /// One answer for each row, from its neighbours, `w`.
    Window,
    /// Many rows, in `FROM`.
    Table,
}
