//! The functions that queries may call, by name: what they take, what they give, and what they do.

mod aggregates;
mod arithmetic;
mod arrays;
mod catalogue;
mod json;
mod md5;
mod objects;
mod patterns;
mod privileges;
mod resolve;
mod session;
mod strings;
mod system;
#[cfg(test)]
mod tests;
mod times;

use std::collections::HashMap;
use std::sync::OnceLock;

pub(crate) use arrays::collect_array;
pub(crate) use json::json_input;
pub(crate) use resolve::{Choice, choose, polymorphic};

use crate::error::PgError;
use crate::eval::Run;
use crate::value::Value;

/// A function with one list of argument types.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    pub name: &'static str,
    pub args: &'static [u32],
    pub result: u32,
    /// The last argument may be repeated; it is `any` or an array type.
    pub variadic: bool,
    /// How many of the last arguments may be left out.
    pub optional: usize,
    /// NULL for any argument gives NULL.
    pub strict: bool,
    pub body: FunctionBody,
}

/// What a function does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FunctionBody {
    Scalar(fn(&Call<'_>) -> Result<Value, PgError>),
    /// Many values; with columns, each is a record of them.
    Set {
        run: fn(&Call<'_>) -> Result<Vec<Value>, PgError>,
        columns: &'static [(&'static str, u32)],
    },
    Aggregate(fn(&Call<'_>, &[Vec<Value>]) -> Result<Value, PgError>),
    Window(WindowKind),
}

/// Functions that only make sense over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowKind {
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
}

/// The arguments of one call.
pub(crate) struct Call<'a> {
    pub run: &'a Run<'a>,
    pub args: &'a [Value],
    pub types: &'a [u32],
    pub result: u32,
}

impl Call<'_> {
    /// An argument; NULL if it was left out.
    pub fn arg(&self, at: usize) -> &Value {
        self.args.get(at).unwrap_or(&Value::Null)
    }

    pub fn str(&self, at: usize) -> &str {
        self.arg(at).as_str().unwrap_or_default()
    }

    pub fn int(&self, at: usize) -> i64 {
        self.arg(at).as_int().unwrap_or_default()
    }

    pub fn float(&self, at: usize) -> f64 {
        match self.arg(at) {
            Value::Float(x) => *x,
            Value::Numeric(n) => n.to_f64(),
            #[expect(clippy::cast_precision_loss, reason = "as PostgreSQL does")]
            v => v.as_int().unwrap_or_default() as f64,
        }
    }

    pub fn oid(&self, at: usize) -> u32 {
        u32::try_from(self.int(at)).unwrap_or(0)
    }

    pub fn bool(&self, at: usize) -> bool {
        self.arg(at).is_true()
    }

    pub fn ty(&self, at: usize) -> u32 {
        self.types.get(at).copied().unwrap_or(0)
    }

    /// An argument as text; empty for NULL.
    pub fn text(&self, at: usize) -> String {
        self.arg(at).to_text(self.ty(at)).unwrap_or_default()
    }
}

const fn function(name: &'static str, args: &'static [u32], result: u32, body: FunctionBody) -> Function {
    Function { name, args, result, variadic: false, optional: 0, strict: true, body }
}

/// A function of one value, which is NULL for any NULL.
const fn scalar(
    name: &'static str,
    args: &'static [u32],
    result: u32,
    run: fn(&Call<'_>) -> Result<Value, PgError>,
) -> Function {
    function(name, args, result, FunctionBody::Scalar(run))
}

/// A function of many values.
const fn set(
    name: &'static str,
    args: &'static [u32],
    result: u32,
    run: fn(&Call<'_>) -> Result<Vec<Value>, PgError>,
) -> Function {
    function(name, args, result, FunctionBody::Set { run, columns: &[] })
}

/// A function of many rows.
const fn table(
    name: &'static str,
    args: &'static [u32],
    columns: &'static [(&'static str, u32)],
    run: fn(&Call<'_>) -> Result<Vec<Value>, PgError>,
) -> Function {
    function(name, args, crate::types::RECORD, FunctionBody::Set { run, columns })
}

impl Function {
    /// The same function, called for NULL as well.
    const fn lax(mut self) -> Self {
        self.strict = false;
        self
    }

    const fn variadic(mut self) -> Self {
        self.variadic = true;
        self
    }

    const fn optional(mut self, count: usize) -> Self {
        self.optional = count;
        self
    }

    pub fn is_aggregate(&self) -> bool {
        matches!(self.body, FunctionBody::Aggregate(_))
    }

    pub fn is_set(&self) -> bool {
        matches!(self.body, FunctionBody::Set { .. })
    }
}

/// Whether a function of this name can be called.
pub(crate) fn exists(name: &str) -> bool {
    !named(None, name).is_empty()
}

/// All functions of a name; names are in lower case.
pub(crate) fn named(schema: Option<&str>, name: &str) -> &'static [&'static Function] {
    static BY_NAME: OnceLock<HashMap<&'static str, Vec<&'static Function>>> = OnceLock::new();
    let by_name = BY_NAME.get_or_init(|| {
        let mut by_name: HashMap<&'static str, Vec<&'static Function>> = HashMap::new();
        for function in ALL.iter().flat_map(|list| list.iter()) {
            by_name.entry(function.name).or_default().push(function);
        }
        by_name
    });
    // `information_schema` has its own few.
    let own = name.starts_with("_pg_");
    match schema {
        Some("pg_catalog") if !own => {}
        Some("information_schema") if own => {}
        None => {}
        _ => return &[],
    }
    by_name.get(name).map_or(&[], Vec::as_slice)
}

/// The functions that operators stand for; their names are those of the operators.
pub(crate) fn operator_functions() -> impl Iterator<Item = &'static Function> {
    [
        arithmetic::OPERATORS,
        arrays::OPERATORS,
        json::OPERATORS,
        patterns::OPERATORS,
        strings::OPERATORS,
        times::OPERATORS,
    ]
    .into_iter()
    .flatten()
}

static ALL: &[&[Function]] = &[
    aggregates::FUNCTIONS,
    arithmetic::FUNCTIONS,
    arrays::FUNCTIONS,
    catalogue::FUNCTIONS,
    json::FUNCTIONS,
    objects::FUNCTIONS,
    patterns::FUNCTIONS,
    privileges::FUNCTIONS,
    privileges::OF_COLUMNS_AND_ROLES,
    session::FUNCTIONS,
    strings::FUNCTIONS,
    system::FUNCTIONS,
    times::FUNCTIONS,
];
