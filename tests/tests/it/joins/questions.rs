//! Random queries with joins: what is asked of the rows of a join.

use crate::generated::dataset::Made;
use crate::generated::{Along, Asker, Check, Column, Question, named, select};
use crate::random::Random;

/// Makes questions about the tables `d`, `e`, `p` and `r`.
pub struct Joins<'a> {
    pub first: &'a Made,
    pub second: &'a Made,
    pub random: &'a mut Random,
}

/// A join.
pub struct Join {
    /// What stands after `FROM`.
    pub from: String,
    /// The columns that can be asked for.
    pub columns: Vec<Column>,
    /// How many rows it may have.
    pub most: usize,
}

/// The rows that a question asks for at most.
const MOST_ROWS: usize = 2_500;

impl Joins<'_> {
    pub fn question(&mut self) -> Question {
        let join = match self.random.below(20) {
            0..=8 => self.grids(),
            9..=12 => self.broadcast(),
            13..=16 => self.points(),
            _ => self.regions(),
        };
        let filter = match self.random.chance(40) {
            true => format!(" WHERE {}", asker(&join.columns, self.random).predicate(1)),
            false => String::new(),
        };
        if join.most > MOST_ROWS || self.random.chance(35) {
            return self.reduced(&join, &filter);
        }
        let mut shown: Vec<String> = join.columns.iter().map(|c| c.name.clone()).collect();
        shown.retain(|_| self.random.chance(70));
        if shown.is_empty() {
            shown.push("count(*)".into());
        }
        if self.random.chance(15) && shown[0] != "count(*)" {
            let number = asker(&join.columns, self.random).column(Column::is_number);
            shown.push(format!("CAST({} AS DOUBLE) * 2", number.name));
            if !number.is_number() {
                shown.pop();
            }
        }
        let checks = vec![Check::Same; shown.len()];
        let sql = format!("SELECT {} FROM {}{filter}", named(&shown), join.from);
        Question { sql, checks, is_ordered: false, is_exact: true }
    }

    /// Aggregates of a join.
    fn reduced(&mut self, join: &Join, filter: &str) -> Question {
        let mut asker = asker(&join.columns, self.random);
        let keys = asker.keys();
        let items = asker.aggregates(&keys);
        let (sql, checks) = select(&keys, &items);
        let group = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        Question { sql: format!("{sql} FROM {}{filter}{group}", join.from), checks, is_ordered: false, is_exact: true }
    }

    /// A condition on both sides besides the keys.
    pub fn residual(&mut self, columns: &[Column]) -> String {
        if !self.random.chance(15) {
            return String::new();
        }
        let of = |side: &str| -> Vec<Column> {
            columns.iter().filter(|c| c.name.starts_with(side) && c.is_number()).cloned().collect()
        };
        let (a, b) = (of("a."), of("b."));
        if a.is_empty() || b.is_empty() {
            return String::new();
        }
        format!(" AND {} < {}", self.random.pick(&a).name, self.random.pick(&b).name)
    }
}

/// Asks about rows of which nothing is known but the columns.
pub fn asker<'a>(columns: &'a [Column], random: &'a mut Random) -> Asker<'a> {
    Asker { columns, rank: 0, random }
}

/// The columns of a table under another name. A row of a join is no cell, and its position is not asked for.
pub fn columns_of(table: &str, columns: &[Column]) -> Vec<Column> {
    let renamed = |c: &Column| Column { name: format!("{table}.{}", c.name), is_unique: false, ..c.clone() };
    columns.iter().map(renamed).collect()
}

/// The cells of a dataset.
pub fn cells(made: &Made) -> usize {
    made.dataset.full_grid().map_or(1, |g| g.dimensions.iter().map(|d| d.size as usize).product())
}

/// The coordinate of a dimension.
pub fn dimension_of(made: &Made, name: &str) -> Option<Column> {
    made.columns.iter().find(|c| c.name == name && matches!(c.along, Along::Dimension(_))).cloned()
}
