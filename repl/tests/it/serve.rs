//! `hyperslab serve` as a process: what it prints, who may come in, how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use crate::{answer_of, hyperslab, sample, text};

/// How long a server may take to start or to end on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs, on ports of its own.
pub struct Server {
    child: Child,
    /// What it printed.
    pub greeting: String,
}

impl Server {
    /// Starts `hyperslab serve` and waits until it is ready. Ports that the arguments state are replaced by free ones.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut arguments: Vec<String> = arguments.iter().map(|a| a.to_string()).collect();
        for flag in ["--port", "--flight-port", "--http-port"] {
            match arguments.iter().position(|a| a == flag) {
                Some(at) => arguments[at + 1] = "0".into(),
                None => arguments.extend([flag.into(), "0".into()]),
            }
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_hyperslab"))
            .arg("serve")
            .args(&arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = String::new();
        loop {
            let Some(line) = lines.next() else {
                let output = child.wait_with_output().unwrap();
                panic!("{arguments:?} ended: {}", text(&output.stderr));
            };
            let line = line.unwrap();
            greeting.push_str(&line);
            greeting.push('\n');
            if line.starts_with("logins") {
                return Self { child, greeting };
            }
        }
    }

    fn line(&self, what: &str) -> &str {
        self.greeting
            .lines()
            .find_map(|line| line.strip_prefix(what))
            .unwrap_or_else(|| panic!("{what}: {}", self.greeting))
            .trim()
    }

    fn port(&self) -> u16 {
        let (_, rest) = self.line("psql").split_once("port=").unwrap();
        rest.split(' ').next().unwrap().parse().unwrap()
    }

    fn http(&self, path: &str) -> String {
        let address = self.line("metrics").strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends a signal.
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Stops it as a service manager does. It has to end well.
    pub fn stop(self) -> Output {
        self.signal("TERM");
        self.ended()
    }

    fn ended(mut self) -> Output {
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < PATIENCE, "the server does not end");
            // No executor waits here.
            #[allow(clippy::disallowed_methods)]
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut stderr = Vec::new();
        self.child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
        Output { status: self.child.wait().unwrap(), stdout: Vec::new(), stderr }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn connect(port: u16, user: &str, password: Option<&str>) -> Result<Client, tokio_postgres::Error> {
    let mut config = Config::new();
    config.host("127.0.0.1").port(port).user(user).dbname("hyperslab");
    if let Some(password) = password {
        config.password(password);
    }
    let (client, connection) = patiently(config.connect(NoTls)).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Awaits, but not for ever: a server that hangs fails its test.
async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("the server answers")
}

async fn value(client: &Client, sql: &str) -> Result<String, tokio_postgres::Error> {
    let rows = patiently(client.simple_query(sql)).await?;
    Ok(rows
        .iter()
        .find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_string),
            _ => None,
        })
        .unwrap_or_default())
}

fn here() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn dataset() -> String {
    sample().join("ersst.zarr").display().to_string()
}

#[tokio::test]
async fn a_dataset_is_served_on_loopback_and_the_lines_to_connect_with_are_printed() {
    let server = Server::start(here().path(), &[&dataset()]);
    let port = server.port();
    assert_eq!(server.line("serving"), "ersst");
    assert_eq!(server.line("psql"), format!("psql \"host=127.0.0.1 port={port} dbname=hyperslab user=hyperslab\""));
    assert_eq!(
        server.line("ODBC"),
        format!("Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={port};Database=hyperslab;Uid=hyperslab;")
    );
    assert_eq!(server.line("JDBC"), format!("jdbc:postgresql://127.0.0.1:{port}/hyperslab?user=hyperslab"));
    assert!(server.line("Flight SQL").starts_with("grpc://127.0.0.1:"), "{}", server.greeting);

    let client = connect(port, "anybody", None).await.unwrap();
    let expected = answer_of(
        &hyperslab(&["-q", "--format", "csv", &dataset(), "-c", "SELECT count(sst) FROM ersst"]).output().unwrap(),
    );
    assert_eq!(value(&client, "SELECT count(sst) FROM ersst").await.unwrap(), expected.lines().nth(1).unwrap());
    // What nobody was granted is refused.
    for sql in [
        format!("SELECT count(*) FROM '{}'", dataset()),
        "COPY (SELECT 1 AS a) TO 'x.csv'".to_string(),
        format!("CREATE EXTERNAL TABLE x LOCATION '{}'", dataset()),
    ] {
        let error = value(&client, &sql).await.unwrap_err();
        assert_eq!(error.code().map(|c| c.code()), Some("42501"), "{sql}: {error:?}");
    }

    assert!(server.http("/healthz").starts_with("HTTP/1.1 200"), "{}", server.http("/healthz"));
    assert!(server.http("/x").starts_with("HTTP/1.1 404"));
    let metrics = server.http("/metrics");
    for line in [
        "hyperslab_statements_total{user=\"anybody\",protocol=\"postgres\",outcome=\"ok\"} 1",
        "hyperslab_statements_total{user=\"anybody\",protocol=\"postgres\",outcome=\"error\"} 3",
        "hyperslab_connections_open{protocol=\"postgres\"} 1",
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line}: {metrics}");
    }

    let output = server.stop();
    assert_eq!(output.status.code(), Some(0));
    let log = text(&output.stderr);
    let line = log.lines().find(|line| line.contains("SELECT count(sst)")).unwrap_or_else(|| panic!("{log}"));
    for part in [
        "user=\"anybody\"",
        "protocol=\"postgres\"",
        "text=\"SELECT count(sst) FROM ersst\"",
        "rows=1",
        "chunks=",
        "bytes=",
        "ms=",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("chunks=0 "), "{line}");
}

#[tokio::test]
async fn a_user_of_the_file_comes_in_with_the_password_alone() {
    let folder = here();
    let mut line = hyperslab(&["passwd", "ann"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    line.stdin.take().unwrap().write_all("Füller und Tinte\n".as_bytes()).unwrap();
    let line = answer_of(&line.wait_with_output().unwrap());
    assert!(line.starts_with("ann:SCRAM-SHA-256$4096:") && !line.contains("Tinte"), "{line}");
    std::fs::write(folder.path().join("users"), line).unwrap();
    let log = ["--set", "log.format=json", "--set", "log.target=server.log"];
    let server = Server::start(folder.path(), &[&["--users", "users", &dataset()], log.as_slice()].concat());
    let client = connect(server.port(), "ann", Some("Füller und Tinte")).await.unwrap();
    assert_eq!(value(&client, "SELECT 1").await.unwrap(), "1");
    for (user, password) in [("ann", Some("Füller")), ("bob", Some("Füller und Tinte")), ("ann", None)] {
        let error = connect(server.port(), user, password).await.err().unwrap();
        assert!(password.is_none() || error.code().map(|c| c.code()) == Some("28P01"), "{user}: {error:?}");
    }
    assert!(server.http("/metrics").contains("hyperslab_logins_refused_total 2"), "{}", server.http("/metrics"));
    drop(client);
    server.stop();
    let log = std::fs::read_to_string(folder.path().join("server.log")).unwrap();
    assert!(log.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{log}");
    assert!(log.contains("\"text\":\"SELECT 1\"") && log.contains("\"user\":\"ann\""), "{log}");
}

/// Computes for a long time: it holds each cell against each pair of others.
const LONG: &str = "SELECT count(*) FROM ersst a, ersst b, ersst c WHERE a.sst + b.sst < c.sst";

#[tokio::test]
async fn a_server_that_is_told_to_stop_stops_what_runs() {
    let server = Server::start(here().path(), &[&dataset()]);
    let client = connect(server.port(), "ann", None).await.unwrap();
    let running = tokio::spawn(async move { value(&client, LONG).await });
    until(|| server.http("/metrics").contains("hyperslab_statements_running 1")).await;
    let start = Instant::now();
    server.signal("INT");
    let error = running.await.unwrap().unwrap_err();
    assert!(error.code().is_none_or(|c| c.code() == "57P01"), "{error:?}");
    let output = server.ended();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_with_grace_lets_statements_end_and_takes_no_more() {
    let server = Server::start(here().path(), &[&dataset(), "--set", "shutdown_grace=2s"]);
    let client = connect(server.port(), "ann", None).await.unwrap();
    let running = tokio::spawn(async move { value(&client, LONG).await });
    until(|| server.http("/metrics").contains("hyperslab_statements_running 1")).await;
    let start = Instant::now();
    server.signal("TERM");
    until(|| server.http("/healthz").starts_with("HTTP/1.1 503")).await;
    let refused = connect(server.port(), "ann", None).await.err().unwrap();
    assert_eq!(refused.code().map(|c| c.code()), Some("57P01"), "{refused:?}");
    running.await.unwrap().unwrap_err();
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(server.ended().status.code(), Some(0));
}

async fn until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "it never holds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn what_cannot_be_served_is_told_in_one_line() {
    let folder = here();
    std::fs::write(folder.path().join("bad.toml"), "conections = 1\n").unwrap();
    for (arguments, code, message) in [
        (vec!["--config", "bad.toml"], 2, "error: bad.toml: `conections` is no key; hint: did you mean `connections`?"),
        (vec!["--config", "none.toml"], 2, "error: cannot read `none.toml`"),
        (vec!["--host", "0.0.0.0"], 2, "error: `postgres.host` is `0.0.0.0`, expected an address of loopback"),
        (vec!["--users", "none", "--port", "0"], 1, "error: `users_file` is `none`, which cannot be read"),
        (vec!["--port", "0", "--flight-port", "0", "none.zarr"], 1, "error: dataset `none` cannot be opened: "),
        (vec!["--set", "memory"], 2, "error: `memory` is no setting, expected `KEY=VALUE`"),
        (vec!["--set", "options.hyperslab.scan.prefech=1"], 1, "error: `options`: "),
        (vec!["a.zarr", "x/a.zarr"], 2, "error: `a.zarr` and `x/a.zarr` are both called `a`"),
    ] {
        let output = hyperslab(&[]).arg("serve").args(&arguments).current_dir(&folder).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.starts_with(message) && told.lines().count() == 1, "{arguments:?}: {told}");
    }
    let empty = hyperslab(&["passwd", "ann"]).output().unwrap();
    assert!(!empty.status.success() && text(&empty.stderr).contains("the password is empty"));
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = hyperslab(&["serve", "--port", &port, &dataset()]).output().unwrap();
    let told = text(&output.stderr);
    assert!(told.starts_with(&format!("error: cannot listen on `127.0.0.1:{port}`: ")), "{told}");
    assert!(told.contains("hint: another port with `postgres.port`"), "{told}");
}

#[test]
fn the_page_of_the_server_has_every_key() {
    let page = crate::root().join("docs/server.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let head = "| key | takes | without it | does |\n|---|---|---|---|\n";
    let (before, rest) = text.split_once(head).unwrap();
    let (found, after) = rest.split_once("\n## ").unwrap();
    let rows: String = hyperslab_server::config::KEYS
        .iter()
        .map(|key| format!("| `{}` | {} | {} | {} |\n", key.name, key.value, key.default, key.says))
        .collect();
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        std::fs::write(&page, format!("{before}{head}{rows}\n## {after}")).unwrap();
        return;
    }
    assert_eq!(found, rows, "UPDATE_EXAMPLES=1 writes it");
}
