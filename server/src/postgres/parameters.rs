//! [`Parameter`]: a value that a client gives for a place of its statement, in text or binary.

use std::sync::Arc;

use hyperslab::datafusion::arrow::array::{ArrayRef, StringArray};
use hyperslab::datafusion::arrow::compute::{CastOptions, cast_with_options};
use hyperslab::datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano};
use hyperslab::datafusion::arrow::util::display::FormatOptions;
use hyperslab::datafusion::scalar::ScalarValue;
use hyperslab_pg_catalog::{Value, types};

use bytes::{Buf, Bytes};

use super::types::arrow_of;
use crate::error::{ServerError, code};

/// Days from 1970 to 2000, where PostgreSQL begins to count.
const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// A value that a client gives.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    oid: u32,
    value: Option<Given>,
}

#[derive(Debug, Clone, PartialEq)]
enum Given {
    Text(String),
    Binary(Bytes),
}

impl Parameter {
    /// No value.
    pub fn null(oid: u32) -> Self {
        Self { oid, value: None }
    }

    /// A value in text.
    pub fn text(oid: u32, text: Option<&str>) -> Self {
        Self { oid, value: text.map(|text| Given::Text(text.to_string())) }
    }

    /// A value in binary.
    pub fn binary(oid: u32, bytes: &Bytes) -> Self {
        Self { oid, value: Some(Given::Binary(bytes.clone())) }
    }

    /// The number of its type.
    pub fn oid(&self) -> u32 {
        self.oid
    }

    /// As a value of the catalogue.
    ///
    /// # Errors
    /// When it is none of its type.
    pub fn into_value(self) -> Result<Value, ServerError> {
        match &self.value {
            None => Ok(Value::Null),
            Some(Given::Text(text)) => Ok(Value::from_text(self.oid, text)?),
            Some(Given::Binary(bytes)) => Ok(Value::from_binary(self.oid, bytes)?),
        }
    }

    /// As a value of the query engine.
    ///
    /// # Errors
    /// When it is none of its type.
    pub fn into_scalar(self) -> Result<ScalarValue, ServerError> {
        let unsupported = || {
            let name = types::display_name(self.oid, None).unwrap_or_else(|| self.oid.to_string());
            ServerError::new(code::FEATURE_NOT_SUPPORTED, format!("a parameter of type `{name}` is not supported"))
                .hint("give it as text")
        };
        // A type that only the catalogue has comes as text.
        let data_type = match (arrow_of(self.oid), &self.value) {
            (Some(data_type), _) => data_type,
            (None, Some(Given::Binary(_))) => return Err(unsupported()),
            (None, _) => DataType::Utf8,
        };
        match self.value {
            None => Ok(ScalarValue::try_from(&data_type)?),
            Some(Given::Text(text)) => from_text(&data_type, &text, self.oid),
            Some(Given::Binary(bytes)) => from_binary(self.oid, &bytes),
        }
    }
}

fn from_text(data_type: &DataType, text: &str, oid: u32) -> Result<ScalarValue, ServerError> {
    let invalid = || {
        let name = types::display_name(oid, None).unwrap_or_default();
        ServerError::new(code::INVALID_TEXT, format!("invalid input syntax for type {name}: \"{text}\""))
    };
    let trimmed = text.trim();
    match data_type {
        DataType::Utf8 => Ok(ScalarValue::from(text)),
        DataType::Boolean => match trimmed.to_ascii_lowercase().as_str() {
            "t" | "true" | "y" | "yes" | "on" | "1" => Ok(ScalarValue::from(true)),
            "f" | "false" | "n" | "no" | "off" | "0" => Ok(ScalarValue::from(false)),
            _ => Err(invalid()),
        },
        DataType::Binary => Ok(ScalarValue::Binary(Some(bytes_of(text).ok_or_else(invalid)?))),
        DataType::Decimal128(..) => decimal(trimmed).ok_or_else(invalid),
        DataType::List(field) => {
            let elements = elements_of(trimmed).ok_or_else(invalid)?;
            let element = types::element_of(oid).unwrap_or(types::TEXT);
            let one = |text: Option<String>| match text {
                Some(text) => from_text(field.data_type(), &text, element),
                None => Ok(ScalarValue::try_from(field.data_type())?),
            };
            let values = elements.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
            Ok(ScalarValue::List(ScalarValue::new_list_nullable(&values, field.data_type())))
        }
        other => {
            let array: ArrayRef = Arc::new(StringArray::from(vec![trimmed]));
            let strict = CastOptions { safe: false, format_options: FormatOptions::default() };
            let cast = cast_with_options(&array, other, &strict).map_err(|_| invalid())?;
            Ok(ScalarValue::try_from_array(&cast, 0)?)
        }
    }
}

/// `\x0a0b`, or characters with octal escapes.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    if let Some(digits) = text.strip_prefix("\\x") {
        let digits: Vec<char> = digits.chars().filter(|c| !c.is_whitespace()).collect();
        let pair = |pair: &[char]| match pair {
            [a, b] => Some((a.to_digit(16)? * 16 + b.to_digit(16)?) as u8),
            _ => None,
        };
        return digits.chunks(2).map(pair).collect();
    }
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next()? {
                b'\\' => out.push(b'\\'),
                first @ b'0'..=b'3' => {
                    let mut value = u32::from(first - b'0');
                    for _ in 0..2 {
                        value = value * 8 + char::from(bytes.next()?).to_digit(8)?;
                    }
                    out.push(value as u8);
                }
                _ => return None,
            },
            other => out.push(other),
        }
    }
    Some(out)
}

/// A decimal number with the scale that it is written with.
fn decimal(text: &str) -> Option<ScalarValue> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit())
        || (whole.trim_start_matches(['+', '-']).len() + fraction.len()) == 0
    {
        return None;
    }
    let mut value: i128 = format!("{whole}{fraction}").parse().ok()?;
    let mut scale = i32::try_from(fraction.len()).ok()? - exponent;
    while scale < 0 {
        value = value.checked_mul(10)?;
        scale += 1;
    }
    Some(ScalarValue::Decimal128(Some(value), 38, i8::try_from(scale).ok().filter(|s| *s <= 38)?))
}

/// The elements of `{1,"two",NULL}`, an array of one dimension.
fn elements_of(text: &str) -> Option<Vec<Option<String>>> {
    let inside = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    let mut characters = inside.chars().peekable();
    if inside.trim().is_empty() {
        return Some(elements);
    }
    loop {
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        let mut element = String::new();
        let quoted = characters.next_if_eq(&'"').is_some();
        loop {
            match characters.next() {
                Some('\\') => element.push(characters.next()?),
                Some('"') if quoted => break,
                Some('{' | '}' | '"') if !quoted => return None,
                Some(',') if !quoted => {
                    elements.push(bare(&element));
                    element.clear();
                }
                Some(c) => element.push(c),
                None if quoted => return None,
                None => {
                    elements.push(bare(&element));
                    return Some(elements);
                }
            }
        }
        elements.push(Some(element));
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        match characters.next() {
            None => return Some(elements),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}

fn bare(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.eq_ignore_ascii_case("null")).then(|| text.to_string())
}

fn from_binary(oid: u32, bytes: &Bytes) -> Result<ScalarValue, ServerError> {
    let wrong = || {
        let name = types::display_name(oid, None).unwrap_or_else(|| oid.to_string());
        ServerError::new("22P03", format!("incorrect binary data format in a parameter of type {name}"))
    };
    let mut rest = bytes.clone();
    let value = read_binary(oid, &mut rest).ok_or_else(wrong)??;
    match rest.is_empty() {
        true => Ok(value),
        false => Err(wrong()),
    }
}

/// `None` where the bytes are too few or make no sense.
fn read_binary(oid: u32, rest: &mut Bytes) -> Option<Result<ScalarValue, ServerError>> {
    Some(Ok(match oid {
        types::BOOL => ScalarValue::from(rest.try_get_u8().ok()? != 0),
        types::INT2 => ScalarValue::from(rest.try_get_i16().ok()?),
        types::INT4 => ScalarValue::from(rest.try_get_i32().ok()?),
        types::INT8 => ScalarValue::from(rest.try_get_i64().ok()?),
        types::OID => ScalarValue::from(rest.try_get_u32().ok()?),
        types::FLOAT4 => ScalarValue::from(rest.try_get_f32().ok()?),
        types::FLOAT8 => ScalarValue::from(rest.try_get_f64().ok()?),
        types::NUMERIC => numeric(rest)?,
        types::BYTEA => ScalarValue::Binary(Some(rest.split_off(0).to_vec())),
        types::DATE => ScalarValue::Date32(Some(rest.try_get_i32().ok()?.checked_add(EPOCH_DAYS)?)),
        types::TIME => ScalarValue::Time64Microsecond(Some(rest.try_get_i64().ok()?)),
        types::TIMESTAMP | types::TIMESTAMPTZ => {
            let zone = (oid == types::TIMESTAMPTZ).then(|| "UTC".into());
            ScalarValue::TimestampMicrosecond(Some(rest.try_get_i64().ok()?.checked_add(EPOCH_MICROS)?), zone)
        }
        types::INTERVAL => {
            let micros = rest.try_get_i64().ok()?;
            let (days, months) = (rest.try_get_i32().ok()?, rest.try_get_i32().ok()?);
            ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(months, days, micros.checked_mul(1_000)?)))
        }
        types::UUID => {
            if rest.len() != 16 {
                return None;
            }
            let hex: String = rest.split_off(0).iter().map(|b| format!("{b:02x}")).collect();
            let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default().to_string();
            ScalarValue::from([part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-").as_str())
        }
        types::JSONB => {
            if rest.try_get_u8().ok()? != 1 {
                return None;
            }
            text(rest)?
        }
        types::TEXT | types::VARCHAR | types::BPCHAR | types::NAME | types::JSON => text(rest)?,
        _ => return list(oid, rest),
    }))
}

fn text(rest: &mut Bytes) -> Option<ScalarValue> {
    let bytes = rest.split_off(0);
    Some(ScalarValue::from(std::str::from_utf8(&bytes).ok()?))
}

/// An array of one dimension.
fn list(oid: u32, rest: &mut Bytes) -> Option<Result<ScalarValue, ServerError>> {
    let element = types::element_of(oid)?;
    let data_type = arrow_of(element)?;
    let (dimensions, _flags, stated) = (rest.try_get_i32().ok()?, rest.try_get_i32().ok()?, rest.try_get_u32().ok()?);
    if stated != element || !(0..=1).contains(&dimensions) {
        return None;
    }
    let count = match dimensions {
        0 => 0,
        _ => {
            let count = usize::try_from(rest.try_get_i32().ok()?).ok()?;
            rest.try_get_i32().ok()?;
            count
        }
    };
    // Every element has at least its length.
    if count > rest.len() / 4 {
        return None;
    }
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        let length = rest.try_get_i32().ok()?;
        values.push(match usize::try_from(length) {
            Err(_) => match ScalarValue::try_from(&data_type) {
                Ok(null) => null,
                Err(error) => return Some(Err(error.into())),
            },
            Ok(length) if length <= rest.len() => match from_binary(element, &rest.split_to(length)) {
                Ok(value) => value,
                Err(error) => return Some(Err(error)),
            },
            Ok(_) => return None,
        });
    }
    Some(Ok(ScalarValue::List(ScalarValue::new_list_nullable(&values, &data_type))))
}

/// Digits of base 10,000.
fn numeric(rest: &mut Bytes) -> Option<ScalarValue> {
    let (count, weight) = (rest.try_get_u16().ok()?, rest.try_get_i16().ok()?);
    let (sign, scale) = (rest.try_get_u16().ok()?, rest.try_get_u16().ok()?);
    if !matches!(sign, 0 | 0x4000) {
        return None;
    }
    let mut value: i128 = 0;
    for _ in 0..count {
        value = value.checked_mul(10_000)?.checked_add(i128::from(rest.try_get_u16().ok()?))?;
    }
    // The last digit stands for 10,000 to the power of this.
    let power = i32::from(weight) - i32::from(count) + 1;
    let mut exponent = power * 4 + i32::from(scale);
    while exponent > 0 {
        value = value.checked_mul(10)?;
        exponent -= 1;
    }
    while exponent < 0 {
        value /= 10;
        exponent += 1;
    }
    let value = if sign == 0 { value } else { -value };
    Some(ScalarValue::Decimal128(Some(value), 38, i8::try_from(scale).ok().filter(|s| *s <= 38)?))
}
