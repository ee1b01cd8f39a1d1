//! Joins of two datasets by their labels, equal or shifted.

use hyperslab::datafusion::arrow::datatypes::DataType;

use super::questions::{Join, Joins, cells, columns_of, dimension_of};
use crate::generated::Column;
use crate::generated::dataset::NAMES;

impl Joins<'_> {
    pub fn grids(&mut self) -> Join {
        let is_self = self.random.chance(20);
        let (left, left_name) = (self.first, "d");
        let (right, right_name) = if is_self { (self.first, "d") } else { (self.second, "e") };
        let mut pairs: Vec<(Column, Column)> = Vec::new();
        for name in NAMES {
            let (Some(a), Some(b)) = (dimension_of(left, name), dimension_of(right, name)) else { continue };
            let is_same = a.data_type == b.data_type || (a.is_number() && b.is_number());
            if is_same && a.is_time == b.is_time {
                pairs.push((a, b));
            }
        }
        let all = pairs.len();
        if self.random.chance(15) && all > 1 {
            pairs.remove(self.random.below(all));
        }
        self.random.shuffle(&mut pairs);
        let (a_columns, b_columns) = (columns_of("a", &left.columns), columns_of("b", &right.columns));
        let both = [a_columns.clone(), b_columns.clone()].concat();
        let matched = pairs.len();
        let conditions: Vec<String> = pairs.iter().map(|(a, b)| self.condition(a, b)).collect();
        let using: Vec<String> = pairs.iter().map(|(a, _)| a.name.clone()).collect();
        let on = if conditions.is_empty() { "true".into() } else { conditions.join(" AND ") };
        let on = format!("{on}{}", self.residual(&both));
        let most =
            if matched == all && all > 0 { 4 * cells(left).max(cells(right)) } else { cells(left) * cells(right) };
        if self.random.chance(20) {
            return self.subquery(left_name, right_name, &on, a_columns, cells(left));
        }
        let kind = *self.random.pick(&[
            "JOIN",
            "JOIN",
            "JOIN",
            "LEFT JOIN",
            "LEFT JOIN",
            "RIGHT JOIN",
            "FULL JOIN",
            "LEFT SEMI JOIN",
            "LEFT ANTI JOIN",
            "RIGHT SEMI JOIN",
            "RIGHT ANTI JOIN",
        ]);
        let left_side = self.side(left_name, &left.columns);
        let right_side = self.side(right_name, &right.columns);
        let from = match self.random.chance(40) && !using.is_empty() {
            true => format!("{left_side} a {kind} {right_side} b USING ({})", using.join(", ")),
            false => format!("{left_side} a {kind} {right_side} b ON {on}"),
        };
        let (columns, most) = match kind {
            "LEFT SEMI JOIN" | "LEFT ANTI JOIN" => (a_columns, cells(left)),
            "RIGHT SEMI JOIN" | "RIGHT ANTI JOIN" => (b_columns, cells(right)),
            _ => (both, most),
        };
        Join { from, columns, most }
    }

    /// A table, or what a filter keeps of it.
    pub fn side(&mut self, table: &str, columns: &[Column]) -> String {
        if !self.random.chance(20) {
            return table.into();
        }
        let predicate = super::questions::asker(columns, self.random).predicate(1);
        format!("(SELECT * FROM {table} WHERE {predicate})")
    }

    fn subquery(&mut self, left: &str, right: &str, on: &str, columns: Vec<Column>, most: usize) -> Join {
        let not = self.random.pick(&["", "NOT "]);
        let from = format!("(SELECT * FROM {left} a WHERE {not}EXISTS (SELECT 1 FROM {right} b WHERE {on})) a");
        Join { from, columns, most }
    }

    /// That labels are equal, or apart by a step.
    fn condition(&mut self, a: &Column, b: &Column) -> String {
        let (x, y) = (format!("a.{}", a.name), format!("b.{}", b.name));
        let (x, y) = if self.random.chance(50) { (x, y) } else { (y, x) };
        let n = 1 + self.random.below(3);
        if !self.random.chance(25) {
            return format!("{x} = {y}");
        }
        match &a.data_type {
            DataType::Timestamp(..) => match self.random.below(4) {
                0 => format!("{x} = {y} + INTERVAL '1 day'"),
                1 => format!("{x} = {y} - INTERVAL '{n} day'"),
                2 => format!("{x} = {y} - INTERVAL '1 month'"),
                _ => format!("{x} + INTERVAL '31 days' = {y}"),
            },
            t if t.is_unsigned_integer() => format!("{x} = {y} + {}", n * 10),
            t if t.is_integer() => match self.random.below(3) {
                0 => format!("{x} = -{y}"),
                1 => format!("{x} = {y} - {n}"),
                _ => format!("{x} = {n} - {y}"),
            },
            t if t.is_floating() => match self.random.below(3) {
                0 => format!("{x} = -{y}"),
                1 => format!("{x} = {y} + 2.5"),
                _ => format!("{x} - 0.1 = {y}"),
            },
            _ => format!("{x} = {y}"),
        }
    }
}
