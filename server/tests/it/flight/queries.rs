//! Statements and their rows.

use arrow_flight::sql::{CommandStatementQuery, ProstMessageExt};
use arrow_flight::{FlightDescriptor, IpcMessage};
use futures::TryStreamExt;
use hyperslab::datafusion::arrow::datatypes::{DataType, Schema};
use prost::Message;

use super::{Server, fetch, query, refusal, shown, slow, status, table};

#[tokio::test(flavor = "multi_thread")]
async fn a_query_gives_the_rows_of_the_engine() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for sql in [
        "SELECT 1 AS one, 'a' AS text, NULL AS nothing",
        "SELECT * FROM era WHERE time = '2000-01-20' AND lat > 40 ORDER BY lat, lon LIMIT 20",
        "SELECT lat, avg(t2m) AS mean, count(*) AS n FROM era GROUP BY lat ORDER BY lat",
        "SELECT * FROM types ORDER BY n LIMIT 5",
        "SELECT lat FROM era WHERE lat > 1000",
        "SHOW DATASETS",
        "DESCRIBE era",
        "DESCRIBE DATASET era",
        "SELECT * FROM era.variables",
    ] {
        let expected = server.hub.context().sql(sql).await.unwrap();
        let expected = shown(&expected.collect().await.unwrap());
        assert_eq!(table(&mut client, sql).await, expected, "{sql}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_rows_come_in_messages_of_a_sensible_size() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let sql = "SELECT a.value AS a, b.value AS b FROM generate_series(1, 1000) a, generate_series(1, 1000) b";
    let info = client.execute(sql.into(), None).await.unwrap();
    let batches = fetch(&mut client, info).await.unwrap();
    assert_eq!(batches.iter().map(|b| b.num_rows()).sum::<usize>(), 1_000_000);
    let small = batches.iter().filter(|b| b.num_rows() < 1000).count();
    assert!(small <= 2, "{small} of {} batches are small", batches.len());
    let large = batches.iter().map(|b| b.get_array_memory_size()).max().unwrap();
    assert!(large < 4 << 20, "a batch of {large} bytes");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn encoded_columns_come_as_plain_ones() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let sql = "SELECT arrow_cast('a', 'Dictionary(Int32, Utf8)') AS dictionary, arrow_cast('b', 'Utf8View') AS view, \
               arrow_cast(make_array('c', NULL), 'List(Utf8View)') AS list, \
               arrow_cast('d', 'BinaryView') AS bytes, arrow_cast('e', 'LargeUtf8') AS large";
    let batches = query(&mut client, sql).await.unwrap();
    let types: Vec<String> = batches[0].schema().fields().iter().map(|f| f.data_type().to_string()).collect();
    assert_eq!(types[0], "Utf8");
    assert_eq!(types[1], "Utf8");
    assert!(types[2].starts_with("List") && types[2].contains("Utf8") && !types[2].contains("View"), "{}", types[2]);
    assert_eq!(types[3], "Binary");
    assert_eq!(types[4], "LargeUtf8");
    // A client that asks for views gets them.
    query(&mut client, "SET arrow_views = true").await.unwrap();
    let batches = query(&mut client, "SELECT arrow_cast('b', 'Utf8View') AS view").await.unwrap();
    assert_eq!(batches[0].schema().field(0).data_type(), &DataType::Utf8View);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_are_told_before_the_rows_and_without_them() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let sql = "SELECT time, lat, avg(t2m) AS mean FROM era GROUP BY time, lat";
    let info = client.execute(sql.into(), None).await.unwrap();
    let told = info.clone().try_decode_schema().unwrap();
    let batches = fetch(&mut client, info).await.unwrap();
    assert_eq!(&told, batches[0].schema().as_ref());
    let lat = told.field_with_name("lat").unwrap().metadata();
    assert_eq!(lat["ARROW:FLIGHT:SQL:TABLE_NAME"], "era");
    assert_eq!(lat["ARROW:FLIGHT:SQL:SCHEMA_NAME"], "public");
    assert!(lat.contains_key("ARROW:FLIGHT:SQL:PRECISION"), "{lat:?}");
    assert!(!told.field(2).metadata().contains_key("ARROW:FLIGHT:SQL:TABLE_NAME"));

    let command = CommandStatementQuery { query: sql.into(), transaction_id: None };
    let descriptor = FlightDescriptor::new_cmd(command.as_any().encode_to_vec());
    let result = client.inner_mut().get_schema(descriptor).await.unwrap().into_inner();
    assert_eq!(Schema::try_from(IpcMessage(result.schema)).unwrap(), told);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_good_once_and_on_any_connection_of_its_user() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut other = server.client().await;
    let info = client.execute("SELECT 42 AS n".into(), None).await.unwrap();
    let batches = fetch(&mut other, info.clone()).await.unwrap();
    assert!(shown(&batches).contains("42"));
    let again = status(fetch(&mut client, info).await.unwrap_err());
    assert_eq!(again.code(), tonic::Code::NotFound);
    assert!(again.message().contains("there is no such ticket"), "{}", again.message());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_made_as_they_are_taken() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let info = client.execute("SELECT * FROM slow".into(), None).await.unwrap();
    assert_eq!(server.reads.count(), 0, "planning reads");
    let mut stream = client.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
    let first = stream.try_next().await.unwrap().unwrap();
    assert!(first.num_rows() > 0);
    assert!(server.reads.count() < slow::CHUNKS / 4, "{} chunks before the first rows", server.reads.count());
    drop(stream);
    server.reads.end().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_with_its_code() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for (sql, code, part) in [
        ("SELEC 1", tonic::Code::InvalidArgument, "SELEC"),
        ("SELECT nothing FROM era", tonic::Code::InvalidArgument, "nothing"),
        ("SELECT * FROM nowhere", tonic::Code::InvalidArgument, "nowhere"),
        ("SELECT nofunction(1)", tonic::Code::InvalidArgument, "nofunction"),
        ("SELECT 1; SELECT 2", tonic::Code::InvalidArgument, "2 statements"),
        ("", tonic::Code::InvalidArgument, "no statement"),
    ] {
        let status = refusal(&mut client, sql).await;
        assert_eq!(status.code(), code, "{sql}: {status}");
        assert!(status.message().contains(part), "{sql}: {}", status.message());
        assert!(!status.message().contains('\n'), "{sql}: {}", status.message());
        assert!(status.metadata().get("sqlstate").is_some(), "{sql}");
    }
    server.stop().await;
}
