//! What a person reads when something is wrong: one line that says what and where.

use super::{context, error};

#[tokio::test]
async fn a_location_that_does_not_exist() {
    let context = context().await;
    for sql in [
        "select * from '/no/such/place/x.zarr'",
        "create external table x stored as zarr location '/no/such/place/x.zarr'",
        "create external table x location '/no/such/place/x.zarr'",
        "describe dataset '/no/such/place/x.zarr'",
    ] {
        let error = error(&context, sql).await;
        assert!(error.contains("/no/such/place/x.zarr"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_location_that_holds_no_array() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    for sql in [format!("select * from '{path}'"), format!("create external table x stored as zarr location '{path}'")]
    {
        let error = error(&context, &sql).await;
        assert!(error.contains("holds no"), "{sql}: {error}");
    }
    for (file, expected) in [
        ("x.parquet", "location `x.parquet` does not exist, or holds no PARQUET"),
        ("s3://bucket/x.csv?sig=SECRET", "location `s3://bucket/x.csv` does not exist, or holds no CSV"),
        ("nothing", "location `nothing` does not exist, or holds no table"),
        ("nothing.xyz", "location `nothing.xyz` does not exist, or holds no table"),
    ] {
        assert_eq!(error(&context, &format!("select * from '{file}'")).await, expected);
    }
}

#[tokio::test]
async fn an_external_table_of_no_known_format() {
    let context = context().await;
    assert_eq!(
        error(&context, "create external table x location 'data/x'").await,
        "cannot tell the format of `data/x` from its name; hint: add `STORED AS` with one of ZARR, NETCDF, PARQUET, CSV, JSON, ARROW"
    );
    let error = error(&context, "create external table x stored as zar location 'data/x'").await;
    assert!(error.contains("ZAR"), "{error}");
}

#[tokio::test]
async fn an_external_dataset_with_what_it_cannot_have() {
    let context = context().await;
    let zarr = "stored as zarr location '/x.zarr'";
    assert!(
        error(&context, &format!("create external table x (a int) {zarr}")).await.contains("come from its metadata")
    );
    assert!(error(&context, &format!("create external table a.b {zarr}")).await.contains("one plain name"));
    assert!(error(&context, &format!("create external table ersst {zarr}")).await.contains("exists already"));
    assert!(
        error(&context, &format!("create external table x {zarr} options ('aws.regoin' 'x')"))
            .await
            .contains("aws.region")
    );
}

#[tokio::test]
async fn sql_that_does_not_parse_or_plan() {
    let context = context().await;
    let syntax = error(&context, "selec 1").await;
    assert!(syntax.starts_with("cannot parse: Expected: an SQL statement"), "{syntax}");
    assert_eq!(
        error(&context, "select lat from ersst a join ersst b on a.lat = b.lat").await,
        "column `lat` is ambiguous; hint: write the name of its table before it"
    );
    assert_eq!(
        error(&context, "select x.lat from ersst e").await,
        "no column `x.lat`; hint: did you mean `lat`? valid: `time`, `lat`, `lon`, `sst`, `mask`"
    );
    let cast = error(&context, "select cast('a' as int)").await;
    assert!(cast.starts_with("cannot cast string 'a'"), "{cast}");
    let types = error(&context, "select sum('a') from ersst").await;
    assert!(types.starts_with("no function `sum(Utf8)`, expected `sum(Decimal)` or "), "{types}");
    assert_eq!(error(&context, "update nothing set a = 1").await, "no table `nothing`");
    assert_eq!(error(&context, "select 1 / 0").await, "divide by zero error");
    let group = error(&context, "select lat, avg(sst) from ersst").await;
    assert!(group.contains("GROUP BY"), "{group}");
    assert!(
        error(&context, "select * from ersst tablesample system (10)").await.contains("`TABLESAMPLE` is not supported")
    );
}
