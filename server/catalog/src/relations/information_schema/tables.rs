//! Schemas, tables and views.

use super::super::shape::{Cells, Reader, Shape};
use super::super::views::{name_of, owner_names};
use super::facts::{Facts, yes};
use crate::index::CatalogIndex;
use crate::relation::Row;

/// `information_schema_catalog_name`: the database.
pub(super) fn catalog_name(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    vec![shape.row([("catalog_name", index.catalog().database.as_str().into())])]
}

/// `schemata`.
pub(super) fn schemata(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let owners = owner_names(index);
    let schemas = Reader::new(index, "pg_namespace");
    let row = |n: Cells<'_>| {
        shape.row([
            ("catalog_name", index.catalog().database.as_str().into()),
            ("schema_name", n.value("nspname")),
            ("schema_owner", name_of(&owners, n, "nspowner")),
        ])
    };
    schemas.iter().map(row).collect()
}

/// `tables`: tables and views. Nothing can be inserted.
pub(super) fn tables(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let facts = Facts::new(index);
    let classes = Reader::new(index, "pg_class");
    let mut rows = Vec::new();
    for c in classes.iter() {
        let kind = match c.text("relkind") {
            "r" => "BASE TABLE",
            "v" => "VIEW",
            _ => continue,
        };
        rows.push(shape.row([
            ("table_catalog", facts.database.clone()),
            ("table_schema", facts.schema(c.oid("relnamespace"))),
            ("table_name", c.value("relname")),
            ("table_type", kind.into()),
            ("is_insertable_into", yes(false)),
            ("is_typed", yes(false)),
        ]));
    }
    rows
}

/// `views`, without their texts.
pub(super) fn views(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let facts = Facts::new(index);
    let classes = Reader::new(index, "pg_class");
    let own = classes.iter().filter(|c| c.text("relkind") == "v");
    own.map(|c| {
        shape.row([
            ("table_catalog", facts.database.clone()),
            ("table_schema", facts.schema(c.oid("relnamespace"))),
            ("table_name", c.value("relname")),
            ("check_option", "NONE".into()),
            ("is_updatable", yes(false)),
            ("is_insertable_into", yes(false)),
            ("is_trigger_updatable", yes(false)),
            ("is_trigger_deletable", yes(false)),
            ("is_trigger_insertable_into", yes(false)),
        ])
    })
    .collect()
}
