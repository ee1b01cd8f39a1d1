//! [`ArrayTopKExec`]: the physical plan of the first rows of an order by a variable. It opens nothing.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column as ColumnExpr;
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet, RecordOutput};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::stream::FuturesUnordered;
use futures::{StreamExt, TryStreamExt, stream};

use super::best::{Best, Cell, Rank, Ties};
use super::rows::{others, values};
use super::search::{Order, Search, is_number};
use crate::error::{datafusion_error, internal};
use crate::layout::Column;
use crate::scan::{
    ArrayScanExec, Held, ScanMetrics, ScanRequest, ScanState, Unit, UnitColumn, load, on_pool, selection_parts,
};

/// More rows than this are sorted as rows.
const MOST_ROWS: usize = 10_000;

/// The first rows of a scan in an order that begins with a variable.
#[derive(Debug, Clone)]
pub struct ArrayTopKExec {
    /// Reads the variable.
    leading: ArrayScanExec,
    /// Reads the other columns of the answer.
    others: Option<ArrayScanExec>,
    /// For each column of the answer, which of the other columns it is; `None` for the variable.
    output: Vec<Option<usize>>,
    order: Order,
    /// Columns of labels or positions that order what is equal.
    further: Vec<(usize, SortOptions)>,
    strides: Vec<u128>,
    fetch: usize,
    ordering: LexOrdering,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl ArrayTopKExec {
    /// The same as `sort`, where it takes few rows of a scan, in the order of a variable of numbers that has all
    /// dimensions of the grid, and then of labels.
    ///
    /// # Errors
    /// When columns do not fit their schema.
    pub fn over(sort: &SortExec) -> Result<Option<Self>> {
        let Some(fetch) = sort.fetch().filter(|fetch| (1..=MOST_ROWS).contains(fetch)) else { return Ok(None) };
        let Some((scan, columns)) = columns_of(sort.input()).filter(|_| !sort.preserve_partitioning()) else {
            return Ok(None);
        };
        let (layout, request) = (scan.layout(), scan.request());
        if scan.is_limited() || !request.blocks.is_empty() || !layout.derived.is_empty() {
            return Ok(None);
        }
        let keys: Option<Vec<(usize, SortOptions)>> = sort
            .expr()
            .iter()
            .map(|key| {
                let column = key.expr.downcast_ref::<ColumnExpr>()?.index();
                Some((*request.projection.get(*columns.get(column)?)?, key.options))
            })
            .collect();
        let Some(((leading, options), further)) =
            keys.as_deref().and_then(|keys| keys.split_first()).map(|(first, further)| (*first, further))
        else {
            return Ok(None);
        };
        let Some(Column::Array { variable, dimensions }) = layout.columns.get(leading) else { return Ok(None) };
        let is_label = |(column, _): &&(usize, SortOptions)| {
            *column == leading || !matches!(layout.columns.get(*column), Some(Column::Array { .. }) | None)
        };
        let is_simple = dimensions.len() == layout.shape().len()
            && is_number(layout.schema.field(leading).data_type())
            && further.iter().filter(|key| !is_label(key)).count() == 0;
        let Some(strides) = strides(&layout.shape()).filter(|_| is_simple) else { return Ok(None) };
        let mut other: Vec<usize> = columns.iter().filter_map(|c| request.projection.get(*c).copied()).collect();
        let wanted = other.clone();
        other.sort_unstable();
        other.dedup();
        other.retain(|c| *c != leading);
        let projected =
            |projection| ArrayScanExec::try_new(Arc::clone(layout), ScanRequest { projection, ..request.clone() });
        let output = wanted.iter().map(|c| other.iter().position(|o| o == c)).collect();
        let schema = sort.input().schema();
        let properties = PlanProperties::new(
            EquivalenceProperties::new_with_orderings(Arc::clone(&schema), [sort.expr().clone()]),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        Ok(Some(Self {
            leading: projected(vec![leading])?,
            others: if other.is_empty() { None } else { Some(projected(other)?) },
            output,
            order: Order { options, nan_is_null: variable.encoding.is_plain_float() },
            further: further.to_vec(),
            strides,
            fetch,
            ordering: sort.expr().clone(),
            schema,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }))
    }

    async fn rows(&self, context: &Arc<TaskContext>) -> Result<RecordBatch> {
        let metrics = ScanMetrics::new(&self.metrics, 0, context);
        let cells = self.best(context, &metrics).await?;
        let data_type = self.leading.schema().field(0).data_type().clone();
        let leading = values(&cells, self.order, &data_type)?;
        let others = match &self.others {
            Some(scan) if !cells.is_empty() => {
                let state = scan.new_state(context);
                let batch_size = context.session_config().batch_size();
                others(&cells, &state, &metrics, &scan.schema(), batch_size).await?
            }
            Some(scan) => RecordBatch::new_empty(scan.schema()),
            None => RecordBatch::new_empty(Arc::new(Schema::empty())),
        };
        let column = |other: &Option<usize>| match other {
            Some(other) => others.columns().get(*other).cloned().ok_or_else(|| internal("a column is missing")),
            None => Ok(Arc::clone(&leading)),
        };
        let columns = self.output.iter().map(column).collect::<Result<Vec<ArrayRef>>>()?;
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    /// The cells of the answer, in order.
    async fn best(&self, context: &Arc<TaskContext>, metrics: &ScanMetrics) -> Result<Vec<Cell>> {
        let ties = Arc::new(Ties::try_new(self.leading.layout(), &self.further)?);
        let state = Arc::new(self.leading.new_state(context));
        let _memory = state.reserve(self.fetch.saturating_mul(4 * size_of::<Cell>()))?;
        let bound: Arc<Mutex<Option<Rank>>> = Arc::default();
        let mut best = Best::new(self.fetch, &ties, None);
        let units = self.leading.units();
        let mut waiting = 0..units.count();
        let mut running = FuturesUnordered::new();
        loop {
            while !waiting.is_empty() && running.len() <= state.options.prefetch_chunks {
                let number = waiting.start;
                let unit = units.unit(number).ok_or_else(|| internal(format!("no unit {number}")))?;
                let first = Rank { class: 0, key: 0, position: self.first(&unit) };
                if best.bound().is_some_and(|bound| first > bound) {
                    // Nothing in a later unit comes earlier in C order.
                    let skipped = waiting.end - waiting.start;
                    metrics.chunks_skipped.add(usize::try_from(skipped).unwrap_or(usize::MAX));
                    waiting.start = waiting.end;
                    break;
                }
                let need = state.need(&unit);
                let held = if running.is_empty() { Some(state.hold(&need)?) } else { state.hold_ahead(&need) };
                let Some(held) = held else { break };
                waiting.start += 1;
                let task = Task {
                    state: Arc::clone(&state),
                    metrics: metrics.clone(),
                    bound: Arc::clone(&bound),
                    ties: Arc::clone(&ties),
                    strides: self.strides.clone(),
                    order: self.order,
                    fetch: self.fetch,
                    unit,
                    number,
                    _held: held,
                };
                running.push(SpawnedTask::spawn(task.run()));
            }
            let Some(found) = running.next().await else { break };
            for cell in found.map_err(|e| DataFusionError::ExecutionJoin(Box::new(e)))?? {
                best.offer(cell);
            }
            best.cut();
            *bound.lock().unwrap_or_else(PoisonError::into_inner) = best.bound();
        }
        Ok(best.into_cells())
    }

    /// The place of the first cell of `unit` in the grid's C order.
    fn first(&self, unit: &Unit) -> u128 {
        let along = unit.selection.dimensions.iter().zip(&self.strides);
        along.map(|(selected, stride)| u128::from(selected.first().unwrap_or(0)) * stride).sum()
    }
}

/// The search of one unit.
struct Task {
    state: Arc<ScanState>,
    metrics: ScanMetrics,
    bound: Arc<Mutex<Option<Rank>>>,
    ties: Arc<Ties>,
    strides: Vec<u128>,
    order: Order,
    fetch: usize,
    unit: Unit,
    number: u64,
    _held: Held,
}

impl Task {
    /// The cells of the unit that may be in the answer.
    async fn run(self) -> Result<Vec<Cell>> {
        let mut columns = load(&self.state, &self.metrics, &self.state.request.projection, &self.unit).await?;
        let Some(UnitColumn::Block { block }) = columns.pop() else { return Err(internal("no values to search")) };
        let cells = on_pool(move || {
            let bound = *self.bound.lock().unwrap_or_else(PoisonError::into_inner);
            let mut best = Best::new(self.fetch, &self.ties, bound);
            let (unit, number, strides) = (&self.unit, self.number, &self.strides);
            Search { block: &block, unit, number, strides, order: self.order }.run(&mut best)?;
            Ok(best.into_cells())
        });
        cells.await.map_err(datafusion_error)?
    }
}

/// The scan below projections that only pass columns on, and which of its columns each column is.
fn columns_of(plan: &Arc<dyn ExecutionPlan>) -> Option<(&ArrayScanExec, Vec<usize>)> {
    if let Some(scan) = plan.downcast_ref::<ArrayScanExec>() {
        return Some((scan, (0..scan.schema().fields().len()).collect()));
    }
    let projection = plan.downcast_ref::<ProjectionExec>()?;
    let (scan, columns) = columns_of(projection.input())?;
    let column = |expr: &Arc<dyn PhysicalExpr>| columns.get(expr.downcast_ref::<ColumnExpr>()?.index()).copied();
    let columns = projection.expr().iter().map(|e| column(&e.expr)).collect::<Option<_>>()?;
    Some((scan, columns))
}

/// How many cells a step along each dimension passes; `None` where they are too many to count.
fn strides(shape: &[u64]) -> Option<Vec<u128>> {
    let mut cells = 1u128;
    let mut strides = Vec::with_capacity(shape.len());
    for size in shape.iter().rev() {
        strides.push(cells);
        cells = cells.checked_mul(u128::from((*size).max(1)))?;
    }
    strides.reverse();
    Some(strides)
}

impl DisplayAs for ArrayTopKExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = self.leading.layout();
        let mut parts = vec![("table".to_string(), layout.name())];
        parts.extend(selection_parts(layout, &self.leading.request().selection));
        let (kept, total) = self.leading.chunks();
        parts.push(("chunks".into(), format!("{kept} of {total}")));
        parts.push(("first".into(), self.fetch.to_string()));
        parts.push(("order".into(), format!("[{}]", self.ordering)));
        let names: Vec<String> = self.schema.fields().iter().map(|f| f.name().clone()).collect();
        parts.push(("projection".into(), format!("[{}]", names.join(", "))));
        let parts: Vec<String> = parts.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        match format {
            DisplayFormatType::TreeRender => f.write_str(&parts.join("\n")),
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "ArrayTopKExec: {}", parts.join(", "))
            }
        }
    }
}

impl ExecutionPlan for ArrayTopKExec {
    fn name(&self) -> &str {
        "ArrayTopKExec"
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

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, _partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (kept, total) = self.leading.chunks();
        ScanMetrics::plan(&self.metrics, kept, total);
        let baseline = BaselineMetrics::new(&self.metrics, 0);
        let plan = self.clone();
        let batches = async move {
            let rows = plan.rows(&context).await?.record_output(&baseline);
            let size = context.session_config().batch_size().max(1);
            let starts = (0..rows.num_rows()).step_by(size);
            let slices: Vec<_> = starts.map(|at| Ok(rows.slice(at, size.min(rows.num_rows() - at)))).collect();
            Ok::<_, DataFusionError>(stream::iter(slices))
        };
        let batches = stream::once(batches).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches)))
    }
}
