//! The settings that PostgreSQL's clients read: their defaults, and what values they take.
//!
//! Those of memory, planner, log and replication are PostgreSQL's own business and are not here.

/// A setting without its value in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownSetting {
    /// Its name as `SHOW` prints it; names do not mind case.
    pub name: &'static str,
    /// Its value at the start of a session, unless the server says otherwise.
    pub value: &'static str,
    /// What values it takes.
    pub kind: SettingKind,
    /// Who may change it.
    pub context: SettingContext,
    /// The heading that `pg_settings` has it under.
    pub category: &'static str,
}

/// What values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// `on` or `off`.
    Switch,
    /// Any text.
    Text,
    /// A whole number of a unit, from least to most.
    Number(Option<&'static str>, i64, i64),
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// Who may change a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingContext {
    /// Everybody, by `SET`.
    User,
    /// Only who starts the server.
    Server,
    /// Nobody.
    Fixed,
}

/// The setting of this name, whatever its case.
pub fn known(name: &str) -> Option<&'static KnownSetting> {
    KNOWN.iter().find(|s| s.name.eq_ignore_ascii_case(name))
}

const PRESET: &str = "Preset Options";
const STATEMENT: &str = "Client Connection Defaults / Statement Behavior";
const LOCALE: &str = "Client Connection Defaults / Locale and Formatting";
const PREVIOUS: &str = "Version and Platform Compatibility / Previous PostgreSQL Versions";
const ISOLATION: SettingKind =
    SettingKind::Choice(&["serializable", "repeatable read", "read committed", "read uncommitted"]);
const MOST: i64 = 2_147_483_647;

const fn fixed(name: &'static str, value: &'static str, kind: SettingKind) -> KnownSetting {
    KnownSetting { name, value, kind, context: SettingContext::Fixed, category: PRESET }
}

const fn user(name: &'static str, value: &'static str, kind: SettingKind, category: &'static str) -> KnownSetting {
    KnownSetting { name, value, kind, context: SettingContext::User, category }
}

const fn timeout(name: &'static str) -> KnownSetting {
    user(name, "0", SettingKind::Number(Some("ms"), 0, MOST), STATEMENT)
}

const fn exactly(n: i64) -> SettingKind {
    SettingKind::Number(None, n, n)
}

/// All known settings, by name.
pub const KNOWN: &[KnownSetting] = &[
    user("application_name", "", SettingKind::Text, "Reporting and Logging / What to Log"),
    user("array_nulls", "on", SettingKind::Switch, PREVIOUS),
    user("backslash_quote", "safe_encoding", SettingKind::Choice(&["safe_encoding", "on", "off"]), PREVIOUS),
    fixed("block_size", "8192", exactly(8192)),
    user("bytea_output", "hex", SettingKind::Choice(&["escape", "hex"]), STATEMENT),
    user("client_encoding", "UTF8", SettingKind::Text, LOCALE),
    user(
        "client_min_messages",
        "notice",
        SettingKind::Choice(&["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"]),
        STATEMENT,
    ),
    user("DateStyle", "ISO, MDY", SettingKind::Text, LOCALE),
    user("default_table_access_method", "heap", SettingKind::Text, STATEMENT),
    user("default_tablespace", "", SettingKind::Text, STATEMENT),
    user("default_transaction_deferrable", "off", SettingKind::Switch, STATEMENT),
    user("default_transaction_isolation", "read committed", ISOLATION, STATEMENT),
    user("default_transaction_read_only", "off", SettingKind::Switch, STATEMENT),
    user("escape_string_warning", "on", SettingKind::Switch, PREVIOUS),
    user("extra_float_digits", "1", SettingKind::Number(None, -15, 3), LOCALE),
    timeout("idle_in_transaction_session_timeout"),
    timeout("idle_session_timeout"),
    fixed("in_hot_standby", "off", SettingKind::Switch),
    fixed("integer_datetimes", "on", SettingKind::Switch),
    user(
        "IntervalStyle",
        "postgres",
        SettingKind::Choice(&["postgres", "postgres_verbose", "sql_standard", "iso_8601"]),
        LOCALE,
    ),
    fixed("lc_collate", "C", SettingKind::Text),
    fixed("lc_ctype", "C", SettingKind::Text),
    user("lc_messages", "C", SettingKind::Text, LOCALE),
    user("lc_monetary", "C", SettingKind::Text, LOCALE),
    user("lc_numeric", "C", SettingKind::Text, LOCALE),
    user("lc_time", "C", SettingKind::Text, LOCALE),
    timeout("lock_timeout"),
    KnownSetting {
        name: "max_connections",
        value: "100",
        kind: SettingKind::Number(None, 1, 262_143),
        context: SettingContext::Server,
        category: "Connections and Authentication / Connection Settings",
    },
    fixed("max_function_args", "100", exactly(100)),
    fixed("max_identifier_length", "63", exactly(63)),
    fixed("max_index_keys", "32", exactly(32)),
    user("quote_all_identifiers", "off", SettingKind::Switch, PREVIOUS),
    user("row_security", "on", SettingKind::Switch, STATEMENT),
    user("search_path", "\"$user\", public", SettingKind::Text, STATEMENT),
    fixed("segment_size", "131072", SettingKind::Number(Some("8kB"), 131_072, 131_072)),
    fixed("server_encoding", "UTF8", SettingKind::Text),
    fixed("server_version", "15.0", SettingKind::Text),
    fixed("server_version_num", "150000", SettingKind::Text),
    user("session_replication_role", "origin", SettingKind::Choice(&["origin", "replica", "local"]), STATEMENT),
    user("standard_conforming_strings", "on", SettingKind::Switch, PREVIOUS),
    timeout("statement_timeout"),
    user("synchronize_seqscans", "on", SettingKind::Switch, PREVIOUS),
    user("TimeZone", "UTC", SettingKind::Text, LOCALE),
    user("transaction_deferrable", "off", SettingKind::Switch, STATEMENT),
    user("transaction_isolation", "read committed", ISOLATION, STATEMENT),
    user("transaction_read_only", "off", SettingKind::Switch, STATEMENT),
    fixed("wal_block_size", "8192", exactly(8192)),
    user("xmlbinary", "base64", SettingKind::Choice(&["base64", "hex"]), STATEMENT),
    user("xmloption", "content", SettingKind::Choice(&["content", "document"]), STATEMENT),
];
