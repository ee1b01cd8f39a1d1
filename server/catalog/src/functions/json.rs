//! JSON: texts that are checked, and made from values.

use super::{Call, Function, scalar, set, table};
use crate::error::PgError;
use crate::types::{self, ANY, ANYARRAY, ANYELEMENT, BOOL, INT4, JSON, JSONB, TEXT, TEXT_ARRAY};
use crate::value::Value;

type Answer = Result<Value, PgError>;

/// How deep a document may go.
const MOST_DEPTH: usize = 200;

/// A document, whose numbers stay as they are written.
#[derive(Debug, Clone, PartialEq)]
enum Json {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Reader<'_> {
    fn space(&mut self) {
        while self.rest.next_if(|c| matches!(c, ' ' | '\t' | '\n' | '\r')).is_some() {}
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        word.chars().all(|c| self.rest.next() == Some(c)).then_some(value)
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > MOST_DEPTH {
            return None;
        }
        self.space();
        match self.rest.peek()? {
            'n' => self.word("null", Json::Null),
            't' => self.word("true", Json::Bool(true)),
            'f' => self.word("false", Json::Bool(false)),
            '"' => self.string().map(Json::String),
            '[' => self.array(depth),
            '{' => self.object(depth),
            _ => self.number(),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        self.rest.next();
        let mut all = Vec::new();
        self.space();
        if self.rest.next_if_eq(&']').is_some() {
            return Some(Json::Array(all));
        }
        loop {
            all.push(self.value(depth + 1)?);
            self.space();
            match self.rest.next()? {
                ',' => {}
                ']' => return Some(Json::Array(all)),
                _ => return None,
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.rest.next();
        let mut all = Vec::new();
        self.space();
        if self.rest.next_if_eq(&'}').is_some() {
            return Some(Json::Object(all));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            if self.rest.next()? != ':' {
                return None;
            }
            all.push((name, self.value(depth + 1)?));
            self.space();
            match self.rest.next()? {
                ',' => {}
                '}' => return Some(Json::Object(all)),
                _ => return None,
            }
        }
    }

    fn hex(&mut self) -> Option<u32> {
        let mut n = 0;
        for _ in 0..4 {
            n = n * 16 + self.rest.next()?.to_digit(16)?;
        }
        Some(n)
    }

    fn string(&mut self) -> Option<String> {
        if self.rest.next()? != '"' {
            return None;
        }
        let mut text = String::new();
        loop {
            match self.rest.next()? {
                '"' => return Some(text),
                '\\' => match self.rest.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'u' => {
                        let mut code = self.hex()?;
                        if (0xd800..0xdc00).contains(&code) {
                            if self.rest.next()? != '\\' || self.rest.next()? != 'u' {
                                return None;
                            }
                            let low = self.hex()?.checked_sub(0xdc00).filter(|l| *l < 0x400)?;
                            code = 0x1_0000 + ((code - 0xd800) << 10) + low;
                        }
                        text.push(char::from_u32(code).filter(|c| *c != '\0')?);
                    }
                    c @ ('"' | '\\' | '/') => text.push(c),
                    _ => return None,
                },
                c if u32::from(c) < 0x20 => return None,
                c => text.push(c),
            }
        }
    }

    fn number(&mut self) -> Option<Json> {
        let mut text = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')) {
            text.push(c);
        }
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let leading_zero = digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        let starts = digits.starts_with(|c: char| c.is_ascii_digit());
        (starts && !leading_zero && text.parse::<f64>().is_ok() && !text.ends_with('.')).then_some(Json::Number(text))
    }
}

fn parse(text: &str) -> Option<Json> {
    let mut reader = Reader { rest: text.chars().peekable() };
    let value = reader.value(0)?;
    reader.space();
    reader.rest.next().is_none().then_some(value)
}

fn parsed(text: &str, ty: u32) -> Result<Json, PgError> {
    let name = if ty == JSONB { "json" } else { "json" };
    parse(text).ok_or_else(|| PgError::new("22P02", format!("invalid input syntax for type {name}")))
}

/// Reads text as `json`, which stays as it is, or `jsonb`, which gets its one form.
pub(crate) fn json_input(ty: u32, text: &str) -> Answer {
    let json = parsed(text, ty)?;
    Ok(if ty == JSONB { Value::from(shown(&normal(json))) } else { Value::text(text) })
}

/// Names in the order of `jsonb`: by length, then by bytes; the last of equal names counts.
fn normal(json: Json) -> Json {
    match json {
        Json::Array(all) => Json::Array(all.into_iter().map(normal).collect()),
        Json::Object(all) => {
            let mut kept: Vec<(String, Json)> = Vec::new();
            for (name, value) in all {
                let value = normal(value);
                match kept.iter_mut().find(|(n, _)| *n == name) {
                    Some((_, old)) => *old = value,
                    None => kept.push((name, value)),
                }
            }
            kept.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
            Json::Object(kept)
        }
        Json::Number(n) => {
            let plain =
                if n.contains(['e', 'E']) { crate::value::Numeric::parse(&n).map(|n| n.to_string()) } else { None };
            Json::Number(plain.unwrap_or(n))
        }
        other => other,
    }
}

fn shown(json: &Json) -> String {
    match json {
        Json::Null => "null".into(),
        Json::Bool(b) => b.to_string(),
        Json::Number(n) => n.clone(),
        Json::String(s) => quoted(s),
        Json::Array(all) => format!("[{}]", all.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Json::Object(all) => {
            let fields = all.iter().map(|(name, value)| format!("{}: {}", quoted(name), shown(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    let mut all = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => all.push_str("\\\""),
            '\\' => all.push_str("\\\\"),
            '\n' => all.push_str("\\n"),
            '\r' => all.push_str("\\r"),
            '\t' => all.push_str("\\t"),
            '\u{8}' => all.push_str("\\b"),
            '\u{c}' => all.push_str("\\f"),
            c if u32::from(c) < 0x20 => all.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => all.push(c),
        }
    }
    all.push('"');
    all
}

/// A value as JSON.
pub(super) fn written(value: &Value, ty: u32) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Text(s) if matches!(ty, JSON | JSONB) => s.to_string(),
        Value::Array(a) => {
            let element = types::element_of(ty).unwrap_or(TEXT);
            let parts: Vec<String> = a.elements.iter().map(|e| written(e, element)).collect();
            // Arrays are written without a space, unlike what functions put together.
            nested(&parts, &a.dims.iter().map(|(n, _)| *n).collect::<Vec<_>>())
        }
        Value::Record(fields) => {
            let all = fields.iter().enumerate().map(|(n, (ty, v))| format!("\"f{}\":{}", n + 1, written(v, *ty)));
            format!("{{{}}}", all.collect::<Vec<_>>().join(","))
        }
        Value::Int(n) if matches!(ty, types::INT2 | types::INT4 | types::INT8) => n.to_string(),
        Value::Float(x) if x.is_finite() => value.to_text(ty).unwrap_or_default(),
        Value::Numeric(n) if matches!(**n, crate::value::Numeric::Finite { .. }) => n.to_string(),
        Value::Int(_) if matches!(ty, types::TIMESTAMP | types::TIMESTAMPTZ) => {
            let text = value.to_text(ty).unwrap_or_default().replacen(' ', "T", 1);
            quoted(&if ty == types::TIMESTAMPTZ { text.replace("+00", "+00:00") } else { text })
        }
        _ => quoted(&value.to_text(ty).unwrap_or_default()),
    }
}

fn nested(parts: &[String], dims: &[usize]) -> String {
    match dims {
        [_, inner @ ..] if !inner.is_empty() => {
            let size = inner.iter().product::<usize>().max(1);
            let rows: Vec<String> = parts.chunks(size).map(|row| nested(row, inner)).collect();
            format!("[{}]", rows.join(","))
        }
        _ => format!("[{}]", parts.join(",")),
    }
}

/// Text that was put together, as the type that was asked for.
pub(super) fn finished(ty: u32, text: String) -> Answer {
    if ty == JSONB { json_input(JSONB, &text) } else { Ok(Value::from(text)) }
}

fn build_object(c: &Call<'_>) -> Answer {
    if c.args.len() % 2 != 0 {
        return Err(PgError::new("22023", "argument list must have even number of elements"));
    }
    let mut parts = Vec::new();
    for at in (0..c.args.len()).step_by(2) {
        let Some(name) = c.arg(at).to_text(c.ty(at)) else {
            return Err(PgError::new("22023", format!("argument {} cannot be null", at + 1)));
        };
        parts.push(format!("{} : {}", quoted(&name), written(c.arg(at + 1), c.ty(at + 1))));
    }
    finished(c.result, format!("{{{}}}", parts.join(", ")))
}

fn build_array(c: &Call<'_>) -> Answer {
    let parts: Vec<String> = (0..c.args.len()).map(|at| written(c.arg(at), c.ty(at))).collect();
    finished(c.result, format!("[{}]", parts.join(", ")))
}

fn to_json(c: &Call<'_>) -> Answer {
    finished(c.result, written(c.arg(0), c.ty(0)))
}

/// A part of a document by name or number.
fn part<'j>(json: &'j Json, step: &str) -> Option<&'j Json> {
    match json {
        Json::Object(all) => all.iter().rev().find(|(name, _)| name == step).map(|(_, v)| v),
        Json::Array(all) => {
            let n: i64 = step.trim().parse().ok()?;
            let at = if n < 0 {
                all.len().checked_sub(usize::try_from(n.unsigned_abs()).ok()?)?
            } else {
                usize::try_from(n).ok()?
            };
            all.get(at)
        }
        _ => None,
    }
}

fn steps(c: &Call<'_>) -> Vec<Option<String>> {
    match c.arg(1) {
        Value::Array(a) => a.elements.iter().map(|e| e.to_text(TEXT)).collect(),
        Value::Int(n) => vec![Some(n.to_string())],
        v => vec![v.to_text(TEXT)],
    }
}

fn found(c: &Call<'_>) -> Result<Option<Json>, PgError> {
    let json = parsed(c.str(0), c.ty(0))?;
    // A number finds nothing in an object, a name nothing in an array.
    if !matches!(c.arg(1), Value::Array(_)) {
        let number = matches!(c.arg(1), Value::Int(_));
        match (&json, number) {
            (Json::Object(_), false) | (Json::Array(_), true) => {}
            _ => return Ok(None),
        }
    }
    let mut at = &json;
    for step in steps(c) {
        match step.as_deref().and_then(|s| part(at, s)) {
            Some(inner) => at = inner,
            None => return Ok(None),
        }
    }
    Ok(Some(at.clone()))
}

fn get(c: &Call<'_>) -> Answer {
    Ok(found(c)?.map_or(Value::Null, |j| Value::from(shown(&j))))
}

fn get_text(c: &Call<'_>) -> Answer {
    Ok(match found(c)? {
        None | Some(Json::Null) => Value::Null,
        Some(Json::String(s)) => Value::from(s),
        Some(other) => Value::from(shown(&other)),
    })
}

fn has(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(match parsed(c.str(0), c.ty(0))? {
        Json::Object(all) => all.iter().any(|(name, _)| name == c.str(1)),
        Json::Array(all) => all.iter().any(|v| matches!(v, Json::String(s) if s == c.str(1))),
        Json::String(s) => s == c.str(1),
        _ => false,
    }))
}

fn typeof_json(c: &Call<'_>) -> Answer {
    Ok(Value::text(match parsed(c.str(0), c.ty(0))? {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }))
}

fn elements(c: &Call<'_>) -> Result<Vec<Json>, PgError> {
    match parsed(c.str(0), c.ty(0))? {
        Json::Array(all) => Ok(all),
        _ => Err(PgError::new("22023", "cannot extract elements from a scalar")),
    }
}

fn array_length(c: &Call<'_>) -> Answer {
    match parsed(c.str(0), c.ty(0))? {
        Json::Array(all) => Ok(Value::Int(i64::try_from(all.len()).unwrap_or(i64::MAX))),
        _ => Err(PgError::new("22023", "cannot get array length of a scalar")),
    }
}

fn array_elements(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    Ok(elements(c)?.iter().map(|j| Value::from(shown(j))).collect())
}

fn plain(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::String(s) => Value::from(s),
        other => Value::from(shown(&other)),
    }
}

fn array_elements_text(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    Ok(elements(c)?.into_iter().map(plain).collect())
}

fn fields(c: &Call<'_>) -> Result<Vec<(String, Json)>, PgError> {
    match parsed(c.str(0), c.ty(0))? {
        Json::Object(all) => Ok(all),
        _ => Err(PgError::new("22023", "cannot deconstruct a scalar")),
    }
}

fn each(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let row = |(name, v): (String, Json)| {
        Value::Record([(TEXT, Value::from(name)), (c.ty(0), Value::from(shown(&v)))].into())
    };
    Ok(fields(c)?.into_iter().map(row).collect())
}

fn each_text(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let row = |(name, v): (String, Json)| Value::Record([(TEXT, Value::from(name)), (TEXT, plain(v))].into());
    Ok(fields(c)?.into_iter().map(row).collect())
}

fn object_keys(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    Ok(fields(c)?.into_iter().map(|(name, _)| Value::from(name)).collect())
}

pub(super) static OPERATORS: &[Function] = &[
    scalar("->", &[JSON, TEXT], JSON, get),
    scalar("->", &[JSON, INT4], JSON, get),
    scalar("->", &[JSONB, TEXT], JSONB, get),
    scalar("->", &[JSONB, INT4], JSONB, get),
    scalar("->>", &[JSON, TEXT], TEXT, get_text),
    scalar("->>", &[JSON, INT4], TEXT, get_text),
    scalar("->>", &[JSONB, TEXT], TEXT, get_text),
    scalar("->>", &[JSONB, INT4], TEXT, get_text),
    scalar("#>", &[JSON, TEXT_ARRAY], JSON, get),
    scalar("#>", &[JSONB, TEXT_ARRAY], JSONB, get),
    scalar("#>>", &[JSON, TEXT_ARRAY], TEXT, get_text),
    scalar("#>>", &[JSONB, TEXT_ARRAY], TEXT, get_text),
    scalar("?", &[JSONB, TEXT], BOOL, has),
];

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("json_build_object", &[], JSON, build_object).lax(),
    scalar("json_build_object", &[ANY], JSON, build_object).variadic().lax(),
    scalar("jsonb_build_object", &[], JSONB, build_object).lax(),
    scalar("jsonb_build_object", &[ANY], JSONB, build_object).variadic().lax(),
    scalar("json_build_array", &[], JSON, build_array).lax(),
    scalar("json_build_array", &[ANY], JSON, build_array).variadic().lax(),
    scalar("jsonb_build_array", &[], JSONB, build_array).lax(),
    scalar("jsonb_build_array", &[ANY], JSONB, build_array).variadic().lax(),
    scalar("to_json", &[ANYELEMENT], JSON, to_json),
    scalar("to_jsonb", &[ANYELEMENT], JSONB, to_json),
    scalar("array_to_json", &[ANYARRAY], JSON, to_json),
    scalar("row_to_json", &[types::RECORD], JSON, to_json),
    scalar("json_typeof", &[JSON], TEXT, typeof_json),
    scalar("jsonb_typeof", &[JSONB], TEXT, typeof_json),
    scalar("json_array_length", &[JSON], INT4, array_length),
    scalar("jsonb_array_length", &[JSONB], INT4, array_length),
    scalar("json_extract_path_text", &[JSON, TEXT], TEXT, get_text),
    scalar("jsonb_extract_path_text", &[JSONB, TEXT], TEXT, get_text),
    set("json_array_elements", &[JSON], JSON, array_elements),
    set("jsonb_array_elements", &[JSONB], JSONB, array_elements),
    set("json_array_elements_text", &[JSON], TEXT, array_elements_text),
    set("jsonb_array_elements_text", &[JSONB], TEXT, array_elements_text),
    table("json_each", &[JSON], &[("key", TEXT), ("value", JSON)], each),
    table("jsonb_each", &[JSONB], &[("key", TEXT), ("value", JSONB)], each),
    table("json_each_text", &[JSON], &[("key", TEXT), ("value", TEXT)], each_text),
    table("jsonb_each_text", &[JSONB], &[("key", TEXT), ("value", TEXT)], each_text),
    set("json_object_keys", &[JSON], TEXT, object_keys),
    set("jsonb_object_keys", &[JSONB], TEXT, object_keys),
];
