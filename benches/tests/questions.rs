//! The short form of the measurement: answers and chunk counts of each question on a small `era` and on `ersst`, and no
//! times.
//!
//! `answers.json` is what xarray answers; `benches/README.md` says how it is written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hyperslab::datafusion::arrow::array::{AsArray, RecordBatch, StringArray};
use hyperslab::datafusion::arrow::compute::{cast, concat_batches};
use hyperslab::datafusion::arrow::datatypes::{DataType, Float64Type, TimeUnit};
use hyperslab::datafusion::arrow::util::pretty::pretty_format_batches;
use hyperslab::{Context, Registry};
use hyperslab_benches::queries::{QUERIES, Query};
use hyperslab_benches::recipe::Era;
use hyperslab_benches::{SyntheticStore, tables};
use serde_json::Value;

/// Columns by name, times as microseconds.
type Columns = BTreeMap<String, Vec<f64>>;

/// The small dataset; each dimension ends with a chunk that is not whole. Its tables and `ersst` are files.
struct Small<'a> {
    context: Context,
    store: Arc<SyntheticStore>,
    folder: &'a Path,
}

const SHAPE: [u64; 3] = [250, 37, 72];

/// A folder with the tables and `ersst`.
fn files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    tables::write(SHAPE, folder.path()).unwrap();
    hyperslab::sample::write(folder.path()).unwrap();
    folder
}

impl<'a> Small<'a> {
    async fn open(folder: &'a Path, chunk_aggregate: bool) -> Self {
        let era = Era::default().with_shape(SHAPE).with_chunks([30, 20, 40]);
        let store = Arc::new(SyntheticStore::try_new(era).unwrap());
        let registry = Registry::default().with_store("synthetic://era.zarr", Arc::clone(&store) as _);
        let context = Context::builder()
            .registry(registry)
            .option("hyperslab.planner.chunk_aggregate", chunk_aggregate.to_string())
            .build()
            .unwrap();
        context.register("era", "synthetic://era.zarr").await.unwrap();
        context.register("ersst", folder.join("ersst.zarr").to_str().unwrap()).await.unwrap();
        Self { context, store, folder }
    }

    async fn batches(&self, sql: &str) -> Vec<RecordBatch> {
        let result = self.context.sql(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        result.collect().await.unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// The answer, its rows in the order of the keys.
    async fn answer(&self, query: &Query) -> Columns {
        let batches = self.batches(&query.sql(self.folder)).await;
        let batch = concat_batches(&batches[0].schema(), &batches).unwrap();
        let mut columns = Columns::new();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let number = match column.data_type() {
                DataType::Timestamp(..) => {
                    let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, None)).unwrap();
                    cast(&micros, &DataType::Int64).unwrap()
                }
                // The number in a name stands for it.
                DataType::Utf8 | DataType::Utf8View => {
                    let names = cast(column, &DataType::Utf8).unwrap();
                    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
                    Arc::new(names.as_string::<i32>().iter().map(|n| n.map(digits)).collect::<StringArray>())
                }
                _ => Arc::clone(column),
            };
            let values = cast(&number, &DataType::Float64).unwrap();
            assert_eq!(values.null_count(), 0, "{}: {}", query.id, field.name());
            columns.insert(field.name().clone(), values.as_primitive::<Float64Type>().values().to_vec());
        }
        let mut order: Vec<usize> = (0..batch.num_rows()).collect();
        let by: Vec<&str> = query.top.into_iter().chain(query.keys.iter().copied()).collect();
        order.sort_by(|a, b| {
            let differences = by.iter().map(|key| columns[*key][*a].total_cmp(&columns[*key][*b]));
            differences.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        columns.into_iter().map(|(name, values)| (name, order.iter().map(|row| values[*row]).collect())).collect()
    }
}

/// Whether two numbers are the same but for `tolerance`, as a part of `size` or of the greater where that is more.
fn near(a: f64, b: f64, tolerance: f64, size: f64) -> bool {
    (a - b).abs() <= tolerance * size.max(a.abs()).max(b.abs())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_of_xarray_with_and_without_the_chunk_aggregate() {
    let expected: BTreeMap<String, Value> = serde_json::from_str(include_str!("answers.json")).unwrap();
    assert_eq!(expected.len(), QUERIES.len());
    let folder = files();
    let (chunks, rows) = (Small::open(folder.path(), true).await, Small::open(folder.path(), false).await);
    for query in QUERIES {
        let (answer, plain) = (chunks.answer(query).await, rows.answer(query).await);
        assert_eq!(answer.keys().collect::<Vec<_>>(), plain.keys().collect::<Vec<_>>(), "{}", query.id);
        for (name, values) in &answer {
            // But for these a mean is of magnitudes that all have its sign here.
            let size = if query.around_zero { values.iter().fold(0.0, |most: f64, v| most.max(v.abs())) } else { 0.0 };
            let tolerance = if query.keys.contains(&name.as_str()) { 0.0 } else { 1e-12 };
            let other = &plain[name];
            assert_eq!(values.len(), other.len(), "rows of {}", query.id);
            let differing = values.iter().zip(other).find(|(a, b)| !near(**a, **b, tolerance, size));
            assert_eq!(differing, None, "{} of {}, with and without the chunk aggregate", name, query.id);
        }
        let expected = &expected[query.id];
        assert_eq!(answer.len(), expected["columns"].as_object().unwrap().len(), "columns of {}", query.id);
        for (name, values) in &answer {
            assert_eq!(expected["rows"], values.len(), "rows of {}", query.id);
            // These two are reckoned in float32, from the float32 of the store.
            let tolerance = if ["W10", "W11"].contains(&query.id) { 1e-6 } else { 1e-9 };
            // The place of a row weighs in, so that a value in the wrong row is seen.
            let placed = values.iter().enumerate().map(|(row, value)| value * ((row * 31 % 101) as f64 / 101.0));
            let size = if query.around_zero { values.iter().map(|value| value.abs()).sum() } else { 0.0 };
            for (found, number) in [(values.iter().sum::<f64>(), 0), (placed.sum::<f64>(), 1)] {
                let wanted = expected["columns"][name][number].as_f64().unwrap();
                assert!(near(found, wanted, tolerance, size), "{name} of {}: {found}, xarray has {wanted}", query.id);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_chunk_that_holds_the_answer_is_read_once() {
    // 9 chunks along time, 2 along each of the others; 57 of `ersst`.
    let needed = BTreeMap::from([("W5", 18), ("W6", 9), ("W7", 4), ("W10", 72), ("W13", 57), ("W14", 18), ("W21", 16)]);
    // An anomaly takes two passes, and a join of a dataset with itself may read both of its sides.
    let passes = BTreeMap::from([("W12", 2), ("W13", 2), ("W15", 2)]);
    let folder = files();
    for query in QUERIES {
        let small = Small::open(folder.path(), true).await;
        let before = small.store.chunk_requests();
        let plan = small.batches(&format!("EXPLAIN ANALYZE {}", query.sql(small.folder))).await;
        let plan = pretty_format_batches(&plan).unwrap().to_string();
        let counted: u64 = plan
            .split("chunks_read=")
            .skip(1)
            .map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse::<u64>().unwrap())
            .sum();
        let wanted = needed.get(query.id).copied().unwrap_or(36);
        let most = wanted * passes.get(query.id).copied().unwrap_or(1);
        assert!((wanted..=most).contains(&counted), "{}: {counted} chunks, {wanted} are needed: {plan}", query.id);
        // The others are files, which count nothing.
        if query.dataset == "era" {
            assert_eq!(small.store.chunk_requests() - before, counted, "{}: {plan}", query.id);
        }
    }
}
