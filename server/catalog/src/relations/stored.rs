//! What every PostgreSQL 15 knows about itself: the files that `data/export.py` writes, and the relations they define.
//!
//! A file is unpacked on first use and kept for the life of the process.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::sync::{Arc, OnceLock};

use flate2::read::ZlibDecoder;

use crate::relation::{RelationColumn, Row};
use crate::types;
use crate::value::Value;

/// A file: the relation of `pg_catalog` whose rows it has (`keywords` is none), and its bytes.
struct File {
    relation: &'static str,
    packed: &'static [u8],
    rows: OnceLock<Arc<Vec<Row>>>,
}

macro_rules! files {
    ($($relation:literal),* $(,)?) => {
        [$(File {
            relation: $relation,
            packed: include_bytes!(concat!("../../data/", $relation, ".tsv.z")),
            rows: OnceLock::new(),
        }),*]
    };
}

static FILES: [File; 22] = files![
    "keywords",
    "pg_aggregate",
    "pg_am",
    "pg_amop",
    "pg_amproc",
    "pg_attribute",
    "pg_auth_members",
    "pg_authid",
    "pg_cast",
    "pg_class",
    "pg_collation",
    "pg_constraint",
    "pg_index",
    "pg_language",
    "pg_namespace",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_proc",
    "pg_range",
    "pg_tablespace",
    "pg_type",
];

/// A table or view of PostgreSQL's own.
pub(super) struct Definition {
    pub(super) schema: &'static str,
    pub(super) name: String,
    pub(super) oid: u32,
    pub(super) columns: Vec<RelationColumn>,
}

/// Number of the schema `pg_catalog`.
pub(super) const PG_CATALOG: u32 = 11;
/// Number of the schema `public`.
pub(super) const PUBLIC: u32 = 2200;

/// Every table and view of `pg_catalog` and `information_schema`.
pub(super) fn definitions() -> &'static [Definition] {
    static DEFINITIONS: OnceLock<Vec<Definition>> = OnceLock::new();
    DEFINITIONS.get_or_init(define)
}

fn define() -> Vec<Definition> {
    // A value of a domain is sent as one of the type under it.
    let domains: HashMap<u32, (u32, i32)> = unpack("pg_type").lines().filter_map(domain).collect();
    let mut columns: HashMap<u32, Vec<RelationColumn>> = HashMap::new();
    // The file has the columns of a relation in order, those of the system (with numbers below 0) first.
    for line in unpack("pg_attribute").lines() {
        let mut fields = line.split('\t');
        let (Some(relation), Some(name), Some(type_oid)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let number = fields.nth(2).and_then(|n| n.parse::<i32>().ok()).unwrap_or(0);
        let typmod = fields.nth(2).and_then(|n| n.parse::<i32>().ok()).unwrap_or(-1);
        if let (Ok(relation), Ok(type_oid), 1..) = (relation.parse(), type_oid.parse(), number) {
            let (type_oid, typmod) = domains.get(&type_oid).copied().unwrap_or((type_oid, typmod));
            columns.entry(relation).or_default().push(RelationColumn { name: name.to_owned(), type_oid, typmod });
        }
    }
    let information_schema = unpack("pg_namespace").lines().find_map(|line| {
        let mut fields = line.split('\t');
        let oid = fields.next()?;
        (fields.next()? == "information_schema").then(|| oid.to_owned())
    });
    let mut found = Vec::new();
    for line in unpack("pg_class").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (Some(oid), Some(name), Some(schema), Some(kind)) =
            (fields.first().and_then(|n| n.parse().ok()), fields.get(1), fields.get(2), fields.get(16))
        else {
            continue;
        };
        let schema = match *schema {
            "11" => "pg_catalog",
            other if Some(other) == information_schema.as_deref() => "information_schema",
            _ => continue,
        };
        if matches!(*kind, "r" | "v") {
            let columns = columns.remove(&oid).unwrap_or_default();
            found.push(Definition { schema, name: (*name).to_owned(), oid, columns });
        }
    }
    found
}

/// The number of a domain, with the type under it and what narrows that.
fn domain(line: &str) -> Option<(u32, (u32, i32))> {
    let fields: Vec<&str> = line.split('\t').collect();
    let number = |at: usize| fields.get(at)?.parse().ok();
    (*fields.get(6)? == "d").then_some(())?;
    Some((number(0)?, (number(25)?, fields.get(26)?.parse().ok()?)))
}

/// The columns of a relation of `pg_catalog`.
pub(super) fn columns(relation: &str) -> &'static [RelationColumn] {
    let found = definitions().iter().find(|d| d.schema == "pg_catalog" && d.name == relation);
    found.map_or(&[], |d| &d.columns)
}

/// The stored rows of a relation of `pg_catalog`; none if there is no file for it.
pub(super) fn rows(relation: &str) -> Arc<Vec<Row>> {
    let Some(file) = FILES.iter().find(|f| f.relation == relation) else {
        return Arc::default();
    };
    Arc::clone(file.rows.get_or_init(|| {
        let columns = columns(relation);
        let parse = |line: &str| -> Row {
            line.split('\t').zip(columns).map(|(field, column)| value(column.type_oid, field)).collect()
        };
        Arc::new(unpack(relation).lines().map(parse).collect())
    }))
}

/// A line for each keyword: the word, what kind it is, whether it can be a label without `AS`.
pub(crate) fn keywords() -> &'static str {
    static KEYWORDS: OnceLock<String> = OnceLock::new();
    KEYWORDS.get_or_init(|| unpack("keywords"))
}

/// The text of a file; an empty one if it is broken, which a test would notice.
fn unpack(relation: &str) -> String {
    let mut text = String::new();
    if let Some(file) = FILES.iter().find(|f| f.relation == relation)
        && ZlibDecoder::new(file.packed).read_to_string(&mut text).is_err()
    {
        text.clear();
    }
    text
}

/// What text shows for the number of a function: its name, with the schema if several functions have it.
pub(crate) fn function_name(oid: u32) -> Option<Arc<str>> {
    static NAMES: OnceLock<HashMap<u32, Arc<str>>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let text = unpack("pg_proc");
        let functions: Vec<(u32, &str)> = text
            .lines()
            .filter_map(|line| {
                let (oid, rest) = line.split_once('\t')?;
                Some((oid.parse().ok()?, rest.split('\t').next()?))
            })
            .collect();
        let (mut once, mut twice) = (HashSet::new(), HashSet::new());
        for (_, name) in &functions {
            if !once.insert(*name) {
                twice.insert(*name);
            }
        }
        let shown = |name: &str| match twice.contains(name) {
            true => Arc::from(format!("pg_catalog.{name}")),
            false => Arc::from(name),
        };
        functions.iter().map(|(oid, name)| (*oid, shown(name))).collect()
    });
    names.get(&oid).cloned()
}

fn value(type_oid: u32, field: &str) -> Value {
    if field == "\\N" {
        return Value::Null;
    }
    let plain = if field.contains('\\') { unescape(field) } else { field.to_owned() };
    match type_oid {
        types::BOOL => Value::Bool(plain == "t"),
        types::INT2 | types::INT4 | types::INT8 | types::OID | types::XID => {
            plain.parse::<i64>().map_or(Value::Null, Value::Int)
        }
        types::NAME | types::TEXT | types::CHAR | types::PG_NODE_TREE => Value::from(plain),
        types::REGPROC => {
            let oid = plain.parse().unwrap_or(0);
            Value::Reg(oid, function_name(oid).unwrap_or_else(|| Arc::from("-")))
        }
        types::INT2VECTOR | types::OIDVECTOR => {
            Value::vector(plain.split_whitespace().filter_map(|n| n.parse::<i64>().ok()).map(Value::Int).collect())
        }
        other => Value::from_text(other, &plain).unwrap_or_default(),
    }
}

fn unescape(field: &str) -> String {
    let mut plain = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('t') => plain.push('\t'),
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
    }
    plain
}
