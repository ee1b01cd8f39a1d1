//! `COPY … TO STDOUT` in text, csv and binary.

use futures::{StreamExt, TryStreamExt};
use tokio_postgres::binary_copy::BinaryCopyOutStream;
use tokio_postgres::types::Type;

use crate::support::{Server, error_code, kinds};

async fn copied(sql: &str) -> String {
    let server = Server::start().await;
    let client = server.client().await;
    let parts: Vec<_> = client.copy_out(sql).await.unwrap().try_collect().await.unwrap();
    String::from_utf8(parts.concat()).unwrap()
}

const QUERY: &str = "select lat, sst, 'a\tb' as \"te\"\"xt\" from ersst where lon = 0 order by time, lat limit 2";

#[tokio::test(flavor = "multi_thread")]
async fn text_escapes_what_ends_values() {
    assert_eq!(copied(&format!("COPY ({QUERY}) TO STDOUT")).await, "-88\t\\N\ta\\tb\n-86\t\\N\ta\\tb\n");
    assert_eq!(
        copied(&format!("copy ({QUERY}) to stdout with (format text, delimiter ';', null 'none', header)")).await,
        "lat;sst;te\"xt\n-88;none;a\\tb\n-86;none;a\\tb\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_quotes_what_it_must() {
    assert_eq!(
        copied(&format!("COPY ({QUERY}) TO STDOUT WITH CSV HEADER")).await,
        "lat,sst,\"te\"\"xt\"\n-88,,a\tb\n-86,,a\tb\n"
    );
    assert_eq!(
        copied(&format!("COPY ({QUERY}) TO STDOUT (FORMAT csv, DELIMITER E'\\t', FORCE_QUOTE *, NULL '-')")).await,
        "\"-88\"\t-\t\"a\tb\"\n\"-86\"\t-\t\"a\tb\"\n"
    );
    assert_eq!(copied("copy ersst (lat, lon) to stdout csv").await.lines().count(), 684 * 89 * 180);
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_is_read_by_a_client() {
    let server = Server::start().await;
    let client = server.client().await;
    for options in ["WITH BINARY", "(FORMAT \"binary\")", "(FORMAT binary)"] {
        let sql =
            format!("COPY (select lat, sst, 'x' as t from ersst order by time, lat, lon limit 3) TO STDOUT {options}");
        let rows =
            BinaryCopyOutStream::new(client.copy_out(&sql).await.unwrap(), &[Type::FLOAT4, Type::FLOAT4, Type::TEXT]);
        let rows: Vec<_> = rows.try_collect().await.unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].get::<f32>(0), -88.0);
        assert_eq!(rows[0].get::<&str>(2), "x");
    }
    let sql = "COPY (select lat from ersst where lat > 100) TO STDOUT BINARY";
    let rows = BinaryCopyOutStream::new(client.copy_out(sql).await.unwrap(), &[Type::FLOAT4]);
    assert_eq!(rows.count().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_by_pages_gives_every_row_once() {
    let server = Server::start().await;
    let client = server.client().await;
    let sql = "COPY (SELECT \"lat\" FROM \"public\".\"ersst\" WHERE ctid BETWEEN '(0,0)'::tid AND \
               '(4294967295,0)'::tid AND lat = 0 AND lon = 0) TO STDOUT (FORMAT \"binary\")";
    let rows = BinaryCopyOutStream::new(client.copy_out(sql).await.unwrap(), &[Type::FLOAT4]);
    assert_eq!(rows.count().await, 684);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_checked() {
    let mut client = Server::start().await.raw().await;
    for (options, code) in [
        ("(format nonsense)", "22023"),
        ("(quote 'x')", "0A000"),
        ("(format binary, delimiter ',')", "42601"),
        ("(format csv, delimiter 'ab')", "0A000"),
        ("(nonsense)", "42601"),
        ("csv nonsense", "42601"),
        ("(format csv, quote ',')", "22023"),
    ] {
        let answer = client.query(&format!("copy (select lat from ersst) to stdout {options}")).await;
        assert_eq!(error_code(&answer).as_deref(), Some(code), "{options}");
    }
    let answer = client.query("copy (select lat from ersst limit 1) to stdout; select count(*) from ersst").await;
    assert_eq!(kinds(&answer), "HdcCTDCZ");
}
