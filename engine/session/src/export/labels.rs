//! The labels of the dimensions of an answer, known before its first row, and where a row is along each.
//!
//! ```text
//! plan ─→ SELECT DISTINCT dimension ─→ labels in order ─→ LabelIndex: a label of a row → its position
//! ```

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array};
use datafusion::arrow::compute::{SortOptions, concat, sort_to_indices, take};
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan};
use hyperslab_array::{ArrayError, Decoded, Scalar, Values};
use hyperslab_exec::convert::decoded_of;
use hyperslab_exec::datafusion_error;
use hyperslab_planner::rules::{Source, source_of};

use crate::dataset::plain;

/// One dimension of what is written.
#[derive(Debug)]
pub(super) struct OutputDimension {
    /// The name of its column, and its own.
    pub name: String,
    /// Which column of the answer.
    pub column: usize,
    /// Its labels, none of them missing or there twice.
    pub labels: Decoded,
    /// What it is in the dataset that it comes from.
    pub source: Option<Source>,
    index: LabelIndex,
}

impl OutputDimension {
    /// The labels of column `column` of an answer: in the order of the coordinate that they come from, else from the
    /// least to the greatest; where the query sorts by the column, in the order of that.
    pub async fn try_new(frame: &DataFrame, column: usize) -> Result<Self> {
        let plan = frame.logical_plan();
        let (qualifier, field) = frame.schema().qualified_field(column);
        let name = field.name().clone();
        let expr = Expr::Column((qualifier, field).into());
        let batches = frame.clone().aggregate(vec![expr.clone()], Vec::new())?.collect().await?;
        let arrays: Vec<&dyn Array> = batches.iter().filter_map(|b| b.columns().first()).map(|a| a.as_ref()).collect();
        let all = match arrays.as_slice() {
            [] => datafusion::arrow::array::new_empty_array(field.data_type()),
            arrays => concat(arrays)?,
        };
        let all = plain(&name, &all)?;
        let source = source_of(plan, column);
        let sorted = sorted_by(plan, &expr);
        let known = source.as_ref().and_then(|s| s.coordinate.as_ref()).map(|c| c.labels());
        let labels = match (sorted, known) {
            (None, Some(labels)) => in_order_of(&all, labels)?,
            (sorted, _) => {
                let descending = sorted == Some(false);
                let order = sort_to_indices(&all, Some(SortOptions { descending, nulls_first: true }), None)?;
                take(&all, &order, None)?
            }
        };
        Self::of_labels(name, column, &labels, source)
    }

    /// A dimension of given labels.
    pub fn of_labels(name: String, column: usize, labels: &ArrayRef, source: Option<Source>) -> Result<Self> {
        if labels.null_count() > 0 {
            return Err(datafusion_error(
                ArrayError::argument(format!("a label of dimension `{name}` is missing"))
                    .hint(format!("leave such rows out: `WHERE {name} IS NOT NULL`")),
            ));
        }
        let labels = decoded_of(labels)?;
        let index = LabelIndex::try_new(&name, &labels)?;
        Ok(Self { name, column, labels, source, index })
    }

    /// How many labels.
    pub fn size(&self) -> u64 {
        self.labels.values.len() as u64
    }

    /// Whether its labels are the positions along a dimension that has none.
    pub fn is_unlabelled(&self) -> bool {
        self.source.as_ref().is_some_and(|s| s.variable.is_none())
    }

    /// Whether the label at `row` of `labels` is one of these.
    pub fn has(&self, labels: &Values, row: usize) -> bool {
        self.index.position(labels, row).is_some()
    }

    /// The positions of the labels of some rows.
    pub fn positions(&self, labels: &Decoded, out: &mut Vec<u32>) -> Result<()> {
        self.index.positions(labels, out).map_err(|e| datafusion_error(e.context("dimension", &self.name)))
    }
}

/// The labels of `found`, each once, in the order in which `known` has them.
fn in_order_of(found: &ArrayRef, known: &Decoded) -> Result<ArrayRef> {
    let index = LabelIndex::first_of(known);
    let labels = decoded_of(found)?;
    let position = |row: usize| index.position(&labels.values, row).unwrap_or(u32::MAX);
    let mut rows: Vec<u32> = (0..found.len() as u32).collect();
    rows.sort_by_key(|row| position(*row as usize));
    Ok(take(found, &UInt32Array::from(rows), None)?)
}

/// Whether the outermost sort of a plan has `expr` ascending (`true`) or descending.
fn sorted_by(plan: &LogicalPlan, expr: &Expr) -> Option<bool> {
    match plan {
        LogicalPlan::Sort(sort) => {
            let name = |e: &Expr| match e {
                Expr::Column(column) => Some(column.name.clone()),
                _ => None,
            };
            sort.expr.iter().find(|s| name(&s.expr).is_some() && name(&s.expr) == name(expr)).map(|s| s.asc)
        }
        LogicalPlan::Limit(_) | LogicalPlan::SubqueryAlias(_) => sorted_by(plan.inputs().first()?, expr),
        _ => None,
    }
}

/// From labels to their positions.
#[derive(Debug)]
struct LabelIndex {
    numbers: HashMap<i64, u32>,
    texts: HashMap<String, u32>,
    /// The label at each position, to guess the next one.
    order: Vec<i64>,
}

impl LabelIndex {
    fn try_new(name: &str, labels: &Decoded) -> Result<Self> {
        let index = Self::first_of(labels);
        let len = labels.values.len();
        if index.numbers.len() + index.texts.len() < len {
            return Err(datafusion_error(ArrayError::argument(format!("two labels of dimension `{name}` are equal"))));
        }
        if u32::try_from(len).is_err() {
            return Err(datafusion_error(ArrayError::too_large(format!("dimension `{name}` has {len} labels"))));
        }
        Ok(index)
    }

    /// Of labels that are there several times, the first counts.
    fn first_of(labels: &Decoded) -> Self {
        let mut index = Self { numbers: HashMap::new(), texts: HashMap::new(), order: Vec::new() };
        match &labels.values {
            Values::String(texts) => {
                for (i, text) in texts.iter().enumerate() {
                    index.texts.entry(text.clone()).or_insert(i as u32);
                }
            }
            values => {
                index.order = keys(values);
                for (i, key) in index.order.iter().enumerate() {
                    index.numbers.entry(*key).or_insert(i as u32);
                }
            }
        }
        index
    }

    fn position(&self, values: &Values, row: usize) -> Option<u32> {
        match values {
            Values::String(texts) => self.texts.get(texts.get(row)?).copied(),
            values => self.numbers.get(&key(values.get(row)?)).copied(),
        }
    }

    fn positions(&self, labels: &Decoded, out: &mut Vec<u32>) -> hyperslab_array::Result<()> {
        out.clear();
        let unknown = |row: usize| {
            let shown = labels.get(row).map_or_else(|| "NULL".to_string(), |label| show(&label));
            ArrayError::argument(format!("label `{shown}` is not one of those that were expected"))
                .hint("the query gives other rows each time that it runs")
        };
        if labels.missing() > 0 {
            let row = (0..labels.values.len()).find(|row| !labels.is_valid(*row)).unwrap_or(0);
            return Err(unknown(row));
        }
        if let Values::String(texts) = &labels.values {
            for (row, text) in texts.iter().enumerate() {
                out.push(self.texts.get(text).copied().ok_or_else(|| unknown(row))?);
            }
            return Ok(());
        }
        // Rows come in runs: the label of the row before, or the one after it.
        let mut last = 0u32;
        for (row, key) in keys(&labels.values).into_iter().enumerate() {
            let at = |position: u32| self.order.get(position as usize) == Some(&key);
            if !at(last) {
                last = match at(last + 1) {
                    true => last + 1,
                    false => self.numbers.get(&key).copied().ok_or_else(|| unknown(row))?,
                };
            }
            out.push(last);
        }
        Ok(())
    }
}

/// A label as a person writes it.
pub(super) fn show(label: &Scalar) -> String {
    match label {
        Scalar::Bool(v) => v.to_string(),
        Scalar::Int(v) => v.to_string(),
        Scalar::UInt(v) => v.to_string(),
        Scalar::Float32(v) => v.to_string(),
        Scalar::Float64(v) => v.to_string(),
        Scalar::String(v) => v.clone(),
        Scalar::Timestamp(v) => hyperslab_array::Calendar::ProlepticGregorian.date(*v).to_string(),
        Scalar::Duration(v) => format!("{v} µs"),
    }
}

/// A number for each label, the same for equal ones.
fn keys(values: &Values) -> Vec<i64> {
    macro_rules! each {
        ($v:expr, $x:ident => $key:expr) => {
            $v.iter().map(|$x| $key).collect()
        };
    }
    match values {
        Values::Float32(v) => each!(v, x => float_key(f64::from(*x))),
        Values::Float64(v) => each!(v, x => float_key(*x)),
        Values::Int64(v) | Values::Timestamp(v) | Values::Duration(v) => v.clone(),
        Values::Int32(v) => each!(v, x => i64::from(*x)),
        other => (0..other.len()).filter_map(|i| other.get(i)).map(key).collect(),
    }
}

fn key(label: Scalar) -> i64 {
    match label {
        Scalar::Bool(v) => i64::from(v),
        Scalar::Int(v) | Scalar::Timestamp(v) | Scalar::Duration(v) => v,
        Scalar::UInt(v) => v as i64,
        Scalar::Float32(v) => float_key(f64::from(v)),
        Scalar::Float64(v) => float_key(v),
        Scalar::String(_) => 0,
    }
}

/// Both zeros are one label.
fn float_key(value: f64) -> i64 {
    (value + 0.0).to_bits() as i64
}
