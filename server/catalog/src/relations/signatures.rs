//! How functions are called, as `pg_get_function_arguments` and `pg_get_function_result` show it.

use std::sync::OnceLock;

use super::shape::{Cells, Reader, Shape};
use super::stored::columns;
use crate::index::CatalogIndex;
use crate::session::Session;
use crate::value::{Value, quote_identifier};

/// The arguments of a function, with their defaults or without.
pub(crate) fn arguments(index: &CatalogIndex, session: &Session, oid: u32, defaults: bool) -> Option<String> {
    let row = index.function_row(oid, session)?;
    let p = shape().read(&row);
    let all = arguments_of(p);
    let inputs = all.iter().filter(|a| a.is_input()).count();
    let values = split(p.text("proargdefaults"));
    let first_default = inputs.saturating_sub(values.len());
    let direct = direct_arguments(index, p);
    let (mut shown, mut input) = (Vec::new(), 0_usize);
    for argument in &all {
        if argument.mode == "t" {
            continue;
        }
        let mut text = match argument.mode {
            "o" => "OUT ",
            "b" => "INOUT ",
            "v" => "VARIADIC ",
            _ => "",
        }
        .to_owned();
        if let Some(name) = argument.name {
            text.push_str(&quote_identifier(name));
            text.push(' ');
        }
        text.push_str(&index.type_name(argument.type_oid, None, session).unwrap_or_else(|| "???".into()));
        if argument.is_input() {
            let default = input.checked_sub(first_default).and_then(|at| values.get(at));
            if let Some(default) = default.filter(|_| defaults) {
                text.push_str(" DEFAULT ");
                text.push_str(default);
            }
            input += 1;
        }
        shown.push(text);
    }
    let Some(direct) = direct else {
        return Some(shown.join(", "));
    };
    // An aggregate over sorted rows: what it sorts by comes last, and may be all that there is.
    let sorted = shown.get(direct.min(shown.len())..).unwrap_or_default();
    let sorted = if sorted.is_empty() { shown.last().cloned().unwrap_or_default() } else { sorted.join(", ") };
    let before = shown.get(..direct).unwrap_or_default().join(", ");
    let space = if before.is_empty() { "" } else { " " };
    Some(format!("{before}{space}ORDER BY {sorted}"))
}

/// What a function answers; nothing for a procedure.
pub(crate) fn result(index: &CatalogIndex, session: &Session, oid: u32) -> Option<String> {
    let row = index.function_row(oid, session)?;
    let p = shape().read(&row);
    if p.text("prokind") == "p" {
        return None;
    }
    let name = |oid: u32| index.type_name(oid, None, session).unwrap_or_else(|| "???".into());
    let all = arguments_of(p);
    let table: Vec<String> = all
        .iter()
        .filter(|a| a.mode == "t")
        .map(|a| format!("{} {}", quote_identifier(a.name.unwrap_or("")), name(a.type_oid)))
        .collect();
    if !table.is_empty() {
        return Some(format!("TABLE({})", table.join(", ")));
    }
    let set = if p.is("proretset") { "SETOF " } else { "" };
    Some(format!("{set}{}", name(p.oid("prorettype"))))
}

/// The columns of `pg_proc`.
fn shape() -> &'static Shape {
    static SHAPE: OnceLock<Shape> = OnceLock::new();
    SHAPE.get_or_init(|| Shape::new(columns("pg_proc")))
}

struct Argument<'a> {
    type_oid: u32,
    mode: &'a str,
    name: Option<&'a str>,
}

impl Argument<'_> {
    fn is_input(&self) -> bool {
        matches!(self.mode, "i" | "b" | "v")
    }
}

fn arguments_of(p: Cells<'_>) -> Vec<Argument<'_>> {
    let all = elements(p.get("proallargtypes"));
    let types = if all.is_empty() { elements(p.get("proargtypes")) } else { all };
    let (modes, names) = (elements(p.get("proargmodes")), elements(p.get("proargnames")));
    let variadic = p.oid("provariadic") != 0;
    let last = types.len().saturating_sub(1);
    let argument = |(at, oid): (usize, &Value)| Argument {
        type_oid: oid.as_int().and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
        mode: modes.get(at).and_then(Value::as_str).unwrap_or(if variadic && at == last { "v" } else { "i" }),
        name: names.get(at).and_then(Value::as_str).filter(|n| !n.is_empty()),
    };
    types.iter().enumerate().map(argument).collect()
}

/// How many arguments of an aggregate over sorted rows are not sorted by.
fn direct_arguments(index: &CatalogIndex, p: Cells<'_>) -> Option<usize> {
    if p.text("prokind") != "a" {
        return None;
    }
    let aggregates = Reader::new(index, "pg_aggregate");
    let a = aggregates.iter().find(|a| a.oid("aggfnoid") == p.oid("oid"))?;
    if a.text("aggkind") == "n" {
        return None;
    }
    usize::try_from(a.int("aggnumdirectargs")).ok()
}

fn elements(array: &Value) -> &[Value] {
    match array {
        Value::Array(array) => &array.elements,
        _ => &[],
    }
}

/// The expressions of a list: commas in brackets and quotes do not count.
fn split(list: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quoted) = (vec![String::new()], 0_i32, false);
    for c in list.chars() {
        match c {
            '\'' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut().filter(|part| !(part.is_empty() && c == ' ')) {
            part.push(c);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
