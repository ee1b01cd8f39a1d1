//! The ways in which a question is asked: once by rows, and on arrays with several numbers of partitions.

// A test tells how many plans had which operator.
#![allow(clippy::print_stdout)]

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use hyperslab::Context;
use hyperslab::datafusion::error::Result;
use hyperslab::datafusion::logical_expr::LogicalPlan;
use hyperslab::datafusion::physical_plan::{collect, displayable};

use super::asker::Question;
use super::compare::Rows;

/// Partitions, and rows of a batch.
const PARTITIONS: [(&str, &str); 4] = [("1", "8192"), ("2", "7"), ("3", "100"), ("16", "8192")];
const TARGET: &str = "datafusion.execution.target_partitions";
const BATCH: &str = "datafusion.execution.batch_size";

/// An operator on arrays.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    /// What a plan shows of it.
    pub shown: &'static str,
    /// In how many plans of a hundred it must be at least.
    pub least: usize,
}

/// What became of some questions.
#[derive(Debug, Default)]
pub struct Outcome {
    pub asked: usize,
    pub failed: usize,
    /// How many answers have rows.
    pub with_rows: usize,
    /// How many plans have nothing but operators on arrays where rows could be added up.
    pub on_arrays: usize,
    /// How many plans have each operator.
    pub with: Vec<usize>,
    pub differences: Vec<String>,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.failed += other.failed;
        self.with_rows += other.with_rows;
        self.on_arrays += other.on_arrays;
        self.with.resize(self.with.len().max(other.with.len()), 0);
        self.with.iter_mut().zip(other.with).for_each(|(own, other)| *own += other);
        self.differences.extend(other.differences);
    }

    /// Fails where answers differ, an operator is rare, or too many questions, in hundredths, are errors.
    pub fn check(&self, operators: &[Operator], most_failed: usize) {
        let (asked, differences) = (self.asked, self.differences.len());
        assert!(differences == 0, "{differences} differences in {asked} questions:\n{}", self.differences.join("\n\n"));
        let Self { failed, with_rows, on_arrays, .. } = self;
        println!("{asked} questions, {with_rows} answers with rows, {failed} errors, {on_arrays} on arrays alone");
        assert!(with_rows * 2 >= asked, "{with_rows} of {asked} answers have rows");
        for (operator, count) in operators.iter().zip(&self.with) {
            println!("{count} plans with {}", operator.shown);
            let is_common = *count * 100 >= operator.least * asked;
            assert!(is_common, "{count} of {asked} plans have `{}`, expected {} %", operator.shown, operator.least);
        }
        assert!(self.failed * 100 <= most_failed * asked, "{} of {asked} questions are errors", self.failed);
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// Asks about `datasets` datasets, each made from a seed.
pub async fn ask_all<F>(datasets: u64, ask_about: impl Fn(u64) -> F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let (first, count) = (number("HYPERSLAB_SEED", 1), number("HYPERSLAB_DATASETS", datasets));
    let mut runs = tokio::task::JoinSet::new();
    for seed in first..first + count {
        runs.spawn(ask_about(seed));
    }
    let mut all = Outcome::default();
    runs.join_all().await.into_iter().for_each(|outcome| all.add(outcome));
    all
}

/// Sessions that answer the same questions.
pub struct Ways {
    by_rows: Context,
    on_arrays: Vec<Context>,
    operators: &'static [Operator],
}

impl Ways {
    /// `off` are the switches of what is asked about; one that this build does not have is passed over.
    pub fn new(off: &[&str], operators: &'static [Operator]) -> Self {
        let known = context(&[]).session().copied_config().options().entries();
        let mut by_rows = vec![(TARGET, "2")];
        by_rows.extend(off.iter().filter(|o| known.iter().any(|k| k.key == **o)).map(|o| (*o, "false")));
        let on_arrays = PARTITIONS.map(|(partitions, batch)| context(&[(TARGET, partitions), (BATCH, batch)]));
        Self { by_rows: context(&by_rows), on_arrays: on_arrays.into(), operators }
    }

    /// The session that makes rows.
    pub fn by_rows(&self) -> &Context {
        &self.by_rows
    }

    /// Every session.
    pub fn all(&self) -> impl Iterator<Item = &Context> {
        [&self.by_rows].into_iter().chain(&self.on_arrays)
    }

    /// Asks in every way, and says what is different.
    pub async fn ask(&self, question: &Question, outcome: &mut Outcome) -> Option<String> {
        outcome.asked += 1;
        outcome.with.resize(self.operators.len(), 0);
        let plan = match optimized(&self.by_rows, question).await {
            Ok(plan) => plan,
            Err(e) => {
                refused(question, &e.to_string());
                outcome.failed += 1;
                return None;
            }
        };
        let expected = answer(&self.by_rows, &plan).await;
        if let Err(e) = &expected {
            refused(question, e);
            outcome.failed += 1;
        }
        outcome.with_rows += usize::from(expected.as_ref().is_ok_and(|e| !e.rows.is_empty()));
        let mut bits: Option<Vec<String>> = None;
        for (n, (context, (partitions, _))) in self.on_arrays.iter().zip(PARTITIONS).enumerate() {
            let found = answer(context, &plan).await;
            if let (0, Ok(found)) = (n, &found) {
                for (count, operator) in outcome.with.iter_mut().zip(self.operators) {
                    *count += usize::from(found.text.contains(operator.shown));
                }
            }
            let problem = match (&found, &expected) {
                (Ok(found), Ok(expected)) => {
                    if !found.rows.is_near(&expected.rows, &question.checks, question.is_ordered) {
                        Some("another answer than by rows")
                    } else if question.is_exact && self.is_on_arrays(found) {
                        let own = found.rows.bits();
                        outcome.on_arrays += usize::from(bits.is_none());
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
                let plan = |a: &Result<Answer, String>| a.as_ref().map_or(String::new(), |a| a.text.clone());
                let (plan, plan_by_rows) = (plan(&found), plan(&expected));
                let (found, expected) = (shown(&found), shown(&expected));
                return Some(format!(
                    "{problem}, {partitions} partitions\n  on arrays: {found}\n  by rows: {expected}\n{plan}{plan_by_rows}"
                ));
            }
            // By rows, other partitions show faults of DataFusion alone.
            if !found.is_ok_and(|f| self.operators.iter().any(|o| f.text.contains(o.shown))) {
                break;
            }
        }
        None
    }

    /// Whether an operator on arrays is in the plan, and none that adds up rows in the order in which they come.
    fn is_on_arrays(&self, answer: &Answer) -> bool {
        let others = answer.text.replace("ArrayAggregateExec", "").replace("ArrayRegionAggregateExec", "");
        self.operators.iter().any(|o| answer.text.contains(o.shown))
            && !["AggregateExec", "WindowAggExec"].iter().any(|o| others.contains(o))
    }
}

/// Shows what is an error by rows, where somebody wants to know.
fn refused(question: &Question, error: &str) {
    if std::env::var_os("HYPERSLAB_ERRORS").is_some() {
        println!("{}\n  {}", error.lines().next().unwrap_or_default(), question.sql);
    }
}

fn context(options: &[(&str, &str)]) -> Context {
    options.iter().fold(Context::builder(), |b, (name, value)| b.option(*name, *value)).build().unwrap()
}

/// The answer to a question.
struct Answer {
    rows: Rows,
    /// The plan.
    text: String,
}

async fn optimized(context: &Context, question: &Question) -> Result<LogicalPlan> {
    let result = context.sql(&question.sql).await?;
    let Some(plan) = result.logical_plan() else { panic!("no plan: {}", question.sql) };
    context.session().state().optimize(plan)
}

async fn answer(context: &Context, plan: &LogicalPlan) -> Result<Answer, String> {
    // DataFusion 55 asserts, in debug builds, that windows of one sort have the same keys; its own optimizer may have
    // replaced a part of the key in one of them.
    let run = AssertUnwindSafe(run(context, plan)).catch_unwind().await;
    run.map_err(|_| "panic".to_string())?.map_err(|e| e.to_string().lines().take(3).collect::<Vec<_>>().join(" "))
}

async fn run(context: &Context, plan: &LogicalPlan) -> Result<Answer> {
    let state = context.session().state();
    let plan = state.query_planner().create_physical_plan(plan, &state).await?;
    let text = displayable(plan.as_ref()).indent(false).to_string();
    let types = plan.schema().fields().iter().map(|f| f.data_type().clone()).collect();
    let batches = collect(plan, context.session().task_ctx()).await?;
    Ok(Answer { rows: Rows::new(types, &batches), text })
}
