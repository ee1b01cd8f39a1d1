//! What must not hang, fill the memory or end the process, and whose business a statement is.

use std::sync::Arc;

use hyperslab_pg_catalog::{CatalogIndex, PgError, Prepared, Value, prepare, types};

use crate::fixture::{catalog, parse, session};

fn index() -> Arc<CatalogIndex> {
    Arc::new(catalog().index())
}

fn prepared(sql: &str) -> Result<Option<Prepared>, PgError> {
    let statements = parse(sql)?;
    prepare(sql, &statements[0], &index(), &session(), &[])
}

fn run(sql: &str) -> Result<Vec<Vec<String>>, PgError> {
    let found = prepared(sql)?.expect("of the catalogue");
    let answer = found.run(&session(), &[], &|| false)?;
    let types: Vec<u32> = found.columns().iter().map(|c| c.type_oid).collect();
    let text = |row: &Arc<[Value]>| row.iter().zip(&types).map(|(v, ty)| v.to_text(*ty).unwrap_or_default()).collect();
    Ok(answer.rows.iter().map(text).collect())
}

#[test]
fn statements_without_bounds_end_with_an_error() {
    for (sql, code) in [
        ("select count(*) from generate_series(1, 1000000000000)", "54000"),
        ("with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t", "22003"),
        ("with recursive t(n) as (select 1 union all select 1 from t) select count(*) from t", "54000"),
        ("select repeat('x', 2000000000)", "54000"),
        ("select count(*) from pg_attribute a, pg_attribute b, pg_attribute c", "54000"),
    ] {
        // A number that runs over stops some of them before the rows do.
        let found = run(sql).unwrap_err().code;
        assert!(found == code || found == "54000", "{sql}: {found}");
    }
}

#[test]
fn a_deep_expression_is_an_error() {
    let sum = vec!["1"; 3000].join(" + ");
    assert_eq!(run(&format!("select {sum}")).unwrap_err().code, "54001");
    // A chain of conditions is not deep.
    let chain = vec!["relname = 'air'"; 3000].join(" or ");
    assert_eq!(run(&format!("select relname from pg_class where {chain}")).unwrap(), [["air"]]);
}

#[test]
fn a_statement_stops_when_it_is_told_to() {
    let found = prepared("select count(*) from pg_attribute a, pg_attribute b").unwrap().unwrap();
    assert_eq!(found.run(&session(), &[], &|| true).unwrap_err().code, "57014");
}

#[test]
fn errors_say_where() {
    for (sql, code, position) in [
        ("select relnam from pg_class", "42703", 8),
        ("select c.relnam\nfrom pg_class c", "42703", 8),
        ("select 1\nfrom pg_class c where x.oid = 1", "42P01", 32),
        ("select oid from pg_class a, pg_type b", "42702", 8),
        ("select 1 from pg_class where relname + 1 = 2", "42883", 38),
        ("select relname, count(*) from pg_class", "42803", 8),
    ] {
        let error = prepared(sql).unwrap_err();
        assert_eq!((error.code, error.position), (code, Some(position)), "{sql}: {}", error.message);
    }
}

#[test]
fn what_is_not_of_the_catalogue_is_left_to_the_query_engine() {
    for sql in [
        "select * from air",
        "select nosuch, x from air, pg_class",
        "select my_function(relname) from pg_class",
        "select 1::utf8",
        "show all",
        "with t as (select 1) select * from t, public.air",
    ] {
        assert!(prepared(sql).unwrap().is_none(), "{sql}");
    }
}

#[test]
fn parameters_have_the_type_of_their_place() {
    for (sql, wanted) in [
        ("select 1 from pg_class where relname = $1", vec![types::NAME]),
        ("select 1 from pg_class where relname = any($1)", vec![types::NAME_ARRAY]),
        ("select $1::regclass, $2", vec![types::REGCLASS, types::TEXT]),
        ("select 1 from pg_class where oid = $1 limit $2", vec![types::OID, types::INT8]),
        ("select 1 from pg_class where relname like $1", vec![types::TEXT]),
    ] {
        assert_eq!(prepared(sql).unwrap().unwrap().parameter_types(), wanted, "{sql}");
    }
    assert_eq!(prepared("select $2::int4").unwrap_err().code, "42P18");
}

#[test]
fn the_order_of_joins_does_not_change_the_answer() {
    let parts = ["pg_class c", "pg_namespace n", "pg_attribute a", "pg_type t"];
    let conditions = "c.relnamespace = n.oid and a.attrelid = c.oid and a.atttypid = t.oid and c.relkind = 'r'";
    let mut answers = Vec::new();
    for at in 0..parts.len() {
        let mut turned = parts.to_vec();
        turned.rotate_left(at);
        answers.push(run(&format!(
            "select n.nspname, c.relname, a.attname, t.typname from {} where {conditions} order by 1, 2, 3, 4",
            turned.join(", ")
        )));
        turned.reverse();
        let joined = turned.join(" cross join ");
        answers.push(run(&format!(
            "select n.nspname, c.relname, a.attname, t.typname from {joined} where {conditions} order by 1, 2, 3, 4"
        )));
    }
    let first = answers[0].clone().unwrap();
    assert!(!first.is_empty());
    assert!(answers.iter().all(|a| a.as_ref().unwrap() == &first));
}
