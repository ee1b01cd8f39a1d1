//! Types as SQL writes them.

use sqlparser::ast::{
    ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, ObjectName, ObjectNamePart, TimezoneInfo,
};

use super::scope::folded;
use super::{Bind, Binder};
use crate::error::PgError;
use crate::lookup::{Kind, number};
use crate::names;
use crate::types;
use crate::value::Value;

/// The parts of a name, folded.
pub(super) fn object_parts(name: &ObjectName) -> Vec<String> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => folded(ident),
            ObjectNamePart::Function(f) => folded(&f.name),
        })
        .collect()
}

fn length(length: Option<&CharacterLength>, default: i32) -> i32 {
    match length {
        Some(CharacterLength::IntegerLength { length, .. }) => {
            i32::try_from(*length).unwrap_or(i32::MAX).saturating_add(4)
        }
        Some(CharacterLength::Max) => -1,
        None => default,
    }
}

fn digits(precision: Option<u64>) -> i32 {
    precision.map_or(-1, |p| i32::try_from(p).unwrap_or(6).min(6))
}

fn exact(info: &ExactNumberInfo) -> i32 {
    let small = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
    match info {
        ExactNumberInfo::None => -1,
        ExactNumberInfo::Precision(p) => names::typmod(types::NUMERIC, &[small((*p).min(1000).cast_signed())]),
        ExactNumberInfo::PrecisionAndScale(p, s) => {
            names::typmod(types::NUMERIC, &[small((*p).min(1000).cast_signed()), small(*s)])
        }
    }
}

impl Binder<'_> {
    /// The number and modifier of a type.
    pub(super) fn data_type(&self, ty: &DataType) -> Bind<(u32, i32)> {
        use DataType as T;
        let zone = |zone: &TimezoneInfo| matches!(zone, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz);
        Ok(match ty {
            T::Boolean | T::Bool => (types::BOOL, -1),
            T::SmallInt(_) | T::Int2(_) => (types::INT2, -1),
            T::Int(_) | T::Integer(_) | T::Int4(_) => (types::INT4, -1),
            T::BigInt(_) | T::Int8(_) => (types::INT8, -1),
            T::Real | T::Float4 => (types::FLOAT4, -1),
            T::Float(ExactNumberInfo::Precision(p)) if *p <= 24 => (types::FLOAT4, -1),
            T::Float(_) | T::Float8 | T::Double(_) | T::DoublePrecision => (types::FLOAT8, -1),
            T::Numeric(info) | T::Decimal(info) | T::Dec(info) => (types::NUMERIC, exact(info)),
            T::Text => (types::TEXT, -1),
            T::Varchar(l) | T::CharacterVarying(l) | T::CharVarying(l) => (types::VARCHAR, length(l.as_ref(), -1)),
            T::Char(l) | T::Character(l) => (types::BPCHAR, length(l.as_ref(), 5)),
            T::Bytea => (types::BYTEA, -1),
            T::Uuid => (types::UUID, -1),
            T::JSON => (types::JSON, -1),
            T::JSONB => (types::JSONB, -1),
            T::Date => (types::DATE, -1),
            T::Time(p, z) if zone(z) => (types::TIMETZ, digits(*p)),
            T::Time(p, _) => (types::TIME, digits(*p)),
            T::Timestamp(p, z) if zone(z) => (types::TIMESTAMPTZ, digits(*p)),
            T::Timestamp(p, _) => (types::TIMESTAMP, digits(*p)),
            T::Interval { .. } => (types::INTERVAL, -1),
            T::Regclass => (types::REGCLASS, -1),
            T::Bit(n) => (types::BIT, n.map_or(1, |n| i32::try_from(n).unwrap_or(i32::MAX))),
            T::BitVarying(n) | T::VarBit(n) => (types::VARBIT, n.map_or(-1, |n| i32::try_from(n).unwrap_or(i32::MAX))),
            T::TsVector => (types::TSVECTOR, -1),
            T::TsQuery => (types::TSQUERY, -1),
            T::Array(ArrayElemTypeDef::SquareBracket(element, _) | ArrayElemTypeDef::AngleBracket(element)) => {
                let (element, typmod) = self.data_type(element)?;
                // More brackets mean the same type.
                if types::element_of(element).is_some() && types::category(element) == 'A' {
                    return Ok((element, typmod));
                }
                match names::array_type(self.run, element) {
                    Some(array) => (array, typmod),
                    None => return Err(self.no_type(&ty.to_string())),
                }
            }
            T::Custom(name, modifiers) => return self.custom_type(name, modifiers),
            other => return Err(self.no_type(&other.to_string())),
        })
    }

    fn no_type(&self, name: &str) -> super::Fail {
        PgError::new("42704", format!("type \"{}\" does not exist", name.to_lowercase())).into()
    }

    fn custom_type(&self, name: &ObjectName, modifiers: &[String]) -> Bind<(u32, i32)> {
        let parts = object_parts(name);
        let known = match parts.as_slice() {
            [name] => types::by_name(name),
            [schema, name] if schema == "pg_catalog" => types::by_name(name),
            _ => None,
        };
        let numbers: Vec<i32> = modifiers.iter().filter_map(|m| m.trim().parse().ok()).collect();
        if let Some(oid) = known {
            return Ok((oid, names::typmod(oid, &numbers)));
        }
        match names::object(self.run, Kind::Type, &parts)? {
            Some(oid) => self.base_type(oid),
            None => {
                let at = name.0.first().and_then(|p| p.as_ident()).and_then(|i| self.start(i.span));
                Err(PgError::new("42704", format!("type \"{}\" does not exist", parts.join("."))).at(at).into())
            }
        }
    }

    /// The type below a domain, or the type itself.
    fn base_type(&self, oid: u32) -> Bind<(u32, i32)> {
        let columns = self.run.catalog.columns("pg_type", ["typtype", "typbasetype", "typtypmod"]);
        let (Some((_, [kind, base, typmod])), Some(row)) = (columns, self.run.catalog.type_row(oid, self.run.session))
        else {
            return Ok((oid, -1));
        };
        match (row.get(kind), number(&row, base)) {
            (Some(Value::Text(kind)), Some(base)) if &**kind == "d" && base != 0 => {
                let typmod = row.get(typmod).and_then(Value::as_int).and_then(|m| i32::try_from(m).ok());
                Ok((base, typmod.unwrap_or(-1)))
            }
            _ => Ok((oid, -1)),
        }
    }
}
