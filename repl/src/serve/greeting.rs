//! What a server prints when it is ready: the lines to connect with.

use std::fmt::Write;
use std::net::SocketAddr;

use hyperslab_server::config::Config;
use hyperslab_server::serve::Server;

/// The user that is named where nobody is asked who they are.
const ANYBODY: &str = "hyperslab";

/// The lines.
pub fn text(config: &Config, server: &Server) -> String {
    let (addresses, users) = (server.addresses(), server.users());
    let user = users.names().first().copied().unwrap_or(ANYBODY);
    let encrypts = config.tls.as_ref().map(|tls| tls.required);
    let names: Vec<&str> = config.datasets.iter().map(|dataset| dataset.name.as_str()).collect();
    let database = &config.database;
    let mut text = String::new();
    let mut line = |what: &str, how: String| {
        // Writing to a `String` never fails.
        let _ = writeln!(text, "{what:<12}{how}");
    };
    line("serving", if names.is_empty() { "no dataset".into() } else { names.join(", ") });
    if let Some(at) = addresses.postgres.first() {
        let (host, port) = (at.ip(), at.port());
        let [psql, odbc, jdbc] = match encrypts {
            Some(true) => [" sslmode=require", "SSLmode=require;", "&sslmode=require"],
            _ => ["", "", ""],
        };
        line("psql", format!("psql \"host={host} port={port} dbname={database} user={user}{psql}\""));
        line(
            "ODBC",
            format!("Driver={{PostgreSQL Unicode}};Server={host};Port={port};Database={database};Uid={user};{odbc}"),
        );
        line("JDBC", format!("jdbc:postgresql://{at}/{database}?user={user}{jdbc}"));
    }
    if let Some(at) = addresses.flight.first() {
        let scheme = if encrypts.is_some() { "grpc+tls" } else { "grpc" };
        line("Flight SQL", format!("{scheme}://{at}"));
    }
    if let Some(at) = addresses.http.first() {
        line("metrics", format!("http://{at}/metrics"));
    }
    let others: Vec<String> = [&addresses.postgres, &addresses.flight, &addresses.http]
        .into_iter()
        .flat_map(|addresses| addresses.iter().skip(1))
        .map(SocketAddr::to_string)
        .collect();
    if !others.is_empty() {
        line("also at", others.join(", "));
    }
    let passwords = match config.users_file {
        None => "whoever connects from this machine is let in, without a password",
        Some(_) => "clients are asked for a password",
    };
    line("logins", format!("{passwords}; stop with Ctrl-C"));
    text
}
