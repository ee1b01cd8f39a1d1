//! What a user has no right to, and what goes over a limit.

use arrow_flight::sql::{
    ActionBeginSavepointRequest, CommandStatementIngest, CommandStatementSubstraitPlan, ProstMessageExt,
};
use futures::stream;
use hyperslab_server::config::Rights;
use hyperslab_server::flight::FlightOptions;
use prost::Message;
use tonic::Code;

use super::{Server, act, data, info_of, query, refusal, status, trusted};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_only_reads() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out.csv");
    for sql in [
        format!("COPY (SELECT 1) TO '{}'", target.display()),
        format!("CREATE EXTERNAL TABLE t STORED AS ZARR LOCATION '{}'", data("steps.zarr").display()),
        format!("SELECT * FROM '{}'", data("steps.zarr").display()),
        "DROP TABLE era".into(),
        "CREATE TABLE t AS SELECT 1".into(),
        "INSERT INTO era VALUES (1)".into(),
        "DELETE FROM era".into(),
    ] {
        let refused = refusal(&mut client, &sql).await;
        assert_eq!(refused.code(), Code::PermissionDenied, "{sql}: {refused}");
        let refused = status(client.execute_update(sql.clone(), None).await.unwrap_err());
        assert_eq!(refused.code(), Code::PermissionDenied, "{sql}: {refused}");
        if let Ok(mut prepared) = client.prepare(sql.clone(), None).await {
            let refused = status(prepared.execute_update().await.unwrap_err());
            assert_eq!(refused.code(), Code::PermissionDenied, "{sql}: {refused}");
        }
    }
    assert!(!target.exists());
    assert!(query(&mut client, "SELECT count(*) FROM era").await.is_ok());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_granted_runs_once() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let rights = Rights { write: vec![root.to_str().unwrap().to_string()], ..Rights::default() };
    let server = Server::with(trusted(rights), None, FlightOptions::default()).await;
    let mut client = server.client().await;
    let copy = |name: &str| {
        format!("COPY (SELECT * FROM generate_series(1, 5)) TO '{}' STORED AS CSV", root.join(name).display())
    };
    assert_eq!(client.execute_update(copy("a.csv"), None).await.unwrap(), 5);
    let mut prepared = client.prepare(copy("b.csv"), None).await.unwrap();
    assert!(!root.join("b.csv").exists(), "preparing has run the statement");
    assert_eq!(prepared.execute_update().await.unwrap(), 5);
    let batches = query(&mut client, &copy("c.csv")).await.unwrap();
    assert!(super::shown(&batches).contains("| 5"), "{}", super::shown(&batches));
    for name in ["a.csv", "b.csv", "c.csv"] {
        assert!(root.join(name).exists(), "{name}");
    }
    let outside = folder.path().parent().unwrap().join("outside.csv");
    let refused = refusal(&mut client, &format!("COPY (SELECT 1) TO '{}'", outside.display())).await;
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_over_its_limit_is_stopped() {
    let rights = Rights { scanned_bytes: Some(200_000), ..Rights::default() };
    let server = Server::with(trusted(rights), None, FlightOptions::default()).await;
    let mut client = server.client().await;
    let over = refusal(&mut client, "SELECT sum(value) FROM slow").await;
    assert_eq!(over.code(), Code::ResourceExhausted, "{over}");
    assert!(over.message().contains("200000"), "{over}");
    server.reads.end().await;

    let options = FlightOptions { tickets: 3, prepared: 3, ..FlightOptions::default() };
    let server = Server::with(trusted(Rights::default()), None, options).await;
    let mut client = server.client().await;
    for _ in 0..3 {
        client.execute("SELECT 1".into(), None).await.unwrap();
        client.prepare("SELECT 1".into(), None).await.unwrap();
    }
    let over = status(client.execute("SELECT 1".into(), None).await.unwrap_err());
    assert_eq!(over.code(), Code::ResourceExhausted, "{over}");
    let over = status(client.prepare("SELECT 1".into(), None).await.map(|_| ()).unwrap_err());
    assert_eq!(over.code(), Code::ResourceExhausted, "{over}");
    // A message that is too large, and a statement that is too long.
    let over = status(client.execute(" ".repeat(20 << 20), None).await.unwrap_err());
    assert_eq!(over.code(), Code::OutOfRange, "{over}");
    let over = status(client.execute(" ".repeat(2 << 20), None).await.unwrap_err());
    assert_eq!(over.code(), Code::ResourceExhausted, "{over}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_here_is_said_to_be_so() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let plan = info_of(&mut client, CommandStatementSubstraitPlan::default()).await.unwrap_err();
    assert_eq!(plan.code(), Code::Unimplemented, "{plan}");
    let save = ActionBeginSavepointRequest::default().as_any().encode_to_vec();
    let save = act(&mut client, "BeginSavepoint", save).await.unwrap_err();
    assert_eq!(save.code(), Code::Unimplemented, "{save}");
    let other = act(&mut client, "Dance", Vec::new()).await.unwrap_err();
    assert_eq!(other.code(), Code::InvalidArgument, "{other}");
    let ingest = CommandStatementIngest { table: "t".into(), ..Default::default() };
    let ingest = status(client.execute_ingest(ingest, stream::iter([])).await.unwrap_err());
    assert!(matches!(ingest.code(), Code::PermissionDenied | Code::InvalidArgument), "{ingest}");
    server.stop().await;
}
