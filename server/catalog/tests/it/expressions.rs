//! Queries of all kinds, compared with what PostgreSQL 15 answers to them: operators, functions, joins, errors.

use std::sync::Arc;

use hyperslab_pg_catalog::{CatalogIndex, PgError, prepare};
use serde_json::Value as Json;

use crate::fixture::{catalog, difference, file, parse, session};

/// What is wrong with the answer to a query.
fn wrong(sql: &str, expected: &Json, index: &Arc<CatalogIndex>) -> Option<String> {
    let session = session();
    let answer = || -> Result<_, PgError> {
        let statements = parse(sql)?;
        let Some(prepared) = prepare(sql, &statements[0], index, &session, &[])? else {
            return Ok(None);
        };
        let answer = prepared.run(&session, &[], &|| false)?;
        Ok(Some((prepared, answer)))
    };
    match (answer(), expected["error"].as_str()) {
        // What no catalogue has is asked of the query engine, which complains.
        (Ok(None), Some("42P01" | "42883")) => None,
        (Ok(None), _) => Some("left to the query engine".into()),
        (Err(e), Some(code)) => (e.code != code).then(|| format!("{}: {}, not {code}", e.code, e.message)),
        (Err(e), None) => Some(format!("{}: {}", e.code, e.message)),
        (Ok(Some(_)), Some(code)) => Some(format!("no error {code}")),
        (Ok(Some((prepared, answer))), None) => difference(&prepared, expected, &answer.rows),
    }
}

#[test]
fn expressions_have_the_values_and_types_of_postgresql() {
    let index = Arc::new(catalog().index());
    let queries: Json = serde_json::from_str(&file("expressions.json")).unwrap();
    let mut failures = Vec::new();
    for entry in queries.as_array().unwrap() {
        let sql = entry["sql"].as_str().unwrap();
        if let Some(why) = wrong(sql, &entry["results"][0], &index) {
            failures.push(format!("{sql}\n    {why}\n"));
        }
    }
    assert!(failures.is_empty(), "{} queries differ:\n{}", failures.len(), failures.concat());
}
