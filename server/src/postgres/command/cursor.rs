//! `DECLARE`, `FETCH` and `MOVE`.

use hyperslab::datafusion::sql::sqlparser::tokenizer::Token;

use super::lex::Cursor;
use super::{Command, Fetch, Text};
use crate::error::ServerError;

/// `DECLARE name [BINARY] [INSENSITIVE] [[NO] SCROLL] CURSOR [WITH | WITHOUT HOLD] FOR query`.
pub(super) fn declare(cursor: &mut Cursor<'_>) -> Result<Command, ServerError> {
    let name = cursor.name()?;
    let (mut binary, mut scroll) = (false, false);
    loop {
        if cursor.take(&["BINARY"]) {
            binary = true;
        } else if cursor.take(&["NO", "SCROLL"]) {
            scroll = false;
        } else if cursor.take(&["SCROLL"]) {
            scroll = true;
        } else if !cursor.take(&["INSENSITIVE"]) && !cursor.take(&["ASENSITIVE"]) {
            break;
        }
    }
    if !cursor.take(&["CURSOR"]) {
        return Err(cursor.unexpected());
    }
    let hold = cursor.take(&["WITH", "HOLD"]);
    if !hold {
        cursor.take(&["WITHOUT", "HOLD"]);
    }
    if !cursor.take(&["FOR"]) {
        return Err(cursor.unexpected());
    }
    let body = Text { text: cursor.rest().to_string(), offset: cursor.offset() };
    Ok(Command::Declare { name, binary, hold, scroll, body })
}

/// `FETCH` or `MOVE`: `[direction] [FROM | IN] name`.
pub(super) fn fetch(cursor: &mut Cursor<'_>, moves: bool) -> Result<Command, ServerError> {
    let rows = direction(cursor)?;
    let _ = cursor.take(&["FROM"]) || cursor.take(&["IN"]);
    Ok(Command::Fetch { name: cursor.name()?, rows, moves })
}

fn direction(cursor: &mut Cursor<'_>) -> Result<Fetch, ServerError> {
    if cursor.take(&["NEXT"]) {
        return Ok(Fetch::Forward(1));
    }
    if cursor.take(&["ALL"]) {
        return Ok(Fetch::All);
    }
    if cursor.take(&["FIRST"]) {
        return Ok(Fetch::Absolute(1));
    }
    if cursor.take(&["LAST"]) || cursor.take(&["PRIOR"]) {
        return Ok(Fetch::Backward);
    }
    if cursor.take(&["ABSOLUTE"]) {
        return Ok(match number(cursor)? {
            Some(n @ 1..) => Fetch::Absolute(n.unsigned_abs()),
            _ => Fetch::Backward,
        });
    }
    if cursor.take(&["RELATIVE"]) {
        return Ok(match number(cursor)? {
            Some(n @ 1..) => Fetch::Relative(n.unsigned_abs()),
            _ => Fetch::Backward,
        });
    }
    if cursor.take(&["BACKWARD"]) {
        let _ = cursor.take(&["ALL"]) || number(cursor)?.is_some();
        return Ok(Fetch::Backward);
    }
    let forward = cursor.take(&["FORWARD"]);
    if forward && cursor.take(&["ALL"]) {
        return Ok(Fetch::All);
    }
    Ok(match number(cursor)? {
        Some(n @ 1..) => Fetch::Forward(n.unsigned_abs()),
        Some(_) => Fetch::Backward,
        None => Fetch::Forward(1),
    })
}

fn number(cursor: &mut Cursor<'_>) -> Result<Option<i64>, ServerError> {
    let minus = cursor.take_token(&Token::Minus);
    match cursor.peek() {
        Some(Token::Number(number, _)) => {
            let number: i64 = number.parse().map_err(|_| cursor.unexpected())?;
            cursor.next();
            Ok(Some(if minus { -number } else { number }))
        }
        _ if minus => Err(cursor.unexpected()),
        _ => Ok(None),
    }
}
