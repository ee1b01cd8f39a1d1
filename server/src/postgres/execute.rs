//! [`Portal`]: a statement with its values, run in one go or in parts.

use std::sync::Arc;

use hyperslab::datafusion::common::ParamValues;
use hyperslab::datafusion::scalar::ScalarValue;

use super::backend::{Backend, Format};
use super::catalogue;
use super::command::{Command, Copy, Fetch};
use super::connection::{Connection, FLUSH_BYTES, Fault};
use super::copy::CopyWriter;
use super::parameters::Parameter;
use super::plan::{Body, Prepared, no_cursor, no_statement};
use super::rows::{Chunk, Encoder, Rows, Sink};
use super::types::{self, Column};
use crate::core::Watch;
use crate::error::{ServerError, code};

/// How many rows are written before the buffer is looked at.
const ROWS_AT_ONCE: usize = 1024;

/// A statement with its values.
#[derive(Debug)]
pub(super) struct Portal {
    pub text: String,
    pub columns: Option<Arc<[Column]>>,
    pub formats: Vec<Format>,
    pub state: State,
    /// Whether it outlives its transaction.
    pub hold: bool,
    /// Which of the connection's portals it is, counted from the first.
    pub number: u64,
    /// Rows that have been fetched.
    pub position: u64,
}

/// How far a portal is.
#[derive(Debug)]
pub(super) enum State {
    Ready { body: Body, values: Vec<Parameter> },
    Running { rows: Box<Rows>, tag: String },
    Done { tag: String },
}

/// A statement that has begun.
#[derive(Debug)]
pub(super) enum Started {
    /// It is done already.
    Done(String),
    Empty,
    Rows {
        rows: Box<Rows>,
        columns: Arc<[Column]>,
        tag: String,
    },
    Cursor {
        name: String,
        fetch: Fetch,
        moves: bool,
    },
    Copy {
        rows: Box<Rows>,
        columns: Arc<[Column]>,
        copy: Box<Copy>,
    },
}

/// How an execution ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With the tag of its completion.
    Complete(String),
    /// At the limit of rows.
    Suspended,
    /// There was no statement.
    Empty,
}

impl Connection {
    /// Refuses everything but an end while the transaction has failed.
    ///
    /// # Errors
    /// When it has.
    pub fn check_failed(&self, command: Option<&Command>) -> Result<(), ServerError> {
        match self.transaction.failed() && !command.is_some_and(Command::ends_failure) {
            true => Err(ServerError::new(
                code::IN_FAILED_TRANSACTION,
                "current transaction is aborted, commands ignored until end of transaction block",
            )),
            false => Ok(()),
        }
    }

    /// Begins what was planned, with values for its parameters.
    ///
    /// # Errors
    /// When it cannot be planned with them, is refused, or was stopped.
    pub async fn start(
        &mut self,
        body: Body,
        values: Vec<Parameter>,
        text: &str,
        mut watch: Watch,
    ) -> Result<Started, Fault> {
        let started = match body {
            Body::Empty => Ok(Started::Empty),
            Body::Engine { result, tag } => {
                let session = Arc::clone(&self.session);
                let result = match values.is_empty() {
                    true => Ok(*result),
                    false => {
                        let values = values.into_iter().map(Parameter::into_scalar).collect::<Result<Vec<_>, _>>();
                        match values {
                            Ok(values) => watch.guard(bound(&session, *result, values)).await,
                            Err(error) => Err(error),
                        }
                    }
                };
                match result {
                    Ok(result) => {
                        let columns = types::columns(&result.schema()).into();
                        // From here on the run tells the log of its errors itself.
                        let run = session.run(watch, result).await?;
                        let rows = Box::new(Rows::Run { run: Box::new(run), rest: None });
                        return Ok(Started::Rows { rows, columns, tag });
                    }
                    Err(error) => Err(error.into()),
                }
            }
            Body::Deferred { statement, tag } => match self.session.plan(&watch, *statement).await {
                Ok(result) if result.schema().fields().is_empty() => Ok(Started::Done(tag)),
                Ok(result) => {
                    let count = affected(result).await;
                    Ok(Started::Done(count.map_or(tag.clone(), |count| format!("{tag} {count}"))))
                }
                Err(error) => Err(error.into()),
            },
            Body::Catalogue(prepared) => {
                let columns = catalogue::columns(&prepared);
                let values = values.into_iter().map(Parameter::into_value).collect::<Result<Vec<_>, _>>();
                let answer = match values {
                    Ok(values) => self.run_catalogue(*prepared, values, text, &watch).await,
                    Err(error) => Err(error),
                };
                match answer {
                    Ok(rows) => {
                        let rows = Box::new(Rows::Ready { rows: rows.into_iter(), watch: Box::new(watch) });
                        return Ok(Started::Rows { rows, columns, tag: "SELECT".into() });
                    }
                    Err(error) => Err(error.into()),
                }
            }
            Body::Command(command) => return Box::pin(self.command(&command, values, watch)).await,
        };
        if let Err(Fault::Statement(error)) = &started {
            watch.failed(error);
        }
        started
    }

    /// Begins a prepared statement by its name, as `EXECUTE` does.
    ///
    /// # Errors
    /// As [`Self::start`], or when the values are too few, too many or do not fit.
    pub async fn start_named(&mut self, name: &str, values: &[Option<String>], watch: Watch) -> Result<Started, Fault> {
        let prepared = self.statements.get(name).cloned().ok_or_else(|| no_statement(name))?;
        if values.len() != prepared.parameters.len() {
            return Err(ServerError::new(
                code::SYNTAX_ERROR,
                format!(
                    "wrong number of parameters for prepared statement \"{name}\": expected {}, got {}",
                    prepared.parameters.len(),
                    values.len()
                ),
            )
            .into());
        }
        let pairs = prepared.parameters.iter().zip(values);
        let values: Vec<_> = pairs.map(|(oid, value)| Parameter::text(*oid, value.as_deref())).collect();
        prepared.body.check(&values)?;
        Box::pin(self.start(prepared.body.clone(), values, &prepared.text, watch)).await
    }

    /// Begins the copy of a query.
    ///
    /// # Errors
    /// When it cannot be planned or run.
    pub async fn start_copy(&mut self, copy: &Copy, watch: Watch) -> Result<Started, Fault> {
        let query = Command::Query(copy.query.clone());
        let Prepared { body, .. } = self.plan(&watch, query, &[]).await?;
        match Box::pin(self.start(body, Vec::new(), &copy.query.text, watch)).await? {
            Started::Rows { rows, columns, .. } => Ok(Started::Copy { rows, columns, copy: Box::new(copy.clone()) }),
            _ => Err(ServerError::new(code::FEATURE_NOT_SUPPORTED, "COPY query must be one that answers rows").into()),
        }
    }

    /// Sends what a statement answers with, to its end.
    ///
    /// # Errors
    /// When it fails on the way, or the client has gone.
    pub async fn finish(&mut self, started: Started, formats: &[Format]) -> Result<Ended, Fault> {
        match started {
            Started::Done(tag) => Ok(Ended::Complete(tag)),
            Started::Empty => Ok(Ended::Empty),
            Started::Rows { mut rows, columns, tag } => {
                let (sent, _) = self.stream(&mut rows, &columns, Sink::Rows(formats), None).await?;
                Ok(Ended::Complete(counted(&tag, sent)))
            }
            Started::Cursor { name, fetch, moves } => {
                let sent = self.fetch(&name, fetch, moves, formats).await?;
                Ok(Ended::Complete(format!("{} {sent}", if moves { "MOVE" } else { "FETCH" })))
            }
            Started::Copy { mut rows, columns, copy } => {
                let writer = CopyWriter::new(*copy, &columns);
                self.channel.output.copy_out(writer.format(), columns.len());
                writer.head(&columns, &mut self.channel.output);
                let (sent, _) = self.stream(&mut rows, &columns, Sink::Copy(&writer), None).await?;
                writer.tail(sent == 0, &mut self.channel.output);
                self.channel.output.copy_done();
                Ok(Ended::Complete(format!("COPY {sent}")))
            }
        }
    }

    /// Runs a portal, for at most `most` rows.
    ///
    /// # Errors
    /// As [`Self::finish`]; the portal is gone then.
    pub async fn run_portal(&mut self, name: &str, most: Option<u64>) -> Result<Ended, Fault> {
        let mut portal = self
            .portals
            .remove(name)
            .ok_or_else(|| ServerError::new(code::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist")))?;
        let ended = self.advance(&mut portal, most).await?;
        // A command of the portal may have ended its transaction, and all portals with it.
        if self.transaction.is_block() || matches!(portal.state, State::Done { .. }) {
            self.portals.insert(name.to_string(), portal);
        }
        Ok(ended)
    }

    async fn advance(&mut self, portal: &mut Portal, most: Option<u64>) -> Result<Ended, Fault> {
        let state = std::mem::replace(&mut portal.state, State::Done { tag: String::new() });
        let (mut rows, tag) = match state {
            State::Done { tag } => {
                portal.state = State::Done { tag: tag.clone() };
                return match portal.columns {
                    Some(_) => Ok(Ended::Complete(counted(&tag, 0))),
                    None => Err(ServerError::new("55000", "the portal cannot be run again").into()),
                };
            }
            State::Ready { body, values } => {
                let watch = self.session.watch(&portal.text, self.settings.statement_timeout());
                match self.start(body, values, &portal.text, watch).await? {
                    Started::Rows { rows, tag, .. } => (rows, tag),
                    other => {
                        let formats = portal.formats.clone();
                        return self.finish(other, &formats).await;
                    }
                }
            }
            State::Running { mut rows, tag } => {
                rows.resume();
                (rows, tag)
            }
        };
        let columns = portal.columns.clone().unwrap_or_default();
        let (sent, ended) = self.stream(&mut rows, &columns, Sink::Rows(&portal.formats), most).await?;
        portal.position += sent;
        if ended {
            portal.state = State::Done { tag: tag.clone() };
            return Ok(Ended::Complete(counted(&tag, sent)));
        }
        portal.state = State::Running { rows, tag };
        Ok(Ended::Suspended)
    }

    /// Sends rows of a cursor, or leaves them out; gives how many.
    async fn fetch(&mut self, name: &str, fetch: Fetch, moves: bool, formats: &[Format]) -> Result<u64, Fault> {
        let mut portal = self.portals.remove(name).ok_or_else(|| no_cursor(name))?;
        let (leave_out, most) = match fetch {
            Fetch::Forward(count) => (0, Some(count)),
            Fetch::All => (0, None),
            Fetch::Relative(count) => (count.saturating_sub(1), Some(1)),
            Fetch::Absolute(row) if row > portal.position => (row - portal.position - 1, Some(1)),
            Fetch::Absolute(_) | Fetch::Backward => {
                self.portals.insert(name.to_string(), portal);
                return Err(ServerError::new("55000", "cursor can only scan forward")
                    .hint("fetch rows in their order, or declare the cursor again")
                    .into());
            }
        };
        let sent = self.fetch_from(&mut portal, leave_out, most, moves, formats).await?;
        self.portals.insert(name.to_string(), portal);
        Ok(sent)
    }

    async fn fetch_from(
        &mut self,
        portal: &mut Portal,
        leave_out: u64,
        most: Option<u64>,
        moves: bool,
        formats: &[Format],
    ) -> Result<u64, Fault> {
        let State::Running { mut rows, tag } =
            std::mem::replace(&mut portal.state, State::Done { tag: "SELECT".into() })
        else {
            return Ok(0);
        };
        rows.resume();
        let left_out = skip(&mut rows, leave_out).await?;
        portal.position += left_out;
        if left_out < leave_out {
            return Ok(0);
        }
        let columns = portal.columns.clone().unwrap_or_default();
        let formats = if portal.formats.is_empty() { formats } else { &portal.formats };
        let (sent, ended) = match (moves, most) {
            (false, most) => self.stream(&mut rows, &columns, Sink::Rows(formats), most).await?,
            (true, most) => {
                let sent = skip(&mut rows, most.unwrap_or(u64::MAX)).await?;
                (sent, most.is_none_or(|most| sent < most))
            }
        };
        portal.position += sent;
        if !ended {
            portal.state = State::Running { rows, tag };
        }
        Ok(sent)
    }

    /// Sends rows, at most `most`: how many there were, and whether they have ended.
    async fn stream(
        &mut self,
        rows: &mut Rows,
        columns: &[Column],
        sink: Sink<'_>,
        most: Option<u64>,
    ) -> Result<(u64, bool), Fault> {
        let style = *self.settings.style();
        let mut sent = 0_u64;
        loop {
            let left = most.map_or(u64::MAX, |most| most - sent);
            if left == 0 {
                return Ok((sent, false));
            }
            let Some(chunk) = rows.next(usize::try_from(left).unwrap_or(usize::MAX)).await else {
                return Ok((sent, true));
            };
            let encoder = Encoder::new(sink, columns, style, chunk?)?;
            let mut from = 0;
            while from < encoder.len() {
                let output = &mut self.channel.output;
                let to = match sink {
                    Sink::Copy(copy) if sent == 0 && from == 0 => {
                        copy.first(output, |out| encoder.write(0..1, out))?;
                        1
                    }
                    _ => {
                        let to = encoder.len().min(from + ROWS_AT_ONCE);
                        encoder.write(from..to, output)?;
                        to
                    }
                };
                from = to;
                if output.len() > FLUSH_BYTES {
                    let (watch, channel) = (rows.watch(), &mut self.channel);
                    watch.guard(async { Ok(channel.flush().await) }).await??;
                }
            }
            sent += encoder.len() as u64;
        }
    }
}

/// Leaves out rows; gives how many there were.
async fn skip(rows: &mut Rows, count: u64) -> Result<u64, ServerError> {
    let mut left = count;
    while left > 0 {
        match rows.next(usize::try_from(left).unwrap_or(usize::MAX)).await {
            Some(chunk) => left -= Chunk::len(&chunk?) as u64,
            None => break,
        }
    }
    Ok(count - left)
}

async fn bound(
    session: &crate::core::Session,
    result: hyperslab::QueryResult,
    values: Vec<ScalarValue>,
) -> Result<hyperslab::QueryResult, ServerError> {
    let values = ParamValues::from(values);
    Ok(result.with_parameters(session.context(), values).await?)
}

/// How many rows a statement that writes says that it wrote.
async fn affected(result: hyperslab::QueryResult) -> Option<u64> {
    let batches = result.collect().await.ok()?;
    let column = batches.first()?.columns().first()?;
    let count = ScalarValue::try_from_array(column, 0).ok()?;
    count.to_string().parse().ok()
}

/// A tag with the count of rows, where it has one.
fn counted(tag: &str, rows: u64) -> String {
    match tag {
        "SELECT" | "FETCH" => format!("{tag} {rows}"),
        // Everything that the query engine answers in its own words.
        "WITH" | "VALUES" | "TABLE" | "FROM" | "DESCRIBE" | "DESC" => format!("SELECT {rows}"),
        _ => tag.to_string(),
    }
}
