//! [`File`]: the text of the configuration, with the flags of the command line over it, asked key by key.

use std::time::Duration;

use hyperslab::array::nearest_names;
use toml::{Table, Value};

use super::keys::{is_section, names_in};
use super::value;
use crate::error::{ServerError, code};

/// A configuration whose keys are all known.
#[derive(Debug, Default)]
pub(super) struct File {
    table: Table,
}

impl File {
    /// Reads TOML, and puts `flags` in the place of what it says; a key that is there several times is a list.
    ///
    /// # Errors
    /// When it is no TOML, or a key is unknown.
    pub fn parse(text: &str, flags: &[(String, String)]) -> Result<Self, ServerError> {
        let mut table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count());
            let place = line.map(|line| format!("line {}: ", line.saturating_add(1))).unwrap_or_default();
            wrong(format!("{place}{}", error.message().replace('\n', " ")))
        })?;
        for (key, _) in flags {
            let mut values: Vec<Value> =
                flags.iter().filter(|(k, _)| k == key).map(|(_, value)| Value::String(value.clone())).collect();
            let value = match (values.pop(), values.is_empty()) {
                (Some(one), true) => one,
                (last, _) => Value::Array(values.into_iter().chain(last).collect()),
            };
            put(&mut table, &path_of(key), value);
        }
        check(&table, &mut Vec::new())?;
        Ok(Self { table })
    }

    /// Puts a dataset of the command line in the place of one of the same name.
    pub fn put_dataset(&mut self, name: &str, location: &str) {
        put(&mut self.table, &["datasets", name], Value::String(location.into()));
    }

    fn get(&self, path: &[&str]) -> Option<&Value> {
        let (last, sections) = path.split_last()?;
        let mut table = &self.table;
        for section in sections {
            table = table.get(*section)?.as_table()?;
        }
        table.get(*last)
    }

    /// The names in a section.
    pub fn names(&self, path: &[&str]) -> Vec<String> {
        self.get(path).and_then(Value::as_table).map(|t| t.keys().cloned().collect()).unwrap_or_default()
    }

    /// Whether a key is there.
    pub fn has(&self, path: &[&str]) -> bool {
        self.get(path).is_some()
    }

    /// A value as text, where `read` makes something of it.
    pub fn read<T>(
        &self,
        path: &[&str],
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ServerError> {
        let Some(value) = self.get(path) else { return Ok(None) };
        match scalar(value).and_then(|text| read(&text)) {
            Some(read) => Ok(Some(read)),
            None => Err(unfit(path, shown(value), expected)),
        }
    }

    /// Text that says something.
    pub fn text(&self, path: &[&str], expected: &str) -> Result<Option<String>, ServerError> {
        let Some(value) = self.get(path) else { return Ok(None) };
        match value.as_str().filter(|text| !text.trim().is_empty()) {
            Some(text) => Ok(Some(text.to_string())),
            None => Err(unfit(path, shown(value), expected)),
        }
    }

    /// One text, or a list of them.
    pub fn texts(&self, path: &[&str], expected: &str) -> Result<Option<Vec<String>>, ServerError> {
        let Some(value) = self.get(path) else { return Ok(None) };
        let texts: Option<Vec<String>> = match value {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Array(values) => values.iter().map(|v| v.as_str().map(str::to_string)).collect(),
            _ => None,
        };
        match texts.filter(|texts| texts.iter().all(|text| !text.trim().is_empty())) {
            Some(texts) => Ok(Some(texts)),
            None => Err(unfit(path, shown(value), expected)),
        }
    }

    /// A number from 1 on.
    pub fn count(&self, path: &[&str]) -> Result<Option<usize>, ServerError> {
        self.read(path, "a whole number from 1 on", |text| text.parse().ok().filter(|n| *n > 0))
    }

    /// Bytes.
    pub fn size(&self, path: &[&str]) -> Result<Option<u64>, ServerError> {
        self.read(path, "a size such as `512 MiB` or `4 GB`", |text| value::size(text).filter(|n| *n > 0))
    }

    /// A time.
    pub fn duration(&self, path: &[&str]) -> Result<Option<Duration>, ServerError> {
        self.read(path, "a duration such as `500ms`, `30s` or `5min`", value::duration)
    }

    /// `true` or `false`.
    pub fn truth(&self, path: &[&str]) -> Result<Option<bool>, ServerError> {
        self.read(path, "`true` or `false`", |text| text.parse().ok())
    }

    /// The pairs of a section of options. A dot in a name need not be quoted.
    pub fn pairs(&self, path: &[&str]) -> Result<Vec<(String, String)>, ServerError> {
        let Some(value) = self.get(path) else { return Ok(Vec::new()) };
        let Some(table) = value.as_table() else { return Err(unfit(path, shown(value), "a table")) };
        let mut pairs = Vec::new();
        flatten(table, path, "", &mut pairs)?;
        Ok(pairs)
    }
}

fn flatten(table: &Table, path: &[&str], before: &str, pairs: &mut Vec<(String, String)>) -> Result<(), ServerError> {
    for (name, value) in table {
        let name = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
        match value {
            Value::Table(below) => flatten(below, path, &name, pairs)?,
            value => match scalar(value) {
                Some(text) => pairs.push((name, text)),
                None => {
                    return Err(unfit(&[path, &[name.as_str()]].concat(), shown(value), "a text, a number or a truth"));
                }
            },
        }
    }
    Ok(())
}

/// Refuses a key that is unknown, and a value where a section should be.
fn check<'a>(table: &'a Table, path: &mut Vec<&'a str>) -> Result<(), ServerError> {
    let known = names_in(path);
    for (name, value) in table {
        if let Some(known) = known.as_ref().filter(|known| !known.contains(&name.as_str())) {
            return Err(
                wrong(format!("`{}` is no key", dotted(path, name))).hint(nearest_names(name, known.iter().copied()))
            );
        }
        path.push(name);
        match value {
            Value::Table(below) if is_section(path) => check(below, path)?,
            // The short form of a dataset; the pairs of a section of options are checked when they are read.
            _ if matches!(path.as_slice(), ["datasets", _] | ["options", ..] | ["datasets", _, "options", ..]) => {}
            Value::Table(_) => return Err(unfit(path, shown(value), "a value, not a section")),
            _ if is_section(path) => {
                return Err(unfit(path, shown(value), &format!("a section, `[{}]`", path.join("."))));
            }
            _ => {}
        }
        path.pop();
    }
    Ok(())
}

/// The parts of a key of the command line. The names of options have dots of their own.
fn path_of(key: &str) -> Vec<&str> {
    match key.split_once('.') {
        Some(("options", rest)) => vec!["options", rest],
        _ => key.split('.').collect(),
    }
}

fn put(table: &mut Table, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => {
            table.insert((*name).to_string(), value);
        }
        [section, rest @ ..] => {
            let below = table.entry(*section).or_insert_with(|| Value::Table(Table::new()));
            // What is no table here is refused when all is checked.
            if let Some(below) = below.as_table_mut() {
                put(below, rest, value);
            }
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Table(_) => "{…}".into(),
        Value::Datetime(time) => time.to_string(),
        value => scalar(value).unwrap_or_default(),
    }
}

fn dotted(path: &[&str], name: &str) -> String {
    path.iter().copied().chain([name]).collect::<Vec<_>>().join(".")
}

/// An error about the value of a key.
pub(super) fn unfit(path: &[&str], value: impl Into<String>, expected: &str) -> ServerError {
    wrong(format!("`{}` is `{}`, expected {expected}", path.join("."), value.into().replace('\n', " ")))
}

/// An error about the configuration.
pub(super) fn wrong(message: impl Into<String>) -> ServerError {
    ServerError::new(code::INVALID_PARAMETER_VALUE, message)
}
