//! What the configuration takes, and how it says what is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn parse(text: &str) -> Config {
    Config::parse(text, &[], &[]).unwrap()
}

fn refused(text: &str) -> String {
    let error = Config::parse(text, &[], &[]).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error
}

#[test]
fn an_empty_configuration_listens_on_loopback_and_trusts() {
    let config = parse("");
    assert_eq!(config.postgres, ["127.0.0.1:5432".parse().unwrap()]);
    assert_eq!(config.flight, ["127.0.0.1:32010".parse().unwrap()]);
    assert!(config.http.is_empty());
    assert_eq!(config.database, "hyperslab");
    assert_eq!(config.connections, 200);
    assert_eq!((config.memory, config.chunk_cache, config.statements), (Some(4 << 30), Some(1 << 30), None));
    assert_eq!(config.shutdown_grace, Duration::ZERO);
    assert_eq!(config.rights, Rights::default());
    assert!(config.load_users().unwrap().trusts("127.0.0.1:9".parse().unwrap()));
    assert!(config.load_tls().unwrap().is_none());
}

#[test]
fn every_key_is_read() {
    let config = parse(
        r#"
        host = ["127.0.0.1", "[::1]"]
        database = "climate"
        connections = 20
        memory = "8 GiB"
        chunk_cache = "off"
        statements = 3
        threads = 4
        partitions = 2
        shutdown_grace = "2s"
        postgres.port = 5433
        flight = { port = "off" }
        http = { port = 0, host = "127.0.0.1" }
        log = { target = "server.log", format = "json" }
        tls = { certificate = "a.pem", key = "b.pem", required = false }

        [datasets]
        ersst = "data/ersst.zarr"
        [datasets.sst]
        location = "s3://bucket/sst"
        format = "ZARR"
        options = { "aws.region" = "eu-west-1", anonymous = true }

        [options]
        hyperslab.scan.prefetch_chunks = 8
        "datafusion.execution.batch_size" = "4096"

        [rights]
        read = ["data", "s3://bucket/open"]
        statement_timeout = "5min"
        scanned_bytes = "10 GB"

        [groups.analysts]
        write = "/out"
        memory = "1 GiB"

        [users.ann]
        group = "analysts"
        connections = 3
        statement_timeout = 500
        "#,
    );
    assert_eq!(config.postgres, ["127.0.0.1:5433".parse().unwrap(), "[::1]:5433".parse().unwrap()]);
    assert!(config.flight.is_empty());
    assert_eq!(config.http, ["127.0.0.1:0".parse().unwrap()]);
    assert_eq!((config.connections, config.threads, config.partitions), (20, Some(4), Some(2)));
    assert_eq!((config.memory, config.shutdown_grace), (Some(8 << 30), Duration::from_secs(2)));
    assert_eq!((config.chunk_cache, config.statements), (None, Some(3)));
    assert_eq!(config.log, Log { target: LogTarget::File("server.log".into()), json: true });
    assert!(!config.tls.unwrap().required);
    assert_eq!(config.datasets[0].location, "data/ersst.zarr");
    assert_eq!(config.datasets[1].format.as_deref(), Some("ZARR"));
    assert_eq!(config.datasets[1].options.names().collect::<Vec<_>>(), ["anonymous", "aws.region"]);
    let options: HashMap<String, String> = config.options.into_iter().collect();
    assert_eq!(options["hyperslab.scan.prefetch_chunks"], "8");
    assert_eq!(options["datafusion.execution.batch_size"], "4096");
    assert_eq!(config.rights.statement_timeout, Some(Duration::from_secs(300)));
    let ann = &config.users["ann"];
    assert_eq!(ann.read, ["data", "s3://bucket/open"]);
    assert_eq!(ann.write, ["/out"]);
    assert_eq!((ann.connections, ann.memory, ann.scanned_bytes), (Some(3), Some(1 << 30), Some(10_000_000_000)));
    assert_eq!(ann.statement_timeout, Some(Duration::from_millis(500)));
}

#[test]
fn a_key_that_is_unknown_names_the_nearest() {
    assert_eq!(
        refused("conections = 3"),
        "`conections` is no key; hint: did you mean `connections`? valid: `host`, `postgres`, `flight`, `http`, \
         `database`, `authentication`, `users_file`, `connections`, `memory`, `chunk_cache`, `statements`, `threads`, \
         `partitions`, `shutdown_grace`, `tls`, `log`, `datasets`, `options`, `rights`, `groups` and 1 more"
    );
    assert_eq!(
        refused("[postgres]\nprot = 1"),
        "`postgres.prot` is no key; hint: did you mean `port`? valid: `port`, `host`"
    );
    for text in [
        "[datasets.a]\nlocation = 'x'\nformt = 'ZARR'",
        "[groups.a]\nraed = []",
        "[users.a]\ngrup = 'b'",
        "[rights]\ngroup = 'b'",
        "[tls]\ncert = 'x'",
    ] {
        assert!(refused(text).contains("is no key; hint: "), "{}", refused(text));
    }
}

#[test]
fn a_value_that_does_not_fit_names_its_key() {
    for (text, message) in [
        ("postgres.port = 99999", "`postgres.port` is `99999`, expected a port from 0 to 65535, or `off`"),
        ("http.port = 'x'", "`http.port` is `x`, expected a port from 0 to 65535, or `off`"),
        ("connections = 0", "`connections` is `0`, expected a whole number from 1 on"),
        ("connections = -1", "`connections` is `-1`, expected a whole number from 1 on"),
        ("connections = 1.5", "`connections` is `1.5`, expected a whole number from 1 on"),
        ("memory = '1 PB'", "`memory` is `1 PB`, expected a size such as `4 GiB`, or `none`"),
        ("chunk_cache = 0", "`chunk_cache` is `0`, expected a size such as `1 GiB`, or `off`"),
        (
            "memory = '1 GiB'\nchunk_cache = '1 GiB'",
            "`chunk_cache` is `1073741824` bytes, expected less than `memory`, of which it is a part: 1073741824 bytes",
        ),
        ("memory = '99999999999 TiB'", "`memory` is `99999999999 TiB`, expected a size such as `4 GiB`, or `none`"),
        ("shutdown_grace = 'soon'", "`shutdown_grace` is `soon`, expected a duration such as `500ms`, `30s` or `5min`"),
        ("database = ' '", "`database` is ` `, expected a name"),
        ("database = 3", "`database` is `3`, expected a name"),
        ("authentication = 'md5'", "`authentication` is `md5`, expected `trust` or `scram`"),
        ("authentication = 'scram'", "`authentication` is `scram`, expected a `users_file` too"),
        (
            "authentication = 'trust'\nusers_file = 'x'",
            "`authentication` is `trust`, expected `scram`, since there is a `users_file`",
        ),
        ("tls.required = 'yes'", "`tls.required` is `yes`, expected `true` or `false`"),
        ("tls.required = true", "`tls.required` is `true`, expected `tls.certificate` and `tls.key` too"),
        ("tls.key = 'a'", "`tls.key` is set, expected `tls.certificate` too"),
        ("tls.certificate = 'a'", "`tls.certificate` is set, expected `tls.key` too"),
        ("log.format = 'xml'", "`log.format` is `xml`, expected `text` or `json`"),
        ("log = 'x'", "`log` is `x`, expected a section, `[log]`"),
        ("memory = { a = 1 }", "`memory` is `{…}`, expected a value, not a section"),
        ("datasets = 'x'", "`datasets` is `x`, expected a section, `[datasets]`"),
        ("datasets.a = 3", "`datasets.a` is `3`, expected a path or a URL"),
        ("datasets.a.format = 'ZARR'", "`datasets.a` has no `location`, expected a path or a URL"),
        (
            "datasets.a = 's3://'",
            "`datasets.a.location`: location `s3://` names no bucket or host, expected `s3://host/path`",
        ),
        ("users.ann.group = 'x'", "`users.ann.group` is `x`, expected a group of `groups`; hint: there are none"),
        (
            "rights.scanned_bytes = 'all'",
            "`rights.scanned_bytes` is `all`, expected a size such as `512 MiB` or `4 GB`",
        ),
        (
            "host = []",
            "`host` is `[]`, expected an address such as `127.0.0.1`, a name of this machine, or a list of these",
        ),
        (
            "postgres.port = 'off'\nflight.port = 'off'",
            "`postgres.port` and `flight.port` are both `off`, expected one of them to be on",
        ),
        ("a = ", "line 1: "),
        ("options = 3", "`options` is `3`, expected a table"),
        ("options.x = [1]", "`options.x` is `[1]`, expected a text, a number or a truth"),
    ] {
        let error = refused(text);
        assert!(error.starts_with(message), "{text}: {error}");
    }
    let error = refused("rights.read = '/data/../etc'");
    assert_eq!(error, "`rights.read` is `/data/../etc`, expected a path or a URL (it has a part `..`)");
    let error = refused("datasets.a = { location = 'x', options = { 'aws.regoin' = 'x' } }");
    assert!(error.starts_with("`datasets.a.options`: unknown option `aws.regoin`; hint: did you mean"), "{error}");
}

#[test]
fn trust_is_refused_where_strangers_reach_the_server() {
    for text in ["host = '0.0.0.0'", "postgres.host = ['127.0.0.1', '0.0.0.0']", "http = { host = '::', port = 1 }"] {
        let error = refused(text);
        assert!(error.contains("since `authentication` is `trust`"), "{error}");
        assert!(error.contains("hint: `users_file`"), "{error}");
    }
    // A port that is off lets nobody in.
    parse("http.host = '0.0.0.0'");
}

#[test]
fn passwords_are_not_sent_in_plain_text() {
    let error = refused("users_file = 'x'\nhost = '0.0.0.0'");
    assert!(error.starts_with("`flight.host` is `0.0.0.0`, expected an address of loopback"), "{error}");
    parse("users_file = 'x'\nhost = '0.0.0.0'\ntls = { certificate = 'a', key = 'b' }");
    parse("users_file = 'x'\nhost = '0.0.0.0'\nflight.port = 'off'");
}

#[test]
fn flags_go_before_the_file() {
    let flags = [("postgres.port", "0"), ("rights.read", "/a"), ("rights.read", "/b"), ("options.a.b", "c")]
        .map(|(key, value)| (key.to_string(), value.to_string()));
    let datasets = [("ersst".to_string(), "other.zarr".to_string())];
    let text = "postgres = { port = 1, host = '127.0.0.2' }\ndatasets.ersst = 'ersst.zarr'\ndatasets.pop = 'pop.zarr'";
    let config = Config::parse(text, &flags, &datasets).unwrap();
    assert_eq!(config.postgres, ["127.0.0.2:0".parse().unwrap()]);
    assert_eq!(config.rights.read, ["/a", "/b"]);
    assert_eq!(config.options, [("a.b".to_string(), "c".to_string())]);
    let locations: Vec<_> = config.datasets.iter().map(|d| (d.name.as_str(), d.location.as_str())).collect();
    assert_eq!(locations, [("ersst", "other.zarr"), ("pop", "pop.zarr")]);
    let error = Config::parse("", &[("prot".into(), "1".into())], &[]).unwrap_err().to_string();
    assert!(error.starts_with("`prot` is no key"), "{error}");
}

#[test]
fn a_file_is_named_in_its_errors() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    std::fs::write(&file, "\n\nhost = \n").unwrap();
    let error = Config::load(Some(&file), &[], &[]).unwrap_err().to_string();
    assert!(error.contains("server.toml: line 3: "), "{error}");
    let error = Config::load(Some(&folder.path().join("none.toml")), &[], &[]).unwrap_err().to_string();
    assert!(error.starts_with("cannot read `") && error.contains("none.toml"), "{error}");
}

#[test]
fn the_file_of_users_is_checked_when_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users");
    let text = |more: &str| format!("users_file = '{}'\n{more}", file.display());
    let load = |more: &str| parse(&text(more)).load_users().map_err(|e| e.to_string());
    assert!(load("").unwrap_err().contains("`users_file` is `"));
    std::fs::write(&file, "# nobody\n").unwrap();
    assert!(load("").unwrap_err().contains("there is no user in it; hint: `hyperslab passwd NAME >>"));
    std::fs::write(&file, "ann:secret\n").unwrap();
    let error = load("").unwrap_err();
    assert!(
        error.contains("line 1 of the users: expected `user:SCRAM-SHA-256$…`") && !error.contains("secret"),
        "{error}"
    );
    std::fs::write(&file, crate::auth::password_line("ann", "secret").unwrap()).unwrap();
    let users = load("users.ann.connections = 1").unwrap();
    assert_eq!(users.rights("ann").unwrap().connections, Some(1));
    assert!(users.rights("bob").is_none());
    assert!(!users.trusts("127.0.0.1:1".parse().unwrap()));
    assert!(load("users.anne.connections = 1").unwrap_err().contains("`users.anne` is no user in"));
}

#[test]
fn every_key_of_the_reference_is_taken() {
    for key in KEYS.iter().filter(|key| !key.name.ends_with('…')) {
        let path: Vec<&str> = key.name.split('.').collect();
        let (last, section) = path.split_last().unwrap();
        let known = keys::names_in(section);
        assert!(known.is_none_or(|names| names.contains(last)), "{}", key.name);
    }
    for name in keys::RIGHTS {
        assert!(KEYS.iter().any(|key| key.name == format!("rights.{name}")), "{name}");
    }
}
