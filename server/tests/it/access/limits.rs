//! Limits of users: connections, time, stored bytes, memory; and what is left behind when they are reached.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyperslab::datafusion::execution::memory_pool::MemoryPool;
use hyperslab_server::config::Rights;
use hyperslab_server::core::{HubOptions, Protocol};
use hyperslab_server::error::code;

use super::{hub, run, session};

/// Takes minutes.
const LONG: &str = "SELECT count(*) FROM ersst a, ersst b, ersst c WHERE a.sst + b.sst < c.sst";

/// Twelve years: twelve chunks.
const RECENT: &str = "CREATE VIEW recent AS SELECT * FROM ersst WHERE time >= '2005'";

#[tokio::test]
async fn a_user_has_so_many_connections_and_no_more() {
    let hub = hub().await;
    let rights = Rights { connections: Some(2), ..Rights::default() };
    let first = session(&hub, "ann", rights.clone());
    let _second = session(&hub, "ann", rights.clone());
    let error = hub.connect("ann", Arc::new(rights.clone()), Protocol::Flight).unwrap_err();
    assert_eq!(error.code, code::TOO_MANY_CONNECTIONS);
    assert_eq!(error.message, "user `ann` has 2 connections open, expected at most 2");
    // Another user is not disturbed, and one that is closed makes room.
    let _other = session(&hub, "bob", rights.clone());
    drop(first);
    session(&hub, "ann", rights);
}

#[tokio::test]
async fn the_server_has_so_many_connections_and_no_more() {
    let context = hyperslab::Context::builder().build().unwrap();
    let hub = hyperslab_server::core::Hub::new(context, HubOptions { connections: 1, ..HubOptions::default() });
    let first = session(&hub, "ann", Rights::default());
    let error = hub.connect("bob", Arc::default(), Protocol::Postgres).unwrap_err();
    assert_eq!(error.code, code::TOO_MANY_CONNECTIONS);
    drop(first);
    session(&hub, "bob", Rights::default());
    hub.drain();
    let error = hub.connect("bob", Arc::default(), Protocol::Postgres).unwrap_err();
    assert_eq!(error.code, code::ADMIN_SHUTDOWN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_ends_when_its_time_is_over() {
    let hub = hub().await;
    let ann = session(&hub, "ann", Rights { statement_timeout: Some(Duration::from_millis(300)), ..Rights::default() });
    let start = Instant::now();
    let error = run(&ann, LONG).await.unwrap_err();
    assert_eq!(error.code, code::QUERY_CANCELED);
    assert!(error.message.contains("after 300 ms"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(run(&ann, "SELECT 1").await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_reads_so_many_bytes_and_no_more() {
    let hub = hub().await;
    hub.context().sql(RECENT).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = vec![folder.path().display().to_string()];
    let rights = |bytes| Rights { scanned_bytes: Some(bytes), write: write.clone(), ..Rights::default() };
    let (little, much) = (session(&hub, "ann", rights(10_000)), session(&hub, "bob", rights(1 << 30)));
    let target = |name: &str| folder.path().join(name).display().to_string();
    for sql in [
        "SELECT time, lat, lon, sst FROM recent".to_string(),
        "SELECT avg(sst) FROM recent".to_string(),
        "SELECT month(time), avg(sst) FROM recent GROUP BY 1".to_string(),
        "SELECT lat, sst FROM recent ORDER BY sst DESC LIMIT 3".to_string(),
        "EXPLAIN ANALYZE SELECT avg(sst) FROM recent".to_string(),
        "SELECT time, lat, lon, sst - avg(sst) OVER (PARTITION BY month(time), lat, lon) AS anomaly FROM recent".to_string(),
        "SELECT a.time, a.sst - b.sst FROM recent a JOIN (SELECT month(time) AS m, lat, lon, avg(sst) AS sst FROM recent GROUP BY 1, 2, 3) b \
         ON month(a.time) = b.m AND a.lat = b.lat AND a.lon = b.lon".to_string(),
        // These run while they are planned.
        format!("COPY (SELECT time, lat, lon, sst FROM recent) TO '{}' STORED AS ZARR", target("x.zarr")),
        format!("COPY (SELECT time, lat, lon, sst FROM recent) TO '{}'", target("x.csv")),
    ] {
        let error = run(&little, &sql).await.err();
        // A short statement may end before somebody looks; it has to be counted all the same.
        match error {
            Some(error) => assert_eq!(error.code, code::LIMIT_EXCEEDED, "{sql}: {error}"),
            None => assert!(sql.starts_with("COPY"), "{sql}"),
        }
        run(&much, &sql.replace("x.", "y.")).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    // A statement that reads little, one chunk, is not touched.
    let some = session(&hub, "eve", rights(200_000));
    assert_eq!(
        run(&some, "SELECT lat, sst FROM recent WHERE time = '2016-06-15' AND lat = 0 AND lon = 0").await.unwrap(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_statement_reads_is_counted_wherever_it_reads() {
    let hub = hub().await;
    hub.context().sql(RECENT).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ann = session(&hub, "ann", Rights { write: vec![folder.path().display().to_string()], ..Rights::default() });
    let read = async |sql: &str| {
        let statement = ann.context().parse(sql).unwrap().pop().unwrap();
        let watch = ann.watch(sql, None);
        let result = ann.plan(&watch, statement).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        let mut run = ann.run(watch, result);
        while let Some(batch) = run.next().await {
            batch.unwrap();
        }
        run.watch().reads()
    };
    let all = read("SELECT time, lat, lon, sst FROM recent").await;
    assert!(all.chunks > 10 && all.bytes_stored > 100_000 && all.bytes_decoded > all.bytes_stored, "{all:?}");
    // The climatology is read by a plan of its own.
    let anomaly = "SELECT a.time, a.lat, a.lon, a.sst - b.sst FROM recent a JOIN \
                   (SELECT month(time) AS m, lat, lon, avg(sst) AS sst FROM recent GROUP BY 1, 2, 3) b \
                   ON month(a.time) = b.m AND a.lat = b.lat AND a.lon = b.lon";
    assert!(read(anomaly).await.chunks >= 2 * all.chunks, "{:?}", read(anomaly).await);
    let copy = format!(
        "COPY (SELECT time, lat, lon, sst FROM recent) TO '{}' STORED AS ZARR",
        folder.path().join("x.zarr").display()
    );
    assert!(read(&copy).await.chunks >= all.chunks);
    let copy =
        format!("COPY (SELECT time, lat, lon, sst FROM recent) TO '{}'", folder.path().join("x.parquet").display());
    assert_eq!(read(&copy).await.chunks, all.chunks);
}

/// The tasks of a statement end soon after it, and not at once.
async fn all_given_back(pool: &Arc<dyn MemoryPool>) {
    for _ in 0..200 {
        if pool.reserved() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} bytes are held", pool.reserved());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_of_a_user_share_their_memory_and_give_it_back() {
    let hub = hub().await;
    let rights = Rights { memory: Some(100_000), ..Rights::default() };
    let (first, second) = (session(&hub, "ann", rights.clone()), session(&hub, "ann", rights.clone()));
    let sql = "SELECT lat, lon, time, sst FROM ersst WHERE time >= '2014' ORDER BY sst, lon";
    for session in [&first, &second] {
        let error = run(session, sql).await.unwrap_err();
        assert_eq!(error.code, code::OUT_OF_MEMORY, "{error}");
        assert!(error.message.contains("user `ann`") && !error.message.contains('\n'), "{error}");
    }
    let pool = Arc::clone(&hub.context().session().runtime_env().memory_pool);
    all_given_back(&pool).await;
    // Somebody else has the memory of the server.
    run(&session(&hub, "bob", Rights::default()), sql).await.unwrap();
    all_given_back(&pool).await;
    // With the last session of a user their limit is forgotten: a new one may have another.
    drop((first, second));
    let ann = session(&hub, "ann", Rights { memory: Some(512 << 20), ..Rights::default() });
    run(&ann, sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_is_cancelled_or_shut_down_stops() {
    let hub = hub().await;
    let ann = session(&hub, "ann", Rights::default());
    let running = tokio::spawn({
        let ann = Arc::clone(&ann);
        async move { run(&ann, LONG).await }
    });
    while hub.metrics().running() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    ann.cancel();
    assert_eq!(running.await.unwrap().unwrap_err().code, code::QUERY_CANCELED);
    assert_eq!(hub.metrics().running(), 0);
    let running = tokio::spawn(async move { run(&ann, LONG).await });
    while hub.metrics().running() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    hub.shutdown().cancel();
    assert_eq!(running.await.unwrap().unwrap_err().code, code::ADMIN_SHUTDOWN);
}
