//! The statements that clients send, compared with what PostgreSQL 15 answers to them.
//!
//! `tests/clients/README.md` describes the files. A statement about the user's own tables is the query engine's and is
//! left out here. `REPLAY=12 cargo test -p hyperslab-pg-catalog --test it replay` shows one statement.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use hyperslab_pg_catalog::{CatalogIndex, Value, prepare};
use serde_json::Value as Json;

use crate::fixture::{catalog, difference, file, parse, session};

/// Runs one statement; what is wrong with it, or whether it is the query engine's.
fn run(entry: &Json, index: &Arc<CatalogIndex>) -> Result<usize, String> {
    let sql = entry["sql"].as_str().unwrap();
    let statements = parse(sql).map_err(|e| format!("parse: {e}"))?;
    let results = entry["results"].as_array().unwrap();
    if statements.len() != results.len() {
        return Err(format!("{} statements, {} results", statements.len(), results.len()));
    }
    let session = session();
    let mut compared = 0;
    for (statement, expected) in statements.iter().zip(results) {
        let prepared = match prepare(sql, statement, index, &session, &[]) {
            Ok(Some(prepared)) => prepared,
            Ok(None) => continue,
            Err(e) => return Err(format!("prepare: {}: {}", e.code, e.message)),
        };
        compared += 1;
        let mut parameters = Vec::new();
        if let Some(wanted) = entry["parameters"].as_array() {
            let wanted: Vec<u32> = wanted.iter().map(|n| u32::try_from(n.as_u64().unwrap()).unwrap()).collect();
            if prepared.parameter_types() != wanted {
                return Err(format!("parameters: {:?}, not {wanted:?}", prepared.parameter_types()));
            }
            for (type_oid, text) in wanted.iter().zip(entry["values"].as_array().unwrap()) {
                let value = Value::from_text(*type_oid, text.as_str().unwrap());
                parameters.push(value.map_err(|e| format!("parameter: {}", e.message))?);
            }
        }
        let answer =
            prepared.run(&session, &parameters, &|| false).map_err(|e| format!("run: {}: {}", e.code, e.message))?;
        if let Some(difference) = difference(&prepared, expected, &answer.rows) {
            return Err(difference);
        }
    }
    Ok(compared)
}

/// Whether a statement is about the user's tables or says something to the server.
fn is_of_the_engine(sql: &str) -> bool {
    let sql = sql.trim_start().to_lowercase();
    let word = sql.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let of_air =
        [" from air", " from \"air\"", " from public.air", " from era5.t2m", "\nfrom air", "\nfrom public.air"];
    word != "select" && word != "with" || of_air.iter().any(|name| sql.contains(name))
}

#[test]
#[allow(clippy::print_stderr, reason = "how long a statement takes is for a person")]
fn statements_of_clients_are_answered_as_by_postgresql() {
    let index = Arc::new(catalog().index());
    let answers: Json = serde_json::from_str(&file("answers.json")).unwrap();
    let exceptions = file("exceptions.txt");
    let excepted: Vec<u64> =
        exceptions.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    let only: Option<u64> = std::env::var("REPLAY").ok().and_then(|n| n.parse().ok());
    let mut failures: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut count, mut slow) = (0, Vec::new());
    for entry in answers.as_array().unwrap() {
        let n = entry["n"].as_u64().unwrap();
        if only.is_some_and(|only| only != n) || excepted.contains(&n) {
            continue;
        }
        let sql = entry["sql"].as_str().unwrap();
        let begin = Instant::now();
        let mut failure = |why: String| {
            let cause = why.split(['`', '"']).next().unwrap_or_default().chars().take(60).collect();
            failures.entry(cause).or_default().push(format!("#{n}: {why}"));
        };
        match run(entry, &index) {
            Ok(0) if !is_of_the_engine(sql) => failure("left to the query engine".into()),
            Ok(compared) => count += compared,
            Err(why) => failure(why),
        }
        let time = begin.elapsed();
        if time.as_millis() > 300 {
            slow.push(format!("#{n}: {} ms", time.as_millis()));
        }
    }
    let total: usize = failures.values().map(Vec::len).sum();
    let list: String = failures.values().flatten().map(|f| format!("{f}\n")).collect();
    eprintln!("{count} answers compared, slow: {slow:?}");
    assert!(failures.is_empty(), "{total} statements differ:\n{list}");
}
