//! Random aggregate queries over the table of a random dataset.

use crate::generated::{Asker, Check, Question, named, select};

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
