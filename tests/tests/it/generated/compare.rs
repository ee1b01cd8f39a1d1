//! When two answers are the same: rows in any order, exact where they must be, near where they are rounded.

use hyperslab::datafusion::arrow::array::{Array, AsArray, RecordBatch};
use hyperslab::datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type};
use hyperslab::datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

/// How two answers for a column are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Check {
    /// They are equal.
    Same,
    /// They differ by no more than `relative` of the larger and `absolute` of what column `magnitude` says.
    Near { relative: f64, absolute: f64, magnitude: usize },
    /// They differ by no more than this.
    Within(f64),
    /// It says how large the values are that others were computed from.
    Magnitude,
}

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Float(f64),
    Other(String),
}

impl Cell {
    /// The value as text that differs where a bit does. One NaN is as good as another.
    fn bits(&self) -> String {
        match self {
            Self::Null => "NULL".into(),
            Self::Float(f) if f.is_nan() => "NaN".into(),
            Self::Float(f) => format!("{:016x}", f.to_bits()),
            Self::Other(text) => text.clone(),
        }
    }

    /// Equal, where 0 and -0 are: which of the two is the least of rows depends on their order.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (a, b) => a == b,
        }
    }
}

/// The rows of an answer, with the types of its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    types: Vec<DataType>,
    rows: Vec<Vec<Cell>>,
}

impl Rows {
    pub fn new(types: Vec<DataType>, batches: &[RecordBatch]) -> Self {
        let mut rows = Vec::new();
        for batch in batches {
            let columns: Vec<Vec<Cell>> = batch.columns().iter().map(|c| cells(c.as_ref())).collect();
            rows.extend((0..batch.num_rows()).map(|i| columns.iter().map(|c| c[i].clone()).collect::<Vec<_>>()));
        }
        Self { types, rows }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Each row with every bit of it, sorted.
    pub fn bits(&self) -> Vec<String> {
        let mut rows: Vec<String> =
            self.rows.iter().map(|row| row.iter().map(Cell::bits).collect::<Vec<_>>().join("|")).collect();
        rows.sort();
        rows
    }

    /// Whether each row has one that is as `checks` asks.
    pub fn is_near(&self, other: &Self, checks: &[Check], is_ordered: bool) -> bool {
        assert!(self.types.len() == checks.len(), "a check for each column");
        if self.types != other.types || self.rows.len() != other.rows.len() {
            return false;
        }
        let (mut left, mut right) = (self.rows.clone(), other.rows.clone());
        if !is_ordered {
            // What rounds comes last, so that equal rows stand beside each other.
            let key = |row: &Vec<Cell>| {
                let of = |is_exact: bool| {
                    row.iter().zip(checks).filter(move |(_, c)| (**c == Check::Same) == is_exact).map(|(v, _)| shown(v))
                };
                of(true).chain(of(false)).collect::<Vec<_>>()
            };
            left.sort_by_cached_key(key);
            right.sort_by_cached_key(key);
        }
        let is_pair = |a: &Vec<Cell>, b: &Vec<Cell>| rows_match(a, b, checks);
        if left.iter().zip(&right).all(|(a, b)| is_pair(a, b)) {
            return true;
        }
        // Rows that are equal but for what rounds may stand in another order.
        !is_ordered
            && left.iter().all(|a| match right.iter().position(|b| is_pair(a, b)) {
                Some(at) => {
                    right.swap_remove(at);
                    true
                }
                None => false,
            })
    }

    /// The first rows, for a message.
    pub fn shown(&self) -> String {
        let row = |row: &Vec<Cell>| row.iter().map(shown).collect::<Vec<_>>().join(" | ");
        let mut rows: Vec<String> = self.rows.iter().map(row).collect();
        rows.sort();
        let count = rows.len();
        rows.truncate(12);
        format!("{count} rows of {:?}\n    {}", self.types, rows.join("\n    "))
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".into(),
        Cell::Float(f) => format!("{f:?}"),
        Cell::Other(text) => text.clone(),
    }
}

fn rows_match(left: &[Cell], right: &[Cell], checks: &[Check]) -> bool {
    left.iter().zip(right).zip(checks).all(|((a, b), check)| match (check, a, b) {
        (Check::Near { relative, absolute, magnitude }, Cell::Float(a), Cell::Float(b))
            if a.is_finite() && b.is_finite() =>
        {
            let magnitude = match right.get(*magnitude) {
                Some(Cell::Float(m)) => *m,
                _ => 0.0,
            };
            (a - b).abs() <= (relative * a.abs().max(b.abs())).max(absolute * magnitude)
        }
        (Check::Within(most), Cell::Float(a), Cell::Float(b)) if a.is_finite() && b.is_finite() => {
            (a - b).abs() <= *most
        }
        (Check::Magnitude, Cell::Float(a), Cell::Float(b)) if a.is_finite() && b.is_finite() => {
            (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
        }
        _ => a.is_same(b),
    })
}

fn cells(column: &dyn Array) -> Vec<Cell> {
    if let Some(column) = column.as_primitive_opt::<Float64Type>() {
        return column.iter().map(|v| v.map_or(Cell::Null, Cell::Float)).collect();
    }
    if let Some(column) = column.as_primitive_opt::<Float32Type>() {
        return column.iter().map(|v| v.map_or(Cell::Null, |v| Cell::Float(v.into()))).collect();
    }
    let formatter = ArrayFormatter::try_new(column, &FormatOptions::default()).unwrap();
    let cell = |i| if column.is_null(i) { Cell::Null } else { Cell::Other(formatter.value(i).to_string()) };
    (0..column.len()).map(cell).collect()
}
