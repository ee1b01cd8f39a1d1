//! A scan with the columns of another one beside its own, at equal keys.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column as ColumnExpr;
use datafusion::physical_expr::utils::reassign_expr_columns;
use datafusion::physical_plan::ExecutionPlan;
use hyperslab_array::{IndexRanges, Selection};

use super::map::PositionMap;
use super::relate::relate;
use super::source::{Aligned, AlignedColumn, AlignedValues};
use crate::error::internal;
use crate::layout::{Column, Layout};
use crate::scan::{ArrayScanExec, ScanRequest};

type Expr = Arc<dyn PhysicalExpr>;

/// Which rows of the outer side stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Those that meet a row of the inner side, as far as the selection can tell; [`AlignedScan::met`] tells the rest.
    Met,
    /// All.
    All,
}

/// A scan with the columns of another one.
#[derive(Debug)]
pub struct AlignedScan {
    /// The columns of the outer side first.
    pub scan: ArrayScanExec,
    /// What each needed column of the inner scan is, over the columns of [`Self::scan`]; NULL where nothing is met, if
    /// all rows stay.
    pub columns: Vec<Option<Expr>>,
    /// Not NULL where a row meets one of the inner side; `None` where all rows do.
    pub met: Option<Expr>,
}

impl ArrayScanExec {
    /// This scan with the columns of `inner` that are `needed`, at the positions where `on`, pairs of expressions over the columns of this
    /// scan and of `inner`, are equal. `None` where the keys do not say for each cell at which single position that is.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn aligned(
        &self,
        inner: &Self,
        on: &[(Expr, Expr)],
        keep: Keep,
        needed: &HashSet<String>,
    ) -> Result<Option<AlignedScan>> {
        let is_derived = |c: &usize| matches!(inner.layout().columns.get(*c), Some(Column::Derived { .. }) | None);
        let may_multiply = self.may_multiply() || inner.may_multiply();
        if may_multiply || self.is_limited() || inner.is_limited() || inner.request().projection.iter().any(is_derived)
        {
            return Ok(None);
        }
        // A key that fails for a label may never be evaluated for a row.
        let Ok(Some(maps)) = relate(self, inner, on) else { return Ok(None) };
        let mut scan = self.clone();
        // What other columns were derived from must not change.
        if keep == Keep::Met && self.layout().derived.is_empty() {
            let selection = met(&maps, &self.request().selection);
            let nothing = self.request().nothing || selection.is_none();
            let selection = selection.unwrap_or_else(|| nowhere(&self.request().selection));
            if selection != self.request().selection || nothing != self.request().nothing {
                let request = ScanRequest { selection, nothing, ..self.request().clone() };
                scan = Self::try_new(Arc::clone(self.layout()), request)?;
            }
        }
        let selection = &scan.request().selection;
        let partial: Vec<usize> =
            maps.iter().enumerate().filter(|(_, map)| !map.is_total(selection)).map(|(e, _)| e).collect();
        let is_outer = keep == Keep::All && !partial.is_empty();

        let mut columns: Vec<Found> = Vec::with_capacity(inner.request().projection.len());
        let (mut aligned, mut fields) = (Vec::new(), Vec::new());
        for c in &inner.request().projection {
            let column = inner.layout().columns.get(*c).ok_or_else(|| internal(format!("no column {c}")))?;
            let field = inner.layout().schema.field(*c);
            if !needed.contains(field.name()) {
                columns.push(Found::Nowhere);
                continue;
            }
            if let Some(equal) = equal(self.layout(), column, field, on).filter(|_| !is_outer) {
                columns.push(Found::Equal(equal));
                continue;
            }
            let mut own = aligned_column(inner.layout(), column, &maps, selection)?;
            if is_outer {
                own.also = partial.iter().copied().filter(|e| !own.dimensions.contains(e)).collect();
            }
            columns.push(Found::Aligned);
            fields.push(Arc::new(field.clone().with_nullable(field.is_nullable() || is_outer)));
            aligned.push(own);
        }
        if !partial.is_empty() {
            let values = AlignedValues::Labels(Arc::new(BooleanArray::from(vec![true])));
            aligned.push(AlignedColumn { values, dimensions: Vec::new(), also: partial.clone() });
            fields.push(Arc::new(Field::new("met", DataType::Boolean, true)));
        }
        let first = scan.schema().fields().len();
        if !aligned.is_empty() {
            let source = Aligned::new(Arc::clone(inner.layout()), maps.into(), aligned, fields);
            scan = scan.with_derived(Arc::new(source))?;
        }
        let schema = scan.schema();
        let mut derived = schema.fields().iter().enumerate().skip(first);
        let mut next = || derived.next().map(|(i, field)| Arc::new(ColumnExpr::new(field.name(), i)) as Expr);
        let columns = columns
            .into_iter()
            .map(|found| match found {
                Found::Nowhere => None,
                Found::Equal(expr) => Some(expr),
                Found::Aligned => next(),
            })
            .collect();
        let met = next();
        Ok(Some(AlignedScan { scan, columns, met }))
    }
}

/// Where a column of the inner side is found.
enum Found {
    /// Nobody needs it.
    Nowhere,
    /// It is equal to something of the outer side.
    Equal(Expr),
    /// Among the aligned columns.
    Aligned,
}

/// The indices at which each map of one dimension leads somewhere; `None` where one leads nowhere at all.
fn met(maps: &[PositionMap], selection: &Selection) -> Option<Selection> {
    let mut met = selection.clone();
    for map in maps {
        match map.outer() {
            [] if !map.is_total(selection) => return None,
            [d] => {
                let own = met.dimensions.get_mut(*d)?;
                *own = own.intersect(&map.met());
            }
            _ => {}
        }
    }
    Some(met)
}

fn nowhere(selection: &Selection) -> Selection {
    Selection { dimensions: vec![IndexRanges::empty(); selection.dimensions.len()] }
}

/// What `column` of the inner side is equal to wherever rows meet, bit by bit.
fn equal(outer: &Layout, column: &Column, field: &Field, on: &[(Expr, Expr)]) -> Option<Expr> {
    if !matches!(column, Column::Index { .. } | Column::Labels { .. }) {
        return None;
    }
    let is_column = |expr: &Expr| expr.downcast_ref::<ColumnExpr>().is_some_and(|c| c.name() == field.name());
    let (key, _) = on.iter().find(|(_, of_inner)| is_column(of_inner))?;
    // Labels have no -0; an expression may give one, which is equal to 0.
    let is_label = key.downcast_ref::<ColumnExpr>().is_some_and(|c| outer.coordinate(c.name()).is_some());
    let has_one_zero = is_label || !field.data_type().is_floating();
    // What is NULL meets nothing, but a field must not say that it may be NULL where it was not.
    let key_over_table = reassign_expr_columns(Arc::clone(key), &outer.schema).ok()?;
    let fits = field.is_nullable() || !key_over_table.nullable(&outer.schema).ok()?;
    (has_one_zero && fits).then(|| Arc::clone(key))
}

fn aligned_column(
    inner: &Layout,
    column: &Column,
    maps: &[PositionMap],
    selection: &Selection,
) -> Result<AlignedColumn> {
    let (values, dimensions): (AlignedValues, Vec<usize>) = match column {
        Column::Index { dimension } => {
            let last = maps.get(*dimension).and_then(|map| map.over(selection).met().last()).map_or(0, |l| l + 1);
            let positions: ArrayRef = Arc::new(Int64Array::from_iter_values(0..last as i64));
            (AlignedValues::Labels(positions), vec![*dimension])
        }
        Column::Labels { dimension, labels } => (AlignedValues::Labels(labels.array()?), vec![*dimension]),
        Column::Scalar { labels } => (AlignedValues::Labels(labels.array()?), Vec::new()),
        Column::Array { variable, dimensions } => {
            let met = |e: &usize| maps.get(*e).map(|map| map.over(selection).met()).unwrap_or_default();
            let met = dimensions.iter().map(met).collect();
            (AlignedValues::Variable { variable: Arc::clone(variable), met }, dimensions.clone())
        }
        Column::Derived { .. } => {
            return Err(internal(format!("a derived column of {} cannot be aligned", inner.name())));
        }
    };
    Ok(AlignedColumn { values, dimensions, also: Vec::new() })
}
