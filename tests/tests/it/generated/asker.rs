//! Asks at random about the columns of a table: keys, literals, conditions.

use hyperslab::datafusion::arrow::datatypes::DataType;

use super::compare::Check;
use super::dataset::{Along, Column};
use crate::random::Random;

/// A query, and how its answers are compared.
pub struct Question {
    pub sql: String,
    /// One for each column of the answer.
    pub checks: Vec<Check>,
    /// Whether rows come in the order of the answer.
    pub is_ordered: bool,
    /// Whether the same chunks give the same bits, whatever works on them.
    pub is_exact: bool,
}

/// Makes questions about a table.
pub struct Asker<'a> {
    pub columns: &'a [Column],
    pub rank: usize,
    pub random: &'a mut Random,
}

impl Asker<'_> {
    /// The keys of a query: mostly each of one dimension.
    pub fn keys(&mut self) -> Vec<String> {
        let count = *self.random.pick(&[0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4]);
        if self.random.chance(6) {
            // All the dimensions.
            return (0..self.rank).map(|d| self.plain_key(d)).collect();
        }
        (0..count).map(|_| self.any_key()).collect()
    }

    pub fn plain_key(&mut self, dimension: usize) -> String {
        self.column(|c| c.along == Along::Dimension(dimension)).name.clone()
    }

    pub fn any_key(&mut self) -> String {
        match self.random.below(25) {
            0 => {
                return self
                    .random
                    .pick(&["CASE WHEN 1 = 1 THEN 5 END", "concat('a', 'b')", "CAST(NULL AS INT)"])
                    .to_string();
            }
            1 => {
                let (a, b) = (self.column(|c| c.along != Along::Cells), self.column(|c| c.along != Along::Cells));
                return format!("concat({}, '-', {})", a.name, b.name);
            }
            2 => {
                let column = self.column(|c| matches!(c.along, Along::Cells | Along::Plane));
                return if self.random.chance(50) { column.name } else { self.comparison_of(&column) };
            }
            3 => return self.predicate(1),
            _ => {}
        }
        let column = self.column(|c| matches!(c.along, Along::Dimension(_) | Along::Scalar));
        self.key_of(&column)
    }

    pub fn key_of(&mut self, column: &Column) -> String {
        let name = &column.name;
        let n = 1 + self.random.below(5);
        let is_indexed = column.is_unique && matches!(column.along, Along::Dimension(_));
        match self.random.below(9) {
            0 if is_indexed => format!("dim_index({name}) / {n}"),
            1 if is_indexed => format!("dim_index({name}) % {n}"),
            2 => format!(
                "CASE WHEN {} THEN 'in' WHEN {name} IS NULL THEN NULL ELSE 'out' END",
                self.comparison_of(column)
            ),
            3 => self.comparison_of(column),
            4 | 5 if column.is_time => {
                let unit = *self.random.pick(&["year", "quarter", "month", "day"]);
                match self.random.below(5) {
                    0 => format!("month({name})"),
                    1 => format!("year({name})"),
                    2 => format!("season({name})"),
                    3 => format!("dayofyear({name}) / 30"),
                    _ => format!("date_trunc('{unit}', {name})"),
                }
            }
            4 if column.is_number() => format!("floor({name} / {n})"),
            5 if column.is_signed() => format!("abs({name})"),
            6 if column.is_number() => format!("CAST({name} AS BIGINT) % {n}"),
            4 | 5 if column.is_text() => format!("substr({name}, 2, 1)"),
            6 if column.is_text() => format!("upper({name})"),
            _ => name.clone(),
        }
    }

    /// A column for which `is` holds; any other where there is none.
    pub fn column(&mut self, is: impl Fn(&Column) -> bool) -> Column {
        let fit: Vec<&Column> = self.columns.iter().filter(|c| is(c)).collect();
        if fit.is_empty() { self.random.pick(self.columns).clone() } else { (*self.random.pick(&fit)).clone() }
    }

    pub fn literal(&mut self, column: &Column) -> String {
        let n = self.random.below(24);
        if column.is_time {
            return format!("'{:04}-{:02}-{:02}'", 1999 + n / 10, 1 + n % 12, 1 + n);
        }
        match &column.data_type {
            t if t.is_unsigned_integer() => format!("{}", n * 4),
            t if t.is_integer() => format!("{}", n as i64 - 6),
            t if t.is_numeric() => format!("{:?}", n as f64 / 2.0 - 3.0),
            DataType::Boolean => (n < 12).to_string(),
            DataType::Utf8 => {
                if column.along == Along::Cells {
                    format!("'s{}'", n % 6)
                } else {
                    format!("'l{n:02}'")
                }
            }
            _ => "NULL".into(),
        }
    }

    pub fn comparison_of(&mut self, column: &Column) -> String {
        let operator = *self.random.pick(&["=", "<>", "<", "<=", ">", ">="]);
        format!("{} {operator} {}", column.name, self.literal(column))
    }

    fn atom(&mut self) -> String {
        let column = self.column(|_| true);
        let (name, a, b) = (column.name.clone(), self.literal(&column), self.literal(&column));
        let n = 1 + self.random.below(4);
        let is_indexed = column.is_unique && matches!(column.along, Along::Dimension(_));
        match self.random.below(12) {
            0 => format!("{name} IN ({a}, {b})"),
            1 => format!("{name} BETWEEN {a} AND {b}"),
            2 => format!("{name} IS {}NULL", self.random.pick(&["", "NOT "])),
            3 if is_indexed => format!("dim_index({name}) % {n} = 0"),
            4 if column.is_time => format!("month({name}) > {}", n * 2),
            4 if column.is_signed() => format!("abs({name}) > {n}"),
            5 => {
                let other = self.column(|c| c.is_number());
                let number = self.column(|c| c.is_number());
                match other.is_number() && number.is_number() {
                    true => format!("{} < {}", other.name, number.name),
                    false => "true".into(),
                }
            }
            6 => format!("CASE WHEN {name} = {a} THEN NULL ELSE {} END", self.comparison_of(&column)),
            7 if self.random.chance(20) => "false".into(),
            _ => self.comparison_of(&column),
        }
    }

    pub fn predicate(&mut self, depth: usize) -> String {
        match self.random.below(7) {
            0 | 1 if depth > 0 => format!("({} AND {})", self.predicate(depth - 1), self.predicate(depth - 1)),
            2 if depth > 0 => format!("({} OR {})", self.predicate(depth - 1), self.predicate(depth - 1)),
            3 if depth > 0 => format!("NOT ({})", self.predicate(depth - 1)),
            _ => self.atom(),
        }
    }
}
