//! What a session is: users, settings, times, versions.

use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::types::{BOOL, FLOAT8, INT4, INT8, PG_LSN, TEXT, TIMESTAMPTZ, UUID, VOID, XID};
use crate::value::Value;

type Answer = Result<Value, PgError>;

fn now(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.run.session.transaction_start))
}

fn statement_time(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.run.session.statement_start))
}

/// What `set_config` answers; the server sees the call and changes the setting.
fn set_config(c: &Call<'_>) -> Answer {
    if c.arg(0).is_null() {
        return Err(PgError::new("22004", "SET requires parameter name"));
    }
    Ok(Value::text(c.str(1)))
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

fn nothing(_: &Call<'_>) -> Answer {
    Ok(Value::text(""))
}

fn xact(_: &Call<'_>) -> Answer {
    Ok(Value::Int(1))
}

fn age_of_xid(_: &Call<'_>) -> Answer {
    Ok(Value::Int(i64::from(i32::MAX)))
}

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("set_config", &[TEXT, TEXT, BOOL], TEXT, set_config).lax(),
    scalar("now", &[], TIMESTAMPTZ, now),
    scalar("current_timestamp", &[], TIMESTAMPTZ, now),
    scalar("current_timestamp", &[INT4], TIMESTAMPTZ, now),
    scalar("transaction_timestamp", &[], TIMESTAMPTZ, now),
    scalar("statement_timestamp", &[], TIMESTAMPTZ, statement_time),
    scalar("clock_timestamp", &[], TIMESTAMPTZ, statement_time),
    scalar("random", &[], FLOAT8, random),
    scalar("gen_random_uuid", &[], UUID, random_uuid),
    scalar("pg_is_wal_replay_paused", &[], BOOL, no),
    scalar("pg_try_advisory_lock", &[INT8], BOOL, yes),
    scalar("pg_advisory_lock", &[INT8], VOID, nothing),
    scalar("pg_advisory_unlock", &[INT8], BOOL, yes),
    scalar("pg_advisory_unlock_all", &[], VOID, nothing),
    scalar("txid_current_if_assigned", &[], INT8, null),
    scalar("pg_current_xact_id", &[], crate::types::XID8, xact),
    scalar("pg_current_xact_id_if_assigned", &[], crate::types::XID8, null),
    scalar("age", &[XID], INT4, age_of_xid),
    scalar("mxid_age", &[XID], INT4, age_of_xid),
    scalar("pg_last_wal_receive_lsn", &[], PG_LSN, null),
    scalar("pg_last_wal_replay_lsn", &[], PG_LSN, null),
    scalar("pg_last_xact_replay_timestamp", &[], TIMESTAMPTZ, null),
    scalar("pg_notification_queue_usage", &[], FLOAT8, zero_float),
    scalar("pg_stat_clear_snapshot", &[], VOID, nothing),
];

fn zero_float(_: &Call<'_>) -> Answer {
    Ok(Value::Float(0.0))
}
