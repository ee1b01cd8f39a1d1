//! Building sessions: options, limits, an existing session underneath.

use datafusion::arrow::array::{Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;

use super::{context, error, ersst, rows};
use crate::Context;
use crate::error::one_line;

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
