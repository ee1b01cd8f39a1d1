//! The types of SQL, for `GetXdbcTypeInfo`.

use arrow_flight::sql::metadata::{XdbcTypeInfo, XdbcTypeInfoDataBuilder};
use arrow_flight::sql::{CommandGetXdbcTypeInfo, Nullable, Searchable, XdbcDataType, XdbcDatetimeSubcode};
use hyperslab::datafusion::arrow::array::RecordBatch;
use tonic::Status;

use crate::flight::status;

/// The types, or those of one number.
pub(in crate::flight) fn type_info(query: CommandGetXdbcTypeInfo) -> Result<RecordBatch, Status> {
    let mut builder = XdbcTypeInfoDataBuilder::new();
    all().into_iter().for_each(|info| builder.append(info));
    let data = builder.build().map_err(status::of_flight)?;
    data.record_batch(query.data_type).map_err(status::of_flight)
}

fn all() -> Vec<XdbcTypeInfo> {
    use XdbcDataType::*;
    vec![
        plain("BOOLEAN", XdbcBit, 1),
        number("TINYINT", XdbcTinyint, 3, 10),
        number("SMALLINT", XdbcSmallint, 5, 10),
        number("INTEGER", XdbcInteger, 10, 10),
        number("BIGINT", XdbcBigint, 19, 10),
        unsigned(number("TINYINT UNSIGNED", XdbcTinyint, 3, 10)),
        unsigned(number("SMALLINT UNSIGNED", XdbcSmallint, 5, 10)),
        unsigned(number("INTEGER UNSIGNED", XdbcInteger, 10, 10)),
        unsigned(number("BIGINT UNSIGNED", XdbcBigint, 20, 10)),
        number("REAL", XdbcReal, 24, 2),
        number("DOUBLE", XdbcDouble, 53, 2),
        XdbcTypeInfo {
            create_params: Some(vec!["precision".into(), "scale".into()]),
            minimum_scale: Some(0),
            maximum_scale: Some(76),
            ..number("DECIMAL", XdbcDecimal, 76, 10)
        },
        XdbcTypeInfo { case_sensitive: true, ..quoted("VARCHAR", XdbcVarchar, i32::MAX, "'") },
        quoted("BYTEA", XdbcVarbinary, i32::MAX, "X'"),
        quoted("DATE", XdbcDate, 10, "DATE '"),
        quoted("TIME", XdbcTime, 18, "TIME '"),
        XdbcTypeInfo {
            datetime_subcode: Some(XdbcDatetimeSubcode::XdbcSubcodeTimestamp),
            minimum_scale: Some(0),
            maximum_scale: Some(9),
            ..quoted("TIMESTAMP", XdbcTimestamp, 29, "TIMESTAMP '")
        },
        quoted("INTERVAL", XdbcInterval, 64, "INTERVAL '"),
    ]
}

fn plain(name: &str, data_type: XdbcDataType, size: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        type_name: name.into(),
        data_type,
        column_size: Some(size),
        nullable: Nullable::NullabilityNullable,
        searchable: Searchable::Full,
        local_type_name: Some(name.into()),
        sql_data_type: data_type,
        ..XdbcTypeInfo::default()
    }
}

fn number(name: &str, data_type: XdbcDataType, size: i32, radix: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        unsigned_attribute: Some(false),
        auto_increment: Some(false),
        num_prec_radix: Some(radix),
        ..plain(name, data_type, size)
    }
}

fn unsigned(info: XdbcTypeInfo) -> XdbcTypeInfo {
    XdbcTypeInfo { unsigned_attribute: Some(true), ..info }
}

/// A type whose values are written in quotes, after `prefix`.
fn quoted(name: &str, data_type: XdbcDataType, size: i32, prefix: &str) -> XdbcTypeInfo {
    XdbcTypeInfo {
        literal_prefix: Some(prefix.into()),
        literal_suffix: Some("'".into()),
        ..plain(name, data_type, size)
    }
}
