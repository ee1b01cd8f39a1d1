//! Functions that the query engine has under another name or in another form, and those that know the session.

use hyperslab::datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, LimitClause,
    ObjectName, Query, SelectItem, TableAlias, TableFactor, Value,
};

use super::expr::{Place, call, double, function_of, infix, nested, text};
use super::query::{number, quoted};
use super::{Who, cast, names, types};
use crate::error::ServerError;

type Result<T> = std::result::Result<T, ServerError>;

/// A function in the form of the query engine. Its arguments are done.
pub(super) fn function(mut function: Function, who: &Who, place: Place) -> Result<Expr> {
    let name = names::last(&function.name);
    if function.name.0.len() > 1 && is_system(&function.name) {
        function.name = ObjectName::from(vec![quoted(&name)]);
    }
    if let FunctionArguments::None = function.args
        && let Some(value) = sql_value_of(&name, who)
    {
        return Ok(value);
    }
    if name == "make_interval" {
        position_arguments(&mut function);
    }
    let length = match name.as_str() {
        "ntile" if function.over.is_some() => Some("int4"),
        "row_number" | "rank" | "dense_rank" if function.over.is_some() => Some("int8"),
        "regexp_count" => Some("int4"),
        _ => None,
    };
    if let Some(length) = length.filter(|_| place == Place::Column) {
        // The query engine counts without a sign.
        return Ok(cast::engine_cast(Expr::Function(function), types::engine_type(length)));
    }
    let Some(args) = plain_arguments(&function) else {
        rename(&mut function, &name);
        return Ok(Expr::Function(function));
    };
    Ok(match (name.as_str(), args.as_slice()) {
        ("current_database" | "current_catalog", []) => text(&who.database),
        ("current_schema", []) => text(&who.schema),
        ("version", []) => text(&who.version),
        ("pg_backend_pid", []) => {
            cast::engine_cast(number(who.process.unsigned_abs().into()), types::engine_type("int4"))
        }
        ("now" | "transaction_timestamp" | "statement_timestamp" | "clock_timestamp", []) => call("now", Vec::new()),
        ("current_timestamp", _) => call("now", Vec::new()),
        ("localtimestamp", _) => local_now(),
        (
            "current_user" | "session_user" | "user" | "current_role" | "current_date" | "current_time" | "localtime",
            _,
        ) => sql_value_of(&name, who).unwrap_or(Expr::Function(function)),
        ("mod", [left, right]) => nested(infix(operand(left), BinaryOperator::Modulo, operand(right))),
        ("pow", [left, right]) => call("power", vec![left.clone(), right.clone()]),
        ("date_part", [field, time]) => match literal(field) {
            Some(field) => date_part(&field.to_ascii_lowercase(), time.clone(), place)?,
            None => Expr::Function(function),
        },
        ("to_timestamp", [_]) => {
            // PostgreSQL counts seconds on the clock of UTC.
            cast::instant(Expr::Function(function))
        }
        ("isfinite", [value]) => nested(infix(value.clone(), BinaryOperator::Eq, value.clone())),
        ("generate_series", _) if place == Place::Column => call("unnest", vec![Expr::Function(function)]),
        ("timezone", [_, _]) => Expr::Function(function),
        ("bool", [value]) => cast::cast(value.clone(), &types::engine_type("bool"))?,
        ("int2" | "int4" | "int8" | "text" | "date", [value]) => cast::cast(value.clone(), &types::engine_type(&name))?,
        ("float8" | "numeric", [value]) => double(value.clone()),
        _ => {
            rename(&mut function, &name);
            Expr::Function(function)
        }
    })
}

/// Puts the named arguments of `make_interval` in their places.
fn position_arguments(function: &mut Function) {
    const NAMES: [&str; 7] = ["years", "months", "weeks", "days", "hours", "mins", "secs"];
    let FunctionArguments::List(list) = &mut function.args else { return };
    let mut places: Vec<FunctionArg> =
        NAMES.iter().map(|_| FunctionArg::Unnamed(FunctionArgExpr::Expr(number(0)))).collect();
    for (at, arg) in list.args.iter().enumerate() {
        let (at, arg) = match arg {
            FunctionArg::Unnamed(arg) => (Some(at), arg),
            FunctionArg::Named { name, arg, .. } => (NAMES.iter().position(|n| *n == names::folded(name)), arg),
            FunctionArg::ExprNamed { name: Expr::Identifier(name), arg, .. } => {
                (NAMES.iter().position(|n| *n == names::folded(name)), arg)
            }
            FunctionArg::ExprNamed { arg, .. } => (None, arg),
        };
        match at.and_then(|at| places.get_mut(at)) {
            Some(place) => *place = FunctionArg::Unnamed(arg.clone()),
            // The function itself says what it takes.
            None => return,
        }
    }
    list.args = places;
}

/// Functions of the same arguments under another name.
fn rename(function: &mut Function, name: &str) {
    const OTHER: [(&str, &str); 5] = [
        ("ceiling", "ceil"),
        ("every", "bool_and"),
        ("variance", "var_samp"),
        ("substring", "substr"),
        ("regexp_matches", "regexp_match"),
    ];
    if let Some((_, other)) = OTHER.iter().find(|(theirs, _)| *theirs == name) {
        function.name = ObjectName::from(vec![quoted(other)]);
    }
}

/// Whether a name is one of PostgreSQL's own schema.
pub(super) fn is_system(name: &ObjectName) -> bool {
    name.0.first().and_then(|part| part.as_ident()).is_some_and(|ident| names::folded(ident) == "pg_catalog")
}

/// The arguments of a call that has nothing but arguments.
fn plain_arguments(function: &Function) -> Option<Vec<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let is_plain = list.duplicate_treatment.is_none()
        && list.clauses.is_empty()
        && function.over.is_none()
        && function.filter.is_none()
        && function.within_group.is_empty();
    if !is_plain {
        return None;
    }
    list.args
        .iter()
        .map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
            _ => None,
        })
        .collect()
}

pub(super) fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// An argument as an operand, which keeps together.
fn operand(expr: &Expr) -> Expr {
    match expr {
        Expr::BinaryOp { .. } => nested(expr.clone()),
        _ => expr.clone(),
    }
}

fn local_now() -> Expr {
    cast::engine_cast(call("now", Vec::new()), types::engine_type("timestamp"))
}

/// The value of a word without parentheses, such as `current_user`.
pub(super) fn sql_value(word: &str, who: &Who) -> Expr {
    sql_value_of(word, who).unwrap_or_else(|| Expr::value(Value::Null))
}

fn sql_value_of(word: &str, who: &Who) -> Option<Expr> {
    Some(match word {
        "current_catalog" => text(&who.database),
        "current_date" => call("current_date", Vec::new()),
        "current_role" | "current_user" | "session_user" | "user" => text(&who.user),
        "current_schema" => text(&who.schema),
        "current_time" | "localtime" => call("current_time", Vec::new()),
        "current_timestamp" => call("now", Vec::new()),
        "localtimestamp" => local_now(),
        _ => return None,
    })
}

/// A part of a time. It is a whole number to the query engine, and a number of eight bytes to PostgreSQL, where a second
/// has a fraction.
pub(super) fn date_part(field: &str, time: Expr, place: Place) -> Result<Expr> {
    let part = |field: &str| call("date_part", vec![text(field), time.clone()]);
    Ok(match field {
        "second" | "seconds" | "sec" | "secs" | "s" => {
            nested(infix(double(part("microsecond")), BinaryOperator::Divide, double(number(1_000_000))))
        }
        "millisecond" | "milliseconds" | "msec" | "msecs" | "ms" => {
            nested(infix(double(part("microsecond")), BinaryOperator::Divide, double(number(1_000))))
        }
        "epoch" => part("epoch"),
        _ if place == Place::Condition => part(field),
        _ => double(part(field)),
    })
}

/// `EXISTS` as a value, which the query engine has in conditions alone: whether there is a first row.
pub(super) fn exists(mut subquery: Box<Query>, negated: bool) -> Expr {
    if subquery.limit_clause.is_none() {
        subquery.limit_clause =
            Some(LimitClause::LimitOffset { limit: Some(number(1)), offset: None, limit_by: Vec::new() });
    }
    let rows = Function { args: count_all(), ..function_of("count") };
    let op = if negated { BinaryOperator::Eq } else { BinaryOperator::Gt };
    let item = SelectItem::UnnamedExpr(infix(Expr::Function(rows), op, number(0)));
    let from = TableFactor::Derived {
        lateral: false,
        subquery,
        alias: Some(TableAlias { explicit: true, name: quoted("rows"), columns: Vec::new(), at: None }),
        sample: None,
    };
    Expr::Subquery(Box::new(super::query::select(vec![item], from)))
}

fn count_all() -> FunctionArguments {
    FunctionArguments::List(FunctionArgumentList {
        duplicate_treatment: None,
        args: vec![FunctionArg::Unnamed(FunctionArgExpr::Wildcard)],
        clauses: Vec::new(),
    })
}

/// Whether two spans of time have an instant in common; each is in the order of its ends.
pub(super) fn overlaps(left: Vec<Expr>, right: Vec<Expr>) -> Result<Expr> {
    let ([a, b], [c, d]) = (left.as_slice(), right.as_slice()) else {
        return Err(super::query::unsupported("`OVERLAPS` of other than two times each"));
    };
    let end = |start: &Expr, end: &Expr| match end {
        Expr::Interval(_) => nested(infix(start.clone(), BinaryOperator::Plus, end.clone())),
        _ => end.clone(),
    };
    let (b, d) = (end(a, b), end(c, d));
    let least = |x: &Expr, y: &Expr| call("least", vec![x.clone(), y.clone()]);
    let greatest = |x: &Expr, y: &Expr| call("greatest", vec![x.clone(), y.clone()]);
    let both = infix(
        infix(least(a, &b), BinaryOperator::Lt, greatest(c, &d)),
        BinaryOperator::And,
        infix(least(c, &d), BinaryOperator::Lt, greatest(a, &b)),
    );
    let same = infix(least(a, &b), BinaryOperator::Eq, least(c, &d));
    Ok(nested(infix(both, BinaryOperator::Or, same)))
}
