//! What Flight SQL tells about a column in the metadata of its field: where it comes from, its type and precision.

use std::collections::HashMap;

use hyperslab::QueryResult;
use hyperslab::datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use hyperslab::datafusion::common::TableReference;
use hyperslab::datafusion::prelude::SessionContext;

use crate::flight::encode::plain_type;

/// Where a column comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub catalog: &'a str,
    pub schema: &'a str,
    pub table: &'a str,
}

/// The columns of an answer as they are sent, with what is known of each. `query` tells the tables they come from.
pub(in crate::flight) fn described(
    schema: &Schema,
    query: Option<&QueryResult>,
    context: &SessionContext,
    views: bool,
) -> Schema {
    let plan = query.and_then(QueryResult::logical_plan);
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(at, field)| {
            let reference = plan
                .filter(|p| at < p.schema().fields().len())
                .and_then(|p| p.schema().qualified_field(at).0)
                .and_then(|reference| known(reference, context));
            let place = reference.as_ref().map(|(catalog, schema, table)| Place { catalog, schema, table });
            column(field, place, views)
        })
        .collect();
    Schema::new(fields).with_metadata(schema.metadata().clone())
}

/// The full name of a table, where the name is one of a table and not made up by the query.
fn known(reference: &TableReference, context: &SessionContext) -> Option<(String, String, String)> {
    let config = context.copied_config();
    let defaults = &config.options().catalog;
    let full = reference.clone().resolve(&defaults.default_catalog, &defaults.default_schema);
    let schema = context.catalog(&full.catalog)?.schema(&full.schema)?;
    schema.table_exist(&full.table).then(|| (full.catalog.to_string(), full.schema.to_string(), full.table.to_string()))
}

/// A column as it is sent.
pub(super) fn column(field: &Field, place: Option<Place<'_>>, views: bool) -> Field {
    let data_type = plain_type(field.data_type(), views);
    let mut metadata = field.metadata().clone();
    let mut tell = |key: &str, value: String| {
        metadata.insert(format!("ARROW:FLIGHT:SQL:{key}"), value);
    };
    if let Some(place) = place {
        tell("CATALOG_NAME", place.catalog.to_string());
        tell("SCHEMA_NAME", place.schema.to_string());
        tell("TABLE_NAME", place.table.to_string());
    }
    tell("TYPE_NAME", type_name(&data_type).to_string());
    if let Some((precision, scale)) = precision(&data_type) {
        tell("PRECISION", precision.to_string());
        if let Some(scale) = scale {
            tell("SCALE", scale.to_string());
        }
    }
    tell("IS_AUTO_INCREMENT", "0".into());
    tell("IS_CASE_SENSITIVE", if is_text(&data_type) { "1" } else { "0" }.into());
    tell("IS_READ_ONLY", "1".into());
    tell("IS_SEARCHABLE", "1".into());
    if let Some(remarks) = remarks(field.metadata()) {
        tell("REMARKS", remarks);
    }
    Field::new(field.name(), data_type, field.is_nullable()).with_metadata(metadata)
}

/// The long name and the units, for a person.
fn remarks(metadata: &HashMap<String, String>) -> Option<String> {
    match (metadata.get("long_name"), metadata.get("units")) {
        (Some(name), Some(units)) => Some(format!("{name} [{units}]")),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The name of a type in SQL.
fn type_name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Null => "NULL",
        DataType::Boolean => "BOOLEAN",
        DataType::Int8 => "TINYINT",
        DataType::Int16 => "SMALLINT",
        DataType::Int32 => "INTEGER",
        DataType::Int64 => "BIGINT",
        DataType::UInt8 => "TINYINT UNSIGNED",
        DataType::UInt16 => "SMALLINT UNSIGNED",
        DataType::UInt32 => "INTEGER UNSIGNED",
        DataType::UInt64 => "BIGINT UNSIGNED",
        DataType::Float16 | DataType::Float32 => "REAL",
        DataType::Float64 => "DOUBLE",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => "BYTEA",
        DataType::Date32 | DataType::Date64 => "DATE",
        DataType::Time32(_) | DataType::Time64(_) => "TIME",
        DataType::Timestamp(_, None) => "TIMESTAMP",
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE",
        DataType::Duration(_) | DataType::Interval(_) => "INTERVAL",
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            "DECIMAL"
        }
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::ListView(_)
        | DataType::LargeListView(_) => "ARRAY",
        DataType::Struct(_) => "STRUCT",
        DataType::Map(..) => "MAP",
        _ => "OTHER",
    }
}

/// The digits of a number, and those after the point; those of the seconds of a time.
fn precision(data_type: &DataType) -> Option<(u32, Option<i32>)> {
    let seconds = |unit: &TimeUnit| match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    };
    Some(match data_type {
        DataType::Int8 | DataType::UInt8 => (3, Some(0)),
        DataType::Int16 | DataType::UInt16 => (5, Some(0)),
        DataType::Int32 | DataType::UInt32 => (10, Some(0)),
        DataType::Int64 => (19, Some(0)),
        DataType::UInt64 => (20, Some(0)),
        DataType::Float16 => (3, None),
        DataType::Float32 => (7, None),
        DataType::Float64 => (15, None),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => (u32::from(*precision), Some(i32::from(*scale))),
        DataType::Timestamp(unit, _) | DataType::Time32(unit) | DataType::Time64(unit) => (seconds(unit), None),
        _ => return None,
    })
}
