//! Joins with rows that are keyed by functions of single dimensions: a climatology on month, latitude and longitude, a
//! mask, weights, a table of names. The rows are collected once; each cell finds its row by position.
//!
//! ```text
//!  rows ─→ keys ─→ the class of the labels that have the same key, along each dimension ─→ place ─→ lookup
//!            └─ NULL, or no such label: the row joins nothing
//! ```
//!
//! Where two rows have the same place, a cell has several: then the scan is made of rows, by a hash join.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::common::{JoinType, NullEquality, ScalarValue};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::physical_expr::expressions::{Column as ColumnExpr, Literal};
use datafusion::physical_expr::utils::reassign_expr_columns;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::sorts::sort::SortExec;
use tokio::sync::OnceCell;

use super::collect::collect;
use super::lookup::{Classes, Lookup, NO_PLACE};
use super::{Derived, DerivedRun};
use crate::aggregate::{Varies, label_values, varies};
use crate::error::internal;
use crate::scan::{ArrayScanExec, ScanMetrics, ScanState, Unit, UnitColumn};

/// A key over the columns of a scan, and the same over those of rows.
pub type LookupKey = (Arc<dyn PhysicalExpr>, Arc<dyn PhysicalExpr>);

/// The name of the column that tells whether a cell has a row.
const MATCHED: &str = "matched";

/// Places that are always few enough, and how many there may be for each row.
const FEW_PLACES: usize = 1 << 22;
const PLACES_A_ROW: usize = 64;

/// What becomes of cells and rows that find each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupKind {
    /// Each cell with each of its rows; cells without one are filtered out above.
    Inner,
    /// As `Inner`, and each cell without a row, with NULLs.
    Outer,
    /// Only whether a cell has a row counts.
    Exists,
}

/// A row for each cell, found by position.
#[derive(Debug, Clone)]
pub(crate) struct JoinedRows {
    /// The scan below.
    scan: ArrayScanExec,
    /// Over the columns of the scan, and over those of the rows.
    keys: Vec<LookupKey>,
    rows: Arc<dyn ExecutionPlan>,
    kind: LookupKind,
    /// The columns of the rows, and whether there is one.
    fields: Vec<FieldRef>,
}

impl JoinedRows {
    /// For each cell of `scan` the row of `rows` that has the same `keys`; `None` where a key is not a function of a
    /// single dimension.
    pub fn new(
        scan: &ArrayScanExec,
        keys: &[LookupKey],
        rows: &Arc<dyn ExecutionPlan>,
        kind: LookupKind,
    ) -> Option<Self> {
        let is_key = |(own, other): &(Arc<dyn PhysicalExpr>, Arc<dyn PhysicalExpr>)| {
            varies(scan.layout(), own) != Varies::Everywhere && !is_volatile(own) && !is_volatile(other)
        };
        if scan.is_limited() || scan.may_multiply() || !keys.iter().all(is_key) {
            return None;
        }
        let mut fields: Vec<FieldRef> = match kind {
            LookupKind::Inner => rows.schema().fields().iter().cloned().collect(),
            LookupKind::Outer => {
                let nullable = |f: &FieldRef| Arc::new(f.as_ref().clone().with_nullable(true));
                rows.schema().fields().iter().map(nullable).collect()
            }
            LookupKind::Exists => Vec::new(),
        };
        fields.push(Arc::new(Field::new(MATCHED, DataType::Boolean, false)));
        Some(Self { scan: scan.clone(), keys: keys.to_vec(), rows: Arc::clone(rows), kind, fields })
    }
}

impl Derived for JoinedRows {
    fn fields(&self) -> &[FieldRef] {
        &self.fields
    }

    fn describe(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|(own, other)| format!("{own} = {other}")).collect();
        format!("lookup of rows by [{}]", keys.join(", "))
    }

    fn inputs(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.rows]
    }

    fn with_inputs(&self, inputs: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn Derived>> {
        match <[_; 1]>::try_from(inputs) {
            Ok([rows]) => Ok(Arc::new(Self { rows, ..self.clone() })),
            Err(inputs) => Err(internal(format!("{} inputs of a lookup, expected 1", inputs.len()))),
        }
    }

    fn may_multiply(&self) -> bool {
        self.kind != LookupKind::Exists
    }

    fn by_rows(&self, below: &ArrayScanExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let join_type = match self.kind {
            LookupKind::Inner => JoinType::Inner,
            LookupKind::Outer => JoinType::Right,
            // A cell that has two rows has one.
            LookupKind::Exists => return Ok(None),
        };
        let on = self
            .keys
            .iter()
            .map(|(own, other)| Ok((Arc::clone(other), reassign_expr_columns(Arc::clone(own), &below.schema())?)));
        // The rows were collected already, and a plan may run once only.
        let rows = reset_plan_states(Arc::clone(&self.rows))?;
        let join = HashJoinExec::try_new(
            in_one_order(Arc::new(CoalescePartitionsExec::new(rows))),
            Arc::new(below.clone()),
            on.collect::<Result<_>>()?,
            None,
            &join_type,
            None,
            PartitionMode::CollectLeft,
            NullEquality::NullEqualsNothing,
            false,
        )?;
        let schema = join.schema();
        let (rows, cells) = (self.rows.schema().fields().len(), below.schema().fields().len());
        let column = |i: usize| {
            let field = schema.field(i);
            ProjectionExpr { expr: Arc::new(ColumnExpr::new(field.name(), i)), alias: field.name().clone() }
        };
        let mut columns: Vec<ProjectionExpr> = (rows..rows + cells).chain(0..rows).map(column).collect();
        let matched = Arc::new(Literal::new(ScalarValue::Boolean(Some(true))));
        columns.push(ProjectionExpr { expr: matched, alias: MATCHED.into() });
        Ok(Some(Arc::new(ProjectionExec::try_new(columns, Arc::new(join))?)))
    }

    fn start(&self, context: &Arc<TaskContext>) -> Box<dyn DerivedRun> {
        Box::new(JoinedRowsRun { join: self.clone(), context: Arc::clone(context), lookup: OnceCell::new() })
    }
}

#[derive(Debug)]
struct JoinedRowsRun {
    join: JoinedRows,
    context: Arc<TaskContext>,
    /// `None` where the join is made of rows.
    lookup: OnceCell<Option<Lookup>>,
}

#[async_trait]
impl DerivedRun for JoinedRowsRun {
    async fn is_by_position(&self) -> Result<bool> {
        Ok(self.lookup.get_or_try_init(|| self.collect()).await?.is_some())
    }

    async fn load(
        &self,
        _state: &ScanState,
        _metrics: &ScanMetrics,
        columns: &[usize],
        unit: &Unit,
    ) -> Result<Vec<UnitColumn>> {
        let lookup = self.lookup.get_or_try_init(|| self.collect()).await?;
        let lookup = lookup.as_ref().ok_or_else(|| internal("a lookup of rows that are not unique"))?;
        lookup.cells(unit, columns)
    }
}

impl JoinedRowsRun {
    async fn collect(&self) -> Result<Option<Lookup>> {
        let (join, context) = (&self.join, &self.context);
        let memory = MemoryConsumer::new(format!("ArrayScanExec[{}] lookup", join.scan.layout().name()))
            .register(context.memory_pool());
        let batches = collect(&join.rows, context, &memory).await?;
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let mut along = Vec::new();
        let mut places = vec![0u32; rows];
        leave_out_nulls(&join.keys, &batches, &mut places)?;
        let (layout, selection) = (join.scan.layout(), &join.scan.request().selection);
        for (d, selected) in selection.dimensions.iter().enumerate() {
            let of_dimension = |(own, _): &&(Arc<dyn PhysicalExpr>, _)| varies(layout, own) == Varies::Along(d);
            let keys: Vec<_> = join.keys.iter().filter(of_dimension).collect();
            if keys.is_empty() {
                along.push(Classes { selected: selected.clone(), ids: None, count: 1 });
                continue;
            }
            let own: Vec<_> = keys.iter().map(|(own, _)| Arc::clone(own)).collect();
            let labels = label_values(layout, &own, selected)?;
            let mut groups = groups_of(&labels)?;
            let mut ids = Vec::new();
            groups.intern(&labels, &mut ids)?;
            let count = groups.len().max(1);
            let ids = ids.into_iter().map(|id| id as u32).collect();
            place(&keys, &batches, groups.as_mut(), count, &mut places)?;
            along.push(Classes { selected: selected.clone(), ids: Some(ids), count });
        }
        // Keys that are the same for all cells.
        let constant: Vec<_> = join.keys.iter().filter(|(own, _)| varies(layout, own) == Varies::Nowhere).collect();
        if !constant.is_empty() {
            let own: Vec<_> = constant.iter().map(|(own, _)| Arc::clone(own)).collect();
            let labels = label_values(layout, &own, &hyperslab_array::IndexRanges::all(1))?;
            let mut groups = groups_of(&labels)?;
            groups.intern(&labels, &mut Vec::new())?;
            place(&constant, &batches, groups.as_mut(), 1, &mut places)?;
        }
        match Lookup::places(&along) {
            Some(count) if count <= FEW_PLACES || count / PLACES_A_ROW <= rows => {}
            _ if join.may_multiply() => return Ok(None),
            Some(_) => {}
            None => return Err(internal("a lookup has too many places")),
        }
        if join.kind == LookupKind::Exists {
            keep_first(&mut places);
        }
        let parts: Vec<Vec<ArrayRef>> = batches
            .iter()
            .map(|batch| {
                let matched: ArrayRef = Arc::new(BooleanArray::from(vec![true; batch.num_rows()]));
                let own = if join.kind == LookupKind::Exists { &[] } else { batch.columns() };
                own.iter().cloned().chain([matched]).collect()
            })
            .collect();
        Lookup::try_new(along, &join.fields, &parts, &places, memory)
    }
}

/// The rows in the order of all their columns, so that what is made of them does not depend on who brought them first.
fn in_one_order(rows: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    let schema = rows.schema();
    let column =
        |(i, field): (usize, &FieldRef)| PhysicalSortExpr::new_default(Arc::new(ColumnExpr::new(field.name(), i)));
    match LexOrdering::new(schema.fields().iter().enumerate().map(column)) {
        Some(order) => Arc::new(SortExec::new(order, rows)),
        None => rows,
    }
}

fn groups_of(keys: &[ArrayRef]) -> Result<Box<dyn GroupValues>> {
    let field = |(i, key): (usize, &ArrayRef)| Field::new(i.to_string(), key.data_type().clone(), true);
    new_group_values(
        Arc::new(Schema::new(keys.iter().enumerate().map(field).collect::<Vec<_>>())),
        &GroupOrdering::None,
    )
}

/// Of rows with the same place, all but the first are left out.
fn keep_first(places: &mut [u32]) {
    let mut seen = std::collections::HashSet::new();
    for place in places.iter_mut().filter(|place| **place != NO_PLACE) {
        if !seen.insert(*place) {
            *place = NO_PLACE;
        }
    }
}

/// A key that is NULL is equal to nothing.
fn leave_out_nulls(keys: &[LookupKey], batches: &[RecordBatch], places: &mut [u32]) -> Result<()> {
    for (_, key) in keys {
        let mut rest = &mut *places;
        for batch in batches {
            let (own, later) = rest.split_at_mut(batch.num_rows().min(rest.len()));
            let values = key.evaluate(batch)?.into_array(batch.num_rows())?;
            if let Some(nulls) = values.logical_nulls() {
                own.iter_mut().zip(nulls.iter()).filter(|(_, valid)| !valid).for_each(|(place, _)| *place = NO_PLACE);
            }
            rest = later;
        }
    }
    Ok(())
}

/// Takes the classes along one more dimension into the places of rows; a row whose keys are no label's is left out.
fn place(
    keys: &[&LookupKey],
    batches: &[RecordBatch],
    groups: &mut dyn GroupValues,
    count: usize,
    places: &mut [u32],
) -> Result<()> {
    let values = keys.iter().map(|(own, key)| {
        let parts = batches.iter().map(|batch| key.evaluate(batch)?.into_array(batch.num_rows()));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        match parts.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(Arc::clone(one))),
            parts => {
                let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
                concat(&parts).map(Some).map_err(|e| DataFusionError::from(e).context(format!("key `{own}`")))
            }
        }
    });
    let Some(values) = values.collect::<Result<Option<Vec<ArrayRef>>>>()? else { return Ok(()) };
    let mut ids = Vec::new();
    groups.intern(&values, &mut ids)?;
    for (place, id) in places.iter_mut().zip(ids).filter(|(place, _)| **place != NO_PLACE) {
        let next = u64::from(*place) * count as u64 + id as u64;
        *place = if id < count { u32::try_from(next).unwrap_or(NO_PLACE) } else { NO_PLACE };
    }
    Ok(())
}
