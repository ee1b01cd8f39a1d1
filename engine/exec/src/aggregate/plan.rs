//! [`ArrayAggregateExec`]: the physical plan of an aggregate on chunks. It describes what to do and opens nothing.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryLimit;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_plan::execution_plan::{
    Boundedness, EmissionType, SchedulingType, apply_expression_roots, reset_plan_states,
};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::OnceCell;

use super::accumulate::Function;
use super::blocks::Blocks;
use super::labels::{Varies, varies};
use super::prepared::{Keys, Prepared};
use super::request::AggregateRequest;
use super::stream::{Shared, Worker};
use crate::error::internal;
use crate::layout::Column;
use crate::scan::{ArrayScanExec, ScanMetrics, selection_parts};
use crate::shared_run::SharedRun;

/// Positions of a dimension without labels are not enumerated beyond this.
const MOST_POSITIONS: u64 = 1 << 22;

/// Aggregates the cells of a scan chunk by chunk, without making rows of them.
#[derive(Debug, Clone)]
pub struct ArrayAggregateExec {
    scan: ArrayScanExec,
    request: AggregateRequest,
    functions: Vec<Function>,
    /// The same answer, made of rows: for groups that memory does not hold. Without it, the rows of the answer have the
    /// numbers of groups for keys.
    rows: Option<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
    run: SharedRun<OnceCell<Way>>,
}

/// How a run gets its answer, decided when its first partition is asked for a row.
#[derive(Debug, Clone)]
enum Way {
    Chunks(Arc<Shared>),
    Rows(Arc<dyn ExecutionPlan>),
}

impl ArrayAggregateExec {
    /// The aggregate `request` over `scan`, where it can be done on chunks: each key varies along one dimension at
    /// most, and each function can be merged. `rows` is a plan for the same answer with one partition.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn try_new(
        scan: &ArrayScanExec,
        request: AggregateRequest,
        rows: Arc<dyn ExecutionPlan>,
    ) -> Result<Option<Self>> {
        Self::over(scan, request, Some(rows))
    }

    /// As [`Self::try_new`]; in place of the keys, the answer has the number of the group along each dimension, as
    /// [`super::Groups`] counts them. It is never made of rows.
    ///
    /// # Errors
    /// When a column is missing.
    pub(crate) fn numbered(scan: &ArrayScanExec, request: AggregateRequest) -> Result<Option<Self>> {
        Self::over(scan, request, None)
    }

    fn over(
        scan: &ArrayScanExec,
        request: AggregateRequest,
        rows: Option<Arc<dyn ExecutionPlan>>,
    ) -> Result<Option<Self>> {
        if scan.may_multiply() && rows.is_none() {
            return Ok(None);
        }
        let Some((scan, functions)) = on_chunks(scan, &request)? else { return Ok(None) };
        let properties = properties(&scan, &request.schema);
        Ok(Some(Self {
            scan,
            request,
            functions,
            rows,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
            run: SharedRun::default(),
        }))
    }

    /// Chunks, unless labels cannot be evaluated on their own or the states do not fit the memory of the query.
    ///
    /// # Errors
    /// When that is so and there are no rows to go by.
    async fn way(&self, context: &Arc<TaskContext>) -> Result<Way> {
        let keys = if self.rows.is_some() { Keys::Values } else { Keys::Numbers };
        let prepared = match (Prepared::try_new(&self.scan, &self.request, &self.functions, keys, None), &self.rows) {
            (Ok(prepared), _) => prepared,
            (Err(_), Some(rows)) => return Ok(Way::Rows(Arc::clone(rows))),
            (Err(e), None) => return Err(e),
        };
        if let Some(rows) = &self.rows
            && !fits(&prepared, self.partitions(), 0, context)
        {
            return Ok(Way::Rows(Arc::clone(rows)));
        }
        let scan = self.scan.new_state(context);
        if self.scan.may_multiply() && !scan.is_by_position().await? {
            let rows = self.rows.as_ref().ok_or_else(|| internal("groups of cells that have several rows"))?;
            return Ok(Way::Rows(Arc::clone(rows)));
        }
        Ok(Way::Chunks(Arc::new(Shared { scan, prepared, blocks: Blocks::default() })))
    }

    fn partitions(&self) -> usize {
        self.properties.output_partitioning().partition_count()
    }
}

/// The columns of `scan` that `request` needs, and its functions, where it can be done on chunks.
pub(super) fn on_chunks(
    scan: &ArrayScanExec,
    request: &AggregateRequest,
) -> Result<Option<(ArrayScanExec, Vec<Function>)>> {
    let layout = scan.layout();
    let shape = layout.shape();
    let is_numbered = |d: &usize| {
        let has_labels = matches!(layout.columns.get(*d), Some(Column::Labels { .. }));
        has_labels || shape.get(*d).is_some_and(|size| *size <= MOST_POSITIONS)
    };
    let is_key = |key: &Arc<dyn PhysicalExpr>| match varies(layout, key) {
        Varies::Nowhere => true,
        Varies::Along(d) => is_numbered(&d),
        Varies::Everywhere => false,
    };
    let Some(functions) = request.aggregates.iter().map(Function::try_new).collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let arguments = functions.iter().flat_map(|f| f.arguments());
    let mut all = request.group_by.iter().map(|(key, _)| key);
    let filters = request.filters.iter().flatten().chain(&request.predicate);
    if scan.is_limited()
        || !request.group_by.iter().all(|(key, _)| is_key(key))
        || all.any(is_volatile)
        || arguments.chain(filters).any(is_volatile)
    {
        return Ok(None);
    }
    let arguments = functions.iter().flat_map(|f| f.arguments());
    let filters = request.filters.iter().flatten().chain(&request.predicate);
    let used: HashSet<String> = (request.group_by.iter().map(|(key, _)| key).chain(arguments).chain(filters))
        .flat_map(|e| collect_columns(e).into_iter().map(|c| c.name().to_string()))
        .collect();
    let scan = scan.narrowed(|name| used.contains(name))?;
    Ok(Some((scan, functions)))
}

/// Those of a plan whose partitions share the units of `scan`.
pub(super) fn properties(scan: &ArrayScanExec, schema: &SchemaRef) -> PlanProperties {
    let units = usize::try_from(scan.units().count()).unwrap_or(usize::MAX);
    let partitions = scan.request().partitions.min(units).max(1);
    PlanProperties::new(
        EquivalenceProperties::new(Arc::clone(schema)),
        Partitioning::UnknownPartitioning(partitions),
        EmissionType::Incremental,
        Boundedness::Bounded,
    )
    .with_scheduling_type(SchedulingType::Cooperative)
}

/// Whether the states of an aggregate fit the memory of the query; `more` are bytes besides.
pub(super) fn fits(prepared: &Prepared, partitions: usize, more: usize, context: &TaskContext) -> bool {
    let groups = prepared.tasks.most_groups(&prepared.groups);
    let segments = prepared.tasks.segments().min(partitions as u64 + 1) as usize;
    let states = groups.saturating_mul(prepared.bytes_a_group).saturating_mul(segments).saturating_add(more);
    !matches!(context.memory_pool().memory_limit(), MemoryLimit::Finite(limit) if states > limit / 2)
}

/// What `EXPLAIN` shows of an aggregate: the scan, the keys, the functions and the filter.
pub(super) fn described(scan: &ArrayScanExec, keys: Vec<String>, request: &AggregateRequest) -> Vec<(String, String)> {
    let mut parts = vec![("table".to_string(), scan.layout().name())];
    parts.extend(selection_parts(scan.layout(), &scan.request().selection));
    let (kept, total) = scan.chunks();
    parts.push(("chunks".into(), format!("{kept} of {total}")));
    parts.push(("group_by".into(), list(keys)));
    parts.push(("aggregates".into(), list(request.aggregates.iter().map(|a| a.name().into()).collect())));
    if let Some(predicate) = &request.predicate {
        parts.push(("filter".into(), predicate.to_string()));
    }
    let derived = &scan.layout().derived;
    if !derived.is_empty() {
        parts.push(("derived".into(), list(derived.iter().map(|d| d.describe()).collect())));
    }
    parts
}

/// Items of a list, for `EXPLAIN`.
pub(super) fn list(items: Vec<String>) -> String {
    format!("[{}]", items.join(", "))
}

/// A key and what it is called, for `EXPLAIN`.
pub(super) fn named((key, name): (&Arc<dyn PhysicalExpr>, &String)) -> String {
    match key.to_string() {
        text if text.split_once('@').is_some_and(|(column, _)| column == name) => name.clone(),
        text => format!("{text} as {name}"),
    }
}

/// Writes what [`described`] gives.
pub(super) fn write_parts(
    name: &str,
    parts: Vec<(String, String)>,
    format: DisplayFormatType,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let parts: Vec<String> = parts.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    match format {
        DisplayFormatType::TreeRender => f.write_str(&parts.join("\n")),
        DisplayFormatType::Default | DisplayFormatType::Verbose => write!(f, "{name}: {}", parts.join(", ")),
    }
}

/// `rows` with other plans below the derived columns of its scan; copies of them, for a plan may run once only.
pub(super) fn with_inputs(
    rows: &Arc<dyn ExecutionPlan>,
    inputs: &[Arc<dyn ExecutionPlan>],
) -> Result<Arc<dyn ExecutionPlan>> {
    let inputs = inputs.iter().map(|input| reset_plan_states(Arc::clone(input))).collect::<Result<Vec<_>>>()?;
    let replaced = Arc::clone(rows).transform_down(|node| {
        Ok(match node.downcast_ref::<ArrayScanExec>() {
            Some(scan) => Transformed::new(Arc::new(scan.with_inputs(inputs.clone())?), true, TreeNodeRecursion::Jump),
            None => Transformed::no(node),
        })
    });
    replaced.data()
}

impl DisplayAs for ArrayAggregateExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.request.group_by.iter().map(|(key, name)| named((key, name))).collect();
        write_parts("ArrayAggregateExec", described(&self.scan, keys, &self.request), format, f)
    }
}

impl ExecutionPlan for ArrayAggregateExec {
    fn name(&self) -> &str {
        "ArrayAggregateExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.scan.children()
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        self.scan.benefits_from_input_partitioning()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let keys = self.request.group_by.iter().map(|(key, _)| key);
        let filters = self.request.filters.iter().flatten().chain(&self.request.predicate);
        let arguments = self.functions.iter().flat_map(|f| f.arguments());
        apply_expression_roots(keys.chain(filters).chain(arguments), f)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() {
            return Ok(self);
        }
        let rows = self.rows.as_ref().map(|rows| with_inputs(rows, &children)).transpose()?;
        let scan = self.scan.with_inputs(children)?;
        Ok(Arc::new(Self { scan, rows, run: SharedRun::default(), ..self.as_ref().clone() }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let run = self.run.get(partition, self.partitions(), OnceCell::new);
        if partition == 0 {
            let (kept, total) = self.scan.chunks();
            ScanMetrics::plan(&self.metrics, kept, total);
        }
        let metrics = ScanMetrics::new(&self.metrics, partition, &context);
        let baseline = BaselineMetrics::new(&self.metrics, partition);
        let plan = self.clone();
        let batch_size = context.session_config().batch_size();
        let start = async move {
            let way = run.get_or_try_init(|| plan.way(&context)).await?;
            Ok::<_, datafusion::error::DataFusionError>(match way {
                Way::Chunks(shared) => {
                    let worker = Worker::new(Arc::clone(shared), metrics, baseline, batch_size, partition == 0);
                    worker.batches().boxed()
                }
                Way::Rows(rows) if partition == 0 => rows.execute(0, context)?.boxed(),
                Way::Rows(_) => stream::empty().boxed(),
            })
        };
        let batches = stream::once(start).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.request.schema), batches)))
    }
}
