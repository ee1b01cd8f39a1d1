//! The text form of values: what a client that asks for text gets, and what casts from and to `text` read and write.

use std::fmt::Write;

use super::{Array, Numeric, Value, datetime};
use crate::error::PgError;
use crate::types;

/// Words that must be quoted to be a name.
const KEYWORDS: &str = "\
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean \
    both case cast char character check coalesce collate collation column concurrently constraint create \
    cross current_catalog current_date current_role current_schema current_time current_timestamp \
    current_user dec decimal default deferrable desc distinct do else end except exists extract false \
    fetch float for foreign freeze from full grant greatest group grouping having ilike in initially \
    inner inout int integer intersect interval into is isnull join lateral leading least left like limit \
    localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric \
    offset on only or order out outer overlaps overlay placing position precision primary real \
    references returning right row select session_user setof similar smallint some substring symmetric \
    table tablesample then time timestamp to trailing treat trim true union unique user using values \
    varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists \
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable";

impl Value {
    /// The text form of a value of this type; `None` for NULL.
    pub fn to_text(&self, ty: u32) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(b) => (if *b { "t" } else { "f" }).to_string(),
            Self::Int(n) => int_text(*n, ty),
            Self::Reg(_, name) => name.to_string(),
            Self::Float(x) => float_text(*x, ty == types::FLOAT4),
            Self::Numeric(n) => n.to_string(),
            Self::Interval(i) => datetime::interval_text(*i),
            Self::Text(s) => s.to_string(),
            Self::Bytes(b) => b.iter().fold("\\x".to_string(), |mut text, byte| {
                // Writing to a string does not fail.
                let _ = write!(text, "{byte:02x}");
                text
            }),
            Self::Array(a) => array_text(a, ty),
            Self::Record(fields) => record_text(fields),
        })
    }

    /// Reads the text form of a value of this type. Names of `reg…` types stay text until a statement runs.
    ///
    /// # Errors
    ///
    /// `22P02` for text that is not of the type, `22003` for a number out of its range.
    pub fn from_text(ty: u32, text: &str) -> Result<Self, PgError> {
        if let Some(element) = types::element_of(ty).filter(|_| !is_geometric(ty)) {
            return match ty {
                types::INT2VECTOR | types::OIDVECTOR => {
                    let elements = text.split_ascii_whitespace().map(|t| Self::from_text(element, t));
                    Ok(Self::vector(elements.collect::<Result<_, _>>()?))
                }
                _ => parse_array(element, text),
            };
        }
        let bad = || invalid(ty, text);
        Ok(match ty {
            types::BOOL => Self::Bool(parse_bool(text).ok_or_else(bad)?),
            types::INT2 => Self::Int(parse_int(ty, text, i16::MIN.into(), i16::MAX.into())?),
            types::INT4 => Self::Int(parse_int(ty, text, i32::MIN.into(), i32::MAX.into())?),
            types::INT8 => Self::Int(parse_int(ty, text, i64::MIN, i64::MAX)?),
            types::OID | types::XID | types::CID => {
                // A negative number means the one with the same bits.
                let n = parse_int(ty, text, i32::MIN.into(), u32::MAX.into())?;
                Self::Int(n.rem_euclid(1 << 32))
            }
            types::XID8 => Self::Int(parse_int(ty, text, 0, i64::MAX)?),
            types::FLOAT4 | types::FLOAT8 => Self::Float(parse_float(ty, text)?),
            types::NUMERIC => Self::Numeric(Numeric::parse(text).ok_or_else(bad)?.into()),
            types::DATE => Self::Int(datetime::parse_date(text).ok_or_else(|| invalid_time(ty, text))?),
            types::TIME | types::TIMETZ => Self::Int(datetime::parse_time(text).ok_or_else(|| invalid_time(ty, text))?),
            types::TIMESTAMP => Self::Int(datetime::parse_timestamp(text).ok_or_else(|| invalid_time(ty, text))?.0),
            types::TIMESTAMPTZ => {
                let (at, zone) = datetime::parse_timestamp(text).ok_or_else(|| invalid_time(ty, text))?;
                Self::Int(at.saturating_sub(zone.unwrap_or(0) * datetime::SECOND))
            }
            types::INTERVAL => Self::Interval(datetime::parse_interval(text).ok_or_else(|| invalid_time(ty, text))?),
            types::BYTEA => Self::Bytes(parse_bytes(text).ok_or_else(bad)?.into()),
            types::CHAR => Self::Text(text.chars().next().map(String::from).unwrap_or_default().into()),
            types::NAME => Self::text(cut_name(text)),
            types::UUID => Self::Text(parse_uuid(text).ok_or_else(bad)?.into()),
            types::RECORD => {
                return Err(PgError::new("0A000", "input of anonymous composite types is not implemented"));
            }
            _ => Self::text(text),
        })
    }
}

fn is_geometric(ty: u32) -> bool {
    matches!(ty, types::POINT | types::LSEG | types::BOX | types::LINE)
}

/// The first 63 bytes, without half a character.
pub(crate) fn cut_name(text: &str) -> &str {
    let mut end = text.len().min(63);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

fn int_text(n: i64, ty: u32) -> String {
    match ty {
        types::DATE => datetime::date_text(n),
        types::TIME => datetime::time_text(n),
        types::TIMETZ => format!("{}+00", datetime::time_text(n)),
        types::TIMESTAMP => datetime::timestamp_text(n, false),
        types::TIMESTAMPTZ => datetime::timestamp_text(n, true),
        _ => n.to_string(),
    }
}

/// The shortest digits that read back as the same number.
pub(crate) fn float_text(x: f64, single: bool) -> String {
    if x.is_nan() {
        return "NaN".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    #[expect(clippy::cast_possible_truncation, reason = "a `float4` is kept as the same number in 64 bits")]
    let scientific = if single { format!("{:e}", x as f32) } else { format!("{x:e}") };
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..if single { 6 } else { 15 }).contains(&exponent) {
        #[expect(clippy::cast_possible_truncation, reason = "as above")]
        return if single { (x as f32).to_string() } else { x.to_string() };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

fn array_text(a: &Array, ty: u32) -> String {
    let element = types::element_of(ty).unwrap_or(types::TEXT);
    if matches!(ty, types::INT2VECTOR | types::OIDVECTOR) {
        let texts: Vec<String> = a.elements.iter().filter_map(|e| e.to_text(element)).collect();
        return texts.join(" ");
    }
    let mut text = String::new();
    if a.dims.iter().any(|(_, lower)| *lower != 1) {
        for (length, lower) in &a.dims {
            let upper = i64::from(*lower) + i64::try_from(*length).unwrap_or(0) - 1;
            let _ = write!(text, "[{lower}:{upper}]");
        }
        text.push('=');
    }
    let mut elements = a.elements.iter();
    write_dimension(&mut text, &a.dims, &mut elements, element);
    text
}

fn write_dimension<'a>(
    text: &mut String,
    dims: &[(usize, i32)],
    elements: &mut impl Iterator<Item = &'a Value>,
    element: u32,
) {
    text.push('{');
    if let Some(((length, _), inner)) = dims.split_first() {
        for at in 0..*length {
            if at > 0 {
                text.push(',');
            }
            if !inner.is_empty() {
                write_dimension(text, inner, elements, element);
                continue;
            }
            match elements.next().and_then(|e| e.to_text(element)) {
                Some(t) => write_element(text, &t),
                None => text.push_str("NULL"),
            }
        }
    }
    text.push('}');
}

fn write_element(text: &mut String, element: &str) {
    let special = |c: char| c.is_ascii_whitespace() || c == '\u{b}' || matches!(c, '{' | '}' | '"' | '\\' | ',');
    if !element.is_empty() && !element.eq_ignore_ascii_case("null") && !element.contains(special) {
        text.push_str(element);
        return;
    }
    text.push('"');
    for c in element.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

fn record_text(fields: &[(u32, Value)]) -> String {
    let mut text = String::from("(");
    for (at, (ty, value)) in fields.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        let Some(field) = value.to_text(*ty) else { continue };
        let special = |c: char| c.is_ascii_whitespace() || c == '\u{b}' || matches!(c, '(' | ')' | '"' | '\\' | ',');
        if !field.is_empty() && !field.contains(special) {
            text.push_str(&field);
            continue;
        }
        text.push('"');
        for c in field.chars() {
            if matches!(c, '"' | '\\') {
                text.push(c);
            }
            text.push(c);
        }
        text.push('"');
    }
    text.push(')');
    text
}

fn invalid(ty: u32, text: &str) -> PgError {
    let name = types::display_name(ty, None).unwrap_or_else(|| "unknown".into());
    PgError::new("22P02", format!("invalid input syntax for type {name}: \"{text}\""))
}

fn invalid_time(ty: u32, text: &str) -> PgError {
    if datetime::is_no_day(text) {
        return PgError::new("22008", format!("date/time field value out of range: \"{text}\""));
    }
    PgError { code: "22007", ..invalid(ty, text) }
}

fn out_of_range(ty: u32, text: &str) -> PgError {
    let name = types::display_name(ty, None).unwrap_or_else(|| "unknown".into());
    PgError::new("22003", format!("value \"{text}\" is out of range for type {name}"))
}

fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim().to_ascii_lowercase();
    let begins = |word: &str| !text.is_empty() && word.starts_with(&text);
    if begins("true") || begins("yes") || text == "on" || text == "1" {
        return Some(true);
    }
    (begins("false") || begins("no") || text == "off" || text == "of" || text == "0").then_some(false)
}

fn parse_int(ty: u32, text: &str, least: i64, most: i64) -> Result<i64, PgError> {
    let trimmed = text.trim();
    let unsigned = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return Err(invalid(ty, text));
    }
    let n: i64 = trimmed.parse().map_err(|_| out_of_range(ty, text))?;
    if n < least || n > most { Err(out_of_range(ty, text)) } else { Ok(n) }
}

fn parse_float(ty: u32, text: &str) -> Result<f64, PgError> {
    let trimmed = text.trim();
    let x: f64 = match trimmed.to_ascii_lowercase().as_str() {
        "nan" => f64::NAN,
        "inf" | "infinity" | "+inf" | "+infinity" => f64::INFINITY,
        "-inf" | "-infinity" => f64::NEG_INFINITY,
        _ => {
            let x: f64 = trimmed.parse().map_err(|_| invalid(ty, text))?;
            if x.is_infinite() {
                return Err(out_of_range(ty, text));
            }
            x
        }
    };
    if ty != types::FLOAT4 {
        return Ok(x);
    }
    #[expect(clippy::cast_possible_truncation, reason = "that is what `float4` is")]
    let single = x as f32;
    if single.is_infinite() && x.is_finite() { Err(out_of_range(ty, text)) } else { Ok(single.into()) }
}

fn parse_bytes(text: &str) -> Option<Vec<u8>> {
    if let Some(hex) = text.strip_prefix("\\x") {
        let digits: Vec<u32> =
            hex.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect::<Option<_>>()?;
        if digits.len() % 2 != 0 {
            return None;
        }
        return digits
            .chunks(2)
            .map(|pair| match pair {
                [a, b] => u8::try_from(a * 16 + b).ok(),
                _ => None,
            })
            .collect();
    }
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        if b != b'\\' {
            bytes.push(b);
            continue;
        }
        let first = rest.next()?;
        if first == b'\\' {
            bytes.push(first);
            continue;
        }
        let mut value = 0u32;
        for d in [first, rest.next()?, rest.next()?] {
            value = value * 8 + char::from(d).to_digit(8)?;
        }
        bytes.push(u8::try_from(value).ok()?);
    }
    Some(bytes)
}

fn parse_uuid(text: &str) -> Option<String> {
    let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
    let digits: Vec<char> = text.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.iter().all(char::is_ascii_hexdigit) {
        return None;
    }
    let mut uuid = String::new();
    for (at, digit) in digits.into_iter().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit.to_ascii_lowercase());
    }
    Some(uuid)
}

/// How deep an array's braces may go.
const MOST_DIMENSIONS: usize = 6;

fn parse_array(element: u32, text: &str) -> Result<Value, PgError> {
    let bad = || PgError::new("22P02", format!("malformed array literal: \"{text}\""));
    let trimmed = text.trim();
    let (bounds, body) = match trimmed.starts_with('[') {
        true => trimmed.split_once('=').ok_or_else(bad)?,
        false => ("", trimmed),
    };
    let mut lowers = Vec::new();
    for bound in bounds.split(['[', ']']).filter(|b| !b.trim().is_empty()) {
        let lower = bound.split(':').next().and_then(|l| l.trim().parse::<i32>().ok());
        lowers.push(if bound.contains(':') { lower.ok_or_else(bad)? } else { 1 });
    }
    let mut reader = ArrayReader {
        rest: body.trim_start().chars().peekable(),
        element,
        lengths: Vec::new(),
        leaf: None,
        out: Vec::new(),
    };
    reader.braces(0).ok_or_else(bad)??;
    if reader.rest.any(|c| !c.is_whitespace()) {
        return Err(bad());
    }
    let lengths: Vec<usize> = reader.lengths.iter().map(|l| l.unwrap_or(0)).collect();
    if reader.out.is_empty() {
        return Ok(Value::Array(Array::default().into()));
    }
    if lengths.iter().product::<usize>() != reader.out.len() || (!lowers.is_empty() && lowers.len() != lengths.len()) {
        return Err(bad());
    }
    let dims = lengths.into_iter().enumerate().map(|(d, l)| (l, lowers.get(d).copied().unwrap_or(1))).collect();
    Ok(Value::Array(Array { dims, elements: reader.out }.into()))
}

struct ArrayReader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    element: u32,
    lengths: Vec<Option<usize>>,
    /// How deep elements stand.
    leaf: Option<usize>,
    out: Vec<Value>,
}

impl ArrayReader<'_> {
    /// Reads `{…}`; `None` if it is malformed.
    fn braces(&mut self, depth: usize) -> Option<Result<(), PgError>> {
        if self.rest.next()? != '{' || depth >= MOST_DIMENSIONS {
            return None;
        }
        if self.lengths.len() <= depth {
            self.lengths.push(None);
        }
        let mut count = 0;
        loop {
            self.skip_space();
            match self.rest.peek()? {
                '}' if count == 0 => {
                    self.rest.next();
                    break;
                }
                '{' => {
                    if let Err(e) = self.braces(depth + 1)? {
                        return Some(Err(e));
                    }
                }
                _ => {
                    if *self.leaf.get_or_insert(depth) != depth {
                        return None;
                    }
                    match self.item()? {
                        Ok(v) => self.out.push(v),
                        Err(e) => return Some(Err(e)),
                    }
                }
            }
            count += 1;
            self.skip_space();
            match self.rest.next()? {
                ',' => {
                    self.skip_space();
                    if self.rest.peek() == Some(&'}') {
                        return None;
                    }
                }
                '}' => break,
                _ => return None,
            }
        }
        match self.lengths.get_mut(depth)? {
            Some(length) if *length != count => return None,
            length => *length = Some(count),
        }
        Some(Ok(()))
    }

    fn item(&mut self) -> Option<Result<Value, PgError>> {
        let mut text = String::new();
        let mut quoted = false;
        if self.rest.peek() == Some(&'"') {
            quoted = true;
            self.rest.next();
            loop {
                match self.rest.next()? {
                    '"' => break,
                    '\\' => text.push(self.rest.next()?),
                    c => text.push(c),
                }
            }
        } else {
            while let Some(c) = self.rest.peek().copied() {
                match c {
                    ',' | '}' => break,
                    '{' | '"' => return None,
                    '\\' => {
                        self.rest.next();
                        quoted = true;
                        text.push(self.rest.next()?);
                    }
                    c => {
                        self.rest.next();
                        text.push(c);
                    }
                }
            }
            let kept = text.trim_end().len();
            text.truncate(kept);
            if text.is_empty() {
                return None;
            }
        }
        if !quoted && text.eq_ignore_ascii_case("null") {
            return Some(Ok(Value::Null));
        }
        Some(Value::from_text(self.element, &text))
    }

    fn skip_space(&mut self) {
        while self.rest.peek().is_some_and(|c| c.is_whitespace()) {
            self.rest.next();
        }
    }
}

/// The words that must be quoted to be a name.
pub(crate) fn keywords() -> impl Iterator<Item = &'static str> {
    KEYWORDS.split(' ')
}

/// A name as SQL text has it: quoted if it would be read as something else.
pub(crate) fn quote_identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !KEYWORDS.split(' ').any(|k| k == name);
    if plain { name.to_string() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
