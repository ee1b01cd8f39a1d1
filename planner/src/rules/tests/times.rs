//! Times against constants, on timestamps and on the text of every calendar.

use super::*;

async fn count(ctx: &SessionContext, table: &str, condition: &str) -> String {
    rows(ctx, &format!("SELECT count(DISTINCT time) FROM {table} WHERE {condition}")).await.join(",")
}

#[tokio::test]
async fn text_is_a_date_or_the_first_instant_of_a_part_of_one() {
    let ctx = session();
    ersst(&ctx).await;
    for (condition, expected) in [
        ("time = '1982'", "1"),
        ("time >= '1982-06'", "7"),
        ("'1982-06' <= time", "7"),
        ("time > '1982-06-01'", "6"),
        ("time < '1982-06-01T00:00:00.000001'", "6"),
        ("time < '1982-06-01T00:00:00.0000001'", "6"),
        ("time <= '1982-06-01T00:00:00.0000001'", "6"),
        ("time >= '1982-06-01T00:00:00.0000001'", "6"),
        ("time = '1982-06-01T00:00:00.0000001'", "0"),
        ("time <> '1982-06-01T00:00:00.0000001'", "12"),
        ("time IN ('1982-06-01T00:00:00.0000001')", "0"),
        ("time NOT IN ('1982-06-01T00:00:00.0000001', '1982-07')", "11"),
        ("time = '1982-06-01T02:00:00+02:00'", "1"),
        ("time = '1982-06-01 00:00:00Z'", "1"),
        ("time BETWEEN '1982-02' AND '1982-04-01'", "3"),
        ("time NOT BETWEEN '1982-02' AND '1982-04-01'", "9"),
        ("time IN ('1982-02', '1982-03-01', '1982-03-02')", "2"),
        ("time IS DISTINCT FROM '1982-03'", "11"),
        ("'1982-03' BETWEEN time AND time + INTERVAL '20 days'", "1"),
        ("date_trunc('year', time) = '1982'", "12"),
        ("time + INTERVAL '1 day' = '1982-03-02'", "1"),
        ("NOT (time >= '1982-06')", "5"),
        ("time = TIMESTAMP '1982-06-01'", "1"),
        ("time >= DATE '1982-06-01'", "7"),
        ("time < DATE '1982-06-01' + INTERVAL '1 month'", "6"),
        ("time >= TIMESTAMP '0001-01-01'", "12"),
        ("time < DATE '9999-01-01'", "12"),
        ("time < now()", "12"),
        ("time < now() - INTERVAL '1 day'", "12"),
        ("time > (SELECT '1982-06-01')", "6"),
        ("time = CAST('1982-06-01' AS TIMESTAMP)", "1"),
        ("time = arrow_cast('1982-06-01T00:00:00', 'Timestamp(Second, None)')", "1"),
        ("time < arrow_cast('1982-06-01T00:00:00.5', 'Timestamp(Millisecond, None)')", "6"),
        ("CAST(time AS DATE) = '1982-06-01'", "1"),
        ("year(time) = 1982", "12"),
        ("time IS NOT NULL", "12"),
    ] {
        assert_eq!(count(&ctx, "ersst", condition).await, expected, "{condition}");
    }
}

#[tokio::test]
async fn times_beyond_nanoseconds_are_compared_without_overflow() {
    let ctx = session();
    let times = ["0001-01-01", "1500-06-01", "1990-01-01", "3000-01-01"].map(micros).to_vec();
    let variables = vec![
        Made("time", &["time"], Values::Timestamp(times), &[]),
        Made("v", &["time"], Values::Int32(vec![1, 2, 3, 4]), &[]),
    ];
    register(&ctx, "far", variables).await;
    for (condition, expected) in [
        ("time >= TIMESTAMP '1990-01-01'", "2"),
        ("time >= DATE '1990-01-01'", "2"),
        ("time >= '1990'", "2"),
        ("time = TIMESTAMP '0001-01-01'", "1"),
        ("time < DATE '1990-01-01' - INTERVAL '100 days'", "2"),
        ("time BETWEEN DATE '1400-01-01' AND DATE '2999-12-31'", "2"),
        ("time IN (TIMESTAMP '0001-01-01', TIMESTAMP '3000-01-01')", "2"),
        ("time < now()", "3"),
        ("date_trunc('year', time) = '1500'", "1"),
        ("date_trunc('month', time) >= DATE '1990-01-01'", "2"),
        ("time = nearest(time, '2900')", "1"),
        ("time = nearest(time, TIMESTAMP '1990-01-05')", "1"),
    ] {
        assert_eq!(count(&ctx, "far", condition).await, expected, "{condition}");
    }
}

#[tokio::test]
async fn the_constant_reaches_the_scan_and_the_column_has_no_cast() {
    let ctx = session();
    ersst(&ctx).await;
    for condition in [
        "time = '1982-08'",
        "time = TIMESTAMP '1982-08-01'",
        "time = DATE '1982-08-01'",
        "time = DATE '1982-07-31' + INTERVAL '1 day'",
        "time < now()",
        "time IN ('1982-08', '1982-09')",
        "time BETWEEN '1982-08' AND '1982-09'",
    ] {
        let plan = explain(&ctx, &format!("SELECT sst FROM ersst WHERE {condition}")).await;
        assert!(!plan.contains("CAST("), "{condition}: {plan}");
    }
}

#[tokio::test]
async fn text_that_is_no_time_is_an_error_that_names_it() {
    let ctx = session();
    ersst(&ctx).await;
    days(&ctx, "noleap", "noleap", &[0.0, 1.0]).await;
    for (condition, expected) in [
        ("FROM ersst WHERE time = 'soon'", "`soon` is not a time"),
        ("FROM ersst WHERE time = '1982-02-30'", "there is no date `1982-02-30"),
        ("FROM ersst WHERE time > TIMESTAMP '1982-02-30'", "there is no date `1982-02-30"),
        ("FROM noleap WHERE time = 'soon'", "`soon` is not a time"),
        ("FROM noleap WHERE time = '2000-02-29'", "there is no date `2000-02-29T00:00:00` in the calendar `noleap`"),
        ("FROM noleap WHERE time IN ('2000', '2000-02-29')", "there is no date `2000-02-29"),
        ("FROM noleap WHERE time = DATE '2000-02-29'", "there is no date `2000-02-29"),
        ("FROM noleap WHERE time = DATE '2000-02-28' + INTERVAL '1 day'", "there is no date `2000-02-29"),
    ] {
        let e = error(&ctx, &format!("SELECT * {condition}")).await;
        assert!(e.contains(expected) && !e.contains('\n'), "{condition}: {e}");
    }
}

#[tokio::test]
async fn text_labels_of_every_calendar_are_compared_by_date() {
    let ctx = session();
    for calendar in ["noleap", "365_day", "all_leap", "366_day", "360_day", "julian"] {
        // 2000-01-01, 2000-01-30, 2000-02-01 or 2000-01-31, and about a year later.
        let name = format!("cal_{calendar}");
        days(&ctx, &name, calendar, &[0.0, 29.0, 29.5, 400.0]).await;
        for (condition, expected) in [
            ("time = '2000'", "1"),
            ("time = '2000-01'", "1"),
            ("time = '2000-01-30'", "1"),
            ("time = '2000-01-30 12:00'", "1"),
            ("time > '2000-01-30'", "2"),
            ("time >= '2000-01-30T00:00:00Z'", "3"),
            ("time < '2001'", "3"),
            ("time BETWEEN '2000' AND '2000-01-30'", "2"),
            ("time IN ('2000', '2000-01-30', '1999')", "2"),
            ("time <> '2000'", "3"),
            ("time IS NOT DISTINCT FROM '2000'", "1"),
            ("'2001' <= time", "1"),
            ("time = TIMESTAMP '2000-01-01'", "1"),
            ("time > DATE '2000-01-30'", "2"),
            ("time = DATE '2000-01-01' + INTERVAL '29 days'", "1"),
            ("time < now()", "4"),
            ("time < TIMESTAMP '2000-01-01T00:00:00.0000001'", "1"),
            ("year(time) = 2000", "3"),
            ("date_trunc('month', time) = '2000'", "3"),
            ("date_trunc('year', time) > '2000'", "1"),
            ("time = nearest(time, '2000-01-02')", "1"),
            ("time = backfill(time, '2000-01-02')", "1"),
            ("time = pad(time, TIMESTAMP '2000-01-30 18:00:00')", "1"),
            ("EXTRACT(month FROM time) = 1", "3"),
            ("dayofyear(time) = 30", "2"),
        ] {
            assert_eq!(count(&ctx, &name, condition).await, expected, "{condition} in {calendar}");
        }
    }
}

#[tokio::test]
async fn the_30th_of_february_is_a_date_in_360_day() {
    let ctx = session();
    days(&ctx, "hadley", "360_day", &[58.0, 59.0, 60.0]).await;
    let sql = "SELECT time FROM hadley WHERE time >= '2000-02-30' ORDER BY time";
    assert_eq!(rows(&ctx, sql).await, ["2000-02-30T00:00:00", "2000-03-01T00:00:00"]);
    let sql = "SELECT time FROM hadley WHERE time = TIMESTAMP '2000-02-30 00:00:00'";
    assert_eq!(rows(&ctx, sql).await, ["2000-02-30T00:00:00"]);
    let e = error(&ctx, "SELECT time FROM hadley WHERE time < '2000-01-31'").await;
    assert!(e.contains("hint: every month has 30 days there"), "{e}");
}

#[tokio::test]
async fn with_the_rule_off_constants_are_compared_as_sql_does() {
    let ctx = session();
    ersst(&ctx).await;
    days(&ctx, "noleap", "noleap", &[0.0, 1.0]).await;
    switch_off(&ctx, "time_labels").await;
    assert_eq!(count(&ctx, "ersst", "time = TIMESTAMP '1982-06-01'").await, "1");
    assert_eq!(count(&ctx, "ersst", "time >= '1982-06-01'").await, "7");
    assert!(!error(&ctx, "SELECT * FROM ersst WHERE time = '1982'").await.is_empty());
    assert_eq!(count(&ctx, "noleap", "time = '2000-01-01T00:00:00'").await, "1");
    assert_eq!(count(&ctx, "noleap", "time = '2000'").await, "0");
}

#[tokio::test]
async fn timestamps_of_other_tables_and_units_are_read_alike() {
    let ctx = session();
    let table = "CREATE TABLE log AS SELECT TIMESTAMP '1982-06-01' AS time UNION ALL SELECT TIMESTAMP '1983-06-01'";
    ctx.sql(table).await.unwrap().collect().await.unwrap();
    assert_eq!(count(&ctx, "log", "time >= '1983'").await, "1");
    assert_eq!(count(&ctx, "log", "time = '1982-06-01'").await, "1");
    let seconds = "CREATE TABLE seconds AS SELECT arrow_cast(time, 'Timestamp(Second, None)') AS time FROM log";
    ctx.sql(seconds).await.unwrap().collect().await.unwrap();
    for (condition, expected) in [
        ("time < '1982-06-01T00:00:00.5'", "1"),
        ("time <= '1982-06-01T00:00:00.5'", "1"),
        ("time >= '1982-06-01T00:00:00.5'", "1"),
        ("time > '1982-05-31T23:59:59.5'", "2"),
        ("time = '1982-06-01T00:00:00.5'", "0"),
        ("time <> '1982-06-01T00:00:00.5'", "2"),
        ("time IS DISTINCT FROM '1982-06-01T00:00:00.5'", "2"),
        ("time IS NOT DISTINCT FROM '1982-06-01T00:00:00.5'", "0"),
        ("time BETWEEN '1982-05-31T23:59:59.5' AND '1982-06-01T00:00:00.5'", "1"),
    ] {
        assert_eq!(count(&ctx, "seconds", condition).await, expected, "{condition}");
    }
}
