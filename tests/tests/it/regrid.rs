//! `regrid` is a table like any other: what is asked of it runs on its chunks, whichever rules are on.

use hyperslab::Context;
use hyperslab::datafusion::arrow::util::pretty::pretty_format_batches;
use hyperslab_tests::data_dir;

async fn context(settings: &[&str]) -> Context {
    let context = Context::builder().target_partitions(2).build().unwrap();
    for setting in settings {
        context.sql(&format!("SET hyperslab.{setting} = false")).await.unwrap();
    }
    for name in ["era", "rain", "mask", "uneven"] {
        context.register(name, data_dir().join(format!("{name}.zarr")).to_str().unwrap()).await.unwrap();
    }
    context
}

async fn answer(context: &Context, sql: &str) -> String {
    let result = context.sql(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    let batches = result.collect().await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    pretty_format_batches(&batches).unwrap().to_string()
}

const GRID: &str = "regrid(era, lat => range(-88, 89, 8), lon => range(2, 360, 9))";

#[tokio::test(flavor = "multi_thread")]
async fn selections_become_index_ranges_and_aggregates_run_on_chunks() {
    let context = context(&[]).await;
    let plan = answer(
        &context,
        &format!("EXPLAIN SELECT lat, avg(t2m) FROM {GRID} WHERE lat > 0 AND time >= '2000-01' GROUP BY lat"),
    )
    .await;
    assert!(
        plan.contains("ArrayAggregateExec: table=regrid(era).time_lat_lon, time=[15..60) of 60, lat=[12..23) of 23"),
        "{plan}"
    );
    assert!(!plan.contains("FilterExec") && !plan.contains("AggregateExec: mode"), "{plan}");
    let plan = answer(
        &context,
        &format!("EXPLAIN SELECT t2m - avg(t2m) OVER (PARTITION BY month(time), lat, lon) FROM {GRID}"),
    )
    .await;
    assert!(!plan.contains("SortExec") && !plan.contains("WindowAggExec"), "{plan}");
    let plan = answer(
        &context,
        "EXPLAIN SELECT avg(t2m * rain) FROM regrid(era, like => rain) JOIN rain USING (time, lat, lon)",
    )
    .await;
    assert!(!plan.contains("HashJoinExec"), "{plan}");
    let plan = answer(&context, &format!("EXPLAIN SELECT * FROM {GRID} ORDER BY t2m DESC LIMIT 3")).await;
    assert!(plan.contains("ArrayTopKExec"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_do_not_depend_on_the_rules() {
    let (on, off) = (
        context(&[]).await,
        context(&[
            "planner.chunk_aggregate",
            "planner.chunk_join",
            "planner.chunk_lookup",
            "planner.chunk_top_k",
            "planner.chunk_window",
            "scan.prune_coordinates",
        ])
        .await,
    );
    let coarse = "regrid(uneven, lat => [60, 20, -20, -60], lon => [-150, -60, 30, 120], method => 'conservative', min_coverage => 0.9)";
    for sql in [
        &format!(
            "SELECT month(time) AS m, lat, round(avg(t2m), 6), count(*) FROM {GRID} WHERE lon < 100 GROUP BY m, lat ORDER BY m, lat"
        ),
        &format!(
            "SELECT time, lat, lon, t2m FROM {GRID} WHERE lat IN (0, 8) AND lon BETWEEN 20 AND 60 AND time < '1999-12-19' ORDER BY time, lat, lon"
        ),
        &format!("SELECT time, lat, lon, t2m FROM {GRID} ORDER BY t2m DESC, time, lat, lon LIMIT 5"),
        &format!(
            "SELECT round(sum(d), 3) FROM (SELECT abs(t2m - avg(t2m) OVER (PARTITION BY month(time), lat, lon)) AS d FROM {GRID})"
        ),
        "SELECT count(*), round(avg(t2m * rain), 6) FROM regrid(era, like => rain) JOIN rain USING (time, lat, lon)",
        "SELECT count(*), round(avg(land * t2m), 6) FROM regrid(mask, lat => range(-80, 81, 10), method => 'nearest') JOIN era USING (lat, lon)",
        &format!(
            "SELECT time, count(packed), round(avg(packed), 6), count(*) FROM {coarse} GROUP BY time ORDER BY time"
        ),
        &format!(
            "SELECT e.t2m FROM (VALUES (TIMESTAMP '2000-01-03', 10.0, 20.0)) p(t, y, x) JOIN {GRID} e ON e.time = nearest(e.time, p.t) AND e.lat = nearest(e.lat, p.y) AND e.lon = nearest(e.lon, p.x)"
        ),
    ] {
        assert_eq!(answer(&on, sql).await, answer(&off, sql).await, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_and_a_copy_of_a_regridded_table_hold_the_same() {
    let context = context(&[]).await;
    context.sql("CREATE VIEW v AS SELECT * FROM regrid(mask, lat => [10, 20])").await.unwrap();
    let view = answer(&context, "SELECT count(*) AS n, sum(land) AS s FROM v").await;
    assert_eq!(
        view,
        answer(&context, "SELECT count(*) AS n, sum(land) AS s FROM regrid(mask, LAT => make_array(10, 20))").await
    );
    let quoted = format!("regrid('{}', lat => [10, 20])", data_dir().join("mask.zarr").display());
    assert_eq!(view, answer(&context, &format!("SELECT count(*) AS n, sum(land) AS s FROM {quoted}")).await);
}
