//! What a session sees of itself: settings, its own activity, the time zone.

use std::collections::HashMap;

use super::roles::guest;
use super::shape::{Reader, Shape};
use crate::index::CatalogIndex;
use crate::relation::Row;
use crate::session::Session;
use crate::settings::{KNOWN, KnownSetting, SettingContext, SettingKind};
use crate::value::{Interval, Value};

/// `pg_settings`: those of the session, and those that are known and never change.
pub(super) fn settings(_index: &CatalogIndex, session: &Session, shape: &Shape) -> Vec<Row> {
    let mut all: Vec<(&str, &str, &str, Option<&KnownSetting>)> = Vec::new();
    for known in KNOWN {
        let (value, reset) = match session.setting(known.name) {
            Some(own) => (own.value.as_str(), own.reset.as_str()),
            None => (known.value, known.value),
        };
        all.push((known.name, value, reset, Some(known)));
    }
    for own in &session.settings {
        if crate::settings::known(&own.name).is_none() {
            all.push((&own.name, &own.value, &own.reset, None));
        }
    }
    all.sort_by_key(|(name, ..)| name.to_lowercase());
    all.into_iter().map(|(name, value, reset, known)| setting(shape, name, value, reset, known)).collect()
}

fn setting(shape: &Shape, name: &str, value: &str, reset: &str, known: Option<&KnownSetting>) -> Row {
    let (kind, unit, least, most, choices) = match known.map(|k| k.kind) {
        Some(SettingKind::Switch) => ("bool", None, None, None, None),
        Some(SettingKind::Number(unit, least, most)) => ("integer", unit, Some(least), Some(most), None),
        Some(SettingKind::Choice(choices)) => ("enum", None, None, None, Some(choices)),
        Some(SettingKind::Text) | None => ("string", None, None, None, None),
    };
    let context = match known.map(|k| k.context) {
        Some(SettingContext::Server) => "postmaster",
        Some(SettingContext::Fixed) => "internal",
        Some(SettingContext::User) | None => "user",
    };
    let choices = choices.map(|words| Value::array(words.iter().map(|w| Value::from(*w)).collect()));
    shape.row([
        ("name", name.into()),
        ("setting", value.into()),
        ("unit", unit.into()),
        ("category", known.map_or("Customized Options", |k| k.category).into()),
        ("short_desc", "".into()),
        ("context", context.into()),
        ("vartype", kind.into()),
        ("source", if value == reset { "default" } else { "session" }.into()),
        ("min_val", least.map(|n| n.to_string()).into()),
        ("max_val", most.map(|n| n.to_string()).into()),
        ("enumvals", choices.into()),
        ("boot_val", known.map_or(reset, |k| k.value).into()),
        ("reset_val", reset.into()),
        ("pending_restart", false.into()),
    ])
}

/// `pg_stat_activity`: nobody sees what others do.
pub(super) fn activity(index: &CatalogIndex, session: &Session, shape: &Shape) -> Vec<Row> {
    let roles = Reader::new(index, "pg_authid");
    let known: HashMap<&str, u32> = roles.iter().map(|r| (r.text("rolname"), r.oid("oid"))).collect();
    let user = known.get(session.user.as_str()).copied().unwrap_or_else(|| guest(index));
    let port = if session.client_address.is_some() { session.client_port } else { Some(-1) };
    vec![shape.row([
        ("datid", index.numbers().database.into()),
        ("datname", index.catalog().database.as_str().into()),
        ("pid", session.backend_pid.into()),
        ("usesysid", user.into()),
        ("usename", session.user.as_str().into()),
        ("application_name", session.application_name.as_str().into()),
        ("client_addr", session.client_address.as_deref().into()),
        ("client_port", port.into()),
        ("backend_start", session.backend_start.into()),
        ("xact_start", session.transaction_start.into()),
        ("query_start", session.statement_start.into()),
        ("state_change", session.statement_start.into()),
        ("state", "active".into()),
        ("query", session.query.as_str().into()),
        ("backend_type", "client backend".into()),
    ])]
}

/// `pg_timezone_names`: times are in UTC.
pub(super) fn time_zones(_index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    vec![shape.row([
        ("name", "UTC".into()),
        ("abbrev", "UTC".into()),
        ("utc_offset", Value::Interval(Interval::default())),
        ("is_dst", false.into()),
    ])]
}
