//! The binary form of values, as the wire protocol has it.

use super::{Array, Interval, Numeric, Value};
use crate::error::PgError;
use crate::types;

/// Days and microseconds from the wire's epoch are ours already: both count from 2000-01-01.
impl Value {
    /// The binary form of a value of this type; `None` for NULL and for types without one here.
    pub fn to_binary(&self, ty: u32) -> Option<Vec<u8>> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(b) => vec![u8::from(*b)],
            Self::Int(n) => int_bytes(*n, ty)?,
            Self::Reg(oid, _) => oid.to_be_bytes().to_vec(),
            #[expect(clippy::cast_possible_truncation, reason = "a `float4` is kept as the same number in 64 bits")]
            Self::Float(x) if ty == types::FLOAT4 => (*x as f32).to_be_bytes().to_vec(),
            Self::Float(x) => x.to_be_bytes().to_vec(),
            Self::Numeric(n) => numeric_bytes(**n)?,
            Self::Interval(i) => {
                let mut bytes = i.micros.to_be_bytes().to_vec();
                bytes.extend(i.days.to_be_bytes());
                bytes.extend(i.months.to_be_bytes());
                bytes
            }
            Self::Text(s) => text_bytes(s, ty)?,
            Self::Bytes(b) => b.to_vec(),
            Self::Array(a) => array_bytes(a, types::element_of(ty)?)?,
            Self::Record(fields) => {
                let mut bytes = i32::try_from(fields.len()).ok()?.to_be_bytes().to_vec();
                for (ty, value) in fields.iter() {
                    bytes.extend(ty.to_be_bytes());
                    push_field(&mut bytes, value, *ty)?;
                }
                bytes
            }
        })
    }

    /// Reads the binary form of a value of this type.
    ///
    /// # Errors
    ///
    /// `22P03` for bytes that are not of the type, `0A000` for a type without a binary form here.
    pub fn from_binary(ty: u32, bytes: &[u8]) -> Result<Self, PgError> {
        let mut reader = Reader { rest: bytes };
        let value = reader.value(ty)?;
        if reader.rest.is_empty() { Ok(value) } else { Err(malformed(ty)) }
    }
}

fn malformed(ty: u32) -> PgError {
    let name = types::display_name(ty, None).unwrap_or_else(|| ty.to_string());
    PgError::new("22P03", format!("incorrect binary data format for type {name}"))
}

fn int_bytes(n: i64, ty: u32) -> Option<Vec<u8>> {
    Some(match ty {
        types::INT2 => i16::try_from(n).ok()?.to_be_bytes().to_vec(),
        types::INT4 | types::DATE => i32::try_from(n).ok()?.to_be_bytes().to_vec(),
        types::INT8 | types::TIME | types::TIMESTAMP | types::TIMESTAMPTZ | types::MONEY | types::XID8 => {
            n.to_be_bytes().to_vec()
        }
        types::TIMETZ => {
            let mut bytes = n.to_be_bytes().to_vec();
            bytes.extend(0i32.to_be_bytes());
            bytes
        }
        // `oid`, `xid`, `cid` and a `reg…` without a name.
        _ => u32::try_from(n).ok()?.to_be_bytes().to_vec(),
    })
}

fn text_bytes(s: &str, ty: u32) -> Option<Vec<u8>> {
    Some(match ty {
        types::CHAR => vec![s.bytes().next().unwrap_or(0)],
        types::JSONB => {
            let mut bytes = vec![1];
            bytes.extend(s.bytes());
            bytes
        }
        types::UUID => {
            let digits: String = s.chars().filter(|c| *c != '-').collect();
            u128::from_str_radix(&digits, 16).ok()?.to_be_bytes().to_vec()
        }
        types::TID => {
            let (block, row) = s.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
            let mut bytes = block.parse::<u32>().ok()?.to_be_bytes().to_vec();
            bytes.extend(row.parse::<u16>().ok()?.to_be_bytes());
            bytes
        }
        types::PG_LSN => {
            let (high, low) = s.split_once('/')?;
            let part = |t: &str| u32::from_str_radix(t, 16).ok();
            let mut bytes = part(high)?.to_be_bytes().to_vec();
            bytes.extend(part(low)?.to_be_bytes());
            bytes
        }
        _ if matches!(types::category(ty), 'G' | 'I' | 'R' | 'V') || is_opaque(ty) => return None,
        _ => s.as_bytes().to_vec(),
    })
}

/// Types that are kept as text and whose binary form is something else.
fn is_opaque(ty: u32) -> bool {
    matches!(ty, types::MACADDR | types::MACADDR8 | types::TSVECTOR | types::TSQUERY | types::ACLITEM | types::JSONPATH)
}

fn push_field(bytes: &mut Vec<u8>, value: &Value, ty: u32) -> Option<()> {
    if value.is_null() {
        bytes.extend((-1i32).to_be_bytes());
        return Some(());
    }
    let field = value.to_binary(ty)?;
    bytes.extend(i32::try_from(field.len()).ok()?.to_be_bytes());
    bytes.extend(field);
    Some(())
}

fn array_bytes(a: &Array, element: u32) -> Option<Vec<u8>> {
    let mut bytes = i32::try_from(a.dims.len()).ok()?.to_be_bytes().to_vec();
    bytes.extend(i32::from(a.elements.iter().any(Value::is_null)).to_be_bytes());
    bytes.extend(element.to_be_bytes());
    for (length, lower) in &a.dims {
        bytes.extend(i32::try_from(*length).ok()?.to_be_bytes());
        bytes.extend(lower.to_be_bytes());
    }
    for value in &a.elements {
        push_field(&mut bytes, value, element)?;
    }
    Some(bytes)
}

/// Groups of four decimal digits, with the position of the first.
fn numeric_bytes(n: Numeric) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut push = |n: i16| bytes.extend(n.to_be_bytes());
    let Numeric::Finite { digits, scale } = n else {
        // No digits; the sign says that it is not a number.
        for part in [0, 0, i16::from_be_bytes([0xc0, 0]), 0] {
            push(part);
        }
        return Some(bytes);
    };
    // Whole groups on both sides of the point.
    let pad = (4 - usize::from(scale) % 4) % 4;
    let mut text = digits.unsigned_abs().to_string();
    text.extend(std::iter::repeat_n('0', pad));
    let after = (usize::from(scale) + pad) / 4;
    let width = text.len().max(after * 4).div_ceil(4) * 4;
    let text = format!("{text:0>width$}");
    let mut groups: Vec<i16> =
        text.as_bytes().chunks(4).map(|c| c.iter().fold(0, |n, d| n * 10 + i16::from(d - b'0'))).collect();
    let mut weight = i16::try_from(groups.len()).ok()? - i16::try_from(after).ok()? - 1;
    while groups.first() == Some(&0) {
        groups.remove(0);
        weight -= 1;
    }
    while groups.last() == Some(&0) {
        groups.pop();
    }
    if groups.is_empty() {
        weight = 0;
    }
    push(i16::try_from(groups.len()).ok()?);
    push(weight);
    push(if digits < 0 { 0x4000 } else { 0 });
    push(i16::try_from(scale).ok()?);
    groups.into_iter().for_each(push);
    Some(bytes)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self, ty: u32) -> Result<[u8; N], PgError> {
        let (first, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| malformed(ty))?;
        self.rest = rest;
        Ok(*first)
    }

    fn i16(&mut self, ty: u32) -> Result<i16, PgError> {
        Ok(i16::from_be_bytes(self.take(ty)?))
    }

    fn i32(&mut self, ty: u32) -> Result<i32, PgError> {
        Ok(i32::from_be_bytes(self.take(ty)?))
    }

    fn i64(&mut self, ty: u32) -> Result<i64, PgError> {
        Ok(i64::from_be_bytes(self.take(ty)?))
    }

    fn u32(&mut self, ty: u32) -> Result<u32, PgError> {
        Ok(u32::from_be_bytes(self.take(ty)?))
    }

    fn text(&mut self, ty: u32) -> Result<Value, PgError> {
        let text = std::str::from_utf8(self.rest)
            .map_err(|_| PgError::new("22021", "invalid byte sequence for encoding \"UTF8\""))?;
        self.rest = &[];
        if text.contains('\0') {
            return Err(PgError::new("22021", "invalid byte sequence for encoding \"UTF8\": 0x00"));
        }
        Value::from_text(ty, text)
    }

    fn value(&mut self, ty: u32) -> Result<Value, PgError> {
        if types::element_of(ty).is_some() && types::category(ty) == 'A' {
            return self.array(ty);
        }
        Ok(match ty {
            types::BOOL => Value::Bool(self.take::<1>(ty)? != [0]),
            types::INT2 => Value::Int(self.i16(ty)?.into()),
            types::INT4 | types::DATE => Value::Int(self.i32(ty)?.into()),
            types::INT8 | types::TIME | types::TIMESTAMP | types::TIMESTAMPTZ | types::MONEY | types::XID8 => {
                Value::Int(self.i64(ty)?)
            }
            types::TIMETZ => {
                let (at, west) = (self.i64(ty)?, self.i32(ty)?);
                let utc = at.saturating_add(i64::from(west) * super::datetime::SECOND);
                Value::Int(utc.rem_euclid(super::datetime::DAY))
            }
            types::OID | types::XID | types::CID => Value::Int(self.u32(ty)?.into()),
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
            | types::REGCOLLATION => Value::Int(self.u32(ty)?.into()),
            types::FLOAT4 => Value::Float(f32::from_be_bytes(self.take(ty)?).into()),
            types::FLOAT8 => Value::Float(f64::from_be_bytes(self.take(ty)?)),
            types::NUMERIC => self.numeric(ty)?,
            types::INTERVAL => {
                let (micros, days, months) = (self.i64(ty)?, self.i32(ty)?, self.i32(ty)?);
                Value::Interval(Interval { months, days, micros })
            }
            types::BYTEA => {
                let bytes = self.rest;
                self.rest = &[];
                Value::Bytes(bytes.into())
            }
            types::CHAR => match self.take::<1>(ty)? {
                [0] => Value::text(""),
                [b] => Value::text(char::from(b).to_string()),
            },
            types::JSONB => {
                self.take::<1>(ty)?;
                self.text(ty)?
            }
            types::UUID => {
                let n = u128::from_be_bytes(self.take(ty)?);
                Value::from_text(ty, &format!("{n:032x}"))?
            }
            types::TID => {
                let (block, row) = (self.u32(ty)?, u16::from_be_bytes(self.take(ty)?));
                Value::text(format!("({block},{row})"))
            }
            types::PG_LSN => {
                let (high, low) = (self.u32(ty)?, self.u32(ty)?);
                Value::text(format!("{high:X}/{low:X}"))
            }
            _ if matches!(types::category(ty), 'G' | 'I' | 'R' | 'V' | 'P' | 'C') || is_opaque(ty) => {
                let name = types::display_name(ty, None).unwrap_or_else(|| ty.to_string());
                return Err(PgError::new("0A000", format!("no binary input for type {name}")));
            }
            _ => self.text(ty)?,
        })
    }

    fn array(&mut self, ty: u32) -> Result<Value, PgError> {
        let bad = || malformed(ty);
        let dimensions = usize::try_from(self.i32(ty)?).ok().filter(|d| *d <= 6).ok_or_else(bad)?;
        self.i32(ty)?;
        let element = self.u32(ty)?;
        if Some(element) != types::element_of(ty) {
            return Err(PgError::new("42804", "wrong element type"));
        }
        let mut dims = Vec::with_capacity(dimensions);
        let mut count = usize::from(dimensions > 0);
        for _ in 0..dimensions {
            let length = usize::try_from(self.i32(ty)?).map_err(|_| bad())?;
            dims.push((length, self.i32(ty)?));
            count = count.checked_mul(length).ok_or_else(bad)?;
        }
        // Each element has a length of four bytes, so a count that does not fit is a lie.
        if count > self.rest.len() / 4 {
            return Err(bad());
        }
        let mut elements = Vec::with_capacity(count);
        for _ in 0..count {
            let length = self.i32(ty)?;
            if length == -1 {
                elements.push(Value::Null);
                continue;
            }
            let length = usize::try_from(length).map_err(|_| bad())?;
            let (field, rest) = self.rest.split_at_checked(length).ok_or_else(bad)?;
            elements.push(Value::from_binary(element, field)?);
            self.rest = rest;
        }
        if elements.is_empty() && !matches!(ty, types::INT2VECTOR | types::OIDVECTOR) {
            dims.clear();
        }
        Ok(Value::Array(Array { dims, elements }.into()))
    }

    fn numeric(&mut self, ty: u32) -> Result<Value, PgError> {
        let bad = || malformed(ty);
        let (count, weight) = (self.i16(ty)?, self.i16(ty)?);
        let (sign, scale) = (self.i16(ty)?.cast_unsigned(), self.i16(ty)?);
        let mut digits: i128 = 0;
        for _ in 0..count {
            let group = self.i16(ty)?;
            if !(0..10_000).contains(&group) {
                return Err(bad());
            }
            digits = digits.checked_mul(10_000).and_then(|d| d.checked_add(group.into())).ok_or_else(too_long)?;
        }
        let number = match sign {
            0xc000 => Numeric::NaN,
            0 | 0x4000 => {
                let digits = if sign == 0 { digits } else { -digits };
                let exponent = (i32::from(weight) + 1 - i32::from(count)) * 4;
                let text = format!("{digits}e{exponent}");
                let exact = Numeric::parse(&text).ok_or_else(too_long)?;
                exact.round(scale.into()).ok_or_else(too_long)?
            }
            _ => return Err(bad()),
        };
        Ok(Value::Numeric(number.into()))
    }
}

fn too_long() -> PgError {
    PgError::new("22003", "value overflows numeric format")
}
