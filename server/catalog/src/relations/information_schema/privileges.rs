//! Who may do what: everybody who is connected reads, and nobody writes.

use super::super::shape::{Reader, Shape};
use super::super::views::{name_of, owner_names};
use super::facts::{Facts, yes};
use crate::index::CatalogIndex;
use crate::relation::Row;
use crate::session::Session;

/// `table_privileges` and `role_table_grants`.
pub(super) fn of_tables(index: &CatalogIndex, session: &Session, shape: &Shape) -> Vec<Row> {
    let (facts, owners) = (Facts::new(index), owner_names(index));
    let classes = Reader::new(index, "pg_class");
    let own = classes.iter().filter(|c| matches!(c.text("relkind"), "r" | "v"));
    own.map(|c| {
        shape.row([
            ("grantor", name_of(&owners, c, "relowner")),
            ("grantee", session.user.as_str().into()),
            ("table_catalog", facts.database.clone()),
            ("table_schema", facts.schema(c.oid("relnamespace"))),
            ("table_name", c.value("relname")),
            ("privilege_type", "SELECT".into()),
            ("is_grantable", yes(false)),
            ("with_hierarchy", yes(true)),
        ])
    })
    .collect()
}

/// `column_privileges` and `role_column_grants`.
pub(super) fn of_columns(index: &CatalogIndex, session: &Session, shape: &Shape) -> Vec<Row> {
    let (facts, owners) = (Facts::new(index), owner_names(index));
    let classes = Reader::new(index, "pg_class");
    let by_oid = classes.by_oid();
    let attributes = Reader::new(index, "pg_attribute");
    let mut rows = Vec::new();
    for a in attributes.iter().filter(|a| a.int("attnum") > 0) {
        let Some(c) = by_oid.get(&a.oid("attrelid")).filter(|c| matches!(c.text("relkind"), "r" | "v")) else {
            continue;
        };
        rows.push(shape.row([
            ("grantor", name_of(&owners, *c, "relowner")),
            ("grantee", session.user.as_str().into()),
            ("table_catalog", facts.database.clone()),
            ("table_schema", facts.schema(c.oid("relnamespace"))),
            ("table_name", c.value("relname")),
            ("column_name", a.value("attname")),
            ("privilege_type", "SELECT".into()),
            ("is_grantable", yes(false)),
        ]));
    }
    rows
}

/// `enabled_roles`: a user is nobody else.
pub(super) fn enabled_roles(_index: &CatalogIndex, session: &Session, shape: &Shape) -> Vec<Row> {
    vec![shape.row([("role_name", session.user.as_str().into())])]
}

/// `applicable_roles`: which role is a member of which.
pub(super) fn applicable_roles(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let names = owner_names(index);
    let members = Reader::new(index, "pg_auth_members");
    let row = |m| {
        shape.row([
            ("grantee", name_of(&names, m, "member")),
            ("role_name", name_of(&names, m, "roleid")),
            ("is_grantable", yes(false)),
        ])
    };
    members.iter().map(row).collect()
}
