//! Every function against DataFusion's own answer to the same query.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, DurationMillisecondArray, Float32Array, Float64Array,
    Int32Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray, UInt32Array,
};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, Schema};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::MemTable;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::collect;
use datafusion::prelude::SessionContext;

use super::pieces::{answers, random_case};
use crate::aggregate::accumulate::{Argument, Function, Piece, Run, Target};
use crate::testing::{Random, session};

const GROUPS: usize = 4;

fn table() -> RecordBatch {
    let mut random = Random::new(7);
    let len = 200;
    let mut numbers = || -> Vec<Option<i64>> {
        (0..len).map(|i| (!random.chance(20) && i % GROUPS != 3).then(|| random.below(2000) as i64 - 1000)).collect()
    };
    let (a, b, c) = (numbers(), numbers(), numbers());
    let floats = |of: &[Option<i64>]| of.iter().map(|v| v.map(|v| v as f64 / 8.0)).collect::<Float64Array>();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("g", Arc::new((0..len).map(|i| Some((i % GROUPS) as i64)).collect::<Int64Array>())),
        ("x", Arc::new(floats(&a))),
        ("y", Arc::new(floats(&b))),
        ("f", Arc::new(a.iter().map(|v| v.map(|v| v as f32 / 4.0)).collect::<Float32Array>())),
        ("i", Arc::new(c.iter().map(|v| v.map(|v| v as i32)).collect::<Int32Array>())),
        ("u", Arc::new(c.iter().map(|v| v.map(|v| v.unsigned_abs() as u32)).collect::<UInt32Array>())),
        ("l", Arc::new(b.iter().copied().collect::<Int64Array>())),
        ("d", Arc::new(c.iter().map(|v| v.map(i128::from)).collect::<Decimal128Array>())),
        ("s", Arc::new(a.iter().map(|v| v.map(|v| format!("text {v}"))).collect::<StringArray>())),
        ("o", Arc::new(b.iter().map(|v| v.map(|v| v > 0)).collect::<BooleanArray>())),
        ("t", Arc::new(c.iter().map(|v| v.map(|v| v * 1000)).collect::<TimestampSecondArray>())),
        ("e", Arc::new(c.iter().copied().collect::<DurationMillisecondArray>())),
        // Each value once, so that an order by it has no ties.
        ("k", Arc::new((0..len as i64).map(|i| Some((i * 7919) % 1009)).collect::<Int64Array>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn context() -> SessionContext {
    let batch = table();
    session(MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap(), &[])
}

/// The function of the only aggregate of a query, and the rows that go into it.
async fn plan(ctx: &SessionContext, sql: &str) -> (Arc<AggregateFunctionExpr>, RecordBatch) {
    let plan = ctx.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    let mut found = None;
    plan.apply(|node| {
        if let Some(aggregate) = node.downcast_ref::<AggregateExec>() {
            found = Some((Arc::clone(&aggregate.aggr_expr()[0]), Arc::clone(aggregate.input())));
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .unwrap();
    let (expr, input) = found.unwrap();
    let schema: Arc<Schema> = input.schema();
    let batches = collect(input, ctx.task_ctx()).await.unwrap();
    (expr, concat_batches(&schema, &batches).unwrap())
}

fn same(got: &ScalarValue, expected: &ScalarValue) -> bool {
    match (got, expected) {
        (ScalarValue::Float64(Some(got)), ScalarValue::Float64(Some(expected))) => {
            (got - expected).abs() <= 1e-9 * expected.abs().max(1.0) || (got.is_nan() && expected.is_nan())
        }
        _ => got == expected,
    }
}

async fn check(ctx: &SessionContext, call: &str) {
    let (expr, batch) = plan(ctx, &format!("SELECT g, {call} AS a FROM t GROUP BY g")).await;
    let function = Function::try_new(&expr).unwrap_or_else(|| panic!("{call} is not done on chunks"));
    let g = batch.column(batch.schema().index_of("g").unwrap()).as_primitive::<Int64Type>().values().to_vec();
    // A group that no row goes to.
    let groups = GROUPS + 1;
    let half = batch.num_rows() / 2;
    let mut states = (function.create(groups).unwrap(), function.create(groups).unwrap());
    for (states, (first, len)) in [(&mut states.0, (0, half)), (&mut states.1, (half, batch.num_rows() - half))] {
        let batch = batch.slice(first, len);
        let arrays: Vec<ArrayRef> = function
            .arguments()
            .iter()
            .map(|argument| argument.evaluate(&batch).unwrap().into_array(batch.num_rows()).unwrap())
            .collect();
        let arguments: Vec<Argument<'_>> = arrays.iter().map(Argument::Cells).collect();
        let offsets: Vec<u32> = g[first..first + len].iter().map(|g| *g as u32).collect();
        let runs = [Run { start: 0, len, to: Target::Map { base: 0, from: 0 } }];
        states.update(&Piece { len, runs: &runs, offsets: &offsets, mask: None }, &arguments).unwrap();
    }
    // States that nothing went to change nothing, and nothing is what they answer.
    let mut states =
        [function.create(groups).unwrap(), states.0, states.1, function.create(groups).unwrap()].into_iter();
    let mut all = states.next().unwrap();
    states.for_each(|states| all.merge(states).unwrap());
    let nothing = function.create(groups).unwrap().finish(0..1, &[0]).unwrap();
    let mut cells = vec![0; groups];
    g.iter().for_each(|g| cells[*g as usize] += 1);
    let answers = [all.finish(0..2, &cells[..2]).unwrap(), all.finish(2..groups, &cells[2..]).unwrap()];

    let sql = format!("SELECT {call} FROM t GROUP BY g ORDER BY g");
    let expected = ctx.sql(&sql).await.unwrap().collect().await.unwrap();
    let expected = concat_batches(&expected[0].schema(), &expected).unwrap();
    let sql = format!("SELECT {call} FROM t WHERE g < 0");
    let none = ctx.sql(&sql).await.unwrap().collect().await.unwrap();
    let of_none = ScalarValue::try_from_array(none[0].column(0), 0).unwrap();
    assert_eq!(ScalarValue::try_from_array(&nothing, 0).unwrap(), of_none, "{call} of nothing");
    for group in 0..groups {
        let (part, at) = if group < 2 { (0, group) } else { (1, group - 2) };
        let got = ScalarValue::try_from_array(&answers[part], at).unwrap();
        let expected = match group {
            GROUPS => of_none.clone(),
            _ => ScalarValue::try_from_array(expected.column(0), group).unwrap(),
        };
        assert!(same(&got, &expected), "{call} of group {group}: {got:?}, expected {expected:?}");
    }
    assert!(function.bytes_per_group() < 1000, "{call}");
}

#[tokio::test]
async fn every_function_answers_as_datafusion_does() {
    let ctx = context();
    for call in [
        "count(*)",
        "count(x)",
        "count(NULL)",
        "count(s, x)",
        "sum(x)",
        "sum(f)",
        "sum(i)",
        "sum(u)",
        "sum(l)",
        "sum(d)",
        "sum(e)",
        "sum(x * y + i)",
        "avg(x)",
        "avg(f)",
        "avg(i)",
        "avg(d)",
        "avg(e)",
        "mean(l)",
        "min(x)",
        "max(f)",
        "min(i)",
        "max(u)",
        "min(s)",
        "max(s)",
        "min(o)",
        "max(o)",
        "min(t)",
        "max(t)",
        "max(e)",
        "min(d)",
        "max(CAST(t AS DATE))",
        "stddev(x)",
        "stddev_samp(f)",
        "stddev_pop(i)",
        "var(x)",
        "var_samp(x)",
        "var_pop(x)",
        "var(d)",
        "stddev_pop(l)",
        "stddev(CAST(s IS NULL AS INT))",
        // A few values in a group, one, or none.
        "var_samp(CASE WHEN k < 30 THEN x END)",
        "var_pop(CASE WHEN k < 30 THEN x END)",
        "stddev(CASE WHEN k < 30 THEN f END)",
        "stddev_pop(CASE WHEN k < 30 THEN i END)",
        "var(CASE WHEN k < 500 THEN x ELSE CAST('NaN' AS DOUBLE) END)",
        "stddev_pop(CASE WHEN k < 990 THEN x ELSE CAST('Infinity' AS DOUBLE) END)",
        "var_pop(CASE WHEN k < 10 THEN CAST('-Infinity' AS DOUBLE) END)",
        "stddev(x + 1e8)",
        "bool_and(o)",
        "bool_or(o)",
        "bit_and(i)",
        "bit_or(l)",
        "bit_xor(u)",
        "corr(x, y)",
        "covar_samp(x, y)",
        "covar_pop(f, i)",
        "regr_slope(x, y)",
        "regr_intercept(x, y)",
        "regr_count(x, y)",
        "regr_r2(x, y)",
        "regr_avgx(x, y)",
        "regr_avgy(x, y)",
        "regr_sxx(x, y)",
        "regr_syy(x, y)",
        "regr_sxy(x, y)",
        "first_value(x ORDER BY k)",
        "first_value(x ORDER BY k DESC)",
        "first_value(x ORDER BY k) IGNORE NULLS",
        "last_value(s ORDER BY k)",
        "last_value(i ORDER BY k) IGNORE NULLS",
        "last_value(t ORDER BY l NULLS FIRST, k)",
        "first_value(o ORDER BY k)",
        "first_value(e ORDER BY k) IGNORE NULLS",
    ] {
        check(&ctx, call).await;
    }
}

#[tokio::test]
async fn functions_whose_answer_needs_all_rows_or_an_order_are_not_done_on_chunks() {
    let ctx = context();
    for call in [
        // Two of them: one alone becomes an aggregate of an aggregate.
        "count(DISTINCT x), count(DISTINCT y)",
        "sum(DISTINCT i), sum(DISTINCT l)",
        "median(x)",
        "approx_distinct(x)",
        "percentile_cont(x, 0.5)",
        "array_agg(x)",
        "string_agg(s, ',')",
        "first_value(x)",
        "last_value(x)",
        "nth_value(x, 2 ORDER BY k)",
        "max(arrow_cast(f, 'Float16'))",
    ] {
        let plan = ctx.sql(&format!("SELECT g, {call} FROM t GROUP BY g")).await.unwrap();
        let plan = plan.create_physical_plan().await.unwrap();
        plan.apply(|node| {
            for expr in node.downcast_ref::<AggregateExec>().map_or(&[][..], |aggregate| aggregate.aggr_expr()) {
                assert!(Function::try_new(expr).is_none(), "{call}: {expr:?}");
            }
            Ok(TreeNodeRecursion::Continue)
        })
        .unwrap();
    }
}

#[tokio::test]
async fn a_cast_that_the_states_do_themselves_is_taken_off() {
    let ctx = context();
    let argument = async |call: &str| {
        let (expr, batch) = plan(&ctx, &format!("SELECT {call} FROM t")).await;
        let function = Function::try_new(&expr).unwrap();
        function.arguments()[0].data_type(&batch.schema()).unwrap().to_string()
    };
    assert_eq!(argument("sum(f)").await, "Float32");
    assert_eq!(argument("avg(i)").await, "Int32");
    assert_eq!(argument("avg(CAST(x AS REAL))").await, "Float32");
    assert_eq!(argument("stddev(f)").await, "Float32");
    assert_eq!(argument("var_pop(i)").await, "Int32");
    assert_eq!(argument("covar_pop(f, f)").await, "Float64");
}

#[tokio::test]
async fn count_of_a_constant_counts_rows() {
    let ctx = context();
    for (call, rows) in
        [("count(*)", true), ("count(1)", true), ("count('x', 2)", true), ("count(x)", false), ("count(1, x)", false)]
    {
        let (expr, _) = plan(&ctx, &format!("SELECT g, {call} FROM t GROUP BY g")).await;
        assert_eq!(Function::try_new(&expr).unwrap().arguments().is_empty(), rows, "{call}");
    }
}

#[tokio::test]
async fn states_of_datafusion_take_runs_masks_and_slices_with_missing_cells() {
    let ctx = context();
    let (expr, _) = plan(&ctx, "SELECT corr(x, y) FROM t").await;
    let function = Function::try_new(&expr).unwrap();
    let mut states = function.create(3).unwrap();
    let x = [1.0, 9.0, 2.0, f64::NAN, 4.0, 100.0, 6.0, 8.0];
    let per_run: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), Some(3.0), None, Some(7.0)]));
    let mask = vec![true, true, true, true, true, false, true, true].into();
    let runs = [
        Run { start: 0, len: 1, to: Target::One(1) },
        // The cell at 1 is not selected.
        Run { start: 2, len: 2, to: Target::One(1) },
        Run { start: 4, len: 2, to: Target::Each(0) },
        Run { start: 6, len: 2, to: Target::Map { base: 1, from: 1 } },
    ];
    let piece = Piece { len: 8, runs: &runs, offsets: &[9, 0, 1], mask: Some(&mask) };
    states.update(&piece, &[Argument::Float64(&x), Argument::Runs(&per_run)]).unwrap();
    // Group 1 has (1, 1), (2, 3) and (6, 7), and a pair whose `x` is missing.
    let got = states.finish(0..3, &[1, 4, 1]).unwrap();
    let got = got.as_primitive::<Float64Type>();
    let (mean_x, mean_y) = (3.0, 11.0 / 3.0);
    let pairs = [(1.0, 1.0), (2.0, 3.0), (6.0, 7.0)];
    let of = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| f(x - mean_x, y - mean_y)).sum::<f64>();
    let expected = of(&|x, y| x * y) / (of(&|x, _| x * x) * of(&|_, y| y * y)).sqrt();
    assert!((got.value(1) - expected).abs() < 1e-12, "{} is not {expected}", got.value(1));
    assert!(got.is_null(0));
}

#[tokio::test]
async fn states_of_datafusion_hold_what_the_cells_of_random_pieces_give() {
    type Answer = fn(&[Vec<ScalarValue>]) -> ScalarValue;
    let functions: [(&str, &[DataType], Answer); 3] = [
        ("bit_xor(l)", &[DataType::Int64], |rows| {
            let values = rows.iter().filter_map(|row| i64::try_from(row[0].clone()).ok());
            ScalarValue::Int64(values.reduce(|bits, value| bits ^ value))
        }),
        ("bool_and(o)", &[DataType::Boolean], |rows| {
            let values = rows.iter().filter_map(|row| bool::try_from(row[0].clone()).ok());
            ScalarValue::Boolean(values.reduce(|all, value| all & value))
        }),
        ("regr_count(x, y)", &[DataType::Float64, DataType::Float64], |rows| {
            let pairs = rows.iter().filter(|row| row.iter().all(|value| !value.is_null()));
            ScalarValue::UInt64(Some(pairs.count() as u64))
        }),
    ];
    let ctx = context();
    for (call, types, expected) in functions {
        let (expr, _) = plan(&ctx, &format!("SELECT {call} FROM t")).await;
        let function = Function::try_new(&expr).unwrap();
        for seed in 0..60 {
            let mut random = Random::new(seed);
            let case = random_case(&mut random, types);
            let got = answers(&mut random, &case, &|groups| function.create(groups).unwrap());
            for group in 0..case.groups {
                let got = ScalarValue::try_from_array(&got, group).unwrap();
                assert_eq!(got, expected(&case.rows[group]), "{call}, seed {seed}, group {group}");
            }
        }
    }
}
