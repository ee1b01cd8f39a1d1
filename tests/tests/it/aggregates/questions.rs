//! Random aggregate queries over the table of a random dataset.

use hyperslab::datafusion::arrow::datatypes::DataType;

use super::aggregate::{Aggregate, Check};
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

/// Makes questions about the table `d`.
pub struct Asker<'a> {
    pub columns: &'a [Column],
    pub rank: usize,
    pub random: &'a mut Random,
}

impl Asker<'_> {
    pub fn question(&mut self) -> Question {
        let filter = if self.random.chance(55) { format!(" WHERE {}", self.predicate(2)) } else { String::new() };
        match self.random.below(20) {
            0 | 1 => self.distinct(&filter),
            2 | 3 => self.nested(&filter),
            4 | 5 => self.grouping_sets(&filter),
            _ => self.grouped(&filter),
        }
    }

    fn grouped(&mut self, filter: &str) -> Question {
        let mut keys = self.keys();
        let from = match self.random.below(10) {
            0 => format!("(SELECT * FROM d WHERE {}) AS d", self.predicate(1)),
            1 => {
                let computed = self.any_key();
                keys.push("computed".into());
                format!("(SELECT {computed} AS computed, * FROM d) AS d")
            }
            _ => "d".into(),
        };
        let aggregates = self.aggregates(&keys);
        let shown = if self.random.chance(90) { keys.len() } else { self.random.below(keys.len() + 1) };
        let having = if self.random.chance(15) { format!(" HAVING {}", self.having()) } else { String::new() };
        let (mut sql, checks) = select(&keys[..shown], &aggregates);
        sql.push_str(&format!(" FROM {from}{filter}"));
        if !keys.is_empty() {
            sql.push_str(&format!(" GROUP BY {}", keys.join(", ")));
        }
        sql.push_str(&having);
        let is_ordered =
            from == "d" && shown == keys.len() && shown > 0 && self.random.chance(25) && !self.share_a_column(&keys);
        if is_ordered {
            sql.push_str(&self.order(shown));
        }
        Question { sql, checks, is_ordered, is_exact: true }
    }

    /// Whether two keys read the same column. DataFusion 55 takes rows in the order of `x` for rows in the order of
    /// `x > 1, x DESC`.
    fn share_a_column(&self, keys: &[String]) -> bool {
        let reads = |key: &String, name: &str| {
            key.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name)
        };
        self.columns.iter().any(|c| keys.iter().filter(|key| reads(key, &c.name)).count() > 1)
    }

    /// Of keys that are in the order of the answer, so that it is one order alone.
    fn order(&mut self, keys: usize) -> String {
        let mut order: Vec<String> = (1..=keys)
            .map(|k| format!("{k}{}{}", self.random.pick(&["", " DESC"]), self.random.pick(&["", " NULLS FIRST"])))
            .collect();
        self.random.shuffle(&mut order);
        let limit = match self.random.below(3) {
            0 => String::new(),
            1 => format!(" LIMIT {}", self.random.below(9)),
            _ => format!(" LIMIT {} OFFSET {}", self.random.below(9), self.random.below(4)),
        };
        format!(" ORDER BY {}{limit}", order.join(", "))
    }

    fn distinct(&mut self, filter: &str) -> Question {
        let mut keys = self.keys();
        if keys.is_empty() {
            keys.push(self.any_key());
        }
        let sql = format!("SELECT DISTINCT {} FROM d{filter}", named(&keys));
        Question { sql, checks: vec![Check::Same; keys.len()], is_ordered: false, is_exact: true }
    }

    /// Counts and extremes of groups, which are exact, aggregated again.
    fn nested(&mut self, filter: &str) -> Question {
        let keys = self.keys();
        let column = self.column(|_| true);
        let name = column.name.clone();
        let key = keys.first().cloned().unwrap_or_else(|| "1".into());
        let group = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        let inner =
            format!("SELECT {key} AS k, count(*) AS c, count({name}) AS p, max({name}) AS h FROM d{filter}{group}");
        let (sql, width) = match self.random.below(3) {
            0 => (format!("SELECT count(*), sum(c), max(p), min(h), max(h) FROM ({inner})"), 5),
            1 => (format!("SELECT k, count(*), sum(c), sum(p), max(h) FROM ({inner}) GROUP BY k"), 5),
            _ => {
                let outer = format!("SELECT count(*), sum(i.p), max(i.h), min(d.{name}) FROM d");
                (format!("{outer} JOIN ({inner}) i ON d.{name} = i.h"), 4)
            }
        };
        Question { sql, checks: vec![Check::Same; width], is_ordered: false, is_exact: false }
    }

    fn grouping_sets(&mut self, filter: &str) -> Question {
        let mut keys = self.keys();
        keys.truncate(3);
        if keys.is_empty() {
            keys.push(self.any_key());
        }
        // What has an order in each group of all keys may have ties in those of fewer.
        let aggregates = self.aggregates(&[]);
        let (sql, checks) = select(&keys, &aggregates);
        let all = keys.join(", ");
        let sets = match self.random.below(3) {
            0 => format!("ROLLUP ({all})"),
            1 => format!("CUBE ({all})"),
            _ => format!("GROUPING SETS (({all}), ({}), ())", keys[keys.len() - 1]),
        };
        Question { sql: format!("{sql} FROM d{filter} GROUP BY {sets}"), checks, is_ordered: false, is_exact: false }
    }

    /// The keys of a query: mostly each of one dimension.
    fn keys(&mut self) -> Vec<String> {
        let count = *self.random.pick(&[0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4]);
        if self.random.chance(6) {
            // All the dimensions.
            return (0..self.rank).map(|d| self.plain_key(d)).collect();
        }
        (0..count).map(|_| self.any_key()).collect()
    }

    fn plain_key(&mut self, dimension: usize) -> String {
        self.column(|c| c.along == Along::Dimension(dimension)).name.clone()
    }

    fn any_key(&mut self) -> String {
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

    fn key_of(&mut self, column: &Column) -> String {
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

    fn literal(&mut self, column: &Column) -> String {
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

    fn comparison_of(&mut self, column: &Column) -> String {
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

    fn having(&mut self) -> String {
        let column = self.column(|_| true);
        let n = self.random.below(6);
        match self.random.below(3) {
            0 => format!("count(*) > {n}"),
            1 => format!("count({}) >= {n}", column.name),
            _ => format!("max({}) IS NOT NULL", column.name),
        }
    }
}

/// `SELECT` with keys and aggregates, and how each column is compared.
fn select(keys: &[String], aggregates: &[Aggregate]) -> (String, Vec<Check>) {
    let mut items = keys.to_vec();
    let mut checks = vec![Check::Same; keys.len()];
    for aggregate in aggregates {
        let at = items.len();
        items.extend(aggregate.items());
        checks.extend(aggregate.checks(at));
    }
    (format!("SELECT {}", named(&items)), checks)
}

/// Each with a name of its own: two may be the same.
fn named(items: &[String]) -> String {
    let named: Vec<String> = items.iter().enumerate().map(|(i, item)| format!("{item} AS c{i}")).collect();
    named.join(", ")
}
