//! Functions and their parameters.

use super::super::shape::{Cells, Reader, Shape};
use super::facts::{Facts, yes};
use crate::index::CatalogIndex;
use crate::relation::Row;
use crate::types;
use crate::value::Value;

/// `routines`. A function has no length, digits or collation.
pub(super) fn routines(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let facts = Facts::new(index);
    let types = facts.types();
    let languages = Reader::new(index, "pg_language");
    let languages = languages.by_oid();
    let functions = Reader::new(index, "pg_proc");
    let mut rows = Vec::new();
    for p in functions.iter() {
        let Some(known) = facts.known(&types, p.oid("prorettype"), -1) else {
            continue;
        };
        let kind = match p.text("prokind") {
            "f" => "FUNCTION".into(),
            "p" => "PROCEDURE".into(),
            _ => Value::Null,
        };
        let language = languages.get(&p.oid("prolang")).map_or("", |l| l.text("lanname"));
        let body = if language == "sql" { "SQL" } else { "EXTERNAL" };
        let external = if body == "SQL" { Value::Null } else { p.value("prosrc") };
        let schema = facts.schema(p.oid("pronamespace"));
        rows.push(shape.row([
            ("specific_catalog", facts.database.clone()),
            ("specific_schema", schema.clone()),
            ("specific_name", specific_name(p)),
            ("routine_catalog", facts.database.clone()),
            ("routine_schema", schema),
            ("routine_name", p.value("proname")),
            ("routine_type", kind),
            ("data_type", known.data_type),
            ("type_udt_catalog", facts.database.clone()),
            ("type_udt_schema", known.schema),
            ("type_udt_name", known.name),
            ("dtd_identifier", "0".into()),
            ("routine_body", body.into()),
            ("external_name", external),
            ("external_language", language.to_uppercase().into()),
            ("parameter_style", "GENERAL".into()),
            ("is_deterministic", yes(p.text("provolatile") == "i")),
            ("sql_data_access", "MODIFIES".into()),
            ("is_null_call", yes(p.is("proisstrict"))),
            ("schema_level_routine", yes(true)),
            ("max_dynamic_result_sets", 0.into()),
            ("security_type", if p.is("prosecdef") { "DEFINER" } else { "INVOKER" }.into()),
            ("as_locator", yes(false)),
            ("is_udt_dependent", yes(false)),
        ]));
    }
    rows
}

/// `parameters`.
pub(super) fn parameters(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let facts = Facts::new(index);
    let known_types = facts.types();
    let functions = Reader::new(index, "pg_proc");
    let mut rows = Vec::new();
    for p in functions.iter() {
        let schema = facts.schema(p.oid("pronamespace"));
        let all = elements(p.get("proallargtypes"));
        let arguments = if all.is_empty() { elements(p.get("proargtypes")) } else { all };
        let (modes, names) = (elements(p.get("proargmodes")), elements(p.get("proargnames")));
        for (at, argument) in arguments.iter().enumerate() {
            let oid = argument.as_int().and_then(|n| u32::try_from(n).ok()).unwrap_or(types::UNKNOWN);
            let Some(known) = facts.known(&known_types, oid, -1) else {
                continue;
            };
            let mode = match modes.get(at).and_then(Value::as_str) {
                Some("o" | "t") => "OUT",
                Some("b") => "INOUT",
                _ => "IN",
            };
            let name = names.get(at).filter(|n| n.as_str().is_some_and(|n| !n.is_empty()));
            let position = i64::try_from(at).unwrap_or(0) + 1;
            rows.push(shape.row([
                ("specific_catalog", facts.database.clone()),
                ("specific_schema", schema.clone()),
                ("specific_name", specific_name(p)),
                ("ordinal_position", position.into()),
                ("parameter_mode", mode.into()),
                ("is_result", yes(false)),
                ("as_locator", yes(false)),
                ("parameter_name", name.cloned().unwrap_or_default()),
                ("data_type", known.data_type),
                ("udt_catalog", facts.database.clone()),
                ("udt_schema", known.schema),
                ("udt_name", known.name),
                ("dtd_identifier", position.to_string().into()),
            ]));
        }
    }
    rows
}

/// The name that no other function has.
fn specific_name(function: Cells<'_>) -> Value {
    format!("{}_{}", function.text("proname"), function.oid("oid")).into()
}

fn elements(array: &Value) -> &[Value] {
    match array {
        Value::Array(array) => &array.elements,
        _ => &[],
    }
}
