//! [`ChunksTable`]: the chunks of a dataset as rows. They are counted out while somebody reads, never listed.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{
    ArrayRef, ListBuilder, RecordBatch, RecordBatchOptions, StringArray, StringBuilder, UInt64Array, UInt64Builder,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, Statistics};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::stream::{self, FuturesOrdered};
use futures::{Stream, TryStreamExt};
use hyperslab_array::{Dataset, Variable};

use crate::error::datafusion_error;
use crate::options::ScanOptions;
use crate::scan::located;
use crate::selection::{is_pure, mask, unqualified};

const VARIABLE: &str = "variable";
const CHUNK: &str = "chunk";
const START: &str = "start";
const SHAPE: &str = "shape";
const KEY: &str = "key";
const STORED_BYTES: &str = "stored_bytes";

/// The chunks of all variables of a dataset: a row for each, with its index (`0/1/2`), the first index and the length
/// along each dimension, the name it is stored under, and its stored bytes.
///
/// Stored bytes cost a request a chunk, and only where they are asked for: 0 where a chunk was never written, NULL
/// where nobody knows.
#[derive(Debug, Clone)]
pub struct ChunksTable {
    dataset: Arc<Dataset>,
    schema: SchemaRef,
}

impl ChunksTable {
    /// The table of `dataset`, without those of its groups.
    pub fn new(dataset: Arc<Dataset>) -> Self {
        let list = || DataType::new_list(DataType::UInt64, true);
        let fields = vec![
            Field::new(VARIABLE, DataType::Utf8, false),
            Field::new(CHUNK, DataType::Utf8, false),
            Field::new(START, list(), false),
            Field::new(SHAPE, list(), false),
            Field::new(KEY, DataType::Utf8, false),
            Field::new(STORED_BYTES, DataType::UInt64, true),
        ];
        Self { dataset, schema: Arc::new(Schema::new(fields)) }
    }
}

/// Whether the name of the variable decides `filter`.
fn is_on_variable(filter: &Expr) -> bool {
    is_pure(filter) && filter.column_refs().iter().all(|c| c.name == VARIABLE)
}

#[async_trait]
impl TableProvider for ChunksTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |f: &&Expr| match is_on_variable(f) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(answer).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut variables: Vec<Arc<Variable>> = self.dataset.variables.values().cloned().collect();
        if let Some(filter) = conjunction(filters.iter().filter(|f| is_on_variable(f)).cloned()) {
            let schema = Arc::new(self.schema.project(&[0])?);
            let df_schema = DFSchema::try_from(schema.as_ref().clone())?;
            let filter = state.create_physical_expr(unqualified(filter)?, &df_schema)?;
            let names = StringArray::from_iter_values(variables.iter().map(|v| v.name.as_str()));
            let kept = mask(&filter, &RecordBatch::try_new(schema, vec![Arc::new(names)])?)?;
            let mut kept = kept.values().iter();
            variables.retain(|_| kept.next().unwrap_or(false));
        }
        let projection = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema = Arc::new(self.schema.project(&projection)?);
        // Filters that are not ours never come with a limit.
        Ok(Arc::new(ChunksExec::new(Arc::clone(&self.dataset), variables, schema, limit)))
    }
}

/// Counts out the chunks of some variables.
#[derive(Debug, Clone)]
struct ChunksExec {
    dataset: Arc<Dataset>,
    variables: Vec<Arc<Variable>>,
    schema: SchemaRef,
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
}

impl ChunksExec {
    fn new(dataset: Arc<Dataset>, variables: Vec<Arc<Variable>>, schema: SchemaRef, fetch: Option<usize>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { dataset, variables, schema, fetch, properties: Arc::new(properties) }
    }
}

impl DisplayAs for ChunksExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<&str> = self.schema.fields().iter().map(|f| f.name().as_str()).collect();
        let (variables, all) = (self.variables.len(), self.dataset.variables.len());
        write!(f, "ChunksExec: dataset={}, variables={variables} of {all}", self.dataset.name)?;
        write!(f, ", projection=[{}]", columns.join(", "))?;
        match self.fetch {
            Some(fetch) => write!(f, ", limit={fetch}"),
            None => Ok(()),
        }
    }
}

impl ExecutionPlan for ChunksExec {
    fn name(&self) -> &str {
        "ChunksExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        let count = |n: u64, v: &Arc<Variable>| n.saturating_add(v.source.chunk_grid().chunk_count());
        let rows = self.variables.iter().fold(0u64, count);
        if let Some(rows) = usize::try_from(rows).ok().filter(|n| *n < usize::MAX) {
            statistics.num_rows = Precision::Exact(self.fetch.map_or(rows, |f| f.min(rows)));
        }
        Ok(Arc::new(statistics))
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(Self { fetch: limit, ..self.clone() }))
    }

    fn fetch(&self) -> Option<usize> {
        self.fetch
    }

    fn execute(&self, _partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let config = context.session_config();
        let reader = ChunkReader {
            dataset: Arc::clone(&self.dataset),
            variables: self.variables.clone(),
            schema: Arc::clone(&self.schema),
            next: (0, 0),
            left: self.fetch.unwrap_or(usize::MAX),
            batch_size: config.batch_size(),
            at_once: ScanOptions::of(config.options()).prefetch_chunks.max(1),
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), reader.batches())))
    }
}

/// Where the count stands.
#[derive(Debug)]
struct ChunkReader {
    dataset: Arc<Dataset>,
    variables: Vec<Arc<Variable>>,
    schema: SchemaRef,
    /// Variable, and number of the chunk in it.
    next: (usize, u64),
    left: usize,
    batch_size: usize,
    /// Requests for stored bytes that run at the same time.
    at_once: usize,
}

impl ChunkReader {
    fn batches(self) -> impl Stream<Item = Result<RecordBatch>> {
        stream::try_unfold(self, |mut reader| async move {
            let batch = reader.next_batch().await?;
            Ok(batch.map(|batch| (batch, reader)))
        })
    }

    async fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let mut chunks: Vec<(Arc<Variable>, Vec<u64>)> = Vec::new();
        while chunks.len() < self.batch_size.min(self.left) {
            let (v, number) = self.next;
            let Some(variable) = self.variables.get(v) else { break };
            match chunk_index(variable, number) {
                Some(chunk) => {
                    chunks.push((Arc::clone(variable), chunk));
                    self.next = (v, number + 1);
                }
                None => self.next = (v + 1, 0),
            }
        }
        if chunks.is_empty() {
            return Ok(None);
        }
        self.left -= chunks.len();
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            columns.push(match field.name().as_str() {
                STORED_BYTES => stored_bytes(&self.dataset, &chunks, self.at_once).await?,
                name => column(name, &chunks),
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(chunks.len()));
        Ok(Some(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?))
    }
}

/// The chunk called `number`, in C order; `None` after the last.
fn chunk_index(variable: &Variable, number: u64) -> Option<Vec<u64>> {
    let mut rest = number;
    let mut chunk = Vec::new();
    for count in variable.source.chunk_grid().counts().into_iter().rev() {
        chunk.push(rest.checked_rem(count)?);
        rest /= count;
    }
    chunk.reverse();
    (rest == 0).then_some(chunk)
}

fn column(name: &str, chunks: &[(Arc<Variable>, Vec<u64>)]) -> ArrayRef {
    let region = |(variable, chunk): &(Arc<Variable>, Vec<u64>)| variable.source.chunk_grid().region(chunk);
    match name {
        START => lists(chunks.iter().map(|c| region(c).start)),
        SHAPE => lists(chunks.iter().map(|c| region(c).shape)),
        _ => {
            let mut texts = StringBuilder::new();
            for (variable, chunk) in chunks {
                match name {
                    VARIABLE => texts.append_value(&variable.name),
                    KEY => texts.append_value(variable.source.key(chunk)),
                    _ => texts.append_value(chunk.iter().map(u64::to_string).collect::<Vec<_>>().join("/")),
                }
            }
            Arc::new(texts.finish())
        }
    }
}

fn lists(values: impl Iterator<Item = Vec<u64>>) -> ArrayRef {
    let mut lists = ListBuilder::new(UInt64Builder::new());
    for value in values {
        lists.values().append_slice(&value);
        lists.append(true);
    }
    Arc::new(lists.finish())
}

/// Asks the store for each chunk, some at the same time.
async fn stored_bytes(dataset: &Dataset, chunks: &[(Arc<Variable>, Vec<u64>)], at_once: usize) -> Result<ArrayRef> {
    let mut answers = Vec::with_capacity(chunks.len());
    let mut running = FuturesOrdered::new();
    for (variable, chunk) in chunks {
        if running.len() >= at_once {
            answers.extend(running.try_next().await?);
        }
        running.push_back(async move {
            let answer = variable.source.stored_bytes(chunk).await;
            answer.map_err(|e| datafusion_error(located(e, dataset, variable, chunk)))
        });
    }
    while let Some(answer) = running.try_next().await? {
        answers.push(answer);
    }
    Ok(Arc::new(UInt64Array::from(answers)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use hyperslab_array::{ChunkGrid, Values};

    use super::*;
    use crate::testing::{Fault, Log, Maker, rows, session};

    async fn chunks(log: &Arc<Log>) -> ChunksTable {
        let mut maker = Maker::new();
        maker.size("y", 5).size("x", 4);
        maker.add("crs", &[], Values::Int32(vec![1]), ChunkGrid::regular(&[], &[]).unwrap());
        maker.add_recorded("sst", &["y", "x"], Values::Int8(vec![0; 20]), &[2, 4], log, Fault::None);
        maker.add_recorded("ice", &["y", "x"], Values::Int8(vec![0; 20]), &[5, 3], log, Fault::None);
        ChunksTable::new(Arc::clone(&maker.make().await.dataset))
    }

    #[tokio::test]
    async fn every_chunk_is_a_row_with_its_region_and_key() {
        let log = Arc::new(Log::default());
        let ctx = session(chunks(&log).await, &[("datafusion.execution.batch_size", "2")]);
        let expected = [
            "crs||[]|[]|memory/|NULL",
            "sst|0/0|[0, 0]|[2, 4]|0/0|0",
            "sst|1/0|[2, 0]|[2, 4]|1/0|1",
            "sst|2/0|[4, 0]|[1, 4]|2/0|2",
            "ice|0/0|[0, 0]|[5, 3]|0/0|0",
            "ice|0/1|[0, 3]|[5, 1]|0/1|1",
        ];
        assert_eq!(rows(&ctx, "SELECT * FROM t").await.unwrap(), expected);
        assert_eq!(rows(&ctx, "SELECT * FROM t LIMIT 3").await.unwrap(), expected[..3]);
    }

    #[tokio::test]
    async fn stored_bytes_are_asked_for_only_where_they_are_wanted() {
        let log = Arc::new(Log::default());
        let ctx = session(chunks(&log).await, &[]);
        for sql in ["SELECT variable, chunk, key FROM t", "SELECT count(*) FROM t"] {
            rows(&ctx, sql).await.unwrap();
        }
        assert_eq!(log.take(), [""; 0]);
        let sql = "SELECT sum(stored_bytes) FROM t WHERE variable IN ('ice', 'crs') AND variable <> 'crs'";
        assert_eq!(rows(&ctx, sql).await.unwrap(), ["1"]);
        assert_eq!(log.take(), ["HEAD ice 0/0", "HEAD ice 0/1"]);
        rows(&ctx, "SELECT stored_bytes FROM t WHERE variable = 'sst' LIMIT 1").await.unwrap();
        assert_eq!(log.take(), ["HEAD sst 0/0"]);
    }

    #[tokio::test]
    async fn counts_come_from_the_chunk_grids_however_many_chunks_there_are() {
        let mut maker = Maker::new();
        let grid = ChunkGrid::regular(&[1 << 20, 1 << 20, 0], &[1, 1, 1]).unwrap();
        maker.add("none", &["y", "x", "z"], Values::Int8(vec![]), grid);
        let ctx = session(ChunksTable::new(Arc::clone(&maker.make().await.dataset)), &[]);
        assert_eq!(rows(&ctx, "SELECT count(*) FROM t").await.unwrap(), ["0"]);
        let ctx = session(chunks(&Arc::default()).await, &[]);
        assert_eq!(rows(&ctx, "SELECT count(*) FROM t WHERE variable = 'sst'").await.unwrap(), ["3"]);
        let plan = rows(&ctx, "EXPLAIN SELECT count(*) FROM t").await.unwrap().join("");
        assert!(!plan.contains("ChunksExec"), "{plan}");
    }
}
