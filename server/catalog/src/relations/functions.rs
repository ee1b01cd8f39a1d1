//! `pg_proc`: the functions that can be called here, and those that types, operators and casts name.

use std::collections::HashSet;

use super::objects::OWNER;
use super::shape::{Reader, Shape};
use super::stored::{self, PUBLIC};
use crate::index::CatalogIndex;
use crate::model::FunctionKind;
use crate::relation::Row;
use crate::value::Value;

/// Number of `pg_proc`.
pub(super) const PG_PROC: u32 = 1255;
/// Number of the language `internal`.
const INTERNAL: u32 = 12;

/// Where stored relations name a function.
const NAMED: [(&str, &[&str]); 7] = [
    (
        "pg_aggregate",
        &["aggfnoid", "aggtransfn", "aggfinalfn", "aggcombinefn", "aggmtransfn", "aggminvtransfn", "aggmfinalfn"],
    ),
    ("pg_am", &["amhandler"]),
    ("pg_amproc", &["amproc"]),
    ("pg_cast", &["castfunc"]),
    ("pg_operator", &["oprcode", "oprrest", "oprjoin"]),
    ("pg_range", &["rngcanonical", "rngsubdiff"]),
    (
        "pg_type",
        &["typsubscript", "typinput", "typoutput", "typreceive", "typsend", "typmodin", "typmodout", "typanalyze"],
    ),
];

/// `pg_proc`.
pub(super) fn functions(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let mut named: HashSet<u32> = HashSet::new();
    for (relation, columns) in NAMED {
        let reader = Reader::new(index, relation);
        named.extend(reader.iter().flat_map(|cells| columns.iter().map(move |column| cells.oid(column))));
    }
    let stored = stored::rows("pg_proc");
    let is_there = |row: &&Row| {
        let cells = shape.read(row);
        named.contains(&cells.oid("oid")) || crate::functions::exists(cells.text("proname"))
    };
    let mut rows: Vec<Row> = stored.iter().filter(is_there).cloned().collect();
    for (function, oid) in index.catalog().functions.iter().zip(&index.numbers().functions) {
        let (kind, set) = match function.kind {
            FunctionKind::Scalar => ("f", false),
            FunctionKind::Aggregate => ("a", false),
            FunctionKind::Window => ("w", false),
            FunctionKind::Table => ("f", true),
        };
        let arguments = function.arguments.iter().map(|a| Value::from(*a)).collect();
        rows.push(shape.row([
            ("oid", (*oid).into()),
            ("proname", function.name.as_str().into()),
            ("pronamespace", PUBLIC.into()),
            ("proowner", OWNER.into()),
            ("prolang", INTERNAL.into()),
            ("procost", 1.0.into()),
            ("prorows", if set { 1000.0 } else { 0.0 }.into()),
            ("provariadic", 0.into()),
            ("prosupport", Value::reg(0, "-")),
            ("prokind", kind.into()),
            ("prosecdef", false.into()),
            ("proleakproof", false.into()),
            ("proisstrict", false.into()),
            ("proretset", set.into()),
            ("provolatile", "i".into()),
            ("proparallel", "s".into()),
            ("pronargs", i64::try_from(function.arguments.len()).unwrap_or(0).into()),
            ("pronargdefaults", 0.into()),
            ("prorettype", function.returns.into()),
            ("proargtypes", Value::vector(arguments)),
            ("prosrc", function.name.as_str().into()),
        ]));
    }
    rows
}
