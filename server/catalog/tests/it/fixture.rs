//! The catalog of `setup.sql`, and how an answer is compared with that of PostgreSQL.

use std::path::Path;

use hyperslab_pg_catalog::{Catalog, Column, PgError, Prepared, Role, Row, Schema, Session, Table, types};
use serde_json::Value as Json;
use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// Numbers from here on are given by the server.
const FIRST_OWN: i64 = 12000;
/// Number of `public.air`, which statements name.
const AIR: u32 = 16389;

fn column(name: &str, type_oid: u32, not_null: bool, comment: Option<&str>) -> Column {
    Column { name: name.into(), type_oid, typmod: -1, not_null, comment: comment.map(Into::into) }
}

/// The catalog of `setup.sql`.
pub fn catalog() -> Catalog {
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

pub fn session() -> Session {
    Session { user: "hyperslab".into(), database: "arrays".into(), backend_pid: 7, ..Session::default() }
}

pub fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/reference").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// A cell so that it can be compared: numbers that a server gives mean nothing.
fn comparable(type_oid: u32, cell: Option<&str>) -> Option<String> {
    let own = |n: &str| n.parse::<i64>().is_ok_and(|n| n >= FIRST_OWN && n != i64::from(AIR));
    cell.map(|text| if type_oid == types::OID && own(text) { "…".into() } else { text.to_owned() })
}

/// How an answer differs from the one that is expected, in few words.
pub fn difference(prepared: &Prepared, expected: &Json, answer: &[Row]) -> Option<String> {
    let columns = prepared.columns();
    let wanted = expected["columns"].as_array()?;
    let describe = |name: &str, oid: i64, typlen: i64, typmod: i64| format!("{name}:{oid}/{typlen}/{typmod}");
    let own: Vec<String> =
        columns.iter().map(|c| describe(&c.name, c.type_oid.into(), c.type_length.into(), c.typmod.into())).collect();
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
    let wanted_count = usize::try_from(expected["count"].as_u64()?).unwrap();
    if compare == "count" {
        let (own, theirs) = (answer.len(), wanted_count);
        return (own != theirs).then(|| format!("rows: {own}, not {theirs}"));
    }
    let wanted_rows = expected["rows"].as_array()?;
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

/// The statements of a message.
pub fn parse(sql: &str) -> Result<Vec<Statement>, PgError> {
    Parser::parse_sql(&PostgreSqlDialect {}, sql).map_err(|e| PgError::new("42601", e.to_string()))
}
