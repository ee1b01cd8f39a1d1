//! A statement whose names and types are resolved, and its answer.

use std::sync::Arc;
use std::time::Duration;

use sqlparser::ast::Statement;

use crate::bind::{Binder, Fail, is_foreign};
use crate::cast::is_reg;
use crate::error::PgError;
use crate::eval::Run;
use crate::index::CatalogIndex;
use crate::names;
use crate::plan::{Field, QueryPlan};
use crate::relation::Row;
use crate::session::Session;
use crate::types;
use crate::value::Value;

/// A column of an answer, as a row description has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name.
    pub name: String,
    /// The number of its type.
    pub type_oid: u32,
    /// Bytes of a value, -1 when they vary.
    pub type_length: i16,
    /// What narrows the type, -1 for nothing.
    pub typmod: i32,
}

/// A statement that can run any number of times.
#[derive(Debug, Clone)]
pub struct Prepared {
    catalog: Arc<CatalogIndex>,
    plan: Arc<QueryPlan>,
    columns: Vec<OutputColumn>,
    parameters: Vec<u32>,
}

/// What a statement answers.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// One value for each column.
    pub rows: Vec<Row>,
    /// How long `pg_sleep` asked to wait before the rows are sent.
    pub sleep: Option<Duration>,
}

/// Resolves the names and types of a query. `text` is what the statement was parsed from, for positions in errors;
/// `parameter_types` are those that the client gave, 0 for unknown.
///
/// `None` means that the statement is the query engine's: it is not a query, or names a relation, function or type that
/// is not of the catalogue.
///
/// # Errors
///
/// What PostgreSQL would say about the statement, with its code and position.
pub fn prepare(
    text: &str,
    statement: &Statement,
    catalog: &Arc<CatalogIndex>,
    session: &Session,
    parameter_types: &[u32],
) -> Result<Option<Prepared>, PgError> {
    let never = || false;
    let run = Run::new(catalog, session, &[], &never);
    match Binder::new(&run, text, parameter_types).statement(statement) {
        Ok((bound, parameters)) => Ok(Some(Prepared {
            catalog: Arc::clone(catalog),
            columns: bound.fields.iter().map(output).collect(),
            plan: Arc::new(bound.plan),
            parameters,
        })),
        Err(Fail::Foreign) => Ok(None),
        // Nesting is what the search for foreign names cannot stand either.
        Err(Fail::Error(e)) if e.code == "54001" => Err(e),
        Err(Fail::Error(e)) => {
            if is_foreign(statement, catalog, session, e.code == "42704") {
                return Ok(None);
            }
            Err(e)
        }
    }
}

fn output(field: &Field) -> OutputColumn {
    OutputColumn {
        name: field.name.clone(),
        type_oid: field.ty.oid,
        type_length: types::length(field.ty.oid),
        typmod: field.ty.typmod,
    }
}

impl Prepared {
    /// The columns of the answer.
    pub fn columns(&self) -> &[OutputColumn] {
        &self.columns
    }

    /// The types of the parameters, all known.
    pub fn parameter_types(&self) -> &[u32] {
        &self.parameters
    }

    /// Runs the statement. `stop` is asked now and then whether to give up.
    ///
    /// # Errors
    ///
    /// What PostgreSQL would say; `57014` if `stop` says so; `54000` and `53200` for an answer without bounds.
    pub fn run(&self, session: &Session, parameters: &[Value], stop: &dyn Fn() -> bool) -> Result<Answer, PgError> {
        if parameters.len() != self.parameters.len() {
            let (given, wanted) = (parameters.len(), self.parameters.len());
            return Err(PgError::new("08P01", format!("{given} parameters given, expected {wanted}")));
        }
        let lookup = Run::new(&self.catalog, session, &[], stop);
        let resolved = parameters
            .iter()
            .zip(&self.parameters)
            .map(|(v, ty)| named(&lookup, v, *ty))
            .collect::<Result<Vec<_>, _>>()?;
        let run = Run::new(&self.catalog, session, &resolved, stop);
        let rows = run.query(&self.plan, None)?;
        let sleep = run.sleep.get();
        Ok(Answer { rows, sleep: (!sleep.is_zero()).then_some(sleep) })
    }
}

/// Looks names of `reg…` parameters up.
fn named(run: &Run<'_>, value: &Value, ty: u32) -> Result<Value, PgError> {
    match value {
        Value::Text(s) if is_reg(ty) => names::read(run, ty, s),
        Value::Int(n) if is_reg(ty) => Ok(names::reg(run, ty, u32::try_from(*n).unwrap_or(0))),
        Value::Array(a) if types::element_of(ty).is_some_and(is_reg) => {
            let element = types::element_of(ty).unwrap_or(ty);
            let elements = a.elements.iter().map(|e| named(run, e, element)).collect::<Result<_, _>>()?;
            Ok(Value::Array(crate::value::Array { dims: a.dims.clone(), elements }.into()))
        }
        _ => Ok(value.clone()),
    }
}
