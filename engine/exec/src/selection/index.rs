//! Simple comparisons of one column with literals, found in the index of the coordinate without looking at every label.

use std::ops::Bound;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator, expr::InList};
use hyperslab_array::{Coordinate, DateTime, IndexRanges, Order, Scalar};

use crate::convert::scalar_of;
use crate::layout::{Column, Layout};

/// Where `expr` is true, if it is made of `column op literal`, `BETWEEN`, `IN`, `AND` and `OR` only, and the literals
/// have the column's own type; `None` for any other expression.
///
/// Every column of it must be of the same dimension.
pub(super) fn ranges(layout: &Layout, expr: &Expr) -> Option<IndexRanges> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            Some(ranges(layout, left)?.intersect(&ranges(layout, right)?))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            Some(ranges(layout, left)?.union(&ranges(layout, right)?))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (&**left, &**right) {
            (Expr::Column(c), Expr::Literal(value, _)) => find(layout, &c.name, *op, value),
            (Expr::Literal(value, _), Expr::Column(c)) => find(layout, &c.name, op.swap()?, value),
            _ => None,
        },
        Expr::Between(Between { expr, negated: false, low, high }) => match (&**expr, &**low, &**high) {
            (Expr::Column(c), Expr::Literal(low, _), Expr::Literal(high, _)) => {
                let low = find(layout, &c.name, Operator::GtEq, low)?;
                Some(low.intersect(&find(layout, &c.name, Operator::LtEq, high)?))
            }
            _ => None,
        },
        Expr::InList(InList { expr, list, negated: false }) => {
            let Expr::Column(column) = &**expr else { return None };
            let mut found = Vec::new();
            for item in list {
                let Expr::Literal(value, _) = item else { return None };
                if !value.is_null() {
                    found.extend_from_slice(find(layout, &column.name, Operator::Eq, value)?.ranges());
                }
            }
            Some(IndexRanges::from_ranges(found))
        }
        Expr::Alias(alias) => ranges(layout, &alias.expr),
        _ => None,
    }
}

fn find(layout: &Layout, column: &str, op: Operator, value: &ScalarValue) -> Option<IndexRanges> {
    let field = layout.schema.field_with_name(column).ok()?;
    if value.is_null() || value.data_type() != *field.data_type() {
        return None;
    }
    match layout.column(column)? {
        Column::Index { dimension } => {
            let ScalarValue::Int64(Some(value)) = value else { return None };
            positions(layout.grid.dimensions.get(*dimension)?.size, op, *value)
        }
        Column::Labels { labels, .. } => {
            let value = scalar_of(value).filter(|v| is_comparable(&labels.coordinate, v))?;
            let (lower, upper) = match op {
                Operator::Eq => (Bound::Included(&value), Bound::Included(&value)),
                Operator::Lt => (Bound::Unbounded, Bound::Excluded(&value)),
                Operator::LtEq => (Bound::Unbounded, Bound::Included(&value)),
                Operator::Gt => (Bound::Excluded(&value), Bound::Unbounded),
                Operator::GtEq => (Bound::Included(&value), Bound::Unbounded),
                _ => return None,
            };
            labels.coordinate.index().range(lower, upper).ok()
        }
        Column::Scalar { .. } | Column::Array { .. } | Column::Derived { .. } => None,
    }
}

/// Positions `0..size` compared with `value`.
fn positions(size: u64, op: Operator, value: i64) -> Option<IndexRanges> {
    // The first position that is at least `value`, and the first that is greater.
    let at = if value < 0 { 0 } else { value as u64 };
    let after = value.checked_add(1).map_or(u64::MAX, |v| v.max(0) as u64);
    let range = match op {
        Operator::Eq => at..after,
        Operator::Lt => 0..at,
        Operator::LtEq => 0..after,
        Operator::Gt => after..size,
        Operator::GtEq => at..size,
        _ => return None,
    };
    Some(IndexRanges::from_range(range.start.min(size)..range.end.min(size)))
}

/// Whether the index orders labels and `value` as SQL does.
fn is_comparable(coordinate: &Coordinate, value: &Scalar) -> bool {
    match value {
        // SQL has NaN above all numbers and equal to itself, and -0 below 0.
        Scalar::Float32(v) => !v.is_nan() && (*v != 0.0 || v.is_sign_positive()),
        Scalar::Float64(v) => !v.is_nan() && (*v != 0.0 || v.is_sign_positive()),
        Scalar::String(text) if coordinate.variable().encoding.calendar().is_some() => {
            // Dates that are text compare as text only when all are written in full.
            DateTime::parse(text).is_some_and(|d| d.to_string() == *text) && has_text_order(coordinate, text)
        }
        _ => true,
    }
}

/// How SQL orders the labels, which for dates that are text is the order of the text.
pub(crate) fn sql_order(coordinate: &Coordinate) -> Order {
    if has_sql_order(coordinate) { coordinate.index().order() } else { Order::Unsorted }
}

/// Whether text and time have the same order, for all labels and `text`: years have four digits.
fn has_text_order(coordinate: &Coordinate, text: &str) -> bool {
    let four_digits = |text: &str| {
        let year = text.split('-').next().unwrap_or_default();
        year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit())
    };
    let of_label = |label: Option<Scalar>| match label {
        Some(Scalar::String(label)) => four_digits(&label),
        _ => true,
    };
    four_digits(text) && of_label(coordinate.index().min()) && of_label(coordinate.index().max())
}

/// Whether the least and the greatest label are the same to SQL.
pub(crate) fn has_sql_order(coordinate: &Coordinate) -> bool {
    coordinate.variable().encoding.calendar().is_none() || has_text_order(coordinate, "0000")
}
