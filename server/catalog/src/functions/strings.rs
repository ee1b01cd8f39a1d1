//! Texts: operators and functions.

use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::types::{
    ANY, ANYARRAY, ANYCOMPATIBLE, ANYCOMPATIBLEARRAY, ANYELEMENT, ANYNONARRAY, BOOL, BYTEA, CHAR, INT4, INT8, NAME,
    OID, TEXT, TEXT_ARRAY,
};
use crate::value::{Array, Value, quote_identifier};

type Answer = Result<Value, PgError>;

/// No text that a function makes is longer than this.
const LONGEST: usize = 64 << 20;

fn too_long() -> PgError {
    PgError::new("54000", "requested length too large")
}

fn text(s: impl AsRef<str>) -> Answer {
    Ok(Value::text(s))
}

fn concat_op(c: &Call<'_>) -> Answer {
    // `true || 'x'` is written as a cast to text would write it.
    let part = |at: usize| match c.arg(at) {
        Value::Bool(b) => (if *b { "true" } else { "false" }).to_string(),
        v => v.to_text(c.ty(at)).unwrap_or_default(),
    };
    text(part(0) + &part(1))
}

fn concat_bytes(c: &Call<'_>) -> Answer {
    match (c.arg(0), c.arg(1)) {
        (Value::Bytes(a), Value::Bytes(b)) => Ok(Value::Bytes(a.iter().chain(b.iter()).copied().collect())),
        _ => Ok(Value::Null),
    }
}

pub(super) fn concat_arrays(c: &Call<'_>) -> Answer {
    let (a, b) = match (c.arg(0), c.arg(1)) {
        (Value::Array(a), Value::Array(b)) => (a, b),
        (Value::Null, other) | (other, _) => return Ok(other.clone()),
    };
    if a.elements.is_empty() || b.elements.is_empty() {
        return Ok(if a.elements.is_empty() { c.arg(1) } else { c.arg(0) }.clone());
    }
    let incompatible = || PgError::new("2202E", "cannot concatenate incompatible arrays");
    let elements: Vec<Value> = a.elements.iter().chain(&b.elements).cloned().collect();
    let dims = match (a.dims.split_first(), b.dims.split_first()) {
        (Some(((n, lower), rest)), Some(((m, _), other))) if rest == other => {
            std::iter::once((n + m, *lower)).chain(rest.iter().copied()).collect()
        }
        (Some(((n, lower), rest)), _) if rest == b.dims.as_slice() => {
            std::iter::once((n + 1, *lower)).chain(rest.iter().copied()).collect()
        }
        (_, Some(((m, lower), rest))) if rest == a.dims.as_slice() => {
            std::iter::once((m + 1, *lower)).chain(rest.iter().copied()).collect()
        }
        _ => return Err(incompatible()),
    };
    Ok(Value::Array(Array { dims, elements }.into()))
}

pub(super) fn append(c: &Call<'_>) -> Answer {
    one_more(c.arg(0), c.arg(1), true)
}

pub(super) fn prepend(c: &Call<'_>) -> Answer {
    one_more(c.arg(1), c.arg(0), false)
}

fn one_more(array: &Value, element: &Value, last: bool) -> Answer {
    let (mut elements, lower) = match array {
        Value::Array(a) if a.dims.len() > 1 => {
            return Err(PgError::new("22000", "argument must be empty or one-dimensional array"));
        }
        Value::Array(a) => (a.elements.clone(), a.dims.first().map_or(1, |(_, lower)| *lower)),
        _ => (Vec::new(), 1),
    };
    if last {
        elements.push(element.clone());
    } else {
        elements.insert(0, element.clone());
    }
    Ok(Value::Array(Array::new(elements, lower).into()))
}

fn concat(c: &Call<'_>) -> Answer {
    let all: String = (0..c.args.len()).map(|at| c.text(at)).collect();
    text(all)
}

fn concat_ws(c: &Call<'_>) -> Answer {
    if c.arg(0).is_null() {
        return Ok(Value::Null);
    }
    let parts: Vec<String> = (1..c.args.len()).filter(|at| !c.arg(*at).is_null()).map(|at| c.text(at)).collect();
    text(parts.join(c.str(0)))
}

fn lower(c: &Call<'_>) -> Answer {
    text(c.str(0).to_lowercase())
}

fn upper(c: &Call<'_>) -> Answer {
    text(c.str(0).to_uppercase())
}

fn initcap(c: &Call<'_>) -> Answer {
    let mut inside = false;
    let mut all = String::new();
    for letter in c.str(0).chars() {
        if inside {
            all.extend(letter.to_lowercase());
        } else {
            all.extend(letter.to_uppercase());
        }
        inside = letter.is_alphanumeric();
    }
    text(all)
}

fn length(c: &Call<'_>) -> Answer {
    count(c.str(0).chars().count())
}

fn count(n: usize) -> Answer {
    Ok(Value::Int(i64::try_from(n).unwrap_or(i64::MAX)))
}

fn octets(c: &Call<'_>) -> Answer {
    match c.arg(0) {
        Value::Bytes(b) => count(b.len()),
        _ => count(c.str(0).len()),
    }
}

fn bit_length(c: &Call<'_>) -> Answer {
    count(c.str(0).len().saturating_mul(8))
}

/// Characters from a place, counted from 1, which may lie before the text.
fn substring(c: &Call<'_>) -> Answer {
    let start = c.int(1);
    let end = if c.args.len() > 2 {
        if c.int(2) < 0 {
            return Err(PgError::new("22011", "negative substring length not allowed"));
        }
        start.saturating_add(c.int(2))
    } else {
        i64::MAX
    };
    let skip = usize::try_from(start.max(1) - 1).unwrap_or(usize::MAX);
    let take = usize::try_from(end.saturating_sub(start.max(1))).unwrap_or(0);
    text(c.str(0).chars().skip(skip).take(take).collect::<String>())
}

fn left(c: &Call<'_>) -> Answer {
    let length = i64::try_from(c.str(0).chars().count()).unwrap_or(i64::MAX);
    let n = if c.int(1) < 0 { length.saturating_add(c.int(1)) } else { c.int(1) };
    text(c.str(0).chars().take(usize::try_from(n).unwrap_or(0)).collect::<String>())
}

fn right(c: &Call<'_>) -> Answer {
    let length = i64::try_from(c.str(0).chars().count()).unwrap_or(i64::MAX);
    let skip = if c.int(1) < 0 { c.int(1).saturating_neg() } else { length.saturating_sub(c.int(1)) };
    text(c.str(0).chars().skip(usize::try_from(skip).unwrap_or(0)).collect::<String>())
}

fn of<'c>(c: &'c Call<'_>) -> impl Fn(char) -> bool + 'c {
    let wanted = if c.args.len() > 1 { c.str(1) } else { " " };
    move |letter| wanted.contains(letter)
}

fn btrim(c: &Call<'_>) -> Answer {
    text(c.str(0).trim_matches(of(c)))
}

fn ltrim(c: &Call<'_>) -> Answer {
    text(c.str(0).trim_start_matches(of(c)))
}

fn rtrim(c: &Call<'_>) -> Answer {
    text(c.str(0).trim_end_matches(of(c)))
}

fn position(c: &Call<'_>) -> Answer {
    match c.str(0).find(c.str(1)) {
        Some(at) => count(c.str(0).get(..at).unwrap_or("").chars().count() + 1),
        None => Ok(Value::Int(0)),
    }
}

fn replace(c: &Call<'_>) -> Answer {
    if c.str(1).is_empty() {
        return text(c.str(0));
    }
    let found = c.str(0).matches(c.str(1)).count();
    if found.saturating_mul(c.str(2).len()) > LONGEST {
        return Err(too_long());
    }
    text(c.str(0).replace(c.str(1), c.str(2)))
}

fn translate(c: &Call<'_>) -> Answer {
    let (from, to): (Vec<char>, Vec<char>) = (c.str(1).chars().collect(), c.str(2).chars().collect());
    let all = c.str(0).chars().filter_map(|letter| match from.iter().position(|f| *f == letter) {
        Some(at) => to.get(at).copied(),
        None => Some(letter),
    });
    text(all.collect::<String>())
}

fn repeat(c: &Call<'_>) -> Answer {
    let times = usize::try_from(c.int(1)).unwrap_or(0);
    if c.str(0).len().saturating_mul(times) > LONGEST {
        return Err(too_long());
    }
    text(c.str(0).repeat(times))
}

fn padding(c: &Call<'_>) -> Result<(String, String), PgError> {
    let wanted = usize::try_from(c.int(1)).unwrap_or(0);
    if wanted > LONGEST / 4 {
        return Err(too_long());
    }
    let kept: String = c.str(0).chars().take(wanted).collect();
    let missing = wanted - kept.chars().count();
    let fill = if c.args.len() > 2 { c.str(2) } else { " " };
    Ok((fill.chars().cycle().take(missing).collect(), kept))
}

fn lpad(c: &Call<'_>) -> Answer {
    let (fill, kept) = padding(c)?;
    text(fill + &kept)
}

fn rpad(c: &Call<'_>) -> Answer {
    let (fill, kept) = padding(c)?;
    text(kept + &fill)
}

fn reverse(c: &Call<'_>) -> Answer {
    text(c.str(0).chars().rev().collect::<String>())
}

fn split_part(c: &Call<'_>) -> Answer {
    let n = c.int(2);
    if n == 0 {
        return Err(PgError::new("22023", "field position must not be zero"));
    }
    let parts: Vec<&str> = if c.str(1).is_empty() { vec![c.str(0)] } else { c.str(0).split(c.str(1)).collect() };
    let at = if n > 0 {
        usize::try_from(n - 1).ok()
    } else {
        usize::try_from(n.saturating_neg()).ok().and_then(|n| parts.len().checked_sub(n))
    };
    text(at.and_then(|at| parts.get(at)).copied().unwrap_or(""))
}

fn starts_with(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(c.str(0).starts_with(c.str(1))))
}

fn ascii(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.str(0).chars().next().map_or(0, |l| u32::from(l).into())))
}

fn chr(c: &Call<'_>) -> Answer {
    let letter = u32::try_from(c.int(0)).ok().filter(|n| *n != 0).and_then(char::from_u32);
    match letter {
        Some(letter) => text(letter.to_string()),
        None => Err(PgError::new("54000", "requested character not valid for encoding")),
    }
}

fn quote_ident(c: &Call<'_>) -> Answer {
    text(quote_identifier(c.str(0)))
}

pub(super) fn quoted(s: &str) -> String {
    if s.contains('\\') {
        return format!(" E'{}'", s.replace('\\', "\\\\").replace('\'', "''")).trim_start().to_string();
    }
    format!("'{}'", s.replace('\'', "''"))
}

fn quote_literal(c: &Call<'_>) -> Answer {
    text(quoted(&c.text(0)))
}

fn quote_nullable(c: &Call<'_>) -> Answer {
    if c.arg(0).is_null() { text("NULL") } else { text(quoted(&c.text(0))) }
}

fn md5(c: &Call<'_>) -> Answer {
    let bytes = match c.arg(0) {
        Value::Bytes(b) => super::md5::digest(b),
        _ => super::md5::digest(c.str(0).as_bytes()),
    };
    text(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>())
}

fn to_hex(c: &Call<'_>) -> Answer {
    match c.ty(0) {
        INT4 => text(format!("{:x}", u32::try_from(c.int(0).rem_euclid(1 << 32)).unwrap_or(0))),
        _ => text(format!("{:x}", c.int(0))),
    }
}

fn overlay(c: &Call<'_>) -> Answer {
    let start = usize::try_from(c.int(2)).ok().filter(|n| *n > 0);
    let start = start.ok_or_else(|| PgError::new("22011", "negative substring length not allowed"))?;
    let with = c.str(1);
    let cut = if c.args.len() > 3 { usize::try_from(c.int(3)).unwrap_or(0) } else { with.chars().count() };
    let before: String = c.str(0).chars().take(start - 1).collect();
    let after: String = c.str(0).chars().skip((start - 1).saturating_add(cut)).collect();
    text(format!("{before}{with}{after}"))
}

/// `format('%I.%L %s', …)`.
fn format(c: &Call<'_>) -> Answer {
    if c.arg(0).is_null() {
        return Ok(Value::Null);
    }
    let mut all = String::new();
    let mut rest = c.str(0).chars().peekable();
    let mut next = 1usize;
    while let Some(letter) = rest.next() {
        if letter != '%' {
            all.push(letter);
            continue;
        }
        let unterminated = || PgError::new("22023", "unterminated format() type specifier");
        if rest.peek() == Some(&'%') {
            rest.next();
            all.push('%');
            continue;
        }
        let mut digits = String::new();
        let mut left = false;
        let kind = loop {
            match rest.next().ok_or_else(unterminated)? {
                '$' => next = std::mem::take(&mut digits).parse().map_err(|_| unterminated())?,
                '-' => left = true,
                d if d.is_ascii_digit() => digits.push(d),
                kind => break kind,
            }
        };
        if next >= c.args.len() {
            return Err(PgError::new("22023", "too few arguments for format()"));
        }
        let null = c.arg(next).is_null();
        let part = match kind {
            's' => c.text(next),
            'I' if null => return Err(PgError::new("22004", "null values cannot be formatted as an SQL identifier")),
            'I' => quote_identifier(&c.text(next)),
            'L' if null => "NULL".into(),
            'L' => quoted(&c.text(next)),
            other => {
                return Err(PgError::new("22023", format!("unrecognized format() type specifier \"{other}\"")));
            }
        };
        let width: usize = digits.parse().unwrap_or(0).min(10_000);
        all.push_str(&if left { format!("{part:<width$}") } else { format!("{part:>width$}") });
        next += 1;
    }
    text(all)
}

fn string_to_array(c: &Call<'_>) -> Answer {
    if c.arg(0).is_null() {
        return Ok(Value::Null);
    }
    let whole = c.str(0);
    let missing = if c.args.len() > 2 { c.arg(2).as_str() } else { None };
    let parts: Vec<String> = if whole.is_empty() {
        Vec::new()
    } else if c.arg(1).is_null() {
        whole.chars().map(String::from).collect()
    } else if c.str(1).is_empty() {
        vec![whole.to_string()]
    } else {
        whole.split(c.str(1)).map(String::from).collect()
    };
    let value = |p: String| if missing == Some(p.as_str()) { Value::Null } else { Value::from(p) };
    Ok(Value::array(parts.into_iter().map(value).collect()))
}

fn array_to_string(c: &Call<'_>) -> Answer {
    let (Value::Array(array), false) = (c.arg(0), c.arg(1).is_null()) else { return Ok(Value::Null) };
    let element = crate::types::element_of(c.ty(0)).unwrap_or(TEXT);
    let missing = if c.args.len() > 2 { c.arg(2).as_str() } else { None };
    let parts = array.elements.iter().filter_map(|e| e.to_text(element).or_else(|| missing.map(String::from)));
    text(parts.collect::<Vec<_>>().join(c.str(1)))
}

fn encode(c: &Call<'_>) -> Answer {
    let Value::Bytes(bytes) = c.arg(0) else { return Ok(Value::Null) };
    match c.str(1).to_ascii_lowercase().as_str() {
        "hex" => text(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()),
        "escape" => {
            let shown = bytes.iter().map(|b| match b {
                b'\\' => "\\\\".to_string(),
                0 | 128.. => format!("\\{b:03o}"),
                _ => char::from(*b).to_string(),
            });
            text(shown.collect::<String>())
        }
        other => Err(PgError::new("22023", format!("unrecognized encoding: \"{other}\""))),
    }
}

fn decode(c: &Call<'_>) -> Answer {
    match c.str(1).to_ascii_lowercase().as_str() {
        "hex" => Value::from_text(BYTEA, &format!("\\x{}", c.str(0))),
        "escape" => Value::from_text(BYTEA, c.str(0)),
        other => Err(PgError::new("22023", format!("unrecognized encoding: \"{other}\""))),
    }
}

fn convert_from(c: &Call<'_>) -> Answer {
    let Value::Bytes(bytes) = c.arg(0) else { return Ok(Value::Null) };
    let s =
        std::str::from_utf8(bytes).map_err(|_| PgError::new("22021", "invalid byte sequence for encoding \"UTF8\""))?;
    text(s)
}

fn convert_to(c: &Call<'_>) -> Answer {
    Ok(Value::Bytes(c.str(0).as_bytes().into()))
}

fn as_text(c: &Call<'_>) -> Answer {
    text(c.text(0))
}

/// `(a AND b) (c)` for the words of a name: `parse_ident`.
fn parse_ident(c: &Call<'_>) -> Answer {
    Ok(Value::array(crate::names::split(c.str(0))?.into_iter().map(Value::from).collect()))
}

fn nameconcatoid(c: &Call<'_>) -> Answer {
    text(format!("{}_{}", c.str(0), c.int(1)))
}

pub(super) static OPERATORS: &[Function] = &[
    scalar("||", &[TEXT, TEXT], TEXT, concat_op),
    scalar("||", &[TEXT, ANYNONARRAY], TEXT, concat_op),
    scalar("||", &[ANYNONARRAY, TEXT], TEXT, concat_op),
    scalar("||", &[BYTEA, BYTEA], BYTEA, concat_bytes),
    scalar("||", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLEARRAY], ANYCOMPATIBLEARRAY, concat_arrays).lax(),
    scalar("||", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, append).lax(),
    scalar("||", &[ANYCOMPATIBLE, ANYCOMPATIBLEARRAY], ANYCOMPATIBLEARRAY, prepend).lax(),
    scalar("^@", &[TEXT, TEXT], BOOL, starts_with),
];

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("concat", &[ANY], TEXT, concat).variadic().lax(),
    scalar("concat_ws", &[TEXT, ANY], TEXT, concat_ws).variadic().lax(),
    scalar("textcat", &[TEXT, TEXT], TEXT, concat_op),
    scalar("lower", &[TEXT], TEXT, lower),
    scalar("upper", &[TEXT], TEXT, upper),
    scalar("initcap", &[TEXT], TEXT, initcap),
    scalar("length", &[TEXT], INT4, length),
    scalar("length", &[BYTEA], INT4, octets),
    scalar("char_length", &[TEXT], INT4, length),
    scalar("character_length", &[TEXT], INT4, length),
    scalar("octet_length", &[TEXT], INT4, octets),
    scalar("octet_length", &[BYTEA], INT4, octets),
    scalar("bit_length", &[TEXT], INT4, bit_length),
    scalar("substring", &[TEXT, INT4], TEXT, substring),
    scalar("substring", &[TEXT, INT4, INT4], TEXT, substring),
    scalar("substr", &[TEXT, INT4], TEXT, substring),
    scalar("substr", &[TEXT, INT4, INT4], TEXT, substring),
    scalar("left", &[TEXT, INT4], TEXT, left),
    scalar("right", &[TEXT, INT4], TEXT, right),
    scalar("btrim", &[TEXT], TEXT, btrim),
    scalar("btrim", &[TEXT, TEXT], TEXT, btrim),
    scalar("ltrim", &[TEXT], TEXT, ltrim),
    scalar("ltrim", &[TEXT, TEXT], TEXT, ltrim),
    scalar("rtrim", &[TEXT], TEXT, rtrim),
    scalar("rtrim", &[TEXT, TEXT], TEXT, rtrim),
    scalar("position", &[TEXT, TEXT], INT4, position),
    scalar("strpos", &[TEXT, TEXT], INT4, position),
    scalar("replace", &[TEXT, TEXT, TEXT], TEXT, replace),
    scalar("translate", &[TEXT, TEXT, TEXT], TEXT, translate),
    scalar("repeat", &[TEXT, INT4], TEXT, repeat),
    scalar("lpad", &[TEXT, INT4], TEXT, lpad),
    scalar("lpad", &[TEXT, INT4, TEXT], TEXT, lpad),
    scalar("rpad", &[TEXT, INT4], TEXT, rpad),
    scalar("rpad", &[TEXT, INT4, TEXT], TEXT, rpad),
    scalar("reverse", &[TEXT], TEXT, reverse),
    scalar("split_part", &[TEXT, TEXT, INT4], TEXT, split_part),
    scalar("starts_with", &[TEXT, TEXT], BOOL, starts_with),
    scalar("ascii", &[TEXT], INT4, ascii),
    scalar("chr", &[INT4], TEXT, chr),
    scalar("quote_ident", &[TEXT], TEXT, quote_ident),
    scalar("quote_literal", &[TEXT], TEXT, quote_literal),
    scalar("quote_literal", &[ANYELEMENT], TEXT, quote_literal),
    scalar("quote_nullable", &[TEXT], TEXT, quote_nullable).lax(),
    scalar("quote_nullable", &[ANYELEMENT], TEXT, quote_nullable).lax(),
    scalar("md5", &[TEXT], TEXT, md5),
    scalar("md5", &[BYTEA], TEXT, md5),
    scalar("to_hex", &[INT4], TEXT, to_hex),
    scalar("to_hex", &[INT8], TEXT, to_hex),
    scalar("overlay", &[TEXT, TEXT, INT4], TEXT, overlay),
    scalar("overlay", &[TEXT, TEXT, INT4, INT4], TEXT, overlay),
    scalar("format", &[TEXT], TEXT, format).lax(),
    scalar("format", &[TEXT, ANY], TEXT, format).variadic().lax(),
    scalar("string_to_array", &[TEXT, TEXT], TEXT_ARRAY, string_to_array).lax(),
    scalar("string_to_array", &[TEXT, TEXT, TEXT], TEXT_ARRAY, string_to_array).lax(),
    scalar("array_to_string", &[ANYARRAY, TEXT], TEXT, array_to_string).lax(),
    scalar("array_to_string", &[ANYARRAY, TEXT, TEXT], TEXT, array_to_string).lax(),
    scalar("encode", &[BYTEA, TEXT], TEXT, encode),
    scalar("decode", &[TEXT, TEXT], BYTEA, decode),
    scalar("convert_from", &[BYTEA, NAME], TEXT, convert_from),
    scalar("convert_to", &[TEXT, NAME], BYTEA, convert_to),
    scalar("text", &[NAME], TEXT, as_text),
    scalar("text", &[CHAR], TEXT, as_text),
    scalar("parse_ident", &[TEXT], TEXT_ARRAY, parse_ident),
    scalar("nameconcatoid", &[NAME, OID], NAME, nameconcatoid),
];
