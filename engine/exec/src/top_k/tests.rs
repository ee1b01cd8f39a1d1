//! First rows of random datasets and of chosen ones, against the rows themselves, sorted.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::prelude::SessionContext;
use hyperslab_array::{ChunkGrid, Values};

use super::ArrayTopKExec;
use crate::testing::{Fault, Log, Maker, Random, naive_table, random_dataset, rows, session, table_of};

#[derive(Debug)]
struct Rule;

impl PhysicalOptimizerRule for Rule {
    fn name(&self) -> &str {
        "top_k"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_down(|node| {
            Ok(match node.downcast_ref::<SortExec>().map(ArrayTopKExec::over).transpose()?.flatten() {
                Some(top) => Transformed::yes(Arc::new(top) as _),
                None => Transformed::no(node),
            })
        })
        .data()
    }
}

fn on_chunks(table: impl TableProvider + 'static, settings: &[(&str, &str)]) -> SessionContext {
    let ctx = session(table, settings);
    let mut builder = SessionStateBuilder::new_from_existing(ctx.state());
    builder.physical_optimizers().get_or_insert_default().rules.insert(1, Arc::new(Rule));
    SessionContext::new_with_state(builder.build())
}

#[tokio::test]
async fn the_first_rows_of_random_datasets_are_those_of_the_sorted_rows() {
    let mut applied = 0;
    for seed in 0..30 {
        let sample = random_dataset(seed).await;
        let mut random = Random::new(seed + 5_000_000);
        let table = table_of(&sample);
        let names: Vec<String> = table.schema().fields().iter().map(|f| f.name().clone()).collect();
        let naive = session(naive_table(&sample), &[]);
        for _ in 0..3 {
            let direction =
                |random: &mut Random| random.pick(&["", "DESC", "NULLS FIRST", "DESC NULLS LAST"]).to_string();
            let mut order = format!("v0 {}", direction(&mut random));
            for name in names.iter().filter(|n| !n.starts_with('v') && *n != "curved") {
                if random.chance(25) {
                    order = format!("{order}, {name} {}", direction(&mut random));
                }
            }
            let chosen: Vec<&str> = names.iter().filter(|_| random.chance(50)).map(String::as_str).collect();
            let columns = if chosen.is_empty() { "v0".to_string() } else { chosen.join(", ") };
            let label = names[0].clone();
            let condition = if random.chance(30) { format!("WHERE {label} IS NOT NULL") } else { String::new() };
            let limit = 1 + random.below(12);
            // What is equal stays in C order.
            let expected = format!(
                "SELECT {columns} FROM (SELECT *, row_number() OVER () AS place FROM t) {condition}
                 ORDER BY {order}, place LIMIT {limit}"
            );
            let expected = rows(&naive, &expected).await.unwrap();
            let sql = format!("SELECT {columns} FROM t {condition} ORDER BY {order} LIMIT {limit}");
            for partitions in ["1", "2", "3", "16"] {
                let settings = [
                    ("datafusion.execution.target_partitions", partitions),
                    ("datafusion.execution.batch_size", *random.pick(&["1", "3", "8192"])),
                    ("hyperslab.scan.prefetch_chunks", *random.pick(&["0", "1", "16"])),
                ];
                let ctx = on_chunks(table.clone(), &settings);
                let plan = rows(&ctx, &format!("EXPLAIN {sql}")).await.unwrap().join("\n");
                if !plan.contains("ArrayTopKExec") {
                    continue;
                }
                applied += 1;
                let got = rows(&ctx, &sql).await.unwrap();
                assert_eq!(got, expected, "seed {seed}, {partitions} partitions: {sql}\n{plan}");
            }
        }
    }
    assert!(applied > 100, "{applied}");
}

async fn grid(log: &Arc<Log>) -> crate::testing::Sample {
    let mut maker = Maker::new();
    maker.size("y", 6).size("x", 8);
    maker.add("y", &["y"], Values::Int64((0..6).map(|i| 10 * i).collect()), ChunkGrid::regular(&[6], &[6]).unwrap());
    let a = (0..48).map(|i| if i % 10 == 3 { f32::NAN } else { ((i * 7) % 48) as f32 }).collect();
    maker.add_recorded("a", &["y", "x"], Values::Float32(a), &[2, 4], log, Fault::None);
    let b = (0..48).map(|i| i % 4).collect();
    maker.add_recorded("b", &["y", "x"], Values::Int16(b), &[3, 8], log, Fault::None);
    maker.make().await
}

#[tokio::test]
async fn other_variables_are_read_where_the_answer_is() {
    let log = Arc::new(Log::default());
    let ctx = on_chunks(table_of(&grid(&log).await), &[]);
    log.take();
    let got = rows(&ctx, "SELECT y, b, a AS best FROM t ORDER BY best DESC NULLS LAST LIMIT 2").await.unwrap();
    assert_eq!(got, ["50|1|47.0", "40|2|46.0"]);
    let reads = log.take();
    assert_eq!(reads.iter().filter(|r| r.starts_with("a ")).count(), 6, "{reads:?}");
    assert_eq!(reads.iter().filter(|r| r.starts_with("b ")).count(), 1, "{reads:?}");
}

#[tokio::test]
async fn as_many_nulls_as_are_wanted_end_the_search() {
    let log = Arc::new(Log::default());
    let ctx = on_chunks(table_of(&grid(&log).await), &[("hyperslab.scan.prefetch_chunks", "0")]);
    log.take();
    assert_eq!(rows(&ctx, "SELECT y, x, a FROM t ORDER BY a DESC LIMIT 2").await.unwrap(), ["0|3|NULL", "10|5|NULL"]);
    assert_eq!(log.take(), ["a 0/0", "a 0/1"]);
}

#[tokio::test]
async fn the_plan_says_what_is_searched_and_others_are_sorted_as_before() {
    let log = Arc::new(Log::default());
    let ctx = on_chunks(table_of(&grid(&log).await), &[]);
    let plan =
        rows(&ctx, "EXPLAIN SELECT y, a FROM t WHERE y > 15 ORDER BY a, y DESC LIMIT 3").await.unwrap().join("\n");
    let expected = "ArrayTopKExec: table=pop.y_x, y=[2..6) of 6, x=all 8, chunks=4 of 6, first=3, \
                    order=[a@1 ASC NULLS LAST, y@0 DESC], projection=[y, a]";
    assert!(plan.contains(expected), "{plan}");
    for sql in [
        "SELECT a FROM t ORDER BY a",
        "SELECT a FROM t ORDER BY y, a LIMIT 3",
        "SELECT a FROM t ORDER BY a + 1 LIMIT 3",
        "SELECT a FROM t ORDER BY a, b LIMIT 3",
        "SELECT a FROM t WHERE a > 5 ORDER BY a LIMIT 3",
        "SELECT a FROM t ORDER BY a LIMIT 20000",
    ] {
        let plan = rows(&ctx, &format!("EXPLAIN {sql}")).await.unwrap().join("\n");
        assert!(!plan.contains("ArrayTopKExec"), "{sql}\n{plan}");
    }
}
