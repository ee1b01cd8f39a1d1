//! `regclass`, `regtype` and their kin: from a name to the number of an object, and back.

use crate::cast::is_reg;
use crate::error::PgError;
use crate::eval::Run;
use crate::lookup::{Kind, number};
use crate::types;
use crate::value::{Value, quote_identifier};

/// The kind of object that a `reg…` type stands for.
fn kind(ty: u32) -> Kind {
    match ty {
        types::REGCLASS => Kind::Class,
        types::REGTYPE => Kind::Type,
        types::REGPROC | types::REGPROCEDURE => Kind::Proc,
        types::REGOPER | types::REGOPERATOR => Kind::Operator,
        types::REGCONFIG => Kind::Config,
        types::REGDICTIONARY => Kind::Dictionary,
        types::REGNAMESPACE => Kind::Namespace,
        types::REGROLE => Kind::Role,
        _ => Kind::Collation,
    }
}

/// The value of a `reg…` type for a number; an unknown number is shown as digits, 0 as `-`.
pub(crate) fn reg(run: &Run<'_>, ty: u32, oid: u32) -> Value {
    if oid == 0 {
        return Value::reg(0, "-");
    }
    let name = match ty {
        types::REGTYPE => run.catalog.type_name(oid, None, run.session),
        types::REGPROCEDURE => run.catalog.display(Kind::Proc, oid, run.session).map(|name| {
            let arguments = argument_types(run, oid).unwrap_or_default();
            let names = arguments.iter().map(|t| run.catalog.type_name(*t, None, run.session).unwrap_or_default());
            format!("{name}({})", names.collect::<Vec<_>>().join(","))
        }),
        _ => run.catalog.display(kind(ty), oid, run.session),
    };
    Value::reg(oid, name.unwrap_or_else(|| oid.to_string()))
}

/// The types of a function's arguments.
pub(crate) fn argument_types(run: &Run<'_>, oid: u32) -> Option<Vec<u32>> {
    let (_, [types]) = run.catalog.columns("pg_proc", ["proargtypes"])?;
    let row = run.catalog.function_row(oid, run.session)?;
    match row.get(types)? {
        Value::Array(a) => Some(a.elements.iter().filter_map(|e| u32::try_from(e.as_int()?).ok()).collect()),
        _ => None,
    }
}

/// Reads the text of a `reg…` type: a number, `-`, or a name.
pub(crate) fn read(run: &Run<'_>, ty: u32, text: &str) -> Result<Value, PgError> {
    debug_assert!(is_reg(ty));
    let text = text.trim();
    if text == "-" {
        return Ok(reg(run, ty, 0));
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let oid: u32 = text
            .parse()
            .map_err(|_| PgError::new("22003", format!("value \"{text}\" is out of range for type oid")))?;
        return Ok(reg(run, ty, oid));
    }
    let oid = match ty {
        types::REGTYPE => type_oid(run, text).map(|(oid, _)| oid),
        types::REGPROC => return function(run, text),
        types::REGPROCEDURE => procedure(run, text)?,
        _ => {
            let parts = split(text)?;
            object(run, kind(ty), &parts)?
        }
    };
    match oid {
        Some(oid) => Ok(reg(run, ty, oid)),
        None => Err(missing(ty, text)),
    }
}

fn missing(ty: u32, text: &str) -> PgError {
    let (code, what) = match ty {
        types::REGCLASS => ("42P01", "relation"),
        types::REGTYPE => ("42704", "type"),
        types::REGPROC | types::REGPROCEDURE => ("42883", "function"),
        types::REGOPER | types::REGOPERATOR => ("42883", "operator"),
        types::REGNAMESPACE => ("3F000", "schema"),
        types::REGROLE => ("42704", "role"),
        types::REGCONFIG => ("42704", "text search configuration"),
        types::REGDICTIONARY => ("42704", "text search dictionary"),
        _ => ("42704", "collation"),
    };
    let shown = split(text).map_or_else(|_| text.to_string(), |parts| parts.join("."));
    PgError::new(code, format!("{what} \"{shown}\" does not exist"))
}

/// The number of an object by the parts of its name.
pub(crate) fn object(run: &Run<'_>, kind: Kind, parts: &[String]) -> Result<Option<u32>, PgError> {
    match parts {
        [name] => Ok(run.catalog.resolve(kind, None, name, run.session)),
        [schema, name] => Ok(run.catalog.resolve(kind, Some(schema), name, run.session)),
        [database, schema, name] if *database == run.session.database => {
            Ok(run.catalog.resolve(kind, Some(schema), name, run.session))
        }
        [_, _, _] => Err(PgError::new("0A000", "cross-database references are not implemented")),
        _ => Err(PgError::new("42602", "invalid name syntax")),
    }
}

/// The parts of a name with dots; unquoted letters become small.
pub(crate) fn split(text: &str) -> Result<Vec<String>, PgError> {
    let bad = || PgError::new("42602", "invalid name syntax");
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut part = String::new();
            let mut chars = quoted.char_indices().peekable();
            let end = loop {
                match chars.next().ok_or_else(bad)? {
                    (_, '"') if chars.peek().is_some_and(|(_, c)| *c == '"') => {
                        chars.next();
                        part.push('"');
                    }
                    (at, '"') => break at + 1,
                    (_, c) => part.push(c),
                }
            };
            parts.push(part);
            rest = quoted.get(end..).unwrap_or("").trim_start();
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            let (part, after) = rest.split_at_checked(end).ok_or_else(bad)?;
            let part = part.trim();
            if part.is_empty() || part.contains(|c: char| c.is_whitespace() || c == '"') {
                return Err(bad());
            }
            parts.push(part.to_lowercase());
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(after) => rest = after.trim_start(),
            None if rest.is_empty() => return Ok(parts),
            None => return Err(bad()),
        }
    }
}

/// The number and modifier of a type by its name as SQL writes it.
pub(crate) fn type_oid(run: &Run<'_>, text: &str) -> Option<(u32, i32)> {
    let text = text.trim();
    if let Some(element) = text.strip_suffix("[]") {
        let (element, typmod) = type_oid(run, element)?;
        return Some((array_type(run, element)?, typmod));
    }
    let (name, modifier) = match text.strip_suffix(')').and_then(|t| t.rsplit_once('(')) {
        Some((name, modifier)) => (name.trim_end(), Some(modifier)),
        None => (text, None),
    };
    let words = name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    // `timestamp(3) with time zone` has its modifier in the middle.
    let (words, modifier) = match (words.split_once('('), modifier) {
        (Some((before, rest)), None) => {
            let (m, after) = rest.split_once(')')?;
            (format!("{}{after}", before.trim_end()), Some(m.to_string()))
        }
        _ => (words, modifier.map(str::to_string)),
    };
    let known = if name.contains('"') { None } else { types::by_sql_name(&words) };
    let oid = match known {
        Some(oid) => oid,
        None => {
            let parts = split(name).ok()?;
            object(run, Kind::Type, &parts).ok().flatten().or_else(|| match parts.as_slice() {
                [name] => types::by_name(name),
                [schema, name] if schema == "pg_catalog" => types::by_name(name),
                _ => None,
            })?
        }
    };
    let numbers: Vec<i32> = modifier.iter().flat_map(|m| m.split(',')).filter_map(|n| n.trim().parse().ok()).collect();
    Some((oid, typmod(oid, &numbers)))
}

/// The modifier of a type from the numbers in its parentheses.
pub(crate) fn typmod(oid: u32, numbers: &[i32]) -> i32 {
    match (oid, numbers) {
        (types::VARCHAR | types::BPCHAR, [n]) => n.saturating_add(4),
        (types::NUMERIC, [p]) => (p << 16).saturating_add(4),
        (types::NUMERIC, [p, s]) => ((p << 16) | (s & 0x7ff)).saturating_add(4),
        (types::TIMESTAMP | types::TIMESTAMPTZ | types::TIME | types::TIMETZ | types::BIT | types::VARBIT, [n]) => *n,
        (types::BPCHAR | types::BIT, []) => -1,
        _ => -1,
    }
}

/// The array type of an element type, also of one that only the catalogue knows.
pub(crate) fn array_type(run: &Run<'_>, element: u32) -> Option<u32> {
    if let Some(array) = types::array_of(element) {
        return Some(array);
    }
    let (_, [array]) = run.catalog.columns("pg_type", ["typarray"])?;
    let row = run.catalog.type_row(element, run.session)?;
    number(&row, array).filter(|oid| *oid != 0)
}

/// The one function of a name.
fn function(run: &Run<'_>, text: &str) -> Result<Value, PgError> {
    let parts = split(text)?;
    let found = candidates(run, &parts);
    match found.as_slice() {
        [] => Err(missing(types::REGPROC, text)),
        [one] => Ok(reg(run, types::REGPROC, *one)),
        _ => Err(PgError::new("42725", format!("more than one function named \"{}\"", parts.join(".")))),
    }
}

/// The functions of a name.
fn candidates(run: &Run<'_>, parts: &[String]) -> Vec<u32> {
    let objects = run.catalog.objects(Kind::Proc, run.session);
    let (schemas, name) = match parts {
        [name] => (run.catalog.path(run.session), name),
        [schema, name] => (run.catalog.schema_oid(schema, run.session).into_iter().collect(), name),
        _ => return Vec::new(),
    };
    objects.named(name).iter().filter(|(schema, _)| schemas.contains(schema)).map(|(_, oid)| *oid).collect()
}

/// The function of a name with the types of its arguments.
fn procedure(run: &Run<'_>, text: &str) -> Result<Option<u32>, PgError> {
    let bad = || PgError::new("22P02", "expected a left parenthesis");
    let (name, arguments) = text.strip_suffix(')').and_then(|t| t.split_once('(')).ok_or_else(bad)?;
    let parts = split(name)?;
    let mut wanted = Vec::new();
    for argument in arguments.split(',').map(str::trim).filter(|a| !a.is_empty()) {
        match type_oid(run, argument) {
            Some((oid, _)) => wanted.push(oid),
            None => return Err(missing(types::REGTYPE, argument)),
        }
    }
    let found = candidates(run, &parts);
    Ok(found.into_iter().find(|oid| argument_types(run, *oid).as_deref() == Some(&wanted)))
}

/// The name of an object with its schema, quoted where needed.
pub(crate) fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", quote_identifier(schema), quote_identifier(name))
}
