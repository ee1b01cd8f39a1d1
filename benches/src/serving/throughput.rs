//! What a query costs through the server: in process, over Flight SQL, and over PostgreSQL's protocol, side by side on
//! loopback.

use std::path::PathBuf;
use std::pin::pin;
use std::time::{Duration, Instant};

use arrow_flight::error::FlightError;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::{StreamExt, TryStreamExt};
use hyperslab::Context;
use hyperslab_connectors::Location;
use tonic::transport::Channel;

use super::counter::Counter;
use super::{Failure, Served};
use crate::measure;

/// A million rows of W21.
const FOUR_DAYS: &str = "SELECT * FROM era WHERE time >= '2001-08-01' AND time < '2001-08-05'";

/// What is measured.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// A dataset, registered under the stem of its location: `era.zarr` of `generate era`.
    location: PathBuf,
    /// The query.
    #[arg(long, default_value = FOUR_DAYS)]
    sql: String,
    /// How often each way is measured, in turn; the first time does not count.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// A way to the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    InProcess,
    FlightSql,
    PostgresCopy,
    PostgresRows,
    TokioPostgres,
}

impl Way {
    const ALL: [Self; 5] =
        [Self::InProcess, Self::FlightSql, Self::PostgresCopy, Self::PostgresRows, Self::TokioPostgres];

    fn name(self) -> &'static str {
        match self {
            Self::InProcess => "in process",
            Self::FlightSql => "Flight SQL",
            Self::PostgresCopy => "PostgreSQL, COPY in binary",
            Self::PostgresRows => "PostgreSQL, rows in binary",
            Self::TokioPostgres => "the same by tokio-postgres",
        }
    }
}

/// What one way took.
#[derive(Debug, Clone)]
pub struct Took {
    /// The way.
    pub way: &'static str,
    /// The rows.
    pub rows: u64,
    /// The shortest time.
    pub best: Duration,
    /// The time in the middle.
    pub median: Duration,
    /// The median as a multiple of that in process.
    pub ratio: f64,
}

/// Measures all ways in turn.
///
/// # Errors
/// When the dataset cannot be opened, or a way fails.
pub async fn run(arguments: &Arguments) -> Result<Vec<Took>, Failure> {
    let location = arguments.location.to_string_lossy();
    let context = Context::builder().registry(measure::registry()?).build()?;
    context.register(&Location::parse(&location)?.name(), &location).await?;
    let served = Served::start(context).await?;
    let mut clients = Clients::connect(&served).await?;
    let mut times: Vec<(u64, Vec<Duration>)> = vec![Default::default(); Way::ALL.len()];
    for round in 0..=arguments.rounds.max(1) {
        for (way, (rows, times)) in Way::ALL.into_iter().zip(&mut times) {
            let start = Instant::now();
            *rows = clients.ask(way, &arguments.sql).await?;
            // The first round fills the page cache and the allocator.
            if round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    drop(clients);
    served.end().await?;
    Ok(summed_up(times))
}

fn summed_up(times: Vec<(u64, Vec<Duration>)>) -> Vec<Took> {
    let mut all: Vec<Took> = Vec::new();
    for (way, (rows, mut times)) in Way::ALL.into_iter().zip(times) {
        times.sort_unstable();
        let best = times.first().copied().unwrap_or_default();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        let in_process = all.first().map_or(median, |first| first.median);
        let ratio = median.as_secs_f64() / in_process.as_secs_f64().max(f64::MIN_POSITIVE);
        all.push(Took { way: way.name(), rows, best, median, ratio });
    }
    all
}

struct Clients {
    context: Context,
    flight: FlightSqlServiceClient<Channel>,
    counter: Counter,
    postgres: tokio_postgres::Client,
}

impl Clients {
    async fn connect(served: &Served) -> Result<Self, Failure> {
        let (postgres, _moved) = served.connect().await?;
        let flight = FlightSqlServiceClient::new(served.channel().await?);
        Ok(Self { context: served.hub.context().clone(), flight, counter: served.counter().await?, postgres })
    }

    /// Runs a query to its end and throws its rows away; how many they were.
    async fn ask(&mut self, way: Way, sql: &str) -> Result<u64, Failure> {
        Ok(match way {
            Way::InProcess => measure::query(&self.context, sql).await?.rows,
            Way::FlightSql => self.ask_flight(sql).await?,
            Way::PostgresCopy => {
                let sql = format!("COPY ({sql}) TO STDOUT (FORMAT binary)");
                // The last message says that no row follows.
                self.counter.rows(&sql).await?.saturating_sub(1)
            }
            Way::PostgresRows => self.counter.rows(sql).await?,
            Way::TokioPostgres => {
                let nothing: [&str; 0] = [];
                let rows = self.postgres.query_raw(sql, nothing).await?;
                pin!(rows).try_fold(0, |rows, _| std::future::ready(Ok(rows + 1))).await?
            }
        })
    }

    async fn ask_flight(&mut self, sql: &str) -> Result<u64, FlightError> {
        let info = self.flight.execute(sql.to_string(), None).await?;
        let mut rows = 0;
        for ticket in info.endpoint.into_iter().filter_map(|endpoint| endpoint.ticket) {
            let mut stream = self.flight.do_get(ticket).await?;
            while let Some(batch) = stream.next().await {
                rows += batch?.num_rows() as u64;
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::generate;
    use crate::recipe::Era;

    #[tokio::test(flavor = "multi_thread")]
    async fn every_way_gives_all_rows() {
        let folder = tempfile::tempdir().unwrap();
        let location = folder.path().join("era.zarr");
        generate::write(&Era::default().with_shape([40, 37, 72]).with_chunks([30, 20, 50]), &location).unwrap();
        let arguments = Arguments { location, sql: "SELECT * FROM era".into(), rounds: 1 };
        let took = run(&arguments).await.unwrap();
        let rows: Vec<_> = took.iter().map(|t| t.rows).collect();
        assert_eq!(rows, [40 * 37 * 72; 5]);
    }
}
