//! The relations have the rows and columns of PostgreSQL, and those of the user beside them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::shape::Reader;
use super::*;
use crate::model::{Catalog, Column, Role, Schema, Table};
use crate::types;
use crate::value::Value;

fn column(name: &str, type_oid: u32, not_null: bool) -> Column {
    Column { name: name.into(), type_oid, typmod: -1, not_null, comment: None }
}

fn index() -> CatalogIndex {
    let table = Table {
        name: "air".into(),
        comment: Some("Air temperature".into()),
        columns: vec![column("time", types::TIMESTAMP, true), column("air", types::FLOAT8, false)],
        rows: Some(480),
        ..Table::default()
    };
    Catalog {
        database: "arrays".into(),
        schemas: vec![Schema { name: "public".into(), comment: None, tables: vec![table] }],
        roles: vec![Role { name: "hyperslab".into(), superuser: true, login: true }],
        functions: Vec::new(),
    }
    .index()
}

#[test]
fn every_relation_gives_rows_of_its_width() {
    let index = index();
    for (at, relation) in index.relations().iter().enumerate() {
        let rows = index.rows(at, &Session::default());
        assert!(!relation.columns.is_empty(), "{}", relation.name);
        for row in rows.iter() {
            assert_eq!(row.len(), relation.columns.len(), "{}", relation.name);
        }
    }
    assert_eq!(index.relations().len(), 208);
}

#[test]
fn every_stored_row_is_read() {
    let counts = [("pg_attribute", 3054), ("pg_class", 410), ("pg_proc", 3241), ("pg_type", 611), ("pg_operator", 799)];
    for (relation, count) in counts {
        assert_eq!(stored::rows(relation).len(), count, "{relation}");
    }
}

#[test]
fn numbers_of_objects_stay_the_same_and_differ() {
    let (a, b) = (index(), index());
    let numbers = |index: &CatalogIndex| {
        let table = index.numbers().schemas[0].tables[0];
        [index.numbers().database, table.oid, table.row_type, table.array_type]
    };
    assert_eq!(numbers(&a), numbers(&b));
    let mut distinct = numbers(&a).to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 4);
    assert!(distinct.iter().all(|n| *n >= 16384 && *n < 1 << 31));
}

#[test]
fn columns_have_the_words_of_the_standard() {
    let index = index();
    let at = index.find("information_schema", "columns").unwrap();
    let columns = &index.relations()[at].columns;
    let of = |name: &str| columns.iter().position(|c| c.name == name).unwrap();
    let rows = index.rows(at, &Session::default());
    let own: Vec<_> = rows.iter().filter(|r| r[of("table_name")].as_str() == Some("air")).collect();
    let text = |row: &Row, name: &str| match &row[of(name)] {
        Value::Text(s) => s.to_string(),
        Value::Int(n) => n.to_string(),
        _ => "-".into(),
    };
    let shown: Vec<String> = own
        .iter()
        .map(|row| {
            [
                "ordinal_position",
                "column_name",
                "data_type",
                "is_nullable",
                "numeric_precision",
                "datetime_precision",
                "udt_name",
            ]
            .map(|name| text(row, name))
            .join(" ")
        })
        .collect();
    assert_eq!(
        shown,
        ["1 time timestamp without time zone NO - 6 timestamp", "2 air double precision YES 53 - float8"]
    );
}

#[test]
fn functions_are_shown_as_they_are_called() {
    let (index, session) = (index(), Session::default());
    let shown = |oid| {
        let arguments = signatures::arguments(&index, &session, oid, true).unwrap();
        (arguments, signatures::result(&index, &session, oid).unwrap())
    };
    // generate_series, percentile_cont, pg_get_keywords
    let series = shown(938);
    assert_eq!(series.0, "timestamp without time zone, timestamp without time zone, interval");
    assert_eq!(series.1, "SETOF timestamp without time zone");
    assert_eq!(shown(3974).0, "double precision ORDER BY double precision");
    let keywords = "OUT word text, OUT catcode \"char\", OUT barelabel boolean, OUT catdesc text, OUT baredesc text";
    assert_eq!(shown(1686), (keywords.into(), "SETOF record".into()));
}

#[test]
fn indexes_and_constraints_are_shown_as_statements() {
    let index = index();
    let shown = views::index_definition(&index, 2663, true).unwrap();
    let wanted =
        "CREATE UNIQUE INDEX pg_class_relname_nsp_index ON pg_catalog.pg_class USING btree (relname, relnamespace)";
    assert_eq!(shown, wanted);
    assert_eq!(views::index_columns(&index, 2663), ["relname", "relnamespace"]);
    let keys = Reader::new(&index, "pg_constraint");
    let of_class = keys.iter().filter(|c| c.oid("conrelid") == 1259);
    let shown: Vec<_> = of_class.filter_map(|c| views::constraint_definition(&index, c.oid("oid"))).collect();
    assert_eq!(shown, ["PRIMARY KEY (oid)", "UNIQUE (relname, relnamespace)"]);
}
