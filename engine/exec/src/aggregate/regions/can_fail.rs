//! Whether an expression can fail for some values: then it must not see cells that no region holds.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CastExpr, Column, IsNotNullExpr, IsNullExpr, Literal, NegativeExpr, NotExpr,
};

/// Whether `expr`, over `schema`, can fail; true where nobody knows.
pub(crate) fn can_fail(expr: &Arc<dyn PhysicalExpr>, schema: &Schema) -> bool {
    let is = |expr: &Arc<dyn PhysicalExpr>, of: fn(&DataType) -> bool| expr.data_type(schema).is_ok_and(|t| of(&t));
    let is_safe = if let Some(binary) = expr.downcast_ref::<BinaryExpr>() {
        match binary.op() {
            Operator::And | Operator::Or => true,
            Operator::Eq | Operator::NotEq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => true,
            Operator::IsDistinctFrom | Operator::IsNotDistinctFrom => true,
            Operator::Plus | Operator::Minus | Operator::Multiply | Operator::Divide => is(expr, DataType::is_floating),
            _ => false,
        }
    } else if let Some(cast) = expr.downcast_ref::<CastExpr>() {
        cast.cast_type() == &DataType::Float64 && is(cast.expr(), DataType::is_numeric)
    } else if expr.is::<NegativeExpr>() {
        is(expr, DataType::is_floating)
    } else {
        expr.is::<Column>()
            || expr.is::<Literal>()
            || expr.is::<NotExpr>()
            || expr.is::<IsNullExpr>()
            || expr.is::<IsNotNullExpr>()
    };
    !is_safe || expr.children().into_iter().any(|child| can_fail(child, schema))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::arrow::datatypes::Field;
    use datafusion::common::DFSchema;
    use datafusion::logical_expr::{Expr, cast, col, lit};
    use datafusion::prelude::SessionContext;

    use super::*;

    #[test]
    fn arithmetic_of_floats_cannot_fail_and_that_of_whole_numbers_can() {
        let schema = Schema::new(vec![
            Field::new("x", DataType::Float32, true),
            Field::new("i", DataType::Int32, true),
            Field::new("t", DataType::Utf8, true),
        ]);
        let known = DFSchema::try_from(schema.clone()).unwrap();
        let fails = |expr: Expr| {
            let expr = SessionContext::new().create_physical_expr(expr, &known).unwrap();
            can_fail(&expr, &schema)
        };
        assert!(!fails(cast(col("i"), DataType::Float64) / (cast(col("x"), DataType::Float64) - lit(1.0))));
        assert!(!fails(col("x").is_null().or(col("x").gt(lit(1.0f32))).and(!col("i").eq(lit(3)))));
        assert!(fails(col("i") / col("i")));
        assert!(fails((col("x") / cast(col("i") / col("i"), DataType::Float32)).gt(lit(1.0f32))));
        assert!(fails(cast(col("t"), DataType::Float64)));
    }
}
