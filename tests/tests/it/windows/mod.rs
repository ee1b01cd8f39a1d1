//! Random windows over random datasets: on arrays and by rows the answers are the same, and on arrays they have the same
//! bits at any number of partitions.

mod function;
mod over;
mod questions;

use self::questions::Windows;
use crate::generated::dataset::{self, HUNDREDS};
use crate::generated::{Operator, Outcome, Ways, ask_all};
use crate::random::Random;

/// Questions about each dataset.
const QUESTIONS: usize = 25;

const OPERATORS: [Operator; 3] = [
    Operator { shown: "ArrayAggregateExec", least: 5 },
    Operator { shown: "lookup of [", least: 20 },
    Operator { shown: "slide of [", least: 10 },
];

/// What makes windows fast, and what is asked above them.
const SWITCHES: [&str; 3] =
    ["hyperslab.planner.chunk_aggregate", "hyperslab.planner.chunk_window", "hyperslab.planner.chunk_lookup"];

#[tokio::test(flavor = "multi_thread")]
async fn windows_on_arrays_and_by_rows_are_the_same() {
    ask_all(42, ask_about).await.check(&OPERATORS, 6);
}

/// Asks about the dataset of a seed.
async fn ask_about(seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut made = dataset::make(&mut random, &HUNDREDS).await.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let ways = Ways::new(&SWITCHES, &OPERATORS);
    for context in ways.all() {
        context.register_dataset("d", made.dataset.clone()).unwrap();
    }
    made.learn(&ways.by_rows().sql("SELECT * FROM d").await.unwrap().schema());
    let mut outcome = Outcome::default();
    for n in 0..QUESTIONS {
        let question = Windows { columns: made.columns.clone(), rank: made.rank, random: &mut random }.question();
        let difference = ways.ask(&question, &mut outcome).await;
        let shown = |d| format!("seed {seed}, question {n}: {d}\n{}\n  {}", made.words, question.sql);
        outcome.differences.extend(difference.map(shown));
    }
    outcome
}
