//! Schemas, tables, columns and row types of the user beside those of PostgreSQL, and what is said about them.

use std::collections::{HashMap, HashSet};

use super::functions;
use super::objects::OWNER;
use super::shape::{Reader, Shape};
use super::stored::{self, PUBLIC};
use crate::index::CatalogIndex;
use crate::model::{Column, TableKind};
use crate::relation::Row;
use crate::value::Value;

/// Number of `pg_class`, whose row type and columns serve as patterns.
const PG_CLASS: u32 = 1259;
const PG_NAMESPACE: u32 = 2615;
/// Number of the access method `heap`.
const HEAP: u32 = 2;

/// `pg_namespace`.
pub(super) fn namespaces(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let mut rows = stored::rows("pg_namespace").to_vec();
    for (schema, numbers) in index.catalog().schemas.iter().zip(&index.numbers().schemas) {
        if numbers.oid != PUBLIC {
            rows.push(shape.row([
                ("oid", numbers.oid.into()),
                ("nspname", schema.name.as_str().into()),
                ("nspowner", OWNER.into()),
            ]));
        }
    }
    rows
}

/// `pg_class`.
pub(super) fn classes(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let mut rows = stored::rows("pg_class").to_vec();
    for (schema, numbers) in index.catalog().schemas.iter().zip(&index.numbers().schemas) {
        for (table, number) in schema.tables.iter().zip(&numbers.tables) {
            let is_table = table.kind == TableKind::Table;
            // An estimate, as it is in PostgreSQL: a number of rows that a float4 holds.
            #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
            let count = table.rows.map_or(-1.0, |n| f64::from(n as f32));
            rows.push(shape.row([
                ("oid", number.oid.into()),
                ("relname", table.name.as_str().into()),
                ("relnamespace", numbers.oid.into()),
                ("reltype", number.row_type.into()),
                ("reloftype", 0.into()),
                ("relowner", OWNER.into()),
                ("relam", if is_table { HEAP } else { 0 }.into()),
                ("relfilenode", if is_table { number.oid } else { 0 }.into()),
                ("reltablespace", 0.into()),
                ("relpages", 0.into()),
                ("reltuples", count.into()),
                ("relallvisible", 0.into()),
                ("reltoastrelid", 0.into()),
                ("relhasindex", false.into()),
                ("relisshared", false.into()),
                ("relpersistence", "p".into()),
                ("relkind", if is_table { "r" } else { "v" }.into()),
                ("relnatts", i64::try_from(table.columns.len()).unwrap_or(0).into()),
                ("relchecks", 0.into()),
                ("relhasrules", (!is_table).into()),
                ("relhastriggers", false.into()),
                ("relhassubclass", false.into()),
                ("relrowsecurity", false.into()),
                ("relforcerowsecurity", false.into()),
                ("relispopulated", true.into()),
                ("relreplident", if is_table { "d" } else { "n" }.into()),
                ("relispartition", false.into()),
                ("relrewrite", 0.into()),
                ("relfrozenxid", 0.into()),
                ("relminmxid", 0.into()),
            ]));
        }
    }
    rows
}

/// `pg_attribute`: the columns, and before them those that each table has without being told.
pub(super) fn attributes(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let mut rows = stored::rows("pg_attribute").to_vec();
    let of_system: Vec<Row> = {
        let own = |row: &&Row| {
            let cells = shape.read(row);
            cells.oid("attrelid") == PG_CLASS && cells.int("attnum") < 0
        };
        rows.iter().filter(own).cloned().collect()
    };
    let types = Reader::new(index, "pg_type");
    let types = types.by_oid();
    let empty = Vec::new();
    for (schema, numbers) in index.catalog().schemas.iter().zip(&index.numbers().schemas) {
        for (table, number) in schema.tables.iter().zip(&numbers.tables) {
            let before = if table.kind == TableKind::Table { &of_system } else { &empty };
            rows.extend(before.iter().map(|row| shape.with(row, [("attrelid", number.oid.into())])));
            for (position, column) in (1_i64..).zip(&table.columns) {
                let of_type = |name: &str| types.get(&column.type_oid).map_or(Value::Null, |t| t.value(name));
                let is_array = types.get(&column.type_oid).is_some_and(|t| t.text("typcategory") == "A");
                rows.push(shape.row([
                    ("attrelid", number.oid.into()),
                    ("attname", column.name.as_str().into()),
                    ("atttypid", column.type_oid.into()),
                    ("attstattarget", (-1).into()),
                    ("attlen", of_type("typlen")),
                    ("attnum", position.into()),
                    ("attndims", i32::from(is_array).into()),
                    ("attcacheoff", (-1).into()),
                    ("atttypmod", typmod(column).into()),
                    ("attbyval", of_type("typbyval")),
                    ("attalign", of_type("typalign")),
                    ("attstorage", of_type("typstorage")),
                    ("attcompression", "".into()),
                    ("attnotnull", column.not_null.into()),
                    ("atthasdef", false.into()),
                    ("atthasmissing", false.into()),
                    ("attidentity", "".into()),
                    ("attgenerated", "".into()),
                    ("attisdropped", false.into()),
                    ("attislocal", true.into()),
                    ("attinhcount", 0.into()),
                    ("attcollation", of_type("typcollation")),
                ]));
            }
        }
    }
    rows
}

fn typmod(column: &Column) -> i32 {
    // A column that says nothing narrows nothing: no type has a modifier of 0.
    if column.typmod == 0 { -1 } else { column.typmod }
}

/// `pg_type`: each table has a row type of its name, and an array of it.
pub(super) fn types(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let mut rows = stored::rows("pg_type").to_vec();
    let pattern = |name: &str| rows.iter().find(|row| shape.read(row).text("typname") == name).cloned();
    let (Some(of_row), Some(of_array)) = (pattern("pg_class"), pattern("_pg_class")) else {
        return rows;
    };
    for (schema, numbers) in index.catalog().schemas.iter().zip(&index.numbers().schemas) {
        let mut taken: HashSet<String> = schema.tables.iter().map(|t| t.name.clone()).collect();
        for (table, number) in schema.tables.iter().zip(&numbers.tables) {
            let mut array = format!("_{}", table.name);
            while !taken.insert(array.clone()) {
                array.insert(0, '_');
            }
            rows.push(shape.with(
                &of_row,
                [
                    ("oid", number.row_type.into()),
                    ("typname", table.name.as_str().into()),
                    ("typnamespace", numbers.oid.into()),
                    ("typrelid", number.oid.into()),
                    ("typarray", number.array_type.into()),
                ],
            ));
            rows.push(shape.with(
                &of_array,
                [
                    ("oid", number.array_type.into()),
                    ("typname", array.into()),
                    ("typnamespace", numbers.oid.into()),
                    ("typelem", number.row_type.into()),
                ],
            ));
        }
    }
    rows
}

/// `pg_description`: the comments of the catalog.
pub(super) fn descriptions(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut say = |class: u32, object: u32, part: i64, comment: &Option<String>| {
        if let Some(comment) = comment {
            rows.push(shape.row([
                ("objoid", object.into()),
                ("classoid", class.into()),
                ("objsubid", part.into()),
                ("description", comment.as_str().into()),
            ]));
        }
    };
    for (schema, numbers) in index.catalog().schemas.iter().zip(&index.numbers().schemas) {
        say(PG_NAMESPACE, numbers.oid, 0, &schema.comment);
        for (table, number) in schema.tables.iter().zip(&numbers.tables) {
            say(PG_CLASS, number.oid, 0, &table.comment);
            for (position, column) in (1..).zip(&table.columns) {
                say(PG_CLASS, number.oid, position, &column.comment);
            }
        }
    }
    for (function, number) in index.catalog().functions.iter().zip(&index.numbers().functions) {
        say(functions::PG_PROC, *number, 0, &function.comment);
    }
    rows
}

/// The name of each schema by its number.
pub(super) fn schema_names(index: &CatalogIndex) -> HashMap<u32, Value> {
    Reader::new(index, "pg_namespace").iter().map(|n| (n.oid("oid"), n.value("nspname"))).collect()
}
