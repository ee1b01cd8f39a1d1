//! Functions that build JSON.

use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::types;
use crate::types::{ANY, ANYELEMENT, JSON, JSONB, TEXT};
use crate::value::{Array, Value};

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("array_to_json", &[types::ANYARRAY], JSON, |c| Ok(json(c.arg(0), c.ty(0), JSON).into())),
    scalar("json_build_array", &[], JSON, |_| Ok("[]".into())),
    scalar("json_build_array", &[ANY], JSON, |c| build_array(c, JSON)).variadic().lax(),
    scalar("json_build_object", &[], JSON, |_| Ok("{}".into())),
    scalar("json_build_object", &[ANY], JSON, |c| build_object(c, JSON)).variadic().lax(),
    scalar("jsonb_build_array", &[], JSONB, |_| Ok("[]".into())),
    scalar("jsonb_build_array", &[ANY], JSONB, |c| build_array(c, JSONB)).variadic().lax(),
    scalar("jsonb_build_object", &[], JSONB, |_| Ok("{}".into())),
    scalar("jsonb_build_object", &[ANY], JSONB, |c| build_object(c, JSONB)).variadic().lax(),
    scalar("to_json", &[ANYELEMENT], JSON, |c| Ok(json(c.arg(0), c.ty(0), JSON).into())),
    scalar("to_jsonb", &[ANYELEMENT], JSONB, |c| Ok(json(c.arg(0), c.ty(0), JSONB).into())),
];

/// A value as JSON.
pub(crate) fn json(value: &Value, ty: u32, of: u32) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Int(_) if matches!(ty, types::INT2 | types::INT4 | types::INT8) => value.to_text(ty).unwrap_or_default(),
        Value::Numeric(_) => value.to_text(ty).unwrap_or_default(),
        Value::Float(x) if x.is_finite() => value.to_text(ty).unwrap_or_default(),
        Value::Text(s) if matches!(ty, JSON | JSONB) => s.to_string(),
        Value::Array(a) => array(a, types::element_of(ty).unwrap_or(TEXT), of),
        Value::Record(fields) => {
            let field = |(n, (ty, v)): (usize, &(u32, Value))| format!("\"f{}\":{}", n + 1, json(v, *ty, of));
            format!("{{{}}}", fields.iter().enumerate().map(field).collect::<Vec<_>>().join(","))
        }
        _ => quote(&value.to_text(ty).unwrap_or_default()),
    }
}

fn array(a: &Array, element: u32, of: u32) -> String {
    fn level(dims: &[(usize, i32)], elements: &[Value], element: u32, of: u32) -> String {
        let between = if of == JSONB { ", " } else { "," };
        let parts: Vec<String> = match dims {
            [] => Vec::new(),
            [_] => elements.iter().map(|e| json(e, element, of)).collect(),
            [(length, _), rest @ ..] => {
                let size = elements.len().checked_div(*length).unwrap_or(0).max(1);
                elements.chunks(size).map(|part| level(rest, part, element, of)).collect()
            }
        };
        format!("[{}]", parts.join(between))
    }
    level(&a.dims, &a.elements, element, of)
}

/// Text in double quotes.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn build_array(c: &Call<'_>, of: u32) -> Result<Value, PgError> {
    let parts: Vec<String> = (0..c.args.len()).map(|at| json(c.arg(at), c.ty(at), of)).collect();
    Ok(format!("[{}]", parts.join(", ")).into())
}

fn build_object(c: &Call<'_>, of: u32) -> Result<Value, PgError> {
    if !c.args.len().is_multiple_of(2) {
        return Err(PgError::new("22023", "argument list must have even number of elements"));
    }
    let colon = if of == JSONB { ": " } else { " : " };
    let mut parts = Vec::new();
    for at in (0..c.args.len()).step_by(2) {
        if c.arg(at).is_null() {
            return Err(PgError::new("22004", format!("argument {} cannot be null", at + 1)));
        }
        parts.push(format!("{}{colon}{}", quote(&c.text(at)), json(c.arg(at + 1), c.ty(at + 1), of)));
    }
    Ok(format!("{{{}}}", parts.join(", ")).into())
}

/// Text that must be JSON. `jsonb` keeps the last of equal keys and is written with single blanks.
///
/// # Errors
///
/// `22P02`: it is not.
pub(crate) fn json_input(ty: u32, text: &str) -> Result<Value, PgError> {
    let mut reader = Reader { rest: text, depth: 0 };
    let plain = reader.value();
    reader.blanks();
    match plain {
        Some(compact) if reader.rest.is_empty() => Ok(if ty == JSONB { compact.into() } else { text.into() }),
        _ => Err(PgError::new("22P02", "invalid input syntax for type json")),
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        self.blanks();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Option<String> {
        /// A document that is nested deeper than this is refused.
        const DEEPEST: usize = 100;
        for word in ["true", "false", "null"] {
            if self.take(word) {
                return Some(word.into());
            }
        }
        if self.rest.starts_with('"') {
            return self.string();
        }
        if self.rest.starts_with(['[', '{']) {
            self.depth += 1;
            let found = if self.depth > DEEPEST { None } else { self.many() };
            self.depth -= 1;
            return found;
        }
        let end =
            self.rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at_checked(end)?;
        number.parse::<f64>().ok()?;
        number.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
        self.rest = rest;
        Some(number.into())
    }

    fn string(&mut self) -> Option<String> {
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    let (own, rest) = self.rest.split_at_checked(at + 1)?;
                    let own = own.to_owned();
                    self.rest = rest;
                    return Some(own);
                }
                c if u32::from(c) < 0x20 => return None,
                _ => {}
            }
        }
        None
    }

    /// An array or an object.
    fn many(&mut self) -> Option<String> {
        let object = self.take("{");
        let (open, close) = if object { ("{", "}") } else { ("[", "]") };
        if !object && !self.take("[") {
            return None;
        }
        let mut parts: Vec<(String, String)> = Vec::new();
        if self.take(close) {
            return Some(format!("{open}{close}"));
        }
        loop {
            self.blanks();
            let key = if object { self.string()? } else { String::new() };
            if object && !self.take(":") {
                return None;
            }
            self.blanks();
            let value = self.value()?;
            if object {
                parts.retain(|(k, _)| *k != key);
            }
            parts.push((key, value));
            if self.take(close) {
                break;
            }
            if !self.take(",") {
                return None;
            }
        }
        if object {
            // Shorter keys come first.
            parts.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        }
        let part = |(key, value): &(String, String)| if object { format!("{key}: {value}") } else { value.clone() };
        Some(format!("{open}{}{close}", parts.iter().map(part).collect::<Vec<_>>().join(", ")))
    }
}
