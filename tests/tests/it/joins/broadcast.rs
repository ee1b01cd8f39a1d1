//! Joins of a dataset with what has fewer rows: climatologies, tables of values, points and boxes.

use hyperslab::datafusion::arrow::datatypes::DataType;

use super::questions::{Join, Joins, asker, cells, columns_of, dimension_of};
use crate::generated::dataset::NAMES;
use crate::generated::{Along, Column, unknown};

impl Joins<'_> {
    /// With a subquery, or a table of values, by functions of single dimensions.
    pub fn broadcast(&mut self) -> Join {
        let a_columns = columns_of("a", &self.first.columns);
        let is_key = |c: &Column| matches!(c.along, Along::Dimension(_));
        if !self.first.columns.iter().any(is_key) {
            return self.grids();
        }
        let kind = *self.random.pick(&["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
        let number = Column { along: Along::Cells, ..unknown() };
        if self.random.chance(40) {
            let column = asker(&self.first.columns, self.random).column(is_key);
            let count = 1 + self.random.below(8);
            let mut rows = Vec::new();
            for i in 0..count {
                let literal = asker(&self.first.columns, self.random).literal(&column);
                let key = if self.random.chance(10) { "NULL".into() } else { literal };
                rows.push(format!("({key}, {})", i / 2));
            }
            // The type is that of the labels, so that the comparison is by label.
            let cast = format!("arrow_cast(column1, '{}')", column.data_type);
            let table = format!("(SELECT {cast} AS k, column2 AS n FROM (VALUES {}))", rows.join(", "));
            let own = Column { name: "b.n".into(), data_type: DataType::Int64, ..number };
            let columns = [a_columns, vec![own]].concat();
            let from = format!("{} a {kind} {table} b ON a.{} = b.k", self.side("d", &self.first.columns), column.name);
            return Join { from, columns, most: cells(self.first) * 3 };
        }
        let mut keys = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let column = asker(&self.first.columns, self.random).column(is_key);
            let key = asker(std::slice::from_ref(&column), self.random)
                .key_of(&Column { is_unique: false, ..column.clone() });
            keys.push((key, column));
        }
        let value = asker(&self.first.columns, self.random).column(|c| c.along == Along::Cells);
        let function = *self.random.pick(&["min", "max", "count"]);
        let inner: Vec<String> = keys.iter().enumerate().map(|(i, (key, _))| format!("{key} AS k{i}")).collect();
        let group: Vec<String> = (1..=keys.len()).map(|i| i.to_string()).collect();
        let filter = match self.random.chance(30) {
            true => format!(" WHERE {}", asker(&self.first.columns, self.random).predicate(1)),
            false => String::new(),
        };
        let table = format!(
            "(SELECT {}, {function}({}) AS c FROM d{filter} GROUP BY {})",
            inner.join(", "),
            value.name,
            group.join(", ")
        );
        let on: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(i, (key, column))| format!("{} = b.k{i}", qualified(key, &column.name)))
            .collect();
        let own = match function {
            "count" => Column { name: "b.c".into(), data_type: DataType::Int64, is_tame: true, ..number },
            _ => Column { name: "b.c".into(), along: Along::Cells, ..value },
        };
        let columns = [a_columns, vec![own]].concat();
        let residual = self.residual(&columns);
        let from =
            format!("{} a {kind} {table} b ON {}{residual}", self.side("d", &self.first.columns), on.join(" AND "));
        Join { from, columns, most: cells(self.first) * 2 }
    }

    /// Points with the cells at, or near, them.
    pub fn points(&mut self) -> Join {
        let mut on = Vec::new();
        for name in NAMES.iter().take(self.first.rank) {
            let Some(column) = dimension_of(self.first, name) else { continue };
            if self.random.chance(15) {
                continue;
            }
            let method = *self.random.pick(&["nearest", "nearest", "pad", "backfill"]);
            // Texts have an order, but no distance.
            let has_distance = column.is_number() || column.is_time;
            let is_ordered =
                has_distance && self.first.coordinates.iter().any(|(n, l)| n == name && l.is_unique && !l.has_holes);
            let value = format!("b.p_{name}");
            let tolerance = match &column.data_type {
                t if t.is_numeric() => "0.5",
                _ => "INTERVAL '3 days'",
            };
            on.push(match self.random.below(5) {
                0..=2 if is_ordered && self.random.chance(30) => {
                    format!("a.{name} = nearest(a.{name}, {value}, {tolerance})")
                }
                0..=2 if is_ordered => format!("a.{name} = {method}(a.{name}, {value})"),
                _ => format!("a.{name} = {value}"),
            });
        }
        if on.is_empty() {
            return self.grids();
        }
        let a_columns = columns_of("a", &self.first.columns);
        let number = Column { is_tame: true, data_type: DataType::Float64, ..unknown() };
        let mut columns = a_columns;
        columns.push(Column { name: "b.pv".into(), ..number.clone() });
        columns.push(Column { name: "b.id".into(), data_type: DataType::Int64, ..number });
        let kind = *self.random.pick(&["JOIN", "JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN"]);
        let residual = self.residual(&columns);
        let table = self.side("d", &self.first.columns);
        let from = match self.random.chance(50) {
            true => format!("p b {kind} {table} a ON {}{residual}", on.join(" AND ")),
            false => format!("{table} a {kind} p b ON {}{residual}", on.join(" AND ")),
        };
        Join { from, columns, most: cells(self.first) * 40 }
    }

    /// Boxes with the cells inside of them.
    pub fn regions(&mut self) -> Join {
        let mut on = Vec::new();
        for name in NAMES.iter().take(self.first.rank) {
            if self.random.chance(75) && dimension_of(self.first, name).is_some() {
                on.push(match self.random.chance(80) {
                    true => format!("a.{name} BETWEEN b.{name}_0 AND b.{name}_1"),
                    false => format!("a.{name} >= b.{name}_0 AND a.{name} < b.{name}_1"),
                });
            }
        }
        if on.is_empty() {
            return self.grids();
        }
        let id = Column {
            name: "b.id".into(),
            along: Along::Scalar,
            data_type: DataType::Int64,
            is_tame: true,
            ..unknown()
        };
        // Named often, so that groups are by region.
        let columns = [columns_of("a", &self.first.columns), vec![id.clone(), id.clone(), id]].concat();
        let kind = *self.random.pick(&["JOIN", "JOIN", "JOIN", "JOIN", "LEFT JOIN"]);
        let table = self.side("d", &self.first.columns);
        let from = match self.random.chance(60) {
            true => format!("r b {kind} {table} a ON {}", on.join(" AND ")),
            false => format!("{table} a JOIN r b ON {}", on.join(" AND ")),
        };
        Join { from, columns, most: usize::MAX }
    }
}

/// A key with its column's table before the name.
fn qualified(key: &str, name: &str) -> String {
    let (mut text, mut word) = (String::new(), String::new());
    let mut is_quoted = false;
    for c in key.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        match word == name && !is_quoted {
            true => text.push_str(&format!("a.{word}")),
            false => text.push_str(&word),
        }
        word.clear();
        is_quoted ^= c == '\'';
        text.push(c);
    }
    text.trim_end().into()
}
