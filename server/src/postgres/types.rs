//! Which of PostgreSQL's types a column of Arrow is.
//!
//! | Arrow | PostgreSQL |
//! |---|---|
//! | `Int8`, `UInt8` / `UInt16` / `UInt32` / `UInt64` | the next larger: `int2` / `int4` / `int8` / `numeric` |
//! | `Float16` | `float4` |
//! | decimals | `numeric` with precision and scale |
//! | dates / times / timestamps of any unit | `date` / `time` / `timestamp` or `timestamptz`, in microseconds |
//! | intervals, durations | `interval` |
//! | lists of any kind | an array; a list of lists is an array of more dimensions, and an error where it is not rectangular |
//! | structs, maps, unions | `json` |
//! | dictionaries, run-ends | the type of their values |
//! | `Null` | `text` |

use hyperslab::datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use hyperslab_pg_catalog::types;

use crate::dialect::shown;

/// A column of an answer, as `RowDescription` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    pub oid: u32,
    /// Bytes of a value; -1 where they vary.
    pub length: i16,
    /// What narrows the type; -1 for nothing.
    pub modifier: i32,
}

impl Column {
    /// A column of a type that nothing narrows.
    pub fn new(name: impl Into<String>, oid: u32) -> Self {
        Self { name: name.into(), oid, length: types::length(oid), modifier: -1 }
    }

    /// The column of a field.
    pub fn of(field: &Field) -> Self {
        let (oid, modifier) = type_of(field.data_type());
        Self { name: shown(field.name()).to_string(), oid, length: types::length(oid), modifier }
    }
}

/// The columns of a schema.
pub(super) fn columns(schema: &Schema) -> Vec<Column> {
    schema.fields().iter().map(|f| Column::of(f)).collect()
}

/// The type of PostgreSQL for a type of Arrow, and what narrows it.
pub(super) fn type_of(data_type: &DataType) -> (u32, i32) {
    let plain = match data_type {
        DataType::Boolean => types::BOOL,
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => types::INT2,
        DataType::UInt16 | DataType::Int32 => types::INT4,
        DataType::UInt32 | DataType::Int64 => types::INT8,
        DataType::UInt64 => types::NUMERIC,
        DataType::Float16 | DataType::Float32 => types::FLOAT4,
        DataType::Float64 => types::FLOAT8,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => {
            let modifier = (i32::from(*precision) << 16 | (i32::from(*scale) & 0x7ff)) + 4;
            return (types::NUMERIC, modifier);
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => types::TEXT,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => types::BYTEA,
        DataType::Date32 | DataType::Date64 => types::DATE,
        DataType::Time32(_) | DataType::Time64(_) => types::TIME,
        DataType::Timestamp(_, None) => types::TIMESTAMP,
        DataType::Timestamp(_, Some(_)) => types::TIMESTAMPTZ,
        DataType::Interval(_) | DataType::Duration(_) => types::INTERVAL,
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _) => {
            let (element, modifier) = type_of(innermost(field.data_type()));
            return (types::array_of(element).unwrap_or(types::TEXT_ARRAY), modifier);
        }
        DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => types::JSON,
        DataType::Dictionary(_, values) => return type_of(values),
        DataType::RunEndEncoded(_, values) => return type_of(values.data_type()),
    };
    (plain, -1)
}

/// The elements of lists of lists.
fn innermost(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _) => innermost(field.data_type()),
        DataType::Dictionary(_, values) => innermost(values),
        DataType::RunEndEncoded(_, values) => innermost(values.data_type()),
        other => other,
    }
}

/// The type of Arrow for a parameter of a type of PostgreSQL; `None` where it has none.
pub(super) fn arrow_of(oid: u32) -> Option<DataType> {
    Some(match oid {
        types::BOOL => DataType::Boolean,
        types::INT2 => DataType::Int16,
        types::INT4 => DataType::Int32,
        types::INT8 => DataType::Int64,
        types::OID => DataType::UInt32,
        types::FLOAT4 => DataType::Float32,
        types::FLOAT8 => DataType::Float64,
        types::NUMERIC => DataType::Decimal128(38, 10),
        types::TEXT | types::VARCHAR | types::BPCHAR | types::NAME | types::JSON | types::JSONB | types::UUID => {
            DataType::Utf8
        }
        types::BYTEA => DataType::Binary,
        types::DATE => DataType::Date32,
        types::TIME => DataType::Time64(TimeUnit::Microsecond),
        types::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        types::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        types::INTERVAL => DataType::Interval(hyperslab::datafusion::arrow::datatypes::IntervalUnit::MonthDayNano),
        _ => {
            let element = types::element_of(oid).and_then(arrow_of)?;
            DataType::List(Field::new_list_field(element, true).into())
        }
    })
}
