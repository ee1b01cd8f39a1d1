//! [`ArrayGatherExec`]: the physical plan of points joined with a grid. It describes what to do and opens nothing.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::compute::BatchCoalescer;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Statistics, internal_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_expr::{Distribution, EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, apply_expression_roots};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

use super::places::Places;
use super::request::{GatherColumn, GatherFilter, GatherKind, GatherRequest};
use super::rows::Maker;
use super::stream::Gather;
use crate::layout::Column;
use crate::scan::{ArrayScanExec, ScanMetrics, selection_parts};

/// Joins points with the cells of a scan, without making rows of other cells: each chunk is read once.
#[derive(Debug, Clone)]
pub struct ArrayGatherExec {
    points: Arc<dyn ExecutionPlan>,
    scan: ArrayScanExec,
    /// What was asked for, for `EXPLAIN`.
    keys: Vec<String>,
    /// Over the columns of the points that are kept, and those of the scan.
    maker: Arc<Maker>,
    /// Columns of the points that are kept.
    kept: Vec<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl ArrayGatherExec {
    /// The join `request` of `points` with `scan`, where positions tell what meets: each key of the scan varies along a
    /// dimension of its own and has no value twice. `rows` is how many points there are, where that is known: where
    /// keys leave dimensions free, many points are not gone for one by one.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn try_new(
        points: Arc<dyn ExecutionPlan>,
        scan: &ArrayScanExec,
        request: GatherRequest,
        rows: Option<usize>,
    ) -> Result<Option<Self>> {
        let is_outer = request.kind != GatherKind::Inner;
        let exprs = request.grid_exprs().chain(request.keys.iter().flat_map(|(a, b)| [a, b]));
        if scan.is_limited()
            || points.properties().boundedness.is_unbounded()
            || exprs.chain(request.filter.iter().map(|f| &f.predicate)).any(is_volatile)
            || (is_outer && (request.predicate.is_some() || request.filter.is_some()))
        {
            return Ok(None);
        }
        let used: HashSet<String> =
            request.grid_exprs().flat_map(collect_columns).map(|c| c.name().to_string()).collect();
        let scan = scan.of_columns(&used)?;
        let labels: Vec<Arc<dyn PhysicalExpr>> = request.keys.iter().map(|(_, label)| Arc::clone(label)).collect();
        let Some(places) = Places::try_new(&scan, &labels) else { return Ok(None) };
        let schema = points.schema();
        for (i, (key, _)) in request.keys.iter().enumerate() {
            if !places.has_type(i, &key.data_type(&schema)?) {
                return Ok(None);
            }
        }
        let is_of_points = matches!(request.kind, GatherKind::Semi | GatherKind::Anti);
        if !is_of_points && !places.pays(rows) {
            return Ok(None);
        }
        let is_derived = |c: &usize| matches!(scan.layout().columns.get(*c), Some(Column::Derived { .. }));
        if scan.request().projection.iter().any(is_derived) {
            return Ok(None);
        }
        let keys = request.keys.iter().map(|(key, label)| format!("{label} = {key}")).collect();
        let kept = kept(&request);
        let request = over(request, &kept, &scan)?;
        let of_type = |(column, field): (&GatherColumn, &Arc<datafusion::arrow::datatypes::Field>)| match column {
            GatherColumn::Points(_) => Ok(true),
            GatherColumn::Grid(expr) => Ok(expr.data_type(&scan.schema())? == *field.data_type()),
        };
        let types = request.columns.iter().zip(request.schema.fields()).map(of_type).collect::<Result<Vec<bool>>>()?;
        if types.contains(&false) {
            return Ok(None);
        }
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&request.schema)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        let maker = Maker { scan_schema: scan.schema(), request, places, spare: std::sync::Mutex::default() };
        Ok(Some(Self {
            points,
            scan,
            keys,
            maker: Arc::new(maker),
            kept,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }))
    }

    fn request(&self) -> &GatherRequest {
        &self.maker.request
    }
}

/// The columns of the points that an answer needs, ascending.
fn kept(request: &GatherRequest) -> Vec<usize> {
    let of_filter = request.filter.iter().flat_map(|filter| &filter.columns);
    let mut kept: Vec<usize> = request
        .columns
        .iter()
        .chain(of_filter)
        .filter_map(|column| match column {
            GatherColumn::Points(i) => Some(*i),
            GatherColumn::Grid(_) => None,
        })
        .collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// The same request over the points that are `kept` and over the columns of `scan`.
fn over(request: GatherRequest, kept: &[usize], scan: &ArrayScanExec) -> Result<GatherRequest> {
    let schema = scan.schema();
    let column = |column: GatherColumn| {
        Ok::<_, DataFusionError>(match column {
            GatherColumn::Points(i) => GatherColumn::Points(kept.partition_point(|k| *k < i)),
            GatherColumn::Grid(expr) => GatherColumn::Grid(reassign_expr_columns(expr, &schema)?),
        })
    };
    let filter = |filter: GatherFilter| {
        Ok::<_, DataFusionError>(GatherFilter {
            columns: filter.columns.into_iter().map(column).collect::<Result<_>>()?,
            ..filter
        })
    };
    Ok(GatherRequest {
        columns: request.columns.into_iter().map(column).collect::<Result<_>>()?,
        predicate: request.predicate.map(|p| reassign_expr_columns(p, &schema)).transpose()?,
        filter: request.filter.map(filter).transpose()?,
        ..request
    })
}

impl DisplayAs for ArrayGatherExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = vec![("table".to_string(), self.scan.layout().name())];
        parts.extend(selection_parts(self.scan.layout(), &self.scan.request().selection));
        parts.push(("keys".into(), format!("[{}]", self.keys.join(", "))));
        let (kept, total) = self.scan.chunks();
        parts.push(("chunks".into(), format!("{kept} of {total}")));
        parts.push(("join".into(), format!("{:?}", self.request().kind).to_lowercase()));
        let names: Vec<String> = self.request().schema.fields().iter().map(|f| f.name().clone()).collect();
        parts.push(("projection".into(), format!("[{}]", names.join(", "))));
        let filters = self.request().predicate.iter().chain(self.request().filter.iter().map(|f| &f.predicate));
        let filters: Vec<String> = filters.map(|p| p.to_string()).collect();
        if !filters.is_empty() {
            parts.push(("filter".into(), filters.join(" AND ")));
        }
        let parts: Vec<String> = parts.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        match format {
            DisplayFormatType::TreeRender => f.write_str(&parts.join("\n")),
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "ArrayGatherExec: {}", parts.join(", "))
            }
        }
    }
}

impl ExecutionPlan for ArrayGatherExec {
    fn name(&self) -> &str {
        "ArrayGatherExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![Distribution::SinglePartition]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.points]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let request = self.request();
        let of_points = request.keys.iter().map(|(key, _)| key);
        let of_filter = request.filter.iter().map(|filter| &filter.predicate);
        apply_expression_roots(of_points.chain(request.grid_exprs()).chain(of_filter), f)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(points), true) => {
                Ok(Arc::new(Self { points, metrics: ExecutionPlanMetricsSet::new(), ..self.as_ref().clone() }))
            }
            _ => internal_err!("ArrayGatherExec has one input"),
        }
    }

    fn child_stats_requests(&self, _partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(None)]
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.request().schema);
        if let Some(points) = inputs.first().and_then(|points| points.num_rows.get_value()) {
            let cells = usize::try_from(self.maker.places.cells_a_point()).unwrap_or(usize::MAX);
            let rows = match self.request().kind {
                GatherKind::Inner => points.saturating_mul(cells),
                GatherKind::Outer => points.saturating_mul(cells.max(1)),
                GatherKind::Semi | GatherKind::Anti => *points,
            };
            statistics.num_rows = Precision::Inexact(rows);
        }
        Ok(Arc::new(statistics))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("ArrayGatherExec has one partition, not {partition}");
        }
        let (kept, total) = self.scan.chunks();
        ScanMetrics::plan(&self.metrics, kept, total);
        let state = self.scan.new_state(&context);
        let whole = self.scan.units().unit(0).map(|unit| state.need(&unit).bytes).unwrap_or_default();
        let batch_size = context.session_config().batch_size();
        let schema = Arc::clone(&self.request().schema);
        let consumer = MemoryConsumer::new(format!("ArrayGatherExec[{}]", self.scan.layout().name()));
        let gather = Gather {
            maker: Arc::clone(&self.maker),
            metrics: ScanMetrics::new(&self.metrics, partition, &context),
            baseline: BaselineMetrics::new(&self.metrics, partition),
            input: self.points.execute(0, Arc::clone(&context))?,
            kept: self.kept.clone(),
            batch_size,
            memory: consumer.register(context.memory_pool()),
            // Stored and decoded bytes of the unit at hand and of the next.
            spare: whole.saturating_mul(4),
            waiting: None,
            is_done: false,
            round: None,
            out: BatchCoalescer::new(Arc::clone(&schema), batch_size)
                .with_biggest_coalesce_batch_size(Some(batch_size.div_ceil(2))),
            state: Arc::new(state),
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, gather.batches())))
    }
}
