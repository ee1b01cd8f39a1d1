//! Tells what a statement asks for.

use hyperslab::datafusion::sql::sqlparser::tokenizer::Token;
use hyperslab_pg_catalog::types;

use super::lex::{Cursor, Piece};
use super::{Command, Discard, Text, copy, cursor, settings};
use crate::error::{ServerError, code};

/// The command of a statement.
///
/// # Errors
/// When it is one of the protocol's own and does not parse.
pub(in crate::postgres) fn parse(piece: &Piece<'_>) -> Result<Command, ServerError> {
    let mut cursor = Cursor::new(piece);
    let all = Text { text: piece.text.to_string(), offset: piece.offset };
    let Some(first) = cursor.word() else { return Ok(Command::Query(all)) };
    match first.as_str() {
        "SELECT" | "WITH" | "VALUES" | "TABLE" | "FROM" => return Ok(Command::Query(all)),
        _ => {}
    }
    cursor.next();
    let command = match first.as_str() {
        "BEGIN" | "START" => {
            let started = first == "START";
            if started && !cursor.take(&["TRANSACTION"]) {
                return Err(cursor.unexpected());
            }
            let _ = !started && (cursor.take(&["WORK"]) || cursor.take(&["TRANSACTION"]));
            transaction_modes(&mut cursor)?;
            Command::Begin { started }
        }
        "COMMIT" | "END" => Command::Commit { chain: end_of_transaction(&mut cursor)? },
        "ROLLBACK" | "ABORT" => {
            let _ = cursor.take(&["WORK"]) || cursor.take(&["TRANSACTION"]);
            match cursor.take(&["TO"]) {
                true => {
                    cursor.take(&["SAVEPOINT"]);
                    Command::RollbackTo(cursor.name()?)
                }
                false => Command::Rollback { chain: end_of_transaction(&mut cursor)? },
            }
        }
        "SAVEPOINT" => Command::Savepoint(cursor.name()?),
        "RELEASE" => {
            cursor.take(&["SAVEPOINT"]);
            Command::Release(cursor.name()?)
        }
        "SET" => settings::set(&mut cursor, &all)?,
        "RESET" => settings::reset(&mut cursor)?,
        "SHOW" => match settings::show(&mut cursor)? {
            Some(command) => command,
            None => return Ok(Command::Engine { tag: "SHOW".into(), text: all }),
        },
        "DISCARD" => Command::Discard(match cursor.next().map(ToString::to_string).unwrap_or_default().as_str() {
            what if what.eq_ignore_ascii_case("all") => Discard::All,
            what if what.eq_ignore_ascii_case("plans") => Discard::Plans,
            what if what.eq_ignore_ascii_case("sequences") => Discard::Other("DISCARD SEQUENCES"),
            what if what.eq_ignore_ascii_case("temp") || what.eq_ignore_ascii_case("temporary") => {
                Discard::Other("DISCARD TEMP")
            }
            _ => return Err(cursor.unexpected()),
        }),
        "DEALLOCATE" => {
            cursor.take(&["PREPARE"]);
            Command::Deallocate(name_or_all(&mut cursor)?)
        }
        "PREPARE" => prepare(&mut cursor)?,
        "EXECUTE" => execute(&mut cursor)?,
        "LISTEN" => {
            cursor.name()?;
            Command::Listen
        }
        "UNLISTEN" => {
            if !cursor.take_token(&Token::Mul) {
                cursor.name()?;
            }
            Command::Unlisten
        }
        "DECLARE" => cursor::declare(&mut cursor)?,
        "FETCH" => cursor::fetch(&mut cursor, false)?,
        "MOVE" => cursor::fetch(&mut cursor, true)?,
        "CLOSE" => Command::Close(name_or_all(&mut cursor)?),
        "COPY" => match copy::copy(&mut cursor)? {
            Some(copy) => Command::Copy(copy),
            None => return Ok(Command::Engine { tag: first, text: all }),
        },
        _ => return Ok(Command::Engine { tag: first, text: all }),
    };
    match &command {
        // These take the rest of the statement as it is.
        Command::Declare { .. } | Command::Prepare { .. } | Command::SetEngine { .. } => {}
        _ => cursor.end()?,
    }
    Ok(command)
}

/// `ISOLATION LEVEL …`, `READ ONLY`, `DEFERRABLE`: all are true of a session that only reads.
pub(super) fn transaction_modes(cursor: &mut Cursor<'_>) -> Result<(), ServerError> {
    loop {
        let known = cursor.take(&["ISOLATION", "LEVEL", "SERIALIZABLE"])
            || cursor.take(&["ISOLATION", "LEVEL", "REPEATABLE", "READ"])
            || cursor.take(&["ISOLATION", "LEVEL", "READ", "COMMITTED"])
            || cursor.take(&["ISOLATION", "LEVEL", "READ", "UNCOMMITTED"])
            || cursor.take(&["READ", "ONLY"])
            || cursor.take(&["READ", "WRITE"])
            || cursor.take(&["NOT", "DEFERRABLE"])
            || cursor.take(&["DEFERRABLE"]);
        if !known {
            return Ok(());
        }
        cursor.take_token(&Token::Comma);
    }
}

/// `WORK`, `AND CHAIN`: whether another transaction begins at once.
fn end_of_transaction(cursor: &mut Cursor<'_>) -> Result<bool, ServerError> {
    let _ = cursor.take(&["WORK"]) || cursor.take(&["TRANSACTION"]);
    if cursor.take(&["PREPARED"]) {
        return Err(ServerError::new(code::FEATURE_NOT_SUPPORTED, "prepared transactions are not supported"));
    }
    Ok(match cursor.take(&["AND"]) {
        true if cursor.take(&["NO", "CHAIN"]) => false,
        true if cursor.take(&["CHAIN"]) => true,
        true => return Err(cursor.unexpected()),
        false => false,
    })
}

fn name_or_all(cursor: &mut Cursor<'_>) -> Result<Option<String>, ServerError> {
    match cursor.take(&["ALL"]) {
        true => Ok(None),
        false => cursor.name().map(Some),
    }
}

/// `PREPARE name (types) AS statement`.
fn prepare(cursor: &mut Cursor<'_>) -> Result<Command, ServerError> {
    if cursor.take(&["TRANSACTION"]) {
        return Err(ServerError::new(code::FEATURE_NOT_SUPPORTED, "prepared transactions are not supported"));
    }
    let name = cursor.name()?;
    let mut oids = Vec::new();
    if cursor.peek() == Some(&Token::LParen) {
        for name in cursor.parenthesised()?.split(',') {
            let plain = name.trim().trim_start_matches("pg_catalog.").to_ascii_lowercase();
            let oid = types::by_sql_name(plain.split('(').next().unwrap_or_default().trim());
            oids.push(oid.ok_or_else(|| ServerError::new("42704", format!("type \"{plain}\" does not exist")))?);
        }
    }
    if !cursor.take(&["AS"]) {
        return Err(cursor.unexpected());
    }
    let body = Text { text: cursor.rest().to_string(), offset: cursor.offset() };
    Ok(Command::Prepare { name, types: oids, body })
}

/// `EXECUTE name (values)`, where each value is a literal.
fn execute(cursor: &mut Cursor<'_>) -> Result<Command, ServerError> {
    let name = cursor.name()?;
    let mut values = Vec::new();
    if cursor.take_token(&Token::LParen) && !cursor.take_token(&Token::RParen) {
        loop {
            values.push(literal(cursor)?);
            if cursor.take_token(&Token::RParen) {
                break;
            }
            if !cursor.take_token(&Token::Comma) {
                return Err(cursor.unexpected());
            }
        }
    }
    Ok(Command::Execute { name, values })
}

fn literal(cursor: &mut Cursor<'_>) -> Result<Option<String>, ServerError> {
    let value = if cursor.take(&["NULL"]) {
        None
    } else if cursor.take(&["TRUE"]) {
        Some("true".to_string())
    } else if cursor.take(&["FALSE"]) {
        Some("false".to_string())
    } else {
        let minus = cursor.take_token(&Token::Minus);
        match cursor.peek() {
            Some(Token::Number(number, _)) => {
                let number = if minus { format!("-{number}") } else { number.clone() };
                cursor.next();
                Some(number)
            }
            _ if minus => return Err(cursor.unexpected()),
            // A type before or behind a string changes nothing: the place of the parameter says the type.
            Some(Token::Word(_)) => {
                cursor.name()?;
                Some(cursor.string()?)
            }
            _ => Some(cursor.string()?),
        }
    };
    if cursor.take_token(&Token::DoubleColon) {
        cursor.name()?;
        while matches!(cursor.peek(), Some(Token::Word(_))) {
            cursor.next();
        }
    }
    Ok(value)
}
