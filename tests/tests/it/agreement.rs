//! Questions made at random, the same each time: what makes them fast must not change what they answer.
//!
//! Each is asked twice. One session prunes, runs in parallel and keeps chunks; the other makes every row and lets
//! DataFusion filter it.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use hyperslab::Context;
use hyperslab_tests::{answer, data_dir};

use crate::random::Random;

const STORES: [&str; 20] = [
    "apart",
    "attributes_v2",
    "broadcast",
    "calendar_360_day",
    "calendar_noleap",
    "curvilinear",
    "edge",
    "empty",
    "holes",
    "mixed_chunks",
    "old_times",
    "packed",
    "repeated",
    "scalar",
    "steady",
    "steps",
    "tenths",
    "text",
    "unsorted",
    "unwritten",
];

/// How many questions each store is asked; `HYPERSLAB_QUESTIONS` asks for more.
fn questions() -> usize {
    std::env::var("HYPERSLAB_QUESTIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(25)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_a_question_fast_does_not_change_its_answer() {
    let mut runs = tokio::task::JoinSet::new();
    for (number, store) in STORES.into_iter().enumerate() {
        runs.spawn(compare(store, number as u64));
    }
    let differences: Vec<String> = runs.join_all().await.concat();
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n\n"));
}

async fn compare(store: &'static str, number: u64) -> Vec<String> {
    let fast = session(store, &[("datafusion.execution.target_partitions", "3")]).await;
    let plain = session(
        store,
        &[
            ("datafusion.execution.target_partitions", "1"),
            ("hyperslab.scan.prune_coordinates", "false"),
            ("hyperslab.scan.coordinate_index", "false"),
            ("hyperslab.scan.prune_blocks", "false"),
            ("hyperslab.scan.dynamic_filters", "false"),
            ("hyperslab.planner.chunk_aggregate", "false"),
            ("hyperslab.planner.chunk_regions", "false"),
            ("hyperslab.planner.chunk_top_k", "false"),
        ],
    )
    .await;
    let mut differences = Vec::new();
    for table in tables(&fast).await {
        let mut asker = Asker::new(&plain, &table, Random::new(number + 1)).await;
        for _ in 0..questions() {
            let (sql, is_ordered) = asker.question();
            let (a, b) = (ask(&fast, &sql, is_ordered).await, ask(&plain, &sql, is_ordered).await);
            let same = match (&a, &b) {
                (Ok(a), Ok(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| answer::rows_match(a, b)),
                (Err(_), Err(_)) => true,
                _ => false,
            };
            if !same {
                differences.push(format!("{store}: {sql}\n fast {}\nplain {}", shown(&a), shown(&b)));
            }
        }
    }
    differences
}

async fn session(store: &str, options: &[(&str, &str)]) -> Context {
    let builder = options.iter().fold(Context::builder(), |b, (name, value)| b.option(*name, *value));
    let context = builder.build().unwrap();
    context.register("d", &data_dir().join(format!("{store}.zarr")).to_string_lossy()).await.unwrap();
    context
}

/// The whole grid where there is one, or else each grid.
async fn tables(context: &Context) -> Vec<String> {
    let dataset = context.dataset("d").unwrap();
    match dataset.full_grid() {
        Some(_) => vec!["d".into()],
        None => dataset.grids().iter().map(|g| format!("d.{}", g.name)).collect(),
    }
}

async fn ask(context: &Context, sql: &str, is_ordered: bool) -> Result<Vec<String>, String> {
    let result = context.sql(sql).await.map_err(|e| e.to_string())?;
    let batches = result.collect().await.map_err(|e| e.to_string())?;
    let mut rows: Vec<String> = batches.iter().flat_map(rows).collect();
    if !is_ordered {
        rows.sort();
    }
    Ok(rows)
}

fn rows(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let columns: Vec<_> =
        batch.columns().iter().map(|c| ArrayFormatter::try_new(c.as_ref(), &options).unwrap()).collect();
    let cell = |c: &ArrayFormatter<'_>, row| {
        let text = c.value(row).to_string().replace(' ', "_");
        if text.is_empty() { "(empty)".to_string() } else { text }
    };
    (0..batch.num_rows()).map(|row| columns.iter().map(|c| cell(c, row)).collect::<Vec<_>>().join(" ")).collect()
}

fn shown(answer: &Result<Vec<String>, String>) -> String {
    match answer {
        Ok(rows) => format!("{} rows: {}", rows.len(), rows.iter().take(4).cloned().collect::<Vec<_>>().join(" / ")),
        Err(message) => message.lines().take(3).collect::<Vec<_>>().join(" "),
    }
}

struct Column {
    name: String,
    data_type: DataType,
    /// Some of its values, as SQL.
    literals: Vec<String>,
}

impl Column {
    fn is_number(&self) -> bool {
        self.data_type.is_numeric()
    }

    fn is_time(&self) -> bool {
        matches!(self.data_type, DataType::Timestamp(..)) || self.name == "time" && self.data_type == DataType::Utf8
    }
}

/// Makes questions about one table.
struct Asker {
    table: String,
    columns: Vec<Column>,
    random: Random,
}

impl Asker {
    async fn new(context: &Context, table: &str, random: Random) -> Self {
        let schema: Schema = context.sql(&format!("SELECT * FROM {table}")).await.unwrap().schema().as_ref().clone();
        let mut columns = Vec::new();
        for field in schema.fields() {
            let name = format!("\"{}\"", field.name());
            let sql = format!("SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL ORDER BY 1");
            let values = ask(context, &sql, true).await.unwrap();
            let step = values.len() / 12 + 1;
            let literals = values.iter().step_by(step).filter_map(|text| literal(text, field.data_type())).collect();
            columns.push(Column { name: field.name().clone(), data_type: field.data_type().clone(), literals });
        }
        Self { table: table.into(), columns, random }
    }

    fn column(&mut self) -> usize {
        self.random.below(self.columns.len())
    }

    fn literal(&mut self, column: usize) -> String {
        let literals = &self.columns[column].literals;
        literals.get(self.random.below(literals.len())).cloned().unwrap_or_else(|| "NULL".into())
    }

    fn operator(&mut self) -> &'static str {
        ["=", "<>", "<", "<=", ">", ">="][self.random.below(6)]
    }

    fn name(&self, column: usize) -> String {
        format!("\"{}\"", self.columns[column].name)
    }

    fn atom(&mut self) -> String {
        let column = self.column();
        let (name, operator) = (self.name(column), self.operator());
        let (a, b) = (self.literal(column), self.literal(column));
        let number = self.random.below(5);
        let (is_number, is_time) = (self.columns[column].is_number(), self.columns[column].is_time());
        let is_text = self.columns[column].data_type == DataType::Utf8;
        match self.random.below(16) {
            0 => format!("{name} IN ({a}, {b})"),
            1 => format!("{name} NOT IN ({a}, {b})"),
            2 => format!("{name} BETWEEN {a} AND {b}"),
            3 => format!("{name} IS {}NULL", if number < 2 { "" } else { "NOT " }),
            4 => format!("coalesce({name}, {a}) {operator} {b}"),
            5 => format!("CASE WHEN {name} = {a} THEN true ELSE {name} {operator} {b} END"),
            6 => format!("{name} IS DISTINCT FROM {a}"),
            7 => format!("{name} IN (SELECT {name} FROM {} WHERE {name} {operator} {a})", self.table),
            8 => format!("{name} {operator} (SELECT max({name}) FROM {} WHERE {name} <> {a})", self.table),
            9 if is_number => format!("abs({name}) {operator} {a}"),
            10 if is_number => format!("{name} + 1 {operator} {a}"),
            11 if is_number => format!("floor(CAST({name} AS DOUBLE) / 3) {operator} {number}"),
            12 if is_number => format!("-{name} {operator} {a}"),
            9 if is_time => format!("month({name}) {operator} {}", number + 1),
            10 if is_time => format!("date_part('day', {name}) {operator} {}", number * 6 + 1),
            11 if is_time => format!("date_trunc('month', {name}) {operator} {a}"),
            12 if is_time => format!("season({name}) {operator} 'JJA'"),
            9 if is_text => format!("upper({name}) {operator} upper({a})"),
            10 if is_text => format!("{name} LIKE '%o%'"),
            11 if is_text => format!("length({name}) {operator} {number}"),
            13 if is_number => {
                let other = self.column();
                match self.columns[other].is_number() {
                    true => format!("{name} {operator} {}", self.name(other)),
                    false => format!("{name} {operator} {a}"),
                }
            }
            _ => format!("{name} {operator} {a}"),
        }
    }

    fn predicate(&mut self, depth: usize) -> String {
        match self.random.below(6) {
            0 | 1 if depth > 0 => format!("({} AND {})", self.predicate(depth - 1), self.predicate(depth - 1)),
            2 if depth > 0 => format!("({} OR {})", self.predicate(depth - 1), self.predicate(depth - 1)),
            3 if depth > 0 => format!("NOT ({})", self.predicate(depth - 1)),
            _ => self.atom(),
        }
    }

    /// A question, and whether its rows have an order.
    fn question(&mut self) -> (String, bool) {
        let predicate = self.predicate(3);
        let filter = format!("FROM {} WHERE {predicate}", self.table);
        let (a, b) = (self.column(), self.column());
        let (x, y) = (self.name(a), self.name(b));
        let limit = self.random.below(20);
        match self.random.below(8) {
            0 => (format!("SELECT count(*), count({x}), min({x}), max({x}), count(DISTINCT {y}) {filter}"), true),
            1 if self.columns[a].is_number() => {
                (format!("SELECT {y}, count(*), sum({x}), avg({x}) {filter} GROUP BY {y}"), false)
            }
            2 => {
                (format!("SELECT {x}, {y}, count(*) {filter} GROUP BY {x}, {y} ORDER BY {x}, {y} LIMIT {limit}"), true)
            }
            3 => (format!("SELECT {x} {filter} ORDER BY {x} DESC NULLS LAST LIMIT {limit}"), true),
            4 => (format!("SELECT count(*) FROM (SELECT {x} {filter} LIMIT {limit})"), true),
            5 => (format!("SELECT DISTINCT {x} {filter}"), false),
            6 => {
                let few = format!("(SELECT DISTINCT {x} {filter} ORDER BY {x} LIMIT 5)");
                let join = format!("SELECT count(*), count(DISTINCT b.{y}), min(b.{y}), max(b.{y}) FROM {few} a");
                (format!("{join} JOIN {} b ON a.{x} = b.{x}", self.table), true)
            }
            _ => (format!("SELECT * {filter}"), false),
        }
    }
}

/// A value as SQL.
fn literal(text: &str, data_type: &DataType) -> Option<String> {
    let text = if text == "(empty)" { "" } else { text };
    match data_type {
        DataType::Utf8 => Some(format!("'{}'", text.replace('_', " ").replace('\'', "''"))),
        DataType::Timestamp(..) => Some(format!("'{text}'")),
        DataType::Boolean => Some(text.into()),
        _ if data_type.is_numeric() => Some(text.into()),
        _ => None,
    }
}
