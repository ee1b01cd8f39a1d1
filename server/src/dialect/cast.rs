//! Casts: text that is there is read now, in PostgreSQL's forms; what is known only later goes to a function.

use hyperslab::datafusion::sql::sqlparser::ast::{Array, CastKind, DataType, Expr, Value};

use super::expr::{call, text};
use super::query::unsupported;
use super::text::{DAY, interval, time};
use super::types::{self, Target};
use crate::error::{ServerError, code};

type Result<T> = std::result::Result<T, ServerError>;

/// The function that casts as PostgreSQL does.
pub(super) const FUNCTION: &str = "pg_cast";

/// `expr` as a value of `data_type`.
///
/// # Errors
/// When there is no such type here, or a text is no value of it.
pub(super) fn cast(expr: Expr, data_type: &DataType) -> Result<Expr> {
    let literal = match &expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        Expr::Nested(inner) => match inner.as_ref() {
            Expr::Value(_) => return cast((**inner).clone(), data_type),
            _ => None,
        },
        _ => None,
    };
    let expr = match whole(&expr, data_type) {
        Some(whole) => whole,
        None => expr,
    };
    if let (Some(literal), DataType::Array(_)) = (&literal, data_type) {
        return array(literal, data_type);
    }
    match (types::target(data_type), literal) {
        (Target::Engine(engine), Some(literal)) => number(&literal, &engine, data_type),
        (Target::Engine(engine), None) => Ok(engine_cast(expr, engine)),
        (Target::Ours(name, length), Some(literal)) => read(&literal, name, length),
        (Target::Ours(name, _), None) if matches!(&expr, Expr::Value(v) if matches!(v.value, Value::Placeholder(_) | Value::Null)) =>
        {
            // The type of a parameter is that of the cast around it.
            Ok(engine_cast(expr, types::engine_type(name)))
        }
        (Target::Ours(name, length), None) => {
            let mut arguments = vec![expr, text(name)];
            arguments.extend(length.map(super::query::number));
            Ok(call(FUNCTION, arguments))
        }
        (Target::Unknown, _) => Err(unsupported(&format!("type `{data_type}`"))),
    }
}

/// A number that is written with a fraction as a whole one, where that is to be its type: a half goes away from zero.
fn whole(expr: &Expr, data_type: &DataType) -> Option<Expr> {
    if !matches!(types::internal_name(data_type).as_str(), "int2" | "int4" | "int8") {
        return None;
    }
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(written, _) if written.contains('.') => {
                let rounded = written.parse::<f64>().ok()?.round();
                Some(Expr::value(Value::Number(format!("{rounded:.0}"), false)))
            }
            _ => None,
        },
        Expr::UnaryOp { op, expr } => {
            let expr = Box::new(whole(expr, data_type)?);
            Some(Expr::UnaryOp { op: *op, expr })
        }
        _ => None,
    }
}

/// A cast to an instant, which the query engine has under another name alone.
pub(super) fn instant(expr: Expr) -> Expr {
    call("arrow_cast", vec![expr, text("Timestamp(ns, \"+00:00\")")])
}

/// A cast of the query engine's own.
pub(super) fn engine_cast(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, array: false, format: None }
}

fn invalid(name: &str, literal: &str) -> ServerError {
    let code = match name {
        "date" | "time" | "timestamp" | "timestamptz" | "interval" => code::INVALID_TIME,
        _ => code::INVALID_TEXT,
    };
    ServerError::new(code, format!("`{literal}` is no value of type {name}"))
}

/// A text as a number of the query engine.
fn number(literal: &str, engine: &DataType, written: &DataType) -> Result<Expr> {
    let trimmed = literal.trim();
    match trimmed.parse::<f64>() {
        Ok(_) => Ok(engine_cast(text(trimmed), engine.clone())),
        Err(_) => Err(invalid(&types::internal_name(written), literal)),
    }
}

/// A text as a value of the type of that name.
fn read(literal: &str, name: &str, length: Option<u64>) -> Result<Expr> {
    let failed = || invalid(name, literal);
    Ok(match name {
        "int2" | "int4" | "int8" | "oid" | "xid" => {
            let value: i128 = literal.trim().parse().map_err(|_| failed())?;
            let (least, most) = match name {
                "int2" => (i128::from(i16::MIN), i128::from(i16::MAX)),
                "int4" => (i128::from(i32::MIN), i128::from(i32::MAX)),
                _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
            };
            if !(least..=most).contains(&value) {
                return Err(ServerError::new(
                    code::OUT_OF_RANGE,
                    format!("`{value}` is out of the range of type {name}, expected {least} to {most}"),
                ));
            }
            engine_cast(text(&value.to_string()), types::engine_type(name))
        }
        "bool" => Expr::value(Value::Boolean(boolean(literal).ok_or_else(failed)?)),
        "date" => {
            let days = time::parse(literal).and_then(|moment| moment.days).ok_or_else(failed)?;
            engine_cast(text(&iso_date(days).ok_or_else(failed)?), DataType::Date)
        }
        "time" => {
            let micros = time::parse(literal).ok_or_else(failed)?.micros;
            engine_cast(text(&time::write_time(micros)), types::engine_type(name))
        }
        "timestamp" => timestamp(literal).ok_or_else(failed)?,
        "timestamptz" => {
            let micros = time::parse(literal).and_then(|moment| moment.utc()).ok_or_else(failed)?;
            moment(micros, "+00:00").ok_or_else(failed)?
        }
        "interval" => super::expr::interval(interval::parse(literal, None).ok_or_else(failed)?),
        "bytea" => match literal.strip_prefix("\\x") {
            Some(hex) => Expr::value(Value::HexStringLiteral(hex.to_string())),
            None => engine_cast(text(literal), DataType::Bytea),
        },
        "char" => text(&literal.chars().take(1).collect::<String>()),
        "varchar" | "bpchar" => match length {
            Some(length) => {
                text(&literal.chars().take(usize::try_from(length).unwrap_or(usize::MAX)).collect::<String>())
            }
            None => text(literal),
        },
        _ => text(literal),
    })
}

/// Text as a time without a zone. It stays text under a cast where the engine reads it the same, so that it can be a
/// time of another calendar, whose dates differ.
fn timestamp(literal: &str) -> Option<Expr> {
    let trimmed = literal.trim();
    let shape: String = trimmed.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let is_iso = matches!(shape.as_str(), "0000-00-00" | "0000-00-00 00:00:00" | "0000-00-00T00:00:00");
    match time::parse(trimmed) {
        Some(found) => moment(found.local()?, ""),
        None if is_iso => Some(engine_cast(text(trimmed), types::engine_type("timestamp"))),
        None => None,
    }
}

/// Nanoseconds, with which the query engine counts, end in 2262.
const NANOSECONDS_END: i64 = 292 * 365 * DAY;

fn moment(micros: i64, zone: &str) -> Option<Expr> {
    let written = time::write_timestamp(micros);
    if written.ends_with("BC") {
        return None;
    }
    let value = text(&format!("{written}{zone}"));
    if micros.abs() < NANOSECONDS_END {
        return Some(if zone.is_empty() {
            engine_cast(value, types::engine_type("timestamp"))
        } else {
            instant(value)
        });
    }
    let engine = if zone.is_empty() { "Timestamp(µs)" } else { "Timestamp(µs, \"+00:00\")" };
    Some(call("arrow_cast", vec![value, text(engine)]))
}

fn iso_date(days: i64) -> Option<String> {
    Some(time::write_date(days)).filter(|date| !date.ends_with("BC"))
}

/// The words for true and false; a part of one is enough where it is clear.
pub(super) fn boolean(literal: &str) -> Option<bool> {
    let word = literal.trim().to_ascii_lowercase();
    let is = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    if is("true", 1) || is("yes", 1) || word == "on" || word == "1" {
        return Some(true);
    }
    (is("false", 1) || is("no", 1) || is("off", 2) || word == "0").then_some(false)
}

/// `'{1,2}'` as an array.
fn array(literal: &str, data_type: &DataType) -> Result<Expr> {
    let failed = || invalid("array", literal);
    let element = types::element(data_type).ok_or_else(failed)?;
    let inner = literal.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or_else(failed)?;
    let mut elem = Vec::new();
    for (value, is_quoted) in elements(inner).ok_or_else(failed)? {
        let is_null = !is_quoted && value.eq_ignore_ascii_case("null");
        elem.push(match is_null {
            true => Expr::value(Value::Null),
            false => cast(text(&value), element)?,
        });
    }
    Ok(Expr::Array(Array { elem, named: true }))
}

/// The elements of an array in text, each with whether it was quoted; `None` of an array of arrays.
fn elements(inner: &str) -> Option<Vec<(String, bool)>> {
    let mut found = Vec::new();
    let (mut value, mut is_quoted, mut is_open) = (String::new(), false, false);
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => value.push(chars.next()?),
            '"' => {
                is_open = !is_open;
                is_quoted = true;
            }
            _ if is_open => value.push(c),
            '{' | '}' => return None,
            ',' => found.push((std::mem::take(&mut value), std::mem::take(&mut is_quoted))),
            c if c.is_whitespace() => {}
            c => value.push(c),
        }
    }
    if is_open {
        return None;
    }
    if !inner.trim().is_empty() {
        found.push((value, is_quoted));
    }
    Some(found)
}
