//! Who comes in: passwords, encryption, first messages.

use std::sync::Arc;
use std::time::Duration;

use hyperslab_server::auth::{Users, password_line};
use hyperslab_server::config::Rights;
use hyperslab_server::postgres::PostgresOptions;
use hyperslab_server::tls::Tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::NoTls;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::{Raw, Server, Setup, error_code, field, kinds, rows, trusting, with_length};

fn with_password() -> Users {
    let line = password_line("ann", "pencil, sharp").unwrap();
    Users::from_lines(&line, Default::default(), Rights::default()).unwrap()
}

/// A certificate for `localhost`, and how a client trusts it.
fn certificate(required: bool) -> (Tls, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let tls = Tls::from_files(&certificate, &key, required).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    (tls, TlsConnector::from(Arc::new(config)))
}

async fn ask_for_tls(server: &Server) -> (TcpStream, u8) {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&with_length(&80_877_103_i32.to_be_bytes())).await.unwrap();
    let mut answer = [0];
    stream.read_exact(&mut answer).await.unwrap();
    (stream, answer[0])
}

async fn encrypted(server: &Server, connector: &TlsConnector) -> TlsStream<TcpStream> {
    let (stream, answer) = ask_for_tls(server).await;
    assert_eq!(answer, b'S');
    connector.connect("localhost".try_into().unwrap(), stream).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_and_checked() {
    let server = Server::with(Setup { users: with_password(), ..Setup::default() }).await;
    let mut config = server.config();
    let (client, connection) = config.password("pencil, sharp").connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(client.query("select count(*) from ersst", &[]).await.unwrap().len(), 1);
    for (user, password) in [("ann", "pencil"), ("bob", "pencil, sharp"), ("ann", "")] {
        let error = config.user(user).password(password).connect(NoTls).await.err().unwrap();
        assert_eq!(error.code().map(|c| c.code()), Some("28P01"), "{user} {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_text_is_refused_where_encryption_is_required() {
    let (tls, connector) = certificate(true);
    let server = Server::with(Setup { users: with_password(), tls: Some(tls), ..Setup::default() }).await;
    let error = server.config().password("pencil, sharp").connect(NoTls).await.err().unwrap();
    assert_eq!(error.code().map(|c| c.code()), Some("28000"));
    let stream = encrypted(&server, &connector).await;
    let (client, connection) = server.config().password("pencil, sharp").connect_raw(stream, NoTls).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(client.query("select count(*) from ersst", &[]).await.unwrap().len(), 1);
    // Without a request for it, as PostgreSQL 17 has it.
    let stream = TcpStream::connect(server.address).await.unwrap();
    let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    let (_client, connection) = server.config().password("pencil, sharp").connect_raw(stream, NoTls).await.unwrap();
    tokio::spawn(connection);
}

#[tokio::test(flavor = "multi_thread")]
async fn encryption_that_fails_leaves_no_connection() {
    let (tls, _) = certificate(false);
    let server = Server::with(Setup { tls: Some(tls), ..Setup::default() }).await;
    let (mut stream, answer) = ask_for_tls(&server).await;
    assert_eq!(answer, b'S');
    let mut start = 196_608_i32.to_be_bytes().to_vec();
    start.extend(b"user\0ann\0\0");
    stream.write_all(&with_length(&start)).await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    // At most an alert of TLS: never an answer of the protocol.
    assert!(rest.first().is_none_or(|b| *b == 0x15), "{rest:?}");
    // What is sent along with the request, before it is encrypted, is not taken for something encrypted.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = with_length(&80_877_103_i32.to_be_bytes());
    stream.write_all(&[request, with_length(&start)].concat()).await.unwrap();
    let mut raw = Raw { stream, key: (0, 0) };
    assert_eq!(error_code(&raw.until_ready().await).as_deref(), Some("08P01"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_certificate_says_so() {
    let server = Server::start().await;
    let (mut stream, answer) = ask_for_tls(&server).await;
    assert_eq!(answer, b'N');
    stream.write_all(&with_length(&80_877_104_i32.to_be_bytes())).await.unwrap();
    let mut answer = [0];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer[0], b'N');
    let mut raw = Raw { stream, key: (0, 0) };
    raw.start(&[("user", "ann")]).await;
    let greeting = raw.until_ready().await;
    assert_eq!(kinds(&greeting), format!("R{}KZ", "S".repeat(13)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_message_sets_what_it_says() {
    let server = Server::start().await;
    let mut raw = Raw { stream: TcpStream::connect(server.address).await.unwrap(), key: (0, 0) };
    raw.start(&[
        ("user", "ann"),
        ("application_name", "tests"),
        ("options", "-c statement_timeout=5s --datestyle=German\\,\\ YMD"),
        ("_pq_.new", "1"),
    ])
    .await;
    assert_eq!(kinds(&raw.until_ready().await), format!("vR{}KZ", "S".repeat(13)));
    let answer = raw.query("show statement_timeout; show datestyle; reset all; show application_name").await;
    let shown: Vec<_> = rows(&answer).into_iter().map(|row| row[0].clone().unwrap()).collect();
    assert_eq!(shown, ["5s", "German, YMD", "tests"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_message_that_makes_no_sense_is_refused() {
    let server = Server::start().await;
    for (parameters, code) in [
        (&[("database", "hyperslab")][..], "28000"),
        (&[("user", "ann"), ("database", "other")], "3D000"),
        (&[("user", "ann"), ("nonsense", "1")], "42704"),
        (&[("user", "ann"), ("client_encoding", "EUC_JP")], "22023"),
        (&[("user", "ann"), ("replication", "true")], "0A000"),
        (&[("user", "ann"), ("options", "nonsense")], "42601"),
    ] {
        let mut raw = Raw { stream: TcpStream::connect(server.address).await.unwrap(), key: (0, 0) };
        raw.start(parameters).await;
        let answer = raw.until_ready().await;
        assert_eq!(error_code(&answer).as_deref(), Some(code), "{parameters:?}");
        assert_eq!(field(&answer[0], b'S').as_deref(), Some("FATAL"));
    }
    for bytes in [&[0, 0, 0, 9, 0, 2, 0, 0, 0][..], &[0, 0, 0, 3, 1, 2, 3, 4], &[0x7f, 0, 0, 0, 0, 3, 0, 0]] {
        let mut raw = Raw { stream: TcpStream::connect(server.address).await.unwrap(), key: (0, 0) };
        raw.send_bytes(bytes).await;
        assert_eq!(kinds(&raw.until_ready().await), "E");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_client_is_let_go() {
    let options = PostgresOptions { startup_timeout: Duration::from_millis(300), ..PostgresOptions::default() };
    let server = Server::with(Setup { options, ..Setup::default() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&[0, 0]).await.unwrap();
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(2), stream.read_to_end(&mut rest)).await;
    assert!(read.is_ok() && rest.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_connections_are_refused() {
    let rights = Rights { connections: Some(2), ..Rights::default() };
    let users = Users::trusting([("ann".to_string(), rights)].into(), Rights::default()).unwrap();
    let server = Server::with(Setup { users, ..Setup::default() }).await;
    let _held = (server.client().await, server.client().await);
    let error = server.config().connect(NoTls).await.err().unwrap();
    assert_eq!(error.code().map(|c| c.code()), Some("53300"));
    assert!(server.config().user("bob").connect(NoTls).await.is_ok());
    let _ = trusting();
}
