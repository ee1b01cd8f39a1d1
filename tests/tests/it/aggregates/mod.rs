//! Random aggregates over random datasets: on chunks and by rows the answers are the same, and on chunks they have the
//! same bits at any number of partitions.
//!
//! `HYPERSLAB_DATASETS` asks for more datasets, `HYPERSLAB_SEED` for others: a difference is shown with the seed of its
//! dataset, and `HYPERSLAB_SEED=17 HYPERSLAB_DATASETS=1` asks the same again.

mod aggregate;
mod compare;
mod dataset;
mod questions;
mod source;
mod values;

use hyperslab::Context;
use hyperslab::datafusion::error::Result;
use hyperslab::datafusion::logical_expr::LogicalPlan;
use hyperslab::datafusion::physical_plan::{collect, displayable};

use self::compare::Rows;
use self::questions::{Asker, Question};
use crate::random::Random;

/// Questions about each dataset.
const QUESTIONS: usize = 40;

/// Partitions, and rows of a batch.
const PARTITIONS: [(&str, &str); 4] = [("1", "8192"), ("2", "7"), ("3", "100"), ("16", "8192")];

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// What became of some questions.
#[derive(Debug, Default)]
struct Outcome {
    asked: usize,
    failed: usize,
    on_chunks: usize,
    differences: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn aggregates_on_chunks_and_by_rows_are_the_same() {
    let (first, count) = (number("HYPERSLAB_SEED", 1), number("HYPERSLAB_DATASETS", 55));
    let mut runs = tokio::task::JoinSet::new();
    for seed in first..first + count {
        runs.spawn(ask_about(seed));
    }
    let mut all = Outcome::default();
    for outcome in runs.join_all().await {
        all.asked += outcome.asked;
        all.failed += outcome.failed;
        all.on_chunks += outcome.on_chunks;
        all.differences.extend(outcome.differences);
    }
    let differences = all.differences.len();
    assert!(
        differences == 0,
        "{differences} differences in {} questions:\n{}",
        all.asked,
        all.differences.join("\n\n")
    );
    assert!(all.on_chunks * 2 >= all.asked, "{} of {} questions are answered on chunks", all.on_chunks, all.asked);
    assert!(all.failed * 20 < all.asked, "{} of {} questions are errors", all.failed, all.asked);
}

/// Asks about the dataset of a seed.
async fn ask_about(seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut made = dataset::make(&mut random).await.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let by_rows = context(&[("hyperslab.planner.chunk_aggregate", "false"), (TARGET, "2")]);
    by_rows.register_dataset("d", made.dataset.clone()).unwrap();
    made.learn(&by_rows.sql("SELECT * FROM d").await.unwrap().schema());
    let on_chunks = PARTITIONS.map(|(partitions, batch)| context(&[(TARGET, partitions), (BATCH, batch)]));
    let mut outcome = Outcome::default();
    for n in 0..QUESTIONS {
        let question = Asker { columns: &made.columns, rank: made.rank, random: &mut random }.question();
        outcome.asked += 1;
        let difference = ask(&question, &by_rows, &on_chunks, &mut outcome).await;
        let shown = |d| format!("seed {seed}, question {n}: {d}\n{}\n  {}", made.words, question.sql);
        outcome.differences.extend(difference.map(shown));
    }
    outcome
}

/// Asks in every way, and says what is different.
async fn ask(question: &Question, by_rows: &Context, on_chunks: &[Context], outcome: &mut Outcome) -> Option<String> {
    let plan = match optimized(by_rows, question).await {
        Ok(plan) => plan,
        Err(_) => {
            outcome.failed += 1;
            return None;
        }
    };
    let expected = answer(by_rows, &plan).await;
    outcome.failed += usize::from(expected.is_err());
    let mut bits: Option<Vec<String>> = None;
    for (context, (partitions, _)) in on_chunks.iter().zip(PARTITIONS) {
        let found = answer(context, &plan).await;
        let problem = match (&found, &expected) {
            (Ok(found), Ok(expected)) => {
                if !found.rows.is_near(&expected.rows, &question.checks, question.is_ordered) {
                    Some("another answer than by rows")
                } else if found.is_on_chunks && question.is_exact {
                    let own = found.rows.bits();
                    outcome.on_chunks += usize::from(bits.is_none());
                    (bits.get_or_insert_with(|| own.clone()) != &own).then_some("other bits than in one partition")
                } else {
                    None
                }
            }
            (Err(_), Err(_)) => None,
            _ => Some("an error in one way alone"),
        };
        if let Some(problem) = problem {
            let shown = |a: &Result<Answer, String>| a.as_ref().map_or_else(Clone::clone, |a| a.rows.shown());
            let (found, expected) = (shown(&found), shown(&expected));
            return Some(format!("{problem}, {partitions} partitions\n  on chunks: {found}\n  by rows: {expected}"));
        }
        if !found.is_ok_and(|f| f.uses_chunks) {
            break;
        }
    }
    None
}

const TARGET: &str = "datafusion.execution.target_partitions";
const BATCH: &str = "datafusion.execution.batch_size";

fn context(options: &[(&str, &str)]) -> Context {
    options.iter().fold(Context::builder(), |b, (name, value)| b.option(*name, *value)).build().unwrap()
}

/// The answer to a question.
struct Answer {
    rows: Rows,
    /// Whether a part of the plan aggregates on chunks.
    uses_chunks: bool,
    /// Whether it aggregates nowhere else.
    is_on_chunks: bool,
}

/// The logical plan, which is the same in every way.
async fn optimized(context: &Context, question: &Question) -> Result<LogicalPlan> {
    let result = context.sql(&question.sql).await?;
    let Some(plan) = result.logical_plan() else { panic!("no plan: {}", question.sql) };
    context.session().state().optimize(plan)
}

async fn answer(context: &Context, plan: &LogicalPlan) -> Result<Answer, String> {
    run(context, plan).await.map_err(|e| e.to_string().lines().take(3).collect::<Vec<_>>().join(" "))
}

async fn run(context: &Context, plan: &LogicalPlan) -> Result<Answer> {
    let state = context.session().state();
    let plan = state.query_planner().create_physical_plan(plan, &state).await?;
    let text = displayable(plan.as_ref()).indent(false).to_string();
    let uses_chunks = text.contains("ArrayAggregateExec");
    let is_on_chunks = uses_chunks && !text.replace("ArrayAggregateExec", "").contains("AggregateExec");
    let types = plan.schema().fields().iter().map(|f| f.data_type().clone()).collect();
    let batches = collect(plan, context.session().task_ctx()).await?;
    Ok(Answer { rows: Rows::new(types, &batches), uses_chunks, is_on_chunks })
}
