//! Answers as streams, batches and labelled datasets.

use datafusion::arrow::array::RecordBatch;
use futures::TryStreamExt;
use hyperslab_exec::metadata::{DIMENSIONS, ROLE, UNITS};

use super::context;
use crate::error::one_line;
use crate::{ArrayValues, Context, LabelledDataset};

async fn dataset(context: &Context, sql: &str) -> LabelledDataset {
    context.sql(sql).await.unwrap().to_dataset().await.unwrap_or_else(|e| panic!("{sql}: {e}"))
}

async fn failure(context: &Context, sql: &str) -> String {
    one_line(&context.sql(sql).await.unwrap().to_dataset().await.unwrap_err())
}

#[tokio::test]
async fn a_stream_and_a_collection_are_the_same_rows() {
    let context = context().await;
    let count = |batches: &[RecordBatch]| batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    let sql = "select * from ersst where lat > 0";
    let streamed: Vec<_> = context.sql(sql).await.unwrap().stream().await.unwrap().try_collect().await.unwrap();
    let collected = context.sql(sql).await.unwrap().collect().await.unwrap();
    assert_eq!((count(&streamed), count(&collected)), (4, 4));
    let described: Vec<_> =
        context.sql("show datasets").await.unwrap().stream().await.unwrap().try_collect().await.unwrap();
    assert_eq!(count(&described), 3);
}

#[tokio::test]
async fn a_schema_keeps_roles_and_units_through_projections() {
    let context = context().await;
    let sql = "select lat as y, sst, sst + 1 as warmer from (select * from ersst where lon > 0) order by lat limit 3";
    let schema = context.sql(sql).await.unwrap().schema();
    let metadata = |column: &str, key: &str| schema.field_with_name(column).unwrap().metadata().get(key).cloned();
    assert_eq!(metadata("y", ROLE).as_deref(), Some("dimension"));
    assert_eq!(metadata("y", DIMENSIONS).as_deref(), Some("lat"));
    assert_eq!(metadata("sst", UNITS).as_deref(), Some("degree_C"));
    assert_eq!(metadata("warmer", ROLE), None);
    let grouped = context.sql("select lat, avg(sst) as m from ersst group by lat").await.unwrap().schema();
    assert_eq!(grouped.field_with_name("lat").unwrap().metadata().get(ROLE).map(String::as_str), Some("dimension"));
}

#[tokio::test]
async fn a_selection_becomes_the_array_that_it_was() {
    let context = context().await;
    let d = dataset(&context, "select * from ersst").await;
    assert_eq!(d.sizes(), [("time", 2), ("lat", 3), ("lon", 2)]);
    assert_eq!(d.array("lat").unwrap().to_f64(), [10.0, 0.0, -10.0]);
    let ArrayValues::Float32(sst) = &d.array("sst").unwrap().values else { panic!() };
    assert_eq!(sst[[1, 2, 1]], 11.0);
    assert_eq!(sst[[0, 1, 0]], 2.0);
    assert!(sst[[0, 2, 1]].is_nan(), "a missing value stays missing");
    let ArrayValues::Timestamp(time) = &d.array("time").unwrap().values else { panic!() };
    assert_eq!(time.as_slice().unwrap(), [946_684_800_000_000, 946_771_200_000_000]);
    let sst = &d.array("sst").unwrap().attributes;
    assert_eq!((sst.text("units"), sst.text("standard_name")), (Some("degree_C"), Some("sea_surface_temperature")));
    assert_eq!(d.array("time").unwrap().attributes.get("units"), None, "times are decoded");
}

#[tokio::test]
async fn a_variable_of_fewer_dimensions_has_those_alone() {
    let context = context().await;
    let d = dataset(&context, "select * from ersst").await;
    let mask = d.array("mask").unwrap();
    assert_eq!((mask.dimensions.as_slice(), mask.shape()), (&["lat".to_string(), "lon".into()][..], &[3usize, 2][..]));
    assert_eq!(mask.to_f64(), [1.0, 0.0, 1.0, 1.0, 0.0, 1.0]);
    // Where a filter on values takes cells away, what is left still agrees.
    let d = dataset(&context, "select * from ersst where sst > 8").await;
    assert_eq!(d.array("mask").unwrap().shape(), [2, 2]);
}

#[tokio::test]
async fn a_two_dimensional_coordinate_is_a_coordinate() {
    let context = context().await;
    let d = dataset(&context, "select * from pop.nlat_nlon where tlat > 1").await;
    assert_eq!(d.sizes(), [("nlat", 2), ("nlon", 2)]);
    assert_eq!(d.variables.keys().collect::<Vec<_>>(), ["SST"]);
    let latitude = &d.coordinates["TLAT"];
    assert_eq!(latitude.dimensions, ["nlat", "nlon"]);
    let values = latitude.to_f64();
    // The first cell is filtered away; that does not turn the order of its dimension round.
    assert_eq!((values[0].is_nan(), &values[1..]), (true, &[2.0, 3.0, 4.0][..]));
}

#[tokio::test]
async fn the_keys_of_group_by_are_the_dimensions() {
    let context = context().await;
    let d =
        dataset(&context, "select lat, lon > 0 as east, avg(sst) as m, count(sst) as n from ersst group by 1, 2").await;
    assert_eq!(d.sizes(), [("lat", 3), ("east", 2)]);
    // In no order of its own, so the labels are sorted.
    assert_eq!(d.array("lat").unwrap().to_f64(), [-10.0, 0.0, 10.0]);
    assert_eq!(d.array("m").unwrap().to_f64(), [7.0, 11.0, 5.0, 6.0, 3.0, 4.0]);
    assert_eq!(d.array("n").unwrap().to_f64(), [2.0, 1.0, 2.0, 2.0, 2.0, 2.0]);
    let d =
        dataset(&context, "select lat, avg(sst) as m from ersst group by lat having avg(sst) > 4 order by lat desc")
            .await;
    assert_eq!(d.array("lat").unwrap().to_f64(), [0.0, -10.0]);
}

#[tokio::test]
async fn one_row_without_dimensions_is_an_array_without_dimensions() {
    let context = context().await;
    let d = dataset(&context, "select avg(sst) as m, count(*) as n from ersst").await;
    assert!(d.sizes().is_empty());
    assert_eq!(d.array("n").unwrap().to_f64(), [12.0]);
    assert!(d.array("n").unwrap().shape().is_empty());
    assert_eq!(
        failure(&context, "select sst from ersst").await,
        "no column of the result is a dimension, and it has more than one row; hint: select the dimensions too, or \
         name some columns with `to_dataset_by`"
    );
}

#[tokio::test]
async fn two_rows_of_one_cell_are_an_error() {
    let context = context().await;
    let error = failure(&context, "select lat, lon, sst from ersst order by time, lat, lon").await;
    assert_eq!(
        error,
        "two rows of the result are the cell `lat = -10.0, lon = 0.0`; hint: aggregate over them with `GROUP BY`, or \
         name more dimensions with `to_dataset_by`"
    );
    let error = failure(&context, "select a.lat, a.sst, b.sst from ersst a join ersst b using (time, lat, lon)").await;
    assert_eq!(error, "two columns are called `sst`; hint: give one of them another name with `AS`");
}

#[tokio::test]
async fn cells_that_no_row_has_are_missing() {
    let context = context().await;
    let sql = "select * from (values ('a', 1, 10), ('b', 2, 20)) as t(kind, step, n)";
    let d = context.sql(sql).await.unwrap().to_dataset_by(&["kind", "step"]).await.unwrap();
    let n = d.array("n").unwrap();
    assert_eq!(n.missing.as_ref().unwrap().as_slice().unwrap(), [false, true, true, false]);
    let ArrayValues::Int64(values) = &n.values else { panic!() };
    assert_eq!(values.as_slice().unwrap(), [10, 0, 0, 20]);
    assert_eq!(d.array("kind").unwrap().texts().unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn an_empty_answer_is_an_empty_dataset() {
    let context = context().await;
    let d = dataset(&context, "select * from ersst where lat > 80").await;
    assert_eq!(d.sizes(), [("time", 0), ("lat", 0), ("lon", 0)]);
    assert_eq!(d.array("sst").unwrap().shape(), [0, 0, 0]);
}

#[tokio::test]
async fn a_few_rows_far_apart_are_no_array() {
    let context = context().await;
    let sql = "select value as a, value as b, 1 as v from generate_series(1, 10000)";
    let error = one_line(&context.sql(sql).await.unwrap().to_dataset_by(&["a", "b"]).await.unwrap_err());
    assert!(error.starts_with("10000 rows are too few for an array of shape `[10000, 10000]`"), "{error}");
    let error = one_line(&context.sql("select 1 as a").await.unwrap().to_dataset_by(&["b"]).await.unwrap_err());
    assert_eq!(error, "no column `b` to be a dimension; hint: did you mean `a`? valid: `a`");
}

#[tokio::test]
async fn every_type_of_column_becomes_an_array_or_a_clear_error() {
    let context = context().await;
    let sql = "select 1 as i, cast(2 as smallint) as s, true as b, 'x' as t, 1.5 as f, date '2000-01-02' as d, \
               cast(1.25 as decimal(5, 2)) as c, null as n, arrow_cast(7, 'UInt8') as u, cast(null as int) as m";
    let d = dataset(&context, sql).await;
    let one = |name: &str| d.array(name).unwrap().to_f64()[0];
    assert_eq!((one("i"), one("s"), one("b"), one("f"), one("c"), one("u")), (1.0, 2.0, 1.0, 1.5, 1.25, 7.0));
    assert_eq!(one("d"), 946_771_200_000_000.0);
    assert!(one("n").is_nan() && one("m").is_nan());
    assert_eq!(d.array("t").unwrap().texts().unwrap(), ["x"]);
    let error = failure(&context, "select make_array(1, 2) as l").await;
    assert!(error.starts_with("column `l` of type"), "{error}");
}
