//! Names that a dataset does not have: the message gives the nearest and the valid ones.

use hyperslab::Context;
use hyperslab_tests::data_dir;

use super::{ask, one_line};

async fn error(sql: &str, words: &[&str]) {
    let context = Context::builder().build().unwrap();
    let create = |name: &str, store: &str| {
        format!("CREATE EXTERNAL TABLE {name} STORED AS ZARR LOCATION '{}'", data_dir().join(store).display())
    };
    ask(&context, &create("era", "era.zarr")).await.unwrap();
    ask(&context, &create("apart", "apart.zarr")).await.unwrap();
    one_line(sql, ask(&context, sql).await, words);
}

#[tokio::test]
async fn an_unknown_column_is_named_with_the_nearest() {
    error("SELECT t2n FROM era", &["t2n", "t2m"]).await;
    error("SELECT t2m FROM era WHERE latt > 3", &["latt", "lat"]).await;
}

#[tokio::test]
async fn an_unknown_table_is_named_with_the_nearest() {
    error("SELECT * FROM era5", &["era5", "era"]).await;
    error("SELECT * FROM era.time_lat", &["time_lat"]).await;
}

#[tokio::test]
async fn a_dataset_without_one_grid_lists_its_grids() {
    error("SELECT * FROM apart", &["apart", "time_depth", "time_x"]).await;
}

#[tokio::test]
async fn an_unknown_function_is_named_with_the_nearest() {
    error("SELECT neerest(lat, 3) FROM era", &["neerest", "nearest"]).await;
}

#[tokio::test]
async fn a_label_function_of_something_that_is_no_dimension_is_refused() {
    error("SELECT t2m FROM era WHERE t2m = nearest(t2m, 300)", &["`t2m`", "`lat`"]).await;
    error("SELECT t2m FROM era WHERE lat = nearest(lat)", &["nearest"]).await;
    error("SELECT t2m FROM era WHERE lat = nearest(lat, 'north')", &["`lat`", "expected a number"]).await;
    error("SELECT t2m FROM era WHERE time = nearest(time, 'yesterday')", &["yesterday"]).await;
}

#[tokio::test]
async fn a_time_that_is_no_time_is_refused() {
    error("SELECT t2m FROM era WHERE time > 'yesterday'", &["yesterday"]).await;
    error("SELECT t2m FROM era WHERE time = '2000-02-30'", &["2000-02-30"]).await;
}

#[tokio::test]
async fn an_unknown_format_is_named() {
    error("CREATE EXTERNAL TABLE x STORED AS ZAR LOCATION '/tmp/x'", &["ZAR", "ZARR"]).await;
}

#[tokio::test]
async fn a_statement_that_does_not_parse_is_one_line() {
    error("SELEC t2m FROM era", &["SELEC"]).await;
    error("SELECT t2m FROM", &[]).await;
}
