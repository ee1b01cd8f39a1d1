//! Building sessions: options, limits, an existing session underneath.

use datafusion::arrow::array::{Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use std::sync::Arc;

use super::{context, error, ersst, rows};
use crate::error::one_line;
use crate::{Access, AnyLocation, Context, Progress};

#[tokio::test]
async fn options_come_from_the_builder_before_the_environment() {
    let environment = [("HYPERSLAB_SCAN_PREFETCH_CHUNKS", "3"), ("HYPERSLAB_SCAN_CACHE_BYTES", "1000"), ("HOME", "/x")];
    let context =
        Context::builder().environment(environment).option("hyperslab.scan.prefetch_chunks", "5").build().unwrap();
    assert_eq!(rows(&context, "show hyperslab.scan.prefetch_chunks").await, ["hyperslab.scan.prefetch_chunks|5"]);
    assert_eq!(rows(&context, "show hyperslab.scan.cache_bytes").await, ["hyperslab.scan.cache_bytes|1000"]);
}

#[tokio::test]
async fn set_changes_an_option_of_the_session() {
    let context = context().await;
    context.sql("SET hyperslab.scan.prefetch_chunks = 7").await.unwrap();
    assert_eq!(rows(&context, "SHOW hyperslab.scan.prefetch_chunks").await, ["hyperslab.scan.prefetch_chunks|7"]);
    assert!(rows(&context, "SHOW ALL").await.iter().any(|r| r.starts_with("hyperslab.scan.")));
    let error = error(&context, "SET hyperslab.scan.prefetch_chunk = 7").await;
    assert!(error.contains("did you mean `hyperslab.scan.prefetch_chunks`?"), "{error}");
}

#[test]
fn a_slip_in_an_option_is_an_error() {
    let error = Context::builder().environment([("HYPERSLAB_SCAN_PREFETCH", "3")]).build().unwrap_err();
    assert!(one_line(&error).starts_with("environment variable `HYPERSLAB_SCAN_PREFETCH` is no option; hint: "));
    let error = Context::builder().option("hyperslab.scan.nothing", "3").build().unwrap_err();
    assert!(one_line(&error).contains("`hyperslab.scan.nothing`"), "{error}");
    let error = Context::builder().option("hyperslab.scan.prefetch_chunks", "many").build().unwrap_err();
    assert_eq!(one_line(&error), "error parsing 'many' as usize: invalid digit found in string");
    let error = Context::builder().target_partitions(0).build().unwrap_err();
    assert_eq!(one_line(&error), "`0` partitions, expected 1 or more");
}

#[tokio::test]
async fn a_query_over_its_memory_limit_fails_in_one_line() {
    let context = Context::builder().memory_limit(1 << 20).target_partitions(1).build().unwrap();
    let sql =
        "select count(*) from generate_series(1, 200000) a join generate_series(1, 200000) b on a.value = b.value";
    let error = error(&context, sql).await;
    assert!(error.contains("allocate"), "{error}");
}

#[tokio::test]
async fn a_join_that_goes_on_for_ever_can_be_stopped() {
    let context = Context::builder().target_partitions(2).build().unwrap();
    let sql = "select sum(a.value * b.value) from generate_series(1, 1000000) a, generate_series(1, 1000000) b";
    let mut answer = context.sql(sql).await.unwrap().run(&Progress::default()).await.unwrap();
    let long = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(long, answer.next()).await.is_err());
}

#[tokio::test]
async fn an_existing_session_keeps_its_tables_functions_and_rules() {
    let session = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(3));
    let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, false)]));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![1, 2]))]).unwrap();
    session.register_batch("t", batch).unwrap();
    session.remove_optimizer_rule("push_down_limit");
    let rules = |s: &SessionContext| s.state().optimizers().iter().map(|r| r.name().to_string()).collect::<Vec<_>>();
    let before = rules(&session);

    let context = Context::try_from_session(session.clone()).unwrap();
    context.register_dataset("ersst", ersst().await).unwrap();
    assert_eq!(rows(&context, "select sum(a), (select count(*) from ersst) from t").await, ["3|12"]);
    assert_eq!(context.session().session_id(), session.session_id());
    assert_eq!(context.session().state().config().target_partitions(), 3);
    let after = rules(context.session());
    assert!(before.iter().all(|r| after.contains(r)), "{after:?}");
    assert!(!after.contains(&"push_down_limit".to_string()));
    // The catalog is one: a table that is made here is seen there.
    context.sql("create table u as select 1 as b").await.unwrap();
    assert!(session.table_exist("u").unwrap());
}

#[tokio::test]
async fn a_memory_limit_cannot_be_put_on_an_existing_session() {
    let error = Context::builder().memory_limit(1).build_on(SessionContext::new()).unwrap_err();
    assert!(one_line(&error).contains("existing session"), "{error}");
}

#[tokio::test]
async fn datafusion_itself_finds_the_tables() {
    let context = context().await;
    let batches = context.session().sql("select count(*) from ersst.lat_lon").await.unwrap().collect().await.unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
    assert!(context.session().table("ersst").await.is_ok());
}

#[tokio::test]
async fn clones_are_one_session() {
    let context = context().await;
    let clone = context.clone();
    assert!(context.deregister("ersst"));
    assert!(!context.deregister("ersst"));
    assert!(error(&clone, "select * from ersst").await.starts_with("no table `ersst`"));
    assert_eq!(clone.datasets().len(), 2);
    assert_eq!(clone.dataset("pop").unwrap().name, "pop");
}

/// Refuses every location.
#[derive(Debug)]
struct Nowhere;

impl Access for Nowhere {
    fn read(&self, location: &str) -> datafusion::error::Result<()> {
        Err(datafusion::error::DataFusionError::Plan(format!("may not read {location}")))
    }

    fn write(&self, location: &str) -> datafusion::error::Result<()> {
        Err(datafusion::error::DataFusionError::Plan(format!("may not write {location}")))
    }

    fn open_option(&self, name: &str) -> datafusion::error::Result<()> {
        Err(datafusion::error::DataFusionError::Plan(format!("may not set {name}")))
    }
}

#[tokio::test]
async fn sessions_share_datasets_and_keep_options_and_tables_to_themselves() {
    let context = context().await;
    context.sql("create table shared as select 1 as b").await.unwrap();
    context.sql("SET hyperslab.scan.prefetch_chunks = 3").await.unwrap();
    let one = context.new_session(Arc::new(AnyLocation), None).unwrap();
    let other = context.new_session(Arc::new(AnyLocation), None).unwrap();

    one.sql("SET hyperslab.scan.prefetch_chunks = 7").await.unwrap();
    let shown = "show hyperslab.scan.prefetch_chunks";
    assert_eq!(rows(&one, shown).await, ["hyperslab.scan.prefetch_chunks|7"]);
    for session in [&other, &context] {
        assert_eq!(rows(session, shown).await, ["hyperslab.scan.prefetch_chunks|3"]);
    }

    one.sql("create table mine as select 2 as b").await.unwrap();
    one.sql("create table rows as values (1), (2)").await.unwrap();
    one.sql("create view seen as select b from mine").await.unwrap();
    one.register_dataset("own", ersst().await).unwrap();
    assert_eq!(
        rows(&one, "select (select b from seen) x, (select count(*) from own) y, (select b from shared) z").await,
        ["2|12|1"]
    );
    for session in [&other, &context] {
        for table in ["mine", "rows", "seen", "own"] {
            assert!(error(session, &format!("select * from {table}")).await.starts_with("no table"), "{table}");
        }
    }
    // What comes later is seen as well, but where a session has its own of that name.
    context.register_dataset("later", ersst().await).unwrap();
    assert_eq!(rows(&one, "select count(*) from later").await, ["12"]);
    context.register_dataset("mine", ersst().await).unwrap();
    assert_eq!(rows(&one, "select * from mine").await, ["2"]);
    assert_eq!(rows(&other, "select count(*) from mine").await, ["12"]);
    // A session cannot take away what is not its own.
    let _ = one.sql("drop table ersst").await;
    assert!(!one.deregister("ersst"));
    assert_eq!(rows(&other, "select count(*) from ersst").await, ["12"]);
    // `shared` has no dimension: it is a table of rows.
    let mut names: Vec<String> = one.datasets().iter().map(|d| d.name.clone()).collect();
    names.sort();
    assert_eq!(names, ["ersst", "later", "mine", "own", "pop", "tree"]);
}

#[tokio::test]
async fn a_session_asks_before_it_names_a_location() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let context = context().await;
    let csv = place("a.csv");
    std::fs::write(&csv, "a\n1\n").unwrap();
    let guarded = context.new_session(Arc::new(Nowhere), None).unwrap();
    assert_eq!(rows(&guarded, "select count(*) from ersst").await, ["12"]);
    for sql in [
        format!("select * from '{csv}'"),
        format!("select * from ersst where lat in (select a from '{csv}')"),
        format!("with c as (select * from '{csv}') select * from c"),
        format!("create external table c stored as csv location '{csv}'"),
        format!("create external table c stored as zarr location '{}'", place("a.zarr")),
        format!("describe dataset '{}'", place("a.zarr")),
        format!("explain select * from '{csv}'"),
        format!("create view v as select * from '{csv}'"),
        format!("create table v as select * from '{csv}'"),
    ] {
        let error = error(&guarded, &sql).await;
        assert!(error.starts_with("may not read"), "{sql}: {error}");
    }
    for (name, format) in [("o.zarr", "zarr"), ("o.nc", "netcdf"), ("o.csv", "csv"), ("o.png", "png")] {
        for explain in ["", "explain analyze "] {
            let target = place(name);
            let sql =
                format!("{explain}copy (select lat, lon, sst from ersst limit 6) to '{target}' stored as {format}");
            let error = error(&guarded, &sql).await;
            assert!(error.starts_with("may not write"), "{sql}: {error}");
            assert!(!std::path::Path::new(&target).exists());
        }
    }
}
