//! Functions that tell of the server, the connection and its settings.

use std::time::Duration;

use super::{Call, Function, scalar, set, table};
use crate::error::PgError;
use crate::types::{
    BOOL, CHAR, FLOAT8, INET, INT4, INT4_ARRAY, INT8, INTERVAL, NAME, NAME_ARRAY, OID, TEXT, TIMESTAMPTZ, VOID,
};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("current_catalog", &[], NAME, |c| Ok(c.run.session.database.as_str().into())),
    scalar("current_database", &[], NAME, |c| Ok(c.run.session.database.as_str().into())),
    scalar("current_query", &[], TEXT, |c| Ok(c.run.session.query.as_str().into())),
    scalar("current_role", &[], NAME, user),
    scalar("current_schema", &[], NAME, current_schema),
    scalar("current_schemas", &[BOOL], NAME_ARRAY, current_schemas),
    scalar("current_setting", &[TEXT], TEXT, current_setting),
    scalar("current_setting", &[TEXT, BOOL], TEXT, current_setting),
    scalar("current_user", &[], NAME, user),
    scalar("getdatabaseencoding", &[], NAME, |_| Ok("UTF8".into())),
    scalar("getpgusername", &[], NAME, user),
    scalar("inet_client_addr", &[], INET, |c| Ok(c.run.session.client_address.as_deref().into())),
    scalar("inet_client_port", &[], INT4, |c| Ok(c.run.session.client_port.into())),
    scalar("inet_server_addr", &[], INET, |c| Ok(c.run.session.server_address.as_deref().into())),
    scalar("inet_server_port", &[], INT4, |c| Ok(c.run.session.server_port.into())),
    scalar("pg_backend_pid", &[], INT4, |c| Ok(c.run.session.backend_pid.into())),
    scalar("pg_blocking_pids", &[INT4], INT4_ARRAY, |_| Ok(Value::array(Vec::new()))),
    scalar("pg_client_encoding", &[], NAME, |_| Ok("UTF8".into())),
    scalar("pg_conf_load_time", &[], TIMESTAMPTZ, |c| Ok(c.run.session.server_start.into())),
    table("pg_get_keywords", &[], KEYWORD_COLUMNS, keywords),
    scalar("pg_is_in_recovery", &[], BOOL, |_| Ok(false.into())),
    scalar("pg_is_other_temp_schema", &[OID], BOOL, |_| Ok(false.into())),
    scalar("pg_jit_available", &[], BOOL, |_| Ok(false.into())),
    set("pg_listening_channels", &[], TEXT, |_| Ok(Vec::new())),
    scalar("pg_my_temp_schema", &[], OID, |_| Ok(0.into())),
    scalar("pg_postmaster_start_time", &[], TIMESTAMPTZ, |c| Ok(c.run.session.server_start.into())),
    scalar("pg_sleep", &[FLOAT8], VOID, sleep),
    scalar("pg_sleep_for", &[INTERVAL], VOID, sleep),
    scalar("session_user", &[], NAME, user),
    scalar("txid_current", &[], INT8, |_| Ok(1.into())),
    scalar("user", &[], NAME, user),
    scalar("version", &[], TEXT, version),
];

fn user(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(c.run.session.user.as_str().into())
}

/// The schemas of the path that there are.
fn path<'a>(c: &'a Call<'_>) -> impl Iterator<Item = &'a str> {
    let own = c.run.session.search_path.iter().map(String::as_str);
    own.filter(|name| c.run.catalog.schema_oid(name, c.run.session).is_some())
}

fn current_schema(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(path(c).next().into())
}

fn current_schemas(c: &Call<'_>) -> Result<Value, PgError> {
    let named = path(c).any(|name| name == "pg_catalog");
    let implicit = if c.bool(0) && !named { Some("pg_catalog") } else { None };
    Ok(Value::array(implicit.into_iter().chain(path(c)).map(Value::from).collect()))
}

fn current_setting(c: &Call<'_>) -> Result<Value, PgError> {
    let name = c.str(0);
    let own = c.run.session.setting(name).map(|s| s.value.as_str());
    match own.or_else(|| crate::settings::known(name).map(|s| s.value)) {
        Some(value) => Ok(value.into()),
        None if c.bool(1) => Ok(Value::Null),
        None => Err(PgError::new("42704", format!("unrecognized configuration parameter \"{name}\""))),
    }
}

fn version(c: &Call<'_>) -> Result<Value, PgError> {
    let own = c.run.session.setting("server_version").map(|s| s.value.as_str());
    let version = own.or_else(|| crate::settings::known("server_version").map(|s| s.value)).unwrap_or("15.0");
    let number = version.split_whitespace().next().unwrap_or(version);
    Ok(format!("PostgreSQL {number} (Hyperslab {})", env!("CARGO_PKG_VERSION")).into())
}

/// The statement sleeps when it is answered: whoever answers can be cancelled.
fn sleep(c: &Call<'_>) -> Result<Value, PgError> {
    let seconds = match c.arg(0) {
        #[expect(clippy::cast_precision_loss, reason = "a sleep is not exact")]
        Value::Interval(i) => {
            let days = f64::from(i.days) + 30.0 * f64::from(i.months);
            i.micros as f64 / 1e6 + days * 86_400.0
        }
        _ => c.float(0),
    };
    if let Ok(time) = Duration::try_from_secs_f64(seconds.max(0.0)) {
        c.run.sleep.set(time);
    }
    Ok("".into())
}

const KEYWORD_COLUMNS: &[(&str, u32)] =
    &[("word", TEXT), ("catcode", CHAR), ("barelabel", BOOL), ("catdesc", TEXT), ("baredesc", TEXT)];

/// Words that are keywords to PostgreSQL, and whether they can be names.
fn keywords(_: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let row = |line: &str| {
        let mut fields = line.split('\t');
        let word = fields.next()?;
        let kind = fields.next()?;
        let bare = fields.next()? == "t";
        let described = match kind {
            "U" => "unreserved",
            "C" => "unreserved (cannot be function or type name)",
            "T" => "reserved (can be function or type name)",
            _ => "reserved",
        };
        let label = if bare { "can be bare label" } else { "requires AS" };
        let fields = [
            (TEXT, word.into()),
            (CHAR, kind.into()),
            (BOOL, bare.into()),
            (TEXT, described.into()),
            (TEXT, label.into()),
        ];
        Some(Value::Record(fields.into()))
    };
    Ok(crate::relations::keywords().lines().filter_map(row).collect())
}
