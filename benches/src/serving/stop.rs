//! How soon the reads of `pop` stop after a client cancels, goes away, or has taken its time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use hyperslab::Context;
use tokio_postgres::{Client, NoTls};

use super::{Failure, Served};
use crate::SyntheticStore;
use crate::recipe::Pop;

/// A reduction of which nothing comes out before all is read, and rows that stream.
const QUESTIONS: [(&str, &str); 2] =
    [("reduce", "SELECT nlat, avg(\"SST\") AS sst FROM pop GROUP BY nlat"), ("stream", "SELECT * FROM pop")];

/// How long a statement runs before something ends it.
const RUNS: Duration = Duration::from_secs(2);

/// How long the store is watched afterwards.
const WATCHED: Duration = Duration::from_secs(3);

/// What ends a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A request to cancel, on a connection of its own.
    Cancel,
    /// The socket of the client closes.
    Kill,
    /// `statement_timeout`.
    Timeout,
}

/// What was seen of one end.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What ended it.
    pub end: End,
    /// Which question it was.
    pub question: &'static str,
    /// Chunks that were read before.
    pub before: u64,
    /// Chunks that were read after it.
    pub after: u64,
    /// How long after it the last chunk was asked for.
    pub last_read: Duration,
}

/// Ends each question in each way.
///
/// # Errors
/// When the server does not start, or a question ends by itself.
pub async fn run() -> Result<Vec<Outcome>, Failure> {
    let store = Arc::new(SyntheticStore::try_new(Pop::default())?);
    let context = Context::builder().memory_limit(2 << 30).store("synthetic://pop.zarr", store.clone()).build()?;
    context.register("pop", "synthetic://pop.zarr").await?;
    let served = Served::start(context).await?;
    let mut outcomes = Vec::new();
    for (question, sql) in QUESTIONS {
        for end in [End::Cancel, End::Kill, End::Timeout] {
            outcomes.push(one(&served, &store, question, sql, end).await?);
        }
    }
    Ok(outcomes)
}

async fn one(
    served: &Served,
    store: &SyntheticStore,
    question: &'static str,
    sql: &str,
    end: End,
) -> Result<Outcome, Failure> {
    let (client, moved) = served.connect().await?;
    let token = client.cancel_token();
    if end == End::Timeout {
        client.batch_execute(&format!("SET statement_timeout = {}", RUNS.as_millis())).await?;
    }
    let start = store.chunk_requests();
    let sql = sql.to_string();
    let asked = tokio::spawn(async move { ask(&client, &sql).await });
    tokio::time::sleep(RUNS).await;
    match end {
        End::Cancel => token.cancel_query(NoTls).await?,
        End::Kill => moved.abort(),
        End::Timeout => {}
    }
    let (ended, before) = (Instant::now(), store.chunk_requests());
    if before == start {
        return Err(format!("`{question}` had read nothing after {RUNS:?}").into());
    }
    let (mut count, mut last_read) = (before, Duration::ZERO);
    while ended.elapsed() < WATCHED {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let now = store.chunk_requests();
        if now > count {
            (count, last_read) = (now, ended.elapsed());
        }
    }
    match (end, tokio::time::timeout(WATCHED, asked).await) {
        (End::Kill, _) => {}
        (_, Ok(Ok(Err(e)))) if e.code().is_some_and(|code| code.code() == "57014") => {}
        (_, other) => return Err(format!("`{question}` ended with {other:?}, expected code 57014").into()),
    }
    Ok(Outcome { end, question, before: before - start, after: count - before, last_read })
}

/// Reads all rows and throws them away.
async fn ask(client: &Client, sql: &str) -> Result<u64, tokio_postgres::Error> {
    let none: [&str; 0] = [];
    let rows = client.query_raw(sql, none).await?;
    futures::pin_mut!(rows);
    let mut count = 0;
    while let Some(row) = rows.next().await {
        row?;
        count += 1;
    }
    Ok(count)
}
