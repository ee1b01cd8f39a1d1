//! The parameters of a prepared statement: `?`, `$1` and `$name` in its text, a column for each in what a client binds.

use std::collections::HashMap;
use std::ops::ControlFlow;

use hyperslab::datafusion::arrow::array::RecordBatch;
use hyperslab::datafusion::arrow::datatypes::{DataType, Field, Schema};
use hyperslab::datafusion::common::{ParamValues, ScalarValue};
use hyperslab::datafusion::sql::parser::Statement as SqlStatement;
use hyperslab::datafusion::sql::sqlparser::ast::{Value, ValueWithSpan, VisitMut, VisitorMut};
use hyperslab::datafusion::sql::sqlparser::tokenizer::Location;
use hyperslab::{QueryResult, Statement};

use super::encode::plain_type;
use crate::error::{ServerError, code};

/// The largest number that a parameter may have.
const MOST: usize = 10_000;

/// Gives each `?` the number of its place in the text, as `$1`, `$2`, ….
///
/// # Errors
/// When there are parameters of both kinds.
pub(super) fn number(statement: &mut Statement) -> Result<(), ServerError> {
    let Statement::Sql(sql) = statement else { return Ok(()) };
    number_sql(sql)
}

fn number_sql(sql: &mut SqlStatement) -> Result<(), ServerError> {
    let ast = match sql {
        SqlStatement::Statement(ast) => ast,
        SqlStatement::Explain(explain) => return number_sql(&mut explain.statement),
        _ => return Ok(()),
    };
    let mut found = Places::default();
    // The visitor never breaks.
    let _ = ast.visit(&mut found);
    if found.marks.is_empty() {
        return Ok(());
    }
    if found.others {
        return Err(ServerError::new(
            code::SYNTAX_ERROR,
            "parameters `?` and `$1` in one statement, expected those of one kind",
        ));
    }
    found.marks.sort_unstable();
    let _ = ast.visit(&mut Numbered { marks: found.marks });
    Ok(())
}

/// Where the parameters are.
#[derive(Default)]
struct Places {
    marks: Vec<Location>,
    others: bool,
}

impl VisitorMut for Places {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        match &value.value {
            Value::Placeholder(text) if text == "?" => self.marks.push(value.span.start),
            Value::Placeholder(_) => self.others = true,
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Writes the numbers of `marks`, which are in the order of the text: a visitor comes by in another order.
struct Numbered {
    marks: Vec<Location>,
}

impl VisitorMut for Numbered {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Value::Placeholder(text) = &mut value.value
            && text == "?"
            && let Ok(at) = self.marks.binary_search(&value.span.start)
        {
            *text = format!("${}", at.saturating_add(1));
        }
        ControlFlow::Continue(())
    }
}

/// The parameters of a statement, in the order of the columns that are bound to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parameters {
    /// `$1`, `$2`, …, with the type that each asks for.
    Numbered(Vec<Option<DataType>>),
    /// `$name`, in the order of their names.
    Named(Vec<(String, Option<DataType>)>),
}

impl Parameters {
    /// The parameters of a query.
    ///
    /// # Errors
    /// When two places of one parameter ask for different types, or there are numbers and names.
    pub fn of(result: &QueryResult) -> Result<Self, ServerError> {
        let found = result.parameters()?;
        let (mut numbered, mut named) = (Vec::new(), Vec::new());
        for (placeholder, data_type) in found {
            let name = placeholder.strip_prefix('$').unwrap_or(&placeholder);
            match name.parse::<usize>() {
                Ok(number) => {
                    let Some(at) = number.checked_sub(1).filter(|at| *at < MOST) else {
                        return Err(ServerError::new(
                            code::SYNTAX_ERROR,
                            format!("parameter `{placeholder}`, expected a number from 1 to {MOST}"),
                        ));
                    };
                    if numbered.len() <= at {
                        numbered.resize(at.saturating_add(1), None);
                    }
                    if let Some(place) = numbered.get_mut(at) {
                        *place = data_type;
                    }
                }
                Err(_) => named.push((name.to_string(), data_type)),
            }
        }
        match (numbered.is_empty(), named.is_empty()) {
            (_, true) => Ok(Self::Numbered(numbered)),
            (true, false) => {
                named.sort_by(|(a, _), (b, _)| a.cmp(b));
                Ok(Self::Named(named))
            }
            (false, false) => Err(ServerError::new(
                code::SYNTAX_ERROR,
                "parameters with numbers and with names in one statement, expected those of one kind",
            )),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Numbered(types) => types.len(),
            Self::Named(named) => named.len(),
        }
    }

    /// The columns that are to be bound. A parameter that may be of any type is text, which every client can send.
    pub fn schema(&self) -> Schema {
        let field = |name: &str, data_type: &Option<DataType>| {
            let data_type = data_type.as_ref().map_or(DataType::Utf8, |t| plain_type(t, false));
            Field::new(name, data_type, true)
        };
        match self {
            Self::Numbered(types) => Schema::new(
                types
                    .iter()
                    .enumerate()
                    .map(|(at, t)| field(&format!("${}", at.saturating_add(1)), t))
                    .collect::<Vec<_>>(),
            ),
            Self::Named(named) => Schema::new(named.iter().map(|(name, t)| field(name, t)).collect::<Vec<_>>()),
        }
    }

    /// The values of one row of what a client has bound.
    ///
    /// # Errors
    /// When there are too few or too many columns, or a value is not of the type that its place asks for.
    pub fn values(&self, batch: &RecordBatch, row: usize) -> Result<ParamValues, ServerError> {
        if batch.num_columns() != self.len() {
            return Err(ServerError::new(
                code::INVALID_PARAMETER_VALUE,
                format!("{} values for the parameters, expected {}", batch.num_columns(), self.len()),
            ));
        }
        let value = |at: usize, name: &str, data_type: &Option<DataType>| -> Result<ScalarValue, ServerError> {
            let column = batch.columns().get(at).ok_or_else(|| missing(name))?;
            fitted(ScalarValue::try_from_array(column, row)?, data_type.as_ref(), name)
        };
        match self {
            Self::Numbered(types) => {
                let all = types.iter().enumerate();
                let values = all
                    .map(|(at, t)| value(at, &format!("${}", at.saturating_add(1)), t))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(ParamValues::from(values))
            }
            Self::Named(named) => {
                let schema = batch.schema();
                let column = |name: &str| schema.fields().iter().position(|f| f.name().trim_start_matches('$') == name);
                // Columns are found by name where they have the names, else by their places.
                let by_name = named.iter().all(|(name, _)| column(name).is_some());
                let values = named.iter().enumerate().map(|(at, (name, t))| {
                    let at = if by_name { column(name).unwrap_or(at) } else { at };
                    Ok((name.clone(), value(at, name, t)?))
                });
                Ok(ParamValues::from(values.collect::<Result<HashMap<_, _>, ServerError>>()?))
            }
        }
    }
}

fn missing(name: &str) -> ServerError {
    ServerError::new(code::INVALID_PARAMETER_VALUE, format!("no value for parameter `{name}`"))
}

/// A value in the type that its place asks for, where that loses nothing: text is read as what it is to be, a whole
/// number takes the width. The query engine compares all others as it compares columns.
fn fitted(value: ScalarValue, to: Option<&DataType>, name: &str) -> Result<ScalarValue, ServerError> {
    let Some(to) = to else { return Ok(plain_scalar(value)) };
    let value = plain_scalar(value);
    let from = value.data_type();
    if from == *to {
        return Ok(value);
    }
    let is_text = matches!(from, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let fits = value.is_null() || is_text || (from.is_integer() && to.is_integer());
    if !fits {
        return Ok(value);
    }
    let wrong = || {
        ServerError::new(
            if is_text { code::INVALID_TEXT } else { code::INVALID_PARAMETER_VALUE },
            format!("`{value}` for parameter `{name}`, expected a value of type `{to}`"),
        )
    };
    let cast = value.cast_to(to).map_err(|_| wrong())?;
    match cast.is_null() && !value.is_null() {
        true => Err(wrong()),
        false => Ok(cast),
    }
}

/// The value behind an encoding.
fn plain_scalar(value: ScalarValue) -> ScalarValue {
    match value {
        ScalarValue::Dictionary(_, value) => plain_scalar(*value),
        ScalarValue::RunEndEncoded(_, _, value) => plain_scalar(*value),
        value => value,
    }
}

#[cfg(test)]
mod tests;
