//! What a session is: users, settings, times, versions.

use super::{Call, Function, scalar, set};
use crate::error::PgError;
use crate::types::{
    ANY, BOOL, FLOAT8, INET, INT4, INT4_ARRAY, INT8, INTERVAL, NAME, NAME_ARRAY, OID, PG_LSN, REGTYPE, TEXT,
    TIMESTAMPTZ, UUID, VOID, XID,
};
use crate::value::Value;

type Answer = Result<Value, PgError>;

/// The version of PostgreSQL that the catalogue is of, if the session does not say.
const VERSION: &str = "15.0";

fn version(c: &Call<'_>) -> Answer {
    let version = c.run.session.setting("server_version").map_or(VERSION, |s| s.value.as_str());
    let (ours, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    Ok(Value::text(format!("PostgreSQL {version} (Hyperslab {ours}) on {arch}, compiled by rustc, 64-bit")))
}

fn user(c: &Call<'_>) -> Answer {
    Ok(Value::text(&c.run.session.user))
}

fn database(c: &Call<'_>) -> Answer {
    Ok(Value::text(&c.run.session.database))
}

/// The schemas of the path that exist.
fn path<'c>(c: &Call<'c>) -> impl Iterator<Item = &'c str> {
    let run = c.run;
    run.session.search_path.iter().map(String::as_str).filter(|s| run.catalog.schema_oid(s, run.session).is_some())
}

fn current_schema(c: &Call<'_>) -> Answer {
    Ok(path(c).next().map_or(Value::Null, Value::text))
}

fn current_schemas(c: &Call<'_>) -> Answer {
    let implicit = c.bool(0) && !c.run.session.search_path.iter().any(|s| s == "pg_catalog");
    let first = implicit.then_some("pg_catalog");
    Ok(Value::array(first.into_iter().chain(path(c)).map(Value::text).collect()))
}

fn backend_pid(c: &Call<'_>) -> Answer {
    Ok(Value::from(c.run.session.backend_pid))
}

fn now(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.run.session.transaction_start))
}

fn statement_time(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.run.session.statement_start))
}

fn server_start(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.run.session.server_start))
}

fn client_address(c: &Call<'_>) -> Answer {
    Ok(Value::from(c.run.session.client_address.clone()))
}

fn client_port(c: &Call<'_>) -> Answer {
    Ok(Value::from(c.run.session.client_port))
}

fn server_address(c: &Call<'_>) -> Answer {
    Ok(Value::from(c.run.session.server_address.clone()))
}

fn server_port(c: &Call<'_>) -> Answer {
    Ok(Value::from(c.run.session.server_port))
}

fn current_query(c: &Call<'_>) -> Answer {
    Ok(Value::text(&c.run.session.query))
}

/// The value of a setting: the session's own, else what `pg_settings` says.
fn setting(c: &Call<'_>, name: &str) -> Option<String> {
    let session = c.run.session;
    if name.eq_ignore_ascii_case("search_path") {
        let quoted = session.search_path.iter().map(|s| crate::value::quote_identifier(s));
        return Some(quoted.collect::<Vec<_>>().join(", "));
    }
    if let Some(found) = session.setting(name) {
        return Some(found.value.clone());
    }
    let (at, [column, value]) = c.run.catalog.columns("pg_settings", ["name", "setting"])?;
    let rows = c.run.catalog.rows(at, session);
    let same = |v: &Value| v.as_str().is_some_and(|n| n.eq_ignore_ascii_case(name));
    rows.iter().find(|r| r.get(column).is_some_and(same))?.get(value)?.to_text(TEXT)
}

fn current_setting(c: &Call<'_>) -> Answer {
    match setting(c, c.str(0)) {
        Some(value) => Ok(Value::from(value)),
        None if c.args.len() > 1 && c.bool(1) => Ok(Value::Null),
        None => Err(PgError::new("42704", format!("unrecognized configuration parameter \"{}\"", c.str(0)))),
    }
}

/// What `set_config` answers; the server sees the call and changes the setting.
fn set_config(c: &Call<'_>) -> Answer {
    if c.arg(0).is_null() {
        return Err(PgError::new("22004", "SET requires parameter name"));
    }
    Ok(Value::text(c.str(1)))
}

fn sleep(c: &Call<'_>) -> Answer {
    let seconds = c.float(0);
    if seconds.is_finite() && seconds > 0.0 {
        let more = std::time::Duration::from_secs_f64(seconds.min(1e9));
        c.run.sleep.set(c.run.sleep.get().saturating_add(more));
    }
    Ok(Value::text(""))
}

fn sleep_for(c: &Call<'_>) -> Answer {
    if let Value::Interval(i) = c.arg(0) {
        let micros = crate::value::datetime::span(*i).clamp(0, 1_000_000_000_000_000);
        let more = std::time::Duration::from_micros(u64::try_from(micros).unwrap_or(0));
        c.run.sleep.set(c.run.sleep.get().saturating_add(more));
    }
    Ok(Value::text(""))
}

fn typeof_value(c: &Call<'_>) -> Answer {
    Ok(crate::names::reg(c.run, REGTYPE, c.ty(0)))
}

fn column_size(c: &Call<'_>) -> Answer {
    let bytes = c.arg(0).to_binary(c.ty(0)).map_or(0, |b| b.len());
    Ok(Value::Int(i64::try_from(bytes).unwrap_or(0)))
}

/// A number that looks drawn: the state is mixed from the call before and the clock of the session.
fn draw(c: &Call<'_>) -> u64 {
    let mut x = c.run.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    c.run.random.set(x);
    x ^= c.run.session.statement_start.cast_unsigned().rotate_left(32);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
fn random(c: &Call<'_>) -> Answer {
    Ok(Value::Float((draw(c) >> 11) as f64 / (1u64 << 53) as f64))
}

fn random_uuid(c: &Call<'_>) -> Answer {
    let bits = (u128::from(draw(c)) << 64) | u128::from(draw(c));
    // Version 4, variant 1.
    let bits = (bits & !(0xf << 76) | (4 << 76)) & !(0x3 << 62) | (0x2 << 62);
    Value::from_text(UUID, &format!("{bits:032x}"))
}

fn no(_: &Call<'_>) -> Answer {
    Ok(Value::Bool(false))
}

fn yes(_: &Call<'_>) -> Answer {
    Ok(Value::Bool(true))
}

fn null(_: &Call<'_>) -> Answer {
    Ok(Value::Null)
}

fn zero(_: &Call<'_>) -> Answer {
    Ok(Value::Int(0))
}

fn nothing(_: &Call<'_>) -> Answer {
    Ok(Value::text(""))
}

fn xact(_: &Call<'_>) -> Answer {
    Ok(Value::Int(1))
}

fn age_of_xid(_: &Call<'_>) -> Answer {
    Ok(Value::Int(i64::from(i32::MAX)))
}

fn none(_: &Call<'_>) -> Result<Vec<Value>, PgError> {
    Ok(Vec::new())
}

fn no_numbers(_: &Call<'_>) -> Answer {
    Ok(Value::array(Vec::new()))
}

fn encoding_name(c: &Call<'_>) -> Answer {
    Ok(Value::text(match c.int(0) {
        0 => "SQL_ASCII",
        6 => "UTF8",
        8 => "LATIN1",
        _ => "",
    }))
}

fn encoding_number(c: &Call<'_>) -> Answer {
    Ok(Value::Int(match c.str(0).to_ascii_uppercase().replace(['-', '_'], "").as_str() {
        "SQLASCII" => 0,
        "UTF8" | "UNICODE" => 6,
        "LATIN1" | "ISO88591" => 8,
        _ => -1,
    }))
}

fn utf8(_: &Call<'_>) -> Answer {
    Ok(Value::text("UTF8"))
}

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("version", &[], TEXT, version),
    scalar("current_user", &[], NAME, user),
    scalar("session_user", &[], NAME, user),
    scalar("user", &[], NAME, user),
    scalar("current_role", &[], NAME, user),
    scalar("getpgusername", &[], NAME, user),
    scalar("current_database", &[], NAME, database),
    scalar("current_catalog", &[], NAME, database),
    scalar("current_schema", &[], NAME, current_schema),
    scalar("current_schemas", &[BOOL], NAME_ARRAY, current_schemas),
    scalar("current_query", &[], TEXT, current_query),
    scalar("current_setting", &[TEXT], TEXT, current_setting),
    scalar("current_setting", &[TEXT, BOOL], TEXT, current_setting),
    scalar("set_config", &[TEXT, TEXT, BOOL], TEXT, set_config).lax(),
    scalar("pg_backend_pid", &[], INT4, backend_pid),
    scalar("now", &[], TIMESTAMPTZ, now),
    scalar("current_timestamp", &[], TIMESTAMPTZ, now),
    scalar("current_timestamp", &[INT4], TIMESTAMPTZ, now),
    scalar("transaction_timestamp", &[], TIMESTAMPTZ, now),
    scalar("statement_timestamp", &[], TIMESTAMPTZ, statement_time),
    scalar("clock_timestamp", &[], TIMESTAMPTZ, statement_time),
    scalar("pg_postmaster_start_time", &[], TIMESTAMPTZ, server_start),
    scalar("pg_conf_load_time", &[], TIMESTAMPTZ, server_start),
    scalar("inet_client_addr", &[], INET, client_address),
    scalar("inet_client_port", &[], INT4, client_port),
    scalar("inet_server_addr", &[], INET, server_address),
    scalar("inet_server_port", &[], INT4, server_port),
    scalar("pg_sleep", &[FLOAT8], VOID, sleep),
    scalar("pg_sleep_for", &[INTERVAL], VOID, sleep_for),
    scalar("pg_typeof", &[ANY], REGTYPE, typeof_value).lax(),
    scalar("pg_column_size", &[ANY], INT4, column_size),
    scalar("random", &[], FLOAT8, random),
    scalar("gen_random_uuid", &[], UUID, random_uuid),
    scalar("pg_is_in_recovery", &[], BOOL, no),
    scalar("pg_is_wal_replay_paused", &[], BOOL, no),
    scalar("pg_try_advisory_lock", &[INT8], BOOL, yes),
    scalar("pg_advisory_lock", &[INT8], VOID, nothing),
    scalar("pg_advisory_unlock", &[INT8], BOOL, yes),
    scalar("pg_advisory_unlock_all", &[], VOID, nothing),
    scalar("txid_current", &[], INT8, xact),
    scalar("txid_current_if_assigned", &[], INT8, null),
    scalar("pg_current_xact_id", &[], crate::types::XID8, xact),
    scalar("pg_current_xact_id_if_assigned", &[], crate::types::XID8, null),
    scalar("age", &[XID], INT4, age_of_xid),
    scalar("mxid_age", &[XID], INT4, age_of_xid),
    scalar("pg_last_wal_receive_lsn", &[], PG_LSN, null),
    scalar("pg_last_wal_replay_lsn", &[], PG_LSN, null),
    scalar("pg_last_xact_replay_timestamp", &[], TIMESTAMPTZ, null),
    scalar("pg_notification_queue_usage", &[], FLOAT8, zero_float),
    scalar("pg_blocking_pids", &[INT4], INT4_ARRAY, no_numbers),
    scalar("pg_my_temp_schema", &[], OID, zero),
    scalar("pg_is_other_temp_schema", &[OID], BOOL, no),
    scalar("pg_encoding_to_char", &[INT4], NAME, encoding_name),
    scalar("pg_char_to_encoding", &[NAME], INT4, encoding_number),
    scalar("getdatabaseencoding", &[], NAME, utf8),
    scalar("pg_client_encoding", &[], NAME, utf8),
    scalar("pg_stat_clear_snapshot", &[], VOID, nothing),
    set("pg_listening_channels", &[], TEXT, none),
];

fn zero_float(_: &Call<'_>) -> Answer {
    Ok(Value::Float(0.0))
}
