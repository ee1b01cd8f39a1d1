//! Random aggregates over random datasets: on chunks and by rows the answers are the same, and on chunks they have the
//! same bits at any number of partitions.

mod questions;

use crate::generated::dataset::{self, THOUSAND};
use crate::generated::{Asker, Operator, Outcome, Ways, ask_all};
use crate::random::Random;

/// Questions about each dataset.
const QUESTIONS: usize = 40;

const OPERATORS: [Operator; 1] = [Operator { shown: "ArrayAggregateExec", least: 50 }];

#[tokio::test(flavor = "multi_thread")]
async fn aggregates_on_chunks_and_by_rows_are_the_same() {
    let all = ask_all(55, ask_about).await;
    all.check(&OPERATORS, 5);
    assert!(all.on_arrays * 2 >= all.asked, "{} of {} questions are answered on chunks", all.on_arrays, all.asked);
}

/// Asks about the dataset of a seed.
async fn ask_about(seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut made = dataset::make(&mut random, &THOUSAND).await.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let ways = Ways::new(&["hyperslab.planner.chunk_aggregate"], &OPERATORS);
    ways.by_rows().register_dataset("d", made.dataset.clone()).unwrap();
    made.learn(&ways.by_rows().sql("SELECT * FROM d").await.unwrap().schema());
    for context in ways.all().skip(1) {
        context.register_dataset("d", made.dataset.clone()).unwrap();
    }
    let mut outcome = Outcome::default();
    for n in 0..QUESTIONS {
        let question = Asker { columns: &made.columns, rank: made.rank, random: &mut random }.question();
        let difference = ways.ask(&question, &mut outcome).await;
        let shown = |d| format!("seed {seed}, question {n}: {d}\n{}\n  {}", made.words, question.sql);
        outcome.differences.extend(difference.map(shown));
    }
    outcome
}
