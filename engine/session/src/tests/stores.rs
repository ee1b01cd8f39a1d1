//! Zarr stores by path and by URL: opened once, asked for nothing before somebody asks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyperslab_connectors::RecordingStore;
use object_store::local::LocalFileSystem;

use super::{error, rows};
use crate::Context;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data").canonicalize().unwrap()
}

/// A session in which `test://data` is the folder of test data, and the requests that are sent there.
fn recorded() -> (Context, RecordingStore) {
    let store = RecordingStore::new(Arc::new(LocalFileSystem::new_with_prefix(data()).unwrap()));
    let builder = Context::builder().environment(Vec::<(String, String)>::new()).target_partitions(2);
    (builder.store("test://data", Arc::new(store.clone())).build().unwrap(), store)
}

#[tokio::test]
async fn a_quoted_path_is_a_table() {
    let context = Context::builder().build().unwrap();
    let ostia = data().join("ostia.zarr").display().to_string();
    assert_eq!(rows(&context, &format!("select count(*) from '{ostia}'")).await, ["419904"]);
    let sql = format!("select o.Latitude from '{ostia}' o where o.latitude > 4.4 limit 1");
    assert_eq!(rows(&context, &sql).await, ["4.4444504"]);
    let lines = rows(&context, &format!("describe dataset '{ostia}'")).await;
    assert!(lines.iter().any(|l| l.contains("surface_temperature")), "{lines:?}");
    assert_eq!(rows(&context, &format!("describe '{ostia}'")).await.len(), 6);
    // A path is no name in the session.
    assert!(rows(&context, "show datasets").await.is_empty());
}

#[tokio::test]
async fn an_external_table_is_a_dataset_with_its_schema() {
    let context = Context::builder().build().unwrap();
    let ostia = data().join("ostia_v2.zarr").display().to_string();
    let create = format!("create external table Ostia stored as zarr location '{ostia}' options ('anonymous' 'true')");
    context.sql(&create).await.unwrap();
    assert_eq!(rows(&context, "select count(*) from ostia where LONGITUDE < 1").await, ["1944"]);
    assert_eq!(rows(&context, "select size from Ostia.dimensions where name = 'latitude'").await, ["18"]);
    let again = format!("create external table if not exists ostia location '{ostia}'");
    context.sql(&again).await.unwrap();
    assert_eq!(
        error(&context, &again.replace("if not exists", "")).await,
        "table `ostia` exists already; hint: `CREATE OR REPLACE EXTERNAL TABLE` takes its place"
    );
    // A table gives its place to a dataset only when asked to.
    context.sql("create table other as select 1 as a").await.unwrap();
    let other = format!("create or replace external table other location '{ostia}'");
    context.sql(&other).await.unwrap();
    assert_eq!(rows(&context, "select count(*) from other").await, ["419904"]);
    context.sql("drop table other; drop table ostia").await.unwrap_err();
    context.sql_all("drop table other; drop table ostia").await.unwrap();
    assert!(context.datasets().is_empty());
}

#[tokio::test]
async fn a_location_is_opened_once_in_a_session() {
    let (context, store) = recorded();
    assert!(store.take().is_empty(), "building a session reads nothing");
    let count = "select count(*) from 'test://data/ostia.zarr'";
    assert_eq!(rows(&context, count).await, ["419904"]);
    let opened = store.take();
    assert!(!opened.is_empty() && !opened.iter().any(|r| r.contains("surface_temperature/c")), "{opened:?}");
    assert_eq!(rows(&context, count).await, ["419904"]);
    context.open("test://data/ostia.zarr").await.unwrap();
    assert_eq!(store.take(), Vec::<String>::new());
    assert!(context.close("test://data/ostia.zarr"));
    assert!(!context.close("test://data/ostia.zarr"));
    assert_eq!(rows(&context, count).await, ["419904"]);
    assert_eq!(store.take(), opened);
}

#[tokio::test]
async fn metadata_is_answered_without_a_request() {
    let (context, store) = recorded();
    context.register("ostia", "test://data/ostia.zarr").await.unwrap();
    store.take();
    for sql in [
        "describe dataset ostia",
        "describe ostia",
        "show datasets",
        "select * from ostia.dimensions",
        "select * from ostia.variables",
        "select * from ostia.attributes",
        "select count(*) from ostia.chunks",
        "select table_name from information_schema.tables",
        "select count(*) from ostia",
        "explain select * from ostia where latitude > 0",
    ] {
        rows(&context, sql).await;
        assert_eq!(store.take(), Vec::<String>::new(), "{sql}");
    }
}

#[tokio::test]
async fn a_session_can_be_closed_to_paths() {
    let context = Context::builder().url_tables(false).build().unwrap();
    let ostia = data().join("ostia.zarr").display().to_string();
    assert!(error(&context, &format!("select * from '{ostia}'")).await.contains("reads no paths"));
    context.register("ostia", &ostia).await.unwrap();
    assert_eq!(rows(&context, "select count(*) from ostia").await, ["419904"]);
}

#[tokio::test]
async fn chunks_are_kept_for_all_sessions_out_of_the_memory_of_queries() {
    let store = RecordingStore::new(Arc::new(LocalFileSystem::new_with_prefix(data()).unwrap()));
    let context = Context::builder()
        .store("test://data", Arc::new(store.clone()))
        .memory_limit(64 << 20)
        .chunk_cache(16 << 20)
        .build()
        .unwrap();
    context.register("ostia", "test://data/ostia.zarr").await.unwrap();
    store.take();
    let sum = "select sum(surface_temperature) from ostia";
    let expected = rows(&context, sum).await;
    assert!(!store.take().is_empty());
    let other = context.new_session(Arc::new(crate::AnyLocation), None).unwrap();
    assert_eq!(rows(&other, sum).await, expected);
    assert_eq!(store.take(), Vec::<String>::new());
    let cache = context.registry().cache().unwrap();
    assert!(cache.bytes() > 0);
    assert_eq!(context.session().runtime_env().memory_pool.reserved(), cache.bytes());
}
