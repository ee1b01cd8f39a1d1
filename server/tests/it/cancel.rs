//! What stops a statement stops its reads within a second, counted at the store.

use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio_postgres::NoTls;

use crate::support::{Server, Setup, error_code, kinds, status, text, trusting, with_length};

const DELAY: Duration = Duration::from_millis(60);
const ALL: &str = "select avg(sst) from ersst where sst < 40";
const ROWS: &str = "select time, lat, lon, sst from ersst";

async fn send_cancel(server: &Server, id: i32, secret: i32) {
    let mut raw = crate::support::Raw { stream: TcpStream::connect(server.address).await.unwrap(), key: (0, 0) };
    let parts = [80_877_102_i32, id, secret].map(i32::to_be_bytes);
    raw.send_bytes(&with_length(&parts.concat())).await;
    assert!(raw.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_cancel_stops_the_reads() {
    let (server, store) = Server::slow(DELAY).await;
    let client = server.client().await;
    let token = client.cancel_token();
    let query = tokio::spawn(async move { (client.simple_query(ALL).await, client) });
    store.wait_for(3).await;
    let before = Instant::now();
    token.cancel_query(NoTls).await.unwrap();
    let (answer, client) = query.await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(3));
    assert_eq!(answer.unwrap_err().code().unwrap().code(), "57014");
    store.expect_rest().await;
    // The connection goes on.
    assert_eq!(client.query("select count(*) from ersst", &[]).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_in_the_middle_of_rows_stops_the_reads() {
    let (server, store) = Server::slow(DELAY).await;
    let mut raw = server.raw().await;
    raw.send(b'Q', &text(ROWS)).await;
    for _ in 0..10 {
        raw.next().await.unwrap();
    }
    send_cancel(&server, raw.key.0, raw.key.1).await;
    let rest = raw.until_ready().await;
    assert_eq!((error_code(&rest).as_deref(), status(&rest)), (Some("57014"), 'I'));
    store.expect_rest().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_cancels_nothing_and_an_idle_session_stays() {
    let (server, store) = Server::slow(Duration::from_millis(10)).await;
    let mut raw = server.raw().await;
    let (id, secret) = raw.key;
    send_cancel(&server, id, secret).await;
    raw.send(b'Q', &text(ALL)).await;
    store.wait_for(3).await;
    send_cancel(&server, id, secret.wrapping_add(1)).await;
    send_cancel(&server, id + 1, secret).await;
    assert_eq!(kinds(&raw.until_ready().await), "TDCZ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_stops_the_reads() {
    let (server, store) = Server::slow(DELAY).await;
    let mut raw = server.raw().await;
    raw.query("set statement_timeout = 400").await;
    for statement in [ALL, ROWS] {
        let before = Instant::now();
        let answer = raw.query(statement).await;
        assert_eq!(error_code(&answer).as_deref(), Some("57014"));
        assert!(before.elapsed() < Duration::from_secs(3), "{:?}", before.elapsed());
        store.expect_rest().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_stops_the_reads() {
    let (server, store) = Server::slow(DELAY).await;
    for statement in [ALL, ROWS] {
        let mut raw = server.raw().await;
        // More messages behind it must not hide that the client has gone.
        raw.send(b'Q', &text(statement)).await;
        raw.send(b'Q', &text("select count(*) from ersst")).await;
        store.wait_for(2).await;
        drop(raw);
        store.expect_rest().await;
    }
    assert!(server.hub.open_sessions().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_noticed_when_it_goes() {
    let (server, store) = Server::slow(Duration::from_millis(1)).await;
    let mut raw = server.raw().await;
    raw.send(b'Q', &text(ROWS)).await;
    // The buffers of the network fill up, and the reads come to rest.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let at_rest = store.reads();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(store.reads(), at_rest, "more is read than is taken");
    // Nobody else waits for it.
    let client = server.client().await;
    client.query("select count(*) from ersst", &[]).await.unwrap();
    drop(raw);
    store.expect_rest().await;
    assert_eq!(server.hub.open_sessions().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_times_out_while_its_client_does_not_read() {
    let (server, _store) = Server::slow(Duration::from_millis(1)).await;
    let mut raw = server.raw().await;
    raw.query("set statement_timeout = '1s'").await;
    raw.send(b'Q', &text(ROWS)).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let answer = raw.until_ready().await;
    assert_eq!(error_code(&answer).as_deref(), Some("57014"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_can_be_cancelled_and_has_its_time_for_each_part() {
    let (server, store) = Server::slow(Duration::from_millis(20)).await;
    let mut raw = server.raw().await;
    raw.query("begin; set local statement_timeout = '1s'").await;
    raw.query(&format!("declare c cursor for {ROWS}")).await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let (id, secret) = raw.key;
    // Between two fetches there is nothing to cancel.
    send_cancel(&server, id, secret).await;
    let answer = raw.query("fetch 5 from c").await;
    assert_eq!(kinds(&answer), "TDDDDDCZ");
    raw.query("set local statement_timeout = 0").await;
    raw.send(b'Q', &text("move all in c")).await;
    store.wait_for(1).await;
    send_cancel(&server, id, secret).await;
    let answer = raw.until_ready().await;
    assert_eq!((error_code(&answer).as_deref(), status(&answer)), (Some("57014"), 'E'));
    store.expect_rest().await;
}

/// Holds each cell against each of the others, and finds none: one batch would take hours.
const NOTHING: &str = "select count(*) from ersst a join ersst b on a.sst > b.sst + 1000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_that_lets_nothing_through_holds_nobody_and_is_stopped() {
    let (server, _store) = Server::slow(Duration::ZERO).await;
    let metrics = tokio::runtime::Handle::current().metrics();
    let client = server.client().await;
    client.query("select count(*) from ersst", &[]).await.unwrap();
    let at_rest = metrics.num_alive_tasks();
    let mut busy = Vec::new();
    for _ in 0..3 {
        let mut raw = server.raw().await;
        raw.send(b'Q', &text(NOTHING)).await;
        busy.push(raw);
    }
    // They have read all there is to read, and are at their filters.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let answered = tokio::time::timeout(Duration::from_secs(60), client.query("select avg(sst) from ersst", &[]));
    assert_eq!(answered.await.expect("nobody else is answered").unwrap().len(), 1);
    for mut raw in busy {
        send_cancel(&server, raw.key.0, raw.key.1).await;
        let answer = tokio::time::timeout(Duration::from_secs(5), raw.until_ready()).await.unwrap();
        assert_eq!(error_code(&answer).as_deref(), Some("57014"));
    }
    // Nothing computes for those who have gone.
    let start = Instant::now();
    while metrics.num_alive_tasks() > at_rest {
        assert!(start.elapsed() < Duration::from_secs(10), "{} tasks are left", metrics.num_alive_tasks() - at_rest);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_server_stops_the_reads() {
    let (server, store) = Server::slow(DELAY).await;
    let mut busy = server.raw().await;
    let mut idle = server.raw().await;
    busy.send(b'Q', &text(ALL)).await;
    store.wait_for(2).await;
    server.hub.shutdown().cancel();
    let answer = idle.until_ready().await;
    assert_eq!((error_code(&answer).as_deref(), kinds(&answer).as_str()), (Some("57P01"), "E"));
    let answer = busy.until_ready().await;
    assert_eq!(error_code(&answer).as_deref(), Some("57P01"));
    tokio::time::timeout(Duration::from_secs(5), server.task).await.unwrap().unwrap().unwrap();
    store.expect_rest().await;
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_cannot_hold_the_server_open() {
    let setup = Setup {
        users: trusting(),
        options: hyperslab_server::postgres::PostgresOptions {
            shutdown_grace: Duration::from_millis(500),
            ..Default::default()
        },
        ..Default::default()
    };
    let server = Server::with(setup).await;
    let mut raw = server.raw().await;
    raw.send(b'Q', &text(ROWS)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.hub.shutdown().cancel();
    tokio::time::timeout(Duration::from_secs(3), server.task).await.unwrap().unwrap().unwrap();
    drop(raw);
}
