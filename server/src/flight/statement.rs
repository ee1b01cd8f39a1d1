//! [`Planned`]: a statement with its columns, before its rows are made; [`Batches`]: its rows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use hyperslab::datafusion::arrow::array::{AsArray, RecordBatch};
use hyperslab::datafusion::arrow::compute::sum;
use hyperslab::datafusion::arrow::datatypes::{Schema, SchemaRef, UInt64Type};
use hyperslab::{Context, QueryResult, Statement};
use tonic::Status;

use super::client::{Busy, Client};
use super::tickets::{Running, Stop};
use super::{settings, status};
use crate::core::{Run, Watch, is_read};
use crate::error::{ServerError, code};

/// The longest text of a statement, in bytes.
pub(super) const LONGEST: usize = 1 << 20;

/// The statement of a text.
///
/// # Errors
/// When it does not parse, or is none or several.
pub(super) fn parse(context: &Context, text: &str) -> Result<Statement, ServerError> {
    if text.len() > LONGEST {
        return Err(ServerError::new(
            code::LIMIT_EXCEEDED,
            format!("a statement of {} bytes, expected at most {LONGEST}", text.len()),
        ));
    }
    let mut statements = context.parse(text)?;
    match (statements.pop(), statements.len()) {
        (Some(statement), 0) => Ok(statement),
        (None, _) => Err(ServerError::new(code::SYNTAX_ERROR, "there is no statement in the text")),
        (Some(_), before) => {
            Err(ServerError::new(code::SYNTAX_ERROR, format!("{} statements in the text, expected one", before + 1))
                .hint("send them one by one"))
        }
    }
}

/// A statement whose columns are known. What is to be changed has been changed.
#[derive(Debug)]
pub(super) struct Planned {
    text: String,
    timeout: Option<Duration>,
    /// One for each row of parameters.
    results: VecDeque<QueryResult>,
    /// Of the first of them.
    watch: Option<Watch>,
    schema: SchemaRef,
    /// Whether the answer is how many rows were written.
    writes: bool,
}

impl Planned {
    /// Plans a statement.
    ///
    /// # Errors
    /// When it is refused, cannot be planned, or was stopped.
    // Of no known type, as all that holds a parsed statement: the compiler takes minutes to look through SQL's grammar
    // in each task.
    pub fn of<'a>(
        client: &'a Client,
        text: &'a str,
        statement: Statement,
        timeout: Option<Duration>,
    ) -> BoxFuture<'a, Result<Self, ServerError>> {
        Self::planned(client, text, statement, timeout).boxed()
    }

    async fn planned(
        client: &Client,
        text: &str,
        statement: Statement,
        timeout: Option<Duration>,
    ) -> Result<Self, ServerError> {
        let mut watch = client.session().watch(text, timeout);
        let writes = !is_read(&statement);
        let planned = match settings::of_statement(&statement) {
            Some(setting) => setting.and_then(|setting| setting.apply(client)).map(|()| None),
            None => client.session().plan(&watch, statement).await.map(Some),
        };
        match planned {
            Ok(result) => Ok(Self { writes, watch: Some(watch), ..Self::each(text, timeout, result) }),
            Err(error) => {
                watch.failed(&error);
                Err(error)
            }
        }
    }

    /// A query that runs once for each of `results`, one after the other.
    pub fn each(text: &str, timeout: Option<Duration>, results: impl IntoIterator<Item = QueryResult>) -> Self {
        let results: VecDeque<_> = results.into_iter().collect();
        let schema = results.front().map_or_else(|| Arc::new(Schema::empty()), QueryResult::schema);
        Self { text: text.to_string(), timeout, results, watch: None, schema, writes: false }
    }

    /// Has the columns of `query` where it runs for no row of parameters.
    #[must_use]
    pub fn with_schema_of(mut self, query: &QueryResult) -> Self {
        if self.results.is_empty() {
            self.schema = query.schema();
        }
        let fields: Vec<_> = self.schema.fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
        // A value may be NULL in one execution and not in another.
        self.schema = Arc::new(Schema::new_with_metadata(fields, self.schema.metadata().clone()));
        self
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The query, to look at its plan.
    pub fn result(&self) -> Option<&QueryResult> {
        self.results.front()
    }

    /// Begins to make the rows.
    pub fn run(mut self, busy: Busy, running: Option<Running>) -> Batches {
        if let Some(watch) = &mut self.watch {
            // The client came back for the rows: until then nothing was done.
            watch.resume();
        }
        let stop = running.as_ref().map(|r| Arc::clone(&r.stop)).unwrap_or_default();
        let mut batches = Batches { planned: self, run: None, stop, busy, _running: running };
        batches.begin();
        batches
    }
}

/// The rows of a statement, as they are made. Dropping it stops the reads.
#[derive(Debug)]
pub(super) struct Batches {
    planned: Planned,
    run: Option<Run>,
    stop: Arc<Stop>,
    busy: Busy,
    /// For as long as the rows are made, the statement can be stopped by its ticket.
    _running: Option<Running>,
}

impl Batches {
    /// The next rows; `None` after the last. After an error there are none.
    pub async fn next(&mut self) -> Option<Result<RecordBatch, Status>> {
        loop {
            let run = self.run.as_mut()?;
            match run.next().await {
                Some(Ok(batch)) => return Some(Ok(batch)),
                Some(Err(error)) => {
                    let status = status::stopped(&error, run.watch().token());
                    self.run = None;
                    return Some(Err(status));
                }
                None => {
                    self.run = None;
                    self.begin();
                }
            }
        }
    }

    /// Begins with the next row of parameters, where there is one.
    fn begin(&mut self) {
        let Some(result) = self.planned.results.pop_front() else { return };
        let session = self.busy.session();
        let watch = match self.planned.watch.take() {
            Some(watch) => watch,
            None => session.watch(&self.planned.text, self.planned.timeout),
        };
        self.stop.follow(watch.token());
        self.run = Some(session.run(watch, result));
    }

    /// Runs to the end; how many rows the statement wrote, or -1 where it wrote none.
    ///
    /// # Errors
    /// When it fails.
    pub async fn drain(mut self) -> Result<i64, Status> {
        let mut written = None;
        while let Some(batch) = self.next().await.transpose()? {
            if let Some(count) = written_rows(&batch).filter(|_| self.planned.writes) {
                written = Some(written.unwrap_or(0i64).saturating_add(count));
            }
        }
        Ok(written.unwrap_or(-1))
    }
}

/// The number in an answer such as that of `COPY`.
fn written_rows(batch: &RecordBatch) -> Option<i64> {
    let column = batch.column_by_name("count")?.as_primitive_opt::<UInt64Type>()?;
    sum(column).and_then(|n| i64::try_from(n).ok())
}
