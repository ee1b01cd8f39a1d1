//! Windows over whole partitions (`avg(sst) OVER (PARTITION BY month(time), lat, lon)`): one pass over the chunks reduces
//! each partition, then each cell finds its answer by position.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, UInt32Type};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_plan::ExecutionPlan;
use tokio::sync::OnceCell;

use super::collect::collect;
use super::dense::Dense;
use super::lookup::{Classes, Lookup};
use super::{Derived, DerivedRun};
use crate::aggregate::{AggregateRequest, ArrayAggregateExec, Groups};
use crate::error::internal;
use crate::scan::{ArrayScanExec, ScanMetrics, ScanState, Unit, UnitColumn};

/// Aggregates of whole partitions, for each of their cells.
#[derive(Debug, Clone)]
pub(crate) struct WholePartitions {
    /// The scan below, which tells the partition of a position.
    scan: ArrayScanExec,
    partition_by: Vec<Arc<dyn PhysicalExpr>>,
    fields: Vec<FieldRef>,
    /// The numbers of groups, and the answers.
    reduced: Arc<dyn ExecutionPlan>,
}

impl WholePartitions {
    /// The answers of `functions` over the cells of `scan` for which `predicate` holds, for each cell; `None` where a
    /// partition is not a function of single dimensions, or a function cannot be reduced on chunks.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn try_new(
        scan: &ArrayScanExec,
        partition_by: &[Arc<dyn PhysicalExpr>],
        functions: &[Arc<AggregateFunctionExpr>],
        predicate: Option<&Arc<dyn PhysicalExpr>>,
    ) -> Result<Option<Self>> {
        let fields: Vec<FieldRef> = functions.iter().map(|f| f.field()).collect();
        let numbers = scan.request().selection.dimensions.iter().enumerate();
        let numbers = numbers.map(|(d, _)| Arc::new(Field::new(format!("group {d}"), DataType::UInt32, false)));
        let schema = Schema::new(numbers.chain(fields.iter().cloned()).collect::<Vec<_>>());
        let request = AggregateRequest {
            group_by: partition_by.iter().map(|key| (Arc::clone(key), key.to_string())).collect(),
            aggregates: functions.to_vec(),
            filters: vec![None; functions.len()],
            predicate: predicate.cloned(),
            schema: Arc::new(schema),
        };
        let reduced = ArrayAggregateExec::numbered(scan, request)?;
        Ok(reduced.map(|reduced| Self {
            scan: scan.clone(),
            partition_by: partition_by.to_vec(),
            fields,
            reduced: Arc::new(reduced),
        }))
    }
}

impl Derived for WholePartitions {
    fn fields(&self) -> &[FieldRef] {
        &self.fields
    }

    fn describe(&self) -> String {
        let names: Vec<&str> = self.fields.iter().map(|f| f.name().as_str()).collect();
        let keys: Vec<String> = self.partition_by.iter().map(ToString::to_string).collect();
        format!("lookup of [{}] by [{}]", names.join(", "), keys.join(", "))
    }

    fn inputs(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.reduced]
    }

    fn with_inputs(&self, inputs: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn Derived>> {
        match <[_; 1]>::try_from(inputs) {
            Ok([reduced]) => Ok(Arc::new(Self { reduced, ..self.clone() })),
            Err(inputs) => Err(internal(format!("{} inputs of a window, expected 1", inputs.len()))),
        }
    }

    fn start(&self, context: &Arc<TaskContext>) -> Box<dyn DerivedRun> {
        Box::new(WholePartitionsRun { window: self.clone(), context: Arc::clone(context), lookup: OnceCell::new() })
    }
}

#[derive(Debug)]
struct WholePartitionsRun {
    window: WholePartitions,
    context: Arc<TaskContext>,
    lookup: OnceCell<Lookup>,
}

#[async_trait]
impl DerivedRun for WholePartitionsRun {
    async fn load(
        &self,
        _state: &ScanState,
        _metrics: &ScanMetrics,
        columns: &[usize],
        unit: &Unit,
    ) -> Result<Vec<UnitColumn>> {
        let lookup = self.lookup.get_or_try_init(|| self.reduce()).await?;
        lookup.cells(unit, columns)
    }
}

impl WholePartitionsRun {
    /// The first pass.
    async fn reduce(&self) -> Result<Lookup> {
        let (window, context) = (&self.window, &self.context);
        let memory = MemoryConsumer::new(format!("ArrayScanExec[{}] window", window.scan.layout().name()))
            .register(context.memory_pool());
        let (layout, selection) = (window.scan.layout(), &window.scan.request().selection);
        let groups = Groups::try_new(layout, &window.partition_by, selection, window.scan.units())?;
        let along: Vec<Classes> = groups
            .dimensions
            .into_iter()
            .map(|d| Classes { count: d.count(), selected: d.selected, ids: d.ids })
            .collect();
        let dimensions = along.len();
        let places = Lookup::places(&along).ok_or_else(|| internal("a window has too many partitions"))?;
        if let Some(dense) = Dense::try_new(&window.fields, places, &memory)? {
            let classes = along.clone();
            let split = move |batch: &RecordBatch| {
                let (numbers, values) = split(batch, classes.len())?;
                Ok((places_of(numbers, &classes, batch.num_rows()), values.to_vec()))
            };
            let columns = dense.fill(&window.reduced, context, split).await?;
            return Ok(Lookup::of_dense(along, columns, memory));
        }
        let batches = collect(&window.reduced, context, &memory).await?;
        let mut places = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
        let mut parts = Vec::with_capacity(batches.len());
        for batch in &batches {
            let (numbers, values) = split(batch, dimensions)?;
            places.extend(places_of(numbers, &along, batch.num_rows()));
            parts.push(values.to_vec());
        }
        let lookup = Lookup::try_new(along, &window.fields, &parts, &places, memory)?;
        lookup.ok_or_else(|| internal("two groups of a window have the same numbers"))
    }
}

/// The numbers of groups along each dimension, and the answers.
fn split(batch: &RecordBatch, dimensions: usize) -> Result<(&[ArrayRef], &[ArrayRef])> {
    batch.columns().split_at_checked(dimensions).ok_or_else(|| {
        internal(format!("{} columns of a reduced window, expected more than {dimensions}", batch.num_columns()))
    })
}

/// The place of each row, from its group along each dimension.
fn places_of(numbers: &[ArrayRef], along: &[Classes], rows: usize) -> Vec<u32> {
    let mut places = vec![0u32; rows];
    for (numbers, classes) in numbers.iter().zip(along).filter(|(_, classes)| classes.ids.is_some()) {
        if let Some(numbers) = numbers.as_primitive_opt::<UInt32Type>() {
            let count = classes.count as u32;
            for (place, number) in places.iter_mut().zip(numbers.values()) {
                *place = place.wrapping_mul(count).wrapping_add(*number);
            }
        }
    }
    places
}
