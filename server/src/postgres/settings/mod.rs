//! [`Settings`]: what `SET` and `SHOW` see, with what a transaction takes back at its end.

mod definition;
mod special;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use hyperslab_pg_catalog::Setting;

use super::encode::Style;
use crate::error::{ServerError, code};
pub(super) use definition::Definition;
use definition::{definition, definitions};

/// The settings whose values a client is told, in the order of PostgreSQL.
pub(super) const REPORTED: [&str; 13] = [
    "application_name",
    "client_encoding",
    "DateStyle",
    "default_transaction_read_only",
    "in_hot_standby",
    "integer_datetimes",
    "IntervalStyle",
    "is_superuser",
    "server_encoding",
    "server_version",
    "session_authorization",
    "standard_conforming_strings",
    "TimeZone",
];

/// What a session has set.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    /// What the session begins with, where that is not PostgreSQL's default: `RESET` goes back to it.
    initial: BTreeMap<String, String>,
    /// What holds for the session.
    session: BTreeMap<String, String>,
    /// What holds until the end of the transaction.
    local: BTreeMap<String, String>,
    style: Style,
}

/// How long a `SET` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Session,
    Local,
}

/// What a rollback goes back to.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    session: BTreeMap<String, String>,
    local: BTreeMap<String, String>,
}

impl Settings {
    /// Says what the session begins with, whatever the setting.
    pub fn begin_with(&mut self, name: &str, value: &str) {
        self.initial.insert(name.to_ascii_lowercase(), value.to_string());
        self.style = special::style(self);
    }

    /// Takes a setting from the start of a connection.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn start_with(&mut self, name: &str, value: &str) -> Result<(), ServerError> {
        let (key, value) = checked(name, value)?;
        self.initial.insert(key, value);
        self.style = special::style(self);
        Ok(())
    }

    /// Sets a value; `None` for the one that the session began with.
    ///
    /// # Errors
    /// When there is no such setting, it cannot be changed, or the value does not fit it.
    pub fn set(&mut self, name: &str, value: Option<&str>, scope: Scope) -> Result<(), ServerError> {
        let (key, value) = match value {
            Some(value) => checked(name, value)?,
            None => {
                let key = changeable(name)?;
                let value = self.initial_value(&key).unwrap_or_default();
                (key, value)
            }
        };
        if matches!(key.as_str(), "session_authorization" | "role") {
            let own = self.get("session_authorization").unwrap_or_default();
            if !value.is_empty() && value != "none" && value != own {
                return Err(ServerError::new(
                    code::INSUFFICIENT_PRIVILEGE,
                    format!("permission denied to set role \"{value}\""),
                ));
            }
        }
        match scope {
            Scope::Session => {
                self.local.remove(&key);
                self.session.insert(key, value);
            }
            Scope::Local => {
                self.local.insert(key, value);
            }
        }
        self.style = special::style(self);
        Ok(())
    }

    /// Goes back to what the session began with.
    pub fn reset_all(&mut self) {
        self.session.clear();
        self.local.clear();
        self.style = special::style(self);
    }

    /// What `SHOW` answers.
    ///
    /// # Errors
    /// When there is no such setting.
    pub fn show(&self, name: &str) -> Result<String, ServerError> {
        let raw = self.get(name).ok_or_else(|| unknown(name))?;
        Ok(definition(name).map_or(raw.clone(), |d| d.display(&raw)))
    }

    /// The name and value of every setting.
    pub fn all(&self) -> Vec<(String, String)> {
        definitions()
            .values()
            .filter(|d| !d.hidden())
            .map(|d| (d.name.to_string(), self.show(d.name).unwrap_or_default()))
            .collect()
    }

    /// Every setting, as the catalogue shows them.
    pub fn catalogue(&self) -> Vec<Setting> {
        let shown = |d: &Definition| {
            let value = self.get(d.name).unwrap_or_default();
            let reset = self.initial_value(&d.name.to_ascii_lowercase()).unwrap_or_default();
            Setting { name: d.name.to_string(), value: d.display(&value), reset: d.display(&reset) }
        };
        let custom = self.session.keys().chain(self.local.keys()).filter(|key| key.contains('.'));
        let custom = custom.map(|key| Setting {
            name: key.clone(),
            value: self.get(key).unwrap_or_default(),
            reset: String::new(),
        });
        definitions().values().filter(|d| !d.hidden()).map(shown).chain(custom).collect()
    }

    /// The value of a setting, without units.
    pub fn get(&self, name: &str) -> Option<String> {
        let key = name.to_ascii_lowercase();
        let set = self.local.get(&key).or_else(|| self.session.get(&key)).cloned();
        set.or_else(|| self.initial_value(&key))
    }

    /// How values look in text.
    pub fn style(&self) -> &Style {
        &self.style
    }

    /// The longest that a statement may take.
    pub fn statement_timeout(&self) -> Option<Duration> {
        let ms = self.get("statement_timeout")?.parse().ok().filter(|ms| *ms > 0)?;
        Some(Duration::from_millis(ms))
    }

    /// The schemas where bare names are looked for.
    pub fn search_path(&self) -> Vec<String> {
        special::names(&self.get("search_path").unwrap_or_default()).unwrap_or_default()
    }

    /// What a rollback goes back to.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { session: self.session.clone(), local: self.local.clone() }
    }

    /// Takes back what was set since.
    pub fn restore(&mut self, snapshot: Snapshot) {
        self.session = snapshot.session;
        self.local = snapshot.local;
        self.style = special::style(self);
    }

    /// Ends what holds until the end of the transaction.
    pub fn end_transaction(&mut self) {
        if !self.local.is_empty() {
            self.local.clear();
            self.style = special::style(self);
        }
    }

    fn initial_value(&self, key: &str) -> Option<String> {
        self.initial.get(key).cloned().or_else(|| definition(key).map(|d| d.reset.to_string()))
    }
}

/// The key of a setting that a client may change.
fn changeable(name: &str) -> Result<String, ServerError> {
    match definition(name) {
        Some(definition) => definition.changeable()?,
        // A name with a point belongs to an extension, which may come later.
        None if name.contains('.') => {}
        None => return Err(unknown(name)),
    }
    Ok(name.to_ascii_lowercase())
}

fn checked(name: &str, value: &str) -> Result<(String, String), ServerError> {
    let key = changeable(name)?;
    let value = match definition(&key) {
        Some(definition) => special::check(definition, value)?,
        None => value.to_string(),
    };
    Ok((key, value))
}

fn unknown(name: &str) -> ServerError {
    ServerError::new("42704", format!("unrecognized configuration parameter \"{name}\""))
}

/// The name of a setting as it is written: that of its definition, where it has one.
pub(super) fn proper_name(name: &str) -> String {
    definition(name).map_or_else(|| name.to_string(), |d| d.name.to_string())
}
