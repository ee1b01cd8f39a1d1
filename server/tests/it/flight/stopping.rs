//! What stops a statement stops its reads, within a second.

use std::time::{Duration, Instant};

use arrow_flight::sql::{ActionCancelQueryRequest, ActionCancelQueryResult, Any, ProstMessageExt};
use arrow_flight::{CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus};
use futures::TryStreamExt;
use hyperslab_server::config::Rights;
use hyperslab_server::flight::FlightOptions;
use prost::Message;
use tonic::Code;

use super::{Client, Server, act, query, status, trusted};

const ALL: &str = "SELECT * FROM slow";
/// Reads long before its first row.
const SUM: &str = "SELECT sum(value) FROM slow";

/// Runs a statement on a task of its own.
fn run(mut client: Client, sql: &str) -> tokio::task::JoinHandle<tonic::Status> {
    let sql = sql.to_string();
    tokio::spawn(async move { status(query(&mut client, &sql).await.unwrap_err()) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_stops_the_reads() {
    for sql in [ALL, SUM] {
        let server = Server::start().await;
        let running = run(server.client().await, sql);
        server.reads.begun().await;
        running.abort();
        server.reads.end().await;
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_dropped_stops_the_reads_while_its_client_goes_on() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let info = client.execute(ALL.into(), None).await.unwrap();
    let mut stream = client.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
    stream.try_next().await.unwrap();
    drop(stream);
    server.reads.end().await;
    assert!(query(&mut client, "SELECT 1").await.is_ok());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_by_the_flight_info_stops_the_reads() {
    for sql in [ALL, SUM] {
        let server = Server::start().await;
        let mut client = server.client().await;
        let info = client.execute(sql.into(), None).await.unwrap();
        let ticket = info.endpoint[0].ticket.clone().unwrap();
        let mut fetching = client.clone();
        let running = tokio::spawn(async move {
            let stream = fetching.do_get(ticket).await?;
            stream.try_collect::<Vec<_>>().await
        });
        server.reads.begun().await;
        // A stranger cannot.
        let mut other = server.client().await;
        other.handshake("mallory", "").await.unwrap();
        let request = CancelFlightInfoRequest::new(info.clone()).encode_to_vec();
        assert_eq!(act(&mut other, "CancelFlightInfo", request.clone()).await.unwrap_err().code(), Code::NotFound);

        let asked = Instant::now();
        let answer = act(&mut client, "CancelFlightInfo", request.clone()).await.unwrap();
        let answer = CancelFlightInfoResult::decode(answer).unwrap();
        assert_eq!(answer.status(), CancelStatus::Cancelled);
        let ended = status(running.await.unwrap().unwrap_err());
        assert_eq!(ended.code(), Code::Cancelled, "{ended}");
        assert!(asked.elapsed() < Duration::from_secs(1));
        server.reads.end().await;
        assert_eq!(act(&mut client, "CancelFlightInfo", request).await.unwrap_err().code(), Code::NotFound);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_was_not_fetched_can_be_cancelled() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let info = client.execute(ALL.into(), None).await.unwrap();
    let request = ActionCancelQueryRequest { info: info.encode_to_vec().into() };
    let answer = act(&mut client, "CancelQuery", request.as_any().encode_to_vec()).await.unwrap();
    let answer = Any::decode(answer).unwrap().unpack::<ActionCancelQueryResult>().unwrap().unwrap();
    assert_eq!(answer.result, 1);
    let gone = status(super::fetch(&mut client, info).await.unwrap_err());
    assert_eq!(gone.code(), Code::NotFound);
    assert_eq!(server.reads.count(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_time_stops_the_reads() {
    for sql in [ALL, SUM] {
        // Of the session, of the call, of the user.
        for how in 0..3 {
            let limit = Duration::from_millis(300);
            let rights = Rights { statement_timeout: (how == 2).then_some(limit), ..Rights::default() };
            let server = Server::with(trusted(rights), None, FlightOptions::default()).await;
            let mut client = server.client().await;
            match how {
                0 => drop(query(&mut client, "SET statement_timeout = '300ms'").await.unwrap()),
                1 => client.set_header("statement-timeout", "300"),
                _ => {}
            }
            let started = Instant::now();
            let ended = run(client.clone(), sql).await.unwrap();
            assert!(started.elapsed() < Duration::from_millis(1300), "{:?}", started.elapsed());
            assert_eq!(ended.code(), Code::DeadlineExceeded, "{ended}");
            assert!(ended.message().contains("after 300 ms"), "{ended}");
            server.reads.end().await;
            assert!(query(&mut client, "SELECT 1").await.is_ok());
            server.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_stops_the_reads() {
    for sql in [ALL, SUM] {
        let server = Server::start().await;
        let running = run(server.client().await, sql);
        server.reads.begun().await;
        let reads = server.reads.clone();
        let asked = Instant::now();
        server.stop().await;
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        let ended = running.await.unwrap();
        assert_eq!(ended.code(), Code::Unavailable, "{ended}");
        reads.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_no_rows_holds_nobody_up() {
    let options = FlightOptions { grace: Duration::from_millis(500), ..FlightOptions::default() };
    let server = Server::with(trusted(Rights::default()), None, options).await;
    let mut lazy = server.client().await;
    let sql = "SELECT a.value FROM generate_series(1, 100000) a, generate_series(1, 100000) b";
    let info = lazy.execute(sql.into(), None).await.unwrap();
    let stream = lazy.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut other = server.client().await;
    assert!(query(&mut other, "SELECT 1").await.is_ok());
    assert!(query(&mut lazy, "SELECT 1").await.is_ok());
    let asked = Instant::now();
    server.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    drop(stream);
}
