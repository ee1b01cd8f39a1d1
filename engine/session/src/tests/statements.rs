//! Statements that change the session, and DataFusion's own, which keep working.

use tempfile::TempDir;

use super::{context, error, ersst, rows};
use crate::Context;

fn folder() -> (TempDir, impl Fn(&str) -> String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    (folder, move |name: &str| path.join(name).display().to_string())
}

async fn run(context: &Context, sql: &str) {
    for result in context.sql_all(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}")) {
        result.collect().await.unwrap();
    }
}

#[tokio::test]
async fn several_statements_run_one_after_the_other() {
    let context = context().await;
    let results =
        context.sql_all("create view v as select 1 as a; -- a view\nselect a from V; select 2").await.unwrap();
    assert_eq!(results.len(), 3);
    assert!(results[0].schema().fields().is_empty());
    let error = context.sql("select 1; select 2").await.unwrap_err();
    assert_eq!(crate::error::one_line(&error), "2 statements in the text, expected one; hint: `sql_all` takes several");
    assert!(context.sql("-- nothing").await.is_err());
}

#[tokio::test]
async fn a_dropped_dataset_takes_its_schema_along() {
    let context = context().await;
    run(&context, "drop table ERSST").await;
    assert!(error(&context, "select * from ersst").await.starts_with("no table `ersst`"));
    assert!(error(&context, "select * from ersst.dimensions").await.starts_with("no table `ersst.dimensions`"));
    // A dataset that is no table of its own is dropped as well.
    run(&context, "drop table pop").await;
    assert!(error(&context, "select * from pop.z").await.starts_with("no table `pop.z`"));
    run(&context, "drop table if exists pop").await;
    assert!(error(&context, "drop table pop").await.contains("pop"));
    assert_eq!(rows(&context, "show datasets").await.len(), 1);
}

#[tokio::test]
async fn a_schema_of_a_dataset_cannot_be_dropped_or_made() {
    let context = context().await;
    assert!(error(&context, "drop schema ersst cascade").await.contains("belongs to a dataset"));
    assert!(error(&context, "create schema ersst").await.contains("ersst"));
    run(&context, "create schema other; create table other.t as select 1 as a; drop schema other cascade").await;
}

#[tokio::test]
async fn a_table_may_not_take_the_name_of_a_dataset() {
    let context = context().await;
    assert!(error(&context, "create table ersst as select 1 as a").await.contains("ersst"));
    assert!(error(&context, "create view pop as select 1 as a").await.contains("`pop` is a dataset already"));
    assert_eq!(rows(&context, "select count(*) from ersst").await, ["12"]);
}

#[tokio::test]
async fn a_view_and_a_table_made_from_a_dataset_work() {
    let context = context().await;
    run(&context, "create view zonal as select lat, avg(sst) as m from ersst group by lat").await;
    assert_eq!(rows(&context, "select m from Zonal order by LAT").await, ["8.333333333333334", "5.5", "3.5"]);
    run(&context, "create table copy as select * from ersst where SST > 9").await;
    assert_eq!(rows(&context, "select count(*) from copy").await, ["2"]);
    run(&context, "insert into copy select * from ersst where sst = 0").await;
    assert_eq!(rows(&context, "select count(*) from copy").await, ["3"]);
    run(&context, "drop view zonal; drop table copy").await;
}

#[tokio::test]
async fn parquet_and_csv_tables_keep_working() {
    let context = context().await;
    let (_folder, path) = folder();
    let (parquet, csv) = (path("x.parquet"), path("x.csv"));
    // COPY has run when `sql` returns, whether or not its count is read.
    context.sql(&format!("copy (select lat, lon, sst from ersst) to '{parquet}' stored as parquet")).await.unwrap();
    context
        .sql(&format!("copy ersst.lat_lon to '{csv}' stored as csv options ('format.has_header' 'true')"))
        .await
        .unwrap();
    assert_eq!(rows(&context, &format!("select count(*), sum(SST) from '{parquet}'")).await, ["12|61.0"]);
    assert_eq!(rows(&context, &format!("select sum(mask) from '{csv}'")).await, ["4"]);
    run(&context, &format!("create external table p stored as parquet location '{parquet}'")).await;
    run(&context, &format!("create external table c location '{csv}' options ('format.has_header' 'true')")).await;
    assert_eq!(
        rows(&context, "select sum(p.sst) from p join c on p.LAT = c.lat and p.lon = c.lon where c.mask = 1").await,
        ["39.0"]
    );
    assert!(error(&context, "create external table c location 'x.csv'").await.contains("already exists"));
    run(&context, "drop table p; drop table c").await;
}

#[tokio::test]
async fn prepared_statements_transactions_and_settings_pass_through() {
    let context = context().await;
    run(&context, "prepare q as select count(*) from ersst where LAT > $1").await;
    assert_eq!(rows(&context, "execute q(5)").await, ["4"]);
    run(&context, "set datafusion.execution.batch_size = 100; reset datafusion.execution.batch_size").await;
}

#[tokio::test]
async fn a_dataset_registered_twice_is_the_second() {
    let context = context().await;
    context.register_dataset("pop", ersst().await).unwrap();
    assert_eq!(rows(&context, "select count(*) from pop").await, ["12"]);
    assert_eq!(context.dataset("pop").unwrap().name, "pop");
}
