//! The statements that clients send, compared with what PostgreSQL 15 answers to them.
//!
//! `tests/clients/README.md` describes the files. A statement about the user's own tables is the query engine's and is
//! left out here. `REPLAY=12 cargo test -p hyperslab-pg-catalog --test replay` shows one statement.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use hyperslab_pg_catalog::{
    Catalog, CatalogIndex, Column, Prepared, Role, Schema, Session, Table, Value, parse, prepare, types,
};
use serde_json::Value as Json;

/// Numbers from here on are given by the server.
const FIRST_OWN: i64 = 12000;
/// Number of `public.air`, which statements name.
const AIR: u32 = 16389;

fn column(name: &str, type_oid: u32, not_null: bool, comment: Option<&str>) -> Column {
    Column { name: name.into(), type_oid, typmod: -1, not_null, comment: comment.map(Into::into) }
}

/// The catalog of `setup.sql`.
fn catalog() -> Catalog {
    let grid = |name: &str, type_oid, comment: [Option<&str>; 3]| {
        vec![
            column("time", types::TIMESTAMP, true, None),
            column("lat", types::FLOAT4, true, comment[0]),
            column("lon", types::FLOAT4, true, comment[1]),
            column(name, type_oid, false, comment[2]),
        ]
    };
    let air = Table {
        name: "air".into(),
        comment: Some("Air temperature".into()),
        columns: grid(
            "air",
            types::FLOAT8,
            [Some("latitude (degrees_north)"), Some("longitude (degrees_east)"), Some("air temperature (K)")],
        ),
        oid: Some(AIR),
        ..Table::default()
    };
    let t2m = Table {
        name: "t2m".into(),
        columns: grid("t2m", types::FLOAT4, [None, None, Some("2 metre temperature (K)")]),
        ..Table::default()
    };
    Catalog {
        database: "arrays".into(),
        schemas: vec![
            Schema { name: "public".into(), comment: None, tables: vec![air] },
            Schema { name: "era5".into(), comment: None, tables: vec![t2m] },
        ],
        roles: vec![Role { name: "hyperslab".into(), superuser: true, login: true }],
        functions: Vec::new(),
    }
}

fn session() -> Session {
    Session { user: "hyperslab".into(), database: "arrays".into(), backend_pid: 7, ..Session::default() }
}

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/reference").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// A cell so that it can be compared: numbers that a server gives mean nothing.
fn comparable(type_oid: u32, cell: Option<&str>) -> Option<String> {
    let own = |n: &str| n.parse::<i64>().is_ok_and(|n| n >= FIRST_OWN && n != i64::from(AIR));
    cell.map(|text| if type_oid == types::OID && own(text) { "…".into() } else { text.to_owned() })
}

/// How an answer differs from the one that is expected, in few words.
fn difference(prepared: &Prepared, expected: &Json, answer: &[Vec<Value>]) -> Option<String> {
    let columns = prepared.columns();
    let wanted = expected["columns"].as_array()?;
    let describe = |name: &str, oid: i64, typlen: i64, typmod: i64| format!("{name}:{oid}/{typlen}/{typmod}");
    let own: Vec<String> =
        columns.iter().map(|c| describe(&c.name, c.type_oid.into(), c.typlen.into(), c.typmod.into())).collect();
    let theirs: Vec<String> = wanted
        .iter()
        .map(|c| {
            let number = |key: &str| c[key].as_i64().unwrap();
            describe(c["name"].as_str().unwrap(), number("type"), number("typlen"), number("typmod"))
        })
        .collect();
    if own != theirs {
        let first = own.iter().zip(&theirs).find(|(a, b)| a != b);
        return Some(format!("columns: {first:?}, {} of {}", own.len(), theirs.len()));
    }
    let compare = expected["compare"].as_str()?;
    if compare == "columns" {
        return None;
    }
    let wanted_rows = expected["rows"].as_array()?;
    if compare == "count" {
        let (own, theirs) = (answer.len(), wanted_rows.len());
        return (own != theirs).then(|| format!("rows: {own}, not {theirs}"));
    }
    let compared: Vec<usize> = (0..wanted.len()).filter(|at| wanted[*at]["volatile"].as_bool() != Some(true)).collect();
    let mut own: Vec<Vec<Option<String>>> = answer
        .iter()
        .map(|row| {
            let cell = |at: &usize| {
                let type_oid = columns[*at].type_oid;
                comparable(type_oid, row[*at].to_text(type_oid).as_deref())
            };
            compared.iter().map(cell).collect()
        })
        .collect();
    let mut theirs: Vec<Vec<Option<String>>> = wanted_rows
        .iter()
        .map(|row| compared.iter().map(|at| comparable(columns[*at].type_oid, row[*at].as_str())).collect())
        .collect();
    if own == theirs {
        return None;
    }
    let ordered = compare == "rows";
    if ordered {
        let (mut a, mut b) = (own.clone(), theirs.clone());
        a.sort();
        b.sort();
        if a == b {
            let at = own.iter().zip(&theirs).position(|(a, b)| a != b)?;
            return Some(format!("order, from row {at}: {:?}, not {:?}", own[at], theirs[at]));
        }
    }
    own.sort();
    theirs.sort();
    if own == theirs {
        return None;
    }
    let more: Vec<_> = own.iter().filter(|row| theirs.binary_search(row).is_err()).collect();
    let less: Vec<_> = theirs.iter().filter(|row| own.binary_search(row).is_err()).collect();
    Some(format!(
        "rows: {} of {}; {} more, as {:?}; {} missing, as {:?}",
        own.len(),
        theirs.len(),
        more.len(),
        more.first(),
        less.len(),
        less.first()
    ))
}

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
        let prepared = match prepare(statement, index, &session, &[]) {
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
        let answer = prepared.run(&session, &parameters).map_err(|e| format!("run: {}: {}", e.code, e.message))?;
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
