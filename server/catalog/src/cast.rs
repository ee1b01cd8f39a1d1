//! Turning values of one type into another: which casts there are, when they happen unasked, and what they do.

use crate::error::PgError;
use crate::eval::Run;
use crate::names;
use crate::types;
use crate::value::{Array, Numeric, Value, cut_name, datetime};

/// When a cast happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Context {
    /// Wherever the other type is expected.
    Implicit,
    /// Where a value is stored.
    Assignment,
    /// Only where it is written.
    Explicit,
}

/// Whether a type is one of numbers that stand for objects with a name.
pub(crate) fn is_reg(ty: u32) -> bool {
    matches!(
        ty,
        types::REGPROC
            | types::REGPROCEDURE
            | types::REGOPER
            | types::REGOPERATOR
            | types::REGCLASS
            | types::REGTYPE
            | types::REGCONFIG
            | types::REGDICTIONARY
            | types::REGNAMESPACE
            | types::REGROLE
            | types::REGCOLLATION
    )
}

/// `text`, `varchar`, `bpchar`.
pub(crate) fn is_string(ty: u32) -> bool {
    matches!(ty, types::TEXT | types::VARCHAR | types::BPCHAR)
}

/// Numbers from narrow to wide.
fn width(ty: u32) -> Option<u8> {
    Some(match ty {
        types::INT2 => 0,
        types::INT4 => 1,
        types::INT8 => 2,
        types::NUMERIC => 3,
        types::FLOAT4 => 4,
        types::FLOAT8 => 5,
        _ => return None,
    })
}

/// When a cast between two types happens; `None` if there is none.
pub(crate) fn context(from: u32, to: u32) -> Option<Context> {
    use Context::{Assignment, Explicit, Implicit};
    use types::{
        BOOL, BPCHAR, BYTEA, CHAR, CIDR, DATE, INET, INT4, INT8, INTERVAL, JSON, JSONB, NAME, OID, PG_NODE_TREE,
        RECORD, REGCLASS, REGOPER, REGOPERATOR, REGPROC, REGPROCEDURE, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ,
        UNKNOWN, VARCHAR,
    };
    if from == to || from == UNKNOWN {
        return Some(Implicit);
    }
    if let (Some(a), Some(b)) = (width(from), width(to)) {
        return Some(if a < b { Implicit } else { Assignment });
    }
    let integer = |ty: u32| width(ty).is_some_and(|w| w < 3);
    let found = match (from, to) {
        (_, OID) if integer(from) || is_reg(from) => Implicit,
        (_, to) if is_reg(to) && (integer(from) || from == OID) => Implicit,
        (REGPROC, REGPROCEDURE) | (REGPROCEDURE, REGPROC) | (REGOPER, REGOPERATOR) | (REGOPERATOR, REGOPER) => Implicit,
        (TEXT | VARCHAR, REGCLASS) => Implicit,
        (_, INT4 | INT8) if from == OID || is_reg(from) => Assignment,
        (TEXT | VARCHAR | BPCHAR, TEXT | VARCHAR | BPCHAR | NAME) => Implicit,
        (NAME | CHAR, TEXT) => Implicit,
        (NAME | CHAR, VARCHAR | BPCHAR) | (TEXT | VARCHAR | BPCHAR, CHAR) => Assignment,
        (CHAR, INT4) | (INT4, CHAR) | (BOOL, INT4) | (INT4, BOOL) => Explicit,
        (DATE, TIMESTAMP | TIMESTAMPTZ) | (TIMESTAMP, TIMESTAMPTZ) | (TIME, TIMETZ | INTERVAL) => Implicit,
        (TIMESTAMP | TIMESTAMPTZ, DATE | TIME) | (TIMESTAMPTZ, TIMESTAMP | TIMETZ) => Assignment,
        (INTERVAL | TIMETZ, TIME) => Assignment,
        (PG_NODE_TREE | types::PG_NDISTINCT | types::PG_DEPENDENCIES | types::PG_MCV_LIST, TEXT) => Implicit,
        (types::PG_NDISTINCT | types::PG_DEPENDENCIES | types::PG_MCV_LIST, BYTEA) => Implicit,
        (JSON, JSONB) | (JSONB, JSON) => Assignment,
        (CIDR, INET) => Implicit,
        (INET, CIDR) => Assignment,
        (_, RECORD) if types::category(from) == 'C' => Implicit,
        _ => return other_context(from, to),
    };
    Some(found)
}

/// Casts element by element and through text.
fn other_context(from: u32, to: u32) -> Option<Context> {
    if let (Some(a), Some(b)) = (types::element_of(from), types::element_of(to))
        && !matches!(to, types::INT2VECTOR | types::OIDVECTOR)
    {
        return context(a, b);
    }
    if types::category(to) == 'S' && !types::find(from).is_some_and(|t| t.pseudo && t.oid != types::RECORD) {
        return Some(Context::Assignment);
    }
    (types::category(from) == 'S').then_some(Context::Explicit)
}

/// Whether values of both types look the same here, so that a cast is nothing to do.
pub(crate) fn same_form(from: u32, to: u32) -> bool {
    if from == to {
        return true;
    }
    match (from, to) {
        (types::TEXT | types::VARCHAR | types::NAME | types::PG_NODE_TREE, types::TEXT | types::VARCHAR) => true,
        (types::INT2, types::INT4 | types::INT8) | (types::INT4, types::INT8) => true,
        (types::OID | types::XID | types::CID, types::INT8) => true,
        (types::TIMESTAMP, types::TIMESTAMPTZ) | (types::TIMESTAMPTZ, types::TIMESTAMP) => true,
        (types::FLOAT4, types::FLOAT8) => true,
        (types::INT2VECTOR, types::INT2_ARRAY) | (types::OIDVECTOR, types::OID_ARRAY) => true,
        (types::RECORD, types::RECORD) => true,
        _ => false,
    }
}

/// The value as the other type.
pub(crate) fn cast(
    run: &Run<'_>,
    value: &Value,
    from: u32,
    to: u32,
    typmod: i32,
    explicit: bool,
) -> Result<Value, PgError> {
    let converted = convert(run, value, from, to)?;
    if typmod < 0 || converted.is_null() {
        return Ok(converted);
    }
    modify(converted, to, typmod, explicit)
}

fn convert(run: &Run<'_>, value: &Value, from: u32, to: u32) -> Result<Value, PgError> {
    if value.is_null() || same_form(from, to) {
        return Ok(value.clone());
    }
    if is_reg(to) {
        return to_reg(run, value, to);
    }
    match (value, to) {
        (Value::Bool(b), types::INT4) => return Ok(Value::Int((*b).into())),
        (Value::Bool(b), _) if types::category(to) == 'S' => return Ok(Value::text(if *b { "true" } else { "false" })),
        (Value::Int(n), types::BOOL) => return Ok(Value::Bool(*n != 0)),
        (Value::Int(n), types::CHAR) => {
            let byte = u8::try_from(*n & 0xff).unwrap_or(0);
            return Ok(Value::text(if byte == 0 { String::new() } else { char::from(byte).to_string() }));
        }
        (Value::Text(s), types::INT4) if from == types::CHAR => {
            return Ok(Value::Int(s.bytes().next().map_or(0, |b| i64::from(b.cast_signed()))));
        }
        (Value::Array(a), _) => {
            if let (Some(of), Some(to)) = (types::element_of(from), types::element_of(to)) {
                let elements = a.elements.iter().map(|e| convert(run, e, of, to)).collect::<Result<_, _>>()?;
                return Ok(Value::Array(Array { dims: a.dims.clone(), elements }.into()));
            }
        }
        (Value::Int(_) | Value::Reg(..) | Value::Float(_) | Value::Numeric(_), _)
            if width(to).is_some() || to == types::OID =>
        {
            return number(value, to);
        }
        (Value::Int(n), _) => {
            if let Some(moved) = time(*n, from, to) {
                return Ok(moved);
            }
        }
        (Value::Interval(i), types::TIME) => return Ok(Value::Int(i.micros.rem_euclid(datetime::DAY))),
        (Value::Record(_), types::RECORD) => return Ok(value.clone()),
        _ => {}
    }
    let text = value.to_text(from).unwrap_or_default();
    match (from, to) {
        // The padding is not part of the value.
        (types::BPCHAR, _) if to != types::BPCHAR => input(run, to, text.trim_end_matches(' ')),
        _ => input(run, to, &text),
    }
}

fn number(value: &Value, to: u32) -> Result<Value, PgError> {
    let range = || {
        let name = types::display_name(to, None).unwrap_or_default();
        PgError::new("22003", format!("{name} out of range"))
    };
    match to {
        types::FLOAT8 => Ok(Value::Float(as_float(value))),
        types::FLOAT4 => {
            let x = as_float(value);
            #[expect(clippy::cast_possible_truncation, reason = "that is what `float4` is")]
            let single = x as f32;
            if single.is_infinite() && x.is_finite() {
                return Err(PgError::new("22003", "value out of range: overflow"));
            }
            Ok(Value::Float(single.into()))
        }
        types::NUMERIC => match value {
            Value::Numeric(_) => Ok(value.clone()),
            Value::Float(x) => Ok(Value::Numeric(Numeric::from_f64(*x).ok_or_else(range)?.into())),
            _ => Ok(Value::Numeric(Numeric::whole(value.as_int().unwrap_or(0)).into())),
        },
        _ => {
            let n = match value {
                Value::Float(x) => {
                    let x = x.round_ties_even();
                    // 2^63 is a binary fraction, the largest `i64` is not.
                    if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x) {
                        return Err(range());
                    }
                    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
                    let n = x as i64;
                    n
                }
                Value::Numeric(n) => n.to_i64().ok_or_else(range)?,
                _ => value.as_int().unwrap_or(0),
            };
            let fits = match to {
                types::INT2 => i16::try_from(n).is_ok(),
                // A large `oid` is a negative number.
                types::INT4 if matches!(value, Value::Reg(..)) => true,
                types::INT4 => {
                    i32::try_from(n).is_ok() || u32::try_from(n).is_ok_and(|_| matches!(value, Value::Reg(..)))
                }
                types::OID => (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&n),
                _ => true,
            };
            match (fits, to) {
                (false, types::OID) => Err(PgError::new("22003", "OID out of range")),
                (false, _) => Err(range()),
                (true, types::OID) => Ok(Value::Int(n.rem_euclid(1 << 32))),
                (true, _) => Ok(Value::Int(n)),
            }
        }
    }
}

fn as_float(value: &Value) -> f64 {
    match value {
        Value::Float(x) => *x,
        Value::Numeric(n) => n.to_f64(),
        #[expect(clippy::cast_precision_loss, reason = "as PostgreSQL does")]
        v => v.as_int().unwrap_or(0) as f64,
    }
}

fn time(n: i64, from: u32, to: u32) -> Option<Value> {
    use types::{DATE, INTERVAL, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ};
    let infinite = n == i64::MAX || n == i64::MIN;
    Some(match (from, to) {
        (DATE, TIMESTAMP | TIMESTAMPTZ) => Value::Int(datetime::day_start(n)),
        (TIMESTAMP | TIMESTAMPTZ, DATE) if infinite => Value::Int(if n > 0 { i32::MAX } else { i32::MIN }.into()),
        (TIMESTAMP | TIMESTAMPTZ, DATE) => Value::Int(n.div_euclid(datetime::DAY)),
        (TIMESTAMP | TIMESTAMPTZ, TIME | TIMETZ) if infinite => Value::Null,
        (TIMESTAMP | TIMESTAMPTZ, TIME | TIMETZ) => Value::Int(n.rem_euclid(datetime::DAY)),
        (TIME, TIMETZ) | (TIMETZ, TIME) => Value::Int(n),
        (TIME, INTERVAL) => Value::Interval(crate::value::Interval { months: 0, days: 0, micros: n }),
        _ => return None,
    })
}

/// Reads text as a value of a type; names are looked up in the catalogue.
pub(crate) fn input(run: &Run<'_>, to: u32, text: &str) -> Result<Value, PgError> {
    if is_reg(to) {
        return names::read(run, to, text);
    }
    if let Some(element) = types::element_of(to).filter(|e| is_reg(*e)) {
        let texts = Value::from_text(types::TEXT_ARRAY, text)?;
        return convert(run, &texts, types::TEXT_ARRAY, types::array_of(element).unwrap_or(to));
    }
    match to {
        types::TIMESTAMPTZ | types::TIMESTAMP | types::DATE => {
            let today = run.session.transaction_start.div_euclid(datetime::DAY);
            let day = match text.trim().to_ascii_lowercase().as_str() {
                "now" if to != types::DATE => return Ok(Value::Int(run.session.transaction_start)),
                "today" | "now" => today,
                "tomorrow" => today + 1,
                "yesterday" => today - 1,
                _ => return Value::from_text(to, text),
            };
            Ok(Value::Int(if to == types::DATE { day } else { datetime::day_start(day) }))
        }
        types::JSON | types::JSONB => crate::functions::json_input(to, text),
        _ => Value::from_text(to, text),
    }
}

fn to_reg(run: &Run<'_>, value: &Value, to: u32) -> Result<Value, PgError> {
    match value {
        Value::Int(n) => match u32::try_from(n.rem_euclid(1 << 32)) {
            Ok(oid) if i32::try_from(*n).is_ok() || u32::try_from(*n).is_ok() => Ok(names::reg(run, to, oid)),
            _ => Err(PgError::new("22003", "OID out of range")),
        },
        Value::Reg(oid, _) => Ok(names::reg(run, to, *oid)),
        Value::Text(s) => names::read(run, to, s),
        _ => Ok(Value::Null),
    }
}

/// Applies what narrows a type: a length, a precision.
fn modify(value: Value, to: u32, typmod: i32, explicit: bool) -> Result<Value, PgError> {
    if let (Value::Array(a), Some(element)) = (&value, types::element_of(to)) {
        let elements =
            a.elements.iter().map(|e| modify(e.clone(), element, typmod, explicit)).collect::<Result<_, _>>()?;
        return Ok(Value::Array(Array { dims: a.dims.clone(), elements }.into()));
    }
    match (&value, to) {
        (Value::Text(s), types::VARCHAR | types::BPCHAR) => {
            let length = usize::try_from(typmod - 4).unwrap_or(0);
            let count = s.chars().count();
            if count <= length {
                let pad = if to == types::BPCHAR { length - count } else { 0 };
                return Ok(if pad == 0 {
                    value
                } else {
                    Value::text(format!("{s}{}", " ".repeat(pad.min(10_485_760))))
                });
            }
            let end = s.char_indices().nth(length).map_or(s.len(), |(at, _)| at);
            let (kept, cut) = s.split_at_checked(end).unwrap_or((s, ""));
            if !explicit && cut.contains(|c| c != ' ') {
                let name = types::display_name(to, Some(typmod)).unwrap_or_default();
                return Err(PgError::new("22001", format!("value too long for type {name}")));
            }
            Ok(Value::text(kept))
        }
        (Value::Numeric(n), types::NUMERIC) => {
            let m = typmod - 4;
            let (precision, scale) = ((m >> 16) & 0xffff, ((m & 0x7ff) ^ 1024) - 1024);
            let rounded = n.round(scale).ok_or_else(|| PgError::new("22003", "value overflows numeric format"))?;
            if !rounded.fits(u16::try_from(precision).unwrap_or(u16::MAX), scale) {
                return Err(PgError::new("22003", "numeric field overflow"));
            }
            Ok(Value::Numeric(rounded.into()))
        }
        (Value::Int(n), types::TIMESTAMP | types::TIMESTAMPTZ | types::TIME) if typmod < 6 => {
            let unit = 10i64.pow(u32::try_from(6 - typmod).unwrap_or(0));
            let rounded = n.checked_add(unit / 2).map_or(*n, |n| n - n.rem_euclid(unit));
            Ok(Value::Int(rounded))
        }
        (Value::Text(s), types::NAME) => Ok(Value::text(cut_name(s))),
        _ => Ok(value),
    }
}
