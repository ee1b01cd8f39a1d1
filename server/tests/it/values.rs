//! Values of every type, in text and in binary, as a client reads them.

use std::time::{Duration, UNIX_EPOCH};

use tokio_postgres::types::Type;

use crate::support::{Server, error_code, rows};

/// An expression, the type that a client sees, and its text.
const VALUES: &[(&str, Type, &str)] = &[
    ("true", Type::BOOL, "t"),
    ("arrow_cast(1, 'Int8')", Type::INT2, "1"),
    ("arrow_cast(255, 'UInt8')", Type::INT2, "255"),
    ("arrow_cast(-7, 'Int16')", Type::INT2, "-7"),
    ("arrow_cast(65535, 'UInt16')", Type::INT4, "65535"),
    ("arrow_cast(4294967295, 'UInt32')", Type::INT8, "4294967295"),
    ("arrow_cast(18446744073709551615, 'UInt64')", Type::NUMERIC, "18446744073709551615"),
    ("arrow_cast(1.5, 'Float16')", Type::FLOAT4, "1.5"),
    ("arrow_cast(0.1, 'Float32')", Type::FLOAT4, "0.1"),
    ("0.1", Type::FLOAT8, "0.1"),
    ("1e300", Type::FLOAT8, "1e+300"),
    ("arrow_cast('NaN', 'Float64')", Type::FLOAT8, "NaN"),
    ("arrow_cast(12.345, 'Decimal128(10, 3)')", Type::NUMERIC, "12.345"),
    ("arrow_cast('-0.001', 'Decimal256(50, 5)')", Type::NUMERIC, "-0.00100"),
    ("'tëxt'", Type::TEXT, "tëxt"),
    ("arrow_cast('large', 'LargeUtf8')", Type::TEXT, "large"),
    ("arrow_cast('view', 'Utf8View')", Type::TEXT, "view"),
    ("arrow_cast('code', 'Dictionary(Int32, Utf8)')", Type::TEXT, "code"),
    ("x'00ff'", Type::BYTEA, "\\x00ff"),
    ("date '2020-02-29'", Type::DATE, "2020-02-29"),
    ("arrow_cast('12:34:56.7', 'Time64(Nanosecond)')", Type::TIME, "12:34:56.7"),
    ("arrow_cast('2020-02-29T12:00:00.25', 'Timestamp(Nanosecond, None)')", Type::TIMESTAMP, "2020-02-29 12:00:00.25"),
    ("arrow_cast('1850-01-01', 'Timestamp(Second, None)')", Type::TIMESTAMP, "1850-01-01 00:00:00"),
    (
        "arrow_cast('2020-02-29T12:00:00', 'Timestamp(Millisecond, Some(\"UTC\"))')",
        Type::TIMESTAMPTZ,
        "2020-02-29 12:00:00+00",
    ),
    ("interval '1 year 2 days 3 hours'", Type::INTERVAL, "1 year 2 days 03:00:00"),
    ("timestamp '2020-01-02 01:00:00' - timestamp '2020-01-01 00:00:00'", Type::INTERVAL, "1 day 01:00:00"),
    ("make_array(1, null, 3)", Type::INT8_ARRAY, "{1,NULL,3}"),
    ("make_array('a b', 'c\"d', '', 'null')", Type::TEXT_ARRAY, "{\"a b\",\"c\\\"d\",\"\",\"null\"}"),
    ("make_array(make_array(1, 2), make_array(3, 4))", Type::INT8_ARRAY, "{{1,2},{3,4}}"),
    ("named_struct('a', 1, 'b', make_array('x', null))", Type::JSON, "{\"a\":1,\"b\":[\"x\",null]}"),
    ("null", Type::TEXT, ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn types_and_texts_are_those_of_postgresql() {
    let server = Server::start().await;
    let client = server.client().await;
    let mut raw = server.raw().await;
    for (expression, expected, text) in VALUES {
        let sql = format!("select {expression} as v from ersst limit 1");
        let statement = client.prepare(&sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
        assert_eq!(statement.columns()[0].type_(), expected, "{expression}");
        // Binary, as tokio-postgres asks for.
        assert_eq!(client.query(&statement, &[]).await.unwrap().len(), 1, "{expression}");
        let answer = raw.query(&sql).await;
        assert_eq!(error_code(&answer), None, "{expression}");
        let value = rows(&answer)[0][0].clone();
        assert_eq!(value.as_deref(), (*expression != "null").then_some(*text), "{expression}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_values_are_read_by_a_client() {
    let server = Server::start().await;
    let client = server.client().await;
    let sql = "select true, arrow_cast(7, 'Int16'), 7::int, 7, 1.5::real, 2.5, 'x', x'00ff', \
               timestamp '2001-02-03 04:05:06.789', make_array(1, null, 3), null::int, \
               arrow_cast('1969-12-31T23:59:59', 'Timestamp(Nanosecond, Some(\"UTC\"))') from ersst limit 1";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert!(row.get::<_, bool>(0));
    assert_eq!(row.get::<_, i16>(1), 7);
    assert_eq!(row.get::<_, i32>(2), 7);
    assert_eq!(row.get::<_, i32>(3), 7);
    assert_eq!(row.get::<_, f32>(4), 1.5);
    assert_eq!(row.get::<_, f64>(5), 2.5);
    assert_eq!(row.get::<_, &str>(6), "x");
    assert_eq!(row.get::<_, &[u8]>(7), [0, 255]);
    assert_eq!(row.get::<_, std::time::SystemTime>(8), UNIX_EPOCH + Duration::from_millis(981_173_106_789));
    assert_eq!(row.get::<_, Vec<Option<i64>>>(9), [Some(1), None, Some(3)]);
    assert_eq!(row.get::<_, Option<i32>>(10), None);
    assert_eq!(row.get::<_, std::time::SystemTime>(11), UNIX_EPOCH - Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_of_every_type_come_back() {
    let server = Server::start().await;
    let client = server.client().await;
    macro_rules! comes_back {
        ($cast:literal, $value:expr, $type:ty) => {{
            let value: $type = $value;
            let sql = concat!("select $1::", $cast, " from ersst limit 1");
            let row = client.query_one(sql, &[&value]).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
            assert_eq!(row.get::<_, $type>(0), value, "{sql}");
        }};
    }
    comes_back!("boolean", true, bool);
    comes_back!("smallint", -3, i16);
    comes_back!("int", i32::MIN, i32);
    comes_back!("bigint", i64::MAX, i64);
    comes_back!("real", 0.1, f32);
    comes_back!("double precision", -0.0, f64);
    comes_back!("text", "tëxt".to_string(), String);
    comes_back!("bytea", vec![0, 1, 255], Vec<u8>);
    comes_back!("timestamp", UNIX_EPOCH + Duration::from_micros(1), std::time::SystemTime);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uneven_list_of_lists_is_an_error() {
    let mut raw = Server::start().await.raw().await;
    let answer = raw.query("select make_array(make_array(1), make_array(2, 3)) from ersst limit 1").await;
    assert_eq!(error_code(&answer).as_deref(), Some("2202E"));
}

#[tokio::test(flavor = "multi_thread")]
async fn styles_of_the_session_hold_for_its_text() {
    let mut raw = Server::start().await.raw().await;
    let mut shown = async |settings: &str, expression: &str| {
        let answer = raw.query(&format!("{settings}; select {expression} from ersst limit 1; reset all")).await;
        rows(&answer)[0][0].clone().unwrap()
    };
    let moment = "arrow_cast('2020-07-01T12:00:00.5', 'Timestamp(Microsecond, Some(\"UTC\"))')";
    assert_eq!(shown("set timezone = 'Europe/Paris'", moment).await, "2020-07-01 14:00:00.5+02");
    assert_eq!(shown("set timezone = 'Asia/Kolkata'", moment).await, "2020-07-01 17:30:00.5+05:30");
    assert_eq!(shown("set datestyle = 'SQL, DMY'", moment).await, "01/07/2020 12:00:00.5 UTC");
    assert_eq!(shown("set datestyle = 'postgres'", moment).await, "Wed Jul 01 12:00:00.5 2020 UTC");
    assert_eq!(shown("set bytea_output = escape", "x'005c41'").await, "\\000\\\\A");
    assert_eq!(shown("set extra_float_digits = 0", "0.1 + 0.2").await, "0.3");
    assert_eq!(shown("set extra_float_digits = 1", "0.1 + 0.2").await, "0.30000000000000004");
    let span = "interval '1 year -2 days 3 hours'";
    assert_eq!(shown("set intervalstyle = postgres", span).await, "1 year -2 days +03:00:00");
    assert_eq!(shown("set intervalstyle = iso_8601", span).await, "P1Y-2DT3H");
    assert_eq!(shown("set intervalstyle = sql_standard", span).await, "+1-0 -2 +3:00:00");
    assert_eq!(shown("set intervalstyle = postgres_verbose", span).await, "@ 1 year -2 days 3 hours");
}
