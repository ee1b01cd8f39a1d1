//! [`Prepared`]: a statement that was planned once and runs many times, with values for its parameters.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyperslab::QueryResult;
use hyperslab::datafusion::arrow::array::RecordBatch;
use hyperslab::datafusion::arrow::datatypes::{Schema, SchemaRef};

use super::client::Client;
use super::parameters::{self, Parameters};
use super::statement::{self, Planned};
use crate::core::is_read;
use crate::error::{ServerError, code};

/// Rows of parameters in one execution.
const MOST_ROWS: usize = 10_000;

/// A statement that runs many times.
#[derive(Debug)]
pub(super) struct Prepared {
    text: String,
    /// `None` for a statement that changes something: it is read and planned when it runs.
    query: Option<QueryResult>,
    parameters: Parameters,
    bound: Mutex<Option<Vec<RecordBatch>>>,
}

impl Prepared {
    /// Prepares the statement of a text.
    ///
    /// # Errors
    /// When it cannot be planned, or was stopped.
    pub async fn new(client: &Client, text: &str, timeout: Option<Duration>) -> Result<Self, ServerError> {
        let mut statement = statement::parse(client.session().context(), text)?;
        parameters::number(&mut statement)?;
        let (query, parameters) = match is_read(&statement) {
            true => {
                let mut watch = client.session().watch(text, timeout).unlogged();
                let planned = client.session().plan(&watch, statement).await;
                let query = planned.inspect_err(|e| watch.failed(e))?;
                let parameters = Parameters::of(&query)?;
                (Some(query), parameters)
            }
            false => (None, Parameters::Numbered(Vec::new())),
        };
        Ok(Self { text: text.to_string(), query, parameters, bound: Mutex::default() })
    }

    /// The columns of the answer, as far as they are known before the values are.
    pub fn schema(&self) -> Option<SchemaRef> {
        self.query.as_ref().map(QueryResult::schema)
    }

    /// The query, to look at its plan.
    pub fn query(&self) -> Option<&QueryResult> {
        self.query.as_ref()
    }

    /// The parameters, as columns.
    pub fn parameter_schema(&self) -> Schema {
        self.parameters.schema()
    }

    /// Binds rows of values, one execution each.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn bind(&self, batches: Vec<RecordBatch>) -> Result<(), ServerError> {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if rows > MOST_ROWS {
            return Err(ServerError::new(
                code::LIMIT_EXCEEDED,
                format!("{rows} rows of parameters, expected at most {MOST_ROWS}"),
            ));
        }
        for batch in &batches {
            for row in 0..batch.num_rows() {
                self.parameters.values(batch, row)?;
            }
        }
        *self.bound.lock().unwrap_or_else(PoisonError::into_inner) = Some(batches);
        Ok(())
    }

    /// Plans an execution with the values that are bound.
    ///
    /// # Errors
    /// When there are no values for the parameters, or it cannot be planned.
    pub async fn plan(&self, client: &Client, timeout: Option<Duration>) -> Result<Planned, ServerError> {
        let Some(query) = &self.query else {
            let statement = statement::parse(client.session().context(), &self.text)?;
            return Planned::of(client, &self.text, statement, timeout).await;
        };
        if self.parameters.len() == 0 {
            return Ok(Planned::each(&self.text, timeout, [query.clone()]));
        }
        let bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let bound = bound.ok_or_else(|| {
            ServerError::new(
                code::INVALID_PARAMETER_VALUE,
                format!("no values for the parameters, expected {}", self.parameters.len()),
            )
            .hint("bind them before the statement runs")
        })?;
        let mut results = Vec::new();
        for batch in &bound {
            for row in 0..batch.num_rows() {
                let values = self.parameters.values(batch, row)?;
                results.push(query.clone().with_parameters(client.session().context(), values).await?);
            }
        }
        Ok(Planned::each(&self.text, timeout, results).with_schema_of(query))
    }
}
