//! The functions of a random window, with what bounds the rounding of each.

use hyperslab::datafusion::arrow::datatypes::DataType;

use super::over::Over;
use super::questions::Windows;
use crate::generated::{Bound, Column, Item, unknown};

/// The numbers of a tame column are less.
const TAME: f64 = 2e3;

/// The type of counts and ranks, as far as a question must know it.
const COUNT: DataType = DataType::Int64;

/// A function over a window.
pub struct Window {
    pub item: Item,
    /// Its values as a column, where they are exact.
    pub column: Option<Column>,
}

impl Windows<'_> {
    pub fn window(&mut self, over: &Over) -> Window {
        if over.is_whole() {
            return self.of_partition(over);
        }
        match self.random.below(20) {
            0..=8 => self.aggregate(over),
            9..=17 if over.is_total => self.of_order(over),
            _ => self.rank_of(over),
        }
    }

    fn exact(&self, sql: String, over: &Over, like: Column) -> Window {
        let sql = format!("{sql} {}", over.sql());
        Window { item: Item::same(sql), column: Some(like) }
    }

    fn filter(&mut self) -> String {
        if self.random.chance(12) { format!(" FILTER (WHERE {})", self.asker().predicate(1)) } else { String::new() }
    }

    /// Any aggregate over whole partitions.
    fn of_partition(&mut self, over: &Over) -> Window {
        if self.random.chance(45) {
            return self.aggregate(over);
        }
        let mut asker = self.asker();
        // Without dimensions nothing has an order.
        asker.rank = 0;
        let mut item = asker.aggregates(&[]).swap_remove(0);
        let whole = |sql: &str| format!("{sql} {}", over.whole());
        item.sql = whole(&item.sql);
        if let Bound::Near { magnitude, .. } = &mut item.bound {
            *magnitude = whole(magnitude);
        }
        Window { item, column: None }
    }

    fn aggregate(&mut self, over: &Over) -> Window {
        let filter = self.filter();
        let column = self.asker().column(|_| true);
        let count = Column { is_tame: true, data_type: COUNT, ..unknown() };
        if !over.is_blind_to_ties() {
            // How many rows a frame has follows from the place of a row alone, but ties have no order.
            return self.rank_of(over);
        }
        match self.random.below(14) {
            0 => self.exact(format!("count(*){filter}"), over, count),
            1 => {
                let value = self.asker().value(&column);
                self.exact(format!("count({value}){filter}"), over, count)
            }
            2..=5 => {
                let function = *self.random.pick(&["min", "max"]);
                self.exact(format!("{function}({}){filter}", column.name), over, column)
            }
            6..=12 => self.sum(over, &filter),
            _ => self.deviation(over, &filter),
        }
    }

    /// A column that can be added up: a slide takes back what it added, which it cannot with what is infinite.
    fn summand(&mut self, over: &Over) -> Option<Column> {
        let is_whole = over.is_whole();
        let column = match self.random.chance(50) {
            true => self.asker().column(|c| c.is_number() && c.is_tame),
            false => self.asker().column(|c| c.is_number() && (is_whole || c.is_finite)),
        };
        (column.is_number() && (is_whole || column.is_finite)).then_some(column)
    }

    fn sum(&mut self, over: &Over, filter: &str) -> Window {
        let Some(column) = self.summand(over) else {
            let column = self.asker().column(|_| true);
            return self.exact(format!("max({})", column.name), over, column);
        };
        let function = *self.random.pick(&["sum", "avg", "avg"]);
        let x = &column.name;
        let sql = format!("{function}({x}){filter} {}", over.sql());
        let is_integer = column.data_type.is_integer() && function == "sum";
        // Sums of what is tame are exact in any order, so no column need say how large they are.
        if column.is_tame || is_integer {
            let item = if function == "sum" { Item::same(sql) } else { Item::within(sql, TAME * 1e-12) };
            return Window { item, column: None };
        }
        let magnitude = format!("sum(abs(CAST({x} AS DOUBLE))){filter} {}", over.whole());
        Window { item: Item::near(sql, magnitude, 0.0, 1e-12), column: None }
    }

    fn deviation(&mut self, over: &Over, filter: &str) -> Window {
        let Some(column) = self.summand(over) else {
            let column = self.asker().column(|_| true);
            return self.exact(format!("min({})", column.name), over, column);
        };
        let function = *self.random.pick(&["stddev", "stddev", "stddev_pop", "var", "var_pop"]);
        let x = &column.name;
        let squares = format!("sum(power(CAST({x} AS DOUBLE), 2)){filter} {}", over.whole());
        let (magnitude, absolute) =
            if function.starts_with("var") { (squares, 1e-12) } else { (format!("sqrt({squares})"), 1e-6) };
        let sql = format!("{function}({x}){filter} {}", over.sql());
        Window { item: Item::near(sql, magnitude, 1e-9, absolute), column: None }
    }

    /// What depends on the order of rows that have no ties.
    fn of_order(&mut self, over: &Over) -> Window {
        let column = self.asker().column(|_| true);
        let name = column.name.clone();
        let nulls = *self.random.pick(&["", "", "", "", " IGNORE NULLS", " RESPECT NULLS"]);
        let n = self.random.below(4);
        let number = Column { is_tame: true, data_type: COUNT, ..unknown() };
        match self.random.below(10) {
            0 | 1 => {
                let function = *self.random.pick(&["first_value", "last_value"]);
                self.exact(format!("{function}({name}){nulls}"), over, column)
            }
            2 => self.exact(format!("nth_value({name}, {}){nulls}", n + 1), over, column),
            3 => self.exact("row_number()".into(), over, number),
            4 => self.exact(format!("ntile({})", n + 1), over, number),
            _ => {
                let function = *self.random.pick(&["lag", "lead"]);
                let literal = self.asker().literal(&column);
                let call = match self.random.below(8) {
                    0 | 1 => format!("({name})"),
                    2 if column.is_number() => format!("({name}, {n}, {literal})"),
                    3 => format!("({name}, -{n})"),
                    4 => format!("({name}, 50)"),
                    _ => format!("({name}, {n})"),
                };
                self.exact(format!("{function}{call}{nulls}"), over, column)
            }
        }
    }

    fn rank_of(&mut self, over: &Over) -> Window {
        let function = *self.random.pick(&["rank()", "rank()", "dense_rank()", "percent_rank()", "cume_dist()"]);
        let number =
            Column { is_tame: function.contains("e_rank") || function == "rank()", data_type: COUNT, ..unknown() };
        self.exact(function.into(), over, number)
    }

    /// A window, or an expression over it and the column.
    pub fn expression(&mut self, over: &Over) -> Window {
        let column = self.asker().column(|c| c.is_number() && c.is_finite);
        if self.random.chance(60) || !column.is_number() || !column.is_finite || !over.is_blind_to_ties() {
            return self.window(over);
        }
        let (x, of) = (format!("CAST({} AS DOUBLE)", column.name), over.sql());
        let n = 1 + self.random.below(3);
        let magnitude = format!("abs({x}) + sum(abs({x})) {}", over.whole());
        let item = match self.random.below(8) {
            0..=2 => Item::near(format!("{x} - avg({x}) {of}"), magnitude, 0.0, 1e-12),
            3 => Item::near(format!("abs(avg({x}) {of} - {x}) * {n}"), magnitude, 0.0, 1e-11),
            4 => Item::same(format!("{x} - min({}) {of}", column.name)),
            5 => Item::same(format!("CASE WHEN {x} > max({x}) {of} / {n} THEN count(*) {of} ELSE 0 END")),
            _ if !over.is_total => Item::same(format!("({x} - max({x}) {of}) / nullif(count({x}) {of}, 0)")),
            6 => Item::same(format!("{x} - lag({x}, {n}) {of}")),
            _ => Item::same(format!("coalesce(lead({x}, {n}) {of} - first_value({x}) {of}, {x})")),
        };
        Window { item, column: None }
    }
}
