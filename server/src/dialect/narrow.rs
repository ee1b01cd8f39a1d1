//! Whole numbers as PostgreSQL reads them: four bytes where they fit, where the query engine takes eight.
//!
//! Only what decides the type of a column is touched: operands of arithmetic, branches, and arguments that a function
//! answers with.

use hyperslab::datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value,
};

use super::names;

/// Functions whose type is that of their arguments.
const TRANSPARENT: [&str; 9] = ["abs", "array_agg", "coalesce", "greatest", "least", "max", "min", "nullif", "sum"];

/// Makes the whole numbers that decide the type of `expr` four bytes long.
pub(super) fn integers(expr: &mut Expr) {
    match expr {
        Expr::Value(value) => {
            if matches!(&value.value, Value::Number(text, _) if text.parse::<i32>().is_ok()) {
                let inner = Expr::Value(value.clone());
                *expr = Expr::Cast {
                    kind: CastKind::Cast,
                    expr: Box::new(inner),
                    data_type: DataType::Int(None),
                    array: false,
                    format: None,
                };
            }
        }
        Expr::Nested(inner)
        | Expr::UnaryOp { op: UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::BitwiseNot, expr: inner } => {
            integers(inner);
        }
        Expr::BinaryOp { left, op, right } if is_arithmetic(op) => {
            integers(left);
            integers(right);
        }
        Expr::Case { conditions, else_result, .. } => {
            conditions.iter_mut().for_each(|branch| integers(&mut branch.result));
            if let Some(other) = else_result {
                integers(other);
            }
        }
        Expr::Array(array) => array.elem.iter_mut().for_each(integers),
        Expr::Function(function) if TRANSPARENT.contains(&names::last(&function.name).as_str()) => {
            if let FunctionArguments::List(list) = &mut function.args {
                for arg in &mut list.args {
                    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
                        integers(expr);
                    }
                }
            }
        }
        _ => {}
    }
}

fn is_arithmetic(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::BitwiseAnd
            | BinaryOperator::BitwiseOr
            | BinaryOperator::BitwiseXor
            | BinaryOperator::PGBitwiseXor
            | BinaryOperator::PGBitwiseShiftLeft
            | BinaryOperator::PGBitwiseShiftRight
    )
}
