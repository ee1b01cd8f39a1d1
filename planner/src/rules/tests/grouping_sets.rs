//! `ROLLUP` and the like over labels in order, and over a dimension of which one label is left.

use super::*;

/// A session of few rows a batch, so that groups come in many.
async fn narrow(partitions: &str) -> SessionContext {
    let ctx = session();
    ersst(&ctx).await;
    for option in ["batch_size = 4".to_string(), format!("target_partitions = {partitions}")] {
        ctx.sql(&format!("SET datafusion.execution.{option}")).await.unwrap().collect().await.unwrap();
    }
    ctx
}

#[tokio::test]
async fn the_total_comes_where_nulls_come() {
    for partitions in ["1", "3"] {
        let ctx = narrow(partitions).await;
        let sql = "SELECT time, count(*) FROM ersst GROUP BY ROLLUP (time) ORDER BY time LIMIT 2";
        assert_eq!(rows(&ctx, sql).await, ["1982-01-01T00:00:00|5", "1982-02-01T00:00:00|5"], "{partitions}");
        let sql = "SELECT time, count(*) FROM ersst GROUP BY ROLLUP (time) ORDER BY time NULLS FIRST LIMIT 2";
        assert_eq!(rows(&ctx, sql).await, ["NULL|60", "1982-01-01T00:00:00|5"], "{partitions}");
        let sql = "SELECT time FROM ersst GROUP BY ROLLUP (time) ORDER BY time DESC LIMIT 2";
        assert_eq!(rows(&ctx, sql).await, ["NULL", "1982-12-01T00:00:00"], "{partitions}");
    }
}

#[tokio::test]
async fn every_group_comes_once() {
    for partitions in ["1", "3", "7"] {
        let ctx = narrow(partitions).await;
        let groups = |keys: &str, condition: &str| {
            format!(
                "SELECT count(*), sum(n) FROM (SELECT time, lat, count(*) AS n FROM ersst WHERE {condition} GROUP BY {keys})"
            )
        };
        for (keys, condition, expected) in [
            ("CUBE (time, lat)", "true", "78|240"),
            ("ROLLUP (time, lat)", "true", "73|180"),
            ("GROUPING SETS ((time), (lat), (lat, time))", "true", "77|180"),
            ("CUBE (time, lat)", "time = '1982-03'", "12|20"),
            ("CUBE (time, lat)", "lat = 0.1", "26|48"),
            ("CUBE (time, lat)", "time < '1900'", "1|0"),
        ] {
            let sql = groups(keys, condition);
            assert_eq!(rows(&ctx, &sql).await, [expected], "{partitions} partitions: {sql}");
        }
    }
}

#[tokio::test]
async fn a_constant_key_is_null_in_the_total() {
    for partitions in ["1", "5"] {
        let ctx = narrow(partitions).await;
        let sql = "SELECT flag IS NULL AS missing, lat, count(*) FROM ersst WHERE time = '1982-03' AND lat = 0.1 \
                   GROUP BY ROLLUP (lat, flag IS NULL) ORDER BY lat, missing";
        assert_eq!(rows(&ctx, sql).await, ["false|0.1|1", "NULL|0.1|1", "NULL|NULL|1"], "{partitions}");
    }
}

#[tokio::test]
async fn the_rule_can_be_switched_off_and_touches_nothing_else() {
    let ctx = narrow("1").await;
    let sql = "SELECT time, count(*) FROM ersst GROUP BY ROLLUP (time) ORDER BY time";
    assert!(explain(&ctx, sql).await.contains("ForgetOrderExec"));
    let plain = explain(&ctx, "SELECT time, count(*) FROM ersst GROUP BY time ORDER BY time").await;
    assert!(!plain.contains("ForgetOrderExec"), "{plain}");
    switch_off(&ctx, "grouping_sets").await;
    assert!(!explain(&ctx, sql).await.contains("ForgetOrderExec"));
}

#[tokio::test]
async fn keys_of_a_grouping_set_may_compare_with_labels() {
    let ctx = session();
    ersst(&ctx).await;
    for (key, expected) in [
        ("time >= '1982-11'", ["NULL|60", "false|50", "true|10"]),
        ("lat = 0.1", ["NULL|60", "false|48", "true|12"]),
        ("time = nearest(time, '1982-08-07')", ["NULL|60", "false|55", "true|5"]),
        ("dim_index(lat) < 2", ["NULL|60", "false|36", "true|24"]),
    ] {
        for sets in [format!("ROLLUP ({key})"), format!("CUBE ({key})"), format!("GROUPING SETS (({key}), ())")] {
            let sql = format!("SELECT {key} AS k, count(*) FROM ersst GROUP BY {sets} ORDER BY k NULLS FIRST");
            assert_eq!(rows(&ctx, &sql).await, expected, "{sql}");
        }
    }
}
