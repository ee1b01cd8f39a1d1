//! The answers of a PostgreSQL server, which `tests/clients/reference/functions.py` has asked for.

use std::path::Path;
use std::sync::Arc;

use hyperslab::Context;
use hyperslab::datafusion::arrow::array::{Array, ArrayRef, AsArray};
use hyperslab::datafusion::arrow::datatypes::{DataType, IntervalUnit};

use crate::{ask, context};
use hyperslab_server::ServerError;
use hyperslab_server::dialect::{shown, written};

/// What is answered in another way, and why.
const EXCEPTIONS: &str = include_str!("exceptions.txt");

#[derive(Debug)]
struct Answer {
    columns: Vec<(String, DataType)>,
    rows: Vec<Vec<Option<String>>>,
}

async fn answer(context: &Context, sql: &str) -> Result<Answer, ServerError> {
    let result = ask(context, sql).await?;
    let schema = result.schema();
    let columns = schema.fields().iter().map(|f| (shown(f.name()).to_string(), f.data_type().clone())).collect();
    let mut rows = Vec::new();
    for batch in result.collect().await? {
        let texts: Vec<ArrayRef> =
            batch.columns().iter().map(|c| written(c).map(|t| Arc::new(t) as ArrayRef)).collect::<Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            let value = |c: &ArrayRef| c.is_valid(row).then(|| c.as_string::<i32>().value(row).to_string());
            rows.push(texts.iter().map(value).collect());
        }
    }
    Ok(Answer { columns, rows })
}

/// Whether a type stands for one of PostgreSQL's. A `numeric` may be a `double`.
fn is_type(of: &DataType, theirs: &str) -> bool {
    match theirs {
        "smallint" => *of == DataType::Int16,
        "integer" => *of == DataType::Int32,
        "bigint" | "oid" => matches!(of, DataType::Int64 | DataType::UInt64),
        "real" => *of == DataType::Float32,
        "double precision" => *of == DataType::Float64,
        "numeric" => of.is_numeric(),
        "boolean" => *of == DataType::Boolean,
        "date" => *of == DataType::Date32,
        "time without time zone" => matches!(of, DataType::Time32(_) | DataType::Time64(_)),
        "timestamp without time zone" => matches!(of, DataType::Timestamp(_, None)),
        "timestamp with time zone" => matches!(of, DataType::Timestamp(_, Some(_))),
        "interval" => matches!(of, DataType::Interval(IntervalUnit::MonthDayNano)),
        "bytea" => matches!(of, DataType::Binary | DataType::BinaryView | DataType::LargeBinary),
        other if other.ends_with("[]") => match of {
            DataType::List(field) => is_type(field.data_type(), other.trim_end_matches("[]")),
            _ => false,
        },
        _ => matches!(of, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 | DataType::Null),
    }
}

fn is_value(ours: Option<&str>, theirs: Option<&str>, kind: &str) -> bool {
    let (ours, theirs) = match (ours, theirs) {
        (None, None) => return true,
        (Some(ours), Some(theirs)) => (ours, theirs),
        _ => return false,
    };
    match kind {
        "boolean" => ours.get(..1) == Some(theirs),
        "bytea" => format!("\\x{ours}") == theirs,
        "double precision" | "real" | "numeric" => match (ours.parse::<f64>(), theirs.parse::<f64>()) {
            (Ok(a), Ok(b)) => a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-12 * b.abs().max(1.0),
            _ => false,
        },
        kind if kind.ends_with("[]") => ours.replace(", ", ",").replace('[', "{").replace(']', "}") == theirs,
        "character" => ours.trim_end() == theirs.trim_end(),
        _ => ours == theirs,
    }
}

fn difference(found: &Result<Answer, ServerError>, theirs: &serde_json::Value) -> Option<String> {
    let found = match (found, theirs["error"].as_str()) {
        // What sort of error it is; PostgreSQL has finer ones.
        (Err(error), Some(code)) if error.code[..2] == code[..2] => return None,
        (Err(error), Some(code)) => return Some(format!("error {} instead of {code}: {error}", error.code)),
        (Ok(found), Some(code)) => return Some(format!("{:?} instead of the error {code}", found.rows)),
        (Err(error), None) => return Some(format!("error {}: {error}", error.code)),
        (Ok(found), None) => found,
    };
    let columns: Vec<(&str, &str)> = theirs["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c[0].as_str().unwrap(), c[1].as_str().unwrap()))
        .collect();
    let rows: Vec<Vec<Option<&str>>> = theirs["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(|value| value.as_str()).collect())
        .collect();
    if found.columns.len() != columns.len() || found.rows.len() != rows.len() {
        return Some(format!("{} columns and {} rows", found.columns.len(), found.rows.len()));
    }
    for ((name, of), (their_name, kind)) in found.columns.iter().zip(&columns) {
        if name != their_name {
            return Some(format!("column `{name}` instead of `{their_name}`"));
        }
        if !is_type(of, kind) {
            return Some(format!("type {of} instead of {kind}"));
        }
    }
    for (row, theirs) in found.rows.iter().zip(&rows) {
        for ((value, their), (_, kind)) in row.iter().zip(theirs).zip(&columns) {
            if !is_value(value.as_deref(), *their, kind) {
                return Some(format!("{value:?} instead of {their:?}"));
            }
        }
    }
    None
}

/// The statements that are excepted: a line of each, under a comment that says why.
fn exceptions() -> Vec<&'static str> {
    EXCEPTIONS.lines().filter(|line| !line.is_empty() && !line.starts_with("--")).collect()
}

#[tokio::test]
async fn answers_are_those_of_postgresql() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients/reference/functions.json");
    let text = std::fs::read_to_string(path).unwrap();
    let expected: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let context = context();
    let exceptions = exceptions();
    let (mut failed, mut same) = (Vec::new(), Vec::new());
    for theirs in &expected {
        let sql = theirs["sql"].as_str().unwrap();
        let is_excepted = exceptions.contains(&sql.trim_start_matches("SELECT "));
        let found = answer(&context, sql).await;
        match (difference(&found, theirs), is_excepted) {
            (Some(difference), false) => failed.push(format!("{sql}\n    {difference}")),
            (None, true) => same.push(sql),
            _ => {}
        }
    }
    assert!(failed.is_empty(), "{} of {} differ:\n{}", failed.len(), expected.len(), failed.join("\n"));
    assert!(same.is_empty(), "no exceptions any more:\n{}", same.join("\n"));
}
