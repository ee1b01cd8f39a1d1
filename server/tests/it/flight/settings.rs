//! What a client sets for its own session.

use std::collections::HashMap;

use arrow_flight::sql::EndTransaction;
use prost::Message;
use tonic::Code;

use super::{Client, Server, act, query, refusal, status, table};

/// The messages of the protocol, as far as they are needed here.
#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
    #[prost(bool, optional, tag = "2")]
    bool: Option<bool>,
    #[prost(sfixed64, optional, tag = "3")]
    integer: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Options {
    #[prost(map = "string, message", tag = "1")]
    options: HashMap<String, Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Reason {
    #[prost(int32, tag = "1")]
    value: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Reasons {
    #[prost(map = "string, message", tag = "1")]
    errors: HashMap<String, Reason>,
}

fn text(value: &str) -> Value {
    Value { text: Some(value.into()), ..Value::default() }
}

async fn set(client: &mut Client, options: &[(&str, Value)]) -> Vec<(String, i32)> {
    let options = options.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
    let answer = act(client, "SetSessionOptions", Options { options }.encode_to_vec()).await.unwrap();
    let mut errors: Vec<_> = Reasons::decode(answer).unwrap().errors.into_iter().map(|(n, r)| (n, r.value)).collect();
    errors.sort();
    errors
}

async fn get(client: &mut Client) -> HashMap<String, Value> {
    Options::decode(act(client, "GetSessionOptions", Vec::new()).await.unwrap()).unwrap().options
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_a_session_are_set_and_told() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let before = get(&mut client).await;
    assert_eq!(before["schema"], text("public"));
    assert_eq!(before["statement_timeout"].integer, Some(0));
    let errors = set(
        &mut client,
        &[
            ("schema", text("era")),
            ("statement_timeout", text("5s")),
            ("arrow_views", Value { bool: Some(true), ..Value::default() }),
            ("datafusion.execution.batch_size", Value { integer: Some(100), ..Value::default() }),
        ],
    )
    .await;
    assert_eq!(errors, []);
    let after = get(&mut client).await;
    assert_eq!(after["schema"], text("era"));
    assert_eq!(after["statement_timeout"].integer, Some(5000));
    assert_eq!(after["arrow_views"].bool, Some(true));
    // Names are looked up in the schema.
    assert!(query(&mut client, "SELECT name FROM variables").await.is_ok());
    // Another session has its own.
    assert_eq!(get(&mut server.client().await).await["schema"], text("public"));

    let errors = set(
        &mut client,
        &[
            ("schema", text("nowhere")),
            ("statement_timeout", text("soon")),
            ("no_such_option", text("1")),
            ("datafusion.execution.batch_size", text("many")),
            ("x.y'; DROP TABLE era; --", text("1")),
        ],
    )
    .await;
    assert_eq!(errors.len(), 5, "{errors:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn set_holds_for_its_own_session() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut other = server.client().await;
    query(&mut client, "SET datafusion.execution.batch_size = 77").await.unwrap();
    let shown = table(&mut client, "SHOW datafusion.execution.batch_size").await;
    assert!(shown.contains("| 77"), "{shown}");
    assert!(!table(&mut other, "SHOW datafusion.execution.batch_size").await.contains("| 77"));
    assert_eq!(client.execute_update("SET datafusion.execution.batch_size = 78".into(), None).await.unwrap(), -1);
    for sql in ["SET datafusion.runtime.memory_limit = '1G'", "SET datafusion.catalog.default_schema = 'x'"] {
        assert_eq!(refusal(&mut client, sql).await.code(), Code::PermissionDenied, "{sql}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_begins_and_ends() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let id = client.begin_transaction().await.unwrap();
    assert!(client.execute("SELECT 1".into(), Some(id.clone())).await.is_ok());
    client.end_transaction(id.clone(), EndTransaction::Commit).await.unwrap();
    let ended = status(client.execute("SELECT 1".into(), Some(id)).await.unwrap_err());
    assert_eq!(ended.code(), Code::InvalidArgument);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_its_client_closes_it() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.handshake("alice", "").await.unwrap();
    assert!(query(&mut client, "SELECT 1").await.is_ok());
    assert_eq!(server.hub.open_sessions().len(), 1);
    assert_eq!(act(&mut client, "CloseSession", Vec::new()).await.unwrap().as_ref(), [8, 1]);
    let closed = refusal(&mut client, "SELECT 1").await;
    assert_eq!(closed.code(), Code::Unauthenticated, "{closed}");
    // Its token is gone, and soon the session.
    client.clear_token();
    assert!(query(&mut client, "SELECT 1").await.is_ok());
    assert_eq!(server.hub.open_sessions().len(), 1);
    server.stop().await;
}
