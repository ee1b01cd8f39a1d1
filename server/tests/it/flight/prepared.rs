//! Prepared statements and their parameters.

use std::sync::Arc;

use arrow_flight::sql::{
    ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Any, CommandPreparedStatementQuery,
    ProstMessageExt,
};
use hyperslab::datafusion::arrow::array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use hyperslab::datafusion::arrow::datatypes::DataType;
use prost::Message;

use super::{Server, act, fetch, info_of, shown, status, table};

fn row(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prepared_statement_runs_with_the_values_that_are_bound() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let text = "SELECT count(*) AS n FROM era WHERE lat > ? AND time >= ?";
    let mut prepared = client.prepare(text.into(), None).await.unwrap();
    let parameters = prepared.parameter_schema().unwrap().clone();
    assert_eq!(parameters.fields().len(), 2);
    assert!(parameters.field(0).data_type().is_floating(), "{parameters:?}");
    assert!(matches!(parameters.field(1).data_type(), DataType::Timestamp(..)), "{parameters:?}");
    assert_eq!(prepared.dataset_schema().unwrap().field(0).name(), "n");

    for (lat, time) in [(0.0, "2000-01-15"), (40.0, "1999-12-20")] {
        let expected =
            table(&mut client, &format!("SELECT count(*) AS n FROM era WHERE lat > {lat} AND time >= '{time}'")).await;
        // A time as text, and as a time.
        let as_text = row(vec![
            ("0", Arc::new(Float64Array::from(vec![lat])) as ArrayRef),
            ("1", Arc::new(StringArray::from(vec![time]))),
        ]);
        prepared.set_parameters(as_text).unwrap();
        let info = prepared.execute().await.unwrap();
        assert_eq!(shown(&fetch(&mut client, info).await.unwrap()), expected);
    }
    let micros = 946_684_800_000_000;
    let as_time = row(vec![
        ("0", Arc::new(Int32Array::from(vec![-90])) as ArrayRef),
        ("1", Arc::new(TimestampMicrosecondArray::from(vec![micros]))),
    ]);
    prepared.set_parameters(as_time).unwrap();
    let info = prepared.execute().await.unwrap();
    let expected =
        table(&mut client, "SELECT count(*) AS n FROM era WHERE lat > -90 AND time >= '2000-01-01T00:00:00'").await;
    assert_eq!(shown(&fetch(&mut client, info).await.unwrap()), expected);
    prepared.close().await.unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn question_marks_count_in_the_order_of_the_text() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let text = "SELECT ? AS first, CASE WHEN ? = 'b' THEN ? ELSE '?' END AS third FROM (SELECT 1) t ORDER BY ? LIMIT ?";
    let mut prepared = client.prepare(text.into(), None).await.unwrap();
    let text = |t: &str| Arc::new(StringArray::from(vec![t])) as ArrayRef;
    let number = Arc::new(Int64Array::from(vec![1])) as ArrayRef;
    prepared
        .set_parameters(row(vec![
            ("0", text("a")),
            ("1", text("b")),
            ("2", text("c")),
            ("3", text("d")),
            ("4", number),
        ]))
        .unwrap();
    let info = prepared.execute().await.unwrap();
    let answer = shown(&fetch(&mut client, info).await.unwrap());
    assert!(answer.contains("| a     | c     |"), "{answer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_of_parameters_is_an_execution() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut prepared = client.prepare("SELECT $1 * 10 AS n, $2 AS t".into(), None).await.unwrap();
    prepared
        .set_parameters(row(vec![
            ("a", Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3)])) as ArrayRef),
            ("b", Arc::new(StringArray::from(vec![Some("x"), None, Some("z")]))),
        ]))
        .unwrap();
    let info = prepared.execute().await.unwrap();
    let batches = fetch(&mut client, info).await.unwrap();
    let answer = shown(&batches);
    let lines: Vec<&str> = answer.lines().skip(3).take(3).collect();
    assert_eq!(lines, ["| 10 | x |", "| 20 |   |", "| 30 | z |"], "{answer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_do_not_fit_are_refused() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let text = "SELECT count(*) FROM era WHERE lat > $1 AND time = $2";
    let mut prepared = client.prepare(text.into(), None).await.unwrap();
    let unbound = status(prepared.execute().await.unwrap_err());
    assert_eq!(unbound.code(), tonic::Code::InvalidArgument);
    assert!(unbound.message().contains("no values for the parameters, expected 2"), "{unbound}");
    prepared.set_parameters(row(vec![("0", Arc::new(Int64Array::from(vec![1])) as ArrayRef)])).unwrap();
    let few = status(prepared.execute().await.unwrap_err());
    assert!(few.message().contains("1 values for the parameters, expected 2"), "{few}");
    prepared
        .set_parameters(row(vec![
            ("0", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
            ("1", Arc::new(StringArray::from(vec!["yesterday"]))),
        ]))
        .unwrap();
    let wrong = status(prepared.execute().await.unwrap_err());
    assert_eq!(wrong.code(), tonic::Code::InvalidArgument);
    assert!(wrong.message().contains("`yesterday` for parameter `$2`"), "{wrong}");
    // Text in a bare query has no values.
    let bare = super::refusal(&mut client, "SELECT $1").await;
    assert_eq!(bare.code(), tonic::Code::InvalidArgument, "{bare}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_statement_and_one_of_another_user_are_not_there() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut prepared = client.prepare("SELECT 1".into(), None).await.unwrap();
    // The same user, on another connection.
    let info = prepared.execute().await.unwrap();
    assert!(fetch(&mut server.client().await, info).await.is_ok());
    let mut open = prepared.clone();
    prepared.close().await.unwrap();
    let closed = status(open.execute().await.unwrap_err());
    assert_eq!(closed.code(), tonic::Code::NotFound);

    let create = ActionCreatePreparedStatementRequest { query: "SELECT 2".into(), transaction_id: None };
    let answer = act(&mut client, "CreatePreparedStatement", create.as_any().encode_to_vec()).await.unwrap();
    let answer = Any::decode(answer.as_ref()).unwrap().unpack::<ActionCreatePreparedStatementResult>();
    let handle = answer.unwrap().unwrap().prepared_statement_handle;
    let command = || CommandPreparedStatementQuery { prepared_statement_handle: handle.clone() };
    assert!(info_of(&mut server.client().await, command()).await.is_ok());
    // Another user.
    let mut other = server.client().await;
    other.handshake("mallory", "").await.unwrap();
    let stolen = info_of(&mut other, command()).await.unwrap_err();
    assert_eq!(stolen.code(), tonic::Code::NotFound);
    server.stop().await;
}
