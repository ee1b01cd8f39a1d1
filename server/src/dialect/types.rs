//! PostgreSQL's types: their names, and what each is to the query engine.

use hyperslab::datafusion::sql::sqlparser::ast::{
    ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, TimezoneInfo,
};

use super::names;

/// What a cast to a type does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// The query engine casts as PostgreSQL does, to this type.
    Engine(DataType),
    /// Our own function casts, to the type of this name; text is cut to a length.
    Ours(&'static str, Option<u64>),
    /// Not a type that there is here.
    Unknown,
}

/// The name that PostgreSQL has for a type in its catalogue, which is what an unnamed cast to it is called.
pub(super) fn internal_name(data_type: &DataType) -> String {
    let name = match data_type {
        DataType::Bool | DataType::Boolean => "bool",
        DataType::Int2(_) | DataType::SmallInt(_) => "int2",
        DataType::Int(_) | DataType::Int4(_) | DataType::Integer(_) => "int4",
        DataType::Int8(_) | DataType::BigInt(_) => "int8",
        DataType::Float4 | DataType::Real => "float4",
        DataType::Float(info) if float_bits(info) <= 24 => "float4",
        DataType::Float(_) | DataType::Float8 | DataType::Double(_) | DataType::DoublePrecision => "float8",
        DataType::Numeric(_) | DataType::Decimal(_) | DataType::Dec(_) => "numeric",
        DataType::Text | DataType::String(_) => "text",
        DataType::Varchar(_) | DataType::CharacterVarying(_) | DataType::CharVarying(_) => "varchar",
        DataType::Char(_) | DataType::Character(_) => "bpchar",
        DataType::Bytea => "bytea",
        DataType::Date => "date",
        DataType::Time(_, zone) if has_zone(zone) => "timetz",
        DataType::Time(..) => "time",
        DataType::Timestamp(_, zone) if has_zone(zone) => "timestamptz",
        DataType::Timestamp(..) | DataType::Datetime(_) => "timestamp",
        DataType::Interval { .. } => "interval",
        DataType::JSON => "json",
        DataType::JSONB => "jsonb",
        DataType::Uuid => "uuid",
        DataType::Regclass => "regclass",
        DataType::Array(element) => return element_of(element).map(internal_name).unwrap_or_default(),
        DataType::Custom(name, _) => return names::last(name),
        other => return other.to_string().to_lowercase(),
    };
    name.to_string()
}

/// What a cast to a type does.
pub(super) fn target(data_type: &DataType) -> Target {
    let length = match data_type {
        DataType::Varchar(length) | DataType::CharacterVarying(length) | DataType::CharVarying(length) => {
            length.as_ref().and_then(characters)
        }
        DataType::Char(length) | DataType::Character(length) => Some(length.as_ref().and_then(characters).unwrap_or(1)),
        _ => None,
    };
    let name = internal_name(data_type);
    match data_type {
        DataType::Array(element) => {
            return match element_of(element).map(target) {
                Some(Target::Engine(_) | Target::Ours(..)) => Target::Engine(data_type.clone()),
                _ => Target::Unknown,
            };
        }
        DataType::Numeric(ExactNumberInfo::None)
        | DataType::Decimal(ExactNumberInfo::None)
        | DataType::Dec(ExactNumberInfo::None) => return Target::Engine(DataType::DoublePrecision),
        DataType::Numeric(_) | DataType::Decimal(_) | DataType::Dec(_) => return Target::Engine(data_type.clone()),
        _ => {}
    }
    match name.as_str() {
        "float4" => Target::Engine(DataType::Real),
        "float8" => Target::Engine(DataType::DoublePrecision),
        _ => match OURS.iter().find(|own| **own == name) {
            Some(own) => Target::Ours(own, length),
            None => Target::Unknown,
        },
    }
}

/// The types that our own function casts to.
const OURS: [&str; 22] = [
    "bool",
    "bpchar",
    "bytea",
    "char",
    "date",
    "int2",
    "int4",
    "int8",
    "interval",
    "json",
    "jsonb",
    "name",
    "oid",
    "regclass",
    "regtype",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "uuid",
    "varchar",
    "xid",
];

fn has_zone(zone: &TimezoneInfo) -> bool {
    matches!(zone, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz)
}

fn characters(length: &CharacterLength) -> Option<u64> {
    match length {
        CharacterLength::IntegerLength { length, .. } => Some(*length),
        CharacterLength::Max => None,
    }
}

fn float_bits(info: &ExactNumberInfo) -> u64 {
    match info {
        ExactNumberInfo::Precision(bits) | ExactNumberInfo::PrecisionAndScale(bits, _) => *bits,
        ExactNumberInfo::None => 53,
    }
}

fn element_of(element: &ArrayElemTypeDef) -> Option<&DataType> {
    match element {
        ArrayElemTypeDef::AngleBracket(inner)
        | ArrayElemTypeDef::SquareBracket(inner, _)
        | ArrayElemTypeDef::Parenthesis(inner) => Some(inner),
        ArrayElemTypeDef::None => None,
    }
}

/// The type of the query engine that stands for one of PostgreSQL's, where a cast of ours has no place.
pub(super) fn engine_type(name: &str) -> DataType {
    match name {
        "bool" => DataType::Boolean,
        "int2" => DataType::SmallInt(None),
        "int4" => DataType::Int(None),
        "int8" | "oid" | "xid" => DataType::BigInt(None),
        "date" => DataType::Date,
        "time" => DataType::Time(None, TimezoneInfo::None),
        "timestamp" => DataType::Timestamp(None, TimezoneInfo::None),
        "timestamptz" => DataType::Timestamp(None, TimezoneInfo::WithTimeZone),
        "interval" => DataType::Interval { fields: None, precision: None },
        "bytea" => DataType::Bytea,
        _ => DataType::Text,
    }
}

/// The type of the elements of an array.
pub(super) fn element(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::Array(element) => element_of(element),
        _ => None,
    }
}
