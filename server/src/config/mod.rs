//! [`Config`]: what a server is told at its start: where it listens, what it serves, who may come in, what each may do.
//!
//! ```text
//! TOML ─┐
//!       ├→ File: known keys ─→ Config: checked values ─→ serve
//! flags ┘
//! ```

mod file;
mod keys;
mod listen;
mod rights;
mod value;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyperslab::array::nearest_names;
use hyperslab::connectors::{Location, OpenOptions};

pub use keys::{KEYS, Key};
pub use rights::Rights;

use crate::auth::Users;
use crate::error::ServerError;
use crate::tls::Tls;
use file::{File, unfit, wrong};
use rights::Stated;

/// What holds for memory where nothing is said: a server does not take all there is.
const MEMORY: u64 = 4 << 30;

/// What a server is told at its start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where PostgreSQL's protocol listens; nowhere: it is off.
    pub postgres: Vec<SocketAddr>,
    /// Where Arrow Flight SQL listens.
    pub flight: Vec<SocketAddr>,
    /// Where metrics and health listen.
    pub http: Vec<SocketAddr>,
    /// What clients see as the name of the database.
    pub database: String,
    /// The file of users; none: whoever connects from this machine is who they say.
    pub users_file: Option<PathBuf>,
    /// Connections at a time.
    pub connections: usize,
    /// Bytes that the statements of all may hold together.
    pub memory: Option<u64>,
    /// Bytes of chunks, as they are stored, that are kept; none: no chunk is.
    pub chunk_cache: Option<u64>,
    /// Statements that compute at a time.
    pub statements: Option<usize>,
    /// Threads that work.
    pub threads: Option<usize>,
    /// Threads that work on one statement.
    pub partitions: Option<usize>,
    /// How long running statements may go on when the server is told to stop.
    pub shutdown_grace: Duration,
    /// The certificate.
    pub tls: Option<TlsFiles>,
    /// The log.
    pub log: Log,
    /// The datasets.
    pub datasets: Vec<DatasetConfig>,
    /// Options that every connection begins with.
    pub options: Vec<(String, String)>,
    /// What users without rights of their own may do.
    pub rights: Rights,
    /// What the others may do.
    pub users: HashMap<String, Rights>,
}

/// Where the certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate with its chain.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Whether clients that do not encrypt are refused.
    pub required: bool,
}

/// Where the log goes, and how it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Where it goes.
    pub target: LogTarget,
    /// Whether a line is JSON.
    pub json: bool,
}

/// Where the log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    /// Nowhere.
    Off,
    /// To standard error.
    Stderr,
    /// To the end of a file.
    File(PathBuf),
}

/// A dataset to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetConfig {
    /// Its name in SQL.
    pub name: String,
    /// Its path or URL.
    pub location: String,
    /// Its format, where its location does not tell.
    pub format: Option<String>,
    /// The options of opening it.
    pub options: OpenOptions,
}

impl Config {
    /// Reads a file, and puts the flags of the command line over it: `flags` are values by key, `datasets` are
    /// locations by name.
    ///
    /// # Errors
    /// When the file cannot be read, a key is unknown, or a value does not fit; the error names the key.
    pub fn load(
        file: Option<&Path>,
        flags: &[(String, String)],
        datasets: &[(String, String)],
    ) -> Result<Self, ServerError> {
        let text = match file {
            Some(path) => {
                std::fs::read_to_string(path).map_err(|e| wrong(format!("cannot read `{}`: {e}", path.display())))?
            }
            None => String::new(),
        };
        Self::parse(&text, flags, datasets).map_err(|mut error| {
            if let Some(path) = file {
                error.message = format!("{}: {}", path.display(), error.message);
            }
            error
        })
    }

    /// As [`Self::load`], of a text.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str, flags: &[(String, String)], datasets: &[(String, String)]) -> Result<Self, ServerError> {
        let mut file = File::parse(text, flags)?;
        for (name, location) in datasets {
            file.put_dataset(name, location);
        }
        let rights = stated(&file, &["rights"])?.over(&Rights::default());
        let threads = file.count(&["threads"])?;
        let memory = memory(&file)?;
        let config = Self {
            postgres: listen::addresses(&file, "postgres", Some(5432))?,
            flight: listen::addresses(&file, "flight", Some(32010))?,
            http: listen::addresses(&file, "http", None)?,
            database: file.text(&["database"], "a name")?.unwrap_or_else(|| "hyperslab".into()),
            users_file: users_file(&file)?,
            connections: file.count(&["connections"])?.unwrap_or(200),
            memory,
            chunk_cache: chunk_cache(&file, memory)?,
            statements: file.count(&["statements"])?,
            threads,
            partitions: file.count(&["partitions"])?.or(threads),
            shutdown_grace: file.duration(&["shutdown_grace"])?.unwrap_or_default(),
            tls: tls(&file)?,
            log: log(&file)?,
            datasets: file.names(&["datasets"]).iter().map(|name| dataset(&file, name)).collect::<Result<_, _>>()?,
            options: file.pairs(&["options"])?,
            users: users(&file, &rights)?,
            rights,
        };
        config.check()?;
        Ok(config)
    }

    /// Refuses what lets a stranger in, or a password out.
    fn check(&self) -> Result<(), ServerError> {
        let listeners = [("postgres", &self.postgres), ("flight", &self.flight), ("http", &self.http)];
        if self.postgres.is_empty() && self.flight.is_empty() {
            return Err(wrong("`postgres.port` and `flight.port` are both `off`, expected one of them to be on"));
        }
        let outside =
            |addresses: &[SocketAddr]| addresses.iter().find(|a| !a.ip().to_canonical().is_loopback()).copied();
        if self.users_file.is_none() {
            for (name, addresses) in listeners {
                if let Some(address) = outside(addresses) {
                    return Err(wrong(format!(
                        "`{name}.host` is `{}`, expected an address of loopback such as `127.0.0.1`, since \
                         `authentication` is `trust`",
                        address.ip()
                    ))
                    .hint("`users_file` names those who may come in, and asks for their passwords"));
                }
            }
        }
        if let Some(address) = outside(&self.flight).filter(|_| self.tls.is_none()) {
            return Err(wrong(format!(
                "`flight.host` is `{}`, expected an address of loopback, since there is no `tls.certificate` and \
                 passwords would be sent in plain text",
                address.ip()
            ))
            .hint("set `tls.certificate` and `tls.key`, or `flight.port` to `off`"));
        }
        Ok(())
    }

    /// The users, from their file.
    ///
    /// # Errors
    /// When the file cannot be read or is none, or rights are given to a user who is not in it.
    pub fn load_users(&self) -> Result<Users, ServerError> {
        let Some(path) = &self.users_file else {
            return Users::trusting(self.users.clone(), self.rights.clone());
        };
        let cannot = |error: &dyn std::fmt::Display| {
            wrong(format!("`users_file` is `{}`, which cannot be read: {error}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|e| cannot(&e))?;
        let users = Users::from_lines(&text, self.users.clone(), self.rights.clone()).map_err(|mut error| {
            error.message = format!("{}: {}", path.display(), error.message);
            error
        })?;
        if users.names().is_empty() {
            return Err(cannot(&"there is no user in it")
                .hint(format!("`hyperslab passwd NAME >> {}` adds one", path.display())));
        }
        for name in self.users.keys() {
            if users.rights(name).is_none() {
                return Err(wrong(format!("`users.{name}` is no user in `{}`", path.display()))
                    .hint(nearest_names(name, users.names())));
            }
        }
        Ok(users)
    }

    /// The certificate, from its files.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load_tls(&self) -> Result<Option<Tls>, ServerError> {
        self.tls.as_ref().map(|tls| Tls::from_files(&tls.certificate, &tls.key, tls.required)).transpose()
    }
}

fn users_file(file: &File) -> Result<Option<PathBuf>, ServerError> {
    let path = file.text(&["users_file"], "a path")?;
    let trust = file.read(&["authentication"], "`trust` or `scram`", |text| match text {
        "trust" => Some(true),
        "scram" => Some(false),
        _ => None,
    })?;
    match (trust, path) {
        (Some(true), Some(_)) => {
            Err(wrong("`authentication` is `trust`, expected `scram`, since there is a `users_file`"))
        }
        (Some(false), None) => Err(wrong("`authentication` is `scram`, expected a `users_file` too")),
        (_, path) => Ok(path.map(PathBuf::from)),
    }
}

fn memory(file: &File) -> Result<Option<u64>, ServerError> {
    let expected = "a size such as `4 GiB`, or `none`";
    let said = file.read(&["memory"], expected, |text| match text {
        "none" => Some(None),
        text => value::size(text).filter(|bytes| *bytes > 0).map(Some),
    })?;
    Ok(said.unwrap_or(Some(MEMORY)))
}

fn chunk_cache(file: &File, memory: Option<u64>) -> Result<Option<u64>, ServerError> {
    let expected = "a size such as `1 GiB`, or `off`";
    let said = file.read(&["chunk_cache"], expected, |text| match text {
        "off" => Some(None),
        text => value::size(text).filter(|bytes| *bytes > 0).map(Some),
    })?;
    match (said, memory) {
        (Some(Some(bytes)), Some(memory)) if bytes >= memory => Err(wrong(format!(
            "`chunk_cache` is `{bytes}` bytes, expected less than `memory`, of which it is a part: {memory} bytes"
        ))),
        (Some(said), _) => Ok(said),
        (None, memory) => Ok(Some(memory.unwrap_or(MEMORY) / 4)),
    }
}

fn tls(file: &File) -> Result<Option<TlsFiles>, ServerError> {
    let path = |key: &str| file.text(&["tls", key], "a path");
    let required = file.truth(&["tls", "required"])?;
    match (path("certificate")?, path("key")?) {
        (Some(certificate), Some(key)) => {
            Ok(Some(TlsFiles { certificate: certificate.into(), key: key.into(), required: required.unwrap_or(true) }))
        }
        (None, None) if required == Some(true) => {
            Err(wrong("`tls.required` is `true`, expected `tls.certificate` and `tls.key` too"))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(wrong("`tls.certificate` is set, expected `tls.key` too")),
        (None, Some(_)) => Err(wrong("`tls.key` is set, expected `tls.certificate` too")),
    }
}

fn log(file: &File) -> Result<Log, ServerError> {
    let target = file.text(&["log", "target"], "`stderr`, `off` or a path")?;
    let json = file.read(&["log", "format"], "`text` or `json`", |text| match text {
        "text" => Some(false),
        "json" => Some(true),
        _ => None,
    })?;
    let target = match target.as_deref() {
        None | Some("stderr") => LogTarget::Stderr,
        Some("off") => LogTarget::Off,
        Some(path) => LogTarget::File(path.into()),
    };
    Ok(Log { target, json: json.unwrap_or_default() })
}

fn dataset(file: &File, name: &str) -> Result<DatasetConfig, ServerError> {
    let path = ["datasets", name];
    let below = |key: &'static str| [path[0], path[1], key];
    let expected = "a path or a URL";
    if file.names(&path).is_empty() && !file.has(&below("location")) {
        let location = file.text(&path, expected)?.unwrap_or_default();
        return checked(DatasetConfig { name: name.into(), location, format: None, options: OpenOptions::new() });
    }
    let location = file
        .text(&below("location"), expected)?
        .ok_or_else(|| wrong(format!("`datasets.{name}` has no `location`, expected {expected}")))?;
    let format = file.text(&below("format"), "the name of a format")?;
    let mut options = OpenOptions::new();
    for (key, value) in file.pairs(&below("options"))? {
        options.insert(&key, value).map_err(|e| wrong(format!("`datasets.{name}.options`: {e}")))?;
    }
    checked(DatasetConfig { name: name.into(), location, format, options })
}

fn checked(dataset: DatasetConfig) -> Result<DatasetConfig, ServerError> {
    if dataset.name.trim().is_empty() {
        return Err(wrong("a dataset under `datasets` has no name"));
    }
    // The text may hold a password, so it is not repeated.
    Location::parse(&dataset.location).map_err(|e| wrong(format!("`datasets.{}.location`: {e}", dataset.name)))?;
    Ok(dataset)
}

fn users(file: &File, rights: &Rights) -> Result<HashMap<String, Rights>, ServerError> {
    let groups = file.names(&["groups"]);
    let mut of_groups = HashMap::new();
    for group in &groups {
        of_groups.insert(group.as_str(), stated(file, &["groups", group])?.over(rights));
    }
    let mut users = HashMap::new();
    for user in file.names(&["users"]) {
        let above = match file.text(&["users", &user, "group"], "the name of a group")? {
            None => rights,
            Some(group) => of_groups.get(group.as_str()).ok_or_else(|| {
                unfit(&["users", &user, "group"], &group, "a group of `groups`")
                    .hint(nearest_names(&group, groups.iter().map(String::as_str)))
            })?,
        };
        let of_user = stated(file, &["users", &user])?.over(above);
        users.insert(user, of_user);
    }
    Ok(users)
}

fn stated(file: &File, section: &[&str]) -> Result<Stated, ServerError> {
    let key = |name: &'static str| [section, &[name]].concat();
    let prefixes = |name: &'static str| {
        let path = key(name);
        let prefixes = file.texts(&path, "a list of paths and URLs")?;
        for prefix in prefixes.iter().flatten() {
            crate::core::check_prefix(prefix).map_err(|why| unfit(&path, prefix, &why))?;
        }
        Ok::<_, ServerError>(prefixes)
    };
    Ok(Stated {
        read: prefixes("read")?,
        write: prefixes("write")?,
        connections: file.count(&key("connections"))?,
        statement_timeout: file.duration(&key("statement_timeout"))?.filter(|t| !t.is_zero()),
        scanned_bytes: file.size(&key("scanned_bytes"))?,
        memory: file.size(&key("memory"))?,
    })
}

#[cfg(test)]
mod tests;
