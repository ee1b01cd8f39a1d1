//! [`ArrayScanExec`]: the physical plan of a scan. It describes what to read and opens nothing.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use hyperslab_array::{DimensionChunks, Selection, Variable};

use super::stream::PartitionScan;
use super::units::UnitGrid;
use crate::layout::{Column, Layout};

/// Reads the selected cells of a grid as rows.
#[derive(Debug, Clone)]
pub struct ArrayScanExec {
    layout: Arc<Layout>,
    projection: Arc<[usize]>,
    selection: Selection,
    schema: SchemaRef,
    units: Arc<UnitGrid>,
    /// The units of each partition.
    partitions: Vec<Range<u64>>,
    /// Rows that the query needs at most.
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
}

impl ArrayScanExec {
    pub(crate) fn try_new(
        layout: Arc<Layout>,
        projection: Vec<usize>,
        selection: Selection,
        fetch: Option<usize>,
        partitions: usize,
    ) -> Result<Self> {
        let schema = Arc::new(layout.schema.project(&projection)?);
        let units = UnitGrid::new(cut(&layout, &projection), selection.clone());
        let count = match fetch {
            Some(rows) => units.holding(rows as u64),
            None => units.count(),
        };
        let partitions = split(count, partitions);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(partitions.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            layout,
            projection: projection.into(),
            selection,
            schema,
            units: Arc::new(units),
            partitions,
            fetch,
            properties: Arc::new(properties),
        })
    }
}

/// How the grid is cut into units: by the chunks of the widest projected variable; along dimensions that it does not
/// have, or where none is projected, by those of the widest variable of the grid.
fn cut(layout: &Layout, projection: &[usize]) -> Vec<DimensionChunks> {
    let shape = layout.shape();
    let arrays = |c: &Column| match c {
        Column::Array { variable, dimensions } => Some((Arc::clone(variable), dimensions.clone())),
        _ => None,
    };
    let projected = widest(projection.iter().filter_map(|i| layout.columns.get(*i)).filter_map(arrays));
    let of_grid = widest(layout.columns.iter().filter_map(arrays));
    let mut chunks: Vec<DimensionChunks> =
        shape.iter().map(|&size| DimensionChunks::Regular { size, chunk: size.max(1) }).collect();
    for (variable, dimensions) in of_grid.into_iter().chain(projected) {
        for (&d, along) in dimensions.iter().zip(variable.source.chunk_grid().dimensions()) {
            if let Some(out) = chunks.get_mut(d) {
                *out = along.clone();
            }
        }
    }
    chunks
}

/// The variable of most dimensions; of several, the first with the largest chunks.
fn widest(variables: impl Iterator<Item = (Arc<Variable>, Vec<usize>)>) -> Option<(Arc<Variable>, Vec<usize>)> {
    let key = |(variable, dimensions): &(Arc<Variable>, Vec<usize>)| {
        let cells = variable.source.chunk_grid().chunk_shape().iter().fold(1u64, |n, s| n.saturating_mul(*s));
        (dimensions.len(), cells)
    };
    // `max_by_key` takes the last of equals.
    variables.reduce(|best, next| if key(&next) > key(&best) { next } else { best })
}

/// Contiguous ranges of `count` units, at most `partitions` and at least one.
fn split(count: u64, partitions: usize) -> Vec<Range<u64>> {
    let n = (partitions.max(1) as u64).min(count).max(1);
    let at = |i: u64| (u128::from(count) * u128::from(i) / u128::from(n)) as u64;
    (0..n).map(|i| at(i)..at(i + 1)).collect()
}

impl DisplayAs for ArrayScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArrayScanExec: table={}", self.layout.name())?;
        for (dimension, selected) in self.layout.grid.dimensions.iter().zip(&self.selection.dimensions) {
            write!(f, ", {}={} of {}", dimension.name, selected.len(), dimension.size)?;
        }
        let names: Vec<&str> = self.schema.fields().iter().map(|f| f.name().as_str()).collect();
        write!(f, ", projection=[{}]", names.join(", "))?;
        if let Some(fetch) = self.fetch {
            write!(f, ", limit={fetch}")?;
        }
        Ok(())
    }
}

impl ExecutionPlan for ArrayScanExec {
    fn name(&self) -> &str {
        "ArrayScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let scan = PartitionScan {
            layout: Arc::clone(&self.layout),
            projection: Arc::clone(&self.projection),
            schema: Arc::clone(&self.schema),
            units: Arc::clone(&self.units),
            range: self.partitions.get(partition).cloned().unwrap_or(0..0),
            fetch: self.fetch.map(|f| f as u64),
            batch_size: context.session_config().batch_size(),
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), scan.batches())))
    }
}
