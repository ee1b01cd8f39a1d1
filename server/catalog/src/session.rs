//! What functions such as `current_user` and relations such as `pg_settings` see of a connection.

/// One connection, as its own statements see it.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who is connected.
    pub user: String,
    /// The database that the client asked for.
    pub database: String,
    /// The schemas in which a bare name is looked up, without the implicit `pg_catalog`.
    pub search_path: Vec<String>,
    /// The process number that a cancel request names.
    pub backend_pid: i32,
    /// The values of the settings that this session has or has changed.
    pub settings: Vec<Setting>,
    /// When the transaction began, in microseconds since 2000-01-01 UTC.
    pub transaction_start: i64,
    /// When the statement began, in microseconds since 2000-01-01 UTC.
    pub statement_start: i64,
    /// When the connection began, in microseconds since 2000-01-01 UTC.
    pub backend_start: i64,
    /// When the server began, in microseconds since 2000-01-01 UTC.
    pub server_start: i64,
    /// What `application_name` says.
    pub application_name: String,
    /// The address of the client, if it came over the network.
    pub client_address: Option<String>,
    /// The port of the client.
    pub client_port: Option<i32>,
    /// The address that the client reached the server at.
    pub server_address: Option<String>,
    /// The port that the client reached the server at.
    pub server_port: Option<i32>,
    /// The text of the running statement.
    pub query: String,
}

/// A setting and its value in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name, as `SHOW` takes it.
    pub name: String,
    /// What `SHOW` answers.
    pub value: String,
    /// What it goes back to after `RESET`.
    pub reset: String,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            user: "postgres".into(),
            database: "postgres".into(),
            search_path: vec!["public".into()],
            backend_pid: 0,
            settings: Vec::new(),
            transaction_start: 0,
            statement_start: 0,
            backend_start: 0,
            server_start: 0,
            application_name: String::new(),
            client_address: None,
            client_port: None,
            server_address: None,
            server_port: None,
            query: String::new(),
        }
    }
}

impl Session {
    /// The value of a setting of the session; names do not mind case.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|s| s.name.eq_ignore_ascii_case(name))
    }
}
