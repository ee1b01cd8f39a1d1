//! Columns and their types.

use super::super::shape::{Cells, Reader, Shape};
use super::facts::{Facts, Known, yes};
use crate::index::CatalogIndex;
use crate::relation::Row;
use crate::value::Value;

/// A column of a table or view, with what is known of both.
struct Column<'a> {
    class: Cells<'a>,
    attribute: Cells<'a>,
    known: Known,
}

/// Calls `row` for each column of each table and view.
fn each(index: &CatalogIndex, mut row: impl FnMut(&Facts, Column<'_>) -> Option<Row>) -> Vec<Row> {
    let facts = Facts::new(index);
    let types = facts.types();
    let classes = Reader::new(index, "pg_class");
    let by_oid = classes.by_oid();
    let attributes = Reader::new(index, "pg_attribute");
    let mut rows = Vec::new();
    for attribute in attributes.iter().filter(|a| a.int("attnum") > 0) {
        let Some(class) = by_oid.get(&attribute.oid("attrelid")) else {
            continue;
        };
        if !matches!(class.text("relkind"), "r" | "v") {
            continue;
        }
        if let Some(known) = facts.known(&types, attribute.oid("atttypid"), attribute.int("atttypmod")) {
            rows.extend(row(&facts, Column { class: *class, attribute, known }));
        }
    }
    rows
}

/// `columns`. Nothing can be updated.
pub(super) fn columns(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    each(index, |facts, Column { class, attribute, known }| {
        let (of_collation, collation_schema, collation) = facts.collation(attribute.oid("attcollation"));
        let (domain_schema, domain) = known.domain.clone().unwrap_or_default();
        let of_domain = if domain.is_null() { Value::Null } else { facts.database.clone() };
        Some(shape.row([
            ("table_catalog", facts.database.clone()),
            ("table_schema", facts.schema(class.oid("relnamespace"))),
            ("table_name", class.value("relname")),
            ("column_name", attribute.value("attname")),
            ("ordinal_position", attribute.value("attnum")),
            ("is_nullable", yes(!attribute.is("attnotnull"))),
            ("data_type", known.data_type.clone()),
            ("character_maximum_length", known.characters()),
            ("character_octet_length", known.bytes()),
            ("numeric_precision", known.digits()),
            ("numeric_precision_radix", known.radix()),
            ("numeric_scale", known.scale()),
            ("datetime_precision", known.seconds()),
            ("collation_catalog", of_collation),
            ("collation_schema", collation_schema),
            ("collation_name", collation),
            ("domain_catalog", of_domain),
            ("domain_schema", domain_schema),
            ("domain_name", domain),
            ("udt_catalog", facts.database.clone()),
            ("udt_schema", known.schema),
            ("udt_name", known.name),
            ("dtd_identifier", attribute.int("attnum").to_string().into()),
            ("is_self_referencing", yes(false)),
            ("is_identity", yes(false)),
            ("identity_cycle", yes(false)),
            ("is_generated", "NEVER".into()),
            ("is_updatable", yes(false)),
        ]))
    })
}

/// `column_udt_usage`: the type of each column.
pub(super) fn types(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    each(index, |facts, Column { class, attribute, known }| {
        Some(shape.row([
            ("udt_catalog", facts.database.clone()),
            ("udt_schema", known.schema),
            ("udt_name", known.name),
            ("table_catalog", facts.database.clone()),
            ("table_schema", facts.schema(class.oid("relnamespace"))),
            ("table_name", class.value("relname")),
            ("column_name", attribute.value("attname")),
        ]))
    })
}

/// `element_types`: what the elements of each column of arrays are.
pub(super) fn elements(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    each(index, |facts, Column { class, attribute, known }| {
        let types = facts.types();
        let element = facts.known(&types, known.element?, -1)?;
        let kind = if class.text("relkind") == "v" { "VIEW" } else { "TABLE" };
        Some(shape.row([
            ("object_catalog", facts.database.clone()),
            ("object_schema", facts.schema(class.oid("relnamespace"))),
            ("object_name", class.value("relname")),
            ("object_type", kind.into()),
            ("collection_type_identifier", attribute.int("attnum").to_string().into()),
            ("data_type", element.data_type),
            ("udt_catalog", facts.database.clone()),
            ("udt_schema", element.schema),
            ("udt_name", element.name),
            ("dtd_identifier", format!("a{}", attribute.int("attnum")).into()),
        ]))
    })
}
