//! [`ArrayScanExec`]: the physical plan of a scan. It describes what to read and opens nothing.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{ScalarValue, Statistics};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::{Column as ColumnExpr, DynamicFilterTracking, Literal};
use datafusion::physical_expr::scalar_subquery::ScalarSubqueryExpr;
use datafusion::physical_expr::{Partitioning, PhysicalExpr};
use datafusion::physical_expr_common::physical_expr::snapshot_physical_expr;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, apply_expression_roots, reset_plan_states};
use datafusion::physical_plan::filter_pushdown::{ChildPushdownResult, FilterPushdownPhase, FilterPushdownPropagation};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, execute_stream};
use futures::future::ready;
use futures::{StreamExt, TryStreamExt, stream};
use hyperslab_array::{ArrayError, DimensionChunks, Selection, Variable};

use super::display::{chunks, selection_parts};
use super::metrics::ScanMetrics;
use super::order::equivalences;
use super::state::ScanState;
use super::statistics::statistics;
use super::stream::PartitionScan;
use super::units::UnitGrid;
use crate::derived::{Derived, JoinedRows, LookupKey, LookupKind, Sliding, WholePartitions};
use crate::error::{datafusion_error, internal};
use crate::layout::{Column, Layout};
use crate::options::ScanOptions;
use crate::selection::LabelFilter;
use crate::shared_run::SharedRun;
use crate::slide::{SlideRequest, plan};

/// Rows of a batch where a scan is made by a join.
const ROWS_OF_A_JOIN: usize = 8192;

/// What a scan is asked for.
#[derive(Debug, Clone)]
pub(crate) struct ScanRequest {
    /// Columns of the table.
    pub projection: Vec<usize>,
    /// Indices of each dimension.
    pub selection: Selection,
    /// Whether no row is wanted, even of a grid without dimensions.
    pub nothing: bool,
    /// Predicates on coordinates of several dimensions: a unit in which none of its cells fulfils them is skipped.
    pub blocks: Vec<LabelFilter>,
    /// Rows that are needed at most.
    pub fetch: Option<usize>,
    /// Partitions that are wanted.
    pub partitions: usize,
    /// Why something above goes by rows, for `EXPLAIN VERBOSE`.
    pub notes: Vec<String>,
}

/// Reads the selected cells of a grid as rows.
#[derive(Debug, Clone)]
pub struct ArrayScanExec {
    layout: Arc<Layout>,
    request: ScanRequest,
    schema: SchemaRef,
    units: Arc<UnitGrid>,
    /// The units of each partition.
    partitions: Vec<Range<u64>>,
    /// Filters over the output that change while the query runs.
    dynamic: Vec<Arc<dyn PhysicalExpr>>,
    properties: Arc<PlanProperties>,
    statistics: Arc<OnceLock<Arc<Statistics>>>,
    metrics: ExecutionPlanMetricsSet,
    run: SharedRun<ScanState>,
}

impl ArrayScanExec {
    pub(crate) fn try_new(layout: Arc<Layout>, request: ScanRequest) -> Result<Self> {
        let schema = Arc::new(layout.schema.project(&request.projection)?);
        let units =
            UnitGrid::new(cut(&layout, &layout.with_sources(&request.projection)), &request.selection, request.nothing);
        let count = match request.fetch {
            Some(rows) if request.blocks.is_empty() => units.holding(rows as u64),
            // A unit that a predicate on blocks skips holds none of the first rows.
            _ => units.count(),
        };
        let partitions = split(count, request.partitions);
        let properties = PlanProperties::new(
            equivalences(&layout, &request.projection, &schema, &request.selection, &units)?,
            Partitioning::UnknownPartitioning(partitions.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            layout,
            request,
            schema,
            units: Arc::new(units),
            partitions,
            properties: Arc::new(properties),
            dynamic: Vec::new(),
            statistics: Arc::default(),
            metrics: ExecutionPlanMetricsSet::new(),
            run: SharedRun::default(),
        })
    }

    /// What the partitions of a run share.
    pub(crate) fn new_state(&self, context: &Arc<TaskContext>) -> ScanState {
        ScanState::new(&self.layout, &self.request, &self.units, &self.dynamic, context)
    }

    pub(crate) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    pub(crate) fn request(&self) -> &ScanRequest {
        &self.request
    }

    pub(crate) fn units(&self) -> &Arc<UnitGrid> {
        &self.units
    }

    /// Chunks that are kept, and all there are, of the arrays that are read.
    pub(crate) fn chunks(&self) -> (u64, u64) {
        chunks(&self.layout, &self.arrays(), &self.units, self.partitions.last().map_or(0, |p| p.end))
    }

    /// What the table is called.
    pub fn table(&self) -> String {
        self.layout.name()
    }

    /// The same scan with a word on why something above it goes by rows, which `EXPLAIN VERBOSE` shows.
    pub fn with_note(&self, note: &str) -> Self {
        let mut scan = self.clone();
        scan.request.notes.push(note.to_string());
        scan
    }

    /// How many dimensions the table has.
    pub fn rank(&self) -> usize {
        self.layout.grid.dimensions.len()
    }

    /// Whether a limit or filters that change while the query runs may leave out rows.
    pub(crate) fn is_limited(&self) -> bool {
        self.request.fetch.is_some() || !self.dynamic.is_empty()
    }

    /// The same scan of the columns for which `keep` holds, in their order.
    ///
    /// # Errors
    /// When a column is missing.
    pub(crate) fn narrowed(&self, keep: impl Fn(&str) -> bool) -> Result<Self> {
        let is_kept = |c: &usize| keep(self.layout.schema.field(*c).name());
        let projection: Vec<usize> = self.request.projection.iter().copied().filter(is_kept).collect();
        if projection.len() == self.request.projection.len() {
            return Ok(self.clone());
        }
        let mut scan = Self::try_new(Arc::clone(&self.layout), ScanRequest { projection, ..self.request.clone() })?;
        scan.dynamic.clone_from(&self.dynamic);
        Ok(scan)
    }

    /// The same scan with the columns of `source` after its own.
    ///
    /// # Errors
    /// When a column is missing.
    pub(crate) fn with_derived(&self, source: Arc<dyn Derived>) -> Result<Self> {
        let layout = self.layout.with_derived(source);
        let projection = self.request.projection.iter().copied().chain(self.layout.columns.len()..layout.columns.len());
        let request = ScanRequest { projection: projection.collect(), ..self.request.clone() };
        let mut scan = Self::try_new(Arc::new(layout), request)?;
        scan.dynamic.clone_from(&self.dynamic);
        Ok(scan)
    }

    /// The same scan with `functions` over whole partitions after its columns: for each cell, the answer over the cells
    /// of its partition for which `predicate` holds. All expressions are over the columns of the scan. `None` where a
    /// partition is not a function of single dimensions, or a function cannot be reduced on chunks.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn with_whole_partitions(
        &self,
        partition_by: &[Arc<dyn PhysicalExpr>],
        functions: &[Arc<AggregateFunctionExpr>],
        predicate: Option<&Arc<dyn PhysicalExpr>>,
    ) -> Result<Option<Self>> {
        let source = WholePartitions::try_new(self, partition_by, functions, predicate)?;
        source.map(|source| self.with_derived(Arc::new(source))).transpose()
    }

    /// The same scan with the answers of `windows` along a dimension after its columns, and what their columns are
    /// called. All expressions are over the columns of the scan. `None` where they do not go along one dimension, or rows
    /// of it may be missing.
    ///
    /// # Errors
    /// When a key or a frame cannot be evaluated for a label, or a column is missing.
    pub fn with_slides(&self, windows: &SlideRequest) -> Result<Option<(Self, Vec<String>)>> {
        if self.is_limited() || !self.request.blocks.is_empty() {
            return Ok(None);
        }
        let Some(parts) = plan(&self.layout, &self.request.selection, &self.units, windows)? else { return Ok(None) };
        let mut names = vec![String::new(); windows.windows.len()];
        let mut scan = self.clone();
        for (slide, own) in parts {
            let next = scan.with_derived(Arc::new(Sliding::new(slide)))?;
            let fields = next.layout.schema.fields().iter().skip(scan.layout.columns.len());
            for (name, field) in own.into_iter().zip(fields) {
                if let Some(slot) = names.get_mut(name) {
                    slot.clone_from(field.name());
                }
            }
            scan = next;
        }
        Ok(Some((scan, names)))
    }

    /// The same scan with a row of `rows` for each cell after its columns, and last whether there is one: the row with the
    /// same `keys`, each over the columns of the scan and over those of the rows. `None` where a key is not a function of
    /// a single dimension.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn with_rows(
        &self,
        keys: &[LookupKey],
        rows: &Arc<dyn ExecutionPlan>,
        kind: LookupKind,
    ) -> Result<Option<Self>> {
        JoinedRows::new(self, keys, rows, kind).map(|source| self.with_derived(Arc::new(source))).transpose()
    }

    /// How many cells are selected; `None` where the number does not fit.
    pub fn cells(&self) -> Option<u64> {
        self.units.rows()
    }

    /// Whether a cell may turn out to have several rows: then nothing else can be derived from it by position.
    pub fn may_multiply(&self) -> bool {
        self.layout.derived.iter().any(|source| source.may_multiply())
    }

    /// The same scan of the columns that are called one of `names`, in their order.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn of_columns(&self, names: &HashSet<String>) -> Result<Self> {
        self.narrowed(|name| names.contains(name))
    }

    /// The rows of this scan, made without its last derived source finding them by position.
    fn by_rows(&self) -> Result<Arc<dyn ExecutionPlan>> {
        let Some((below, source)) = self.layout.without_last_derived()? else {
            return Err(internal("a scan that is not made of rows"));
        };
        let is_label =
            |c: &usize| !matches!(below.columns.get(*c), Some(Column::Array { .. } | Column::Derived { .. }));
        let projection: Vec<usize> =
            (0..below.columns.len()).filter(|c| self.request.projection.contains(c) || is_label(c)).collect();
        let first_derived = below.columns.len();
        let inputs: Result<Vec<_>> = below.inputs().into_iter().map(|i| reset_plan_states(Arc::clone(i))).collect();
        // One partition, so that the rows come in one order, however many ask for them.
        let request = ScanRequest { projection: projection.clone(), partitions: 1, ..self.request.clone() };
        let below = Self::try_new(Arc::new(below.with_inputs(inputs?)?), request)?;
        let rows = source.by_rows(&below)?.ok_or_else(|| internal("a derived column that is not made of rows"))?;
        let columns = self.request.projection.iter().zip(self.schema.fields()).map(|(c, field)| {
            let at = match c.checked_sub(first_derived) {
                Some(column) => projection.len() + column,
                None => projection.iter().position(|p| p == c).unwrap_or_default(),
            };
            let expr = Arc::new(ColumnExpr::new(rows.schema().field(at).name(), at));
            ProjectionExpr { expr, alias: field.name().clone() }
        });
        let columns: Vec<ProjectionExpr> = columns.collect();
        Ok(Arc::new(ProjectionExec::try_new(columns, rows)?))
    }

    /// The same scan with other plans below its derived columns.
    ///
    /// # Errors
    /// When there are not as many.
    pub(crate) fn with_inputs(&self, inputs: Vec<Arc<dyn ExecutionPlan>>) -> Result<Self> {
        let layout = Arc::new(self.layout.with_inputs(inputs)?);
        Ok(Self { layout, run: SharedRun::default(), ..self.clone() })
    }

    /// What is known of the rows. Exact, unless filters that run with the scan leave fewer.
    fn known(&self) -> Result<Arc<Statistics>> {
        if let Some(known) = self.statistics.get() {
            return Ok(Arc::clone(known));
        }
        let known = match self.units.rows() {
            Some(rows) => {
                let known = statistics(&self.layout, &self.request.projection, &self.request.selection, rows)?;
                match self.request.fetch {
                    _ if !self.request.blocks.is_empty() || !self.dynamic.is_empty() => known.to_inexact(),
                    Some(fetch) if (fetch as u64) < rows => {
                        let mut fewer = known.to_inexact();
                        fewer.num_rows = Precision::Exact(fetch);
                        fewer
                    }
                    _ => known,
                }
            }
            None => Statistics::new_unknown(&self.schema),
        };
        Ok(Arc::clone(self.statistics.get_or_init(|| Arc::new(known))))
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

/// Whether a filter compares with the value of a subquery, which is known when the scan runs.
fn has_subquery(filter: &Arc<dyn PhysicalExpr>) -> bool {
    filter.exists(|e| Ok(e.is::<ScalarSubqueryExpr>())).unwrap_or(false)
}

/// Whether a filter that changes while the query runs says nothing yet.
fn is_empty(filter: &Arc<dyn PhysicalExpr>) -> bool {
    let now = snapshot_physical_expr(Arc::clone(filter));
    let is_true = |e: &Literal| *e.value() == ScalarValue::Boolean(Some(true));
    now.is_ok_and(|now| now.downcast_ref::<Literal>().is_some_and(is_true))
}

impl DisplayAs for ArrayScanExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = vec![("table".to_string(), self.layout.name())];
        parts.extend(selection_parts(&self.layout, &self.request.selection));
        let (kept, total) = self.chunks();
        parts.push(("chunks".into(), format!("{kept} of {total}")));
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        parts.push(("projection".into(), list(self.schema.fields().iter().map(|f| f.name().clone()).collect())));
        if self.request.nothing {
            parts.push(("rows".into(), "none".into()));
        }
        if !self.request.blocks.is_empty() {
            let filters = self.request.blocks.iter().map(|b| b.predicate.to_string()).collect();
            parts.push(("skip_unless".into(), list(filters)));
        }
        let dynamic: Vec<String> = self.dynamic.iter().filter(|f| !is_empty(f)).map(|f| f.to_string()).collect();
        if !dynamic.is_empty() {
            parts.push(("dynamic".into(), list(dynamic)));
        }
        if !self.layout.derived.is_empty() {
            parts.push(("derived".into(), list(self.layout.derived.iter().map(|d| d.describe()).collect())));
        }
        if let Some(fetch) = self.request.fetch {
            parts.push(("limit".into(), fetch.to_string()));
        }
        let parts: Vec<String> = parts.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        match format {
            DisplayFormatType::TreeRender => f.write_str(&parts.join("\n")),
            DisplayFormatType::Default => write!(f, "ArrayScanExec: {}", parts.join(", ")),
            DisplayFormatType::Verbose => {
                let notes = &self.request.notes;
                let notes = if notes.is_empty() { String::new() } else { format!(", by_rows={}", list(notes.clone())) };
                write!(f, "ArrayScanExec: {}{notes}", parts.join(", "))
            }
        }
    }
}

impl ArrayScanExec {
    /// The columns that are read chunk by chunk, each once.
    fn arrays(&self) -> Vec<usize> {
        let filters = self.request.blocks.iter().flat_map(|b| &b.columns);
        let columns: Vec<usize> = self.request.projection.iter().chain(filters).copied().collect();
        let mut columns = self.layout.with_sources(&columns);
        columns.sort_unstable();
        columns
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
        self.layout.inputs()
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false; self.layout.inputs().len()]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        apply_expression_roots(self.request.blocks.iter().map(|b| &b.predicate).chain(&self.dynamic), f)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() {
            return Ok(self);
        }
        Ok(Arc::new(self.with_inputs(children)?))
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let known = self.known()?;
        if args.partition().is_none() || self.partitions.len() == 1 {
            return Ok(known);
        }
        let mut part = known.as_ref().clone().to_inexact();
        part.num_rows = match part.num_rows {
            Precision::Exact(n) | Precision::Inexact(n) => Precision::Inexact(n / self.partitions.len()),
            Precision::Absent => Precision::Absent,
        };
        Ok(Arc::new(part))
    }

    fn supports_limit_pushdown(&self) -> bool {
        false
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        if !self.dynamic.is_empty() {
            return None;
        }
        let request = ScanRequest { fetch: limit, ..self.request.clone() };
        Self::try_new(Arc::clone(&self.layout), request).ok().map(|plan| Arc::new(plan) as _)
    }

    fn fetch(&self) -> Option<usize> {
        self.request.fetch
    }

    fn handle_child_pushdown_result(
        &self,
        phase: FilterPushdownPhase,
        result: ChildPushdownResult,
        config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        // Filters of joins and top-k come last; what waits for a subquery stands in a filter from the start.
        let runs: fn(&Arc<dyn PhysicalExpr>) -> bool = match phase {
            FilterPushdownPhase::Pre => has_subquery,
            FilterPushdownPhase::Post => |filter| DynamicFilterTracking::classify(filter).contains_dynamic_filter(),
        };
        let dynamic: Vec<Arc<dyn PhysicalExpr>> =
            result.parent_filters.iter().map(|f| &f.filter).filter(|f| runs(f)).cloned().collect();
        // The rows are filtered above in any case; here chunks are skipped.
        let answer = FilterPushdownPropagation::all_unsupported(result);
        // A filter must not come before a limit.
        if dynamic.is_empty() || !ScanOptions::of(config).dynamic_filters || self.request.fetch.is_some() {
            return Ok(answer);
        }
        let mut plan = self.clone();
        plan.dynamic.extend(dynamic);
        plan.statistics = Arc::default();
        plan.run = SharedRun::default();
        Ok(answer.with_updated_node(Arc::new(plan)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if self.request.projection.is_empty() && self.request.fetch.is_none() && self.units.rows().is_none() {
            let name = self.layout.name();
            let e = ArrayError::too_large(format!("`{name}` has 2^64 rows or more, expected fewer to count"));
            return Err(datafusion_error(e.hint("select some of them with WHERE")));
        }
        let state = self.run.get(partition, self.partitions.len(), || self.new_state(&context));
        if partition == 0 {
            let (kept, total) = self.chunks();
            ScanMetrics::plan(&self.metrics, kept, total);
        }
        let range = self.partitions.get(partition).cloned().unwrap_or(0..0);
        let scan = PartitionScan::new(Arc::clone(&state), &self.metrics, partition, range, &context)?;
        let schema = Arc::clone(&self.schema);
        if !self.may_multiply() {
            return Ok(Box::pin(RecordBatchStreamAdapter::new(schema, scan.batches())));
        }
        let plan = self.clone();
        let batches = async move {
            Ok::<_, DataFusionError>(match state.is_by_position().await? {
                true => scan.batches().boxed(),
                false if partition == 0 => {
                    let schema = Arc::clone(&plan.schema);
                    // The order in which an outer join gives its rows follows the size of the batches.
                    let config = context.session_config().clone().with_batch_size(ROWS_OF_A_JOIN);
                    let context =
                        TaskContext::default().with_session_config(config).with_runtime(context.runtime_env());
                    let rows = execute_stream(plan.by_rows()?, Arc::new(context))?;
                    let same = move |batch: RecordBatch| {
                        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                        let columns = batch.columns().to_vec();
                        Ok(RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)?)
                    };
                    rows.and_then(move |batch| ready(same(batch))).boxed()
                }
                false => stream::empty().boxed(),
            })
        };
        let batches = stream::once(batches).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}
