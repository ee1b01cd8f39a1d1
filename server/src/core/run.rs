//! [`Watch`] and [`Run`]: a statement that runs, with what can stop it and the line it leaves in the log.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use hyperslab::datafusion::arrow::array::RecordBatch;
use hyperslab::datafusion::arrow::datatypes::SchemaRef;
use hyperslab::datafusion::error::DataFusionError;
use hyperslab::datafusion::execution::SendableRecordBatchStream;
use hyperslab::{Context, Progress, QueryResult, Reads};
use tokio_util::sync::CancellationToken;

use super::session::Session;
use crate::error::{ServerError, code};

/// How often a running statement's reads are held against its limit, in wall time.
const LIMIT_CHECKS: Duration = Duration::from_millis(50);

/// Why a statement ended before its last row.
enum StopReason {
    /// The client asked for it, or went away.
    Cancelled,
    /// It took too long.
    TimedOut,
    /// The server stops.
    Shutdown,
}

/// What can stop one statement, and what is told of it at its end. Dropping it writes the line of the log.
#[derive(Debug)]
pub struct Watch {
    session: Arc<Session>,
    text: String,
    token: CancellationToken,
    timeout: Option<Duration>,
    started: Instant,
    /// From when on the time counts: each part of an answer that is fetched in parts has the whole of it.
    resumed: Instant,
    /// Whether a line is left in the log.
    logged: bool,
    progress: Progress,
    rows: u64,
    error: Option<ServerError>,
}

impl Watch {
    pub(super) fn new(session: Arc<Session>, text: &str, token: CancellationToken, timeout: Option<Duration>) -> Self {
        session.hub().metrics().begun();
        Self {
            session,
            text: text.to_string(),
            token,
            timeout,
            started: Instant::now(),
            resumed: Instant::now(),
            logged: true,
            progress: Progress::default(),
            rows: 0,
            error: None,
        }
    }

    /// Stops the statement.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// What the statement has read.
    pub fn reads(&self) -> Reads {
        self.progress.reads()
    }

    /// Awaits `work`, unless the statement is stopped before.
    ///
    /// # Errors
    /// Those of `work`, or that it was stopped.
    pub async fn guard<T>(&self, work: impl Future<Output = Result<T, ServerError>>) -> Result<T, ServerError> {
        tokio::select! {
            biased;
            () = self.token.cancelled() => Err(self.stopped(self.cancel_reason())),
            () = until(self.deadline()) => Err(self.stopped(StopReason::TimedOut)),
            error = self.over_limit_at_last() => Err(error),
            done = work => done,
        }
    }

    /// Has `context` count here what a statement reads while it is executed.
    pub(super) fn counted(&self, context: &Context) -> Context {
        context.counted(&self.progress)
    }

    /// Makes this the statement that runs now, with its time counted from now on.
    pub fn resume(&mut self) {
        self.session.make_current(self.token.clone());
        self.resumed = Instant::now();
    }

    /// Leaves no line in the log: for what is planned now and run under another watch.
    #[must_use]
    pub fn unlogged(mut self) -> Self {
        self.logged = false;
        self
    }

    /// Notes rows that were sent, for the log.
    pub fn sent(&mut self, rows: u64) {
        self.rows = self.rows.saturating_add(rows);
    }

    /// Notes how the statement failed, for the log.
    pub fn failed(&mut self, error: &ServerError) {
        self.error = Some(error.clone());
    }

    fn deadline(&self) -> Option<Instant> {
        self.timeout.and_then(|t| self.resumed.checked_add(t))
    }

    fn cancel_reason(&self) -> StopReason {
        match self.session.hub().shutdown().is_cancelled() {
            true => StopReason::Shutdown,
            false => StopReason::Cancelled,
        }
    }

    fn stopped(&self, reason: StopReason) -> ServerError {
        match reason {
            StopReason::Cancelled => ServerError::new(code::QUERY_CANCELED, "the statement was cancelled"),
            StopReason::Shutdown => {
                ServerError::new(code::ADMIN_SHUTDOWN, "the statement was stopped: the server stops")
            }
            StopReason::TimedOut => ServerError::new(
                code::QUERY_CANCELED,
                format!(
                    "the statement was stopped after {} ms, its limit of time",
                    self.timeout.unwrap_or_default().as_millis()
                ),
            )
            .hint("select less, or raise `statement_timeout`"),
        }
    }

    /// Waits until the statement has read more than it may.
    async fn over_limit_at_last(&self) -> ServerError {
        if self.session.rights().scanned_bytes.is_none() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(LIMIT_CHECKS).await;
            if let Some(error) = self.over_limit() {
                return error;
            }
        }
    }

    fn over_limit(&self) -> Option<ServerError> {
        let most = self.session.rights().scanned_bytes?;
        let read = self.progress.reads().bytes_stored;
        (read > most).then(|| {
            ServerError::new(
                code::LIMIT_EXCEEDED,
                format!("the statement was stopped: it had read {read} bytes, expected at most {most}"),
            )
            .hint("select a smaller region, or ask for a higher limit of scanned bytes")
        })
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.logged {
            self.session.hub().metrics().forgotten();
            return;
        }
        let reads = self.progress.reads();
        super::log::statement(&self.session, &self.text, self.started.elapsed(), self.rows, reads, self.error.as_ref());
    }
}

/// The batches of a statement that runs. Dropping it stops the reads.
pub struct Run {
    schema: SchemaRef,
    state: State,
    watch: Watch,
}

type Started = Result<SendableRecordBatchStream, DataFusionError>;

enum State {
    /// Nothing has been read.
    Ready(BoxFuture<'static, Started>),
    Running(SendableRecordBatchStream),
    /// Nothing is read any more.
    Ended,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("watch", &self.watch).finish_non_exhaustive()
    }
}

impl Run {
    pub(super) fn new(watch: Watch, result: QueryResult) -> Self {
        let (schema, progress) = (result.schema(), watch.progress.clone());
        let start = async move { result.run(&progress).await };
        Self { schema, state: State::Ready(start.boxed()), watch }
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What can stop it.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Makes this the statement that runs now, for the next part of its answer.
    pub fn resume(&mut self) {
        self.watch.resume();
    }

    /// The next batch; `None` after the last. After an error there is none. The work begins with the first.
    pub async fn next(&mut self) -> Option<Result<RecordBatch, ServerError>> {
        let next = self.advance().await.transpose();
        match &next {
            Some(Ok(batch)) => self.watch.rows = self.watch.rows.saturating_add(batch.num_rows() as u64),
            Some(Err(error)) => {
                self.state = State::Ended;
                self.watch.failed(error);
            }
            None => self.state = State::Ended,
        }
        next
    }

    async fn advance(&mut self) -> Result<Option<RecordBatch>, ServerError> {
        if matches!(self.state, State::Ended) {
            return Ok(None);
        }
        // Held while this batch is made, and not while the client takes it. The semaphore is never closed.
        let turns = Arc::clone(self.watch.session.hub().turns());
        let _turn = self.watch.guard(async { Ok(turns.acquire_owned().await.ok()) }).await?;
        if let State::Ready(start) = &mut self.state {
            // An operator may start its tasks as soon as it is executed, which is why that waits for its turn too.
            let stream = self.watch.guard(async { Ok(start.as_mut().await?) }).await?;
            self.state = State::Running(stream);
        }
        let State::Running(stream) = &mut self.state else { return Ok(None) };
        let next = self.watch.guard(async { Ok(stream.next().await.transpose()?) }).await?;
        match self.watch.over_limit() {
            Some(error) => Err(error),
            None => Ok(next),
        }
    }
}
