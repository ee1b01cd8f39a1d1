//! Functions of text.

use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::types::{ANY, BOOL, BYTEA, INT4, INT8, NAME, TEXT};
use crate::value::{Value, quote_identifier};

/// Characters that one answer may have: a statement must not fill the memory.
const MOST: usize = 1 << 24;

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("ascii", &[TEXT], INT4, |c| Ok(c.str(0).chars().next().map_or(0, |c| i64::from(u32::from(c))).into())),
    scalar("btrim", &[TEXT], TEXT, |c| Ok(c.str(0).trim_matches(' ').into())),
    scalar("btrim", &[TEXT, TEXT], TEXT, |c| Ok(c.str(0).trim_matches(|x| c.str(1).contains(x)).into())),
    scalar("char_length", &[TEXT], INT4, characters),
    scalar("character_length", &[TEXT], INT4, characters),
    scalar("chr", &[INT4], TEXT, chr),
    scalar("concat", &[ANY], TEXT, concat).variadic().lax(),
    scalar("concat_ws", &[TEXT, ANY], TEXT, concat_ws).variadic().lax(),
    scalar("format", &[TEXT, ANY], TEXT, format).variadic().lax(),
    scalar("format", &[TEXT], TEXT, format),
    scalar("initcap", &[TEXT], TEXT, initcap),
    scalar("left", &[TEXT, INT4], TEXT, left),
    scalar("length", &[TEXT], INT4, characters),
    scalar("length", &[BYTEA], INT4, bytes),
    scalar("lower", &[TEXT], TEXT, |c| Ok(c.str(0).to_lowercase().into())),
    scalar("lpad", &[TEXT, INT4], TEXT, lpad),
    scalar("lpad", &[TEXT, INT4, TEXT], TEXT, lpad),
    scalar("ltrim", &[TEXT], TEXT, |c| Ok(c.str(0).trim_start_matches(' ').into())),
    scalar("ltrim", &[TEXT, TEXT], TEXT, |c| Ok(c.str(0).trim_start_matches(|x| c.str(1).contains(x)).into())),
    scalar("octet_length", &[TEXT], INT4, bytes),
    scalar("octet_length", &[BYTEA], INT4, bytes),
    scalar("overlay", &[TEXT, TEXT, INT4, INT4], TEXT, overlay),
    scalar("overlay", &[TEXT, TEXT, INT4], TEXT, overlay),
    scalar("position", &[TEXT, TEXT], INT4, |c| Ok(position(c.str(0), c.str(1)))),
    scalar("quote_ident", &[TEXT], TEXT, |c| Ok(quote_identifier(c.str(0)).into())),
    scalar("quote_literal", &[TEXT], TEXT, |c| Ok(quote_literal(c.str(0)).into())),
    scalar("quote_nullable", &[TEXT], TEXT, quote_nullable).lax(),
    scalar("repeat", &[TEXT, INT4], TEXT, repeat),
    scalar("replace", &[TEXT, TEXT, TEXT], TEXT, replace),
    scalar("reverse", &[TEXT], TEXT, |c| Ok(c.str(0).chars().rev().collect::<String>().into())),
    scalar("right", &[TEXT, INT4], TEXT, right),
    scalar("rpad", &[TEXT, INT4], TEXT, rpad),
    scalar("rpad", &[TEXT, INT4, TEXT], TEXT, rpad),
    scalar("rtrim", &[TEXT], TEXT, |c| Ok(c.str(0).trim_end_matches(' ').into())),
    scalar("rtrim", &[TEXT, TEXT], TEXT, |c| Ok(c.str(0).trim_end_matches(|x| c.str(1).contains(x)).into())),
    scalar("split_part", &[TEXT, TEXT, INT4], TEXT, split_part),
    scalar("starts_with", &[TEXT, TEXT], BOOL, |c| Ok(c.str(0).starts_with(c.str(1)).into())),
    scalar("strpos", &[TEXT, TEXT], INT4, |c| Ok(position(c.str(0), c.str(1)))),
    scalar("substr", &[TEXT, INT4], TEXT, substring),
    scalar("substr", &[TEXT, INT4, INT4], TEXT, substring),
    scalar("substring", &[TEXT, INT4], TEXT, substring),
    scalar("substring", &[TEXT, INT4, INT4], TEXT, substring),
    scalar("to_hex", &[INT4], TEXT, |c| Ok(format!("{:x}", c.int(0) & 0xffff_ffff).into())),
    scalar("to_hex", &[INT8], TEXT, |c| Ok(format!("{:x}", c.int(0)).into())),
    scalar("translate", &[TEXT, TEXT, TEXT], TEXT, translate),
    scalar("upper", &[TEXT], TEXT, |c| Ok(c.str(0).to_uppercase().into())),
    // Casts in the form of functions.
    scalar("name", &[TEXT], NAME, |c| Ok(crate::value::cut_name(c.str(0)).into())),
    scalar("text", &[NAME], TEXT, |c| Ok(c.str(0).into())),
];

fn characters(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(count(c.str(0).chars().count()))
}

fn bytes(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(count(match c.arg(0) {
        Value::Bytes(bytes) => bytes.len(),
        _ => c.str(0).len(),
    }))
}

fn count(n: usize) -> Value {
    i64::try_from(n).unwrap_or(i64::MAX).into()
}

fn too_long() -> PgError {
    PgError::new("54000", "requested length too large")
}

fn chr(c: &Call<'_>) -> Result<Value, PgError> {
    match u32::try_from(c.int(0)).ok().filter(|n| *n != 0).and_then(char::from_u32) {
        Some(found) => Ok(found.to_string().into()),
        None => Err(PgError::new("54000", format!("requested character not valid for encoding: {}", c.int(0)))),
    }
}

/// The arguments that are not NULL, as text, from one on.
fn texts(c: &Call<'_>, from: usize) -> Vec<String> {
    (from..c.args.len()).filter(|at| !c.arg(*at).is_null()).map(|at| c.text(at)).collect()
}

fn concat(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(texts(c, 0).concat().into())
}

fn concat_ws(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(if c.arg(0).is_null() { Value::Null } else { texts(c, 1).join(c.str(0)).into() })
}

/// `%s`, `%I` and `%L`, with position (`%2$s`) and width (`%-10s`).
fn format(c: &Call<'_>) -> Result<Value, PgError> {
    if c.arg(0).is_null() {
        return Ok(Value::Null);
    }
    let mut out = String::new();
    let mut chars = c.str(0).chars().peekable();
    let mut next = 1;
    while let Some(x) = chars.next() {
        if x != '%' {
            out.push(x);
            continue;
        }
        if chars.next_if_eq(&'%').is_some() {
            out.push('%');
            continue;
        }
        let digits = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            let mut text = String::new();
            while let Some(d) = chars.next_if(char::is_ascii_digit) {
                text.push(d);
            }
            text.parse::<usize>().ok()
        };
        let mut width = digits(&mut chars);
        if let Some(at) = width
            && chars.next_if_eq(&'$').is_some()
        {
            next = at;
            width = None;
        }
        let to_left = chars.next_if_eq(&'-').is_some();
        width = width.or_else(|| digits(&mut chars));
        let argument = (next < c.args.len()).then(|| c.arg(next));
        let Some(argument) = argument.filter(|_| next > 0) else {
            return Err(PgError::new("22023", "too few arguments for format()"));
        };
        let text = match chars.next() {
            Some('s') => c.text(next),
            Some('I') if argument.is_null() => {
                return Err(PgError::new("22004", "null values cannot be formatted as an SQL identifier"));
            }
            Some('I') => quote_identifier(&c.text(next)),
            Some('L') if argument.is_null() => "NULL".into(),
            Some('L') => quote_literal(&c.text(next)),
            Some(other) => {
                let message = format!("unrecognized format() type specifier \"{other}\"");
                return Err(PgError::new("22023", message));
            }
            None => return Err(PgError::new("22023", "unterminated format() type specifier")),
        };
        next += 1;
        let fill = width.unwrap_or(0).saturating_sub(text.chars().count());
        if fill > MOST {
            return Err(too_long());
        }
        let blanks = " ".repeat(fill);
        out.push_str(&if to_left { text + &blanks } else { blanks + &text });
    }
    Ok(out.into())
}

fn initcap(c: &Call<'_>) -> Result<Value, PgError> {
    let mut out = String::new();
    let mut in_word = false;
    for x in c.str(0).chars() {
        if in_word {
            out.extend(x.to_lowercase());
        } else {
            out.extend(x.to_uppercase());
        }
        in_word = x.is_alphanumeric();
    }
    Ok(out.into())
}

/// How many characters a number that counts from the other end when negative stands for.
fn share(text: &str, n: i64) -> usize {
    let all = text.chars().count();
    match usize::try_from(n.unsigned_abs()) {
        Ok(n_abs) if n < 0 => all.saturating_sub(n_abs),
        Ok(n_abs) => n_abs.min(all),
        Err(_) => 0,
    }
}

fn left(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(c.str(0).chars().take(share(c.str(0), c.int(1))).collect::<String>().into())
}

fn right(c: &Call<'_>) -> Result<Value, PgError> {
    let skip = c.str(0).chars().count() - share(c.str(0), c.int(1));
    Ok(c.str(0).chars().skip(skip).collect::<String>().into())
}

/// The text cut to a length, and what fills it up.
fn padded(c: &Call<'_>) -> Result<(String, String), PgError> {
    let length = usize::try_from(c.int(1)).unwrap_or(0);
    if length > MOST {
        return Err(too_long());
    }
    let text: String = c.str(0).chars().take(length).collect();
    let with = if c.args.len() > 2 { c.str(2) } else { " " };
    let missing = length - text.chars().count();
    let fill = if with.is_empty() { String::new() } else { with.chars().cycle().take(missing).collect() };
    Ok((text, fill))
}

fn lpad(c: &Call<'_>) -> Result<Value, PgError> {
    padded(c).map(|(text, fill)| (fill + &text).into())
}

fn rpad(c: &Call<'_>) -> Result<Value, PgError> {
    padded(c).map(|(text, fill)| (text + &fill).into())
}

fn overlay(c: &Call<'_>) -> Result<Value, PgError> {
    let text: Vec<char> = c.str(0).chars().collect();
    let length = if c.args.len() > 3 { c.int(3) } else { i64::try_from(c.str(1).chars().count()).unwrap_or(0) };
    let start = c.int(2).saturating_sub(1);
    if start < 0 {
        return Err(PgError::new("22011", "negative substring length not allowed"));
    }
    let at = |n: i64| usize::try_from(n.max(0)).unwrap_or(usize::MAX).min(text.len());
    let before: String = text.iter().take(at(start)).collect();
    let after: String = text.iter().skip(at(start.saturating_add(length))).collect();
    Ok((before + c.str(1) + &after).into())
}

/// Where a part of a text begins, counted from 1; 0 if it is not there.
fn position(text: &str, part: &str) -> Value {
    text.find(part)
        .map_or(0, |at| text.get(..at).map_or(0, |before| before.chars().count() + 1))
        .try_into()
        .map_or(Value::Null, |n: i64| n.into())
}

/// Text as a literal of SQL.
pub(super) fn quote_literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

fn quote_nullable(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(if c.arg(0).is_null() { "NULL".into() } else { quote_literal(c.str(0)).into() })
}

fn repeat(c: &Call<'_>) -> Result<Value, PgError> {
    let times = usize::try_from(c.int(1)).unwrap_or(0);
    match c.str(0).len().checked_mul(times).filter(|n| *n <= MOST) {
        Some(_) => Ok(c.str(0).repeat(times).into()),
        None => Err(too_long()),
    }
}

fn replace(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(if c.str(1).is_empty() { c.str(0).into() } else { c.str(0).replace(c.str(1), c.str(2)).into() })
}

fn split_part(c: &Call<'_>) -> Result<Value, PgError> {
    let parts: Vec<&str> = if c.str(1).is_empty() { vec![c.str(0)] } else { c.str(0).split(c.str(1)).collect() };
    let n = c.int(2);
    let at = match usize::try_from(n.unsigned_abs()) {
        Ok(0) | Err(_) => return Err(PgError::new("22023", "field position must not be zero")),
        Ok(from_end) if n < 0 => parts.len().checked_sub(from_end),
        Ok(from_start) => Some(from_start - 1),
    };
    Ok(at.and_then(|at| parts.get(at)).copied().unwrap_or("").into())
}

fn substring(c: &Call<'_>) -> Result<Value, PgError> {
    let start = c.int(1);
    let end = match c.args.len() {
        3 if c.int(2) < 0 => return Err(PgError::new("22011", "negative substring length not allowed")),
        3 => start.saturating_add(c.int(2)),
        _ => i64::MAX,
    };
    let skip = usize::try_from(start.max(1) - 1).unwrap_or(usize::MAX);
    let take = usize::try_from(end.saturating_sub(start.max(1)).max(0)).unwrap_or(usize::MAX);
    Ok(c.str(0).chars().skip(skip).take(take).collect::<String>().into())
}

fn translate(c: &Call<'_>) -> Result<Value, PgError> {
    let to: Vec<char> = c.str(2).chars().collect();
    let change = |x: char| match c.str(1).chars().position(|from| from == x) {
        Some(at) => to.get(at).copied(),
        None => Some(x),
    };
    Ok(c.str(0).chars().filter_map(change).collect::<String>().into())
}
