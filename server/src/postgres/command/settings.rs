//! `SET`, `RESET` and `SHOW` in all their forms.

use hyperslab::datafusion::sql::sqlparser::tokenizer::Token;

use super::lex::Cursor;
use super::parse::transaction_modes;
use super::{Command, Text};
use crate::error::ServerError;

/// `SET …`.
pub(super) fn set(cursor: &mut Cursor<'_>, all: &Text) -> Result<Command, ServerError> {
    let local = cursor.take(&["LOCAL"]);
    let modes = |cursor: &mut Cursor<'_>| {
        transaction_modes(cursor)?;
        Ok(Command::Set { settings: Vec::new(), local, transaction: true })
    };
    if cursor.take(&["SESSION", "CHARACTERISTICS", "AS", "TRANSACTION"]) || cursor.take(&["TRANSACTION"]) {
        return modes(cursor);
    }
    if cursor.take(&["CONSTRAINTS"]) {
        while cursor.next().is_some() {}
        return Ok(Command::Set { settings: Vec::new(), local, transaction: true });
    }
    if !local && cursor.take(&["SESSION", "AUTHORIZATION"]) {
        let value = name_or_default(cursor)?;
        return Ok(one("session_authorization", value, local));
    }
    if !local {
        cursor.take(&["SESSION"]);
    }
    if cursor.take(&["TIME", "ZONE"]) {
        return Ok(one("TimeZone", time_zone(cursor)?, local));
    }
    if cursor.take(&["NAMES"]) {
        let value = match cursor.peek() {
            None => None,
            Some(_) => name_or_default(cursor)?,
        };
        return Ok(one("client_encoding", value, local));
    }
    if cursor.take(&["ROLE"]) {
        return Ok(one("role", name_or_default(cursor)?, local));
    }
    let name = name(cursor)?;
    if name.starts_with("hyperslab.") || name.starts_with("datafusion.") {
        while cursor.next().is_some() {}
        return Ok(Command::SetEngine { name, text: all.clone() });
    }
    if !cursor.take_token(&Token::Eq) && !cursor.take(&["TO"]) {
        return Err(cursor.unexpected());
    }
    let value = match cursor.take(&["DEFAULT"]) {
        true => None,
        false => Some(values(cursor, name.eq_ignore_ascii_case("search_path"))?),
    };
    Ok(one(&name, value, local))
}

fn one(name: &str, value: Option<String>, local: bool) -> Command {
    Command::Set { settings: vec![(name.to_string(), value)], local, transaction: false }
}

/// A name with or without points.
fn name(cursor: &mut Cursor<'_>) -> Result<String, ServerError> {
    let mut name = cursor.name()?;
    while cursor.take_token(&Token::Period) {
        name.push('.');
        name.push_str(&cursor.name()?);
    }
    Ok(name)
}

fn name_or_default(cursor: &mut Cursor<'_>) -> Result<Option<String>, ServerError> {
    match cursor.peek() {
        Some(Token::Word(_)) if cursor.take(&["DEFAULT"]) => Ok(None),
        Some(Token::Word(_)) => cursor.name().map(Some),
        _ => cursor.string().map(Some),
    }
}

/// `'Europe/Paris'`, `UTC`, `-3`, `INTERVAL '+05:30' HOUR TO MINUTE`, `LOCAL`, `DEFAULT`.
fn time_zone(cursor: &mut Cursor<'_>) -> Result<Option<String>, ServerError> {
    if cursor.take(&["LOCAL"]) || cursor.take(&["DEFAULT"]) {
        return Ok(None);
    }
    if cursor.take(&["INTERVAL"]) {
        let value = cursor.string()?;
        cursor.take(&["HOUR", "TO", "MINUTE"]);
        return Ok(Some(value));
    }
    values(cursor, false).map(Some)
}

/// Values with commas between them. As a list of names, each is quoted where it needs that.
fn values(cursor: &mut Cursor<'_>, names: bool) -> Result<String, ServerError> {
    let mut all = Vec::new();
    loop {
        all.push(value(cursor, names)?);
        if !cursor.take_token(&Token::Comma) {
            return Ok(all.join(", "));
        }
    }
}

fn value(cursor: &mut Cursor<'_>, names: bool) -> Result<String, ServerError> {
    let sign = match cursor.peek() {
        Some(Token::Minus) => "-",
        Some(Token::Plus) => "+",
        _ => "",
    };
    if !sign.is_empty() {
        cursor.next();
    }
    match cursor.peek() {
        Some(Token::Number(number, _)) => {
            cursor.next();
            Ok(format!("{sign}{number}"))
        }
        _ if !sign.is_empty() => Err(cursor.unexpected()),
        Some(Token::Word(_)) => {
            let name = cursor.name()?;
            Ok(if names { quoted(name) } else { name })
        }
        _ => {
            let text = cursor.string()?;
            Ok(if names { quoted(text) } else { text })
        }
    }
}

fn quoted(name: String) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match !name.is_empty() && name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => name,
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// `RESET …`.
pub(super) fn reset(cursor: &mut Cursor<'_>) -> Result<Command, ServerError> {
    Ok(Command::Reset(if cursor.take(&["ALL"]) {
        None
    } else if cursor.take(&["TIME", "ZONE"]) {
        Some("TimeZone".into())
    } else if cursor.take(&["TRANSACTION", "ISOLATION", "LEVEL"]) {
        Some("transaction_isolation".into())
    } else if cursor.take(&["SESSION", "AUTHORIZATION"]) {
        Some("session_authorization".into())
    } else {
        Some(name(cursor)?)
    }))
}

/// `SHOW …` of a setting; `None` for what the query engine shows, such as its tables.
pub(super) fn show(cursor: &mut Cursor<'_>) -> Result<Option<Command>, ServerError> {
    const ENGINE: [&str; 9] =
        ["TABLES", "DATASETS", "COLUMNS", "FUNCTIONS", "CREATE", "SCHEMAS", "DATABASES", "CATALOGS", "VIEWS"];
    let first = cursor.word().unwrap_or_default();
    if ENGINE.contains(&first.as_str()) {
        return Ok(None);
    }
    let name = if cursor.take(&["ALL"]) {
        None
    } else if cursor.take(&["TIME", "ZONE"]) {
        Some("TimeZone".into())
    } else if cursor.take(&["TRANSACTION", "ISOLATION", "LEVEL"]) {
        Some("transaction_isolation".into())
    } else if cursor.take(&["SESSION", "AUTHORIZATION"]) {
        Some("session_authorization".into())
    } else {
        let name = name(cursor)?;
        if name.starts_with("hyperslab.") || name.starts_with("datafusion.") {
            return Ok(None);
        }
        Some(name)
    };
    Ok(Some(Command::Show(name)))
}
