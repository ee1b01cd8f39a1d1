//! Which windows slide along a dimension, and that they answer what sorted rows do.

use super::*;

/// `w` stands for the window of the order of a dimension.
const SLIDES: [&str; 27] = [
    "SELECT time, lat, avg(sst) OVER (PARTITION BY lat ORDER BY time ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM ersst",
    "SELECT time, lat, sum(sst) OVER (PARTITION BY lat ORDER BY time ROWS BETWEEN 4 PRECEDING AND 5 FOLLOWING) FROM ersst",
    "SELECT time, lat, avg(sst) OVER (PARTITION BY lat ORDER BY time DESC ROWS 2 PRECEDING) FROM ersst",
    "SELECT time, lat, sum(sst) OVER (PARTITION BY lat ORDER BY time) FROM ersst",
    "SELECT time, lat, sum(sst) OVER (PARTITION BY lat ORDER BY time DESC) FROM ersst",
    "SELECT time, lat, sum(sst) OVER (PARTITION BY time ORDER BY lat) FROM ersst",
    "SELECT time, lat, sum(sst) OVER (PARTITION BY time ORDER BY lat DESC ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM ersst",
    "SELECT time, lat, count(sst) OVER (PARTITION BY lat ORDER BY time RANGE BETWEEN INTERVAL '62 days' PRECEDING AND CURRENT ROW) FROM ersst",
    "SELECT time, lat, avg(sst) OVER (PARTITION BY lat ORDER BY time RANGE BETWEEN INTERVAL '1 month' PRECEDING AND INTERVAL '1 month' FOLLOWING) FROM ersst",
    "SELECT time, lat, max(sst) OVER (PARTITION BY time ORDER BY lat RANGE BETWEEN 1 PRECEDING AND 0.5 FOLLOWING) FROM ersst",
    "SELECT time, lat, min(sst) OVER (PARTITION BY time ORDER BY lat GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM ersst",
    "SELECT time, lat, lag(sst) OVER w, lead(sst, 2, -1) OVER w, lag(sst, 100) OVER w FROM ersst WINDOW w AS (PARTITION BY lat ORDER BY time)",
    "SELECT time, lat, row_number() OVER w, rank() OVER w, dense_rank() OVER w FROM ersst WINDOW w AS (PARTITION BY lat ORDER BY time DESC)",
    "SELECT time, lat, first_value(sst) OVER w, last_value(sst) OVER w, nth_value(sst, 2) OVER w FROM ersst WINDOW w AS (PARTITION BY lat ORDER BY time ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)",
    "SELECT time, lat, first_value(sst) OVER (PARTITION BY lat ORDER BY time) FROM ersst",
    "SELECT time, lat, stddev(sst) OVER w, var_pop(sst) OVER w FROM ersst WINDOW w AS (PARTITION BY lat ORDER BY time ROWS 3 PRECEDING)",
    "SELECT time, lat, avg(sst - flag * lat) OVER (PARTITION BY lat ORDER BY time ROWS 1 PRECEDING) FROM ersst",
    "SELECT time, lat, count(*) OVER (PARTITION BY lat ORDER BY time ROWS 1 PRECEDING) FROM ersst",
    "SELECT time, lat, avg(sst) OVER (PARTITION BY -lat ORDER BY dim_index(time) ROWS 1 PRECEDING) FROM ersst",
    "SELECT time, lat, avg(sst) OVER (PARTITION BY lat, month(time) % 3 ORDER BY time ROWS 1 PRECEDING) FROM ersst",
    "SELECT time, lat, sum(sst) OVER (PARTITION BY lat, month(time) % 2 ORDER BY time DESC) FROM ersst",
    "SELECT time, avg(sst) OVER (ORDER BY time ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM ersst WHERE lat = 0.1",
    "SELECT time, lat, avg(sst) OVER (PARTITION BY lat ORDER BY time ROWS 1 PRECEDING) FROM ersst WHERE month(time) IN (1, 2, 5, 6, 7, 12)",
    "SELECT time, lat, sum(sst) OVER (PARTITION BY lat ORDER BY time) FROM ersst WHERE month(time) IN (1, 2, 5, 6, 7, 12)",
    "SELECT lat, avg(r), max(r) FROM (SELECT lat, avg(sst) OVER (PARTITION BY lat ORDER BY time ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS r FROM ersst) GROUP BY lat",
    "SELECT time, lat, avg(r) OVER (PARTITION BY lat ORDER BY time ROWS 1 PRECEDING) FROM (SELECT time, lat, sum(sst) OVER (PARTITION BY lat ORDER BY time) AS r FROM ersst)",
    "SELECT time, lat, avg(a) OVER (PARTITION BY lat ORDER BY time ROWS 2 PRECEDING) FROM (SELECT time, lat, sst - avg(sst) OVER (PARTITION BY season(time), lat) AS a FROM ersst)",
];

const SORTS: [&str; 10] = [
    "SELECT avg(sst) OVER (ORDER BY time ROWS 1 PRECEDING) FROM ersst",
    "SELECT avg(sst) OVER (PARTITION BY lat > 0 ORDER BY time ROWS 1 PRECEDING) FROM ersst",
    "SELECT avg(sst) OVER (PARTITION BY lat ORDER BY season(time)) FROM ersst",
    "SELECT avg(sst) OVER (PARTITION BY lat ORDER BY flag, time ROWS 1 PRECEDING) FROM ersst",
    "SELECT avg(sst) OVER (PARTITION BY lat ORDER BY time ROWS 1 PRECEDING) FROM ersst WHERE sst > 300",
    "SELECT avg(sst) FILTER (WHERE flag > 0.1) OVER (PARTITION BY lat ORDER BY time ROWS 1 PRECEDING) FROM ersst",
    "SELECT lag(sst) IGNORE NULLS OVER (PARTITION BY lat ORDER BY time) FROM ersst",
    "SELECT ntile(3) OVER (PARTITION BY lat ORDER BY time) FROM ersst",
    "SELECT avg(sst) OVER (PARTITION BY time, lat ORDER BY time ROWS 1 PRECEDING) FROM ersst",
    "SELECT avg(sst) OVER (PARTITION BY lat ORDER BY time ROWS 1 PRECEDING) FROM (SELECT * FROM ersst LIMIT 7)",
];

fn is_sliding(plan: &str) -> bool {
    plan.contains("derived=[") && plan.contains("slide of") && !plan.contains("WindowAggExec")
}

/// Numbers with nine digits: sums of floats are made in another order.
fn rounded(rows: Vec<String>) -> Vec<String> {
    let cell = |text: &str| match text.parse::<f64>() {
        Ok(number) if text.contains('.') => format!("{number:.8e}"),
        _ => text.to_string(),
    };
    let mut rows: Vec<String> = rows.iter().map(|row| row.split('|').map(cell).collect::<Vec<_>>().join("|")).collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn windows_along_a_dimension_slide_and_answer_what_sorted_rows_do() {
    let (on, off) = (session(), session());
    switch_off(&off, "chunk_window").await;
    for ctx in [&on, &off] {
        ersst(ctx).await;
    }
    for sql in SLIDES {
        let plan = explain(&on, sql).await;
        assert!(is_sliding(&plan) && !plan.contains("SortExec"), "{sql}\n{plan}");
        assert!(explain(&off, sql).await.contains("WindowAggExec"), "{sql}");
        assert_eq!(rounded(rows(&on, sql).await), rounded(rows(&off, sql).await), "{sql}");
    }
}

#[tokio::test]
async fn windows_that_do_not_go_along_one_dimension_sort() {
    let ctx = session();
    ersst(&ctx).await;
    for sql in SORTS {
        let plan = explain(&ctx, sql).await;
        assert!(!plan.contains("slide of") && plan.contains("WindowAggExec"), "{sql}\n{plan}");
        rows(&ctx, sql).await;
    }
}

#[tokio::test]
async fn a_plan_says_what_slides() {
    let ctx = session();
    ersst(&ctx).await;
    let sql = "SELECT time, lat, avg(sst) OVER (PARTITION BY lat ORDER BY time ROWS 1 PRECEDING) AS r FROM ersst";
    let plan = explain(&ctx, sql).await;
    assert!(plan.contains("along time@0 ASC NULLS LAST]"), "{plan}");
}

#[tokio::test]
async fn answers_have_the_same_bits_at_any_number_of_partitions() {
    let mut first: Vec<Option<Vec<String>>> = vec![None; SLIDES.len()];
    for partitions in [1, 2, 3, 16] {
        let ctx = session();
        ctx.sql(&format!("SET datafusion.execution.target_partitions = {partitions}"))
            .await
            .unwrap()
            .collect()
            .await
            .unwrap();
        ersst(&ctx).await;
        for (sql, first) in SLIDES.iter().zip(&mut first) {
            let mut found = rows(&ctx, sql).await;
            found.sort();
            assert_eq!(first.get_or_insert_with(|| found.clone()), &found, "{sql}, {partitions} partitions");
        }
    }
}

#[tokio::test]
async fn labels_that_do_not_follow_each_other_are_sorted_by_rows() {
    let sets = [
        Values::Float64(vec![1.0, 3.0, 2.0, 4.0]),
        Values::Float64(vec![1.0, 2.0, 2.0, 4.0]),
        Values::Float64(vec![1.0, 2.0, f64::NAN, 4.0]),
    ];
    for labels in sets {
        let ctx = session();
        let variables =
            vec![Made("x", &["x"], labels, &[]), Made("v", &["x"], Values::Float64(vec![1.0, 2.0, 4.0, 8.0]), &[])];
        register(&ctx, "d", variables).await;
        let sql = "SELECT x, sum(v) OVER (ORDER BY x ROWS 1 PRECEDING) FROM d";
        assert!(!explain(&ctx, sql).await.contains("slide of"));
        rows(&ctx, sql).await;
    }
}

#[tokio::test]
async fn nothing_slides_over_nothing() {
    let ctx = session();
    ersst(&ctx).await;
    for function in ["avg(sst)", "lag(sst)", "row_number()", "sum(sst)"] {
        let sql = format!("SELECT {function} OVER (PARTITION BY lat ORDER BY time) FROM ersst WHERE lat > 1000");
        assert!(rows(&ctx, &sql).await.is_empty(), "{sql}");
    }
}
