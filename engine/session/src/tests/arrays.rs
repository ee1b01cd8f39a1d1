//! Answers that stay arrays: views, tables made of answers, datasets made of ndarrays.

use ndarray::array;

use super::{context, error, rows};
use crate::{ArrayValues, Context, LabelledArray, LabelledDataset};

async fn plan(context: &Context, sql: &str) -> String {
    rows(context, &format!("EXPLAIN {sql}")).await.join("\n")
}

#[tokio::test]
async fn a_view_keeps_dimensions_attributes_and_the_operators_of_arrays() {
    let context = context().await;
    rows(
        &context,
        "CREATE VIEW warm AS SELECT time, lat, lon, sst + 1 AS warmer, SST AS sst FROM ersst WHERE lat >= 0",
    )
    .await;
    let plan = plan(&context, "SELECT lat, avg(warmer) FROM warm GROUP BY lat").await;
    assert!(plan.contains("ArrayAggregateExec") && plan.contains("lat=[0..2) of 3"), "{plan}");
    let dataset = context.sql("SELECT time, lat, lon, sst FROM warm").await.unwrap().to_dataset().await.unwrap();
    assert_eq!(dataset.array("sst").unwrap().attributes.text("units"), Some("degree_C"));
    assert_eq!(
        rows(&context, "SELECT time, sst FROM warm WHERE lat = nearest(lat, 1) AND lon = 0 ORDER BY 1").await.len(),
        2
    );
}

#[tokio::test]
async fn a_table_made_of_an_array_is_a_dataset_in_memory() {
    let context = context().await;
    rows(&context, "CREATE TABLE clim AS SELECT lat, lon, avg(sst) AS sst, count(*) AS n FROM ersst GROUP BY 1, 2")
        .await;
    let plan = plan(&context, "SELECT lat, avg(sst) FROM clim GROUP BY lat").await;
    assert!(plan.contains("ArrayAggregateExec"), "{plan}");
    let sql = "SELECT lat, lon, avg(sst), count(*) FROM ersst GROUP BY 1, 2 ORDER BY 1, 2";
    assert_eq!(rows(&context, "SELECT * FROM clim ORDER BY 1, 2").await, rows(&context, sql).await);
    assert_eq!(rows(&context, "SELECT count(*) FROM clim.lat_lon").await, ["6"]);
    assert_eq!(
        context.dataset("clim").unwrap().variable("lat").unwrap().attributes.text("units"),
        Some("degrees_north")
    );
    let message = error(&context, "CREATE TABLE clim AS SELECT 1 AS a").await;
    assert!(message.contains("table `clim` exists already"), "{message}");
    rows(&context, "CREATE TABLE IF NOT EXISTS clim AS SELECT 1 AS a").await;
    rows(&context, "CREATE OR REPLACE TABLE clim AS SELECT lat, max(sst) AS sst FROM ersst GROUP BY lat").await;
    assert_eq!(rows(&context, "SELECT * FROM clim ORDER BY 1").await, ["-10.0|11.0", "0.0|9.0", "10.0|7.0"]);
    rows(&context, "DROP TABLE clim").await;
    assert!(error(&context, "SELECT * FROM clim").await.contains("clim"));
}

#[tokio::test]
async fn a_table_of_rows_that_are_no_array_has_just_these_rows() {
    let context = context().await;
    for (query, count) in [
        ("SELECT time, lat, lon, sst FROM ersst WHERE sst > 3", "7"),
        ("SELECT sst FROM ersst", "12"),
        ("SELECT sst, lat, avg(lon) AS lon FROM ersst GROUP BY 1, 2", "12"),
        ("SELECT lat, CAST('NaN' AS DOUBLE) AS nan FROM ersst.lat_lon GROUP BY lat", "3"),
        ("SELECT 1 AS a, 'x' AS b", "1"),
    ] {
        rows(&context, &format!("CREATE TABLE t AS {query}")).await;
        assert_eq!(rows(&context, "SELECT count(*) FROM t").await, [count], "{query}");
        assert_eq!(rows(&context, "SELECT * FROM t ORDER BY 1").await.len().to_string(), count, "{query}");
        rows(&context, "DROP TABLE t").await;
    }
}

#[tokio::test]
async fn ndarrays_are_a_table_whatever_is_missing() {
    let mut arrays = LabelledDataset::default();
    let array = |dimensions: &[&str], values| LabelledArray::new(dimensions, values);
    let missing = Some(array![[false, true], [false, false]].into_dyn());
    arrays.coordinates.insert("lat".into(), array(&["lat"], ArrayValues::Float32(array![10.0, 20.0].into_dyn())));
    for (name, values) in [
        ("i", ArrayValues::Int8(array![[-128, 0], [1, 2]].into_dyn())),
        ("b", ArrayValues::Bool(array![[true, false], [false, true]].into_dyn())),
        ("s", ArrayValues::String(array![["a", "b"], ["", "d"]].mapv(String::from).into_dyn())),
        ("t", ArrayValues::Timestamp(array![[0, 1], [86_400_000_000, 3]].into_dyn())),
    ] {
        arrays
            .variables
            .insert(name.into(), LabelledArray { missing: missing.clone(), ..array(&["lat", "x"], values) });
    }
    let context = context().await;
    context.register_dataset("nd", arrays.to_dataset("nd").await.unwrap()).unwrap();
    assert_eq!(
        rows(&context, "SELECT * FROM nd ORDER BY lat, x").await,
        [
            "10.0|0|-128|true|a|1970-01-01T00:00:00",
            "10.0|1|NULL|NULL|NULL|NULL",
            "20.0|0|1|false||1970-01-02T00:00:00",
            "20.0|1|2|true|d|1970-01-01T00:00:00.000003"
        ]
    );
    let again = context.sql("SELECT * FROM nd").await.unwrap().to_dataset().await.unwrap();
    assert_eq!(again.array("i").unwrap().missing, missing);
    let wrong = LabelledArray::new(&["lat"], ArrayValues::Int8(array![[1]].into_dyn()));
    let wrong = LabelledDataset { variables: [("w".to_string(), wrong)].into_iter().collect(), ..Default::default() };
    assert!(wrong.to_dataset("w").await.unwrap_err().to_string().contains("rank"));
}
