//! The keys of the configuration: what the file may say, and what the page of the server says about it.

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name with its sections. `NAME` stands for any.
    pub name: &'static str,
    /// What it takes.
    pub value: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What it does.
    pub says: &'static str,
}

const fn key(name: &'static str, value: &'static str, default: &'static str, says: &'static str) -> Key {
    Key { name, value, default, says }
}

/// All keys, in the order of the page.
pub const KEYS: &[Key] = &[
    key("host", "address or list", "`127.0.0.1`", "Where the server listens."),
    key("postgres.port", "port or `off`", "`5432`", "PostgreSQL's protocol. `0` takes any free port."),
    key("postgres.host", "address or list", "`host`", "Where PostgreSQL's protocol listens."),
    key("flight.port", "port or `off`", "`32010`", "Arrow Flight SQL."),
    key("flight.host", "address or list", "`host`", "Where Arrow Flight SQL listens."),
    key("http.port", "port or `off`", "`off`", "`/metrics` for Prometheus and `/healthz`, without a login."),
    key("http.host", "address or list", "`host`", "Where these listen."),
    key("database", "name", "`hyperslab`", "What clients see as the name of the database."),
    key(
        "authentication",
        "`trust` or `scram`",
        "`scram` with `users_file`",
        "`trust` asks nobody for a password, and is refused unless every address is on loopback.",
    ),
    key("users_file", "path", "none", "The users: one line of `hyperslab passwd` each."),
    key("connections", "number", "`200`", "Connections at a time, of all users."),
    key("memory", "size or `none`", "`4 GiB`", "What the statements of all users may hold together."),
    key(
        "chunk_cache",
        "size or `off`",
        "a quarter of `memory`",
        "Stored bytes of chunks that are kept for all users, out of `memory`. Files on local disks pass by.",
    ),
    key("statements", "number", "twice the processors", "Statements that compute at a time; the others wait."),
    key("threads", "number", "all processors", "Threads that work on statements."),
    key("partitions", "number", "`threads`", "Threads that work on one statement."),
    key("shutdown_grace", "duration", "`0s`", "How long running statements may go on when the server is told to stop."),
    key("tls.certificate", "path", "none", "The certificate with its chain, in PEM. With it, clients can encrypt."),
    key("tls.key", "path", "none", "The private key of the certificate, in PEM."),
    key(
        "tls.required",
        "`true` or `false`",
        "`true`",
        "Whether clients of PostgreSQL's protocol that do not encrypt are refused. Flight SQL always encrypts where there is a certificate.",
    ),
    key("log.target", "`stderr`, `off` or path", "`stderr`", "Where the log goes; a file is added to."),
    key("log.format", "`text` or `json`", "`text`", "One line an entry in either."),
    key("datasets.NAME", "location, or the keys below", "none", "A dataset under the name `NAME`."),
    key("datasets.NAME.location", "path or URL", "needed", "Where the dataset is."),
    key("datasets.NAME.format", "name", "from the location", "Its [format](formats.md)."),
    key(
        "datasets.NAME.options",
        "table",
        "none",
        "[Options of its store](formats.md), such as `\"aws.region\" = \"eu-west-1\"`.",
    ),
    key(
        "options",
        "table",
        "none",
        "[Options](options.md) that every connection begins with, such as `\"hyperslab.scan.cache_bytes\" = \"1 GiB\"`.",
    ),
    key(
        "rights.read",
        "list",
        "none",
        "Paths and URLs below which every user may read files and datasets that are not registered.",
    ),
    key("rights.write", "list", "none", "Paths and URLs below which every user may `COPY` to."),
    key("rights.connections", "number", "no limit", "Connections at a time of one user."),
    key(
        "rights.statement_timeout",
        "duration",
        "no limit",
        "The longest that a statement may take. A client can ask for less.",
    ),
    key("rights.scanned_bytes", "size", "no limit", "Bytes, as they are stored, that a statement may read."),
    key("rights.memory", "size", "no limit", "Bytes of memory that the statements of one user may hold together."),
    key("groups.NAME.…", "as `rights`", "`rights`", "Other rights for the users of a group."),
    key("users.NAME.group", "name", "none", "The group of a user."),
    key("users.NAME.…", "as `rights`", "the group's", "Other rights for one user."),
];

/// The keys of `rights`, which groups and users have too.
pub(super) const RIGHTS: [&str; 6] = ["read", "write", "connections", "statement_timeout", "scanned_bytes", "memory"];

/// The names that may stand in a section; `None` where any may.
pub(super) fn names_in(section: &[&str]) -> Option<Vec<&'static str>> {
    match section {
        ["options"] | ["datasets"] | ["groups"] | ["users"] | ["datasets", _, "options"] => return None,
        ["groups", _] => return Some(RIGHTS.to_vec()),
        ["users", _] => return Some([&["group"], RIGHTS.as_slice()].concat()),
        _ => {}
    }
    let mut names: Vec<&'static str> = Vec::new();
    for key in KEYS {
        let mut parts = key.name.split('.');
        let below = section.iter().all(|part| parts.next().is_some_and(|p| p == *part || p == "NAME"));
        if let Some(name) = parts.next().filter(|name| below && !names.contains(name)) {
            names.push(name);
        }
    }
    Some(names)
}

/// Whether a key holds others.
pub(super) fn is_section(path: &[&str]) -> bool {
    match names_in(path) {
        None => true,
        Some(names) => !names.is_empty(),
    }
}
