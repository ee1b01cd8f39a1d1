//! `cell_area` gets the labels of its columns: an area for each cell, evaluated once a label.

use super::*;

const RADIUS: f64 = 6_371_000.0;

/// Two latitudes with bounds that are not the midpoints, four longitudes round the globe, a value for each cell.
async fn globe() -> SessionContext {
    let ctx = session();
    let variables = vec![
        Made(
            "lat",
            &["lat"],
            Values::Float32(vec![60.0, -30.0]),
            &[("units", "degrees_north"), ("bounds", "lat_bnds")],
        ),
        Made("bnds", &["bnds"], Values::Int32(vec![0, 1]), &[]),
        Made("lat_bnds", &["lat", "bnds"], Values::Float64(vec![90.0, 30.0, 30.0, -90.0]), &[]),
        Made("lon", &["lon"], Values::Float32(vec![0.0, 90.0, 180.0, 270.0]), &[("units", "degrees_east")]),
        Made("v", &["lat", "lon"], Values::Float64((0..8).map(f64::from).collect()), &[]),
    ];
    register(&ctx, "globe", variables).await;
    ctx
}

async fn number(ctx: &SessionContext, sql: &str) -> f64 {
    rows(ctx, sql).await[0].parse().unwrap()
}

#[tokio::test]
async fn the_cells_of_a_globe_have_its_area_and_a_mean_is_weighted_by_it() {
    let ctx = globe().await;
    let sphere = 4.0 * std::f64::consts::PI * RADIUS * RADIUS;
    assert!((number(&ctx, "SELECT sum(cell_area(lat, lon)) FROM globe").await / sphere - 1.0).abs() < 1e-12);
    // The bounds put a quarter of the sphere to the north, three to the south.
    let mean = number(&ctx, "SELECT weighted_avg(v, cell_area(lat, lon)) FROM globe").await;
    assert!((mean - (0.25 * 1.5 + 0.75 * 5.5)).abs() < 1e-12, "{mean}");
    let by = "SELECT lat, round(sum(v * cell_area(lat, lon)) / sum(cell_area(lat, lon)), 9) AS v FROM globe GROUP BY lat ORDER BY lat";
    assert_eq!(rows(&ctx, by).await, ["-30.0|5.5", "60.0|1.5"]);
    let plan = explain(&ctx, by).await;
    assert!(plan.contains("ArrayAggregateExec"), "{plan}");
    let one = number(&ctx, "SELECT cell_area(lat, lon) FROM globe WHERE lat > 0 AND lon = 90").await;
    assert!((one / (sphere / 16.0) - 1.0).abs() < 1e-12);
    let schema = ctx.sql("SELECT cell_area(lat, lon) FROM globe").await.unwrap();
    assert_eq!(schema.schema().field(0).name(), "cell_area(globe.lat,globe.lon)");
}

#[tokio::test]
async fn what_has_no_area_is_refused_in_one_line() {
    let ctx = globe().await;
    for (sql, expected) in [
        ("SELECT cell_area(lon, lat) FROM globe", "`lon` is in the wrong place; hint: `cell_area(lat, lon)`"),
        ("SELECT cell_area(lat) FROM globe", "cell_area expected two arguments"),
        ("SELECT cell_area(v, lon) FROM globe", "`v` is a data variable"),
        ("SELECT cell_area(1.0, 2.0)", "is computed, expected the column of a coordinate"),
    ] {
        let message = error(&ctx, sql).await;
        assert!(message.contains(expected), "{sql}: {message}");
    }
}
