//! [`ArrayRegionAggregateExec`]: the physical plan of an aggregate by region. It describes what to do and opens nothing.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::{Distribution, PhysicalExpr};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_plan::execution_plan::apply_expression_roots;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, PlanProperties,
};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::OnceCell;

use super::collect::{Collected, leaf};
use super::positions::{Regions, dimension};
use super::request::RegionRequest;
use crate::aggregate::accumulate::Function;
use crate::aggregate::blocks::Blocks;
use crate::aggregate::plan::{described, fits, list, named, on_chunks, properties, with_inputs, write_parts};
use crate::aggregate::prepared::{Keys, Prepared};
use crate::aggregate::stream::{Shared, Worker};
use crate::error::{datafusion_error, internal};
use crate::scan::{ArrayScanExec, ScanMetrics, on_pool};
use crate::shared_run::SharedRun;

/// More parts of a unit than this are not held.
const MOST_PARTS: usize = 1 << 27;

/// Aggregates the cells of a scan by region, chunk by chunk, without making rows of them.
#[derive(Debug, Clone)]
pub struct ArrayRegionAggregateExec {
    scan: ArrayScanExec,
    regions: Arc<dyn ExecutionPlan>,
    request: RegionRequest,
    functions: Vec<Function>,
    /// The same answer, made of rows, with [`Self::leaf`] in place of the regions: for more regions than are worth it.
    rows: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
    run: SharedRun<OnceCell<Way>>,
}

/// How a run gets its answer, known once the regions are.
#[derive(Debug, Clone)]
enum Way {
    Chunks(Arc<Shared>),
    Rows(Arc<dyn ExecutionPlan>),
}

impl ArrayRegionAggregateExec {
    /// The aggregate `request` over `scan` joined with `regions`, where it can be done on chunks: as for
    /// [`crate::ArrayAggregateExec`], and each condition hangs on one dimension of the scan at most. `rows` is a plan for
    /// the same answer with one partition, with a [`Self::leaf`] where the rows of the regions belong.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn try_new(
        scan: &ArrayScanExec,
        regions: &Arc<dyn ExecutionPlan>,
        request: RegionRequest,
        rows: Arc<dyn ExecutionPlan>,
    ) -> Result<Option<Self>> {
        let Some((of_aggregate, functions)) = on_chunks(scan, &request.aggregate)? else { return Ok(None) };
        for condition in &request.conditions {
            if is_volatile(condition) || dimension(scan.layout(), request.first, condition)?.is_none() {
                return Ok(None);
            }
        }
        // What a derived column multiplies is known only when it runs.
        if scan.may_multiply() || request.keys.iter().any(|(_, key, _)| is_volatile(key)) {
            return Ok(None);
        }
        let properties = Arc::new(properties(&of_aggregate, &request.aggregate.schema));
        Ok(Some(Self {
            scan: of_aggregate,
            regions: Arc::clone(regions),
            request,
            functions,
            rows,
            properties,
            metrics: ExecutionPlanMetricsSet::new(),
            run: SharedRun::default(),
        }))
    }

    /// A plan without rows, for the place of those of the regions.
    ///
    /// # Errors
    /// When DataFusion does not take the schema.
    pub fn leaf(schema: &SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
        leaf(schema)
    }

    /// Collects the regions. Chunks, unless there are too many, a condition cannot be evaluated on its own, or the states
    /// do not fit the memory of the query.
    async fn way(self, context: Arc<TaskContext>) -> Result<Way> {
        let memory = MemoryConsumer::new("ArrayRegionAggregateExec").register(context.memory_pool());
        let collected = Collected::of(self.regions.execute(0, Arc::clone(&context))?, &memory).await?;
        let rows = Arc::clone(&self.rows);
        let table = collected.table()?;
        if let Some(table) = table {
            let (metrics, of_rows) = (self.metrics.clone(), memory.new_empty());
            let prepare = move || self.prepared(&table, of_rows, &context).map(|found| (found, context));
            if let Ok((Some((scan, prepared)), context)) = on_pool(prepare).await.map_err(datafusion_error)? {
                let (kept, total) = scan.chunks();
                ScanMetrics::plan(&metrics, kept, total);
                let scan = scan.new_state(&context);
                return Ok(Way::Chunks(Arc::new(Shared { scan, prepared, blocks: Blocks::default() })));
            }
        }
        Ok(Way::Rows(collected.into_leaf_of(&rows)?))
    }

    /// The part of the scan that the regions touch, and what is done with it; `None` where memory does not hold it.
    fn prepared(
        &self,
        table: &RecordBatch,
        memory: MemoryReservation,
        context: &TaskContext,
    ) -> Result<Option<(ArrayScanExec, Prepared)>> {
        let (regions, scan) = Regions::try_new(&self.scan, &self.request, table, memory)?;
        let mut request = self.request.aggregate.clone();
        // So that the cells of each group are counted: they do not follow from the coordinates.
        request.predicate.get_or_insert_with(|| Arc::new(Literal::new(ScalarValue::Boolean(Some(true)))));
        let prepared = Prepared::try_new(&scan, &request, &self.functions, Keys::Values, Some(regions))?;
        let parts = prepared.regions.as_ref().map_or(0, |regions| regions.most_parts(scan.units(), &prepared.groups));
        if parts > MOST_PARTS {
            return Ok(None);
        }
        let parts = parts.saturating_mul(prepared.bytes_a_group).saturating_mul(self.partitions());
        Ok(fits(&prepared, self.partitions(), parts, context).then_some((scan, prepared)))
    }

    fn partitions(&self) -> usize {
        self.properties.output_partitioning().partition_count()
    }
}

impl DisplayAs for ArrayRegionAggregateExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut keys: Vec<String> =
            self.request.aggregate.group_by.iter().map(|(key, name)| named((key, name))).collect();
        for (at, key, name) in &self.request.keys {
            keys.insert((*at).min(keys.len()), named((key, name)));
        }
        let mut parts = described(&self.scan, keys, &self.request.aggregate);
        parts.push(("on".into(), list(self.request.conditions.iter().map(ToString::to_string).collect())));
        write_parts("ArrayRegionAggregateExec", parts, format, f)
    }
}

impl ExecutionPlan for ArrayRegionAggregateExec {
    fn name(&self) -> &str {
        "ArrayRegionAggregateExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    /// The plans below the derived columns of the scan, then the regions.
    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        let mut children = self.scan.children();
        children.push(&self.regions);
        children
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let mut required = vec![Distribution::UnspecifiedDistribution; self.scan.children().len()];
        required.push(Distribution::SinglePartition);
        InputDistributionRequirements::new(required)
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false; self.children().len()]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let request = &self.request.aggregate;
        let keys = request.group_by.iter().map(|(key, _)| key).chain(self.request.keys.iter().map(|(_, key, _)| key));
        let filters = request.filters.iter().flatten().chain(&request.predicate);
        let arguments = self.functions.iter().flat_map(|f| f.arguments());
        apply_expression_roots(keys.chain(filters).chain(arguments).chain(&self.request.conditions), f)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let mut inputs = children;
        let regions = inputs.pop().ok_or_else(|| internal("an aggregate by region has no regions"))?;
        let mut plan = Self { regions, run: SharedRun::default(), ..self.as_ref().clone() };
        if !inputs.is_empty() {
            plan.rows = with_inputs(&plan.rows, &inputs)?;
            plan.scan = plan.scan.with_inputs(inputs)?;
        }
        Ok(Arc::new(plan))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let run = self.run.get(partition, self.partitions(), OnceCell::new);
        let metrics = ScanMetrics::new(&self.metrics, partition, &context);
        let baseline = BaselineMetrics::new(&self.metrics, partition);
        let plan = self.clone();
        let batch_size = context.session_config().batch_size();
        let start = async move {
            Ok::<_, DataFusionError>(match run.get_or_try_init(|| plan.way(Arc::clone(&context))).await? {
                Way::Chunks(shared) => {
                    let worker = Worker::new(Arc::clone(shared), metrics, baseline, batch_size, partition == 0);
                    worker.batches().boxed()
                }
                Way::Rows(rows) if partition == 0 => rows.execute(0, context)?.boxed(),
                Way::Rows(_) => stream::empty().boxed(),
            })
        };
        let batches = stream::once(start).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.request.aggregate.schema), batches)))
    }
}
