//! `OVER (…)`: partitions, orders and frames made at random, and what is known of them.

use hyperslab::datafusion::arrow::datatypes::DataType;

use super::questions::Windows;
use crate::generated::{Along, Column};

/// A window.
#[derive(Debug, Clone)]
pub struct Over {
    pub partition: Vec<String>,
    /// Each with its direction.
    pub order: Vec<String>,
    /// With a space before it, or empty.
    pub frame: String,
    /// Whether no two rows of a partition have the same place in the order.
    pub is_total: bool,
}

impl Over {
    pub fn sql(&self) -> String {
        let order = if self.order.is_empty() { String::new() } else { format!("ORDER BY {}", self.order.join(", ")) };
        let parts = [self.partitions(), order].join(" ");
        format!("OVER ({}{})", parts.trim(), self.frame)
    }

    /// The whole partition of each row.
    pub fn whole(&self) -> String {
        format!("OVER ({})", self.partitions())
    }

    fn partitions(&self) -> String {
        if self.partition.is_empty() { String::new() } else { format!("PARTITION BY {}", self.partition.join(", ")) }
    }

    /// Whether a function sees the same rows however ties are put.
    pub fn is_blind_to_ties(&self) -> bool {
        self.is_total || !self.frame.contains("ROWS")
    }

    /// Whether each row has its whole partition.
    pub fn is_whole(&self) -> bool {
        self.order.is_empty()
    }
}

impl Windows<'_> {
    pub fn over(&mut self) -> Over {
        match self.random.below(20) {
            0..=6 => self.unordered(),
            7 => self.by_value(),
            _ => self.along(),
        }
    }

    fn unordered(&mut self) -> Over {
        let mut partition = match self.random.below(8) {
            0 => Vec::new(),
            1 | 2 => self.each_dimension_but(usize::MAX),
            _ => self.asker().keys(),
        };
        if !partition.is_empty() && self.random.chance(25) {
            partition.remove(self.random.below(partition.len()));
        }
        let frame = match self.random.below(8) {
            0 => " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
            1 => " RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
            _ => "",
        };
        Over { partition, order: Vec::new(), frame: frame.into(), is_total: false }
    }

    /// In the order of a variable, which no slide along a dimension follows.
    fn by_value(&mut self) -> Over {
        let partition = self.asker().keys();
        let column = self.asker().column(|c| c.along == Along::Cells);
        let frame = self.frame(&column, true);
        let order = vec![format!("{}{}", column.name, self.direction())];
        Over { partition, order, frame, is_total: false }
    }

    /// Along a dimension.
    fn along(&mut self) -> Over {
        if self.rank == 0 {
            return self.unordered();
        }
        let dimension = self.random.below(self.rank);
        let column = self.coordinate(dimension);
        let partition = match self.random.below(10) {
            0..=6 => self.each_dimension_but(dimension),
            7 | 8 => {
                let mut keys = self.asker().keys();
                keys.truncate(2);
                keys
            }
            _ => Vec::new(),
        };
        let mut order = vec![format!("{}{}", column.name, self.direction())];
        let mut ordered = vec![column.clone()];
        // The other dimensions, so that there are no ties.
        if self.random.chance(35) {
            for d in (0..self.rank).filter(|d| *d != dimension) {
                let other = self.coordinate(d);
                if !partition.contains(&other.name) || self.random.chance(30) {
                    order.push(format!("{}{}", other.name, self.direction()));
                    ordered.push(other);
                }
            }
        }
        let is_fixed = |d: usize| {
            let of = |c: &Column| c.along == Along::Dimension(d) && c.is_unique && !c.has_holes;
            ordered.iter().any(of) || self.columns.iter().any(|c| of(c) && partition.contains(&c.name))
        };
        let is_total = (0..self.rank).all(is_fixed);
        let frame = self.frame(&column, order.len() == 1);
        Over { partition, order, frame, is_total }
    }

    /// A coordinate of a dimension, mostly one without ties.
    fn coordinate(&mut self, dimension: usize) -> Column {
        let is_plain = |c: &Column| c.along == Along::Dimension(dimension) && c.is_unique && !c.has_holes;
        if self.random.chance(85) && self.columns.iter().any(is_plain) {
            return self.asker().column(is_plain);
        }
        self.asker().column(|c| c.along == Along::Dimension(dimension))
    }

    fn each_dimension_but(&mut self, dimension: usize) -> Vec<String> {
        let mut keys: Vec<String> =
            (0..self.rank).filter(|d| *d != dimension).map(|d| self.coordinate(d).name).collect();
        self.random.shuffle(&mut keys);
        if !keys.is_empty() && self.random.chance(20) {
            let at = self.random.below(keys.len());
            keys[at] = self.asker().any_key();
        }
        keys
    }

    pub fn direction(&mut self) -> String {
        let direction = *self.random.pick(&["", "", " ASC", " DESC", " DESC"]);
        format!("{direction}{}", self.random.pick(&["", "", " NULLS FIRST", " NULLS LAST"]))
    }

    /// A frame; `is_alone` where the column is the whole order.
    fn frame(&mut self, column: &Column, is_alone: bool) -> String {
        if self.random.chance(25) {
            return String::new();
        }
        let units = *self.random.pick(&["ROWS", "ROWS", "ROWS", "RANGE", "RANGE", "GROUPS"]);
        let steps = match units {
            "RANGE" => {
                if is_alone {
                    self.steps(column)
                } else {
                    None
                }
            }
            _ => Some(["0", "1", "2", "3", "7", "100"].map(String::from).into()),
        };
        let Some(steps) = steps else {
            let start = self.random.pick(&["UNBOUNDED PRECEDING", "CURRENT ROW"]);
            let end = self.random.pick(&["UNBOUNDED FOLLOWING", "CURRENT ROW"]);
            return format!(" {units} BETWEEN {start} AND {end}");
        };
        if self.random.chance(15) {
            // Up to the row itself.
            let start = self.random.pick(&steps).clone();
            return match self.random.below(3) {
                0 => format!(" {units} UNBOUNDED PRECEDING"),
                1 => format!(" {units} CURRENT ROW"),
                _ => format!(" {units} {start} PRECEDING"),
            };
        }
        let (less, more) = (self.random.below(steps.len()), self.random.below(steps.len()));
        let (less, more) = (&steps[less.min(more)], &steps[less.max(more)]);
        let start = *self.random.pick(&[0, 1, 1, 1, 2, 3]);
        // DataFusion refuses a frame that ends before its start.
        let least = [0, 0, 1, 2][start];
        let end = least + self.random.below(4 - least);
        let (a, b) = if (start, end) == (1, 0) { (more, less) } else { (less, more) };
        let start = match start {
            0 => "UNBOUNDED PRECEDING".into(),
            1 => format!("{a} PRECEDING"),
            2 => "CURRENT ROW".into(),
            _ => format!("{a} FOLLOWING"),
        };
        let end = match end {
            0 => format!("{b} PRECEDING"),
            1 => "CURRENT ROW".into(),
            2 => format!("{b} FOLLOWING"),
            _ => "UNBOUNDED FOLLOWING".into(),
        };
        format!(" {units} BETWEEN {start} AND {end}")
    }

    /// Steps of a `RANGE` from the least on, where the column has any.
    fn steps(&self, column: &Column) -> Option<Vec<String>> {
        let of: &[&str] = match &column.data_type {
            DataType::Timestamp(..) => {
                &["INTERVAL '7 hours'", "INTERVAL '1 day'", "INTERVAL '30 days'", "INTERVAL '1 month'"]
            }
            t if t.is_integer() => &["0", "1", "2", "5", "20", "31"],
            t if t.is_floating() => &["0", "0.1", "0.2", "1", "2.5", "7.5"],
            _ => return None,
        };
        Some(of.iter().map(|step| step.to_string()).collect())
    }
}
