//! Whole numbers as PostgreSQL reads them: four bytes where they fit, where the query engine takes eight.
//!
//! Only what decides the type of a column is touched: operands of arithmetic, branches, and arguments that a function
//! answers with. It is the same wherever an expression stands, because the clauses of a query find each other's
//! expressions by their text.

use std::ops::ControlFlow;

use hyperslab::datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, UnaryOperator,
    Value, VisitMut, VisitorMut,
};

use super::names;

/// Functions whose type is that of their arguments.
const TRANSPARENT: [&str; 9] = ["abs", "array_agg", "coalesce", "greatest", "least", "max", "min", "nullif", "sum"];

/// Makes the whole numbers that decide the type of `expr` or of a part of it four bytes long.
pub(super) fn integers(expr: &mut Expr) {
    let _ = expr.visit(&mut Narrow { depth: 0 });
    literal(expr);
}

/// A number, maybe with a sign or in parentheses.
fn literal(expr: &mut Expr) {
    match expr {
        Expr::Value(value) if matches!(&value.value, Value::Number(text, _) if text.parse::<i32>().is_ok()) => {
            let inner = Expr::Value(value.clone());
            *expr = Expr::Cast {
                kind: CastKind::Cast,
                expr: Box::new(inner),
                data_type: DataType::Int(None),
                array: false,
                format: None,
            };
        }
        Expr::Nested(inner) | Expr::UnaryOp { op: UnaryOperator::Plus | UnaryOperator::Minus, expr: inner } => {
            literal(inner);
        }
        _ => {}
    }
}

/// Walks an expression, and passes over queries in it.
struct Narrow {
    depth: usize,
}

impl VisitorMut for Narrow {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::BinaryOp { left, op, right } if is_arithmetic(op) => {
                literal(left);
                literal(right);
            }
            Expr::Case { conditions, else_result, .. } => {
                conditions.iter_mut().for_each(|branch| literal(&mut branch.result));
                if let Some(other) = else_result {
                    literal(other);
                }
            }
            Expr::Array(array) => array.elem.iter_mut().for_each(literal),
            Expr::Function(function) if TRANSPARENT.contains(&names::last(&function.name).as_str()) => {
                if let FunctionArguments::List(list) = &mut function.args {
                    for arg in &mut list.args {
                        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
                            literal(expr);
                        }
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
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
