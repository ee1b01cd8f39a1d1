//! Runs every file of `slt/`, with each rewrite on and off and with one partition and several.
//!
//! A file sees a context of its own. `HYPERSLAB_SLT=name` runs only the files whose name holds `name`.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use datafusion::arrow::array::{Array, DurationMicrosecondArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use hyperslab::Context;
use hyperslab::error::one_line;
use hyperslab_tests::{answer, data_dir, slt_dir};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Normalizer, Record, Runner};

/// How a file is run: a name for messages, and statements that come first.
struct Mode {
    name: &'static str,
    set: &'static [&'static str],
}

/// The rules that read `lat = 0.1`, `time = '1990'` and `nearest(…)` say what SQL means; only what makes it fast is
/// turned off here.
static MODES: [Mode; 3] = [
    Mode { name: "three partitions", set: &["SET datafusion.execution.target_partitions = 3"] },
    Mode {
        name: "one partition, small batches and nothing kept",
        set: &[
            "SET datafusion.execution.target_partitions = 1",
            "SET datafusion.execution.batch_size = 100",
            "SET hyperslab.scan.prefetch_chunks = 1",
            "SET hyperslab.scan.prefetch_bytes = 1",
            "SET hyperslab.scan.cache_bytes = 0",
        ],
    },
    Mode {
        name: "nothing optimised",
        set: &[
            "SET datafusion.execution.target_partitions = 2",
            "SET hyperslab.scan.prune_coordinates = false",
            "SET hyperslab.scan.coordinate_index = false",
            "SET hyperslab.scan.prune_blocks = false",
            "SET hyperslab.scan.dynamic_filters = false",
            "SET hyperslab.planner.chunk_aggregate = false",
            "SET hyperslab.planner.chunk_regions = false",
            "SET hyperslab.planner.chunk_top_k = false",
        ],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn every_question_has_the_expected_answer() {
    let wanted = std::env::var("HYPERSLAB_SLT").unwrap_or_default();
    let mut files: Vec<PathBuf> = std::fs::read_dir(slt_dir())
        .expect("tests/slt")
        .map(|entry| entry.expect("tests/slt").path())
        .filter(|path| path.extension().is_some_and(|e| e == "slt") && stem(path).contains(&wanted))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no file of questions is called `{wanted}`");
    let mut runs = tokio::task::JoinSet::new();
    for file in files {
        for mode in &MODES {
            let file = file.clone();
            runs.spawn(async move { run(&file, mode).await });
        }
    }
    let (mut failures, mut records) = (Vec::new(), 0);
    for (count, failed) in runs.join_all().await {
        records += count;
        failures.extend(failed);
    }
    failures.sort();
    let failed = failures.len();
    assert!(failures.is_empty(), "{}\n{failed} of {records} records failed", failures.join("\n"));
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Runs one file to its end, and gives the number of its records and what went wrong.
async fn run(file: &Path, mode: &'static Mode) -> (usize, Vec<String>) {
    let mut runner = Runner::new(|| connect(mode));
    runner.with_validator(matches);
    runner.with_column_validator(types_match);
    let records = sqllogictest::parse_file::<DefaultColumnType>(file).unwrap_or_else(|e| panic!("{e}"));
    let (mut count, mut failures) = (0, Vec::new());
    for record in records {
        if matches!(record, Record::Halt { .. }) {
            break;
        }
        count += usize::from(matches!(record, Record::Statement { .. } | Record::Query { .. }));
        if let Err(e) = runner.run_async(record).await {
            failures.push(format!("with {}: {}", mode.name, e.display(false)));
        }
    }
    (count, failures)
}

fn matches(_: Normalizer, actual: &[Vec<String>], expected: &[String]) -> bool {
    actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, e)| answer::rows_match(&a.join(" "), e))
}

/// `T` in a file stands for any type. xarray turns integers with missing values into floats; here they stay integers.
#[allow(clippy::ptr_arg, reason = "sqllogictest asks for this type")]
fn types_match(actual: &Vec<DefaultColumnType>, expected: &Vec<DefaultColumnType>) -> bool {
    use DefaultColumnType::{FloatingPoint, Integer, Text};
    let fits = |(a, e): (&_, &_)| a == e || *e == Text || (*e == FloatingPoint && *a == Integer);
    // No type at all is expected where there is no row to tell it from.
    expected.is_empty() || actual.len() == expected.len() && actual.iter().zip(expected).all(fits)
}

async fn connect(mode: &Mode) -> Result<Database, Failure> {
    let context = Context::builder().build().map_err(|e| Failure(one_line(&e)))?;
    for set in mode.set {
        context.sql(set).await.map_err(|e| Failure(format!("{set}: {e}")))?;
    }
    Ok(Database { context })
}

struct Database {
    context: Context,
}

#[derive(Debug)]
struct Failure(String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

#[async_trait]
impl AsyncDB for Database {
    type Error = Failure;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failure> {
        let sql = sql.replace("$DATA", &data_dir().to_string_lossy());
        let result = self.context.sql(&sql).await.map_err(|e| Failure(one_line(&e)))?;
        let types: Vec<_> = result.schema().fields().iter().map(|f| letter(f.data_type())).collect();
        let batches = result.collect().await.map_err(|e| Failure(one_line(&e)))?;
        if types.is_empty() {
            return Ok(DBOutput::StatementComplete(0));
        }
        Ok(DBOutput::Rows { types, rows: rows(&batches) })
    }

    async fn shutdown(&mut self) {}
}

fn letter(data_type: &DataType) -> DefaultColumnType {
    match data_type {
        _ if data_type.is_integer() => DefaultColumnType::Integer,
        _ if data_type.is_floating() => DefaultColumnType::FloatingPoint,
        _ => DefaultColumnType::Text,
    }
}

/// Every value as text: `NULL` where there is none, `(empty)` for a text of no letters.
fn rows(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let options = FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<Vec<String>> = batch.columns().iter().map(|c| cells(c.as_ref(), &options)).collect();
        rows.extend((0..batch.num_rows()).map(|i| columns.iter().map(|c| c[i].clone()).collect()));
    }
    rows
}

fn cells(column: &dyn Array, options: &FormatOptions<'_>) -> Vec<String> {
    if let (DataType::Duration(TimeUnit::Microsecond), Some(v)) =
        (column.data_type(), column.as_any().downcast_ref::<DurationMicrosecondArray>())
    {
        return v.iter().map(|d| d.map_or("NULL".into(), |d| format!("{d}us"))).collect();
    }
    let formatter = ArrayFormatter::try_new(column, options).expect("a type that can be shown");
    (0..column.len())
        .map(|i| {
            let text = formatter.value(i).to_string();
            if text.is_empty() { "(empty)".into() } else { text }
        })
        .collect()
}
