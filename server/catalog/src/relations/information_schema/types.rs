//! Domains, collations and the character set.

use super::super::shape::{Cells, Shape};
use super::super::stored::PG_CATALOG;
use super::facts::Facts;
use crate::index::CatalogIndex;
use crate::relation::Row;

/// `domains`: those of `information_schema` itself.
pub(super) fn domains(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let facts = Facts::new(index);
    let types = facts.types();
    let row = |own: &Cells<'_>| {
        let known = facts.known(&types, own.oid("oid"), -1)?;
        let (schema, name) = known.domain.clone()?;
        let (of_collation, collation_schema, collation) = facts.collation(own.oid("typcollation"));
        Some(shape.row([
            ("domain_catalog", facts.database.clone()),
            ("domain_schema", schema),
            ("domain_name", name),
            ("data_type", known.data_type.clone()),
            ("character_maximum_length", known.characters()),
            ("character_octet_length", known.bytes()),
            ("collation_catalog", of_collation),
            ("collation_schema", collation_schema),
            ("collation_name", collation),
            ("numeric_precision", known.digits()),
            ("numeric_precision_radix", known.radix()),
            ("numeric_scale", known.scale()),
            ("datetime_precision", known.seconds()),
            ("domain_default", own.value("typdefault")),
            ("udt_catalog", facts.database.clone()),
            ("udt_schema", known.schema),
            ("udt_name", known.name),
            ("dtd_identifier", "1".into()),
        ]))
    };
    domains_of(&types).iter().filter_map(row).collect()
}

/// `domain_udt_usage`: the type under each domain.
pub(super) fn domain_types(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let facts = Facts::new(index);
    let types = facts.types();
    let row = |own: &Cells<'_>| {
        let known = facts.known(&types, own.oid("oid"), -1)?;
        let (schema, name) = known.domain?;
        Some(shape.row([
            ("udt_catalog", facts.database.clone()),
            ("udt_schema", known.schema),
            ("udt_name", known.name),
            ("domain_catalog", facts.database.clone()),
            ("domain_schema", schema),
            ("domain_name", name),
        ]))
    };
    domains_of(&types).iter().filter_map(row).collect()
}

fn domains_of<'a>(types: &std::collections::HashMap<u32, Cells<'a>>) -> Vec<Cells<'a>> {
    let mut found: Vec<Cells<'a>> = types.values().filter(|t| t.text("typtype") == "d").copied().collect();
    found.sort_by_key(|t| t.oid("oid"));
    found
}

/// `character_sets`: text is UTF-8.
pub(super) fn character_sets(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let facts = Facts::new(index);
    vec![shape.row([
        ("character_set_name", "UTF8".into()),
        ("character_repertoire", "UCS".into()),
        ("form_of_use", "UTF8".into()),
        ("default_collate_catalog", facts.database.clone()),
        ("default_collate_schema", facts.schema(PG_CATALOG)),
        ("default_collate_name", "ucs_basic".into()),
    ])]
}

/// `collations`.
pub(super) fn collations(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let facts = Facts::new(index);
    let row = |c: Cells<'_>| {
        shape.row([
            ("collation_catalog", facts.database.clone()),
            ("collation_schema", facts.schema(c.oid("collnamespace"))),
            ("collation_name", c.value("collname")),
            ("pad_attribute", "NO PAD".into()),
        ])
    };
    facts.collations().iter().map(row).collect()
}

/// `collation_character_set_applicability`.
pub(super) fn collation_character_sets(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let facts = Facts::new(index);
    let row = |c: Cells<'_>| {
        shape.row([
            ("collation_catalog", facts.database.clone()),
            ("collation_schema", facts.schema(c.oid("collnamespace"))),
            ("collation_name", c.value("collname")),
            ("character_set_name", "UTF8".into()),
        ])
    };
    facts.collations().iter().map(row).collect()
}
