//! The statements that clients send, answered by a whole server, compared with what PostgreSQL 15 answers.
//!
//! `tests/clients/README.md` describes the files. A list of tables or columns may show more than PostgreSQL's, since a
//! dataset is also a schema of its own; everything else is held to its rows.
//! `REPLAY=12 cargo test --workspace --test it replay` shows one statement.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use hyperslab::Context;
use hyperslab::array::{Attributes, ChunkGrid, Dataset, DatasetBuilder, MemorySource, RawVariable, Values};
use hyperslab::datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use hyperslab_server::core::{Hub, HubOptions};
use hyperslab_server::postgres::{self, PostgresOptions};
use serde_json::Value as Json;
use tokio::net::TcpListener;

use crate::frontend::{Answer, Frontend};
use crate::support;

/// Numbers from here on are given by the server.
const FIRST_OWN: u32 = 12000;
/// The type of object numbers.
const OID: u32 = 26;
/// The number that PostgreSQL has for `public.air`, which some statements name.
const AIR: &str = "16389";

fn variable(name: &str, dimensions: &[(&str, u64)], values: Values, attributes: &[(&str, &str)]) -> RawVariable {
    let shape: Vec<u64> = dimensions.iter().map(|(_, size)| *size).collect();
    let source = MemorySource::try_new(values, ChunkGrid::regular(&shape, &shape).unwrap()).unwrap();
    RawVariable {
        name: name.into(),
        dimensions: dimensions.iter().map(|(name, _)| name.to_string()).collect(),
        attributes: attributes.iter().copied().collect::<Attributes>(),
        source: Arc::new(source),
    }
}

/// The grid of `setup.sql`: 4 times, 10 latitudes, 12 longitudes.
async fn grid(
    dataset: &str,
    name: &str,
    values: impl Fn(Vec<f64>) -> Values,
    attributes: &[(&str, &str)],
    labels: [&[(&str, &str)]; 2],
) -> Dataset {
    let mut cells = Vec::new();
    for t in 0..4_i32 {
        for i in 0..10_i32 {
            for j in 0..12_i32 {
                let is_missing = (t + 3 * i + 5 * j) % 13 == 0;
                cells.push(if is_missing { f64::NAN } else { 270.0 + f64::from((7 * t + 5 * i + 11 * j) % 97) * 0.25 });
            }
        }
    }
    let lat = (0..10_u8).map(|i| 8.0 + f32::from(i) * 0.5).collect();
    let lon = (0..12_u8).map(|j| 20.0 + f32::from(j) * 0.75).collect();
    let time = [("units", "hours since 2020-01-01")];
    DatasetBuilder::new(dataset, "memory", "MEMORY")
        .attributes([("title", "Air temperature")].into_iter().collect())
        .variable(variable("time", &[("time", 4)], Values::Int64(vec![0, 6, 12, 18]), &time))
        .variable(variable("lat", &[("lat", 10)], Values::Float32(lat), labels[0]))
        .variable(variable("lon", &[("lon", 12)], Values::Float32(lon), labels[1]))
        .variable(variable(name, &[("time", 4), ("lat", 10), ("lon", 12)], values(cells), attributes))
        .build()
        .await
        .unwrap()
}

/// The tables of `setup.sql`.
async fn context() -> Context {
    let context = Context::builder().build().unwrap();
    let attributes = [("long_name", "air temperature"), ("units", "K")];
    let latitude = [("long_name", "latitude"), ("units", "degrees_north")];
    let longitude = [("long_name", "longitude"), ("units", "degrees_east")];
    let air = grid("air", "air", Values::Float64, &attributes, [&latitude, &longitude]).await;
    context.register_dataset("air", air).unwrap();
    // A table of one name in a schema of another is not what a dataset becomes; it is put there by hand.
    let other = Context::builder().build().unwrap();
    let single = |cells: Vec<f64>| Values::Float32(cells.into_iter().map(|v| v as f32).collect());
    let attributes = [("long_name", "2 metre temperature"), ("units", "K")];
    other.register_dataset("t2m", grid("t2m", "t2m", single, &attributes, [&[], &[]]).await).unwrap();
    let schema = MemorySchemaProvider::new();
    schema.register_table("t2m".into(), other.session().table_provider("t2m").await.unwrap()).unwrap();
    let catalog = context.session().catalog("datafusion").unwrap();
    catalog.register_schema("era5", Arc::new(schema)).unwrap();
    context
}

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients/reference").join(name))
        .unwrap()
}

/// Whether a statement is about the cells of a table, and not about tables.
fn is_about_cells(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    ["from air", "from public.air", "from \"air\"", "from \"public\".\"air\"", "from era5.t2m"]
        .iter()
        .any(|table| lower.contains(table))
}

/// How an answer differs from the one that is expected, in few words.
fn difference(expected: &Json, answer: &Answer, is_list: bool) -> Option<String> {
    if let Some(code) = expected["error"].as_str() {
        let own = answer.error.as_ref().and_then(|fields| fields.get(&'C'));
        return (own.map(String::as_str) != Some(code)).then(|| format!("{own:?}, not error {code}"));
    }
    if let Some(error) = &answer.error {
        return Some(format!("error {:?}: {:?}", error.get(&'C'), error.get(&'M')));
    }
    let wanted: Vec<String> = expected["columns"].as_array().into_iter().flatten().map(described).collect();
    let columns = answer.columns.as_deref().unwrap_or_default();
    let own: Vec<String> =
        columns.iter().map(|c| format!("{}:{}/{}/{}", c.name, c.type_oid, c.typlen, c.typmod)).collect();
    if own != wanted {
        let first = own.iter().zip(&wanted).find(|(a, b)| a != b);
        return Some(format!("columns: {first:?}, {} of {}", own.len(), wanted.len()));
    }
    if let Some(copy) = expected.get("copy") {
        return copy_difference(copy, answer);
    }
    if let Some(difference) = row_difference(expected, answer, is_list) {
        return Some(difference);
    }
    let (own, tag) = (answer.tag.as_deref(), expected["tag"].as_str());
    let counts_rows = tag.is_some_and(|tag| tag.starts_with("SELECT") || tag.starts_with("FETCH"));
    (own != tag && !(counts_rows && (is_list || expected["compare"] == "columns")))
        .then(|| format!("tag {own:?}, not {tag:?}"))
}

fn described(column: &Json) -> String {
    let number = |key: &str| column[key].as_i64().unwrap();
    format!("{}:{}/{}/{}", column["name"].as_str().unwrap(), number("type"), number("typlen"), number("typmod"))
}

fn copy_difference(expected: &Json, answer: &Answer) -> Option<String> {
    let copied = answer.copied.clone().unwrap_or_default();
    let own = (copied.is_binary, copied.columns, copied.bytes.len());
    let number = |key: &str| usize::try_from(expected[key].as_u64().unwrap()).unwrap();
    let theirs = (expected["format"] == "binary", number("columns"), number("bytes"));
    (own != theirs).then(|| format!("copied (binary, columns, bytes): {own:?}, not {theirs:?}"))
}

fn row_difference(expected: &Json, answer: &Answer, is_list: bool) -> Option<String> {
    let compare = expected["compare"].as_str()?;
    if compare == "columns" {
        return None;
    }
    let rows = expected["rows"].as_array()?;
    if compare == "count" {
        let (own, theirs) = (answer.rows.len(), rows.len());
        return (own < theirs || (own > theirs && !is_list)).then(|| format!("{own} rows, not {theirs}"));
    }
    let columns = answer.columns.as_deref()?;
    let compared: Vec<usize> =
        (0..columns.len()).filter(|at| expected["columns"][at]["volatile"].as_bool() != Some(true)).collect();
    let own: Vec<Vec<Option<String>>> = answer
        .rows
        .iter()
        .map(|row| compared.iter().map(|at| comparable(columns[*at].type_oid, row[*at].as_deref())).collect())
        .collect();
    let theirs: Vec<Vec<Option<String>>> = rows
        .iter()
        .map(|row| compared.iter().map(|at| comparable(columns[*at].type_oid, row[*at].as_str())).collect())
        .collect();
    if own == theirs {
        return None;
    }
    let mut left = BTreeMap::<_, i64>::new();
    own.iter().for_each(|row| *left.entry(row).or_default() += 1);
    theirs.iter().for_each(|row| *left.entry(row).or_default() -= 1);
    let missing: Vec<_> = left.iter().filter(|(_, n)| **n < 0).collect();
    let more: Vec<_> = left.iter().filter(|(_, n)| **n > 0).collect();
    if missing.is_empty() && (is_list || (more.is_empty() && compare == "set")) {
        return None;
    }
    if missing.is_empty() && more.is_empty() {
        return Some("rows are in another order".into());
    }
    let (missing_one, more_one) = (missing.first(), more.first());
    Some(format!("{} rows are missing, as {missing_one:?}; {} are more, as {more_one:?}", missing.len(), more.len()))
}

/// A cell so that it can be compared: numbers that a server gives mean nothing.
fn comparable(type_oid: u32, cell: Option<&str>) -> Option<String> {
    let is_own = |text: &str| type_oid == OID && text != AIR && text.parse::<u32>().is_ok_and(|n| n >= FIRST_OWN);
    cell.map(|text| if is_own(text) { "…".into() } else { text.to_owned() })
}

/// What is wrong with the answers to one statement.
fn ask(address: SocketAddr, entry: &Json, own_air: &str) -> Option<String> {
    let own = |sql: &str| sql.replace(AIR, own_air);
    let sql = own(entry["sql"].as_str().unwrap());
    let mut frontend = Frontend::connect(address, "hyperslab", "arrays");
    for before in entry["before"].as_array().into_iter().flatten() {
        for answer in frontend.simple(before.as_str().unwrap()) {
            if let Some(error) = answer.error {
                return Some(format!("before: {error:?}"));
            }
        }
    }
    let answers = match entry["values"].as_array() {
        Some(values) => {
            let values: Vec<Option<String>> = values.iter().map(|v| v.as_str().map(own)).collect();
            frontend.extended(&sql, &values.iter().map(Option::as_deref).collect::<Vec<_>>())
        }
        None => frontend.simple(&sql),
    };
    let expected = entry["results"].as_array().unwrap();
    if answers.len() != expected.len() {
        let errors: Vec<_> = answers.iter().filter_map(|a| a.error.as_ref()).collect();
        return Some(format!("{} answers, not {}; {errors:?}", answers.len(), expected.len()));
    }
    if answers.iter().flat_map(|a| a.columns.iter().flatten()).any(|c| c.table != 0) {
        return Some("a column says it is of a table".into());
    }
    let is_list = !is_about_cells(&sql);
    let mut shown = answers;
    for row in shown.iter_mut().flat_map(|a| a.rows.iter_mut()) {
        for cell in row.iter_mut().flatten().filter(|cell| *cell == own_air) {
            *cell = AIR.into();
        }
    }
    expected.iter().zip(&shown).enumerate().find_map(|(at, (expected, answer))| {
        difference(expected, answer, is_list).map(|what| format!("answer {at}: {what}"))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_of_clients_are_answered_as_postgresql_does() {
    let hub = Hub::new(context().await, HubOptions { database: "arrays".into(), ..HubOptions::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let users = Arc::new(support::trusting());
    tokio::spawn(postgres::serve(listener, hub, users, None, PostgresOptions::default()));
    let wrong = tokio::task::spawn_blocking(move || replay(address)).await.unwrap();
    let exceptions = file("exceptions.txt");
    let excepted: BTreeSet<u64> = exceptions
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split_whitespace().next().unwrap().parse().unwrap())
        .collect();
    assert!(excepted.len() <= 10, "{} exceptions, expected at most 10", excepted.len());
    let mut report = String::new();
    for (n, what) in wrong.iter().filter(|(n, _)| !excepted.contains(n)) {
        let _ = writeln!(report, "{n}: {what}");
    }
    assert!(report.is_empty(), "answered otherwise than by PostgreSQL:\n{report}");
    let idle: Vec<_> = excepted.iter().filter(|n| !wrong.contains_key(n)).collect();
    assert!(idle.is_empty(), "exceptions that are none any more: {idle:?}");
}

fn replay(address: SocketAddr) -> BTreeMap<u64, String> {
    let entries: Vec<Json> = serde_json::from_str(&file("answers.json")).unwrap();
    assert_eq!(entries.len(), 242);
    let only: Option<u64> = std::env::var("REPLAY").ok().and_then(|n| n.parse().ok());
    let mut frontend = Frontend::connect(address, "hyperslab", "arrays");
    let own_air = frontend.simple("select oid from pg_class where relname = 'air' and relkind in ('r', 'v', 'f')");
    let own_air = own_air[0].rows[0][0].clone().unwrap();
    let asked = entries.iter().filter(|entry| only.is_none_or(|n| entry["n"] == n));
    asked.filter_map(|entry| Some((entry["n"].as_u64().unwrap(), ask(address, entry, &own_air)?))).collect()
}
