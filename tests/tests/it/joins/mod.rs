//! Random joins of two random datasets, and of one with points, boxes and tables: on arrays and by rows the answers are
//! the same, and on arrays they have the same bits at any number of partitions.

mod broadcast;
mod grids;
mod questions;
mod second;
mod tables;

use hyperslab::datafusion::arrow::array::RecordBatch;

use self::questions::Joins;
use crate::generated::dataset::{self, HUNDREDS};
use crate::generated::{Operator, Outcome, Ways, ask_all};
use crate::random::Random;

/// Questions about each pair of datasets.
const QUESTIONS: usize = 25;

const OPERATORS: [Operator; 5] = [
    Operator { shown: "ArrayAggregateExec", least: 2 },
    Operator { shown: "derived=[", least: 30 },
    Operator { shown: "lookup of rows by [", least: 15 },
    Operator { shown: "ArrayGatherExec", least: 7 },
    Operator { shown: "ArrayRegionAggregateExec", least: 3 },
];

/// What makes joins fast, and what is asked above and below them.
const SWITCHES: [&str; 6] = [
    "hyperslab.planner.chunk_aggregate",
    "hyperslab.planner.chunk_window",
    "hyperslab.planner.chunk_join",
    "hyperslab.planner.chunk_lookup",
    "hyperslab.planner.chunk_gather",
    "hyperslab.planner.chunk_regions",
];

#[tokio::test(flavor = "multi_thread")]
async fn joins_on_arrays_and_by_rows_are_the_same() {
    ask_all(42, ask_about).await.check(&OPERATORS, 5);
}

/// Asks about the datasets of a seed.
async fn ask_about(seed: u64) -> Outcome {
    let mut random = Random::new(seed.wrapping_add(1_000_000));
    let mut first = dataset::make(&mut random, &HUNDREDS).await.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let mut second = second::make(&first, &mut random).await.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let ways = Ways::new(&SWITCHES, &OPERATORS);
    for context in ways.all() {
        context.register_dataset("d", first.dataset.clone()).unwrap();
        context.register_dataset("e", second.dataset.clone()).unwrap();
    }
    first.learn(&ways.by_rows().sql("SELECT * FROM d").await.unwrap().schema());
    second.learn(&ways.by_rows().sql("SELECT * FROM e").await.unwrap().schema());
    let (points, boxes) = tables::make(&first, ways.by_rows(), &mut random).await;
    let shown = |batches: &[RecordBatch]| {
        hyperslab::datafusion::arrow::util::pretty::pretty_format_batches(batches)
            .map_or(String::new(), |t| t.to_string())
    };
    let words = format!("{}\ne {}\np\n{}\nr\n{}", first.words, second.words, shown(&points), shown(&boxes));
    for context in ways.all() {
        tables::register(context, "p", &points);
        tables::register(context, "r", &boxes);
    }
    let mut outcome = Outcome::default();
    for n in 0..QUESTIONS {
        let question = Joins { first: &first, second: &second, random: &mut random }.question();
        let difference = ways.ask(&question, &mut outcome).await;
        let shown = |d| format!("seed {seed}, question {n}: {d}\n{words}\n  {}", question.sql);
        outcome.differences.extend(difference.map(shown));
    }
    outcome
}
