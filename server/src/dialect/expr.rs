//! Expressions: operators, casts, special forms and functions that the query engine writes in another way.

use std::ops::ControlFlow;

use hyperslab::datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
    Interval as IntervalLiteral, ObjectName, Query, UnaryOperator, Value, VisitMut, VisitorMut,
};

use super::query::{Level, number, quoted, unsupported};
use super::text::{SECOND, interval as intervals};
use super::{Rewrite, cast, functions, names, pattern};
use crate::error::{ServerError, code};

type Result<T> = std::result::Result<T, ServerError>;

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where its type is seen.
    Column,
    /// Where only its truth counts, so that it can stay in the form that prunes best.
    Condition,
}

impl Rewrite<'_> {
    /// Rewrites an expression in place.
    pub(super) fn expr(&self, expr: &mut Expr, place: Place) -> Result<()> {
        let mut visitor = InExpression { rewrite: self, place, depth: 0 };
        match expr.visit(&mut visitor) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(error) => Err(error),
        }
    }
}

/// Rewrites the parts of an expression before the whole. A query inside is walked by itself.
struct InExpression<'a> {
    rewrite: &'a Rewrite<'a>,
    place: Place,
    depth: usize,
}

impl VisitorMut for InExpression<'_> {
    type Break = ServerError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<ServerError> {
        self.depth += 1;
        if self.depth == 1
            && let Err(error) = self.rewrite.query(query, Level::Value)
        {
            return ControlFlow::Break(error);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<ServerError> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<ServerError> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        let taken = std::mem::replace(expr, Expr::value(Value::Null));
        match self.one(taken) {
            Ok(new) => {
                *expr = new;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl InExpression<'_> {
    /// One expression, whose parts are done.
    fn one(&self, expr: Expr) -> Result<Expr> {
        match expr {
            Expr::Value(mut value) => {
                value.value = plain_text(value.value);
                Ok(Expr::Value(value))
            }
            Expr::Identifier(ident) => Ok(match names::sql_value(&ident) {
                Some(word) => functions::sql_value(word, self.rewrite.who),
                None => Expr::Identifier(ident),
            }),
            Expr::Collate { expr, collation } => match is_byte_order(&collation) {
                true => Ok(*expr),
                false => Err(unsupported(&format!("the collation `{collation}`"))
                    .hint("text is compared byte by byte, as in `C`")),
            },
            Expr::Cast { expr, data_type, .. } => cast::cast(*expr, &data_type),
            Expr::TypedString(typed) => {
                let value = plain_text(typed.value.value);
                cast::cast(Expr::value(value), &typed.data_type)
            }
            Expr::Interval(literal) => interval_literal(literal),
            Expr::AtTimeZone { timestamp, time_zone } => Ok(call("timezone", vec![*time_zone, *timestamp])),
            Expr::Extract { field, expr, .. } => {
                let field = field.to_string().trim_matches('\'').to_ascii_lowercase();
                functions::date_part(&field, *expr, self.place)
            }
            Expr::UnaryOp { op, expr } => Ok(unary(op, *expr)),
            Expr::BinaryOp { left, op, right } => binary(*left, op, *right),
            Expr::Like { negated, any, expr, pattern, escape_char } => {
                let (pattern, escape_char) = pattern::escaped(*pattern, escape_char)?;
                Ok(Expr::Like { negated, any, expr, pattern: Box::new(pattern), escape_char })
            }
            Expr::ILike { negated, any, expr, pattern, escape_char } => {
                let (pattern, escape_char) = pattern::escaped(*pattern, escape_char)?;
                Ok(Expr::ILike { negated, any, expr, pattern: Box::new(pattern), escape_char })
            }
            Expr::SimilarTo { negated, expr, pattern, escape_char } => {
                pattern::similar(*expr, *pattern, escape_char, negated)
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for: None, .. }
                if pattern::is_text(&from) =>
            {
                Ok(pattern::substring(*expr, *from))
            }
            Expr::Exists { subquery, negated } if self.place == Place::Column => {
                Ok(functions::exists(subquery, negated))
            }
            Expr::Function(function) => functions::function(function, self.rewrite.who, self.place),
            other => Ok(other),
        }
    }
}

/// Strings in every notation as plain ones.
fn plain_text(value: Value) -> Value {
    match value {
        Value::EscapedStringLiteral(text) | Value::UnicodeStringLiteral(text) | Value::NationalStringLiteral(text) => {
            Value::SingleQuotedString(text)
        }
        Value::DollarQuotedString(text) => Value::SingleQuotedString(text.value),
        other => other,
    }
}

/// Whether a collation puts text in the order of its bytes, which is the order here.
fn is_byte_order(collation: &ObjectName) -> bool {
    matches!(
        names::last(collation).as_str(),
        "C" | "POSIX" | "default" | "ucs_basic" | "C.UTF-8" | "C.utf8" | "c" | "posix"
    )
}

fn unary(op: UnaryOperator, expr: Expr) -> Expr {
    match op {
        UnaryOperator::Minus if as_interval(&expr).is_some() => {
            interval(as_interval(&expr).unwrap_or_default().negated())
        }
        UnaryOperator::PGAbs => call("abs", vec![expr]),
        UnaryOperator::PGSquareRoot => call("sqrt", vec![expr]),
        UnaryOperator::PGCubeRoot => call("cbrt", vec![expr]),
        UnaryOperator::BitwiseNot => {
            let ones = Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(number(1)) };
            nested(infix(expr, BinaryOperator::BitwiseXor, ones))
        }
        op => Expr::UnaryOp { op, expr: Box::new(expr) },
    }
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Result<Expr> {
    let op = match op {
        BinaryOperator::PGCustomBinaryOperator(parts) => {
            operator(parts.last().map(String::as_str).unwrap_or_default())?
        }
        op => op,
    };
    Ok(match op {
        BinaryOperator::PGExp => call("power", vec![left, right]),
        BinaryOperator::PGBitwiseXor => infix(left, BinaryOperator::BitwiseXor, right),
        BinaryOperator::PGLikeMatch => like(left, right, false, false),
        BinaryOperator::PGNotLikeMatch => like(left, right, true, false),
        BinaryOperator::PGILikeMatch => like(left, right, false, true),
        BinaryOperator::PGNotILikeMatch => like(left, right, true, true),
        BinaryOperator::StringConcat => infix(as_text(left), BinaryOperator::StringConcat, as_text(right)),
        BinaryOperator::Overlaps => match (left, right) {
            (Expr::Tuple(left), Expr::Tuple(right)) => functions::overlaps(left, right)?,
            (left, right) => infix(left, BinaryOperator::Overlaps, right),
        },
        op => infix(left, op, right),
    })
}

/// An operator by its sign.
fn operator(sign: &str) -> Result<BinaryOperator> {
    Ok(match sign {
        "~" => BinaryOperator::PGRegexMatch,
        "~*" => BinaryOperator::PGRegexIMatch,
        "!~" => BinaryOperator::PGRegexNotMatch,
        "!~*" => BinaryOperator::PGRegexNotIMatch,
        "~~" => BinaryOperator::PGLikeMatch,
        "~~*" => BinaryOperator::PGILikeMatch,
        "!~~" => BinaryOperator::PGNotLikeMatch,
        "!~~*" => BinaryOperator::PGNotILikeMatch,
        "=" => BinaryOperator::Eq,
        "<>" | "!=" => BinaryOperator::NotEq,
        "<" => BinaryOperator::Lt,
        "<=" => BinaryOperator::LtEq,
        ">" => BinaryOperator::Gt,
        ">=" => BinaryOperator::GtEq,
        "+" => BinaryOperator::Plus,
        "-" => BinaryOperator::Minus,
        "*" => BinaryOperator::Multiply,
        "/" => BinaryOperator::Divide,
        "%" => BinaryOperator::Modulo,
        "^" => BinaryOperator::PGExp,
        "||" => BinaryOperator::StringConcat,
        "&" => BinaryOperator::BitwiseAnd,
        "|" => BinaryOperator::BitwiseOr,
        "#" => BinaryOperator::PGBitwiseXor,
        "<<" => BinaryOperator::PGBitwiseShiftLeft,
        ">>" => BinaryOperator::PGBitwiseShiftRight,
        other => {
            return Err(ServerError::new(code::UNDEFINED_FUNCTION, format!("no operator `{other}`")));
        }
    })
}

fn like(expr: Expr, pattern: Expr, negated: bool, is_any_case: bool) -> Expr {
    let (expr, pattern) = (Box::new(expr), Box::new(pattern));
    match is_any_case {
        true => Expr::ILike { negated, any: false, expr, pattern, escape_char: None },
        false => Expr::Like { negated, any: false, expr, pattern, escape_char: None },
    }
}

/// An operand of `||`: text, unless it is an array.
fn as_text(expr: Expr) -> Expr {
    match &expr {
        Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_) | Value::Null) => expr,
        Expr::BinaryOp { op: BinaryOperator::StringConcat, .. } => expr,
        _ => call(cast::FUNCTION, vec![expr, text("operand of ||")]),
    }
}

/// `INTERVAL '1' DAY` and what else stands in a literal, in the form that the query engine reads.
fn interval_literal(literal: IntervalLiteral) -> Result<Expr> {
    let Expr::Value(value) = literal.value.as_ref() else { return Ok(Expr::Interval(literal)) };
    let Value::SingleQuotedString(written) = &value.value else { return Ok(Expr::Interval(literal)) };
    let field =
        literal.last_field.as_ref().or(literal.leading_field.as_ref()).map(|field| field.to_string().to_lowercase());
    let parsed = intervals::parse(written, field.as_deref())
        .ok_or_else(|| ServerError::new(code::INVALID_TIME, format!("`{written}` is no value of type interval")))?;
    Ok(interval(parsed.truncated(field.as_deref())))
}

/// The value of an interval that was written as [`interval`] writes it.
fn as_interval(expr: &Expr) -> Option<intervals::Interval> {
    match expr {
        Expr::Interval(literal) if literal.leading_field.is_none() => {
            functions::literal(&literal.value).and_then(|text| intervals::parse(text, None))
        }
        _ => None,
    }
}

/// An interval as a literal of the query engine.
pub(super) fn interval(value: intervals::Interval) -> Expr {
    let intervals::Interval { months, days, micros } = value;
    let sign = if micros < 0 { "-" } else { "" };
    let (seconds, rest) = ((micros / SECOND).unsigned_abs(), (micros % SECOND).unsigned_abs());
    let written = format!("{months} months {days} days {sign}{seconds}.{rest:06} seconds");
    Expr::Interval(IntervalLiteral {
        value: Box::new(text(&written)),
        leading_field: None,
        leading_precision: None,
        last_field: None,
        fractional_seconds_precision: None,
    })
}

/// A text literal.
pub(super) fn text(value: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(value.to_string()))
}

pub(super) fn infix(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

pub(super) fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

/// An expression as a `DOUBLE`.
pub(super) fn double(expr: Expr) -> Expr {
    cast::engine_cast(expr, DataType::DoublePrecision)
}

/// The call of a function.
pub(super) fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    let args = FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() });
    Expr::Function(Function { args, ..function_of(name) })
}

/// A function without its arguments.
pub(super) fn function_of(name: &str) -> Function {
    Function {
        name: ObjectName::from(vec![quoted(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::None,
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    }
}
