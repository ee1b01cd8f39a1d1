//! Operators whose meaning follows from the types on both sides, which a rewrite of the text does not know.
//!
//! ```text
//! timestamp - timestamp     an interval of days and a time
//! date - date               a number of four bytes
//! date + interval           a timestamp
//! interval < interval       by their length
//! boolean = 'f'             the value of the word
//! timestamp >= '3 May 2020' the time of the text
//! ```

use hyperslab::datafusion::arrow::datatypes::{DataType, TimeUnit};
use hyperslab::datafusion::common::{DFSchema, Result, ScalarValue};
use hyperslab::datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use hyperslab::datafusion::logical_expr::{Expr, ExprSchemable, Operator, binary_expr, cast, lit};
use hyperslab::datafusion::sql::sqlparser::ast::BinaryOperator;

use super::cast::boolean;
use super::text::time;
use super::udf::{between, length};

/// Plans the operators of times, intervals and words.
#[derive(Debug)]
pub(super) struct Operators;

const TIME: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

impl ExprPlanner for Operators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        // A parameter has no type yet.
        let (Ok(left), Ok(right)) = (expr.left.get_type(schema), expr.right.get_type(schema)) else {
            return Ok(PlannerResult::Original(expr));
        };
        let planned = match comparison(&expr.op) {
            Some(op) => compared(&expr, op, &left, &right),
            None => computed(&expr, &left, &right),
        };
        Ok(planned.map_or(PlannerResult::Original(expr), PlannerResult::Planned))
    }
}

fn is_moment(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..) | DataType::Date32)
}

fn computed(expr: &RawBinaryExpr, left: &DataType, right: &DataType) -> Option<Expr> {
    let (l, r) = (expr.left.clone(), expr.right.clone());
    match (&expr.op, left, right) {
        (BinaryOperator::Minus, DataType::Date32, DataType::Date32) => {
            Some(cast(binary_expr(l, Operator::Minus, r), DataType::Int32))
        }
        (BinaryOperator::Minus, left, right) if is_moment(left) && is_moment(right) => {
            Some(between().call(vec![cast(l, TIME), cast(r, TIME)]))
        }
        (BinaryOperator::Plus, DataType::Date32, DataType::Interval(_)) => {
            Some(binary_expr(cast(l, TIME), Operator::Plus, r))
        }
        (BinaryOperator::Plus, DataType::Interval(_), DataType::Date32) => {
            Some(binary_expr(cast(r, TIME), Operator::Plus, l))
        }
        (BinaryOperator::Minus, DataType::Date32, DataType::Interval(_)) => {
            Some(binary_expr(cast(l, TIME), Operator::Minus, r))
        }
        _ => None,
    }
}

fn comparison(op: &BinaryOperator) -> Option<Operator> {
    Some(match op {
        BinaryOperator::Eq => Operator::Eq,
        BinaryOperator::NotEq => Operator::NotEq,
        BinaryOperator::Lt => Operator::Lt,
        BinaryOperator::LtEq => Operator::LtEq,
        BinaryOperator::Gt => Operator::Gt,
        BinaryOperator::GtEq => Operator::GtEq,
        _ => return None,
    })
}

fn compared(expr: &RawBinaryExpr, op: Operator, left: &DataType, right: &DataType) -> Option<Expr> {
    if matches!((left, right), (DataType::Interval(_), DataType::Interval(_))) {
        let length = length();
        return Some(binary_expr(length.call(vec![expr.left.clone()]), op, length.call(vec![expr.right.clone()])));
    }
    if let Some(value) = literal(&expr.right).and_then(|text| value_of(text, left)) {
        return Some(binary_expr(expr.left.clone(), op, value));
    }
    let value = literal(&expr.left).and_then(|text| value_of(text, right))?;
    Some(binary_expr(value, op, expr.right.clone()))
}

fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text),
        _ => None,
    }
}

/// A text beside a value of a type, where the query engine does not read it the same.
fn value_of(text: &str, beside: &DataType) -> Option<Expr> {
    match beside {
        DataType::Boolean => boolean(text).map(lit),
        DataType::Timestamp(_, None) | DataType::Date32 => {
            let micros = time::parse(text)?.local()?;
            Some(lit(ScalarValue::TimestampMicrosecond(Some(micros), None)))
        }
        _ => None,
    }
}
