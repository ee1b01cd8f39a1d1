//! The aggregate functions against the same answers written with DataFusion's own, grouped and whole, in one partition
//! and in several, with states that are merged and with rows that become states one by one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt8Array,
};
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::aggregates;
use crate::testing::{Random, rows, sorted_rows};

/// Rows `g, f, d, n, s, t, b, w` with NULLs, NaN and many ties.
fn batch(random: &mut Random, count: usize) -> RecordBatch {
    let mut maybe = |n: u64| (!random.chance(20)).then(|| random.below(n));
    macro_rules! column {
        ($n:expr, $make:expr) => {
            (0..count).map(|_| maybe($n).map($make)).collect()
        };
    }
    let group: Int64Array = column!(4, |v| v as i64);
    let single: Float32Array = column!(5, |v| if v == 4 { f32::NAN } else { v as f32 / 2.0 });
    let double: Float64Array = column!(7, |v| if v == 6 { f64::NAN } else { v as f64 - 3.0 });
    let whole: UInt8Array = column!(3, |v| v as u8);
    let text: Vec<Option<String>> = column!(5, |v| format!("s{v}"));
    let time: TimestampMicrosecondArray = column!(4, |v| v as i64 * 1_000_000);
    let truth: BooleanArray = column!(2, |v| v == 1);
    let weight: Float64Array = column!(4, |v| v as f64 * 0.25);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("g", Arc::new(group)),
        ("f", Arc::new(single)),
        ("d", Arc::new(double)),
        ("n", Arc::new(whole)),
        ("s", Arc::new(StringArray::from(text))),
        ("t", Arc::new(time)),
        ("b", Arc::new(truth)),
        ("w", Arc::new(weight)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()
}

fn sessions(random: &mut Random) -> Vec<SessionContext> {
    let parts: Vec<Vec<RecordBatch>> = (0..3).map(|_| vec![batch(random, 17), batch(random, 5)]).collect();
    [("1", "100000"), ("4", "100000"), ("4", "1")]
        .into_iter()
        .map(|(partitions, probe)| {
            let mut config = SessionConfig::new().with_batch_size(7);
            for (key, value) in [
                ("datafusion.execution.target_partitions", partitions),
                ("datafusion.execution.skip_partial_aggregation_probe_rows_threshold", probe),
                ("datafusion.execution.skip_partial_aggregation_probe_ratio_threshold", "0.0"),
            ] {
                config.options_mut().set(key, value).unwrap();
            }
            let ctx = SessionContext::new_with_config(config);
            let table = MemTable::try_new(parts[0][0].schema(), parts.clone()).unwrap();
            ctx.register_table("t", Arc::new(table)).unwrap();
            for udf in aggregates() {
                ctx.register_udaf(udf.as_ref().clone());
            }
            ctx
        })
        .collect()
}

#[tokio::test]
async fn the_best_row_is_the_first_in_the_order_of_by_and_x() {
    let mut random = Random::new(7);
    for ctx in sessions(&mut random) {
        let names = ["f", "d", "n", "s", "t", "b"];
        for (i, by) in names.into_iter().enumerate() {
            let there = if "fd".contains(by) { format!("NOT isnan({by})") } else { format!("{by} IS NOT NULL") };
            for x in [by, names[(i + 1) % 6], names[(i + 4) % 6]] {
                for (filter, group) in [("true", ""), ("b", ""), ("true", "GROUP BY g"), ("n > 0", "GROUP BY g, s")] {
                    let key = if group.is_empty() { "1" } else { "g" };
                    let sql = format!(
                        "SELECT {key}, arg_max({x}, {by}) FILTER (WHERE {filter}), \
                         arg_min({x}, {by}) FILTER (WHERE {filter}) FROM t {group}"
                    );
                    // DataFusion 55 fails where an order names a column twice.
                    let tie = if x == by { String::new() } else { format!(", {x} ASC NULLS LAST") };
                    let ordered = |order| {
                        format!("first_value({x} ORDER BY {by} {order}{tie}) FILTER (WHERE {there} AND {filter})")
                    };
                    let expected = format!("SELECT {key}, {}, {} FROM t {group}", ordered("DESC"), ordered("ASC"));
                    let found = sorted_rows(&ctx, &sql).await.unwrap();
                    assert_eq!(found, sorted_rows(&ctx, &expected).await.unwrap(), "{sql}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_weighted_mean_is_the_sum_of_the_products_over_the_sum_of_the_weights() {
    let mut random = Random::new(8);
    for ctx in sessions(&mut random) {
        for (x, w) in [("n", "w"), ("n + 0.5", "n"), ("0 - n", "CAST(w AS REAL)"), ("w", "w - 0.25"), ("n", "0")] {
            for (filter, group) in [("true", ""), ("false", ""), ("true", "GROUP BY g"), ("n > 0", "GROUP BY g, s")] {
                let key = if group.is_empty() { "1" } else { "g" };
                let sql = format!("SELECT {key}, weighted_avg({x}, {w}) FILTER (WHERE {filter}) FROM t {group}");
                let (x, w) = (format!("CAST({x} AS DOUBLE)"), format!("CAST({w} AS DOUBLE)"));
                let both = format!("FILTER (WHERE {x} IS NOT NULL AND {w} IS NOT NULL AND {filter})");
                // Sums of quarters and halves are exact, in any order.
                let expected =
                    format!("SELECT {key}, sum({x} * {w}) {both} / nullif(sum({w}) {both}, 0.0) FROM t {group}");
                let found = sorted_rows(&ctx, &sql).await.unwrap();
                assert_eq!(found, sorted_rows(&ctx, &expected).await.unwrap(), "{sql}");
            }
        }
    }
}

#[tokio::test]
async fn a_weighted_mean_slides_along_a_window() {
    let ctx = sessions(&mut Random::new(9)).remove(0);
    let sql = "SELECT i, weighted_avg(x, w) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) \
               FROM (VALUES (1, 4, 1), (2, 8, 3), (3, NULL, 1), (4, NULL, 2), (5, 2, 2)) AS v(i, x, w) ORDER BY i";
    assert_eq!(rows(&ctx, sql).await.unwrap(), ["1|4.0", "2|7.0", "3|8.0", "4|NULL", "5|2.0"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_one_line() {
    let ctx = sessions(&mut Random::new(10)).remove(0);
    for (call, expected) in [
        ("weighted_avg(n)", "weighted_avg expected two arguments, got 1"),
        ("weighted_avg(s, n)", "weighted_avg expected numbers, got a value of type `Utf8`"),
        ("weighted_avg(DISTINCT n, w)", "weighted_avg takes no DISTINCT"),
        ("arg_max(n)", "arg_max expected two arguments, got 1"),
        ("arg_min(n, f, d)", "arg_min expected two arguments, got 3"),
    ] {
        let e = rows(&ctx, &format!("SELECT {call} FROM t")).await.unwrap_err().find_root().to_string();
        assert!(e.contains(expected), "{call}: {e}");
        assert!(!e.contains('\n'), "one line: {e}");
    }
}

#[test]
fn every_aggregate_says_what_it_does() {
    assert!(aggregates().iter().all(|f| f.documentation().is_some()));
}
