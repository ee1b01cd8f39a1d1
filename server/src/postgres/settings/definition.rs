//! The settings of PostgreSQL 15: names, types, ranges, defaults, and who may change them.
//!
//! `settings.tsv` has a line each: name, type, context, unit, least, greatest, choices, default.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::error::{ServerError, code};

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) struct Definition {
    pub name: &'static str,
    pub kind: &'static str,
    pub context: &'static str,
    pub unit: &'static str,
    least: &'static str,
    greatest: &'static str,
    choices: &'static str,
    pub reset: &'static str,
}

static DEFINITIONS: LazyLock<BTreeMap<String, Definition>> = LazyLock::new(|| {
    let lines = include_str!("settings.tsv").lines();
    lines.filter_map(Definition::of).map(|d| (d.name.to_ascii_lowercase(), d)).collect()
});

/// All settings, by their names in lower case.
pub(super) fn definitions() -> &'static BTreeMap<String, Definition> {
    &DEFINITIONS
}

/// The setting of this name, in any case.
pub(super) fn definition(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.get(&name.to_ascii_lowercase())
}

/// Units of time in milliseconds and of memory in bytes, the greatest first.
const TIMES: [(&str, i64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];
const SIZES: [(&str, i64); 5] = [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10), ("B", 1)];

impl Definition {
    fn of(line: &'static str) -> Option<Self> {
        let mut parts = line.split('\t');
        let mut next = || parts.next();
        Some(Self {
            name: next()?,
            kind: next()?,
            context: next()?,
            unit: next()?,
            least: next()?,
            greatest: next()?,
            choices: next()?,
            reset: next()?,
        })
    }

    /// Whether lists leave it out.
    pub fn hidden(&self) -> bool {
        matches!(self.name, "is_superuser" | "role" | "session_authorization")
    }

    /// Whether a session may change it.
    ///
    /// # Errors
    /// When it may not.
    pub fn changeable(&self) -> Result<(), ServerError> {
        let name = self.name;
        let (code, message) = match self.context {
            "user" => return Ok(()),
            "internal" => ("55P02", format!("parameter \"{name}\" cannot be changed")),
            "postmaster" => ("55P02", format!("parameter \"{name}\" cannot be changed without restarting the server")),
            "sighup" => ("55P02", format!("parameter \"{name}\" cannot be changed now")),
            "backend" | "superuser-backend" => {
                ("55P02", format!("parameter \"{name}\" cannot be set after connection start"))
            }
            _ => (code::INSUFFICIENT_PRIVILEGE, format!("permission denied to set parameter \"{name}\"")),
        };
        Err(ServerError::new(code, message))
    }

    /// A value as it is kept.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn normal(&self, value: &str) -> Result<String, ServerError> {
        match self.kind {
            "b" => boolean(value)
                .map(|on| if on { "on" } else { "off" }.to_string())
                .ok_or_else(|| invalid(format!("parameter \"{}\" requires a Boolean value", self.name))),
            "i" => self.number(value, true),
            "r" => self.number(value, false),
            "e" => {
                let found = self.choices.split(',').find(|c| c.eq_ignore_ascii_case(value.trim()));
                let found = found.map(str::to_string).or_else(|| {
                    // Choices that are switches take every word for on and off.
                    let word = if boolean(value)? { "on" } else { "off" };
                    self.choices.split(',').find(|c| *c == word).map(str::to_string)
                });
                found.ok_or_else(|| {
                    let choices = self.choices.replace(',', ", ");
                    self.bad_value(value).hint(format!("Available values: {choices}."))
                })
            }
            _ => Ok(value.to_string()),
        }
    }

    pub(super) fn bad_value(&self, value: &str) -> ServerError {
        invalid(format!("invalid value for parameter \"{}\": \"{value}\"", self.name))
    }

    fn number(&self, text: &str, whole: bool) -> Result<String, ServerError> {
        let text = text.trim();
        let end = text.find(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E').unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
        let number: f64 = number.trim().parse().map_err(|_| self.bad_value(text))?;
        let factor = match (unit.trim(), self.base()) {
            ("", _) => 1.0,
            (unit, Some((units, base))) => {
                let of = units.iter().find(|(name, _)| *name == unit);
                of.map(|(_, factor)| *factor as f64 / base as f64).ok_or_else(|| self.bad_value(text))?
            }
            _ => return Err(self.bad_value(text)),
        };
        let value = number * factor;
        let value = if whole { value.round_ties_even() } else { value };
        let bound = |text: &str, other: f64| text.parse::<f64>().unwrap_or(other);
        if !(bound(self.least, f64::MIN)..=bound(self.greatest, f64::MAX)).contains(&value) {
            let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
            return Err(invalid(format!(
                "{value}{unit} is outside the valid range for parameter \"{}\" ({} .. {})",
                self.name, self.least, self.greatest
            )));
        }
        Ok(value.to_string())
    }

    /// The units that a value may have, and how much one of its own is.
    fn base(&self) -> Option<(&'static [(&'static str, i64)], i64)> {
        Some(match self.unit {
            "ms" => (&TIMES, 1),
            "s" => (&TIMES, 1_000),
            "min" => (&TIMES, 60_000),
            "B" => (&SIZES, 1),
            "kB" => (&SIZES, 1 << 10),
            "8kB" => (&SIZES, 1 << 13),
            "MB" => (&SIZES, 1 << 20),
            _ => return None,
        })
    }

    /// A value as `SHOW` has it: with the greatest unit that it is a multiple of.
    pub fn display(&self, value: &str) -> String {
        let Some((units, base)) = self.base() else { return value.to_string() };
        let Some(amount) = value.parse::<i64>().ok().filter(|v| *v > 0).and_then(|v| v.checked_mul(base)) else {
            return value.to_string();
        };
        match units.iter().find(|(_, factor)| amount % factor == 0) {
            Some((unit, factor)) => format!("{}{unit}", amount / factor),
            None => value.to_string(),
        }
    }
}

fn boolean(value: &str) -> Option<bool> {
    let value = value.trim().to_ascii_lowercase();
    let begins = |word: &str, least: usize| value.len() >= least && word.starts_with(&value);
    if begins("on", 2) || begins("true", 1) || begins("yes", 1) || value == "1" {
        Some(true)
    } else if begins("off", 2) || begins("false", 1) || begins("no", 1) || value == "0" {
        Some(false)
    } else {
        None
    }
}

pub(super) fn invalid(message: String) -> ServerError {
    ServerError::new(code::INVALID_PARAMETER_VALUE, message)
}
