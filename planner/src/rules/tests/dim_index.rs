//! `dim_index` in every place of a query: it gets the labels of its column, and prunes.

use super::*;

/// 6 times, 8 latitudes that descend, and a dimension `x` without labels; `station` is a coordinate of `x`.
async fn world() -> SessionContext {
    let ctx = session();
    let times = (1..=6).map(|m| micros(&format!("1982-{m:02}"))).collect();
    let lat = (0..8).map(|i| 70.5 - 20.0 * i as f32).collect();
    let variables = vec![
        Made("time", &["time"], Values::Timestamp(times), &[]),
        Made("lat", &["lat"], Values::Float32(lat), &[]),
        Made("station", &["x"], Values::String(["b", "a", "c"].map(String::from).to_vec()), &[]),
        Made("basin", &["x"], Values::Int32(vec![7, 7, 8]), &[]),
        Made("v", &["time", "lat", "x"], Values::Int32((0..144).collect()), &[("coordinates", "station basin")]),
    ];
    register(&ctx, "w", variables).await;
    ctx
}

#[tokio::test]
async fn a_position_is_that_of_the_label_or_the_column_itself() {
    let ctx = world().await;
    let sql = "SELECT DISTINCT lat, dim_index(lat) AS i FROM w ORDER BY i LIMIT 3";
    assert_eq!(rows(&ctx, sql).await, ["70.5|0", "50.5|1", "30.5|2"]);
    let sql = "SELECT DISTINCT x, dim_index(x), station, dim_index(station) FROM w ORDER BY x";
    assert_eq!(rows(&ctx, sql).await, ["0|0|b|0", "1|1|a|1", "2|2|c|2"]);
    let sql = "SELECT dim_index(time) / 2 AS block, count(*), min(v) FROM w GROUP BY block ORDER BY block";
    assert_eq!(rows(&ctx, sql).await, ["0|48|0", "1|48|48", "2|48|96"]);
    let sql = "SELECT dim_index(x) AS i, dim_index(lat) AS j, count(*) FROM w GROUP BY ROLLUP (dim_index(x), dim_index(lat)) \
               HAVING dim_index(lat) IS NULL ORDER BY i";
    assert_eq!(rows(&ctx, sql).await, ["0|NULL|48", "1|NULL|48", "2|NULL|48", "NULL|NULL|144"]);
    let sql = "SELECT v FROM w WHERE dim_index(time) = 5 AND dim_index(lat) = 7 ORDER BY dim_index(x) DESC";
    assert_eq!(rows(&ctx, sql).await, ["143", "142", "141"]);
    let sql = "SELECT sum(dim_index(t)), max(i) FROM (SELECT time AS t, dim_index(x) AS i FROM w)";
    assert_eq!(rows(&ctx, sql).await, ["360|2"]);
    let sql =
        "SELECT count(*) FROM w a WHERE dim_index(a.x) = (SELECT max(dim_index(b.x)) FROM w b WHERE b.lat = a.lat)";
    assert_eq!(rows(&ctx, sql).await, ["48"]);
    let schema = ctx.sql("SELECT dim_index(x), dim_index(lat) FROM w").await.unwrap();
    let names: Vec<&String> = schema.schema().fields().iter().map(|f| f.name()).collect();
    assert_eq!(names, ["dim_index(w.x)", "dim_index(w.lat)"]);
}

#[tokio::test]
async fn a_condition_on_positions_becomes_index_ranges() {
    let ctx = world().await;
    for (condition, expected) in [
        ("dim_index(lat) < 3", "time=all 6, lat=[0..3) of 8, x=all 3"),
        ("dim_index(lat) % 4 = 0", "time=all 6, lat={[0..1), [4..5)} of 8, x=all 3"),
        ("dim_index(lat) BETWEEN 2 AND 4 AND dim_index(time) = 1", "time=[1..2) of 6, lat=[2..5) of 8, x=all 3"),
        ("dim_index(x) = 1", "time=all 6, lat=all 8, x=[1..2) of 3"),
        ("dim_index(x) % 2 = 0", "time=all 6, lat=all 8, x={[0..1), [2..3)} of 3"),
        ("dim_index(station) = 2", "time=all 6, lat=all 8, x=[2..3) of 3"),
        ("dim_index(lat) IN (7, 99)", "time=all 6, lat=[7..8) of 8, x=all 3"),
        ("dim_index(time) + 1 > 6", "time=none of 6, lat=all 8, x=all 3"),
        ("dim_index(time) < 2 OR dim_index(time) > 4", "time={[0..2), [5..6)} of 6, lat=all 8, x=all 3"),
    ] {
        let sql = format!("SELECT time, lat, x, v FROM w WHERE {condition}");
        let plan = explain(&ctx, &sql).await;
        assert!(plan.contains(expected) && !plan.contains("FilterExec"), "{condition}: {plan}");
        let sql = format!("{sql} ORDER BY v");
        let pruned = rows(&ctx, &sql).await;
        ctx.sql("SET hyperslab.scan.prune_coordinates = false").await.unwrap().collect().await.unwrap();
        assert_eq!(pruned, rows(&ctx, &sql).await, "{sql}");
        ctx.sql("SET hyperslab.scan.prune_coordinates = true").await.unwrap().collect().await.unwrap();
    }
}

#[tokio::test]
async fn what_has_no_unique_labels_is_refused_in_one_line() {
    let ctx = world().await;
    ctx.sql("CREATE TABLE buoys AS SELECT 1 AS lat").await.unwrap().collect().await.unwrap();
    for (call, expected) in [
        ("dim_index(v) FROM w", "`v` is a data variable, expected a scalar or 1-D coordinate"),
        ("dim_index(lat + 1) FROM w", "is computed, expected the column of a coordinate"),
        ("dim_index(basin) FROM w", "a label of coordinate `basin` occurs more than once"),
        ("dim_index(lat) FROM buoys", "`buoys.lat` is a column of table `buoys`"),
        ("dim_index() FROM w", "dim_index expected one argument"),
        ("dim_index(lat, 1) FROM w", "dim_index expected one argument, the column of a dimension or coordinate, got 2"),
    ] {
        let e = error(&ctx, &format!("SELECT {call}")).await;
        assert!(e.contains(expected), "{call}: {e}");
        assert!(!e.contains('\n'), "one line: {e}");
    }
    switch_off(&ctx, "bind_lookups").await;
    let e = error(&ctx, "SELECT dim_index(lat) FROM w").await;
    assert!(e.contains("dim_index expected a dimension or coordinate of an array table"), "{e}");
}

#[tokio::test]
async fn an_aggregate_hands_the_calendar_of_its_text_on() {
    let ctx = session();
    days(&ctx, "hadley", "360_day", &[59.0, 60.0, 360.0]).await;
    let sql = "SELECT dayofyear(arg_max(time, v)), dayofyear(arg_min(time, v)), weighted_avg(v, v) FROM hadley";
    assert_eq!(rows(&ctx, sql).await, ["1|60|1.6666666666666667"]);
}
