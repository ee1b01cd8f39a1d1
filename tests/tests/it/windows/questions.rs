//! Random queries with windows over the table of a random dataset.

use super::function::Window;
use super::over::Over;
use crate::generated::{Along, Asker, Bound, Check, Column, Item, Question, named, select};
use crate::random::Random;

/// Makes questions about the table `d`.
pub struct Windows<'a> {
    pub columns: Vec<Column>,
    pub rank: usize,
    pub random: &'a mut Random,
}

impl Windows<'_> {
    pub fn asker(&mut self) -> Asker<'_> {
        Asker { columns: &self.columns, rank: self.rank, random: self.random }
    }

    pub fn question(&mut self) -> Question {
        let from = self.from();
        let filter =
            if self.random.chance(40) { format!(" WHERE {}", self.asker().predicate(2)) } else { String::new() };
        match self.random.below(20) {
            0..=2 => self.filtered(&from, &filter),
            3..=5 => self.reduced(&from, &filter),
            6 | 7 => self.reduced_exactly(&from, &filter),
            8 => self.distinct(&from, &filter),
            _ => self.plain(&from, &filter),
        }
    }

    /// The table, what a filter keeps of it, or windows over it.
    fn from(&mut self) -> String {
        match self.random.below(10) {
            0 => format!("(SELECT * FROM d WHERE {}) AS d", self.asker().predicate(1)),
            1 | 2 => {
                let over = self.over();
                let Window { item, column: Some(column) } = self.window(&over) else { return "d".into() };
                self.columns.push(Column { name: "inner_w".into(), along: Along::Cells, ..column });
                format!("(SELECT *, {} AS inner_w FROM d) AS d", item.sql)
            }
            _ => "d".into(),
        }
    }

    fn overs(&mut self) -> Vec<Over> {
        let count = *self.random.pick(&[1, 1, 1, 2, 2, 3]);
        (0..count).map(|_| self.over()).collect()
    }

    fn windows(&mut self) -> Vec<Window> {
        let overs = self.overs();
        let mut windows = Vec::new();
        for over in &overs {
            for _ in 0..*self.random.pick(&[1, 1, 2, 3]) {
                windows.push(self.expression(over));
            }
        }
        windows
    }

    /// Coordinates and variables that say of which cell a row is.
    fn shown(&mut self) -> Vec<String> {
        let all: Vec<String> = self.columns.iter().map(|c| c.name.clone()).collect();
        all.into_iter().filter(|_| self.random.chance(60)).collect()
    }

    fn plain(&mut self, from: &str, filter: &str) -> Question {
        let mut shown = self.shown();
        let windows = self.windows();
        // The sanity check of DataFusion 55 refuses an order by an expression of two windows.
        let bare: Vec<String> = windows.iter().filter(|w| w.column.is_some()).map(|w| w.item.sql.clone()).collect();
        let items: Vec<Item> = windows.into_iter().map(|w| w.item).collect();
        // With a limit and two partitions, `sum(x) OVER ()` of DataFusion 55 adds up the first rows alone.
        let of_all = |sql: &str| sql.split("OVER (").skip(1).any(|over| !over.starts_with("PARTITION"));
        let is_partitioned = !of_all(from) && items.iter().all(|i| !of_all(&i.sql));
        let order = self.total_order(&bare, is_partitioned);
        if let Some((_, used)) = &order {
            shown.extend(used.iter().filter(|u| !shown.contains(u)).cloned().collect::<Vec<_>>());
        }
        let (mut sql, checks) = select(&shown, &items);
        sql.push_str(&format!(" FROM {from}{filter}"));
        let is_ordered = order.is_some();
        if let Some((order, _)) = order {
            sql.push_str(&order);
        }
        Question { sql, checks, is_ordered, is_exact: true }
    }

    /// `ORDER BY … LIMIT`, where there is one that leaves nothing open, and the columns that it needs.
    fn total_order(&mut self, exact: &[String], is_partitioned: bool) -> Option<(String, Vec<String>)> {
        if self.rank == 0 || !self.random.chance(25) {
            return None;
        }
        let mut used = Vec::new();
        for d in 0..self.rank {
            let is = |c: &&Column| c.along == Along::Dimension(d) && c.is_unique && !c.has_holes;
            used.push(self.columns.iter().find(is)?.name.clone());
        }
        let mut order: Vec<String> = used.iter().map(|c| format!("{c}{}", self.direction())).collect();
        self.random.shuffle(&mut order);
        if !exact.is_empty() && self.random.chance(40) {
            let first = format!("{}{}", self.random.pick(exact), self.direction());
            order.insert(0, first);
        }
        let limit = match self.random.below(3) {
            _ if !is_partitioned => String::new(),
            0 => String::new(),
            1 => format!(" LIMIT {}", self.random.below(9)),
            _ => format!(" LIMIT {} OFFSET {}", self.random.below(9), self.random.below(20)),
        };
        Some((format!(" ORDER BY {}{limit}", order.join(", ")), used))
    }

    /// Windows of which rows are kept by what is exact.
    fn filtered(&mut self, from: &str, filter: &str) -> Question {
        let shown = self.shown();
        let windows = self.windows();
        let n = self.random.below(4);
        let exact = windows.iter().find_map(|w| w.column.clone().map(|c| (c, w.item.sql.clone())));
        let items: Vec<Item> = windows.into_iter().map(|w| w.item).collect();
        let (sql, checks) = select(&shown, &items);
        let sql = format!("{sql} FROM {from}{filter}");
        let condition = match exact {
            Some((column, sql)) => {
                let literal = self.asker().literal(&column);
                match self.random.below(4) {
                    0 => format!("{sql} IS NOT NULL"),
                    1 if column.is_number() => format!("{sql} % {} = 0", n + 1),
                    _ => format!("{sql} {} {literal}", self.random.pick(&["=", "<", "<=", ">", ">=", "<>"])),
                }
            }
            None => format!("count(*) OVER () > {n}"),
        };
        Question { sql: format!("{sql} QUALIFY {condition}"), checks, is_ordered: false, is_exact: true }
    }

    /// Aggregates of anomalies and the like, which round twice.
    fn reduced(&mut self, from: &str, filter: &str) -> Question {
        let over = self.over();
        let column = self.asker().column(|c| c.is_number() && c.is_finite);
        let keys = self.asker().keys();
        if !column.is_number() || !column.is_finite || !over.is_blind_to_ties() {
            return self.reduced_exactly(from, filter);
        }
        let x = format!("CAST({} AS DOUBLE)", column.name);
        let inner_keys: Vec<String> = keys.iter().enumerate().map(|(i, k)| format!("{k} AS k{i}, ")).collect();
        let inner = format!(
            "SELECT {}{x} - avg({x}) {} AS a, abs({x}) + sum(abs({x})) {} AS m FROM {from}{filter}",
            inner_keys.concat(),
            over.sql(),
            over.whole()
        );
        let keys: Vec<String> = (0..keys.len()).map(|i| format!("k{i}")).collect();
        let function = *self.random.pick(&["avg(a)", "sum(a)", "avg(abs(a))", "max(a)", "stddev(a)", "avg(a * 2 + 1)"]);
        let (magnitude, absolute) = match function {
            "sum(a)" => ("sum(m)", 1e-11),
            "stddev(a)" => ("max(m)", 1e-6),
            "max(a)" => ("max(m)", 1e-11),
            "avg(a * 2 + 1)" => ("avg(m) + 1", 1e-11),
            _ => ("avg(m)", 1e-11),
        };
        let items = [
            Item { sql: function.into(), bound: Bound::Near { magnitude: magnitude.into(), relative: 1e-9, absolute } },
            Item::same("count(a)"),
        ];
        let (sql, checks) = select(&keys, &items);
        let group = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        Question { sql: format!("{sql} FROM ({inner}){group}"), checks, is_ordered: false, is_exact: true }
    }

    /// Any aggregates of what is exact.
    fn reduced_exactly(&mut self, from: &str, filter: &str) -> Question {
        let mut from = from.to_string();
        for n in 0..1 + self.random.below(2) {
            let over = self.over();
            let Window { item, column: Some(column) } = self.window(&over) else { continue };
            let name = format!("w{n}");
            from = format!("(SELECT *, {} AS {name} FROM {from}{filter}) AS d", item.sql);
            self.columns.push(Column { name, along: Along::Cells, ..column });
        }
        let mut asker = self.asker();
        let keys = asker.keys();
        let items = asker.aggregates(&keys);
        let above =
            if self.random.chance(30) { format!(" WHERE {}", self.asker().predicate(1)) } else { String::new() };
        let (sql, checks) = select(&keys, &items);
        let group = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        Question { sql: format!("{sql} FROM {from}{above}{group}"), checks, is_ordered: false, is_exact: true }
    }

    fn distinct(&mut self, from: &str, filter: &str) -> Question {
        let mut items: Vec<String> =
            self.windows().into_iter().filter(|w| w.item.is_exact()).map(|w| w.item.sql).collect();
        items.push(self.asker().any_key());
        let checks = vec![Check::Same; items.len()];
        let sql = format!("SELECT DISTINCT {} FROM {from}{filter}", named(&items));
        Question { sql, checks, is_ordered: false, is_exact: true }
    }
}
