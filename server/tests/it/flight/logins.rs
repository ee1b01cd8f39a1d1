//! Who comes in, and how.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyperslab_server::auth::{Users, password_line, token_line};
use hyperslab_server::config::Rights;
use hyperslab_server::flight::FlightOptions;
use hyperslab_server::tls::Tls;
use tonic::Code;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

use super::{Client, Server, fetch, query, refusal, status, table, trusted};

const TOKEN: &str = "a-token-that-is-long-enough";

fn users(rights: Rights) -> Users {
    let lines = [
        password_line("alice", "open sesame").unwrap(),
        password_line("bob", "pa:ss").unwrap(),
        token_line("robot", TOKEN).unwrap(),
    ];
    Users::from_lines(&lines.join("\n"), HashMap::new(), rights).unwrap()
}

async fn server() -> Server {
    Server::with(users(Rights::default()), None, FlightOptions::default()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_gives_a_token() {
    let server = server().await;
    let mut client = server.client().await;
    assert_eq!(refusal(&mut client, "SELECT 1").await.code(), Code::Unauthenticated);
    client.handshake("alice", "open sesame").await.unwrap();
    assert!(query(&mut client, "SELECT 1").await.is_ok());
    let token = client.token().unwrap().clone();
    assert_eq!(token.len(), 64);
    // The token is the session on any connection, with what was set for it.
    query(&mut client, "SET datafusion.execution.batch_size = 77").await.unwrap();
    let mut other = server.client().await;
    other.set_token(token.clone());
    assert!(table(&mut other, "SHOW datafusion.execution.batch_size").await.contains("| 77"));
    assert_eq!(server.hub.open_sessions().len(), 1);
    other.set_token(format!("{}0", &token[..63]));
    assert_eq!(refusal(&mut other, "SELECT 1").await.code(), Code::Unauthenticated);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_logins_are_refused_alike() {
    let server = server().await;
    let mut messages = Vec::new();
    for (user, password) in [("alice", "wrong"), ("alice", ""), ("nobody", "x")] {
        let mut client = server.client().await;
        let error = client.handshake(user, password).await.unwrap_err().to_string();
        assert!(error.contains("password"), "{error}");
        messages.push(error.replace(user, "?"));
        assert_eq!(refusal(&mut client, "SELECT 1").await.code(), Code::Unauthenticated);
    }
    assert!(messages.iter().all(|m| *m == messages[0]), "{messages:?}");
    for header in ["Basic !!!", "Basic", "Basic YWxpY2U", "Bearer x", "Negotiate abc", "Bearer"] {
        let mut client = server.client().await;
        client.set_header("authorization", header);
        assert_eq!(refusal(&mut client, "SELECT 1").await.code(), Code::Unauthenticated, "{header}");
    }
    assert_eq!(server.hub.open_sessions().len(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_or_a_configured_token_may_come_with_each_call() {
    let server = server().await;
    let mut client = server.client().await;
    client.set_header("authorization", format!("Basic {}", BASE64_STANDARD.encode("bob:pa:ss")));
    query(&mut client, "SET datafusion.execution.batch_size = 77").await.unwrap();
    assert!(table(&mut client, "SHOW datafusion.execution.batch_size").await.contains("| 77"));
    let mut robot = server.client().await;
    robot.set_token(TOKEN.into());
    assert!(query(&mut robot, "SELECT 1").await.is_ok());
    assert_eq!(server.hub.open_sessions().len(), 2);
    drop((client, robot));
    // The sessions end with the connections.
    for _ in 0..100 {
        if server.hub.open_sessions().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.hub.open_sessions().len(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_of_no_use_to_another_user() {
    let server = server().await;
    let mut alice = server.client().await;
    alice.handshake("alice", "open sesame").await.unwrap();
    let mut bob = server.client().await;
    bob.handshake("bob", "pa:ss").await.unwrap();
    let info = alice.execute("SELECT 42".into(), None).await.unwrap();
    let stolen = status(fetch(&mut bob, info.clone()).await.unwrap_err());
    assert_eq!(stolen.code(), Code::NotFound);
    assert!(fetch(&mut alice, info).await.is_ok(), "the theft has spoilt the ticket");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_tickets_end_when_nobody_uses_them() {
    let options = FlightOptions {
        session_idle: Duration::from_millis(400),
        ticket_lifetime: Duration::from_millis(300),
        ..FlightOptions::default()
    };
    let server = Server::with(trusted(Rights::default()), None, options).await;
    let mut client = server.client().await;
    client.handshake("alice", "").await.unwrap();
    let info = client.execute("SELECT 42".into(), None).await.unwrap();
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(query(&mut client, "SELECT 1").await.is_ok(), "a session in use has ended");
    }
    assert_eq!(status(fetch(&mut client, info).await.unwrap_err()).code(), Code::NotFound);
    tokio::time::sleep(Duration::from_millis(900)).await;
    let ended = refusal(&mut client, "SELECT 1").await;
    assert_eq!(ended.code(), Code::Unauthenticated, "{ended}");
    assert!(ended.message().contains("log in again"), "{ended}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_connections_are_closed_ends_early() {
    let options = FlightOptions { session_orphaned: Duration::from_millis(200), ..FlightOptions::default() };
    let server = Server::with(trusted(Rights::default()), None, options).await;
    let mut client = server.client().await;
    client.handshake("alice", "").await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(server.hub.open_sessions().len(), 1);
    drop(client);
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(server.hub.open_sessions().len(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_as_many_sessions_as_are_granted() {
    let rights = Rights { connections: Some(2), ..Rights::default() };
    let server = Server::with(trusted(rights), None, FlightOptions::default()).await;
    let mut clients = [server.client().await, server.client().await, server.client().await];
    for client in &mut clients[..2] {
        assert!(query(client, "SELECT 1").await.is_ok());
    }
    let third = refusal(&mut clients[2], "SELECT 1").await;
    assert_eq!(third.code(), Code::ResourceExhausted, "{third}");
    assert!(query(&mut clients[0], "SELECT 1").await.is_ok());
    server.stop().await;
}

fn certificate() -> (Tls, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let file = |text: &str| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    };
    let (chain, key) = (file(&made.cert.pem()), file(&made.signing_key.serialize_pem()));
    (Tls::from_files(chain.path(), key.path(), true).unwrap(), made.cert.pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_nobody_comes_in_without_tls() {
    let (tls, pem) = certificate();
    let server = Server::with(users(Rights::default()), Some(tls), FlightOptions::default()).await;
    let plain = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    let plain = Client::new(plain.connect_lazy()).handshake("alice", "open sesame").await;
    assert!(plain.is_err());

    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)).domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://{}", server.address)).unwrap().tls_config(tls).unwrap();
    let mut client = Client::new(endpoint.connect().await.unwrap());
    client.handshake("alice", "open sesame").await.unwrap();
    assert!(query(&mut client, "SELECT 1").await.is_ok());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_sockets_are_closed() {
    let options = FlightOptions { greeting: Duration::from_millis(300), sockets: 2, ..FlightOptions::default() };
    let server = Server::with(trusted(Rights::default()), None, options).await;
    let silent: Vec<_> = [
        tokio::net::TcpStream::connect(server.address).await.unwrap(),
        tokio::net::TcpStream::connect(server.address).await.unwrap(),
    ]
    .into();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let mut client = server.client().await;
    assert!(query(&mut client, "SELECT 1").await.is_ok());
    drop(silent);
    server.stop().await;
}
