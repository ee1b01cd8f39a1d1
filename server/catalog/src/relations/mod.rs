//! The relations of `pg_catalog` and `information_schema`.
//!
//! `stored` has what every PostgreSQL knows, `tables`, `roles` and `functions` add what a [`Catalog`] has, `views` and
//! `information_schema` put both into other words, `activity` and `settings` tell of the session. A relation that no
//! module makes is there, and empty.
//!
//! [`Catalog`]: crate::Catalog

mod activity;
mod functions;
mod information_schema;
pub(crate) mod objects;
mod roles;
mod shape;
pub(crate) mod signatures;
mod stored;
mod tables;
#[cfg(test)]
mod tests;
pub(crate) mod views;

use crate::index::CatalogIndex;
use crate::relation::{Relation, Row, RowSource};
use crate::session::Session;
use shape::Shape;
pub(crate) use stored::keywords;

/// What makes the rows of a relation.
enum Maker {
    /// The same for every session.
    Shared(fn(&CatalogIndex, &Shape) -> Vec<Row>),
    /// What a session sees.
    Session(fn(&CatalogIndex, &Session, &Shape) -> Vec<Row>),
}

/// Every relation; each index has its own.
pub(crate) fn all() -> Vec<Relation> {
    let relation = |definition: &stored::Definition| Relation {
        schema: definition.schema.to_owned(),
        name: definition.name.clone(),
        oid: definition.oid,
        columns: definition.columns.clone(),
        rows: rows_of(definition),
    };
    stored::definitions().iter().map(relation).collect()
}

fn rows_of(definition: &stored::Definition) -> RowSource {
    let shape = Shape::new(&definition.columns);
    let name = definition.name.clone();
    let maker = match definition.schema {
        "pg_catalog" => maker(&name),
        _ => information_schema::maker(&name),
    };
    match maker {
        Some(Maker::Shared(make)) => RowSource::shared(move |index| make(index, &shape)),
        Some(Maker::Session(make)) => RowSource::session(move |index, session| make(index, session, &shape)),
        None => RowSource::shared(move |_| stored::rows(&name).to_vec()),
    }
}

/// Relations of `pg_catalog` that are not only what is stored.
fn maker(name: &str) -> Option<Maker> {
    Some(match name {
        "pg_attribute" => Maker::Shared(tables::attributes),
        "pg_authid" => Maker::Shared(roles::authorities),
        "pg_class" => Maker::Shared(tables::classes),
        "pg_database" => Maker::Shared(roles::databases),
        "pg_description" => Maker::Shared(tables::descriptions),
        "pg_group" => Maker::Shared(roles::groups),
        "pg_indexes" => Maker::Shared(views::indexes),
        "pg_namespace" => Maker::Shared(tables::namespaces),
        "pg_proc" => Maker::Shared(functions::functions),
        "pg_roles" => Maker::Session(roles::roles),
        "pg_settings" => Maker::Session(activity::settings),
        "pg_shadow" => Maker::Session(roles::shadows),
        "pg_stat_activity" => Maker::Session(activity::activity),
        "pg_tables" => Maker::Shared(views::tables),
        "pg_timezone_names" => Maker::Shared(activity::time_zones),
        "pg_type" => Maker::Shared(tables::types),
        "pg_user" => Maker::Session(roles::users),
        "pg_views" => Maker::Shared(views::views),
        _ => return None,
    })
}
